"""Training step after step as pictures: the drawings of the book, and the loss so far. Every number is a trace's."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.errors import InputError
from clearprop.explain.derivations.games import Game, play
from clearprop.explain.derivations.iterations import iterate
from clearprop.explain.drawings.network import drawing
from clearprop.explain.drawings.players import figure as players
from clearprop.explain.words import words as words_of
from clearprop.explain.words.message import Message
from clearprop.explain.writing.notation import notation as notation_of
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.trace.record import next_step
from clearprop.trace.trace import Trace

MOST_FRAMES = 200  # of one file: each takes up to a megabyte of memory, and of a GIF some tens of kilobytes


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes
    ----------
    drawing : str
        An ``<svg>`` element.
    caption : str
    losses : tuple of float
        Of all steps until this one, it included.
    updates : tuple of int
        How many updates came before each of them.
    """

    drawing: str
    caption: str
    losses: tuple[float, ...]
    updates: tuple[int, ...]


def frames(
    trace: Trace, *, steps: int = 10, every: int = 1, language: str = "en", notation: str = "nielsen", digits: int = 4
) -> list[Frame]:
    """The steps from a trace on: each forward, with what the neurons answer, and backward, with the errors.

    Parameters
    ----------
    trace : Trace
        The first step.
    steps : int
        The most steps; fewer where the loss comes to rest or training diverges.
    every : int
        Draw each so many-th step, and the first and the last.
    language, notation, digits
        As for `clearprop.explain.Explanation`.

    Raises
    ------
    InputError
        When a number cannot be, or there could be more than 200 pictures.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.plots.frames import frames
    >>> found = frames(case("case_study").trace(), steps=3)
    >>> len(found), found[-1].updates
    (7, (0, 1, 2, 3))
    >>> found[1].caption
    'Step 1, backward: every error goes back over the weight that carried the signal.'
    """
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise InputError(Message("usage_every", value=repr(every)))
    if isinstance(steps, int) and not isinstance(steps, bool):
        _check_count(2 * (max(0, steps - 1) // every + 1) + 1)  # before what takes long
    run = iterate(trace, steps)
    last = len(run.rows) - 1
    drawn = [n for n in range(last + 1) if n % every == 0 or n == last]
    words, numbers = words_of(language), NumberFormat(digits)
    written = notation_of(notation, trace.network.widths, trace.is_batch)
    losses, updates = tuple(row.loss for row in run.rows), tuple(row.updates for row in run.rows)
    found: list[Frame] = []
    for n in range(last + 1):
        if n in drawn:
            so_far = losses[: n + 1], updates[: n + 1]
            shown = numbers.shown(trace.value_of("loss")).text()
            key = "animated_forward" if n < last else "animated_end"
            caption = words[key].format(n=n + 1, loss=shown, updates=n)
            found.append(Frame(drawing(trace, written, numbers, words), caption, *so_far))
            if n < last:
                caption = words["animated_backward"].format(n=n + 1)
                found.append(Frame(drawing(trace, written, numbers, words, backward=True), caption, *so_far))
        if n < last:
            trace = next_step(trace)
    return found


def scenes(trace: Trace, *, rounds: int = 3, language: str = "en", digits: int = 4) -> list[Frame]:
    """The number-guessing game: the players of every round, and what happens, sentence by sentence.

    Parameters
    ----------
    trace : Trace
        Of one neuron a layer, with at most one hidden layer.
    rounds : int
    language, digits
        As for `clearprop.explain.Explanation`.

    Raises
    ------
    InputError
        When this network cannot play, or there would be more than 200 pictures.
    """
    game = play(trace, rounds)
    story = game.story
    _check_count(len(story))
    words, numbers = words_of(language), NumberFormat(digits)
    losses = tuple(played.value_of("loss") for played in game.rounds)
    drawn = [players(Game((played,)), numbers, words) for played in game.rounds]
    found = []
    for told in story:
        played = game.rounds[told.round - 1]
        fields = {field: numbers.shown(played.value_of(name)).text() for field, name in told.sites.items()}
        head = words["round"].format(n=told.round)
        caption = f"{head}{words['animated_colon']}{words[told.key].format(**fields)}"
        found.append(Frame(drawn[told.round - 1], caption, losses[: told.round], tuple(range(told.round))))
    return found


def _check_count(n_frames: int) -> None:
    if n_frames > MOST_FRAMES:
        raise InputError(Message("usage_animate_many", n=f"{n_frames:,}", most=MOST_FRAMES))
