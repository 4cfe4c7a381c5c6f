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
        fours = [
            f"store_first_of_fours(offset(x{slot}, start + {k} * width), 4 * width, width, {_turned(k, name)})"
            for slot, name in stores
            for k in range(4)
        ]
        last = [f"store_first(x{slot}, i, end - i, {name})" for slot, name in stores]
        body += [*_loop_over_columns(text, slots, fours), *_row_loop(text, slots, [], last, "grouped")]
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
        fours = [f"{result}_c{k} = {_where_there_is_one(k, f'{result}_c{k}', 'zero')}" for k in range(1, 4)]
        fours += [f"{result}_f{k} = {_turned(k, result)}" for k in range(4)]
        summands = ", ".join(f"{result}_f{k}" for k in range(4))
        shares = ", ".join(f"repeat_each(offset(x{weight}, row + {k}), 4)" for k in range(4))
        fours += [
            f"if is_null(x{weight}):",
            f"    total = add_fours(one, one, one, one, {summands}, total)",
            "else:",
            f"    total = add_fours({shares}, {summands}, total)",
        ]
        body += ["one = splat(x0, 1.0)", *_loop_over_columns(text, slots, fours)]
        body += _row_loop(
            text,
            slots,
            [f"share = splat(x0, 1.0 if is_null(x{weight}) else x{weight}[row])"],
            [f"total = multiply_add(share, only_first({result}, end - i, zero), total)"],
            "grouped",
        )
    body.append("return sum_across(total)")
    return FormulaKernel(HEADER.format(dtype=dtype, arrays=ARRAYS) + _indented(body), text.uniforms, text.variables)


# Names that a kernel's source has other uses for: a variable of such a name is written with _ behind it.
RESERVED = re.compile(
    r"[turx]\d*|rt\d+|i|n|one|row|rows|start|end|width|whole|lanes|total|zero|share|kernel|cfunc|range|grouped|\w+_[cf]\d"
)
COLUMNS = ("column_0", "column_1", "column_2", "column_3")
WORDS = frozenset(FUNCTIONS.values()) | {
    "add_fours", "at_least", "at_most", "constant", "float32", "float64", "infinity", "is_null", "load", "load_first",
    "load_first_of_fours", "load_one", "max_across", "maximum", "minimum", "multiply_add", "n_lanes", "offset",
    "one_lane", "only_first", "power", "repeat_each", "select", "splat", "store", "store_first",
    "store_first_of_fours", "store_one", "sum_across", "as_float", "formula_signature", *COLUMNS,
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


def _loop_over_columns(text: KernelText, slots: Mapping[str, int], last: Sequence[str]) -> list[str]:
    """As many rows at once as a vector has lanes, where rows have up to four numbers; to the same bits as `_row_loop`.

    Each lane is a row, and each number of it has a vector of its own: those in column k have names that end in _ck.
    Rows that are left over are those from `grouped` on.
    """
    lines = []
    for name in text.variables:
        place = f"offset(x{slots[name]}, start + {{}} * width)"
        lines += [f"{name}_f{k} = load_first_of_fours({place.format(k)}, 4 * width, width)" for k in range(4)]
        lines += [f"{name}_c{k} = {_turned(k, name, 'f')}" for k in range(4)]
    for step in text.passes:
        own = {*text.variables, *(line.split(" = ")[0] for line in step.lines)}
        in_columns = re.compile(rf"\b({'|'.join(own)})\b")
        lines += [in_columns.sub(rf"\1_c{k}", line) for k in range(4) for line in step.lines]
        if step.reduction:
            values = [in_columns.sub(rf"\1_c{k}", step.results[0]) for k in range(4)]
            lines.append(f"{step.name} = {_reduced(step.reduction, values)}")
    found = [
        "grouped = rows - rows % lanes if width <= 4 <= lanes else 0",
        "for row in range(0, grouped, lanes):",
        "    start = row * width",
    ]
    return found + [f"    {line}" for line in [*dict.fromkeys(lines), *last]]


def _turned(k: int, name: str, kind: str = "c") -> str:
    """Column k of vectors of fours, or back to the fours."""
    return f"column_{k}({', '.join(f'{name}_{kind}{n}' for n in range(4))})"


def _where_there_is_one(k: int, value: str, otherwise: str) -> str:
    """The value of column k, where rows have so many."""
    return f"{value} if width > {k} else {otherwise}" if k else value


def _reduced(reduction: str, values: Sequence[str]) -> str:
    """The sum of four columns, or the largest, in the order in which `sum_across` and `max_across` fold a vector."""
    begin = BEGINS[reduction]
    a, b, c, d = (f"({_where_there_is_one(k, value, begin)})" for k, value in enumerate(values))
    if reduction == "row_max":
        return f"maximum(maximum({a}, {c}), maximum({b}, {d}))"
    return f"(({begin} + {a}) + ({begin} + {c})) + (({begin} + {b}) + ({begin} + {d}))"


def _row_loop(
    text: KernelText, slots: Mapping[str, int], begin: Sequence[str], last: Sequence[str], first: str = "0"
) -> list[str]:
    """Row by row from `first` on, with a pass along the row for each reduction."""
    found = [f"for row in range({first}, rows):", "    start = row * width", "    end = start + width"]
    found += [f"    {line}" for line in begin]
    for step in text.passes:
        found += [f"    {line}" for line in _row_pass(step, text.variables, slots, last)]
    return found


BEGINS = {"row_sum": "splat(x0, 0.0)", "row_max": "splat(x0, -infinity)"}  # what a reduction begins with


def _row_pass(step: Pass, variables: Sequence[str], slots: Mapping[str, int], last: Sequence[str]) -> list[str]:
    loads = [f"{name} = load_first(x{slots[name]}, i, end - i, splat(x0, 1.0))" for name in variables]
    if not step.reduction:
        return ["for i in range(start, end, lanes):", *(f"    {line}" for line in [*loads, *step.lines, *last])]
    total = f"r{step.name}"
    (value,) = step.results
    if step.reduction == "row_sum":
        gather = f"{total} + only_first({value}, end - i, splat(x0, 0.0))"
    else:
        gather = f"maximum({total}, only_first({value}, end - i, {total}))"
    across = {"row_sum": "sum_across", "row_max": "max_across"}[step.reduction]
    return [
        f"{total} = {BEGINS[step.reduction]}",
        "for i in range(start, end, lanes):",
        *(f"    {line}" for line in [*loads, *step.lines, f"{total} = {gather}"]),
        f"{step.name} = splat(x0, {across}({total}))",
    ]


def _indented(lines: Sequence[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)
