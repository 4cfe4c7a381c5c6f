"""Every activation, slope, loss and error against its exact value, from denormal numbers to the largest there are.

What is computed may be off by so many units in the last place of the exact value, `USUAL` unless `LOOSER` says more.
Where digits cancel in what a formula computes, its units are those of a number that `LOOSER` names too: of 1, or of z.
Nothing is NaN, and only what is beyond the largest number is infinite.
"""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.formulas import ACTIVATIONS, LOSSES, PAIRS, Shrink, SparsePlus, Squareplus, Threshold
from exact_values import DTYPES, allowed, at_kink, exact, exact_value_and_slope, looser, numbers, scale, units

TWICE = 4  # a square is halved, and a difference of two ends weighted, after it was taken
SHAPES = [*(cls() for name, cls in ACTIVATIONS.items() if name == cls.name), Squareplus(), SparsePlus(), Threshold(),
          Shrink()]  # fmt: skip
of_each = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
of_type = pytest.mark.parametrize("dtype", DTYPES)


def value_and_slope(shape, z):
    with np.errstate(all="ignore"):
        a = shape.forward(z[:, None])
        return a[:, 0], shape.backward(np.ones_like(a), z[:, None], a)[:, 0]


def check_shape(shape, z, found, dtype):
    """Assert that values and slopes, as computed, are near the exact ones."""
    for number, *computed in zip(z.tolist(), *found, strict=True):
        right = exact_value_and_slope(shape, number)
        for kind, one, expected in zip(("value", "slope"), computed, right, strict=True):
            if kind == "slope" and at_kink(shape, number):
                continue
            bound, of = looser(kind, shape.name, dtype)
            error = units(one, expected, dtype, scale(of, number))
            assert error <= allowed(bound, expected, dtype, number), (kind, number, one, error)


@of_type
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if not shape.is_coupled()], ids=lambda shape: shape.name)
def test_values_and_slopes_at_every_size(shape, dtype):
    z = numbers(dtype)
    check_shape(shape, z, value_and_slope(shape, z), dtype)


@of_type
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if not shape.is_coupled()], ids=lambda shape: shape.name)
@settings(max_examples=4)
@given(data=st.data())
def test_values_and_slopes_of_any_number(shape, dtype, data):
    width = 8 * np.dtype(dtype).itemsize
    any_number = st.floats(width=width, allow_nan=False, allow_infinity=False)
    z = np.array(data.draw(st.lists(any_number | st.floats(-50, 50, width=width), min_size=4, max_size=4)), dtype)
    check_shape(shape, z, value_and_slope(shape, z), dtype)


ROWS = [
    [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [1e4, -1e4, 0.0], [3e38, -3e38, 0.0], [3e38, 3e38, 1.0], [-3e38, -3e38, -3e38],
    [1e-40, -1e-40, 0.0], [100.0, 0.0, -100.0], [88.0, 89.0, 87.0], [-745.0, 0.0, 745.0], [1e30, 1e4, 1.0], [5.0],
    [-1e4, -1e4 + 1, -1e4 + 2], [20.0, 0.0, -20.0], [36.5, 0.25, 0.0], [-3e38, 1.0, 2.0],
]  # fmt: skip


@of_type
@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.is_coupled()], ids=lambda shape: shape.name)
def test_what_takes_a_whole_row(shape, row, dtype):
    z = np.array([row], dtype)
    g = np.linspace(-1, 2, len(row), dtype=dtype)[None]
    with np.errstate(all="ignore"):
        a = shape.forward(z)
        back = shape.backward(g, z, a)
    values = exact(shape.tree(), z=z[0].tolist())
    backs = exact(shape.pullback_tree(), g=g[0].tolist(), z=z[0].tolist(), a=values)
    for kind, found, expected in (("value", a, values), ("slope", back, backs)):
        bound, of = looser(kind, shape.name, dtype)
        for one, right, number in zip(found[0], expected, z[0].tolist(), strict=True):
            assert units(one, right, dtype, scale(of, max(map(abs, row)))) <= bound, (kind, number, one, right)


def targets(loss):
    low, high = loss.targets
    return [0.0, 1.0] if high == 1 else [0.0, 1.0, 3.0, 1e-5] if low == 0 else [0.0, -1.5, 1e4, -3e38, 1e-40]


def outputs(loss, dtype):
    """Outputs a for which the loss is defined."""
    low, high = loss.domain
    if high == 1:
        return np.array([1e-38, 1e-20, 1e-8, 0.1, 0.5, 0.9, 1 - 2.0**-20], dtype)
    found = numbers(dtype)
    least = np.finfo(dtype).smallest_normal if low == 0 else low  # below it y/a is infinite
    return found[(found >= least) & (found < high)]


@of_type
@pytest.mark.parametrize("loss", [cls() for cls in LOSSES.values()], ids=lambda loss: loss.name)
def test_losses_and_their_slopes(loss, dtype):
    for y in np.array(targets(loss), dtype).tolist():
        a = outputs(loss, dtype)
        with np.errstate(all="ignore"):
            found = {form: getattr(loss, form)(a, np.full_like(a, y)) for form in ("forward", "backward")}
        for form, tree in (("forward", loss.tree()), ("backward", loss.slope_tree())):
            bound, of = looser(form, loss.name, dtype)
            for one, number in zip(found[form], a.tolist(), strict=True):
                right = exact(tree, a=number, y=y, **loss.parameters)[0]
                error = units(one, right, dtype, scale(of, max(abs(number), abs(y))), TWICE)
                assert error <= bound, (form, number, y, one, mpmath.nstr(right, 9), error)


@of_type
@pytest.mark.parametrize("pair", PAIRS.values(), ids=lambda pair: pair.name)
def test_the_pairs_that_are_computed_from_z(pair, dtype):
    shape, loss = pair.activation(), pair.loss()
    rows = [row for row in ROWS if len(row) > 1] if shape.is_coupled() else [[z] for z in numbers(dtype).tolist()]
    ys = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.25, 0.5, 0.25]] if shape.is_coupled() else [[y] for y in targets(loss)]
    for row in rows:
        for y in ys:
            if max(map(abs, row)) * max(y) > float(np.finfo(dtype).max):  # infinite, of either sign
                continue
            check_pair(pair(), shape, np.array([row], dtype), np.array([y], dtype), dtype)


def check_pair(pair, shape, z, y, dtype):
    with np.errstate(all="ignore"):
        a = shape.forward(z)
        found = {"loss": pair.compute("value", z=z, y=y)[0], "delta": pair.compute("delta", a=a, y=y)[0]}
    known = {"z": z[0].tolist(), "y": y[0].tolist()}
    a = exact(shape.tree(), z=known["z"])
    right = {"loss": exact(pair.tree(), **known), "delta": exact(pair.tree("delta"), a=a, **known)}
    for kind, computed in found.items():
        bound, of = looser(kind, pair.name, dtype)
        for one, expected in zip(computed, right[kind], strict=True):
            error = units(one, expected, dtype, scale(of, np.abs(known["z"]).max()), TWICE)
            assert error <= bound, (kind, known, one, mpmath.nstr(expected, 9), error)
