"""`train`: every option reaches the job, and bad input is answered with a sentence."""

import importlib

import numpy as np
import pytest

from clearprop import Network, adam, forward, loss, sgd, train
from clearprop.engines import choose
from clearprop.errors import ClearpropError, InputError, ShapeError, UnknownNameError
from clearprop.formulas import LOSSES, SCHEDULES, UPDATE_RULES, StepSchedule

random = np.random.default_rng(0)
X = random.standard_normal((60, 3))
Y = np.tanh(X[:, :1] - X[:, 1:2] * X[:, 2:])
NETWORK = Network.mlp([3, 8, 1], hidden="tanh")


@pytest.mark.parametrize("name", [*UPDATE_RULES, "lbfgs"])
def test_every_optimizer_lowers_the_loss(name):
    params = NETWORK.initial(seed=0)
    trained = train(NETWORK, params, X, Y, optimizer=name, epochs=60, batch_size=20)
    assert loss(NETWORK, trained.parameters, X, Y) < 0.9 * loss(NETWORK, params, X, Y)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_goes_with_training(name):
    trained = train(NETWORK, NETWORK.initial(), X, Y, learning_rate_schedule=name, epochs=5, batch_size=20)
    assert np.isfinite([epoch.loss for epoch in trained.history]).all()


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_trains(name):
    targets = {"cross_entropy": np.eye(3)[np.argmax(X, axis=1)], "binary_cross_entropy": (X > 0).astype(float)}
    Y = targets.get(name, np.abs(X))
    network = Network.mlp([3, 8, 3], loss=name)
    params = network.initial(seed=1)
    trained = train(network, params, X, Y, epochs=40, batch_size=10, optimizer=adam(0.01))
    assert loss(network, trained.parameters, X, Y) < loss(network, params, X, Y)


def test_the_given_parameters_are_left_as_they_are():
    params = NETWORK.initial(seed=0)
    before = params.theta.copy()
    train(NETWORK, params, X, Y, epochs=2)
    np.testing.assert_array_equal(params.theta, before)


def test_validation_rows_decide_when_to_stop_and_which_weights_stay():
    trained = train(NETWORK, NETWORK.initial(), X[:20], Y[:20], validation=(X[20:], Y[20:]), epochs=500, patience=5)
    losses = [epoch.scores["validation_loss"] for epoch in trained.history]
    assert loss(NETWORK, trained.parameters, X[20:], Y[20:]) == pytest.approx(min(losses))
    assert "were put back" in trained.reason


def test_training_goes_on_from_a_state_with_the_optimizers_memory():
    options = {"optimizer": "adam", "batch_size": 20, "patience": 1000}
    whole = train(NETWORK, NETWORK.initial(), X, Y, epochs=10, **options)
    half = train(NETWORK, NETWORK.initial(), X, Y, epochs=5, **options)
    rest = train(NETWORK, NETWORK.initial(), X, Y, epochs=10, state=half.state, **options)
    np.testing.assert_array_equal(rest.parameters.theta, whole.parameters.theta)
    assert [epoch.n for epoch in rest.history] == [6, 7, 8, 9, 10]


def test_a_state_is_not_changed_by_going_on_from_it():
    half = train(NETWORK, NETWORK.initial(), X, Y, epochs=5)
    before = half.state.theta.copy()
    train(NETWORK, NETWORK.initial(), X, Y, epochs=10, state=half.state)
    np.testing.assert_array_equal(half.state.theta, before)


def test_dropout_as_one_number_is_for_the_hidden_layers():
    one = train(NETWORK, NETWORK.initial(), X, Y, dropout=0.5, epochs=3).parameters.theta
    listed = train(NETWORK, NETWORK.initial(), X, Y, dropout=[0.0, 0.5], epochs=3).parameters.theta
    np.testing.assert_array_equal(one, listed)


@pytest.mark.parametrize(
    "option",
    [
        {"l1": 0.1}, {"l2": 0.1}, {"dropout": 0.2}, {"clip_norm": 0.01}, {"batch_size": 7}, {"shuffle": False},
        {"seed": 1}, {"sample_weight": np.arange(60.0)}, {"learning_rate_schedule": StepSchedule(step_size=2)},
        {"optimizer": sgd(0.2)}, {"optimizer": adam(weight_decay=0.1)},
    ],
)  # fmt: skip
def test_no_option_is_ignored(option):
    network = Network.mlp([3, 8, 1], hidden="tanh", loss="binary_cross_entropy")
    targets = (Y > 0).astype(float)
    common = {"epochs": 4, "batch_size": 20}
    plain = train(network, network.initial(), X, targets, **common).parameters.theta
    assert not np.array_equal(train(network, network.initial(), X, targets, **common | option).parameters.theta, plain)


def test_label_smoothing_moves_the_best_outputs_from_the_ends():
    network = Network.mlp([2, 2], loss="cross_entropy")
    classes = np.eye(2)[[0, 1, 1, 0, 1]]
    options = {"optimizer": "lbfgs", "epochs": 1000, "label_smoothing": 0.2}
    smooth = train(network, network.initial(), classes, classes, **options).parameters
    np.testing.assert_allclose(forward(network, smooth, classes).a[1], 0.8 * classes + 0.1, atol=1e-3)


def test_verbose_prints_a_line_for_each_epoch(capsys):
    train(NETWORK, NETWORK.initial(), X, Y, epochs=3, verbose=True, engine="reference")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Iteration 1, loss = 0.")


def test_verbose_says_what_the_engine_must_do_first(capsys, monkeypatch):
    preparation = "clearprop.engines.compiled.engine.CompiledEngine.preparation"
    monkeypatch.setattr(preparation, lambda engine, dtype: f"warms up for {dtype}")
    train(NETWORK, NETWORK.initial(), X, Y, epochs=1, verbose=True, engine="compiled")
    assert capsys.readouterr().out.splitlines()[0] == "engine compiled: warms up for float64"


def test_without_verbose_nothing_is_printed(capsys):
    train(NETWORK, NETWORK.initial(), X, Y, epochs=3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"optimizer": "adma"}, UnknownNameError, "did you mean 'adam'"),
        ({"optimizer": 3}, InputError, "must be a name"),
        ({"learning_rate_schedule": "cosin"}, UnknownNameError, "did you mean 'cosine'"),
        ({"engine": "gpu"}, UnknownNameError, "there is no engine 'gpu'"),
        ({"epochs": 0}, InputError, "epochs must be a whole number of at least 1"),
        ({"dropout": [0.1]}, InputError, "dropout must name a fraction for each"),
        ({"dropout": 1.5}, InputError, "dropout fraction"),
        ({"validation": (X[:, :2], Y)}, ShapeError, "X must have shape"),
        ({"validation": (X,)}, InputError, r"validation must be a pair \(X, Y\)"),
        ({"sample_weight": np.ones(3)}, ShapeError, "sample_weight must have shape"),
        ({"patience": 0}, InputError, "patience must be at least 1"),
        ({"sample_weight": np.zeros(60)}, InputError, "the weight of every row is zero"),
    ],
)
def test_bad_options_are_answered_with_a_sentence(change, error, said):
    with pytest.raises(error, match=said):
        train(NETWORK, NETWORK.initial(), X, Y, **change)


def test_a_state_of_another_network_is_refused():
    other = Network.mlp([3, 2, 1])
    state = train(other, other.initial(), X, Y, epochs=1).state
    with pytest.raises(ClearpropError, match="belongs to another network or optimizer"):
        train(NETWORK, NETWORK.initial(), X, Y, state=state)


def test_a_state_of_another_optimizer_is_refused():
    state = train(NETWORK, NETWORK.initial(), X, Y, epochs=1, optimizer="sgd").state
    with pytest.raises(ClearpropError, match="belongs to another network or optimizer"):
        train(NETWORK, NETWORK.initial(), X, Y, state=state, optimizer="adam")


def test_class_weight_is_not_ignored():
    network = Network.mlp([3, 2], loss="cross_entropy")
    classes = np.eye(2)[(Y[:, 0] > 0).astype(int)]
    plain, weighted = (
        train(network, network.initial(), X, classes, epochs=4, class_weight=given).parameters.theta
        for given in (None, np.array([1.0, 2.0]))
    )
    assert not np.array_equal(plain, weighted)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"class_weight": {0: 1.0}}, "class_weight must be a sequence of numbers"),
        ({"class_weight": 2.0}, "class_weight must be a sequence of numbers"),
        ({"class_weight": "balanced"}, "class_weight must be a sequence of numbers"),
        ({"tolerance": None}, "tolerance must be at least 0, not None"),
        ({"patience": "long"}, "patience must be at least 1 epoch, not 'long'"),
        ({"max_seconds": "1"}, "max_seconds must be above 0, not '1'"),
        ({"callbacks": print}, "callbacks must be a sequence of functions"),
        ({"callbacks": [5]}, "callbacks must be a sequence of functions"),
        ({"n_threads": 0}, "n_threads must be a whole number of at least 1, or None for all cores, not 0"),
        ({"n_threads": "all"}, "n_threads must be a whole number"),
        ({"state": "before"}, "state must be a TrainingState"),
    ],
)
def test_an_option_of_another_kind_is_refused(option, said):
    with pytest.raises(InputError, match=said):
        train(NETWORK, NETWORK.initial(), X, Y, epochs=1, **option)


def test_dropout_as_an_array():
    one = train(NETWORK, NETWORK.initial(), X, Y, dropout=np.array([0.0, 0.5]), epochs=3).parameters.theta
    listed = train(NETWORK, NETWORK.initial(), X, Y, dropout=[0.0, 0.5], epochs=3).parameters.theta
    np.testing.assert_array_equal(one, listed)


def test_the_number_of_threads_reaches_the_engine_and_changes_nothing(monkeypatch):
    asked = []

    def watched(name, job, layout, n_threads=None, *more):
        asked.append(n_threads)
        return choose(name, job, layout, n_threads, *more)

    module = importlib.import_module("clearprop.training.train")  # the package's `train` is the function
    monkeypatch.setattr(module, "choose", watched)
    found = [
        train(NETWORK, NETWORK.initial(), X, Y, epochs=3, n_threads=threads).parameters.theta
        for threads in (None, 1, np.int64(2))
    ]
    assert asked == [None, 1, 2]
    assert type(asked[-1]) is int
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
