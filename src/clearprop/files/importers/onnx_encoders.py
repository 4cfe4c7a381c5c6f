"""The operators of ONNX that make numbers of the columns of a table: gaps filled, texts encoded, values refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.importers.onnx_layers import Values
from clearprop.files.importers.onnx_operators import Settings
from clearprop.files.importers.onnx_tensors import text_of
from clearprop.files.importers.onnx_values import Columns, Found
from clearprop.formulas import Expression, Symbol, evaluate, where
from clearprop.formulas.expressions import Apply, Constant, apply, as_expression, nodes, symbols

MOST_RUNS = 50  # of neighbouring codes that a table of texts may make


def imputer(found: Found, s: Settings, values: Values) -> Any:
    """ai.onnx.ml's Imputer: a number in place of a missing one."""
    value = values[0]
    fills = np.ravel(s.get("imputed_value_floats", s.get("imputed_value_int64s", [])))
    replaced = float(s.get("replaced_value_float", s.get("replaced_value_int64", 0)))
    if not isinstance(value, Columns) or len(fills) not in (1, value.trees.size) or not len(fills):
        raise InputError(f"{s.place} does not fill in the columns of the input")
    made = np.empty(value.trees.shape, dtype=object)
    for k, tree in enumerate(value.trees.flat):
        column = _column_of(tree, f"{s.place} fills in what was computed, not what comes in")
        condition = Symbol(f"missing{column}") if np.isnan(replaced) else apply("equal", tree, replaced)
        made.flat[k] = where(condition, float(fills[k % len(fills)]), tree)
    return Columns(made)


def is_missing(found: Found, s: Settings, values: Values) -> Any:
    """IsNaN of columns of the input: where there is no value."""
    value = values[0]
    wrong = f"{s.place} asks for missing values of what was computed, not of what comes in"
    if not isinstance(value, Columns):
        raise InputError(wrong)
    made = np.empty(value.trees.shape, dtype=object)
    for k, tree in enumerate(value.trees.flat):
        made.flat[k] = Symbol(f"missing{_column_of(tree, wrong)}")
    return Columns(made)


def _column_of(tree: Expression, otherwise: str) -> int:
    """The number of the column that a tree is as it comes in; InputError for something computed."""
    if isinstance(tree, Symbol) and tree.name.startswith("x"):
        return int(tree.name[1:])
    raise InputError(otherwise)


def _texts(found: Found, s: Settings, name: str) -> list[str]:
    return [text_of(item, s.place) for item in s.get(name, [])]


def _code(found: Found, s: Settings, tree: Expression, texts: Sequence[str]) -> Expression:
    """The place of a text among those of its column; a missing one is the empty text where the graph knows that."""
    column = _column_of(tree, f"{s.place} encodes what was computed, not what comes in")
    raw = found.raw[column]
    if raw.categories is None:
        raise InputError(f"{s.place} encodes texts in the column {found.columns[column]!r}, which holds numbers")
    places = [raw.code(text) for text in texts]
    found.spend(len(places), s.place)
    code: Expression = Symbol(f"code{column}")
    return where(Symbol(f"missing{column}") > 0, raw.code(""), code) if "" in raw.categories else code


def one_hot(found: Found, s: Settings, values: Values) -> Any:
    """ai.onnx.ml's OneHotEncoder: a column for each category."""
    value = values[0]
    texts, numbers = _texts(found, s, "cats_strings"), s.get("cats_int64s", [])
    if not isinstance(value, Columns) or not (texts or numbers):
        raise InputError(f"{s.place} does not encode columns of the input")
    stops = not s.whole("zeros", 1)
    made = np.empty((*value.trees.shape, len(texts) or len(numbers)), dtype=object)
    for k, tree in enumerate(value.trees.flat):
        column = _column_of(tree, f"{s.place} encodes what was computed, not what comes in")
        raw = found.raw[column]
        symbol = _code(found, s, tree, texts) if texts else tree
        codes: Sequence[float] = [raw.code(text) for text in texts] if texts else list(map(float, numbers))
        if stops:
            raw.known_only, raw.takes_missing = raw.known_only or bool(texts), "" in texts
            raw.known_numbers = tuple(codes) if numbers else None
        made.reshape(value.trees.size, -1)[k] = [where(apply("equal", symbol, c), 1, 0) for c in codes]
    return Columns(made)


def label_encoder(found: Found, s: Settings, values: Values) -> Any:
    """ai.onnx.ml's LabelEncoder of columns of text: a number for each text, another one for all others."""
    value, texts = values[0], _texts(found, s, "keys_strings")
    given = s.get("values_floats", s.get("values_int64s", []))
    if not texts or len(given) != len(texts) or len(set(texts)) < len(texts):
        raise InputError(f"{s.place} does not make a number of each of some texts")
    otherwise = float(s.get("default_float", -0.0) if "values_floats" in s.given else s.get("default_int64", -1))
    made = np.empty(value.trees.shape, dtype=object)
    for k, tree in enumerate(value.trees.flat):
        code = _code(found, s, tree, texts)
        raw = found.raw[_column_of(tree, "")]
        table = {raw.code(text): float(number) for text, number in zip(texts, given, strict=True)}
        made.flat[k] = _looked_up(s, code, table, otherwise)
    return Columns(made)


def _looked_up(s: Settings, code: Expression, table: Mapping[int, float], otherwise: float) -> Expression:
    """What a table says of a code: neighbours of one number, or whose numbers rise with them, are one case."""
    runs: list[tuple[int, int, float, float]] = []  # first and last code, the first number, by what it rises
    for place in sorted(table):
        first, last, number, step = runs[-1] if runs else (0, -2, 0.0, 0.0)
        rise = table[place] - table.get(last, np.inf)
        if place == last + 1 and (rise == step or (first == last and rise in (0.0, 1.0))):
            runs[-1] = (first, place, number, rise)
        else:
            runs.append((place, place, table[place], 0.0))
    if len(runs) > MOST_RUNS:
        raise InputError(f"{s.place} makes numbers of texts in no order, which is not read")
    found = as_expression(otherwise)
    for first, last, number, step in runs:
        value = code + (number - first) if step else number
        if first == last:
            found = where(apply("equal", code, float(first)), number, found)
        else:
            found = where(where(code < first, 0, where(code <= last, 1, 0)) > 0, value, found)
    return found


def guarded(found: Found, s: Settings, value: Any, places: Columns) -> Any:
    """Gather of the one number of an array, which stops at any other place: columns refuse what leads there."""
    if places.is_transposed or any(_is_refused(tree, {}) for tree in places.trees.flat if not symbols(tree)):
        raise InputError(f"{s.place} picks at places that are not there")
    for tree in places.trees.flat:
        if symbols(tree):
            _take_refusals(found, s, tree)
    made = np.empty(places.trees.shape, dtype=object)
    made[...] = as_expression(float(value.ravel()[0]))
    return Columns(made)


def _take_refusals(found: Found, s: Settings, tree: Expression) -> None:
    """Note what a column may not hold, tried with the values that it knows and with another."""
    names = symbols(tree)
    (column, *more) = {int(name.lstrip("abcdefghijklmnopqrstuvwxyz")) for name in names}
    wrong = InputError(f"{s.place} picks at places that depend on the inputs")
    if more:
        raise wrong
    raw, x, code, missing = found.raw[column], f"x{column}", f"code{column}", f"missing{column}"
    if raw.categories is not None:
        known: Sequence[float] = range(len(raw.categories))
        cases = [{x: 0.0, code: float(k), missing: 0.0} for k in (*known, -1)]
        raw.known_only = _is_refused(tree, cases[-1])
        absent = {x: 0.0, code: -1.0, missing: 1.0}
    else:
        compared = [item for item in nodes(tree) if isinstance(item, Apply) and item.function == "equal"]
        known = tuple(a.value for item in compared for a in item.arguments if isinstance(a, Constant))
        if not known:
            raise wrong
        cases = [{x: float(k), code: 0.0, missing: 0.0} for k in (*known, 2 * max(map(abs, known)) + 0.5)]
        raw.known_numbers = known if _is_refused(tree, cases[-1]) else None
        absent = {x: np.nan, code: 0.0, missing: 1.0}
    if any(_is_refused(tree, case) for case in cases[:-1]):
        raise wrong
    raw.takes_missing = raw.takes_missing and not _is_refused(tree, absent)


def _is_refused(tree: Expression, values: Mapping[str, float]) -> bool:
    return float(evaluate(tree, values)) not in (0.0, -1.0)


def features(found: Found, s: Settings, values: Values) -> Any:
    """ai.onnx.ml's FeatureVectorizer: columns beside each other."""
    if all(isinstance(value, Columns) and value.trees.ndim == 1 for value in values):
        return Columns(np.concatenate([value.trees for value in values]))
    raise InputError(f"{s.place} does not join columns of the input")


ENCODERS: Mapping[str, Callable[[Found, Settings, Values], Any]] = {
    "Imputer": imputer, "IsNaN": is_missing, "OneHotEncoder": one_hot, "FeatureVectorizer": features,
}  # fmt: skip
