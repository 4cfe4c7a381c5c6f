"""Targets kept as the numbers of classes: every engine computes with them what it computes with the matrix."""

import numpy as np
import pytest

from clearprop import MLPClassifier, Network, TabularClassifier
from clearprop.engines import Job, OneHot, ReferenceEngine, TrainingState, prepared
from clearprop.engines.compiled import engine as module
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.estimators import perceptron, validation
from clearprop.job.memory import bytes_copied
from clearprop.network import memory

RANDOM = np.random.default_rng(0)
CODES = RANDOM.integers(0, 5, 60)
X = RANDOM.standard_normal((60, 3))
NETWORK = Network.mlp([3, 6, 5], loss="cross_entropy")
JOBS = {
    "plain": {},
    "smoothed, classes weighed": {"label_smoothing": 0.1, "class_weight": (1.0, 2.0, 0.5, 1.0, 0.0)},
    "dropout and penalties": {"dropout": (0.0, 0.5), "l2": 0.1},
}
ENGINES = pytest.mark.parametrize(
    "engine", [ReferenceEngine(), CompiledEngine(1), CompiledEngine(2)], ids=["reference", "one", "two"]
)


def both(options):
    job = Job(NETWORK, batch_size=16, **options)
    one_hot = OneHot(CODES, 5, np.float64)
    return job, [prepared(job, X, Y, np.linspace(1, 2, 60)) for Y in (one_hot, one_hot.dense())]


def test_it_is_like_the_matrix():
    Y = OneHot(CODES, 5, np.float32)
    assert (Y.shape, Y.ndim, Y.dtype, len(Y)) == ((60, 5), 2, np.float32, 60)
    np.testing.assert_array_equal(Y.dense(), np.eye(5, dtype=np.float32)[CODES])
    np.testing.assert_array_equal(Y[[3, 1]].dense(), Y.dense()[[3, 1]])
    np.testing.assert_array_equal(Y.argmax(axis=1), CODES)


@ENGINES
@pytest.mark.parametrize("options", JOBS.values(), ids=JOBS)
def test_training_has_the_same_bits(engine, options):
    job, data = both(options)
    found = []
    for rows in data:
        state = TrainingState.start(job, NETWORK.initial(seed=1).theta)
        engine.steps(job, state, rows, np.arange(60)[::-1].copy(), np.full(4, 0.01))
        found.append((state.theta, state.loss_sum))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


@ENGINES
@pytest.mark.parametrize("options", [JOBS["plain"], JOBS["smoothed, classes weighed"]])
def test_loss_and_gradient_have_the_same_bits(engine, options):
    job, (codes, dense) = both(options)
    params = NETWORK.initial(seed=1)
    (cost, gradient), (expected, slopes) = (
        engine.loss_and_gradient(job, params.theta, rows) for rows in (codes, dense)
    )
    assert cost == expected
    np.testing.assert_array_equal(gradient, slopes)
    assert engine.loss(NETWORK, params, codes) == engine.loss(NETWORK, params, dense)


def test_code_that_is_printed_for_a_tiny_network_reads_them_too(monkeypatch):
    monkeypatch.setattr(module, "is_tiny", lambda job, samples: True)
    job, data = both({})
    engine, found = CompiledEngine(1), []
    for rows in data:
        state = TrainingState.start(job, NETWORK.initial(seed=1).theta)
        engine.steps(job, state, rows, np.arange(60), np.full(4, 0.01))
        found.append(state.theta)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("code", [-1, 5])
def test_a_class_that_there_is_not_is_refused(code):
    job, (data, _) = both({})
    wrong = CODES.copy()
    wrong[7] = code
    with pytest.raises(ShapeError, match="classes are numbers from 0 to 4"):
        CompiledEngine(1).loss_and_gradient(job, NETWORK.initial().theta, data._replace(Y=OneHot(wrong, 5, np.float64)))


def test_a_hundred_thousand_classes_cost_no_more_than_their_numbers():
    many = OneHot(np.arange(100_000), 100_000, np.float64)
    assert bytes_copied((np.zeros((100_000, 2)), many), np.float64) == 0


def test_estimators_learn_many_classes_where_the_weights_fit(monkeypatch):
    """As matrices the targets of these rows would take 1.6 GB, and twice as much while they are made."""
    y, classes = np.tile(np.arange(10_000), 2), np.arange(10_000)
    monkeypatch.setattr(memory, "available", lambda: 400_000_000)
    model = MLPClassifier((2,), random_state=0)
    rows, _ = model._rows(np.zeros((20_000, 2)), y, None, model._learn_targets(y))
    assert isinstance(rows.Y, OneHot)
    assert rows.Y.shape == (20_000, 10_000)
    model.partial_fit(np.ones((20, 2)), y[:20], classes=classes)
    assert model.predict(np.ones((1, 2))).shape == (1,)


@pytest.mark.filterwarnings("ignore:adam. training stopped at the preset number")
@pytest.mark.parametrize("weighted", [False, True])
def test_many_classes_are_predicted_and_judged_in_blocks_of_rows(monkeypatch, weighted):
    """Whole, the outputs for validation rows of 100,000 classes fill the memory; in blocks they say the same."""
    X, y = RANDOM.standard_normal((120, 3)), np.arange(120) % 6
    weight = RANDOM.uniform(size=120) if weighted else None
    options = {"random_state": 0, "max_iter": 3, "early_stopping": True, "validation_fraction": 0.4}
    fitted = []
    for most in (perceptron.NUMBERS_AT_ONCE, 6 * 7):
        monkeypatch.setattr(perceptron, "NUMBERS_AT_ONCE", most)
        monkeypatch.setattr(validation, "NUMBERS_AT_ONCE", most)
        fitted.append(MLPClassifier((4,), **options).fit(X, y, sample_weight=weight))
    whole, blocks = fitted
    assert blocks.validation_scores_ == pytest.approx(whole.validation_scores_, rel=1e-12)
    np.testing.assert_array_equal(blocks.predict(X), whole.predict(X))
    assert blocks.score(X, y) == whole.score(X, y)
    blocks.coefs_[0][:] = np.where(np.arange(4) == 1, 1e308, 0)
    broken = np.where(np.arange(120) == 80, 100, 0)[:, None] * np.ones((120, 3))
    with pytest.raises(NotFiniteError, match=r"row 80 \(counted from 0\)"):
        blocks.predict(broken)


def test_a_table_of_many_classes_asks_for_the_memory_of_its_predictions(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 30_000_000)
    monkeypatch.setattr(memory, "SMALL", 0)
    X, y = RANDOM.standard_normal((6000, 2)), np.arange(6000) % 3000
    model = TabularClassifier(hidden_layer_sizes=(2,), ensemble=1, max_iter=1, random_state=0)
    with pytest.raises(InputError, match=r"MB for predictions.*needs .* of memory, and 30 MB"):
        model.fit(X, y)


def test_weights_that_do_not_fit_are_refused_before_any_are_drawn(monkeypatch):
    drawn = []
    monkeypatch.setattr(memory, "available", lambda: 2 * 10**9)
    monkeypatch.setattr(Network, "initial", lambda *_, **__: drawn.append(1))
    wide = np.broadcast_to(0.0, (20, 200_000))
    with pytest.raises(
        InputError, match=r"training 20\d,\d+,\d+ parameters on 20 rows .* needs \d[\d.]* GB of memory, and 2 GB"
    ):
        MLPClassifier((1000,)).fit(wide, np.arange(20) % 2)
    assert not drawn


def test_predictions_that_do_not_fit_are_refused_with_the_bytes(monkeypatch):
    network, rows = Network.mlp([1, 1000]), np.broadcast_to(0.0, (10**9, 1))
    for engine in (ReferenceEngine(), CompiledEngine(1)):
        with pytest.raises(InputError, match=r"predicting 1,000 outputs for 1,000,000,000 rows needs 8 TB of memory"):
            engine.outputs(network, network.initial(), rows)
