"""The number-guessing games as acts that the page plays: sentences of the explanations, numbers of each round's trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearprop.explain import Trace, case, play
from clearprop.explain.derivations.games import Game
from clearprop.explain.writing.document import Number
from clearprop.lab.lessons import told
from clearprop.lab.refusals import LabError
from clearprop.lab.style import Style

CASES = {"2": "two_players", "3": "three_players"}
MOST_ROUNDS = 100
SHOWN = ("a", "W", "b", "z", "W_new", "b_new", "error", "delta")  # of each layer, where the trace has it


def game_of(trace: Trace | None, query: Mapping[str, str], style: Style) -> dict[str, Any]:
    """The answer of ``/api/game``.

    Parameters
    ----------
    trace : Trace or None
        Of the workspace, for a game of its own network.
    query : mapping of str to str
        ``players``: "2", "3", or nothing for the workspace's own; ``rounds``: 1 to 100.
    style : Style

    Raises
    ------
    LabError, InputError
        For other players or rounds, or a network that is no game.

    Examples
    --------
    >>> from clearprop.lab.games import game_of
    >>> from clearprop.lab.style import Style
    >>> found = game_of(None, {"players": "2", "rounds": "1"}, Style())
    >>> [act["key"] for act in found["rounds"][0]["acts"]], found["rounds"][0]["texts"]["a1[0]"]
    (['hears', 'guesses', 'cat_says_low', 'guesser_learns'], '0.5597')
    """
    players, rounds = query.get("players", ""), query.get("rounds", "5")
    if not rounds.isascii() or not rounds.isdigit() or not 1 <= int(rounds[:4]) <= MOST_ROUNDS:
        raise LabError.telling("game_rounds", most=MOST_ROUNDS, text=rounds[:40])
    if players not in ("", *CASES) or (not players and trace is None):
        raise LabError.telling("game_players", text=players[:40])
    first = case(CASES[players]).trace() if players else trace
    assert first is not None
    game = play(first, int(rounds))
    words, key = style.words, "three" if game.has_girl else "two"
    ends = {"first": Number(first.value_of("loss")), "last": Number(game.rounds[-1].value_of("loss_new"))}
    return {
        "players": 3 if game.has_girl else 2, "direct": game.direct, "title": words[f"game_{key}"],
        "cast": words[f"cast_{key}"], "porter": words["porter"], "edges": words["edges"],
        "rounds": [_round(game, n, style) for n in range(1, len(game.rounds) + 1)],
        "end": told(style.writer.sentence("game_end", n=len(game.rounds), **ends), first, style),
    }  # fmt: skip


def _round(game: Game, n: int, style: Style) -> dict[str, Any]:
    """One round: its acts, and every number that the scene shows."""
    played = game.rounds[n - 1]
    L = played.network.depth
    sites = ["a0", *(_site(part, l) for l in range(1, L + 1) for part in SHOWN), "y"]
    names = [*(f"{site}[0]" for site in sites if site in played and not site.startswith("W")),
             *(f"{site}[0,0]" for site in sites if site.startswith("W")), "loss", "loss_new"]  # fmt: skip
    acts = []
    for item in game.story:
        if item.round == n:
            numbers = {field: Number(played.value_of(name)) for field, name in item.sites.items()}
            says = told(style.writer.sentence(item.key, **numbers), played, style)
            acts.append({"key": item.key, "says": says, "numbers": dict(item.sites)})
    weights = [f"W{l}{after}" for l in range(1, L + 1) for after in ("", "_new")]
    return {
        "round": n, "acts": acts, "texts": {name: style.text(played.value_of(name)) for name in names},
        "signs": {name: 1 if played.value_of(f"{name}[0,0]") >= 0 else -1 for name in weights},
    }  # fmt: skip


def _site(part: str, l: int) -> str:
    """The name of a value of a layer: W of 2 is W2, W_new of 2 is W2_new."""
    return f"{part[0]}{l}_new" if part.endswith("_new") else f"{part}{l}"
