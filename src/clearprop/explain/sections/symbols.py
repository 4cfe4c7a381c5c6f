"""The table of symbols: what each stands for, its size or value, where it first occurs; and how other texts differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from clearprop.explain.derivations.lines import ONES, matrix_line, oriented
from clearprop.explain.sections.kit import Kit
from clearprop.explain.writing.document import Block, Number, Piece, Sentence, Table
from clearprop.explain.writing.symbols import Nabla
from clearprop.formulas import Apply, Expression, Symbol
from clearprop.formulas.expressions import nodes
from clearprop.trace.names import at, reference
from clearprop.trace.trace import Trace, check_dense

MOST_SIZES = 4  # of layers that are listed

# Site (with l for a number of the layer), key of the meaning, and the part in which it first occurs.
LAYERED = (
    ("W", "weights", "given"), ("b", "biases", "given"), ("freq", "frequencies", "given"), ("phase", "phases", "given"),
    ("mask", "mask", "given"), ("z", "weighted_input", "forward"),
    ("a", "activation", "forward"), ("passed", "passed", "forward"), ("delta", "delta", "backward"),
    ("dW", "weight_gradient", "gradients"), ("db", "bias_gradient", "gradients"),
    ("dfreq", "frequency_gradient", "gradients"), ("dphase", "phase_gradient", "gradients"),
)  # fmt: skip
NAMED = frozenset(kind for kind, *_ in LAYERED)
SINGLE = (
    ("l2", "penalty_strength", "given"), ("share", "share", "loss"), ("loss", "loss", "loss"),
    ("penalty", "penalty", "loss"), ("cost", "cost", "loss"),
    ("norm", "norm", "gradients"), ("clip", "clip", "gradients"), ("rate", "rate", "update"),
)  # fmt: skip


def symbols(trace: Trace, kit: Kit) -> list[Block]:
    """What each symbol stands for."""
    if any(block.letter not in NAMED for block in trace.network.blocks):
        check_dense(trace.network, "a table of symbols")
    words = kit.writer.words
    head = [words[f"symbols_{name}"] for name in ("symbol", "meaning", "value", "where")]
    found = [*_given(trace, kit), *_rows(trace, kit)]
    return [kit.writer.heading("symbols"), Table(list(head), found)]


def _given(trace: Trace, kit: Kit) -> Iterator[list[Piece]]:
    for name, key in (("a0", "input"), ("y", "target"), ("smoothed", "smoothed")):
        if name in trace:
            where = "loss" if name == "smoothed" else "given"
            yield _row(kit, Symbol(name), key, _sizes(trace, [name], kit), where)


def _rows(trace: Trace, kit: Kit) -> Iterator[list[Piece]]:
    """In the order of the parts."""
    depth, parts = trace.network.depth, ("given", "forward", "loss", "backward", "gradients", "update")
    for part in parts:
        if part == "backward":
            yield from _errors(trace, kit)
        for kind, key, where in LAYERED:
            sites = [f"{kind}{l}" for l in range(depth + 1) if f"{kind}{l}" in trace and (kind, l) != ("a", 0)]
            if where == part and sites:
                name = f"{kind}{{l}}" if len(sites) > 1 else sites[0]
                yield _row(kit, Symbol(name), key, _sizes(trace, sites, kit), where)
        for name, key, where in SINGLE:
            if where == part and name in trace:
                value = trace[name].value
                shown: Piece = Number(value) if np.ndim(value) == 0 else _sizes(trace, [name], kit)
                yield _row(kit, Symbol(name), key, shown, where)
        yield from _functions(trace, kit, part)
    first = trace.network.blocks[0]  # W1, where the first layer is dense
    for memory in trace.optimizer.memory:
        yield _row(kit, Symbol(f"{memory}_{first.name}"), "memory", "", "update")
    new = f"{first.name}_new"
    if "matrix" in kit.forms and not _divides(trace, kit, f"error{depth}") and _divides(trace, kit, new):
        yield _row(kit, "⊘", "quotient", "", "update")
    new = at(new, *(0 for _ in first.shape))
    yield _row(kit, Symbol(new), "after", Number(trace.value_of(new)), "update")
    if kit.has_proofs:
        yield from _of_proofs(trace, kit)


def _functions(trace: Trace, kit: Kit, part: str) -> Iterator[list[Piece]]:
    """Functions that are written by name, and the ones that add up a batch, where they first occur."""
    shapes = {layer.activation for layer in trace.network.layers}
    has_log = {"forward": any(_has_log(shape.tree()) for shape in shapes), "loss": _has_log(trace.network.loss.tree())}
    if part == "forward":
        yield _row(kit, "σ", "sigma", "", part)
        if any(shape.name == "softmax" for shape in shapes):
            yield _row(kit, "softmax", "softmax", "", part)
    if part == next((place for place, has in has_log.items() if has), None):
        yield _row(kit, "log", "log", "", part)
    if part == "gradients" and trace.is_batch and "matrix" in kit.forms:
        yield _row(kit, ONES, "ones", f"{trace.n_samples:,}", part)


def _has_log(tree: Expression) -> bool:
    return any(isinstance(item, Apply) and item.function in ("log", "log1p") for item in nodes(tree))


def _of_proofs(trace: Trace, kit: Kit) -> Iterator[list[Piece]]:
    """What only the general equations have, or those of a network without a layer of several neurons."""
    depth = trace.network.depth
    if "matrix" in kit.forms and not _is_wide(trace):
        yield _row(kit, "⊙", "hadamard", "", "proofs")
        yield _row(kit, "ᵀ", "transpose", "", "gradients" if trace.network.widths[0] > 1 else "proofs")
    yield _row(kit, "L", "depth", f"{depth}", "proofs")
    whole = Symbol("error{L}")
    if "matrix" in kit.forms and isinstance(kit.notation.write(reference(whole.name)), Nabla):
        yield _row(kit, whole, "error_of_all", _sizes(trace, [f"error{depth}"], kit), "proofs")


def _errors(trace: Trace, kit: Kit) -> Iterator[list[Piece]]:
    """What δ is made of."""
    depth = trace.network.depth
    yield _row(kit, Symbol(f"error{depth}"), "error", _sizes(trace, [f"error{depth}"], kit), "backward")
    slopes = [f"slope{l}" for l in range(1, depth + 1) if f"slope{l}" in trace]
    if slopes:
        name = "slope{l}" if len(slopes) > 1 else slopes[0]
        yield _row(kit, Symbol(name), "slope", _sizes(trace, slopes, kit), "backward")
    coupled = [f"jacobian{l}" for l in range(1, depth + 1) if f"jacobian{l}" in trace]
    if coupled:
        yield _row(kit, Symbol(coupled[-1]), "jacobian", _sizes(trace, coupled[-1:], kit), "backward")
    if "matrix" in kit.forms and _is_wide(trace):
        yield _row(kit, "⊙", "hadamard", "", "backward")
        if _divides(trace, kit, f"error{depth}"):
            yield _row(kit, "⊘", "quotient", "", "backward")
        yield _row(kit, "ᵀ", "transpose", "", "backward")


def _is_wide(trace: Trace) -> bool:
    return any(width > 1 for width in trace.network.widths[1:])


def _divides(trace: Trace, kit: Kit, site: str) -> bool:
    """Whether the line of a whole site divides number by number."""
    line = matrix_line(trace, site, kit.notation.columns) if trace[site].value.size > 1 else None
    return line is not None and any("⊘" in str(form) for form in line.forms)


def _row(kit: Kit, symbol: Piece, key: str, value: Piece, where: str) -> list[Piece]:
    words = kit.writer.words
    return [symbol, words[f"symbol_{key}"], value, words[f"where_{where}"]]


def _sizes(trace: Trace, sites: Sequence[str], kit: Kit) -> str:
    """How many numbers each of these holds, or rows × columns as they are printed."""
    sizes = []
    for name in sites:
        value = np.asarray(trace[name].value)
        shape = oriented(trace, name, kit.notation.columns).shape if value.ndim == 2 else value.shape
        sizes.append("\u00a0×\u00a0".join(f"{n:,}" for n in shape) or "1")
    if len(sizes) > MOST_SIZES:
        sizes = [*sizes[: MOST_SIZES - 2], "…", sizes[-1]]
    return ", ".join(sizes)


def readings(trace: Trace, kit: Kit) -> list[Sentence]:
    """How other texts write the same."""
    say, depth = kit.writer.sentence, trace.network.depth
    found = [say("reading_layers", n=depth, one_more=depth + 1), say("reading_indices", weight=Symbol("W1[0,0]"))]
    found.append(say("reading_numbers", weights=Symbol("W1")))
    if trace.network.loss.name in ("squared_error", "half_squared_error"):
        found.append(say("reading_half" if trace.network.loss.name == "squared_error" else "reading_no_half"))
    found += [say(f"reading_{key}") for key in ("delta", "sigma", "dot", "minus")]
    return found
