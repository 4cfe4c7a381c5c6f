"""`clearprop animate`: training step after step as a GIF or a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from clearprop.cli.glass import Language, NotationName
from clearprop.cli.option_types import Force, Whole

Show = Literal["steps", "game"]


def animate(
    source: Path | None = None,
    /,
    *,
    output: Path,
    case: str | None = None,
    show: Show | None = None,
    steps: Annotated[int | None, Whole] = None,
    every: Annotated[int, Whole] = 1,
    fps: Annotated[float, Parameter(show_default=True)] = 1.0,
    optimizer: str | None = None,
    learning_rate: float | None = None,
    notation: NotationName | None = None,
    digits: Annotated[int, Whole] = 4,
    language: Language = "en",
    force: Force = False,
) -> int:
    """Draw step after step of training as a GIF, or as a video where ffmpeg is.

    Each step is drawn forward, with what the neurons answer, and backward, with
    the errors; below it the loss falls. Networks of one neuron a layer play the
    number-guessing game.

    Examples:

      clearprop animate --case case_study --output steps.gif
      clearprop animate --case xor --steps 200 --every 10 --output xor.gif
      clearprop animate --case three_players --language zh --output game.mp4
      clearprop animate net.toml --learning-rate 2 --output too-fast.gif

    Parameters
    ----------
    source
        A sheet that describes a network and a sample, as for 'clearprop explain'.
    output
        The file to write: .gif, or .mp4.
    case
        A built-in case instead.
    show
        The steps, or the game; by default the game where the network can play it.
    steps
        How many steps, or rounds of the game, at most; by default 10 steps, or 3 rounds.
    every
        Draw each so many-th step only.
    fps
        Pictures in a second.
    optimizer
        In place of the source's own.
    learning_rate
        In place of the source's own.
    notation
        How things are named.
    digits
        Significant digits.
    language
        English or 简体中文.
    force
        Replace the output file if it exists.
    """
    from clearprop.cli import animate_run
    from clearprop.explain.words.message import speaking

    with speaking(language):
        return animate_run.run(
            source, output, case=case, show=show, steps=steps, every=every, fps=fps, optimizer=optimizer,
            learning_rate=learning_rate, style={"notation": notation, "digits": digits, "language": language},
            force=force,
        )  # fmt: skip
