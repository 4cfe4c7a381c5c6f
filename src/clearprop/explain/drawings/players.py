"""The players of the number-guessing game as an SVG drawing.

On the left the signal, on the right the guesser in his yellow cap with the number that he calls out, between them
perhaps a girl, and a blue cat that tells the guesser how far off he was. A porter stands on every weight. Weights that
the error reaches directly are drawn solid, those that it reaches through somebody dashed, forward and backward alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from clearprop.explain.derivations.games import Game
from clearprop.explain.drawings.ink import arrow, drawing, paint
from clearprop.explain.drawings.placing import width_of
from clearprop.explain.writing.numbers import NumberFormat

STEP, HEIGHT, FIRST = 210, 300, 70  # pixels from player to player, and to the signal
FLOOR, HAND, BACK = 236, 138, 194  # heights of the floor, of the arrows forward, of those back
SKIN, INK, CAP, CAT, DRESS, COAT = "#f2cfae", "#1b1b1f", "#f2c200", "#3b74c9", "#c2557a", "#5d6b7a"


def figure(game: Game, numbers: NumberFormat, words: Mapping[str, str]) -> str:
    """The players in the first round, each number read from its trace.

    Parameters
    ----------
    game : Game
    numbers : NumberFormat
    words : mapping of str to str
        Of one language.

    Returns
    -------
    str
        An ``<svg>`` element that stands by itself, with a title and a description.
    """
    trace, depth = game.rounds[0], game.rounds[0].network.depth
    guesser = FIRST + STEP * depth
    width = guesser + 280

    def number(name: str) -> str:
        return numbers.shown(trace.value_of(name)).text()

    parts = [f'<line x1="10" y1="{FLOOR}" x2="{width - 10}" y2="{FLOOR}" {paint("", "rule")} stroke-width="2"/>']
    parts += [_signal(FIRST), _text(FIRST, FLOOR + 20, words["figure_signal"]), _text(FIRST, 92, number("a0[0]"))]
    for l in range(1, depth + 1):
        start, direct = FIRST + STEP * (l - 1), game.direct[f"W{l}[0,0]"]
        parts += _weight(start + 48, start + STEP - 48, trace.value_of(f"W{l}[0,0]"), number(f"W{l}[0,0]"), direct)
    if game.has_girl:
        girl = FIRST + STEP
        parts += [_person(girl, DRESS, _hair(girl)), _text(girl, FLOOR + 20, words["figure_girl"])]
        parts += [_text(girl, 66, number("a1[0]"))]
        parts.append(arrow(((guesser - 48, BACK), (girl + 48, BACK)), "hidden", 2.5, dashed=True))
        parts.append(porter((girl + guesser) / 2, BACK, turned=True))
        parts.append(_text((girl + guesser) / 2, BACK + 18, number("error1[0]"), "hidden"))
    parts += [_person(guesser, COAT, _cap(guesser)), _text(guesser, FLOOR + 20, words["figure_guesser"])]
    answer = guesser + 170
    parts.append(_bubble(guesser + 104, 58, number(f"a{depth}[0]"), guesser + 24, 96))
    parts.append(_text(answer, 28, words["figure_wanted"].format(y=number("y[0]"))))
    parts += [_cat(answer), _text(answer, FLOOR + 20, words["figure_cat"])]
    parts.append(arrow(((answer - 50, BACK), (guesser + 42, BACK)), "output", 2.5))
    parts.append(_text((answer + guesser) / 2 - 2, BACK + 18, f"δ = {number(f'delta{depth}[0]')}", "output"))
    key = "three" if game.has_girl else "two"
    parts.append(_text(width / 2, HEIGHT - 12, words[f"figure_legend_{key}"], "grey"))
    return drawing(width, HEIGHT, words[f"game_{key}"], words[f"figure_{key}"], "".join(parts), "players")


def _text(x: float, y: float, text: str, colour: str = "ink") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" {paint(colour)}>{escape(text)}</text>'


def _weight(start: float, stop: float, weight: float, shown: str, direct: bool) -> list[str]:
    """A weight: an arrow in the colour of its sign, a porter on it, its number above."""
    colour, middle = "positive" if weight >= 0 else "negative", (start + stop) / 2
    mark = "" if weight < 0 else "+"
    return [
        arrow(((start, HAND), (stop, HAND)), colour, 2.5, dashed=not direct),
        porter(middle, HAND),
        _text(middle, HAND - 54, f"{mark}{shown}", colour),
    ]


def porter(x: float, y: float, *, turned: bool = False) -> str:
    """A small figure with a box on its shoulders that stands at a height; turned, it walks to the left."""
    y -= 3
    way = -1 if turned else 1
    return (
        f'<g {paint("", "ink")} stroke-width="2"><path d="M{x - 6:g} {y:g} l6 -12 l6 12 M{x:g} {y - 12:g} v-13 '
        f'M{x - 9:g} {y - 31:g} l9 9 l9 -9 M{x + 6 * way:g} {y:g} h{3 * way}"/>'
        f'<circle cx="{x:g}" cy="{y - 29:g}" r="4.5" fill="{SKIN}"/>'
        f'<rect x="{x - 11:g}" y="{y - 45:g}" width="22" height="11" fill="#c89b5a"/></g>'
    )


def _signal(x: float) -> str:
    """A horn that sounds to the right."""
    waves = "".join(
        f'<path d="M{x + 22 + r:g} {HAND - r - 4} a{r + 8} {r + 8} 0 0 1 0 {2 * r + 8}"/>' for r in (4, 10, 16)
    )
    return (
        f'<path d="M{x - 26:g} {HAND - 8} h14 l26 -18 v52 l-26 -18 h-14 z" fill="#8a8f98" stroke="{INK}"/>'
        f'<g {paint("", "ink")} stroke-width="2">{waves}</g>'
    )


def _person(x: float, coat: str, head: str) -> str:
    """Somebody who stands on the floor; `head` is what is on the head."""
    return (
        f'<g class="s-ink" stroke="{INK}" stroke-width="1.5"><path d="M{x - 9:g} {FLOOR} v-34 M{x + 9:g} {FLOOR} v-34" '
        f'stroke-width="7" stroke="#6a6a75"/><path d="M{x - 22:g} {FLOOR - 30} q2 -62 22 -62 q20 0 22 62 z" '
        f'fill="{coat}"/><circle cx="{x:g}" cy="{FLOOR - 110}" r="20" fill="{SKIN}"/>'
        f'<circle cx="{x + 5:g}" cy="{FLOOR - 112}" r="1.5" fill="{INK}"/><circle cx="{x + 13:g}" '
        f'cy="{FLOOR - 112}" r="1.5" fill="{INK}"/><path d="M{x + 4:g} {FLOOR - 102} q6 4 10 -1" fill="none"/>'
        f"{head}</g>"
    )


def _cap(x: float) -> str:
    y = FLOOR - 119
    return (
        f'<path d="M{x - 21:g} {y:g} q1 -21 21 -21 q19 0 21 20 z" fill="{CAP}"/>'
        f'<path d="M{x + 6:g} {y:g} q18 -6 30 2 q-14 4 -30 2 z" fill="{CAP}"/>'
    )


def _hair(x: float) -> str:
    y = FLOOR - 110
    return (
        f'<path d="M{x + 19:g} {y - 8} q-6 -18 -24 -15 q-19 3 -18 28 q0 16 -5 26 q14 -2 15 -16 q-4 -18 4 -24 '
        f'q14 2 28 1 z" fill="#5a3a22"/>'
    )


def _cat(x: float) -> str:
    """A blue cat that sits and looks to the left."""
    y = FLOOR
    return (
        f'<g class="s-ink" stroke="{INK}" stroke-width="1.5" fill="{CAT}">'
        f'<path d="M{x + 26:g} {y - 6} q28 -4 18 -38 q-3 -8 -9 -4 '
        f'q8 20 -9 26 z"/><path d="M{x - 20:g} {y} q-2 -48 22 -48 q26 0 26 48 z"/>'
        f'<path d="M{x - 25:g} {y - 60} l-1 -24 l16 10 h14 l16 -10 l-1 24 z"/>'
        f'<circle cx="{x - 3:g}" cy="{y - 60}" r="21"/></g>'
        f'<g fill="#fff" stroke="{INK}"><circle cx="{x - 11:g}" cy="{y - 63}" r="4.5"/><circle cx="{x + 2:g}" '
        f'cy="{y - 63}" r="4.5"/></g><g fill="{INK}"><circle cx="{x - 12:g}" cy="{y - 63}" r="2"/>'
        f'<circle cx="{x + 1:g}" cy="{y - 63}" r="2"/></g><path d="M{x - 8:g} {y - 54} l3 3 l3 -3 m-22 2 h-10 m10 5 '
        f'l-9 3 m42 -8 h10 m-10 5 l9 3" {paint("", "ink")}/>'
    )


def _bubble(x: float, y: float, text: str, to_x: float, to_y: float) -> str:
    """What somebody says, with a tail towards the mouth."""
    half = max(28.0, width_of(text, 17) / 2 + 10)  # pages set it larger on a phone
    return (
        f'<path d="M{x - half + 8:g} {y + 6} L{to_x:g} {to_y} L{x - half + 22:g} {y + 15} z" fill="#fff" '
        f'stroke="{INK}"/><rect x="{x - half:g}" y="{y - 17}" width="{2 * half:g}" height="34" rx="15" fill="#fff" '
        f'stroke="{INK}"/><path d="M{x - half + 10:g} {y + 6} L{x - half + 23:g} {y + 14} l0 -6 z" fill="#fff"/>'
        f'<text x="{x:g}" y="{y + 5}" text-anchor="middle" font-size="15" fill="{INK}">{escape(text)}</text>'
    )
