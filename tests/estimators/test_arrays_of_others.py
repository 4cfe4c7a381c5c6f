"""Fits that go on from arrays which are read-only, mapped or shared: copied first, never written."""

import itertools
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from clearprop import MLPClassifier, MLPRegressor, Network, train
from clearprop.engines import Job, TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import InputError, ShapeError
from clearprop.job.data import Data
from clearprop.job.state import owned
from parallel_fits import learned_on, wide_rows

X = np.random.default_rng(0).standard_normal((60, 3))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
ENGINES = pytest.mark.parametrize("engine", ["auto", "reference"])


def theta(model):
    return model.parameters_.theta.copy()


def up(model):
    return [weights + 1 for weights in model.coefs_]


GO_ON = {
    "partial_fit": lambda model: model.partial_fit(X, Y),
    "warm start": lambda model: model.set_params(warm_start=True).fit(X, Y),
    "initial weights": lambda model: model.set_params(warm_start=True).fit(X, Y, coefs_init=up(model)),
    "weights set": lambda model: setattr(model, "coefs_", up(model)) or model,
}


WAYS = itertools.product(GO_ON, ["adam", "sgd", "lbfgs"])


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
@ENGINES
@pytest.mark.parametrize(("way", "solver"), [way for way in WAYS if way != ("partial_fit", "lbfgs")])
def test_a_mapped_estimator_goes_on_from_a_copy(way, solver, engine, mode, tmp_path):
    go_on = GO_ON[way]
    model = MLPClassifier((5,), solver=solver, engine=engine, max_iter=4, random_state=0).fit(X, Y)
    joblib.dump(model, tmp_path / "m.joblib")
    before = (tmp_path / "m.joblib").read_bytes()
    mapped = joblib.load(tmp_path / "m.joblib", mmap_mode=mode)
    assert isinstance(mapped._run.state.theta, np.memmap)
    expected, found = go_on(model), go_on(mapped)
    np.testing.assert_array_equal(theta(found), theta(expected))
    assert not np.array_equal(theta(found), joblib.load(tmp_path / "m.joblib").parameters_.theta)
    del mapped, found
    assert (tmp_path / "m.joblib").read_bytes() == before


def test_the_regressor_too_and_read_only_flags(tmp_path):
    model = MLPRegressor(hidden_layer_sizes=(5,), max_iter=4, random_state=0).fit(X, X[:, 0])
    expected = theta(pickle.loads(pickle.dumps(model)).partial_fit(X, X[:, 0]))
    kept = model._run.state.theta
    for array in (kept, *model._run.state.memory):
        array.setflags(write=False)
    before = kept.copy()
    np.testing.assert_array_equal(theta(model.partial_fit(X, X[:, 0])), expected)
    np.testing.assert_array_equal(kept, before)


def test_workers_of_joblib_which_map_large_arrays_go_on():
    model = MLPRegressor(hidden_layer_sizes=(100,), max_iter=1, random_state=0).fit(*wide_rows())  # 1.6 MB
    expected = learned_on(pickle.loads(pickle.dumps(model)))
    found = joblib.Parallel(n_jobs=2, max_nbytes="1M")(joblib.delayed(learned_on)(model) for _ in range(2))
    assert set(found) == {expected}


def test_a_fresh_fit_of_read_only_rows_writes_nothing_into_them():
    rows, labels, weight = X.copy(), Y.copy(), np.ones(60)
    for array in (rows, labels, weight):
        array.setflags(write=False)
    model = MLPClassifier((5,), max_iter=4, random_state=0)
    np.testing.assert_array_equal(
        theta(clone(model).fit(rows, labels, weight)), theta(clone(model).fit(X, Y, np.ones(60)))
    )


@ENGINES
def test_train_starts_from_read_only_parameters(engine):
    network = Network.mlp([3, 4, 1])
    start = network.initial(seed=1)
    start.theta.setflags(write=False)
    trained = train(network, start, X, X[:, :1], epochs=3, engine=engine)
    assert trained.parameters.theta.flags.writeable
    trained.state.theta.setflags(write=False)
    again = train(network, start, X, X[:, :1], epochs=6, engine=engine, state=trained.state)
    assert again.state.step > trained.state.step


def test_a_state_of_another_type_is_refused():
    network = Network.mlp([3, 4, 1])
    trained = train(network, network.initial(dtype="float64"), X, X[:, :1], epochs=1)
    with pytest.raises(InputError, match=r"the state to go on from is float64, and the parameters, .* are float32"):
        train(network, network.initial(dtype="float32"), X, X[:, :1], state=trained.state)


def test_what_is_owned_stays_and_what_is_not_is_copied(tmp_path):
    mine = np.arange(6.0)
    assert owned(mine) is mine
    row = np.zeros((2, 6))[1]
    assert owned(row) is row
    mapped = np.memmap(tmp_path / "m", dtype=float, mode="w+", shape=6)
    for foreign in (mapped, np.asarray(mapped), np.frombuffer(bytearray(48)), mine[::2], mine[::-1]):
        copy = owned(foreign)
        assert copy is not foreign
        assert type(copy) is np.ndarray
        assert copy.flags.owndata
        np.testing.assert_array_equal(copy, foreign)


def test_compiled_code_is_given_no_array_that_it_would_read_or_write_beyond():
    network = Network.mlp([3, 4, 1])
    job, rows = Job(network), Data(X, X[:, :1].copy())
    engine, order, rates = CompiledEngine(1), np.arange(60), np.array([0.1])

    def state(**wrong):
        made = TrainingState.start(job, network.initial().theta)
        vars(made).update(wrong)
        return made

    read_only = network.initial().theta
    read_only.setflags(write=False)
    with pytest.raises(InputError, match="read-only"):
        engine.steps(job, state(theta=read_only), rows, order, rates)
    for wrong in ({"theta": np.zeros(3)}, {"memory": [np.zeros(3)] * 2}, {"theta": np.zeros(21, np.float32)}):
        with pytest.raises(ShapeError, match="is needed, row by row"):
            engine.steps(job, state(**wrong), rows, order, rates)
    for data in (Data(X[:, :2].copy(), rows.Y), Data(X, np.zeros((60, 2))), Data(X, rows.Y, np.zeros(59))):
        with pytest.raises(ShapeError, match="is needed, row by row"):
            engine.steps(job, state(), data, order, rates)
