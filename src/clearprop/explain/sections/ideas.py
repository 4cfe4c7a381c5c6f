"""Why back-propagation, what a partial derivative is, and the error shared out by weights, with a network's numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from clearprop.explain.derivations.lines import Line, Lines, Omission, line_of, places
from clearprop.explain.derivations.sharing import (
    Sharing,
    error_lines,
    settled_sum,
    share,
    share_line,
    share_matrix_lines,
    share_out,
)
from clearprop.explain.derivations.wiggle import wiggle
from clearprop.explain.drawings.figures import OUTPUTS_DRAWN, sharing_figure
from clearprop.explain.sections.kit import Kit
from clearprop.explain.writing.document import Block, Derivation, Number, Picture, Piece, Table
from clearprop.explain.writing.notation import notation
from clearprop.explain.writing.numbers import finer_for
from clearprop.formulas import Symbol
from clearprop.trace.names import at
from clearprop.trace.trace import Trace

NEURONS_FOR_SHARES = 8  # of a layer; the shares of a wider one are shown as a table only
NEURONS_IN_A_MATRIX = 4  # of a layer whose shares are written out as a matrix


def why(trace: Trace, kit: Kit) -> list[Block]:
    """Why gradient descent by itself stops at a hidden layer."""
    depth, heading = trace.network.depth, kit.writer.heading("why")
    if depth == 1:
        return [heading, kit.writer.say("why_none")]
    first = (0, 0) if trace.is_batch else (0,)
    fields = {"target": Number(trace.value_of(at(trace.target, *first))),
              "output": Number(trace.value_of(at(f"a{depth}", *first)))}  # fmt: skip
    signal = Number(trace.value_of(at(trace.passed(1), *first)))
    batch = "_batch" if trace.is_batch else ""
    shown = places((trace.n_samples,)) if trace.is_batch else [()]
    lines = [item if isinstance(item, Omission) else line_of(trace, at("error1", *item, 0)) for item in shown]
    return [
        heading,
        kit.writer.say(f"why_output{batch}", **fields),
        kit.writer.say(f"why_hidden{batch}", signal=signal),
        kit.writer.say("why_answer", error=Symbol(at("error1", *first))),
        Derivation(lines, "BP2"),
    ]


def assumptions(trace: Trace, kit: Kit) -> list[Block]:
    """The two assumptions on a loss, and what goes wrong without them."""
    say, depth = kit.writer.say, trace.network.depth
    blocks: list[Block] = [kit.writer.heading("assumptions"), say("assumptions_words")]
    blocks += [kit.writer.heading("assumption_mean", 3), say("assumption_mean_words")]
    blocks += [Derivation([line_of(trace, "loss")])] if trace.is_batch else [say("assumption_mean_single")]
    blocks += [say("assumption_mean_without"), kit.writer.heading("assumption_outputs", 3)]
    first = (0, 0) if trace.is_batch else (0,)
    fields = {"output": Symbol(f"a{depth}"), "target": Symbol(trace.target)}
    blocks += [say("assumption_outputs_words", **fields), Derivation([line_of(trace, at("losses", *first))])]
    blocks.append(say("assumption_outputs_without", delta=Symbol("delta{l}")))
    return [*blocks, say("assumption_penalty", cost=Symbol("cost"))] if "cost" in trace else blocks


def felt(trace: Trace, kit: Kit) -> list[Block]:
    """One parameter moved, the rest held."""
    found = wiggle(trace, kit.followed(trace))
    words, step, digits = kit.writer.words, found.step, kit.numbers.digits
    smallest = min(abs(found.above - found.at), abs(found.below - found.at))
    loss_digits = max(0, finer_for(found.at, smallest, digits) + digits - 2)  # enough to divide by hand
    moved_digits = finer_for(found.value, step, digits)
    rows: list[list[Piece]] = [
        [Number(by), Number(found.value + by, finer=moved_digits), Number(value, finer=loss_digits)]
        for by, value in ((-step, found.below), (0.0, found.at), (step, found.above))
    ]
    minimised = "wiggle_loss" if trace.minimised == "loss" else "wiggle_cost"
    parameter = Symbol(found.parameter)
    head: list[Piece] = [words["wiggle_moved"], parameter, words[minimised]]
    return [
        kit.writer.heading("wiggle"),
        kit.writer.say("wiggle_words", parameter=parameter, step=Number(step)),
        Table(head, rows, words["wiggle_table"]),
        kit.writer.say("wiggle_result", felt=Number(found.felt), slope=Number(found.slope)),
    ]


def sharing(trace: Trace, kit: Kit) -> list[Block]:
    """By shares, without denominators, exactly."""
    if trace.network.depth == 1:
        return []
    found, say = share(trace), kit.writer.say
    blocks: list[Block] = [kit.writer.heading("sharing"), say("sharing_words"), _standing(trace, kit, found)]
    blocks += [say("sharing_batch")] if trace.is_batch else []
    blocks += _shared(trace, kit, found)
    blocks.append(say("sharing_exact"))
    first = (0, 0) if trace.is_batch else (0,)
    exactly = [line_of(trace, at(f"{kind}{found.layer}", *first)) for kind in ("error", "delta")]
    return [*blocks, Derivation(exactly, "BP2"), _shares_table(kit, found), *_conserved(trace, kit, found)]


def _standing(trace: Trace, kit: Kit, found: Sharing) -> Block:
    """The figure: standing at a hidden neuron and looking forward; of a batch for its first sample."""
    written = kit.notation
    if trace.is_batch:
        one = ("error", "unshared", "shares", "by_shares", "without_denominators", "exact")
        found = replace(found, **{name: getattr(found, name)[0] for name in one})
        written = notation(written.name, trace.network.widths, sample=0)
    svg = sharing_figure(trace, found, written, kit.numbers, kit.writer.words)
    n = found.shares.shape[-1]
    key = "sharing_figure_words" if n <= OUTPUTS_DRAWN else "sharing_figure_part"
    return Picture(svg, kit.writer.sentence(key, n=n, drawn=OUTPUTS_DRAWN))


def _shared(trace: Trace, kit: Kit, found: Sharing) -> list[Block]:
    """The lines of the shares, neuron by neuron and as a matrix."""
    say, widest = kit.writer.say, max(found.shares.shape[-2:])
    blocks: list[Block] = []
    if widest <= NEURONS_FOR_SHARES and ("component" in kit.forms or "matrix" not in kit.forms):
        outputs = places(np.shape(trace[trace.target].value))
        errors = _with_omissions(outputs, lambda place: error_lines(trace, [place])[0])
        neurons = places(found.by_shares.shape)
        shares = _with_omissions(neurons, lambda place: share_line(trace, found, place, "share"))
        plainly = _with_omissions(neurons, lambda place: share_line(trace, found, place, "transpose"))
        blocks += [Derivation(errors), say("sharing_collect"), Derivation(shares)]
        blocks += [say("sharing_without_u", u=Symbol(f"u{found.layer}")), Derivation(plainly)]
    if widest <= NEURONS_IN_A_MATRIX and "matrix" in kit.forms:
        by_shares, transposed = share_matrix_lines(trace, found, kit.notation.columns)
        blocks += [say("sharing_matrix"), Derivation([by_shares])]
        blocks += [say("sharing_matrix_without"), Derivation([transposed])]
    return blocks


def _with_omissions(shown: Sequence[tuple[int, ...] | Omission], line: Callable[[tuple[int, ...]], Line]) -> Lines:
    return [place if isinstance(place, Omission) else line(place) for place in shown]


def _shares_table(kit: Kit, found: Sharing) -> Block:
    """The three results side by side, of a batch summed over its samples."""
    words, columns = kit.writer.words, found.summed
    is_batch = found.by_shares.ndim == 2
    rows: list[list[Piece]] = []
    for place in places(columns[0].shape):
        if isinstance(place, Omission):
            rows.append(["…", "…", "…", "…"])
        else:
            rows.append([Symbol(at(f"a{found.layer}", *place)), *(Number(column[place]) for column in columns)])
    rows.append([words["total"], *(Number(settled_sum(column)) for column in columns)])
    head = [words["neuron"], words["by_shares"], words["transposed"], words["exact_rule"]]
    return Table(head, rows, words["sharing_table_batch" if is_batch else "sharing_table"].format(layer=found.layer))


def _conserved(trace: Trace, kit: Kit, found: Sharing) -> list[Block]:
    """What each way conserves, and what it does not."""
    say = kit.writer.say
    error, shares, without = found.total
    by_shares, plainly, _ = found.summed
    blocks: list[Block] = []
    if math.isfinite(shares):
        blocks.append(say("sharing_totals", error=Number(error), shares=Number(shares), without=Number(without)))
    if found.shares.shape[-1] == 1:
        blocks.append(say("sharing_one_output"))
    elif len(by_shares) > 1:
        ends = {f"share_{i + 1}": Number(float(by_shares[i])) for i in range(2)}
        ends |= {f"without_{i + 1}": Number(float(plainly[i])) for i in range(2)}
        blocks.append(say("sharing_proportion", **ends))
    _, example, example_without = share_out([[1, 3], [1, 1]], [1, 1])
    ends = {f"share_{i + 1}": Number(float(example[i])) for i in range(2)}
    ends |= {f"without_{i + 1}": Number(float(example_without[i])) for i in range(2)}
    blocks.append(say("sharing_example", **ends))
    one, other = found.angles
    if math.isfinite(one) and math.isfinite(other):
        blocks.append(say("sharing_angles", shares=Number(one), without=Number(other)))
    blocks.append(say("sharing_not_delta"))
    sums = found.sums_of_weights
    return blocks + [say("sharing_blown", neuron=j + 1, sum=Number(float(sums[j]))) for j in found.blown_up]
