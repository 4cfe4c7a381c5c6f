"""Formulas and columns of a program as JavaScript: loops over rows, and functions from raw values to inputs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from textwrap import indent

from clearprop.errors import shortened
from clearprop.files.export.program import Column, X
from clearprop.formulas import Expression
from clearprop.formulas.patterns import patterns
from clearprop.formulas.printers.code import Dialect, to_code

READERS: Mapping[str, str] = {"number": "numberOf", "truth": "truthOf", "moment": "secondsOf"}
START: Mapping[str, str] = {"row_sum": "0", "row_max": "-Infinity"}
STEP: Mapping[str, str] = {"row_sum": "{name} += {value};", "row_max": "{name} = Math.max({name}, {value});"}


def literal(value: float) -> str:
    """A float as JavaScript writes it."""
    if math.isfinite(value):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")


SCRIPT = Dialect(
    "JavaScript", literal, "const {name} = {value};",
    {
        **{name: f"Math.{name}({{0}})" for name in (
            "exp", "expm1", "log", "log1p", "tanh", "sqrt", "cos", "sin", "sign", "floor",
        )},
        "absolute": "Math.abs({0})", "maximum": "Math.max({0}, {1})", "minimum": "Math.min({0}, {1})",
        "where": "({0} ? {1} : {2})", "power": "Math.pow({0}, {1})", "erf": "erf({0})",
    },
)  # fmt: skip


def shown(value: object) -> str:
    """A text, a number or a list of them as JavaScript writes it."""
    return json.dumps(value, ensure_ascii=False)


def comment(text: str) -> str:
    """A text that can stand in a comment of one line."""
    return shortened(text, 1000)


def row_loop(
    tree: Expression, variables: Mapping[str, str], target: str, width: str, scalars: Mapping[str, str] | None = None
) -> tuple[Sequence[str], str]:
    """Statements that compute a tree for each j below `width` and put each result in `target`.

    Sums and maxima over the row are loops of their own. What is the same for all rows comes first, by itself.
    """
    code = to_code([tree], variables, SCRIPT, scalars)
    parts: list[str] = []
    for step in code.passes:
        (value,) = step.results
        if step.reduction:
            parts.append(f"let {step.name} = {START[step.reduction]};")
        put = STEP[step.reduction].format(name=step.name, value=value) if step.reduction else f"{target} = {value};"
        body = "\n".join([*step.lines, put])
        parts.append(f"for (let j = 0; j < {width}; j++) {{\n{indent(body, '  ')}\n}}")
    return code.before, "\n".join(parts)


def function_text(name: str, tree: Expression, variable: str = "z") -> str:
    """A formula as a function of a matrix (n, width), row by row."""
    _, loop = row_loop(tree, {variable: f"{variable}[i + j]"}, "found[i + j]", "width")
    return "\n".join(
        (
            f"// {comment(str(tree))}",
            f"function {name}({variable}, n, width) {{",
            "  const found = new Float64Array(n * width);",
            "  for (let i = 0; i < n * width; i += width) {",
            indent(loop, "    "),
            "  }",
            "  return found;",
            "}",
        )
    )


def column_text(place: int, column: Column, words: str) -> str:
    """The function that adds the inputs of one column's value to a list.

    Parameters
    ----------
    place : int
        Its number, from 0.
    column : Column
    words : str
        The name under which the file has its words for missing values.
    """
    tables: list[str] = []
    lines = [*_read(place, column, words, tables)]
    if not column.may_miss:
        lines.append('if (missing) throw new TypeError("a value is needed");')
    if column.refused is not None:
        (step,) = to_code([column.refused], {name: name for name in ("x", "code", "missing")}, SCRIPT).passes
        lines += [*step.lines, f'if ({step.results[0]}) throw new TypeError("training did not have it");']
    lines += _pushed(place, column, tables)
    head = f"// {comment(column.name)}, a {column.kind}\nfunction column{place}(value, inputs) {{\n"
    return "\n".join([*tables, head + indent("\n".join(lines), "  ") + "\n}"])


def entered_text(column: Column) -> str:
    """The function from a row that is an array of numbers to what the networks get of it."""
    if set(column.inputs) == {X}:
        return "const entered = (row) => row;"
    tables: list[str] = []
    lines = indent("\n".join(["const inputs = [];", *_pushed(0, column, tables), "return inputs;"]), "  ")
    return "\n".join([*tables, f"// What stands before the first layer.\nfunction entered(x) {{\n{lines}\n}}"])


def _pushed(place: int, column: Column, tables: list[str]) -> list[str]:
    """Loops that add the inputs of a column to a list, those of one form in one; what they read goes to `tables`."""
    lines: list[str] = []
    start = 0
    for number, pattern in enumerate(patterns(column.inputs)):
        names = {name: f"table{place}_{number}_{name}" for name in pattern.numbers}
        tables += [f"const {names[name]} = {shown(list(row))};" for name, row in pattern.numbers.items()]
        at = f"[{start} + i]" if column.kind == "vector" else ""
        symbols = {"x": f"x{at}", "code": "code", "missing": "missing", **{n: f"{t}[i]" for n, t in names.items()}}
        (last,) = to_code([pattern.tree], symbols, SCRIPT).passes
        may_miss = column.kind == "vector" and column.may_miss
        before = [f"const missing = Number.isNaN(x{at}) ? 1 : 0;"] if may_miss else []
        body = "\n".join([*before, *last.lines, f"inputs.push({last.results[0]});"])
        lines.append(f"for (let i = 0; i < {pattern.count}; i++) {{\n{indent(body, '  ')}\n}}")
        start += pattern.count
    return lines


def _read(place: int, column: Column, words: str, tables: list[str]) -> Sequence[str]:
    """Lines that give x or code, and missing; what they look up goes to `tables`."""
    if column.kind == "vector":
        return [f"const x = vectorOf(value, {column.size});"]
    if column.kind == "category":
        tables.append(
            f"const places{place} = new Map({shown([[text, n] for n, text in enumerate(column.categories)])});"
        )
        return [
            f"const text = isMissing(value, {words}) ? null : {'String' if column.is_exact else 'textOf'}(value);",
            f"const missing = text === null || {words}.has(text) ? 1 : 0;",
            f"const code = missing ? -1 : places{place}.get(text) ?? -1;",
        ]
    more = f", {settings}" if column.kind == "number" and (settings := _notation(column)) else ""
    return [
        f"const x = isMissing(value, {words}) ? NaN : {READERS[column.kind]}(value{more});",
        "const missing = Number.isNaN(x) ? 1 : 0;",
    ]


def _notation(column: Column) -> str:
    """How a column of numbers writes them, where that is not as usual."""
    given = {
        "decimal": column.decimal,
        "thousands": column.thousands,
        "unit": column.unit,
        "absent": list(column.missing_numbers),
    }
    usual = {"decimal": ".", "thousands": "", "unit": "", "absent": []}
    found = {name: value for name, value in given.items() if value != usual[name]}
    return shown(found) if found else ""
