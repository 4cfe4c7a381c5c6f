"""The operators of ONNX that move values without changing them, and those behind a network: classes, dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.importers.onnx_encoders import guarded, label_encoder
from clearprop.files.importers.onnx_layers import MOST_NUMBERS, Values
from clearprop.files.importers.onnx_operators import Settings
from clearprop.files.importers.onnx_values import Columns, Flow, Found, Tail
from clearprop.files.importers.recognise import agree

KEPT = ("Identity", "Dropout", "Cast", "CastLike")  # at prediction, their first input


def passed(found: Found, s: Settings, values: Values) -> Any:
    """What is passed on as it is, or in another type."""
    value = values[0]
    to = s.get("to", 1)
    if isinstance(value, np.ndarray) and s.place.endswith("(Cast)") and to in (6, 7, 1, 11):
        return value.astype({6: np.int32, 7: np.int64, 1: np.float32, 11: np.float64}[to])
    if isinstance(value, Flow) and s.place.endswith("(Cast)") and to not in (1, 10, 11, 16):
        return Tail(value, "a number made whole")
    return value


def reshape(found: Found, s: Settings, values: Values) -> Any:
    """Reshape: only axes of rows may change, or an input may become one row."""
    value, target = values[0], [int(n) for n in np.ravel(values[1] if len(values) > 1 else s.get("shape", []))]
    if isinstance(value, np.ndarray):
        return _of_array(s, lambda: value.reshape([value.shape[k] if n == 0 else n for k, n in enumerate(target)]))
    if isinstance(value, Tail):
        return value
    if any(n < -1 for n in target):
        raise InputError(f"{s.place} has the impossible shape {target}")
    return _columns_as(s, value, target) if isinstance(value, Columns) else _flow_as(found, s, value, target)


def _of_array(s: Settings, make: Callable[[], Any]) -> Any:
    try:
        made = make()
        return np.asarray(made) if isinstance(made, np.generic) else made
    except (ValueError, IndexError, TypeError) as error:
        raise InputError(f"{s.place} cannot be computed: {error}") from None


def _columns_as(s: Settings, value: Columns, target: list[int]) -> Columns:
    """Inputs in another shape: all of a row in one, or rows of the last axis."""
    size, last = value.trees.size, value.trees.shape[-1]
    kept = [0 if n == 0 else n for n in target[1:]]
    kept = [value.trees.shape[k] if n == 0 and k < value.trees.ndim else n for k, n in enumerate(kept)]
    known = int(np.prod([n for n in kept if n != -1]))
    if target and kept and not value.is_transposed:
        if -1 in kept and known and size % known == 0:
            return Columns(value.trees.reshape(kept))
        if -1 not in kept and known == size:
            return Columns(value.trees.reshape(kept))
        if known == last:
            return Columns(value.last(s.place).reshape(kept))
    raise InputError(f"{s.place} makes rows of the shape {target} of inputs of the shape {value.shape}")


def _flow_as(found: Found, s: Settings, value: Flow, target: list[int]) -> Flow:
    n, rank = value.width, len(target)
    last = target[-1] if target else 0
    if last == 0 and rank == value.rank:
        last = n
    if value.form == "squeezed" and last == 1:
        return replace(value, form="plain", rank=rank)
    keeps = last == n or (last == -1 and (rank == 2 and value.rank == 2 and target[0] in (0, -1)))
    if value.form == "plain" and keeps and rank > 1:
        return replace(value, rank=rank)
    if value.form in ("plain", "squeezed") and n == 1:
        return replace(value, form="squeezed", rank=max(rank, 1))
    found.note(f"{s.place} writes the outputs of all rows into one column; here each row keeps its {n}")
    return replace(value, form="flat", rank=1)


def flatten(found: Found, s: Settings, values: Values) -> Any:
    """Flatten: all axes from `axis` on become one."""
    axis = s.whole("axis", 1)
    value = values[0]
    if isinstance(value, np.ndarray):
        return _of_array(s, lambda: value.reshape(int(np.prod(value.shape[:axis])), -1))
    n_axes = len(value.shape)
    axis = axis + n_axes if axis < 0 else axis
    if isinstance(value, Columns) and axis == 1 and not value.is_transposed:
        return Columns(value.trees.reshape(-1))
    if isinstance(value, Columns) and axis == n_axes - 1 and not value.is_transposed:
        return Columns(value.last(s.place))
    if isinstance(value, Flow) and value.form == "plain" and axis == n_axes - 1:
        return replace(value, rank=2)
    raise InputError(f"{s.place} joins rows and units from axis {axis} on")


def transpose(found: Found, s: Settings, values: Values) -> Any:
    """Transpose of a constant, or of rows and units."""
    value = values[0]
    n_axes = len(value.shape)
    order = [int(n) for n in s.get("perm", range(n_axes)[::-1])]
    if isinstance(value, np.ndarray):
        return _of_array(s, lambda: value.transpose(order))
    if order == list(range(n_axes)):
        return value
    if n_axes == 2 and isinstance(value, Columns) and value.trees.ndim == 1:
        return Columns(value.trees, not value.is_transposed)
    if n_axes == 2 and isinstance(value, Flow) and value.form in ("plain", "transposed"):
        return replace(value, form="plain" if value.form == "transposed" else "transposed")
    raise InputError(f"{s.place} exchanges axes of rows and units")


def squeeze(found: Found, s: Settings, values: Values) -> Any:
    """Squeeze: axes of length 1 go."""
    value = values[0]
    axes = _axes(s, values, len(value.shape))
    if isinstance(value, np.ndarray):
        return _of_array(s, lambda: np.squeeze(value, tuple(axes) if axes is not None else None))
    if isinstance(value, Tail):
        return value
    n_axes = len(value.shape)
    axes = [n_axes - 1] if axes is None else axes
    if isinstance(value, Columns):
        return _of_array(s, lambda: Columns(np.squeeze(value.trees, tuple(a - 1 for a in axes))))
    if value.form == "plain" and n_axes - 1 not in axes:
        return replace(value, rank=n_axes - len(axes))
    if value.form == "plain" and value.width == 1:
        return replace(value, form="squeezed", rank=n_axes - len(axes))
    raise InputError(f"{s.place} takes away the axis of {value.width} units")


def unsqueeze(found: Found, s: Settings, values: Values) -> Any:
    """Unsqueeze: axes of length 1 come."""
    value = values[0]
    axes = _axes(s, values, len(value.shape) + 1) or []
    if isinstance(value, np.ndarray):
        return _of_array(s, lambda: np.expand_dims(value, tuple(axes)))
    if isinstance(value, Columns) and all(axis > 0 for axis in axes):
        return Columns(np.expand_dims(value.trees, tuple(axis - 1 for axis in axes)))
    if isinstance(value, Flow) and value.form == "plain" and all(axis < value.rank for axis in axes):
        return replace(value, rank=value.rank + len(axes))
    if isinstance(value, Flow) and value.form == "squeezed" and axes == [value.rank]:
        return replace(value, form="plain", rank=value.rank + 1)
    raise InputError(f"{s.place} adds an axis behind that of the units")


def _axes(s: Settings, values: Values, n_axes: int) -> list[int] | None:
    """The axes that a node names, from 0: an attribute up to opset 12, an input from 13 on."""
    given = values[1] if len(values) > 1 and values[1] is not None else s.get("axes")
    if given is None:
        return None
    return [int(axis) + n_axes if axis < 0 else int(axis) for axis in np.ravel(given)]


def concat(found: Found, s: Settings, values: Values) -> Any:
    """Concat of sizes, of inputs, or of 1 − p and p."""
    axis = s.whole("axis", 1)
    if all(isinstance(value, np.ndarray) for value in values):
        if sum(value.size for value in values) > MOST_NUMBERS:
            raise InputError(f"{s.place} joins more than {MOST_NUMBERS:,} constants")
        return _of_array(s, lambda: np.concatenate(values, axis))
    if all(isinstance(value, Columns) for value in values) and not any(v.is_transposed for v in values):
        n_axes = len(values[0].shape)
        axis = axis + n_axes if axis < 0 else axis
        if axis > 0:
            return _of_array(s, lambda: Columns(np.concatenate([value.trees for value in values], axis - 1)))
    if len(values) == 2 and all(isinstance(value, Flow) and value.width == 1 for value in values):
        other, p = values
        of_one_unit = {name: vector for name, vector in found.vectors.items() if len(vector) == 1}
        of_one_unit |= {f"z{k}": np.array([0.3 * k]) for k in range(1, 1 + len(p.others))}
        if (other.stage, other.others) == (p.stage, p.others) and agree(other.tree, 1 - p.tree, of_one_unit):
            found.note(f"{s.place} gives 1 − p and p of the one output p of the network; here the output is p")
            return Tail(p, "the pair 1 − p, p")
    raise InputError(f"{s.place} joins values of several branches: the network is not a chain of dense layers")


def gather(found: Found, s: Settings, values: Values) -> Any:
    """Gather, or ai.onnx.ml's ArrayFeatureExtractor: some of the columns, or the names of classes."""
    value, places = values[:2]
    if isinstance(value, np.ndarray) and isinstance(places, Columns) and value.size == 1:
        return guarded(found, s, value, places)
    if isinstance(value, np.ndarray) and isinstance(places, Tail):
        return replace(places, what="the name of a class", classes=tuple(value.ravel().tolist()))
    if not isinstance(places, np.ndarray):
        raise InputError(f"{s.place} picks at places that depend on the inputs")
    axis = s.whole("axis", 0) if s.place.endswith("(Gather)") else -1
    if places.size > MOST_NUMBERS:
        raise InputError(f"{s.place} picks more than {MOST_NUMBERS:,} values")
    if isinstance(value, np.ndarray):
        return _of_array(s, lambda: np.take(value, places.astype(int), axis))
    if isinstance(value, Columns) and axis != 0 and not value.is_transposed:
        on = axis - 1 if axis > 0 else axis
        flat = places.astype(int).ravel() if axis == -1 and places.ndim > 1 else places.astype(int)
        return _of_array(s, lambda: Columns(np.atleast_1d(np.take(value.trees, flat, on))))
    if isinstance(value, Tail):
        return value
    if isinstance(value, Flow) and value.width > 1 and axis in (1, -1) and value.form == "plain":
        return Tail(value, f"some of the {value.width} outputs")
    raise InputError(f"{s.place} picks some of the units of a layer")


def cut(found: Found, s: Settings, values: Values) -> Any:
    """Slice of sizes, of constants or of columns."""
    value = values[0]
    if isinstance(value, Tail | Flow):
        return Tail(value.of if isinstance(value, Tail) else value, "some of the outputs")
    given: list[Any] = [np.ravel(v).tolist() if v is not None else None for v in values[1:]] + [None] * 4
    starts, ends = given[:2] if len(values) > 2 else (s.get("starts", []), s.get("ends", []))
    axes = s.get("axes", list(range(len(starts)))) if given[2] is None else given[2]
    steps = [1] * len(starts) if given[3] is None else given[3]
    cuts = [slice(None)] * len(value.shape)
    for axis, *bounds in zip(axes, starts, ends, steps, strict=True):
        cuts[int(axis)] = slice(*(int(n) for n in bounds))
    if isinstance(value, np.ndarray):
        return _of_array(s, lambda: value[tuple(cuts)])
    if value.is_transposed or cuts[0] != slice(None):
        raise InputError(f"{s.place} picks some of the rows")
    return Columns(value.trees[tuple(cuts[1:])])


def shape_of(found: Found, s: Settings, values: Values) -> Any:
    """The sizes of a value, −1 for rows."""
    return np.array(values[0].shape, dtype=np.int64)


def behind(found: Found, s: Settings, values: Values) -> Any:
    """What is made of outputs behind a network."""
    value = next((item for item in values if isinstance(item, Flow | Tail)), None)
    if isinstance(values[0], Columns) and s.place.endswith("(LabelEncoder)"):
        return label_encoder(found, s, values)
    if value is None:
        raise InputError(f"{s.place} is not a dense layer, an activation or a step that clearprop reads")
    names = s.get("classlabels_strings") or s.get("classlabels_int64s") or ()
    classes = tuple(bytes(n).decode(errors="replace") if not isinstance(n, int) else n for n in names) or None
    if isinstance(value, Tail):
        return replace(value, classes=classes or value.classes)
    return Tail(value, f"what {s.place} gives", classes)


MOVES: Mapping[str, Callable[[Found, Settings, Values], Any]] = {
    **dict.fromkeys(KEPT, passed),
    "Reshape": reshape, "Flatten": flatten, "Transpose": transpose, "Squeeze": squeeze, "Unsqueeze": unsqueeze,
    "Concat": concat, "Gather": gather, "ArrayFeatureExtractor": gather, "Slice": cut, "Shape": shape_of,
    **dict.fromkeys(("ArgMax", "ZipMap", "Binarizer", "LabelEncoder", "Hardmax", "TopK", "Normalizer"), behind),
}  # fmt: skip
