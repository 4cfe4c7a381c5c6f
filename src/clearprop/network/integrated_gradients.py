"""What of an output comes from which input: the gradient with respect to the inputs, summed up along a straight line.

Integrated gradients, Sundararajan, Taly & Yan (2017), Axiomatic Attribution for Deep Networks, eq. 1: for an output F,
a sample x and a baseline x′, the part of input i is

    (xᵢ − x′ᵢ) ∫₀¹ ∂F/∂xᵢ (x′ + t(x − x′)) dt,

and all parts together are F(x) − F(x′). The gradient is that of back-propagation: the output's own slope takes the
place of ∂C/∂a in BP1, BP2 carries it to the first layer, and the weights of that layer carry it to the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from clearprop.network.layers import Dense
from clearprop.network.parameters import Matrix, Parameters, Vector
from clearprop.network.specs import Network

TOLERANCE = 1e-6  # of the scale of the output, by which the parts may miss the difference
POINTS = 15  # of Gauss and Legendre within an interval
DEEPEST = 20  # an interval is halved at most so often; beyond that only a jump is left
MOST_INTERVALS = 1024  # of one sample: smooth activations take two or three, wide layers of relu all of them
FEWEST_INTERVALS, MOST_IN_ALL = 32, 16_384  # many samples share these, each with so many at least
AT_ONCE = 2**19  # numbers of the samples that are propagated together


class Integrated(NamedTuple):
    """The parts of the inputs in an output.

    Attributes
    ----------
    parts : float64 array of shape (n_samples, n_inputs)
    outputs, baseline : float64 array of shape (n_samples,)
        The output of each sample, and of its baseline.
    near : float64 array of shape (n_samples,)
        By how much the parts may miss the difference of the two.
    """

    parts: Any
    outputs: Any
    baseline: Any
    near: Any

    @property
    def gap(self) -> Any:
        """By how much the parts of each sample miss the difference of its outputs, (n_samples,)."""
        return np.abs(self.parts.sum(axis=1) - (self.outputs - self.baseline))


def input_gradient(network: Network, params: Parameters, z: Any, a: Any, g: Matrix) -> Matrix:
    """∂F/∂x (n_samples, n₀) of what has the slopes g = ∂F/∂a[L], by the δ's of back-propagation.

    Parameters
    ----------
    network : Network
    params : Parameters
    z, a
        As the Tape of `forward` has them.
    g : array of shape (n_samples, n_L)

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, forward
    >>> from clearprop.network.integrated_gradients import input_gradient
    >>> net = Network.mlp([2, 1])
    >>> params = net.parameters([[1.0, 2.0]], [0.5])
    >>> tape = forward(net, params, np.array([[3.0, 1.0]]))
    >>> input_gradient(net, params, tape.z, tape.a, np.ones((1, 1)))
    array([[1., 2.]])
    """
    for l in range(network.depth, 0, -1):
        layer = network.layers[l - 1]
        delta = layer.activation.backward(g, z[l], a[l])
        g = delta @ params.W[l].T if isinstance(layer, Dense) else layer.back(delta, a[l - 1], params.of(l))
    return g


def integrated_gradients(
    function: Callable[[Any, Any], tuple[Any, Any]], X: Matrix, baseline: Vector, unit: float = 0.0
) -> Integrated:
    """The parts of each input, to a millionth of the output's scale where the output is continuous.

    Each interval of the line is its own check: the parts within it must make the difference of the outputs at its ends.
    Where they miss it, or a coarser rule at the same points finds other parts, the interval is halved.

    Parameters
    ----------
    function : callable
        From samples (n, n_inputs) and the number of the row of X that each is on the way to (n,), to the output of each
        (n,) and its gradient (n, n_inputs).
    X : array of shape (n_samples, n_inputs)
    baseline : array of shape (n_inputs,)
    unit : float
        A millionth of this, or of the output where that is larger, is near enough.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.network.integrated_gradients import integrated_gradients
    >>> def product(x, rows):
    ...     return x[:, 0] * x[:, 1], x[:, ::-1]
    >>> found = integrated_gradients(product, np.array([[2.0, 3.0]]), np.array([0.0, 1.0]))
    >>> found.parts.round(9), found.outputs, found.baseline
    (array([[4., 2.]]), array([6.]), array([0.]))
    """
    start = np.asarray(baseline, dtype=np.float64)
    span = np.asarray(X, dtype=np.float64) - start
    every = np.arange(len(span))
    outputs, origin = (function(start + share * span, every)[0] for share in (1.0, 0.0))
    near = TOLERANCE * np.maximum(np.maximum(np.abs(outputs), np.abs(origin)), max(unit, np.finfo(np.float64).tiny))
    most = min(MOST_INTERVALS, max(FEWEST_INTERVALS, MOST_IN_ALL // max(1, len(span))))
    parts, spent = np.zeros_like(span), np.zeros(len(span), dtype=np.int64)
    rows, low, width = every, np.zeros(len(span)), 1.0
    while len(rows):
        width_is_least = width < 0.5**DEEPEST
        halved: list[tuple[Any, Any]] = []
        size = max(1, AT_ONCE // (len(NODES) * max(1, span.shape[1])))
        for block in range(0, len(rows), size):
            row, begin = rows[block : block + size], low[block : block + size]
            made, is_good = _within(function, start, span, row, begin, width, near[row])
            np.add.at(spent, row, 1)
            is_good |= width_is_least | (spent[row] >= most)
            np.add.at(parts, row[is_good], made[is_good])
            halved.append((row[~is_good], begin[~is_good]))
        width /= 2
        rows = np.concatenate([np.repeat(row, 2) for row, _ in halved])
        low = np.concatenate([(begin[:, None] + [0.0, width]).ravel() for _, begin in halved])
    return Integrated(parts, outputs, origin, near)


def _within(
    function: Callable[[Any, Any], tuple[Any, Any]],
    start: Any,
    span: Any,
    rows: Any,
    low: Any,
    width: float,
    tolerance: Any,
) -> tuple[Any, Any]:
    """The parts within an interval of each row's line, (n, n_inputs), and whether they are near enough."""
    places = (low[:, None] + width * NODES)[:, :, None]
    x = start + places * span[rows, None, :]
    value, slope = function(x.reshape(-1, x.shape[2]), np.repeat(rows, len(NODES)))
    value, slope = value.reshape(len(rows), -1), slope.reshape(x.shape)
    fine, coarse = (width * span[rows] * np.einsum("p,npi->ni", rule, slope) for rule in (FINE, COARSE))
    missed = np.abs(fine.sum(axis=1) - (value[:, -1] - value[:, 0]))
    other = np.abs(fine - coarse).max(axis=1, initial=0.0)
    return fine, (missed <= tolerance / 64) & (other <= 10 * tolerance)


def _rules() -> tuple[Any, Any, Any]:
    """Points in [0, 1], both ends among them, their weights by Gauss and Legendre, and those of every second alone."""
    inner, weights = np.polynomial.legendre.leggauss(POINTS)
    second = inner[::2]
    powers = np.polynomial.legendre.legvander(second, len(second) - 1).T
    coarse = np.zeros(POINTS)
    coarse[::2] = np.linalg.solve(powers, [2.0] + [0.0] * (len(second) - 1))
    return tuple(  # type: ignore[return-value]
        np.concatenate([[0.0], found, [last]])
        for found, last in (((inner + 1) / 2, 1.0), (weights / 2, 0.0), (coarse / 2, 0.0))
    )


NODES, FINE, COARSE = _rules()
