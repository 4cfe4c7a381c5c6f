"""The columns of a program in an ONNX graph: from raw values to the inputs of the networks.

Numbers and moments come in as float64 (seconds since 1970), with NaN for a missing one; categories and truths as
strings, with the empty one, or a word for a missing value, for a missing one. All is computed in float64 and then
rounded to the type of the networks, as in training.
"""

from __future__ import annotations

import numpy as np

from clearprop.files import onnx_messages as onnx
from clearprop.files.export.onnx_graph import DTYPES, Graph
from clearprop.files.export.program import Column, Program
from clearprop.formulas import Expression
from clearprop.formulas.expressions import symbols
from clearprop.formulas.patterns import patterns

ML = "ai.onnx.ml"
TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
EXACT = "float64"


def inputs_of(program: Program, graph: Graph) -> str:
    """The matrix that the networks get, and the inputs of the graph that it is made of."""
    if program.is_plain:
        return graph.declare(program.columns[0].name, program.n_inputs, DTYPES[graph.dtype][0])
    parts = [part for column in program.columns for part in _column(column, graph)]
    whole = graph.add("Concat", parts, axis=1) if len(parts) > 1 else parts[0]
    return graph.add("Cast", [whole], "inputs", to=onnx.FLOAT) if graph.dtype == "float32" else whole


def _column(column: Column, graph: Graph) -> list[str]:
    """The inputs that a column becomes, those of one form in one value."""
    if column.kind in ("category", "truth"):
        found = _text(column, graph)
    else:
        x = graph.declare(column.name, column.size, onnx.DOUBLE)
        missing = graph.add("IsNaN", [x])
        is_read = any("x" in read and "missing" not in read for read in map(symbols, column.inputs))
        for number in column.missing_numbers:
            is_that = graph.add("Equal", [x, graph.number(number, EXACT)])
            missing = graph.add("Or", [missing, is_that])
            x = graph.add("Where", [is_that, graph.number(np.nan, EXACT), x]) if is_read else x
        found = {"x": x, "missing": graph.cast(missing, EXACT)}
    if column.refused is not None:
        _refuse(column, found, graph)
    return side_by_side(column.inputs, found, graph, EXACT, sliced=column.kind == "vector")


def _refuse(column: Column, found: dict[str, str], graph: Graph) -> None:
    """Let a runtime stop at a value that is refused: it gathers the number 1 from a place that there is not."""
    place = graph.add("Cast", [graph.formula(column.refused, found, EXACT)], to=onnx.INT64)  # type: ignore[arg-type]
    one = graph.array(np.array([1.0]), "one")
    known = graph.add("Gather", [one, place], f"{column.name}_must_be_known", axis=0)
    symbol = "code" if column.kind == "category" else "x"
    found[symbol] = graph.add("Mul", [found[symbol], known])


def side_by_side(
    trees: tuple[Expression, ...], values: dict[str, str], graph: Graph, dtype: str, *, sliced: bool
) -> list[str]:
    """The values of some trees, neighbours of one form as the columns of one value.

    Parameters
    ----------
    trees : tuple of Expression
    values : dict of str to str
        What their symbols stand for, (rows, 1).
    graph : Graph
    dtype : {"float32", "float64"}
    sliced : bool
        Whether symbols have a column for each tree instead.
    """
    made, start = [], 0
    for pattern in patterns(trees):
        stop, given = start + pattern.count, dict(values)
        if sliced and pattern.count < len(trees):
            given = {name: _slice(graph, value, start, stop) for name, value in values.items()}
        for name, row in pattern.numbers.items():
            kind = np.float32 if dtype == "float32" else np.float64
            given[name] = graph.array(np.array([row], dtype=kind), f"{name}_of_{len(graph.arrays)}")
        first = next(name for name in ("x", "code", "missing", "a") if name in given)
        needed = {name: value for name, value in given.items() if name in symbols(pattern.tree)}
        made.append(graph.formula(pattern.tree, needed or {first: given[first]}, dtype))
        start = stop
    return made


def _slice(graph: Graph, value: str, start: int, stop: int) -> str:
    bounds = [graph.array(np.array([n]), f"at_{n}") for n in (start, stop, 1)]
    return graph.add("Slice", [value, *bounds])


def _text(column: Column, graph: Graph) -> dict[str, str]:
    """A column of strings: the place of a category, or 1 and −1 for true and false; and what is missing."""
    given = graph.declare(column.name, 1, onnx.STRING)
    if column.kind == "category":
        words = tuple(dict.fromkeys(("", *column.missing_words))) if column.may_miss else ()
        absent = {"missing": _looked_up(graph, given, dict.fromkeys(words, 1.0), 0.0)} if words else {}
        places = {text: float(k) for k, text in enumerate(column.categories) if text not in words}
        code = _looked_up(graph, given, places, -1.0) if places else _looked_up(graph, given, {"": -1.0}, -1.0)
        return {"code": code, **absent}
    spelled = {form(word): sign for sign, all_of in ((1.0, TRUE), (-1.0, FALSE)) for word in all_of
               for form in (str.lower, str.capitalize, str.upper)}  # fmt: skip
    x = _looked_up(graph, given, spelled, 0.0)
    return {"x": x, "missing": graph.cast(graph.add("Equal", [x, graph.number(0.0, EXACT)]), EXACT)}


def _looked_up(graph: Graph, value: str, table: dict[str, float], otherwise: float) -> str:
    """A number for each text, float64."""
    found = graph.add(
        "LabelEncoder", [value], domain=ML, keys_strings=list(table), values_floats=list(table.values()),
        default_float=otherwise,
    )  # fmt: skip
    return graph.cast(found, EXACT)
