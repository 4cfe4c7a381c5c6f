"""The number-guessing games: a signal, a guesser, a cat that knows the number, and perhaps a girl in between.

They are played by real networks of one neuron a layer on the reference engine; every number in them is read from the
trace of its round.
"""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.errors import InputError
from clearprop.explain.trace import Trace


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
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise InputError(f"rounds must be a whole number of at least 1, not {rounds!r}")
    played = [trace]
    while len(played) < rounds:
        played.append(played[-1].following())
    return Game(tuple(played))
