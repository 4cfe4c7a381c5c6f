"""Is the gradient right? Back-propagation held against central differences, parameter by parameter.

The central difference (C(θ + h) − C(θ − h)) / 2h needs no derivative at all, only the loss, so it proves the backward
pass independently. Where the step straddles a kink (of relu, of |y − a|, …) there is no single slope to compare with;
such parameters are found by asking every formula on which branch it is on either side, and are reported, not failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.formulas import Expression, Formula, evaluate
from clearprop.formulas.derivative import branches
from clearprop.formulas.formula import once_per_class
from clearprop.network.backprop import backward, forward, loss
from clearprop.network.parameters import Mask, Matrix, Parameters, Vector
from clearprop.network.specs import Network


@dataclass(frozen=True)
class GradientCheck:
    """What `check_gradient` found. All arrays have one number for each parameter that was checked, in the order of θ.

    Attributes
    ----------
    backpropagated : array
        ∂C/∂θ by back-propagation.
    central_difference : array
        (C(θ + h) − C(θ − h)) / 2h.
    relative_error : array
        |difference of the two| / max(|one|, |other|, floor).
    at_kink : boolean array
        Parameters whose step straddles a kink and whose two values therefore differ.
    names : tuple of str
        ``"W1[0, 2]"``, ``"b2[1]"``, …
    tolerance : float
    n_parameters : int
        Of the whole network, checked or not.
    """

    backpropagated: Vector
    central_difference: Vector
    relative_error: Vector
    at_kink: Vector
    names: tuple[str, ...]
    tolerance: float
    n_parameters: int

    @property
    def passed(self) -> bool:
        """Whether every parameter away from a kink agrees to the tolerance."""
        return bool(np.all((self.relative_error <= self.tolerance) | self.at_kink))

    @property
    def worst(self) -> int:
        """Position, among those checked, of the one that agrees least, kinks left aside where there is any other."""
        return int(np.argmax(np.where(self.at_kink, -1.0, self.relative_error)))

    def __str__(self) -> str:
        w = self.worst
        kinks = [name for name, kink in zip(self.names, self.at_kink, strict=True) if kink]
        some = "" if len(self.names) == self.n_parameters else f" of {self.n_parameters:,}"
        lines = [
            f"gradient check {'passed' if self.passed else 'FAILED'}: {len(self.names):,}{some} parameters, "
            f"tolerance {self.tolerance:g}",
            f"  worst: {self.names[w]}  back-propagated {self.backpropagated[w]:.12g}  "
            f"central difference {self.central_difference[w]:.12g}  relative error {self.relative_error[w]:.2g}",
        ]
        if kinks:
            shown = ", ".join(kinks[:8]) + (" …" if len(kinks) > 8 else "")
            lines.append(f"  {len(kinks)} straddle a kink and are not judged: {shown}")
        return "\n".join(lines)


def check_gradient(
    network: Network,
    params: Parameters,
    X: Matrix,
    Y: Matrix,
    sample_weight: Vector = None,
    *,
    mask: Mask | None = None,
    step: float = 1e-5,
    tolerance: float = 1e-6,
    floor: float = 1e-4,
    chosen: Vector = None,
    penalty: Callable[[Vector, Vector], float] | None = None,
) -> GradientCheck:
    """Compare the back-propagated gradient with central differences, in float64.

    Parameters
    ----------
    network : Network
    params : Parameters
    X : array of shape (n_samples, n₀)
    Y : array of shape (n_samples, n_L)
    sample_weight : array of shape (n_samples,), optional
    mask : mapping of layer to array, optional
        Dropout masks, as in the Tape; held fixed.
    step : float
        h, taken relative to max(1, |parameter|).
    tolerance : float
        The relative error that passes.
    floor : float
        Below this size gradients are compared absolutely: central differences carry rounding errors of about 1e-16·C/h.
    chosen : int array, optional
        Positions in θ of the parameters to check; by default all.
    penalty : callable, optional
        What is minimised beside the loss: called with θ and a gradient, it adds its own gradient to that and returns
        its value.

    Returns
    -------
    GradientCheck
        ``print`` it for a summary.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, check_gradient
    >>> net = Network.mlp([2, 3, 1], hidden="tanh")
    >>> X, Y = np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([[1.0], [0.0]])
    >>> check_gradient(net, net.initial(seed=1), X, Y).passed
    True
    """
    X, Y = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    theta = np.array(params.theta, dtype=np.float64)
    exact = network.views(theta)
    computed = backward(network, exact, forward(network, exact, X, mask), Y, weight).theta
    if penalty is not None:
        penalty(theta, computed)
    places = np.arange(len(theta)) if chosen is None else np.asarray(chosen, dtype=np.int64)
    computed = computed[places]

    def cost(moved: Vector) -> float:
        found = loss(network, network.views(moved), X, Y, weight, mask)
        return found if penalty is None else found + penalty(moved, np.zeros_like(moved))

    central = np.array([(cost(above) - cost(below)) / width for below, above, width in _steps(theta, step, places)])
    error = np.abs(computed - central) / np.maximum(np.maximum(np.abs(computed), np.abs(central)), floor)

    at_kink = np.zeros(len(places), dtype=bool)
    for i in np.flatnonzero(~(error <= tolerance)):
        below, above, _ = next(_steps(theta, step, places[i : i + 1]))
        at_kink[i] = _straddles(network, below, above, X, Y, mask)
        at_kink[i] |= penalty is not None and below[places[i]] < 0 < above[places[i]]  # of |w|
    names = [name for block in network.blocks for name in _names(block.name, block.shape)]
    return GradientCheck(
        computed, central, error, at_kink, tuple(names[place] for place in places), tolerance, len(theta)
    )


def _steps(theta: Vector, step: float, places: Vector) -> Iterator[tuple[Vector, Vector, float]]:
    """For each of these parameters: θ with it moved down, θ with it moved up, and the exact width between."""
    for i in places:
        h = step * max(1.0, abs(theta[i]))
        below, above = theta.copy(), theta.copy()
        below[i] -= h
        above[i] += h
        yield below, above, float(above[i] - below[i])


def _names(block: str, shape: tuple[int, ...]) -> Iterator[str]:
    return (f"{block}{list(index)}" for index in np.ndindex(shape))


def _straddles(network: Network, below: Vector, above: Vector, X: Matrix, Y: Matrix, mask: Mask | None) -> bool:
    """Whether a formula is on another branch above than below."""
    pieces = [_pieces(network, network.views(moved), X, Y, mask) for moved in (below, above)]
    return any(not np.array_equal(one, other) for one, other in zip(*pieces, strict=True))


def _pieces(network: Network, params: Parameters, X: Matrix, Y: Matrix, mask: Mask | None) -> list[Any]:
    """On which branch every formula of the network is, for every number that it sees."""
    tape = forward(network, params, X, mask)
    found = [
        evaluate(condition, {"z": tape.z[l], **layer.activation.parameters})
        for l, layer in enumerate(network.layers, start=1)
        for condition in _conditions(type(layer.activation))
    ]
    outputs = {"a": tape.a[network.depth], "y": Y, **network.loss.parameters}
    return found + [evaluate(condition, outputs) for condition in _conditions(type(network.loss))]


@once_per_class
def _conditions(cls: type[Formula]) -> list[Expression]:
    return branches(cls.tree())
