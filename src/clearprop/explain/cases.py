"""Built-in cases: networks with their numbers, each a few lines of data, so that everything can be tried at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from clearprop.errors import UnknownNameError
from clearprop.explain.explained import Trace, explain
from clearprop.files import load
from clearprop.formulas import SGD, UpdateRule
from clearprop.network import Network, Parameters


@dataclass(frozen=True)
class Case:
    """A network, its numbers and a sample.

    Attributes
    ----------
    name : str
    network : Network
    params : Parameters
    x, y : array
        One sample (n₀,) and (n_L,), or a batch.
    optimizer : UpdateRule
    """

    name: str
    network: Network
    params: Parameters
    x: Any
    y: Any
    optimizer: UpdateRule = field(default_factory=SGD)

    def trace(self) -> Trace:
        """The case explained."""
        return explain(self.network, self.params, self.x, self.y, self.optimizer)


def small(
    name: str, weights: list[Any], biases: list[Any], x: Any, y: Any, rate: float, **shape: Any
) -> Callable[[], Case]:
    """A case from its numbers; the widths follow from the weights."""

    def make() -> Case:
        widths = [len(weights[0]), *(len(b) for b in biases)]
        network = Network.mlp(widths, **shape)
        return Case(name, network, network.parameters(weights, biases), np.array(x), np.array(y), SGD(rate))

    return make


SIGMOIDS = {"hidden": "sigmoid", "output": "sigmoid"}


def digits() -> Case:
    """A 64-24-10 network trained on the digits of UCI's Optical Recognition set, and an image that it was not shown."""
    folder = files("clearprop.explain") / "data"
    with as_file(folder / "digits.safetensors") as path:
        model = load(path)
    sample = model.details["sample"]
    x = np.array(sample["pixels"], dtype=float) / 16
    return Case("digits", model.network, model.parameters, x, np.eye(10)[sample["digit"]], SGD(0.01))


CASES: Mapping[str, Callable[[], Case]] = {
    # Two inputs, two hidden neurons, one output; the case that many articles work through, without ½ in the loss.
    "case_study": small(
        "case_study", [[[0.5, 0.3], [0.2, 0.4]], [[0.6], [0.7]]], [[0.1, 0.2], [0.3]], [0.5, 0.3], [0.8], 0.1,
        loss="squared_error", **SIGMOIDS,
    ),
    # Nodes a, b | c, d | e, f: two outputs, so that hidden nodes get their error from two sides.
    "sharing": small(
        "sharing", [[[0.4, -0.3], [0.7, 0.2]], [[1.0, 3.0], [1.0, 1.0]]], [[0.0, 0.0], [0.0, 0.0]], [0.9, 0.3],
        [1.0, 1.0], 0.1, loss="half_squared_error", **SIGMOIDS,
    ),
    # Matt Mazur, A Step by Step Backpropagation Example (2015).
    "mazur": small(
        "mazur", [[[0.15, 0.25], [0.20, 0.30]], [[0.40, 0.50], [0.45, 0.55]]], [[0.35, 0.35], [0.60, 0.60]],
        [0.05, 0.10], [0.01, 0.99], 0.5, loss="half_squared_error", **SIGMOIDS,
    ),
    # All four rows of exclusive or, as one batch.
    "xor": small(
        "xor", [[[0.9, -0.8], [0.8, -0.9]], [[1.2], [1.1]]], [[-0.2, 0.9], [-0.7]], [[0, 0], [0, 1], [1, 0], [1, 1]],
        [[0], [1], [1], [0]], 1.0, hidden="tanh", output="sigmoid", loss="binary_cross_entropy",
    ),
    # The number-guessing game: a signal, and a guesser who answers; nobody in between.
    "two_players": small("two_players", [[[0.2]]], [[0.1]], [0.7], [0.9], 0.5, output="sigmoid", loss="squared_error"),
    # The same with one player between the signal and the guesser.
    "three_players": small(
        "three_players", [[[0.4]], [[-0.5]]], [[0.1], [0.2]], [0.7], [0.9], 0.5, loss="squared_error", **SIGMOIDS
    ),
    # No hidden layer: the error is there for every weight.
    "logistic_regression": small(
        "logistic_regression", [[[0.5], [-0.4]]], [[0.1]], [1.2, 0.7], [1.0], 0.1, loss="binary_cross_entropy"
    ),
    "digits": digits,
}  # fmt: skip


@cache
def case(name: str) -> Case:
    """The built-in case of this name.

    Parameters
    ----------
    name : {"case_study", "sharing", "mazur", "xor", "two_players", "three_players", "logistic_regression", "digits"}

    Raises
    ------
    UnknownNameError
        For another name.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> case("case_study").trace()["a2"].value.round(4)
    array([0.7486])
    """
    if name not in CASES:
        raise UnknownNameError("case", name, CASES)
    return CASES[name]()
