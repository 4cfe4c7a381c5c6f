"""Kernels of formulas: one small compiled function each, joined to the rest by its address when a job starts.

Such a kernel walks over up to six arrays of the same rows and width, reads some, overwrites some, and may return a
weighted sum. Because it knows nothing of the network around it, what has to be compiled adds up (activations + losses +
update rules) and does not multiply.

This file writes its source, a module of its own that `kernel_cache` keeps in the user's cache folder.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearprop.engines.compiled.kernels.layout import FORMULA_ARRAYS
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import Expression, Symbol, as_expression, nodes
from clearprop.formulas.printers.kernel import FUNCTIONS, KernelText, Pass, to_kernel


@dataclass(frozen=True)
class FormulaKernel:
    """The source of a formula's kernel, and what must be known to call it.

    Attributes
    ----------
    source : str
        A module with the function ``kernel``.
    uniforms : tuple of Expression
        What the array of uniforms must hold.
    reads : tuple of str
        The variables that it reads, by the names that `word` gives them.
    """

    source: str
    uniforms: tuple[Expression, ...]
    reads: tuple[str, ...]


HEADER = '''"""Generated from a formula by clearprop; changes to it are lost."""

from numba import cfunc

from clearprop.engines.compiled.kernels.kernel_vocabulary import *


@cfunc(formula_signature({dtype}), error_model="numpy")
def kernel({arrays}, rows, width, u):
'''
ARRAYS = ", ".join(f"x{i}" for i in range(FORMULA_ARRAYS))


def elementwise(slots: Mapping[str, int], writes: Mapping[str, Expression], dtype: str) -> FormulaKernel:
    """A kernel that overwrites arrays with the values of formulas.

    Parameters
    ----------
    slots : mapping of str to int
        For each variable, which of the six arrays holds it.
    writes : mapping of str to Expression
        For each variable that is overwritten, its new value. It may be one that no formula reads.
    dtype : {"float32", "float64"}
    """
    trees = [in_words(tree, list(slots)) for tree in writes.values()]
    stores_to = [slots[name] for name in writes]
    slots = {word(name): slot for name, slot in slots.items()}
    text = to_kernel(trees, list(slots))
    stores = list(zip(stores_to, text.passes[-1].results, strict=True))
    body = [f"u{i} = splat(x0, u[{i}])" for i in range(len(text.uniforms))]
    body.append("lanes = n_lanes(x0)")
    if len(text.passes) == 1:
        body += _flat_loop(text, slots, [f"store(x{slot}, i, {name})" for slot, name in stores],
                           [f"store_first(x{slot}, i, n - i, {name})" for slot, name in stores])  # fmt: skip
    else:
        last = [f"store_first(x{slot}, i, end - i, {name})" for slot, name in stores]
        body += _row_loop(text, slots, [], last)
    body.append("return 0.0")
    return FormulaKernel(HEADER.format(dtype=dtype, arrays=ARRAYS) + _indented(body), text.uniforms, text.variables)


def summing(slots: Mapping[str, int], weight: int, summand: Expression, dtype: str) -> FormulaKernel:
    """A kernel that returns a sum over all elements, each row times its number in array `weight` (null: times 1)."""
    summand = in_words(summand, list(slots))
    slots = {word(name): slot for name, slot in slots.items()}
    text = to_kernel([summand], list(slots))
    (result,) = text.passes[-1].results
    body = [f"u{i} = splat(x0, u[{i}])" for i in range(len(text.uniforms))]
    body += ["lanes = n_lanes(x0)", "zero = splat(x0, 0.0)", "total = zero"]
    if len(text.passes) == 1:
        flat = _flat_loop(text, slots, [f"total = total + {result}"],
                          [f"total = total + only_first({result}, n - i, zero)"])  # fmt: skip
        body += [f"if is_null(x{weight}):", *(f"    {line}" for line in flat), "else:"]
        rows = _row_loop(
            text,
            slots,
            [f"share = splat(x0, x{weight}[row])"],
            [f"total = multiply_add(share, only_first({result}, end - i, zero), total)"],
        )
        body += [f"    {line}" for line in rows]
    else:
        body += _row_loop(
            text,
            slots,
            [f"share = splat(x0, 1.0 if is_null(x{weight}) else x{weight}[row])"],
            [f"total = multiply_add(share, only_first({result}, end - i, zero), total)"],
        )
    body.append("return sum_across(total)")
    return FormulaKernel(HEADER.format(dtype=dtype, arrays=ARRAYS) + _indented(body), text.uniforms, text.variables)


# Names that a kernel's source has other uses for: a variable of such a name is written with _ behind it.
RESERVED = re.compile(r"[turx]\d*|rt\d+|i|n|row|rows|start|end|width|whole|lanes|total|zero|share|kernel|cfunc|range")
WORDS = frozenset(FUNCTIONS.values()) | {
    "at_least", "at_most", "constant", "float32", "float64", "infinity", "is_null", "load", "load_first", "load_one",
    "max_across", "maximum", "minimum", "multiply_add", "n_lanes", "one_lane", "only_first", "power", "select", "splat",
    "store", "store_first", "store_one", "sum_across", "as_float", "formula_signature",
}  # fmt: skip


def in_words(tree: Expression, names: Sequence[str]) -> Expression:
    """The tree with its variables named so that they cannot be mistaken for other names in a kernel."""
    found = {item.name: item for item in nodes(tree) if isinstance(item, Symbol)}
    return as_expression(evaluate(tree, {n: Symbol(word(n)) if n in names else item for n, item in found.items()}))


def word(name: str) -> str:
    """The name of a variable in a kernel's source."""
    return f"{name}_" if RESERVED.fullmatch(name) or name in WORDS or keyword.iskeyword(name) else name


def _flat_loop(text: KernelText, slots: Mapping[str, int], store: Sequence[str], last: Sequence[str]) -> list[str]:
    """All elements one after the other, whole vectors first and then what is left."""
    lines = list(text.passes[0].lines)
    whole = [f"{name} = load(x{slots[name]}, i)" for name in text.variables]
    part = [f"{name} = load_first(x{slots[name]}, i, n - i, splat(x0, 1.0))" for name in text.variables]
    return [
        "n = rows * width",
        "whole = n - n % lanes",
        "for i in range(0, whole, lanes):",
        *(f"    {line}" for line in [*whole, *lines, *store]),
        "if whole < n:",
        "    i = whole",
        *(f"    {line}" for line in [*part, *lines, *last]),
    ]


def _row_loop(text: KernelText, slots: Mapping[str, int], begin: Sequence[str], last: Sequence[str]) -> list[str]:
    """Row by row, with a pass along the row for each reduction."""
    found = ["for row in range(rows):", "    start = row * width", "    end = start + width"]
    found += [f"    {line}" for line in begin]
    for step in text.passes:
        found += [f"    {line}" for line in _row_pass(step, text.variables, slots, last)]
    return found


def _row_pass(step: Pass, variables: Sequence[str], slots: Mapping[str, int], last: Sequence[str]) -> list[str]:
    loads = [f"{name} = load_first(x{slots[name]}, i, end - i, splat(x0, 1.0))" for name in variables]
    if not step.reduction:
        return ["for i in range(start, end, lanes):", *(f"    {line}" for line in [*loads, *step.lines, *last])]
    total = f"r{step.name}"
    (value,) = step.results
    if step.reduction == "row_sum":
        first, gather = "splat(x0, 0.0)", f"{total} + only_first({value}, end - i, splat(x0, 0.0))"
    else:
        first, gather = "splat(x0, -infinity)", f"maximum({total}, only_first({value}, end - i, {total}))"
    across = {"row_sum": "sum_across", "row_max": "max_across"}[step.reduction]
    return [
        f"{total} = {first}",
        "for i in range(start, end, lanes):",
        *(f"    {line}" for line in [*loads, *step.lines, f"{total} = {gather}"]),
        f"{step.name} = splat(x0, {across}({total}))",
    ]


def _indented(lines: Sequence[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)
