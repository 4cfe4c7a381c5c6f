"""Networks and samples with numbers that are pleasant to work with by hand, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.cases import Case
from clearprop.explain.words.message import Message
from clearprop.formulas import SGD
from clearprop.network import Network, backward, forward
from clearprop.network import loss as loss_of

TRIES = 2000  # networks drawn until one suits; a 2-2-1 network of sigmoids takes about three
LARGEST = 9  # of a weight, in tenths
SMALLEST_DELTA = 1e-3  # of the largest in a layer: an error that has vanished teaches nothing
RATES = (0.2, 0.5, 1.0)
WIDEST = 6  # neurons of a layer that anybody wants to work out by hand


def random_case(
    widths: Sequence[int] = (2, 2, 1),
    seed: int = 0,
    student: str = "",
    *,
    hidden: str = "sigmoid",
    output: str | None = None,
    loss: str | None = None,
) -> Case:
    """A network, a sample and a learning rate with one decimal each.

    Weights are tenths from −0.9 to 0.9 without 0, inputs tenths from 0.1 to 1, so that the weighted sums of the first
    layer are exact with two decimals. No layer is saturated or dead, and the output is off its target.

    Parameters
    ----------
    widths : sequence of int
        Inputs, hidden neurons of each layer, outputs; at most 6 each.
    seed : int
    student : str
        Another name, other numbers; the order of a class list does not matter.
    hidden, output, loss : str
        As in `Network.mlp`; by default sigmoid throughout and half the squared error, and for softmax cross-entropy.

    Returns
    -------
    Case

    Raises
    ------
    InputError, UnknownNameError
        When the widths do not make a network for a sheet, or no suitable numbers were found.

    Examples
    --------
    >>> from clearprop.explain.exercises import random_case
    >>> mine, again, yours = (random_case(student=name).params.theta.tolist() for name in ("Ada", "Ada", "Ben"))
    >>> mine == again, mine == yours
    (True, False)
    """
    if len(widths) < 2 or not all(1 <= width <= WIDEST for width in widths):
        raise InputError(Message("exercise_widths", widest=WIDEST, widths=list(widths)))
    output = output or "sigmoid"
    loss = loss or ("cross_entropy" if output == "softmax" else "half_squared_error")
    network = Network.mlp(list(widths), hidden, output, loss)
    random = np.random.default_rng([seed, *sha256(student.encode()).digest()[:16]])
    for _ in range(TRIES):
        drawn = _drawn(network, random, output)
        if _suits(drawn):
            return drawn
    shown = "-".join(map(str, widths))
    raise InputError(Message("exercise_no_numbers", network=shown, hidden=hidden, output=output))


def _drawn(network: Network, random: np.random.Generator, output: str) -> Case:
    weights, biases = [], []
    for layer in network.layers:
        weights.append(_tenths(random, (layer.inputs, layer.outputs)))
        biases.append(_tenths(random, (layer.outputs,)))
    x = random.permutation(np.arange(1, 11))[: network.widths[0]] / 10  # alike, they would hide which is which
    outputs = network.widths[-1]
    y = np.eye(outputs)[random.integers(outputs)] if output == "softmax" else random.integers(0, 11, outputs) / 10
    return Case("exercise", network, network.parameters(weights, biases), x, y, SGD(float(random.choice(RATES))))


def _tenths(random: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Tenths from −0.9 to 0.9, none of them 0."""
    return random.integers(1, LARGEST + 1, shape) * random.choice([-1, 1], shape) / 10


def _suits(drawn: Case) -> bool:
    """Whether every neuron takes part in the step and no δ has all but vanished."""
    X, Y = drawn.x[None, :], np.atleast_2d(drawn.y)
    found = backward(drawn.network, drawn.params, forward(drawn.network, drawn.params, X), Y).delta
    deltas = [np.abs(found[l]) for l in range(1, drawn.network.depth + 1)]
    largest = max(delta.max() for delta in deltas)
    alive = all(delta.min() > SMALLEST_DELTA * largest for delta in deltas)
    return bool(alive and largest > 0.01 and loss_of(drawn.network, drawn.params, X, Y) > 0.001)
