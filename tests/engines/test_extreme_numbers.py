"""Both engines where numbers are at their ends: near the exact values, finite or an error that says where.

The compiled engine's logistic function is 0 where the exact value would be a denormal number.
A network whose matrices are the identity brings every number as it is to a neuron of its own, and its slope back.
"""

import numpy as np
import pytest

from clearprop.engines import Data, Job, ReferenceEngine, TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import DivergenceError
from clearprop.formulas import ACTIVATIONS, LOSSES
from clearprop.job.state import rates as rates_of
from clearprop.network import Network
from exact_values import DTYPES, allowed, at_kink, exact, exact_value_and_slope, looser, numbers, scale, units

ENGINES = pytest.mark.parametrize("engine", [ReferenceEngine, CompiledEngine])
of_type = pytest.mark.parametrize("dtype", DTYPES)
SHAPES = [cls for name, cls in ACTIVATIONS.items() if name == cls.name]


def identity(n, names, dtype, loss="absolute_error"):
    """A network of n neurons in each layer, all weights 1 from each to its own next one."""
    network = Network.mlp([n] * (len(names) + 1), hidden=names[:-1], output=names[-1], loss=loss)
    params = network.parameters([np.eye(n)] * len(names), [np.zeros(n)] * len(names))
    return network, network.views(params.theta.astype(dtype))


def values_and_slopes(engine, shape, z):
    """What an engine makes of each number, and the gradient of its neuron's bias where the error behind it is 1."""
    n, dtype = len(z), z.dtype
    network, params = identity(n, [shape.name, "identity"], dtype)
    a = engine.outputs(network, params, z[None])
    below = a - np.maximum(np.abs(a) / 2, np.finfo(dtype).smallest_normal * 4)  # so that ∂C/∂a = sign(a − y) = 1
    gradient = engine.loss_and_gradient(Job(network), params.theta, Data(z[None], below))[1]
    return a[0], network.views(gradient).b[1]


@ENGINES
@of_type
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if not shape.is_coupled()], ids=lambda shape: shape.name)
def test_values_and_slopes_are_near_the_exact_ones(engine, dtype, shape):
    z = numbers(dtype)
    largest = float(np.finfo(dtype).max)
    right = {number: exact_value_and_slope(shape(), number) for number in z.tolist()}
    # 0·∞ would be in every sum that an infinite value is in
    z = np.array([number for number in z.tolist() if abs(right[number][0]) < largest / 2], dtype)
    with np.errstate(all="ignore"):
        found = values_and_slopes(engine(), shape, z)
    for place, kind in enumerate(("value", "slope")):
        bound, of = looser(kind, shape.name, dtype)
        for one, number in zip(found[place], z.tolist(), strict=True):
            error = units(one, right[number][place], dtype, scale(of, number))
            bounded = error <= allowed(bound, right[number][place], dtype, number)
            is_flushed = one == 0 and abs(right[number][place]) < max(1, abs(number)) * np.finfo(dtype).smallest_normal
            at_corner = kind == "slope" and at_kink(shape, number)
            assert bounded or is_flushed or at_corner, (kind, number, one, error)


@ENGINES
@of_type
@pytest.mark.parametrize("row", [[1e4, -1e4, 0.0], [3e38, -3e38, 1.0], [1e-40, -1e-40, 0.0], [300.0, 299.0, 0.0]])
def test_softmax_of_huge_logits(engine, dtype, row):
    z = np.array([row], dtype)
    network, params = identity(3, ["softmax"], dtype, "cross_entropy")
    right = exact(ACTIVATIONS["softmax"].tree(), z=z[0].tolist())
    with np.errstate(all="ignore"):
        found = engine().outputs(network, params, z)[0]
        data = Data(z, np.array([[1.0, 0.0, 0.0]], dtype))
        cost, gradient = engine().loss_and_gradient(Job(network), params.theta, data)
    bound, of = looser("value", "softmax", dtype)
    for one, expected in zip(found, right, strict=True):
        assert units(one, expected, dtype, scale(of, max(map(abs, row)))) <= bound
    assert np.isfinite(cost)
    np.testing.assert_allclose(network.views(gradient).b[1], found - [1, 0, 0], rtol=1e-6)


def step(engine, dtype, output, loss, size):
    """The state after one update from logits of this size, or what the error says."""
    network, params = identity(3, [output.name], dtype, loss.name)
    X = np.array([[size, -size, 0.0], [-size, size, 1.0]], dtype)
    are_shares = loss.targets[0] == 0
    Y = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] if are_shares else X / 2, dtype)
    job = Job(network, batch_size=2)
    state = TrainingState.start(job, params.theta)
    try:
        engine.steps(job, state, Data(X, Y), np.arange(2), rates_of(job, state, 2, 1))
    except DivergenceError as error:
        return None, str(error)
    return state, ""


@ENGINES
@of_type
@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda cls: cls.name)
def test_a_step_is_finite_or_the_error_says_where(engine, dtype, loss):
    for output in (shape for shape in SHAPES if loss.fits(shape)):
        for size in (1e-40, 1e4, 3e38):
            state, said = step(engine(), dtype, output, loss, size)
            case = (output.name, size, said)
            if state is None:
                assert size > 1, case
                assert "step 1" in said, case
                assert "layer" in said or "loss" in said, case
            else:
                assert np.isfinite([*state.theta, state.loss_sum]).all(), case
