"""Small figures: an error shared out backward, the porter in both passes, the loss over steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from clearprop.explain.derivations.sharing import Sharing
from clearprop.explain.derivations.telling import telling_weight
from clearprop.explain.drawings.ink import HEIGHT, Canvas, Run, arrow, drawing, paint, plain, text, width
from clearprop.explain.drawings.placing import Box
from clearprop.explain.drawings.players import porter
from clearprop.explain.words import form_of
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.trace.names import at, reference
from clearprop.trace.trace import Trace

OUTPUTS_DRAWN = 3
Words = Mapping[str, str]


def sharing_figure(trace: Trace, found: Sharing, notation: Notation, numbers: NumberFormat, words: Words) -> str:
    """Standing at the first hidden neuron and looking forward: a thick arrow back from each output, with its share."""
    sheet, l = Canvas(), found.layer
    n_all = found.shares.shape[1]
    n_to = min(n_all, OUTPUTS_DRAWN)

    def named(site: str, j: int, value: float) -> list[Run]:
        return [*notation.write(reference(at(site, j))).runs(), (f" = {numbers.shown(value).text()}", 0)]

    ends = [named(f"e{l + 1}", j, found.error[j]) for j in range(n_to)]
    own, own_name = named(f"e{l}", 0, found.by_shares[0]), notation.write(reference(at(f"a{l}", 0))).runs()
    height = 40 + 90 * n_to
    left, right = width(own) / 2 + 30, width(own) + 330.0
    sheet.node(here := Box(left, height / 2, width(own) + 20, 44), [own_name, own], "hidden", "hidden-fill")
    for j, runs in enumerate(ends):
        y = height / 2 + 90 * (j - (n_to - 1) / 2)
        name = notation.write(reference(at(f"a{l + 1}", j))).runs()
        sheet.node(there := Box(right, y, width(runs) + 20, 44), [name, runs], "output", "output-fill")
        start, end = (there.x - there.width / 2, there.y), (here.x + here.width / 2, here.y + 9 * (j - (n_to - 1) / 2))
        sheet.lines.append(arrow((start, end), "hidden", 6))
        share: list[Run] = [(words["drawn_share"].format(share=numbers.shown(found.shares[0, j]).text()), 0)]
        middle = Box(start[0] + 0.42 * (end[0] - start[0]), y + 0.42 * (end[1] - y), width(share) + 6, HEIGHT)
        sheet.label(middle, share, "hidden")
    wide = right + max(map(width, ends)) / 2 + 20
    shares = "; ".join(numbers.shown(found.shares[0, j]).text() for j in range(n_to))
    if n_all > n_to:
        sheet.labels.append(
            text(right, height + 2, [(words["drawn_more"].format(count=f"{n_all - n_to:,}"), 0)], "grey")
        )
        height += 20
    words_of_all = words["drawn_shares_part"] if n_all > n_to else form_of(words, "drawn_shares", n_all)
    description = words_of_all.format(
        own=plain(own), ends="; ".join(map(plain, ends)), shares=shares, n=n_all, drawn=n_to
    )
    return drawing(wide, height, words["drawn_sharing"], description, "".join(sheet.lines + sheet.labels))


def porter_figure(trace: Trace, notation: Notation, numbers: NumberFormat, words: Words) -> str:
    """One weight of the last layer: the porter carries the signal over it, and back over it the error."""
    sheet, depth = Canvas(), trace.network.depth
    sample = (0,) if trace.is_batch else ()

    def named(name: str) -> list[Run]:
        return [
            *notation.write(reference(name)).runs(),
            (f" = {numbers.shown(trace.value_of(name)).text()}", 0),
        ]

    chosen = telling_weight(trace, depth)
    k, j = reference(chosen).place
    ends = at(f"a{depth - 1}", *sample, k), at(f"z{depth}", *sample, j)
    weight, signal, error = named(chosen), named(ends[0]), named(at(f"delta{depth}", *sample, j))
    left, right = (notation.write(reference(name)).runs() for name in ends)
    half = max(width(left), width(right)) / 2 + 14
    start, end = half + 16, half + 386
    for y, load, colour, backward in ((76, signal, "ink", False), (186, error, "output", True)):
        for x, runs in ((start, left), (end, right)):
            sheet.node(Box(x, y, 2 * half, 30), [runs])
        way = (start + half, float(y)), (end - half, float(y))
        sheet.lines.append(arrow((way[1], way[0]) if backward else way, colour, 2.5))
        middle = (start + end) / 2
        sheet.lines.append(porter(middle - (30 if not backward else -30), y, turned=backward))
        sheet.labels.append(text(middle - (30 if not backward else -30), y - 58, load, colour))
        sheet.label(Box(middle, y + 13, width(weight) + 6, HEIGHT), weight, "grey")
    description = words["drawn_porter_words"].format(signal=plain(signal), error=plain(error), weight=plain(weight))
    return drawing(end + half + 16, 216, words["drawn_porter"], description, "".join(sheet.lines + sheet.labels))


def loss_figure(losses: Sequence[float], numbers: NumberFormat, words: Words) -> str:
    """The loss over steps, as a line with a point for every step; only finite losses are drawn."""
    known = [(i, float(loss)) for i, loss in enumerate(losses) if math.isfinite(loss)]
    lowest, highest = min(loss for _, loss in known), max(loss for _, loss in known)
    spread = (highest - lowest) or abs(highest) or 1.0
    labels = [numbers.shown(loss).text() for loss in (highest, lowest)]
    left = max(width([(label, 0)]) for label in labels) + 16
    wide, high = left + 380, 190.0
    points = [
        (left + 20 + 330 * i / max(1, len(losses) - 1), 24 + (high - 76) * (highest - loss) / spread)
        for i, loss in known
    ]
    path = " ".join(f"{'L' if i else 'M'}{x:.5g} {y:.5g}" for i, (x, y) in enumerate(points))
    parts = [
        f'<path d="M{left:g} 12 V{high - 36:g} H{wide - 8:g}" {paint("", "grey")}/>',
        f'<path d="{path}" {paint("", "hidden")} stroke-width="2"/>',
        *(f'<circle cx="{x:.5g}" cy="{y:.5g}" r="3" {paint("hidden")}/>' for x, y in points if len(points) <= 60),
        text(left - 6, 24, [(labels[0], 0)], anchor="end"),
        text((left + wide) / 2, high - 10, [(words["iteration"], 0)], "grey"),
    ]
    if highest > lowest:
        parts.append(text(left - 6, high - 52, [(labels[1], 0)], anchor="end"))
    for i, (x, _) in ((known[0][0], points[0]), (known[-1][0], points[-1])):
        parts.append(text(x, high - 26, [(f"{i}", 0)], "grey"))
    description = words["drawn_losses"].format(losses=", ".join(numbers.shown(loss).text() for _, loss in known[:40]))
    return drawing(wide, high, words["drawn_loss"], description, "".join(parts))
