"""The reference engine: its gradient belongs to its loss, with every option; its updates are the formulas'."""

import numpy as np
import pytest
import scipy.sparse

from clearprop import Network, backward, forward, loss
from clearprop.engines import Data, Job, ReferenceEngine, TrainingState, prepared
from clearprop.errors import DivergenceError
from clearprop.formulas import SGD, UPDATE_RULES, AdamW, update_rule
from clearprop.job.randomness import masks
from clearprop.job.state import rates as rates_of
from clearprop.network import Dense
from clearprop.network.specs import activation

ENGINE = ReferenceEngine()
random = np.random.default_rng(0)
X = random.standard_normal((11, 3))
Y = np.eye(2)[random.integers(0, 2, 11)]
WEIGHT = random.uniform(0, 2, 11)
NETWORK = Network.mlp([3, 5, 2], hidden="tanh", loss="cross_entropy")


def central_difference(function, theta, step=1e-5):
    found = np.empty_like(theta)
    for i in range(len(theta)):
        moved = theta.copy()
        moved[i] += step
        above = function(moved)
        moved[i] -= 2 * step
        found[i] = (above - function(moved)) / (2 * step)
    return found


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("options", [{}, {"l2": 0.3}, {"l1": 0.2}, {"label_smoothing": 0.1}, {"l1": 0.1, "l2": 0.1}])
def test_the_gradient_belongs_to_the_objective(options, weight):
    job = Job(NETWORK, **options)
    data = prepared(job, X, Y, weight)
    theta = NETWORK.initial(seed=1).theta
    _, gradient = ENGINE.loss_and_gradient(job, theta, data)
    expected = central_difference(lambda moved: ENGINE.loss_and_gradient(job, moved, data)[0], theta)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


def test_penalties_leave_the_biases_alone_and_are_shared_among_the_rows():
    theta = NETWORK.initial(seed=1).theta + 0.1
    data = prepared(Job(NETWORK), X, Y, WEIGHT)
    plain, _ = ENGINE.loss_and_gradient(Job(NETWORK), theta, data)
    penalised, _ = ENGINE.loss_and_gradient(Job(NETWORK, l1=0.2, l2=0.3), theta, data)
    weights = np.concatenate([W.ravel() for W in NETWORK.views(theta).W])
    expected = (0.3 * (weights**2).sum() / 2 + 0.2 * np.abs(weights).sum()) / WEIGHT.sum()
    assert penalised - plain == pytest.approx(expected)


def test_a_weight_of_two_is_the_row_twice():
    twice = np.r_[np.arange(11), 4]
    weight = np.ones(11)
    weight[4] = 2
    job = Job(NETWORK, l2=0.3)
    theta = NETWORK.initial(seed=1).theta
    weighted = ENGINE.loss_and_gradient(job, theta, prepared(job, X, Y, weight))
    repeated = ENGINE.loss_and_gradient(job, theta, prepared(job, X[twice], Y[twice]))
    assert weighted[0] == pytest.approx(repeated[0], rel=1e-12)
    np.testing.assert_allclose(weighted[1], repeated[1], rtol=1e-10, atol=1e-14)


def test_loss_in_blocks_is_the_loss_of_all_rows(monkeypatch):
    monkeypatch.setattr("clearprop.job.memory.ROWS_AT_ONCE", 4)
    params = NETWORK.initial(seed=1)
    for weight in (None, WEIGHT):
        assert ENGINE.loss(NETWORK, params, Data(X, Y, weight)) == pytest.approx(loss(NETWORK, params, X, Y, weight))
    np.testing.assert_allclose(ENGINE.outputs(NETWORK, params, X), forward(NETWORK, params, X).a[2], rtol=1e-14)


@pytest.mark.parametrize("name", UPDATE_RULES)
def test_updates_are_the_rule_applied_to_the_gradient(name, monkeypatch):
    monkeypatch.setattr("clearprop.engines.reference.NUMBERS_AT_ONCE", 7)  # the pieces must not show
    rule = update_rule(name)
    job = Job(NETWORK, update_rule=rule, batch_size=4, shuffle=False)
    data = prepared(job, X, Y)
    state = TrainingState.start(job, NETWORK.initial(seed=1).theta)
    theta, memory = state.theta.copy(), [vector.copy() for vector in state.memory]
    decay = np.concatenate([np.full(block.stop - block.start, block.decay) for block in NETWORK.blocks])
    for t, rows in enumerate([slice(0, 4), slice(4, 8), slice(8, 11)], start=1):
        params = NETWORK.views(theta)
        gradient = backward(NETWORK, params, forward(NETWORK, params, X[rows]), Y[rows]).theta
        theta = theta - rule.learning_rate * rule.weight_decay * decay * theta
        named = dict(zip(rule.memory, memory, strict=True))
        moved = rule.compute("update", theta=theta, g=gradient, rate=rule.learning_rate, t=t, **named)
        theta, *memory = moved if isinstance(moved, tuple) else (moved,)
    ENGINE.steps(job, state, data, np.arange(11), rates_of(job, state, 11, 3))
    np.testing.assert_allclose(state.theta, theta, rtol=1e-12)
    assert (state.step, state.cursor) == (3, 3)


def test_each_block_has_its_own_rate_and_decay():
    slow = Network(
        (
            Dense(3, 5, activation("tanh"), weight_rate=0.5, bias_rate=0.0),
            Dense(5, 2, activation("softmax"), weight_decay=0.0, bias_decay=2.0),
        ),
        NETWORK.loss,
    )
    rule = AdamW(0.1, weight_decay=0.1)
    job = Job(slow, update_rule=rule, batch_size=11, shuffle=False)
    start = slow.initial(seed=1).theta + 0.1
    state = TrainingState.start(job, start)
    data = prepared(job, X, Y)
    ENGINE.steps(job, state, data, np.arange(11), rates_of(job, state, 11, 1))
    params = slow.views(start)
    gradient = slow.views(backward(slow, params, forward(slow, params, X), Y).theta)
    moved, before = slow.views(state.theta), params

    def expected(value, g, rate, decay):
        decayed = value * (1 - rate * decay * 0.1)
        return decayed - rate * g / (np.abs(g) + 1e-8)  # Adam's first step

    np.testing.assert_allclose(moved.W[1], expected(before.W[1], gradient.W[1], 0.05, 1.0), rtol=1e-9)
    np.testing.assert_array_equal(moved.b[1], before.b[1])
    np.testing.assert_allclose(moved.W[2], expected(before.W[2], gradient.W[2], 0.1, 0.0), rtol=1e-9)
    np.testing.assert_allclose(moved.b[2], expected(before.b[2], gradient.b[2], 0.1, 2.0), rtol=1e-9)


def test_dropout_uses_the_masks_of_the_step():
    job = Job(NETWORK, update_rule=SGD(0.1), dropout=(0.1, 0.5), batch_size=11, shuffle=False, seed=5)
    state = TrainingState.start(job, NETWORK.initial(seed=1).theta)
    state.step = 3
    params = NETWORK.views(state.theta.copy())
    mask = masks(job, 3, 11, np.float64)
    gradient = backward(NETWORK, params, forward(NETWORK, params, X, mask), Y).theta
    ENGINE.steps(job, state, prepared(job, X, Y), np.arange(11), np.array([0.1]))
    np.testing.assert_allclose(state.theta, params.theta - 0.1 * gradient, rtol=1e-12)


def test_clipping_shortens_the_gradient_to_the_limit():
    job = Job(NETWORK, update_rule=SGD(1.0), clip_norm=0.01, batch_size=11)
    state = TrainingState.start(job, NETWORK.initial(seed=1).theta)
    before = state.theta.copy()
    ENGINE.steps(job, state, prepared(job, X, Y), np.arange(11), np.array([1.0]))
    assert np.linalg.norm(state.theta - before) == pytest.approx(0.01)
    assert np.hypot.reduce(state.gradient_norms) > 0.01  # what is reported is what was found


def test_a_batch_of_weight_zero_changes_nothing_but_the_count():
    job = Job(NETWORK, batch_size=4, shuffle=False)
    weight = np.r_[np.zeros(4), np.ones(7)]
    state = TrainingState.start(job, NETWORK.initial(seed=1).theta)
    before = state.theta.copy()
    ENGINE.steps(job, state, prepared(job, X, Y, weight), np.arange(11), np.array([0.1]))
    np.testing.assert_array_equal(state.theta, before)
    assert (state.step, state.cursor, state.weight_sum) == (1, 1, 0)


@pytest.mark.parametrize(("scale", "cause"), [(1e200, "scale the columns"), (1.0, "learning rate")])
def test_divergence_names_epoch_step_and_layer_and_keeps_the_last_good_weights(scale, cause):
    network = Network.mlp([3, 5, 1], hidden="identity", loss="squared_error")
    job = Job(network, update_rule=SGD(1e200), batch_size=2)
    state = TrainingState.start(job, network.initial(seed=1).theta)
    data = prepared(job, scale * X, X[:, :1])
    with pytest.raises(DivergenceError, match=cause) as caught:
        ENGINE.steps(job, state, data, np.arange(11), np.full(5, 1e200))
    assert caught.value.epoch == 1
    assert caught.value.step == state.step + 1
    assert np.isfinite(state.theta).all()


def test_float32_stays_float32():
    job = Job(NETWORK, update_rule=AdamW(), l1=0.1, l2=0.1, clip_norm=1.0, label_smoothing=0.1, dropout=(0.1, 0.5))
    data = prepared(job, X, Y, WEIGHT, dtype=np.float32)
    state = TrainingState.start(job, NETWORK.initial(seed=1, dtype=np.float32).theta)
    ENGINE.steps(job, state, data, np.arange(11), np.array([0.1]))
    assert {state.theta.dtype, *(vector.dtype for vector in state.memory)} == {np.dtype("float32")}
    assert ENGINE.loss_and_gradient(job, state.theta, data)[1].dtype == np.float32
    assert ENGINE.outputs(NETWORK, NETWORK.views(state.theta), data.X).dtype == np.float32


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
def test_all_rows_in_blocks_are_the_same_as_all_rows_at_once(weight, monkeypatch):
    job = Job(NETWORK, l1=0.1, l2=0.3)
    data, theta = prepared(job, X, Y, weight), NETWORK.initial(seed=1).theta
    at_once = ENGINE.loss_and_gradient(job, theta, data)
    sparse = prepared(job, scipy.sparse.csr_array(X), Y, weight)
    monkeypatch.setattr("clearprop.job.memory.ROWS_AT_ONCE", 4)
    for found in (ENGINE.loss_and_gradient(job, theta, data), ENGINE.loss_and_gradient(job, theta, sparse)):
        assert found[0] == pytest.approx(at_once[0], rel=1e-14)
        np.testing.assert_allclose(found[1], at_once[1], rtol=1e-12)


def test_the_penalty_in_the_loss_is_its_textbook_value():
    job, theta = Job(NETWORK, l1=0.1, l2=0.3), NETWORK.initial(seed=1).theta
    weights = np.concatenate([W.ravel() for W in NETWORK.views(theta).W])
    penalty = (0.1 * np.abs(weights) + 0.3 / 2 * weights**2).sum() / WEIGHT.sum()
    plain = loss(NETWORK, NETWORK.views(theta), X, Y, WEIGHT)
    assert ENGINE.loss_and_gradient(job, theta, prepared(job, X, Y, WEIGHT))[0] == pytest.approx(plain + penalty)
