"""Columns of a program as functions of Python: from raw values to the inputs that they become."""

from __future__ import annotations

import math
import pprint
from collections.abc import Collection, Mapping, Sequence
from textwrap import indent

from clearprop.files.export.program import Column
from clearprop.formulas import Expression
from clearprop.formulas.patterns import patterns
from clearprop.formulas.printers.code import Dialect, to_code

READERS: Mapping[str, str] = {"number": "number_of", "truth": "truth_of", "moment": "seconds_of"}


def literal(value: float) -> str:
    """A float as Python writes it."""
    return repr(value) if math.isfinite(value) else f"float({str(value)!r})"


NUMPY = Dialect(
    "Python with NumPy", literal, "{name} = {value}",
    {
        **{name: f"np.{name}({{0}})" for name in (
            "exp", "expm1", "log", "log1p", "tanh", "sqrt", "cos", "sin", "sign", "floor",
        )},
        "absolute": "np.abs({0})", "maximum": "np.maximum({0}, {1})", "minimum": "np.minimum({0}, {1})",
        "where": "np.where({0}, {1}, {2})", "power": "np.power({0}, {1})", "erf": "erf({0})",
        "row_sum": "np.sum({0}, axis=-1, keepdims=True)", "row_max": "np.max({0}, axis=-1, keepdims=True)",
    },
)  # fmt: skip


def shown(items: Collection[object]) -> str:
    """A list as Python writes it, over several lines where it is long."""
    return pprint.pformat(list(items), width=100, compact=True)


def docstring(text: str) -> str:
    """A text that can stand in a docstring."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text.replace("\\", "\\\\").replace('"', "'")


def column_text(place: int, column: Column, words: str) -> str:
    """The function that makes the inputs of one column.

    Parameters
    ----------
    place : int
        Its number, from 0.
    column : Column
    words : str
        The name under which the file has its words for missing values.
    """
    lines = _read(column, words)
    if not column.may_miss:
        lines.append(f"refuse_missing(missing, {column.name!r})")
    if column.refused is not None:
        before, unknown = array_code(column.refused, {name: name for name in ("x", "code", "missing")})
        lines += [*before, f"refuse_unknown({unknown}, values, {column.name!r})"]
    lines += side_by_side(column.inputs, "x" if column.kind == "vector" else "")
    body = indent("\n".join(lines), "    ")
    head = f'def column_{place}(values: Sequence[Any]) -> Any:\n    """{docstring(column.name)}, a {column.kind}."""'
    return f"{head}\n{body}"


def side_by_side(trees: Sequence[Expression], sliced: str, like: str = "missing") -> list[str]:
    """Lines that compute each tree and return all of them side by side, those of one form at once.

    Parameters
    ----------
    trees : sequence of Expression
    sliced : str
        The symbol that has a column for each tree, "" where there is none.
    like : str
        A symbol with as many rows as there will be.
    """
    lines, start, forms = [], 0, patterns(trees)
    put = "made.append({})" if len(forms) > 1 else "return {}"
    for pattern in forms:
        part = f"[:, {start} : {start + pattern.count}]" if len(forms) > 1 else ""
        lines += [f"{name} = np.array({shown(row)})" for name, row in pattern.numbers.items()]
        symbols = {name: name for name in ("x", "code", "missing", "a", *pattern.numbers)}
        if sliced:
            symbols |= {name: f"{name}{part}" for name in {sliced, like}}
        before, value = array_code(pattern.tree, symbols)
        lines += [*before, put.format(f"np.broadcast_to({value}, (len({like}), {pattern.count}))")]
        start += pattern.count
    return ["made = []", *lines, "return np.concatenate(made, axis=1)"] if len(forms) > 1 else lines


def array_code(tree: Expression, symbols: Mapping[str, str]) -> tuple[Sequence[str], str]:
    """Lines, and an expression, that compute a tree on arrays; the last axis is the row."""
    (last,) = to_code([tree], symbols, NUMPY).passes
    return last.lines, last.results[0]


def _read(column: Column, words: str) -> list[str]:
    """Lines that give x or code, and missing, each with an axis of rows and one of inputs."""
    if column.kind == "vector":
        return [f"x, missing = vectors_of(values, {column.name!r}, {column.size})"]
    if column.kind == "category":
        places = {text: place for place, text in enumerate(column.categories)}
        return [
            f"places = {pprint.pformat(places, width=100, compact=True, sort_dicts=False)}",
            f"code, missing = codes_of(values, {words}, places, {'str' if column.is_exact else 'text_of'})",
        ]
    one = READERS[column.kind]
    if settings := _notation(column):
        one = f"lambda value: {one}(value, {settings})"
    return [f"x = numbers_of(values, {column.name!r}, {words}, {one})", "missing = np.isnan(x).astype(float)"]


def _notation(column: Column) -> str:
    """How a column of numbers writes them, as arguments."""
    if column.kind != "number":
        return ""
    given = {
        "decimal": column.decimal,
        "thousands": column.thousands,
        "unit": column.unit,
        "absent": list(column.missing_numbers),
    }
    usual = {"decimal": ".", "thousands": "", "unit": "", "absent": []}
    return ", ".join(f"{name}={value!r}" for name, value in given.items() if value != usual[name])
