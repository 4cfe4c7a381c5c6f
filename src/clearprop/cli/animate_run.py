"""What `clearprop animate` does: the steps, their pictures, and the file that appears when it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.cli import exits, interrupts, words
from clearprop.cli.glass_run import asked, trace_of
from clearprop.cli.output_files import check_output, size_of, write_output
from clearprop.errors import require
from clearprop.explain import Trace
from clearprop.explain.words.message import Message
from clearprop.files import is_model_file

if TYPE_CHECKING:
    from clearprop.plots.frames import Frame

STEPS, ROUNDS = 10, 3


def run(
    source: Path | None,
    output: Path,
    *,
    case: str | None,
    show: str | None,
    steps: int | None,
    every: int,
    fps: float,
    optimizer: str | None,
    learning_rate: float | None,
    style: Mapping[str, Any],
    force: bool,
) -> int:
    """Draw the steps and write them; the exit code."""
    require("an animation needs", "plots")
    from clearprop.plots import animation, frames

    language = style["language"]
    with asked():
        animation.check_writer(output)
    trace = _trace(source, case, optimizer, learning_rate, language)
    check_output(output, force=force, inputs=() if source is None else (source,))
    with asked():
        if is_game(trace) if show is None else show == "game":
            found = _scenes(trace, steps, every, style)
        else:
            given = {name: value for name, value in style.items() if value is not None}
            found = frames.frames(trace, steps=STEPS if steps is None else steps, every=every, **given)
        with _progress(len(found)) as told:
            content = animation.as_bytes(output.suffix.lower(), found, fps=fps, language=language, told=told)
    write_output(output, content, force=force)
    said = Message("file_written", path=output).in_language(language)
    words.console().print(f"{said} ({size_of(output)})")
    return exits.DONE


def _trace(
    source: Path | None, case: str | None, optimizer: str | None, learning_rate: float | None, language: str
) -> Trace:
    """The first step; UsageError for a model, which has no sample of its own."""
    if (source is None) == (case is None):
        raise exits.UsageError(Message("usage_animate_what"))
    if source is not None and is_model_file(source):
        raise exits.UsageError(Message("usage_animate_of_model", path=source))
    return trace_of(
        source, None, case=case, row=None, optimizer=optimizer, learning_rate=learning_rate, language=language
    )


def is_game(trace: Trace) -> bool:
    """Whether the network can play the number-guessing game."""
    plays = set(trace.network.widths) == {1} and trace.network.depth <= 2 and not trace.is_batch
    return plays and "jacobian1" not in trace and not trace.setting.mask


def _scenes(trace: Trace, steps: int | None, every: int, style: Mapping[str, Any]) -> list[Frame]:
    """The pictures of the game; UsageError for options that it has no use for."""
    from clearprop.plots import frames

    if not is_game(trace):
        raise exits.UsageError(Message("usage_game", widths="-".join(map(str, trace.network.widths))))
    if every != 1:
        raise exits.UsageError(Message("usage_every_game"))
    if style["notation"] is not None:
        raise exits.UsageError(Message("usage_notation_game"))
    rounds = ROUNDS if steps is None else steps
    if rounds < 1:
        raise exits.UsageError(Message("usage_count", name=Message("option_rounds"), value=rounds))
    return frames.scenes(trace, rounds=rounds, language=style["language"], digits=style["digits"])


@contextmanager
def _progress(n_frames: int) -> Iterator[Callable[[int], object]]:
    """Shows on standard error, where that is a terminal, how many pictures are drawn."""
    from rich.progress import BarColumn, Progress, TextColumn

    out = words.console(error=True)
    if not out.is_terminal:
        yield lambda n: interrupts.check()
        return
    text = TextColumn("picture {task.completed:.0f}/{task.total:.0f}")
    with Progress(text, BarColumn(bar_width=24), console=out, transient=True) as bar:
        task = bar.add_task("drawing", total=n_frames)

        def told(n: int) -> None:
            interrupts.check()  # a library may have swallowed a Ctrl-C that came while it imported another
            bar.update(task, completed=n)

        yield told
