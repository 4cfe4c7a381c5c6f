"""The operators of ONNX that a dense chain is made of beside formulas: products, normalisation, scaling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import FormulaError, InputError
from clearprop.files.importers.onnx_ensembles import together
from clearprop.files.importers.onnx_operators import ELEMENTWISE, ROWS, Operator, Settings, shortest
from clearprop.files.importers.onnx_values import (
    MOST_COLUMNS,
    OF_A_COLUMN,
    Columns,
    Flow,
    Found,
    Stage,
    Tail,
    Z,
    numbers_as_objects,
    size_of,
)
from clearprop.formulas.expressions import Expression, as_expression

Values = list[Any]  # what a node gets: arrays, Columns, Flows, Tails, None
MOST_NUMBERS = 1_000_000  # that constants may become by being repeated


def elementwise(found: Found, s: Settings, function: Operator, values: Values) -> Any:
    """What an operator that works number by number makes of its inputs."""
    flows = [value for value in values if isinstance(value, Flow)]
    columns = [value for value in values if isinstance(value, Columns)]
    if flows and columns:
        raise InputError(f"{s.place} joins the inputs of the network with what a later layer makes of them")
    try:
        if columns:
            return _of_columns(found, s, function, values, columns)
        if flows:
            return _of_flows(found, s, function, values, flows)
    except FormulaError as error:
        raise InputError(f"{s.place} cannot be read as a formula: {error}") from None
    return of_constants(found, s, function, values)


def of_constants(found: Found, s: Settings, function: Operator, values: Values) -> Any:
    """What an operator computes of the file's own numbers."""
    arrays = [value for value in values if value is not None]
    try:
        size = int(np.prod(np.broadcast_shapes(*(array.shape for array in arrays)), dtype=float))
    except ValueError:
        raise InputError(f"{s.place} gets arrays of shapes that do not fit each other") from None
    if size > max(MOST_NUMBERS, *(array.size for array in arrays)):
        raise InputError(f"{s.place} would make {size:,} numbers of a few")
    found.spend(size, s.place)
    if any(array.dtype == object for array in arrays):
        raise InputError(f"{s.place} computes with texts")
    with np.errstate(all="ignore"):
        result = np.asarray(function(s, *values))
    kinds = [array.dtype for array in arrays]
    dtype = next((kind for kind in kinds if kind.kind == "f"), None)
    if dtype is None and result.dtype.kind == "f":
        dtype = np.dtype(np.int64)  # whole numbers among themselves: sizes
    return result if dtype is None or result.dtype == bool else result.astype(dtype)


def _of_columns(found: Found, s: Settings, function: Operator, values: Values, columns: list[Columns]) -> Columns:
    n_axes, transposed = max(item.trees.ndim for item in columns), columns[0].is_transposed
    if any(item.is_transposed != transposed for item in columns):
        raise InputError(f"{s.place} joins inputs with rows on different axes")
    arguments = []
    for value in values:
        if isinstance(value, Columns) or value is None:
            arguments.append(value if value is None else value.trees)
            continue
        array = np.asarray(value)
        while array.ndim > n_axes:
            rows = array.shape[-1 if transposed else 0]
            if rows != 1:
                raise InputError(f"{s.place} has other numbers for every row")
            array = array[..., 0] if transposed else array[0]
        arguments.append(numbers_as_objects(array))
    shape = np.broadcast_shapes(*(np.shape(item) for item in arguments if item is not None))
    if np.prod(shape, dtype=float) > MOST_COLUMNS:
        raise InputError(f"{s.place} makes more than {MOST_COLUMNS:,} inputs")
    found.spend(OF_A_COLUMN * int(np.prod(shape)), s.place)
    given = [item for item in arguments if item is not None]

    def make(*items: Any) -> Expression:
        there = iter(items)
        return as_expression(function(s, *(None if item is None else next(there) for item in arguments)))

    trees = np.frompyfunc(make, len(given), 1)(*given)
    columns_made = np.empty(shape, dtype=object)
    columns_made[...] = trees
    for tree in columns_made.flat:
        size_of(tree, (), s.place)
    return Columns(columns_made, transposed)


def _of_flows(found: Found, s: Settings, function: Operator, values: Values, flows: list[Flow]) -> Flow:
    if any((flow.stage, flow.others) != (flows[0].stage, flows[0].others) for flow in flows):
        beside = iter(together(flows, s))
        values = [next(beside) if isinstance(value, Flow) else value for value in values]
        flows = [value for value in values if isinstance(value, Flow)]
    first = max(flows, key=lambda flow: flow.width)
    if any(flow.form != first.form or flow.form == "flat" for flow in flows):
        raise InputError(f"{s.place} computes with values whose rows and units lie on different axes")
    arguments: Values = []
    for value in values:
        if isinstance(value, Flow):
            arguments.append(value.tree)
        else:
            arguments.append(None if value is None else constant(found, s, first, value))
    tree = as_expression(function(s, *arguments))
    return first.with_tree(tree, flows, s.place)


def constant(found: Found, s: Settings, flow: Flow, value: Any) -> Any:
    """A constant beside a flow: a number, or a symbol for one number for each unit."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{s.place} computes with texts")
    n = flow.width
    if array.size == 1 and (n > 1 or array.ndim == 0):
        return shortest(array.flat[0])
    on_units = array.shape[0] if flow.form == "transposed" and array.ndim == 2 else array.shape[-1]
    if array.size != n or on_units != n or flow.form == "squeezed":
        raise InputError(
            f"{s.place} has numbers of shape {array.shape}, which are not one for each of the {n} units of the layer "
            f"{flow.stage.name!r}"
        )
    return found.vector(array.ravel())


def along_rows(found: Found, s: Settings, name: str, values: Values, opset: int) -> Any:
    """Softmax, and sums and maxima over a row."""
    value = values[0]
    if isinstance(value, Columns):
        raise InputError(f"{s.place} mixes the columns of a row before the first layer, which no dense layer does")
    is_softmax = name.endswith("oftmax")
    axes = s.get("axes") if len(values) < 2 or values[1] is None else [int(n) for n in np.ravel(values[1])]
    if is_softmax:
        axes = [s.whole("axis", -1 if opset >= 13 else 1)]
    if not isinstance(value, Flow):
        raise InputError(f"{s.place} does not get what a layer makes")
    axis = value.rank - 1 if value.form == "plain" else 0
    if value.form not in ("plain", "transposed") or [a % value.rank for a in axes or ()] != [axis]:
        raise InputError(f"{s.place} works along another axis than that of the units")
    result = value.with_tree(as_expression(ROWS[name](value.tree, value.width)), [value], s.place)
    if is_softmax:
        return result
    form, rank = (value.form, value.rank) if s.whole("keepdims", 1) else ("squeezed", value.rank - 1)
    return replace(result, form=form, rank=rank, width=1)


def product(
    found: Found, s: Settings, x: Any, weights: Any, biases: Any = None, *, transposed: bool = False, rank: int = 2
) -> Flow:
    """The stage that begins with a product."""
    weights = np.asarray(weights)
    before = x
    if isinstance(x, Columns):
        before = Columns(x.last(s.place), x.is_transposed)
        n_in = len(before.trees)
        if n_in < x.trees.size:
            found.note(f"each sample of the input is {x.trees.size // n_in} rows of {n_in}; here they are rows")
            found.columns, found.raw = found.columns[:n_in], found.raw[:n_in]
    else:
        n_in = x.width
        if x.others:
            raise InputError(f"{s.place} goes on with what several branches make: it is not a chain of dense layers")
    if weights.dtype.kind not in "fiu" or weights.ndim != 2 or 0 in weights.shape:
        raise InputError(f"{s.place} multiplies by numbers of shape {weights.shape}, not by a matrix")
    if weights.shape[0] != n_in:
        raise InputError(f"{s.place} takes {weights.shape[0]} inputs, but gets {n_in}: the layers do not chain")
    return Flow(Stage(before, weights, biases, s.layer), Z, "transposed" if transposed else "plain", rank)


def matmul(found: Found, s: Settings, values: Values) -> Any:
    """A product with a constant matrix on either side."""
    a, b = values
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.ndim > 2 or b.ndim > 2 or a.shape[-1] != b.shape[0]:
            raise InputError(f"{s.place} multiplies constants of shapes {a.shape} and {b.shape}")
        found.spend(a.size * b.shape[-1] // 10, s.place)
        return a @ b
    if isinstance(b, np.ndarray):
        is_vector = b.ndim == 1
        matrix = b[:, None] if is_vector else b.reshape(b.shape[-2:]) if b.size == np.prod(b.shape[-2:]) else b
        _check_side(s, a, "plain")
        flow = product(found, s, a, matrix, rank=len(a.shape))
        return Flow(flow.stage, Z, "squeezed", flow.rank - 1) if is_vector else flow
    if isinstance(a, np.ndarray):
        _check_side(s, b, "transposed")
        return product(found, s, b, a.T, transposed=True)
    raise InputError(f"{s.place} multiplies two values that both depend on the inputs: it is not a dense layer")


def _check_side(s: Settings, x: Any, form: str) -> None:
    """Raise InputError where a product goes along the rows."""
    if isinstance(x, Tail):
        raise InputError(f"{s.place} goes on with {x.what}: there the network has ended")
    found = ("transposed" if x.is_transposed else "plain") if isinstance(x, Columns) else x.form
    if found != form:
        raise InputError(f"{s.place} multiplies along the rows, which no dense layer does")


def gemm(found: Found, s: Settings, values: Values) -> Any:
    """alpha·A'B' + beta·C, where A' and B' may be transposed and either may be the constant."""
    a, b, c = (*values, None)[:3]
    alpha, beta = s.number("alpha", 1.0), s.number("beta", 1.0)
    turn_a, turn_b = bool(s.whole("transA", 0)), bool(s.whole("transB", 0))
    if isinstance(b, np.ndarray) and not isinstance(a, np.ndarray):
        x, weights, turned = a, b.T if turn_b else b, turn_a
        form, transposed = ("transposed" if turned else "plain"), False
    elif isinstance(a, np.ndarray) and not isinstance(b, np.ndarray):
        x, weights, turned = b, a if turn_a else a.T, turn_b
        form, transposed = ("plain" if turned else "transposed"), True
    else:
        raise InputError(f"{s.place} multiplies two values that both depend on the inputs: it is not a dense layer")
    if isinstance(x, Columns) and form == "transposed" and not x.is_transposed:
        x = turned_input(s, x)
    _check_side(s, x, form)
    if alpha != 1:
        weights = weights * weights.dtype.type(alpha)
    flow = product(found, s, x, weights, transposed=transposed)
    if c is None or beta == 0:
        return flow
    if not isinstance(c, np.ndarray):
        raise InputError(f"{s.place} adds what depends on the inputs (its C): it is not a dense layer")
    biases = _biases(s, flow, c)
    return product(
        found, s, x, weights, biases if beta == 1 else biases * biases.dtype.type(beta), transposed=transposed
    )


def _biases(s: Settings, flow: Flow, c: Any) -> Any:
    """C of a Gemm as one number for each unit."""
    n = flow.width
    c = c.T if flow.form == "transposed" and c.ndim == 2 else c
    c = c.reshape(1, -1) if c.ndim < 2 else c
    if c.ndim != 2 or c.shape[1] not in (1, n) or not (c == c[:1]).all():
        raise InputError(f"{s.place} adds numbers of shape {c.shape} (its C), which are not one for each of {n} units")
    return np.broadcast_to(c[0], (n,))


def turned_input(s: Settings, x: Columns) -> Columns:
    """An input whose rows lie along the other axis: as its axes have fixed sizes, nothing was said of which it is."""
    raise InputError(
        f"{s.place} takes the rows of its input along the last axis, where the file declares {x.trees.shape[-1]} "
        "columns; name that axis in the file (it is the batch)"
    )


def batch_normalization(found: Found, s: Settings, values: Values) -> Any:
    """(x − mean) / √(variance + ε) · scale + shift, with the numbers that training left."""
    x, *others = values[:5]
    if s.whole("training_mode", 0):
        raise InputError(f"{s.place} is in training mode: export the network for inference (model.eval())")
    if isinstance(x, Flow) and x.rank != 2:
        raise InputError(f"{s.place} normalises another axis than that of the units")
    scale, shift, mean, variance = (np.asarray(item, dtype=np.float64) for item in others)
    factor = scale / np.sqrt(variance + s.number("epsilon", 1e-5))
    found.note(f"{s.place} was folded into a neighbouring layer")
    return _affine(found, s, x, factor, shift, mean)


def scaler(found: Found, s: Settings, values: Values) -> Any:
    """ai.onnx.ml's Scaler: (x − offset)·scale."""
    offset, scale = (np.array(s.get(name, [none]), dtype=np.float64) for name, none in (("offset", 0), ("scale", 1)))
    return _affine(found, s, values[0], scale, np.zeros(1), offset)


def _affine(found: Found, s: Settings, x: Any, factor: Any, shift: Any, mean: Any) -> Any:
    def make(_: Settings, x: Any, factor: Any, shift: Any, mean: Any) -> Any:
        scaled = (x if mean is None else x - mean) * factor
        return scaled if shift is None else scaled + shift

    arrays = [None if not array.any() else array for array in (shift, mean)]
    return elementwise(found, s, make, [x, factor, *arrays])


LAYERS: Mapping[str, Callable[[Found, Settings, Values], Any]] = {
    "MatMul": matmul, "Gemm": gemm, "BatchNormalization": batch_normalization, "Scaler": scaler,
}  # fmt: skip
assert not set(LAYERS) & (set(ELEMENTWISE) | set(ROWS))
