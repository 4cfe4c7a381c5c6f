"""Why back-propagation, what a partial derivative is, and the error shared out by weights, with a network's numbers."""

from __future__ import annotations

import math

from clearprop.explain.document import Block, Derivation, Number, Picture, Piece, Table
from clearprop.explain.drawings.figures import sharing_figure
from clearprop.explain.lines import Omission, line_of, places
from clearprop.explain.references import at, reference
from clearprop.explain.sections.chain import alone
from clearprop.explain.sections.kit import Kit
from clearprop.explain.sharing import share, share_lines
from clearprop.explain.trace import Trace
from clearprop.explain.wiggle import wiggle
from clearprop.formulas import Symbol

NEURONS_FOR_SHARES = 8  # of a layer; the shares of a wider one are shown as a table only


def why(trace: Trace, kit: Kit) -> list[Block]:
    """Why gradient descent by itself stops at a hidden layer."""
    trace = alone(trace)
    depth, heading = trace.network.depth, kit.writer.heading("why")
    if depth == 1:
        return [heading, kit.writer.say("why_none")]
    target, output = Number(trace.value_of(f"{trace.target}[0]")), Number(trace.value_of(f"a{depth}[0]"))
    return [
        heading,
        kit.writer.say("why_output", target=target, output=output),
        kit.writer.say("why_hidden", signal=Number(trace.value_of("a1[0]"))),
        kit.writer.say("why_answer", error=Symbol("error1[0]")),
        Derivation([line_of(trace, "error1[0]")], "BP2"),
    ]


def felt(trace: Trace, kit: Kit) -> list[Block]:
    """One parameter moved, the rest held."""
    found = wiggle(trace, kit.parameter)
    words, step = kit.writer.words, found.step
    rows: list[list[Piece]] = [
        [Number(by), Number(found.value + by), Number(value, finer=4)]
        for by, value in ((-step, found.below), (0.0, found.at), (step, found.above))
    ]
    head = [words["wiggle_moved"], words["wiggle_value"], words["wiggle_loss"]]
    parameter = Symbol(str(reference(kit.parameter)))
    return [
        kit.writer.heading("wiggle"),
        kit.writer.say("wiggle_words", parameter=parameter, step=Number(step)),
        Table(head, rows, words["wiggle_table"]),
        kit.writer.say("wiggle_result", felt=Number(found.felt), slope=Number(found.slope)),
    ]


def sharing(trace: Trace, kit: Kit) -> list[Block]:
    """By shares, without denominators, exactly."""
    trace = alone(trace)
    if trace.network.depth == 1:
        return []
    found, words, say = share(trace), kit.writer.words, kit.writer.say
    l = found.layer
    standing = sharing_figure(trace, found, kit.notation, kit.numbers, words)
    blocks: list[Block] = [kit.writer.heading("sharing"), say("sharing_words")]
    blocks.append(Picture(standing, (words["sharing_figure_words"],)))
    if max(trace.network.widths[l], trace.network.widths[l + 1]) <= NEURONS_FOR_SHARES:
        lines = share_lines(trace, found)
        blocks += [Derivation(lines[0::2]), say("sharing_without"), Derivation(lines[1::2])]
    blocks.append(say("sharing_exact"))
    blocks.append(Derivation([line_of(trace, at(f"error{l}", 0)), line_of(trace, at(f"delta{l}", 0))], "BP2"))
    rows: list[list[Piece]] = []
    for place in places(found.exact.shape):
        if isinstance(place, Omission):
            rows.append(["…", "…", "…", "…"])
            continue
        (k,) = place
        numbers = (found.by_shares[k], found.without_denominators[k], found.exact[k])
        rows.append([Symbol(at(f"a{l}", k)), *map(Number, numbers)])
    error, shares, without = found.total
    rows.append([words["total"], Number(shares), Number(without), Number(float(found.exact.sum()))])
    head = [words["neuron"], words["by_shares"], words["transposed"], words["exact_rule"]]
    blocks.append(Table(head, rows, words["sharing_table"].format(layer=l)))
    if math.isfinite(shares):
        blocks.append(say("sharing_totals", error=Number(error), shares=Number(shares), without=Number(without)))
    if len(found.exact) > 1:
        ends = {f"share_{i + 1}": Number(float(found.by_shares[i])) for i in range(2)}
        ends |= {f"without_{i + 1}": Number(float(found.without_denominators[i])) for i in range(2)}
        blocks.append(say("sharing_proportion", **ends))
    one, other = found.angles
    if math.isfinite(one) and math.isfinite(other):
        blocks.append(say("sharing_angles", shares=Number(one), without=Number(other)))
    blocks.append(say("sharing_not_delta"))
    blocks += [say("sharing_blown", neuron=j + 1, sum=Number(float(found.sums_of_weights[j]))) for j in found.blown_up]
    return blocks
