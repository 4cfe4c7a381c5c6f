"""The networks of a program in whole numbers of eight bits, and what they give, to the last bit as the C computes it.

A number is x ≈ scale · q + offset with q from −127 to 127. What is known of the numbers of each place comes from
calibration rows: every input has a grid of its own, as has every hidden neuron of relu or identity, and every hidden
layer of another activation, which a table holds; the weights of each neuron have one scale. So Σ w · q, a sum of 32
bits, is z in steps of its own, and a multiplication of 64 bits and a shift bring it to the next layer's grid. Scales of
inputs are factors of weights and offsets are parts of biases, so they cost nothing.

Jacob et al. (2018), Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
section 2; the biases make the mean of each z what it is in float on the calibration rows: Nagel et al. (2019),
Data-Free Quantization, section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.files.export.program import Layer, Member, Program
from clearprop.formulas import Identity, Relu, evaluate

LEAST = 127  # and its negative: the numbers of eight bits that are used
FINE = 511  # the same of a place in a fine table; a table of no more than 1/8 of the layer's weights is fine
WIDEST = 60_000  # inputs whose products are surely added in 32 bits
LARGEST_BIAS, SMALLEST = 2.0**29, 1e-30  # of a bias in steps, and of a step
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Grid:
    """x ≈ scale · q + offset; both float32, one number or one for each place."""

    scale: Any
    offset: Any

    def nearest(self, x: Any) -> Any:
        """The whole numbers for x, as the C finds them: in float32, halves away from 0."""
        factor = (1 / self.scale).astype(np.float32)
        steps = (np.asarray(x, dtype=np.float32) - self.offset) * factor
        return np.trunc(np.clip(steps, -LEAST, LEAST) + np.copysign(np.float32(0.5), steps)).astype(np.int32)


@dataclass(frozen=True)
class Int8Layer:
    """One layer in whole numbers.

    Attributes
    ----------
    grid : Grid
        Of the numbers that come in.
    weights : int8 array of shape (n_in, n_out)
    biases : int32 array of shape (n_out,)
    scales : float32 array of shape (n_out,)
        How much of z one step of each sum is; what is printed of the last layer only.
    factors, shifts : int32 and int8 arrays of shape (n_out,), or None of the last layer
        A sum times factor, divided by 2 to the power of shift, is the next number of eight bits, or a place in `table`.
    table : int8 array of shape (255,) or (1023,), or None
        What the activation makes of each; None where it is max(z, 0) or z itself, which the grid does.
    """

    grid: Grid
    weights: Any
    biases: Any
    scales: Any
    factors: Any = None
    shifts: Any = None
    table: Any = None

    @property
    def largest(self) -> int:
        """The largest number that a sum becomes."""
        return LEAST if self.table is None else len(self.table) // 2

    def sums(self, q: Any) -> Any:
        """Σ w · q and the bias, int64 (n_rows, n_out), all within 32 bits."""
        return (q.astype(np.float64) @ self.weights.astype(np.float64)).astype(np.int64) + self.biases

    def outputs(self, q: Any) -> Any:
        """The numbers for the next layer."""
        product = self.sums(q) * self.factors.astype(np.int64)
        shifts = self.shifts.astype(np.int64)
        found = np.clip((product + (np.int64(1) << (shifts - 1))) >> shifts, -self.largest, self.largest)
        return found if self.table is None else self.table[found + self.largest].astype(np.int64)


@dataclass(frozen=True)
class Int8Program:
    """The networks of a program in whole numbers.

    Attributes
    ----------
    grid : Grid
        Of the inputs.
    groups : tuple of tuple of tuple of Int8Layer
        The networks of the answer, then those of each quantile; each a tuple of layers.
    """

    grid: Grid
    groups: Sequence[Sequence[Sequence[Int8Layer]]]

    def mean_outputs(self, program: Program, group: int, X: Any) -> Any:
        """The mean of what the networks of a group give for inputs, float32 (n_rows, n_outputs)."""
        tree, total = program.members[0][-1].tree, 0.0
        for network in self.groups[group]:
            q = self.grid.nearest(X)
            for layer in network[:-1]:
                q = layer.outputs(q)
            z = network[-1].sums(q).astype(np.float32) * network[-1].scales
            with np.errstate(all="ignore"):
                total = total + evaluate(tree, {"z": z})
        return total / np.float32(len(self.groups[group]))


def quantised(program: Program, X: Any) -> Int8Program:
    """The networks of a program in whole numbers, with grids from these rows.

    Parameters
    ----------
    program : Program
    X : array of shape (n_rows, n_inputs)
        Inputs of the networks, as many different ones as they will meet; of more than 10,000, that many are used.

    Raises
    ------
    ShapeError
        Unless X is (n_rows, n_inputs) with at least one row.
    NotFiniteError
        When it is not finite.
    InputError
        For a layer of more than 60,000 inputs.
    """
    X = calibration_rows(program, X)
    grid = _grid_of(X)
    groups = [program.members, *(each.members for each in program.quantiles)]
    return Int8Program(grid, tuple(tuple(_network(member, X, grid) for member in group) for group in groups))


def calibration_rows(program: Program, X: Any) -> Any:
    """The rows that are used, evenly from all that were given, float32; errors as of `quantised`."""
    X = np.asarray(X, dtype=np.float32)
    if X.ndim != 2 or X.shape[1] != program.n_inputs or not len(X):
        raise ShapeError(f"calibration rows must be (n_rows, {program.n_inputs}), not {X.shape}")
    if not np.isfinite(X).all():
        row, place = map(int, np.argwhere(~np.isfinite(X))[0])
        raise NotFiniteError(f"calibration row {row} (counted from 0) has {X[row, place]} at place {place}")
    return X[chosen(len(X))]


def chosen(n_rows: int) -> Any:
    """Which rows are used of so many."""
    return np.linspace(0, n_rows - 1, min(n_rows, MOST_ROWS)).round().astype(np.int64)


def _grid_of(values: Any, axis: int | None = 0, steps: int = LEAST) -> Grid:
    low, high = values.min(axis=axis), values.max(axis=axis)
    same = high <= low
    low, high = np.where(same, low - 0.5, low), np.where(same, high + 0.5, high)
    scale, offset = (high - low) / (2 * steps), (high + low) / 2
    return Grid(np.float32(scale), np.float32(offset))


def _network(member: Member, X: Any, grid: Grid) -> tuple[Int8Layer, ...]:
    """One network: each layer gets what the layers before it give in whole numbers, and the z of float to come near."""
    found: list[Int8Layer] = []
    a, q = X.astype(np.float64), grid.nearest(X)
    for l, layer in enumerate(member, start=1):
        _check(layer, l, l == len(member))
        z = a @ layer.weights.astype(np.float64) + layer.biases.astype(np.float64)
        if l == len(member):
            found.append(_sums(layer, grid, q, z.mean(axis=0)))
            break
        a = np.broadcast_to(evaluate(layer.tree, {"z": z}), z.shape)
        steps, next_grid, table = _grids(layer, z, a)
        made = _sums(layer, grid, q, z.mean(axis=0) - steps.offset)
        factors, shifts = as_factors(made.scales.astype(np.float64) / steps.scale)
        found.append(replace(made, factors=factors, shifts=shifts, table=table))
        q, grid = found[-1].outputs(q), next_grid
    return tuple(found)


def _check(layer: Layer, l: int, is_last: bool) -> None:
    if layer.weights.shape[0] > WIDEST:
        raise InputError(f"layer {l} has {layer.weights.shape[0]:,} inputs, and int8 adds up no more than {WIDEST:,}")
    if not is_last and layer.activation.is_coupled():
        raise InputError(
            f"layer {l} has the activation {layer.activation.name}, which couples the neurons of a row, and in int8 a "
            "hidden layer's activation is looked up in a table; export this network in float"
        )


def _sums(layer: Layer, grid: Grid, q: Any, mean: Any) -> Int8Layer:
    """Weights and biases, such that what they make of q has this mean."""
    weights = layer.weights.astype(np.float64) * np.reshape(grid.scale, (-1, 1)).astype(np.float64)
    scales, middle = np.maximum(np.abs(weights).max(axis=0) / LEAST, SMALLEST), q.mean(axis=0)
    biases = mean - scales * (middle @ np.rint(weights / scales))
    scales = np.maximum(scales, np.abs(biases) / LARGEST_BIAS).astype(np.float32)
    whole = np.rint(np.clip(weights / scales, -LEAST, LEAST))
    biases = np.rint(mean / scales - middle @ whole)
    return Int8Layer(grid, whole.astype(np.int8), biases.astype(np.int32), scales)


def _grids(layer: Layer, z: Any, a: Any) -> tuple[Grid, Grid, Any]:
    """The steps that sums of a hidden layer are brought to, the grid of what comes of them, the table in between."""
    if layer.tree == Relu.tree():
        highest = a.max(axis=0)
        steps = _grid_of(np.stack([np.zeros_like(highest), np.where(highest > 0, highest, 1.0)]))
        return steps, steps, None
    if layer.tree == Identity.tree():
        steps = _grid_of(a)
        return steps, steps, None
    grid, side = _grid_of(a, None), FINE if layer.weights.size >= 16 * FINE else LEAST
    steps = _grid_of(z, None, side)
    at = steps.scale.astype(np.float64) * np.arange(-side, side + 1) + steps.offset
    with np.errstate(all="ignore"):
        table = grid.nearest(np.broadcast_to(evaluate(layer.tree, {"z": at}), at.shape)).astype(np.int8)
    return steps, grid, table


def as_factors(ratios: Any) -> tuple[Any, Any]:
    """Whole factors of 31 bits and shifts: ratio ≈ factor / 2^shift, both (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.export.c.quantising import as_factors
    >>> as_factors(np.array([0.25, 0.001]))
    (array([1073741824, 1099511628], dtype=int32), array([32, 40], dtype=int8))
    """
    mantissas, exponents = np.frexp(ratios)
    factors, shifts = np.rint(mantissas * 2.0**31), 31 - exponents
    halved = factors == 2.0**31
    factors, shifts = np.where(halved, 2.0**30, factors), np.where(halved, shifts - 1, shifts)
    small, large = shifts > 62, shifts < 1
    factors = np.where(small, 0, np.where(large, 2.0**31 - 1, factors))
    return factors.astype(np.int32), np.clip(shifts, 1, 62).astype(np.int8)
