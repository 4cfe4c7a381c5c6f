"""The spec of a network as JSON, and back: sizes are compared with the parameters that there are before it is built."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from clearprop.errors import ModelFileError, quoted, shortened
from clearprop.files.json_text import LONGEST_REASON, MALFORMED
from clearprop.formulas import ACTIVATIONS, LOSSES, Activation, Loss
from clearprop.formulas.saving import formula_from_json, formula_to_json
from clearprop.network import Dense, Network

MOST_LAYERS = 1000
MOST_OWN_FORMULAS, MOST_OWN_NODES = 100, 10_000  # different formulas of a user's own, and the nodes of all their trees
FACTORS = ("weight_rate", "bias_rate", "weight_decay", "bias_decay")


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
                **{name: getattr(layer, name) for name in FACTORS},
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
    needed = sum(before * after + after for before, after in pairwise(widths))
    if needed != n_parameters:
        raise ModelFileError(f"there are {n_parameters:,} numbers, but its network has {needed:,} parameters")
    formulas: dict[str, Activation] = {}  # many layers of a few formulas: each is made once
    built: list[Dense] = []
    try:
        _check_own_formulas(layers)
        for layer, (before, after) in zip(layers, pairwise(widths), strict=True):
            factors = {name: float(layer[name]) for name in FACTORS}
            built.append(Dense(before, after, _activation(layer["activation"], formulas), **factors))
        return Network(tuple(built), formula_from_json(loss, Loss, LOSSES))
    except ModelFileError:
        raise
    except MALFORMED as error:
        raise ModelFileError(
            f"the description of the network is damaged ({shortened(str(error), LONGEST_REASON)})"
        ) from None


def _outputs(layer: Any) -> int:
    return _width(layer.get("outputs") if isinstance(layer, dict) else None)


def _width(found: Any) -> int:
    if type(found) is not int or found < 1:
        raise ModelFileError(f"the description of the network is damaged: {quoted(found)} is no number of neurons")
    return found


def _activation(spec: Any, known: dict[str, Activation]) -> Activation:
    key = _key(spec)
    if key not in known:
        known[key] = formula_from_json(spec, Activation, ACTIVATIONS)
    return known[key]
