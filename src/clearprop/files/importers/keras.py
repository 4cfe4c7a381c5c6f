"""Models of Keras 3, read as data: a file without Keras, a model in memory through its config and its arrays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import FileError, InputError, ShapeError, quoted
from clearprop.files.importers.chain import Chain, refused
from clearprop.files.importers.keras_config import Placed, layers_of
from clearprop.files.importers.keras_file import KerasFile, opened
from clearprop.files.importers.keras_layers import add_layer
from clearprop.files.importers.keras_training import loss_of, memory_of, rule_of
from clearprop.files.importers.source import SourceNetwork
from clearprop.files.importers.torch_gradient import cost_of
from clearprop.formulas import Loss

OF_TRAINING = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint")


def read(model: Any) -> SourceNetwork:
    """The network of a Sequential or Functional model.

    Parameters
    ----------
    model : keras.Model, or path of a .keras or .h5 file
        A file is read without Keras.

    Raises
    ------
    FileError
        When the file is damaged, of another kind, or larger than it may be.
    InputError
        When the model is no chain of dense layers; the layer is named.
    """
    if isinstance(model, str | os.PathLike):
        path = Path(model)
        return _network(opened(path), f", {path.name}", f" of {path}")
    if type(model).__module__.partition(".")[0] != "keras" and not hasattr(model, "to_json"):
        raise InputError(f"from_keras takes a keras.Model or the path of a .keras file, not {quoted(model)}")
    if not getattr(model, "built", True) or not hasattr(model, "get_weights"):
        raise InputError("the model is not built yet: give it an Input, or call it once")
    return _network(_of_object(model), "", "", model)


def _of_object(model: Any) -> KerasFile:
    """A model in memory as its file would be."""
    import keras

    try:
        config = json.loads(model.to_json())
    except NotImplementedError:
        raise InputError(
            f"{type(model).__name__} is a class of its maker's own, whose forward no config holds; from_keras takes "
            "Sequential and Functional models"
        ) from None
    if config.get("class_name") == "Sequential":  # whose config lists a layer once that is used twice
        described = {layer["config"]["name"]: layer for layer in config["config"]["layers"]}
        config["config"]["layers"] = [described[layer.name] for layer in model.layers]
    arrays: dict[tuple[str, ...], list[Any]] = {}
    _collect(model, (), arrays)
    compiled = model.get_compile_config() if getattr(model, "compiled", False) else None
    kept = []
    if compiled is not None and getattr(model.optimizer, "built", False):
        kept = [np.asarray(keras.ops.convert_to_numpy(v)) for v in model.optimizer.variables]
    return KerasFile(config, compiled, arrays, kept, keras.__version__)


def _gradient(model: Any, chain: Chain, loss: Loss | None) -> Callable[[Any, Any], Any] | None:
    """The source's own gradient, where Keras runs on PyTorch and the layers are as they were; otherwise None."""
    import keras

    names = [layer.name for layer in chain.layers]
    is_plain = len(set(names)) == len(names) and not any(layer.is_folded for layer in chain.layers)
    if keras.backend.backend() != "torch" or loss is None or not is_plain:
        return None
    import torch

    last = chain.layers[-1].activation
    cost = cost_of(loss, "identity" if last is None else last.name)
    layers = [_layer(model, name) for name in names]

    def gradient(X: Any, Y: Any) -> list[tuple[Any, Any]]:
        output = model(np.ascontiguousarray(X), training=False).reshape(len(X), -1)
        total = cost(output, torch.as_tensor(Y).to(output))  # type: ignore[misc]
        variables = [v.value for layer in layers for v in (layer.kernel, layer.bias) if v is not None]
        found = iter(each.detach().cpu().numpy() for each in torch.autograd.grad(total, variables))
        return [(next(found), None if layer.bias is None else next(found)) for layer in layers]

    return None if cost is None else gradient


def _layer(model: Any, name: str) -> Any:
    for part in name.split("/"):
        model = model.get_layer(part)
    return model


def _collect(model: Any, path: tuple[str, ...], arrays: dict[tuple[str, ...], list[Any]]) -> None:
    for layer in model.layers:
        if hasattr(layer, "layers"):
            _collect(layer, (*path, layer.name), arrays)
        elif layer.weights:
            arrays[*path, layer.name] = layer.get_weights()


def _reference(model: Any) -> Callable[[Any], Any]:
    def reference(X: Any) -> Any:
        import keras

        found = keras.ops.convert_to_numpy(model(np.ascontiguousarray(X), training=False))
        return found.reshape(len(X), -1)

    return reference


def _network(file: KerasFile, where: str, place: str, model: Any = None) -> SourceNetwork:
    chain, trained, notes = _chain(file, place)
    is_half = any("half precision" in note for note in notes)
    kinds = [a.dtype for arrays in file.arrays.values() for a in arrays if a.dtype.kind == "f"] or [np.float32]
    found = chain.finish(np.result_type(*kinds))
    loss, told = loss_of(file.compiled, found[-1].weights.shape[1])
    rule, more = rule_of(file.compiled)
    memory, last = memory_of(rule, file.optimizer, trained, chain)
    kind = file.model["class_name"]
    return SourceNetwork(
        source=f"Keras {file.version}, {kind}{where}",
        layers=found,
        loss=loss,
        update_rule=rule,
        memory=memory,
        inputs=chain.preprocessing(),
        notes=(*chain.notes, *notes, *told, *more, *last),
        reference=None if model is None or is_half else _reference(model),
        gradient=None if model is None else _gradient(model, chain, loss),
    )


def _chain(file: KerasFile, place: str) -> tuple[Chain, list[Any], list[str]]:
    """The layers, the arrays that are trained, and notes beside the chain's."""
    layers = layers_of(file.model)
    chain = Chain(_n_inputs(layers, file))
    trained: list[Any] = []
    is_half = False
    seen: dict[tuple[str, ...], int] = {}
    for number, placed in enumerate([each for each in layers if each.kind != "InputLayer"], start=1):
        arrays = file.arrays.get(placed.path, [])
        _add(chain, placed, arrays, number)
        seen[placed.path] = seen.get(placed.path, 0) + 1
        is_half |= "float16" in str(placed.config.get("dtype"))
        if placed.config.get("trainable", True) and placed.kind != "Normalization" and seen[placed.path] == 1:
            n_moving = 2 if placed.kind == "BatchNormalization" else 0
            trained += [(placed.name, tuple(a.shape)) for a in arrays[: len(arrays) - n_moving]]
    unused = sorted("/".join(path) for path, arrays in file.arrays.items() if path not in seen and arrays)
    if unused:
        raise FileError(
            f"the file{place} has weights of {', '.join(map(quoted, unused))}, which its config does not use: a layer "
            "that is used twice in a Sequential is saved so, and cannot be read back; make the model Functional"
        )
    notes = [
        f"the layer {'/'.join(path)!r} is used {n} times; here each has its own weights, and training moves them apart"
        for path, n in seen.items() if n > 1 and file.arrays.get(path)
    ]  # fmt: skip
    if is_half:
        notes.append(
            "its layers compute in half precision (mixed_float16); here they compute in float32 and are not compared"
        )
    return chain, trained, notes


def _n_inputs(layers: list[Placed], file: KerasFile) -> int:
    """How many columns come in: from the first layer with weights, or from what the input says."""
    for placed in layers:
        arrays = file.arrays.get(placed.path, [])
        if arrays and arrays[0].ndim:
            return int(arrays[0].shape[0])
        shape = placed.config.get("batch_shape")
        if isinstance(shape, list) and len(shape) == 2 and isinstance(shape[1], int):
            return shape[1]
    raise InputError("the model has no dense layer: there is no network to import")


def _add(chain: Chain, placed: Placed, arrays: list[Any], number: int) -> None:
    """Add one layer; InputError with its number and name for one that no dense chain has."""
    try:
        known = add_layer(chain, placed.kind, placed.config, arrays, placed.name)
    except ShapeError:
        raise
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"layer {number}, {placed.kind} {quoted(placed.name)}: {error}") from None
    if not known:
        raise refused(number, placed.kind, placed.name)
    left = [name for name in OF_TRAINING if placed.config.get(name)]
    if left:
        chain.notes.append(f"{' and '.join(left)} of {placed.kind} {placed.name!r} was not taken along")
