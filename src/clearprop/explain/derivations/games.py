"""The number-guessing games: a signal, a guesser, a cat that knows the number, and perhaps a girl in between.

They are played by real networks of one neuron a layer on the reference engine; every number in them is read from the
trace of its round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clearprop.errors import InputError
from clearprop.trace.record import next_step
from clearprop.trace.trace import Trace


@dataclass(frozen=True)
class Told:
    """One sentence of the story, and where its numbers come from.

    Attributes
    ----------
    round : int
        From 1.
    key : str
        Of the sentence, in any language.
    sites : mapping of str to str
        For each number in the sentence, its name in the trace of the round.
    """

    round: int
    key: str
    sites: Mapping[str, str]


@dataclass(frozen=True)
class Game:
    """A game: one trace a round.

    Attributes
    ----------
    rounds : tuple of Trace
    """

    rounds: tuple[Trace, ...]

    @property
    def has_girl(self) -> bool:
        """Whether somebody stands between the signal and the guesser."""
        return self.rounds[0].network.depth == 2

    @property
    def direct(self) -> dict[str, bool]:
        """For every weight whether the error reaches it directly (drawn solid) or through somebody (dashed)."""
        depth = self.rounds[0].network.depth
        return {f"W{l}[0,0]": l == depth for l in range(1, depth + 1)}

    @property
    def story(self) -> tuple[Told, ...]:
        """What happens, sentence by sentence, each tied to the trace of its round."""
        numbered = enumerate(self.rounds, start=1)
        return tuple(Told(i, key, sites) for i, played in numbered for key, sites in _one_round(played))


def _one_round(played: Trace) -> list[tuple[str, dict[str, str]]]:
    """The sentences of a round: what everybody hears, what is said, who learns what."""
    L = played.network.depth
    off = played.value_of(f"a{L}[0]") - played.value_of("y[0]")
    verdict = "low" if off < 0 else "high" if off > 0 else "right"

    def hearing(l: int) -> dict[str, str]:
        return {"signal": f"a{l - 1}[0]", "weight": f"W{l}[0,0]", "bias": f"b{l}[0]", "z": f"z{l}[0]"}

    def learning(l: int) -> dict[str, str]:
        return {"weight": f"W{l}[0,0]", "new": f"W{l}_new[0,0]", "bias": f"b{l}[0]", "new_bias": f"b{l}_new[0]"}

    told = [("hears", hearing(1))]
    if L == 2:
        told = [("girl_hears", {**hearing(1), "a": "a1[0]"}), ("guesser_hears_girl", hearing(2))]
    told.append(("guesses", {"a": f"a{L}[0]", "y": "y[0]"}))
    told.append((f"cat_says_{verdict}", {"loss": "loss", "delta": f"delta{L}[0]"}))
    if L == 2:
        carried = {"weight": "W2[0,0]", "delta": "delta2[0]", "error": "error1[0]", "slope": "slope1[0]"}
        told.append(("cat_silent", {**carried, "hidden": "delta1[0]"}))
    told.append(("guesser_learns", learning(L)))
    return [*told, ("girl_learns", learning(1))] if L == 2 else told


def play(trace: Trace, rounds: int = 3) -> Game:
    """Play from this trace on.

    Raises
    ------
    InputError
        When the network is not one neuron a layer with at most one hidden layer, or `rounds` is below 1.

    Examples
    --------
    >>> from clearprop.explain import case, play
    >>> game = play(case("three_players").trace(), rounds=2)
    >>> game.has_girl, game.direct
    (True, {'W1[0,0]': False, 'W2[0,0]': True})
    """
    if set(trace.network.widths) != {1} or trace.network.depth > 2 or trace.is_batch:
        widths = "-".join(map(str, trace.network.widths))
        raise InputError(f"the game is played by one neuron a layer, 1-1 or 1-1-1, with one signal; not by {widths}")
    if trace.setting.mask or "jacobian1" in trace:
        raise InputError("the game is played without dropout and without softmax: its players cannot fall out or mix")
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise InputError(f"rounds must be a whole number of at least 1, not {rounds!r}")
    played = [trace]
    while len(played) < rounds:
        played.append(next_step(played[-1]))
    return Game(tuple(played))
