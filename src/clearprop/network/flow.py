"""How much of an error gets through: layers that hardly any of it reaches, neurons that let hardly any of it pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clearprop.formulas import Activation
from clearprop.network.parameters import Matrix, Vector

MUCH = 100.0  # times smaller or larger than at the output: an error that has vanished or exploded
FLAT = 1 / MUCH  # of the steepest slope: a neuron that lets hardly any of an error through
FINE, VANISHING, EXPLODING = "fine", "vanishing", "exploding"
GRID = np.linspace(-10, 10, 401)[:, None]  # where the steepest slope of an activation is looked for


def flow(lengths: Sequence[float]) -> list[tuple[str, float]]:
    """Whether the error, or the gradient, of each layer has vanished or exploded beside that of the output.

    Parameters
    ----------
    lengths : sequence of float
        ‖δ‖ or ‖∂C/∂θ‖ of each layer 1 … L.

    Returns
    -------
    list of (str, float)
        "vanishing", "exploding" or "fine", and how many times smaller or larger than at the output; of a layer that
        nothing reaches, infinitely many times.

    Examples
    --------
    >>> from clearprop.network.flow import flow
    >>> flow((0.001, 0.5, 1.0))
    [('vanishing', 1000.0), ('fine', 2.0), ('fine', 1.0)]
    """
    last = float(lengths[-1])
    found = []
    for norm in map(float, lengths):
        times = last / norm if norm else math.inf if last > 0 else 1.0
        if times > MUCH:
            found.append((VANISHING, times))
        elif last > 0 and norm / last > MUCH:
            found.append((EXPLODING, norm / last))
        else:
            found.append((FINE, times))
    return found


class Stuck(NamedTuple):
    """Which neurons of a layer let hardly any of an error through, on every row that was looked at.

    Attributes
    ----------
    dead, saturated : bool array of shape (n_neurons,)
    """

    dead: Vector
    saturated: Vector


def stuck(activation: Activation, z: Matrix, a: Matrix) -> Stuck:
    """The neurons of a layer that no row can teach.

    On every row the slope is below a hundredth of the activation's steepest one (or of 1, where it grows without
    bound). Such a neuron is dead where it answers next to nothing and could answer more, as relu below 0; and
    saturated where it is held at an end of its range, as tanh at ±1.

    Parameters
    ----------
    activation : Activation
        Of one that couples the neurons of a layer, as softmax does, none is stuck.
    z, a : array of shape (n_rows, n_neurons)
        Weighted inputs and activations.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.formulas import Relu
    >>> from clearprop.network.flow import stuck
    >>> z = np.array([[-1.0, 2.0], [-3.0, -1.0]])
    >>> stuck(Relu(), z, np.maximum(z, 0)).dead
    array([ True, False])
    """
    if activation.is_coupled():
        none = np.zeros(a.shape[1], dtype=bool)
        return Stuck(none, none)
    with np.errstate(all="ignore"):
        slope = np.abs(activation.backward(np.ones_like(a), z, a))
        steepest = np.abs(activation.backward(np.ones_like(GRID), GRID, activation.forward(GRID))).max()
        is_stuck = (slope < FLAT * min(1.0, float(steepest))).all(axis=0)
        answers_nothing = (np.abs(a) < FLAT).all(axis=0)
    dead = is_stuck & answers_nothing & (not np.isfinite(activation.range).all())
    return Stuck(dead, is_stuck & ~dead)
