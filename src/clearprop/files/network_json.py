"""The spec of a network as JSON, and back: sizes are compared with the parameters that there are before it is built."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from math import prod
from typing import Any

from clearprop.errors import ModelFileError, quoted, shortened
from clearprop.files.json_text import LONGEST_REASON, MALFORMED
from clearprop.formulas import ACTIVATIONS, LOSSES, Activation, Identity, Loss
from clearprop.formulas.saving import formula_from_json, formula_to_json
from clearprop.network import Dense, Network, NumberEmbedding
from clearprop.network.layers import Layer

MOST_LAYERS = 1000
MOST_COLUMNS = 1_000_000  # that an embedding lists
MOST_OWN_FORMULAS, MOST_OWN_NODES = 100, 10_000  # different formulas of a user's own, and the nodes of all their trees
# The kinds of layers by their names in files.
LAYERS: dict[str, type[Layer]] = {"dense": Dense, "number_embedding": NumberEmbedding}


def network_to_json(network: Network) -> dict[str, Any]:
    """The spec of a network as JSON holds it.

    Raises
    ------
    ModelFileError
        For more formulas of a user's own than could be read back.
    """
    spec: dict[str, Any] = {
        "inputs": network.widths[0],
        "layers": [
            {
                "outputs": layer.outputs,
                "activation": formula_to_json(layer.activation, ACTIVATIONS),
                **{name: _to_json(getattr(layer, name)) for name in _own_fields(type(layer))},
                **_kind_to_json(layer),
            }
            for layer in network.layers
        ],
        "loss": formula_to_json(network.loss, LOSSES),
    }
    _check_own_formulas(spec["layers"])
    return spec


def _check_own_formulas(layers: list[Any]) -> None:
    """Raise ModelFileError for more formulas of a user's own than any network has: each costs time to make."""
    found = [layer["activation"] for layer in layers]
    own = {_key(spec): spec["trees"] for spec in found if isinstance(spec, dict) and "trees" in spec}
    n_nodes = sum(len(tree) for trees in own.values() for tree in trees.values())
    if len(own) > MOST_OWN_FORMULAS or n_nodes > MOST_OWN_NODES:
        raise ModelFileError(
            f"a network may have {MOST_OWN_FORMULAS} formulas of one's own with {MOST_OWN_NODES:,} nodes in all, not "
            f"{len(own):,} with {n_nodes:,}"
        )


def _key(spec: Any) -> str:
    """The same for equal specs."""
    return json.dumps(spec, sort_keys=True)


def network_from_json(spec: object, n_parameters: int) -> Network:
    """The network that `network_to_json` wrote.

    Parameters
    ----------
    spec : object
        What was read; anything at all.
    n_parameters : int
        How many parameters there are for it.

    Raises
    ------
    ModelFileError
        For anything else, and for a network of another number of parameters.
    """
    match spec:
        case {"inputs": int() as inputs, "layers": list() as layers, "loss": loss}:
            pass
        case _:
            raise ModelFileError("the description of the network is damaged")
    if not 0 < len(layers) <= MOST_LAYERS:
        raise ModelFileError(f"a network has 1 to {MOST_LAYERS} layers, not {len(layers)}")
    widths = [_width(inputs), *map(_outputs, layers)]
    formulas: dict[str, Activation] = {}  # many layers of a few formulas: each is made once
    try:
        plain = [_plain_layer(layer, *sizes) for layer, sizes in zip(layers, pairwise(widths), strict=True)]
        needed = sum(prod(block.shape) for layer in plain for block in layer.blocks)
        if needed != n_parameters:
            raise ModelFileError(f"there are {n_parameters:,} numbers, but its network has {needed:,} parameters")
        _check_own_formulas(layers)
        shapes = [_activation(layer["activation"], formulas) for layer in layers]
        built = [replace(layer, activation=shape) for layer, shape in zip(plain, shapes, strict=True)]
        return Network(tuple(built), formula_from_json(loss, Loss, LOSSES))
    except ModelFileError:
        raise
    except MALFORMED as error:
        raise ModelFileError(
            f"the description of the network is damaged ({shortened(str(error), LONGEST_REASON)})"
        ) from None


def _own_fields(kind: type[Layer]) -> dict[str, str]:
    """What a kind of layer has beside its sizes and its activation, and the type of each."""
    own = (field for field in fields(kind) if field.name not in ("inputs", "outputs", "activation"))
    return {field.name: str(field.type) for field in own}


def _kind_to_json(layer: Layer) -> dict[str, str]:
    """The name of a kind of layer; files without one hold dense layers."""
    name = next((name for name, kind in LAYERS.items() if kind is type(layer)), None)
    if name is None:
        raise ModelFileError(f"a layer of the kind {type(layer).__name__} cannot be saved")
    return {} if name == "dense" else {"kind": name}


def _plain_layer(spec: Any, inputs: int, outputs: int) -> Layer:
    """A layer with its sizes and numbers, its activation still to come."""
    name = spec.get("kind", "dense")
    if not isinstance(name, str) or name not in LAYERS:
        known = ", ".join(LAYERS)
        raise ModelFileError(f"this version of clearprop knows no layer of the kind {quoted(name)}; it knows {known}")
    kind = LAYERS[name]
    own = {name: FROM_JSON[of](spec[name]) for name, of in _own_fields(kind).items()}
    return kind(inputs, outputs, Identity(), **own)


def _to_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _whole(found: Any) -> int:
    if type(found) is not int:
        raise ModelFileError(f"the description of the network is damaged: {quoted(found)} is not a whole number")
    return found


def _wholes(found: Any) -> tuple[int, ...]:
    if not isinstance(found, list) or len(found) > MOST_COLUMNS:
        raise ModelFileError("the description of the network is damaged: its columns are not a list of whole numbers")
    return tuple(map(_whole, found))


# What a field of a layer is made of, by its annotated type.
FROM_JSON: dict[str, Callable[[Any], Any]] = {"float": float, "int": _whole, "tuple[int, ...]": _wholes}


def _outputs(layer: Any) -> int:
    return _width(layer.get("outputs") if isinstance(layer, dict) else None)


def _width(found: Any) -> int:
    if type(found) is not int or found < 1:
        raise ModelFileError(f"the description of the network is damaged: {quoted(found)} is not a number of neurons")
    return found


def _activation(spec: Any, known: dict[str, Activation]) -> Activation:
    key = _key(spec)
    if key not in known:
        known[key] = formula_from_json(spec, Activation, ACTIVATIONS)
    return known[key]
