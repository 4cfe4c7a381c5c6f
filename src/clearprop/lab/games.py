"""The number-guessing games, act by act: who speaks, what is said, and the numbers of the round's trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.explain import Trace, play
from clearprop.explain import case as built_in
from clearprop.explain.writing.document import Number
from clearprop.lab.refusals import LabError
from clearprop.lab.style import Style
from clearprop.lab.view import whole
from clearprop.lab.workspace import Workspace
from clearprop.trace.trace import Trace as PlainTrace

MOST_ROUNDS = 50
PLAYERS: Mapping[str, str] = {"2": "two_players", "3": "three_players"}
WHO: Mapping[str, str] = {
    "hears": "guesser", "girl_hears": "girl", "guesser_hears_girl": "guesser", "guesses": "guesser",
    "cat_says_low": "cat", "cat_says_high": "cat", "cat_says_right": "cat", "cat_silent": "porter",
    "guesser_learns": "guesser", "girl_learns": "girl",
}  # fmt: skip


def game_of(workspace: Workspace, query: Mapping[str, str], style: Style) -> dict[str, Any]:
    """The answer of ``/api/game``.

    Raises
    ------
    LabError, InputError
        For another number of players, or a network that plays no game.
    """
    rounds = whole(query, "rounds", 5, MOST_ROUNDS)
    players = query.get("players", "")
    if players not in ("", *PLAYERS):
        raise LabError(f"players must be 2 or 3, not {players[:20]!r}")
    found = play(_trace(workspace, players), max(1, rounds))
    kind, words = ("three" if found.has_girl else "two"), style.words
    story = list(found.story)
    first, last = found.rounds[0], found.rounds[-1]
    ends = {"first": float(first["loss"].value), "last": float(last["loss_new"].value)}
    return {
        "players": 3 if found.has_girl else 2, "direct": found.direct, "title": words[f"game_{kind}"],
        "cast": words[f"cast_{kind}"], "porter": words["porter"], "edges": words[f"edges_{kind}"],
        "rounds": [
            _round(n, played, [told for told in story if told.round == n], style)
            for n, played in enumerate(found.rounds, start=1)
        ],
        "end": _text(style.writer.sentence("game_end", n=len(found.rounds), **{k: Number(v) for k, v in ends.items()}),
                     style),
    }  # fmt: skip


def _trace(workspace: Workspace, players: str) -> Trace:
    """The step that the game begins with: of a built-in case, or of the workspace's own network where it can play."""
    if not players:
        network = workspace.project.network
        own = workspace.trace()
        if set(network.widths) == {1} and network.depth <= 2 and not own.is_batch:
            return own
    return built_in(PLAYERS.get(players, "three_players")).trace()


def _round(n: int, played: PlainTrace, told: list[Any], style: Style) -> dict[str, Any]:
    last = played.network.depth
    acts = []
    for each in told:
        numbers = {field: float(played.value_of(name)) for field, name in each.sites.items()}
        sentence = style.writer.sentence(each.key, **{field: Number(value) for field, value in numbers.items()})
        acts.append({"key": each.key, "who": WHO.get(each.key, "cat"), "says": _text(sentence, style),
                     "numbers": numbers, "texts": style_texts(numbers, style)})  # fmt: skip
    texts = {}
    for site in played:
        shape = np.shape(played[site].value)
        name = site + (f"[{','.join('0' for _ in shape)}]" if shape else "")
        texts[name] = style.text(played.value_of(name))
    signs = {f"W{l}": 1 if float(played[f"W{l}"].value.ravel()[0]) >= 0 else -1 for l in range(1, last + 1)}
    return {
        "round": n, "acts": acts, "a": float(played[f"a{last}"].value.ravel()[0]),
        "y": float(played["y"].value.ravel()[0]), "loss": float(played["loss"].value), "texts": texts, "signs": signs,
    }  # fmt: skip


def style_texts(numbers: Mapping[str, float], style: Style) -> dict[str, str]:
    """Numbers as they are shown, by name."""
    return {name: style.text(value) for name, value in numbers.items()}


def _text(sentence: Any, style: Style) -> str:
    """A sentence with its numbers, as text."""
    return "".join(piece if isinstance(piece, str) else style.text(piece.value) for piece in sentence)
