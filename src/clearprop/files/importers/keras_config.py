"""The config of a Keras model as a chain of layers: Sequential, Functional, and models within models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from clearprop.errors import FileError, InputError, quoted
from clearprop.files.importers.chain import refused

MODELS = ("Sequential", "Functional", "Model")
MOST_LAYERS = 10_000
DEEPEST = 20  # models within models


class Placed(NamedTuple):
    """A layer: its class, its config, and the names of the models around it and of itself."""

    kind: str
    config: Mapping[str, Any]
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return "/".join(self.path)


def layers_of(model: Any) -> list[Placed]:
    """The layers in the order of use.

    Raises
    ------
    FileError
        When the config is not that of a model.
    InputError
        When the layers are no chain, or the model is of a class of its maker's own.
    """
    found = []
    for placed in _layers(model, (), 0):
        found.append(placed)
        if len(found) > MOST_LAYERS:
            raise FileError(f"the config has more than {MOST_LAYERS:,} layers")
    return found


def _layers(model: Any, path: tuple[str, ...], depth: int) -> Iterator[Placed]:
    match model:
        case {"class_name": str(kind), "config": {"layers": list(layers)} as config} if kind in MODELS:
            pass
        case {"class_name": str(kind)} if kind not in MODELS:
            raise InputError(
                f"{quoted(kind)} is a class of its maker's own, whose forward no file holds; from_keras takes "
                "Sequential and Functional models"
            )
        case _:
            raise FileError("the config is not that of a Keras model")
    if depth > DEEPEST:
        raise FileError(f"the config has more than {DEEPEST} models within each other")
    for layer in layers if kind == "Sequential" else _in_order(config, layers):
        name, kind = _name_and_class(layer)
        if kind in MODELS:
            yield from _layers(layer, (*path, name), depth + 1)
        else:
            settings = layer.get("config")
            yield Placed(kind, settings if isinstance(settings, dict) else {}, (*path, name))


def _name_and_class(layer: Any) -> tuple[str, str]:
    match layer:
        case {"class_name": str(kind), "config": {"name": str(name)}} | {"class_name": str(kind), "name": str(name)}:
            return name, kind
        case _:
            raise FileError("the config has a layer without a class or a name")


def _in_order(config: Mapping[str, Any], layers: list[Any]) -> list[Any]:
    """The layers of a Functional model from its input to its output."""
    by_name = {_name_and_class(layer)[0]: layer for layer in layers}
    ends = [_places(config.get(key)) for key in ("input_layers", "output_layers")]
    if any(len(places) != 1 for places in ends):
        n_in, n_out = map(len, ends)
        raise InputError(f"the model has {n_in} inputs and {n_out} outputs; from_keras takes models with one of each")
    ((start, _),), ((name, node),) = ends
    backwards: list[Any] = []
    while True:
        layer = by_name.get(name)
        if layer is None or len(backwards) > MOST_LAYERS:
            raise FileError(f"the config has no way from its output to its input: there is no layer {quoted(name)}")
        backwards.append(layer)
        if name == start:
            return backwards[::-1]
        nodes = layer.get("inbound_nodes")
        if not isinstance(nodes, list) or not 0 <= node < len(nodes):
            raise FileError(f"the config does not say what the layer {quoted(name)} gets")
        before = list(dict.fromkeys(_tensors(nodes[node])))
        if len(before) != 1:
            kind = _name_and_class(layer)[1]
            names = " and ".join(quoted(place[0]) for place in before) or "nothing"
            raise refused(len(by_name) - len(backwards), kind, name, f"it gets {names}; the model is no chain")
        name, node = before[0]


def _places(given: Any) -> list[tuple[str, int]]:
    """Names of layers and numbers of their nodes: one such place, or a list of them."""
    match given:
        case [str(name), int(node), int()]:
            return [(name, node)]
        case list() if len(given) <= MOST_LAYERS:
            return [place for item in given for place in _one_place(item)]
        case _:
            return []


def _one_place(item: Any) -> list[tuple[str, int]]:
    match item:
        case [str(name), int(node), int(), *_]:
            return [(name, node)]
        case _:
            return []


def _tensors(node: Any) -> list[tuple[str, int]]:
    """What one call of a layer gets, in Keras 3's form and in Keras 2's."""
    if isinstance(node, list):
        return _places(node)
    found: list[tuple[str, int]] = []
    left = [node]
    for _ in range(MOST_LAYERS):
        if not left:
            return found
        item = left.pop()
        match item:
            case {"class_name": "__keras_tensor__", "config": {"keras_history": history}}:
                found += _one_place(history)
            case dict():
                left += item.values()
            case list():
                left += item
    raise FileError("the config has a layer with too many inputs")
