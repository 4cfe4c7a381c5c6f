"""Sparse X in every engine: it trains as the same rows do dense, and is never made dense as a whole."""

import gc

import numpy as np
import pytest
import scipy.sparse

from clearprop.engines import Data, Job, ReferenceEngine, TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import ShapeError
from clearprop.formulas import SGD, Adam, Momentum
from clearprop.job import prepared
from clearprop.network import Network
from conforming import TOLERANCES, agrees, evaluations_agree, rows, train, typed

NETWORKS = [(1, 1), (7, 1), (7, 3), (40, 16, 2), (300, 33, 5), (300, 1, 2), (1500, 20, 4, 3)]
each_type = pytest.mark.parametrize("dtype", TOLERANCES)


def sparse_rows(network, n, density=0.1, seed=0, weights=False):
    """Rows of which most numbers are zero, some rows altogether."""
    data = rows(network, n, seed, weights)
    random = np.random.default_rng(seed + 1)
    X = data.X * (random.random(data.X.shape) < density)
    X[random.random(n) < 0.1] = 0
    return data._replace(X=scipy.sparse.csr_array(X))


@each_type
@pytest.mark.parametrize("widths", NETWORKS)
@pytest.mark.parametrize("n", [1, 97, 403])
def test_updates_are_those_of_the_oracle(widths, n, dtype):
    network = Network.mlp(widths, hidden="tanh", loss="half_squared_error")
    data = sparse_rows(network, n, density=0.5 if n == 1 else 0.1, weights=n == 97)
    agrees(CompiledEngine, dtype, Job(network, Momentum(0.05), batch_size=40, epochs=3, l2=0.01, clip_norm=5.0), data)


@each_type
@pytest.mark.parametrize("widths", NETWORKS)
def test_outputs_losses_and_gradients_are_those_of_the_oracle(widths, dtype):
    network = Network.mlp(widths, hidden="relu", output="sigmoid", loss="binary_cross_entropy")
    for n in (1, 30, 500):
        evaluations_agree(CompiledEngine(), dtype, network, sparse_rows(network, n, weights=n == 30), l1=0.1)


@each_type
def test_dropout_between_layers_is_that_of_dense_rows(dtype):
    network = Network.mlp((60, 20, 3), hidden="relu", loss="cross_entropy")
    job = Job(network, SGD(0.1), batch_size=16, epochs=3, dropout=(0.0, 0.3), seed=5)
    agrees(CompiledEngine, dtype, job, sparse_rows(network, 100))


@each_type
def test_the_bits_do_not_depend_on_the_number_of_threads(dtype):
    network = Network.mlp((800, 300, 10), hidden="relu", loss="cross_entropy")
    job, data = Job(network, Adam(0.01), batch_size=128, epochs=2), typed(sparse_rows(network, 600, 0.02), dtype)
    theta = network.initial(1).theta.astype(dtype)
    one, two = (train(CompiledEngine(n), job, data, theta)[0].theta for n in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_narrow_rows_have_the_bits_of_dense_ones():
    """The same terms in the same order, where a dense first layer is not cut in parts."""
    network = Network.mlp((30, 40, 3), hidden="relu", loss="cross_entropy")
    data = sparse_rows(network, 20)
    job, theta = Job(network, SGD(0.1), batch_size=20, epochs=1), network.initial(1).theta
    dense, _ = train(CompiledEngine(), job, data._replace(X=data.X.toarray()), theta)
    sparse, _ = train(CompiledEngine(), job, data, theta)
    np.testing.assert_allclose(sparse.theta, dense.theta, rtol=1e-13)


def test_columns_in_any_order_and_twice_are_read_and_the_users_matrix_stays():
    network = Network.mlp((3, 2, 1), loss="half_squared_error")
    X = scipy.sparse.csr_array((np.array([1.0, 2.0, 4.0]), np.array([2, 0, 2]), np.array([0, 3, 3])), shape=(2, 3))
    job, Y = Job(network, SGD(0.1), batch_size=2, epochs=1), np.ones((2, 1))
    data = prepared(job, X, Y)
    np.testing.assert_array_equal(data.X.toarray(), [[2.0, 0.0, 5.0], [0.0, 0.0, 0.0]])
    assert X.indices.tolist() == [2, 0, 2]
    raw = Data(X, Y)  # an engine of its own accord
    theta = network.initial(0).theta
    one, two = (train(CompiledEngine(), job, each, theta)[0].theta for each in (data, raw))
    assert one.tobytes() == two.tobytes()


def test_what_is_refused_is_said():
    network = Network.mlp((3, 2, 1))
    dropping = Job(network, SGD(0.1), dropout=(0.5, 0.0))
    X, Y = scipy.sparse.csr_array(np.eye(3)), np.ones((3, 1))
    assert CompiledEngine().refuses(Job(network, SGD(0.1)), Data(X, Y).layout) is None
    assert "it drops inputs of dense rows only" in CompiledEngine().refuses(dropping, Data(X, Y).layout)
    assert "X is a csc_array" in CompiledEngine().refuses(Job(network, SGD(0.1)), Data(X.tocsc(), Y).layout)


@pytest.mark.parametrize("spoil", ["column", "negative", "starts", "width"])
def test_a_matrix_whose_parts_do_not_fit_is_not_read(spoil):
    """Compiled code would read beyond their ends."""
    network = Network.mlp((3, 2, 1))
    X, Y = scipy.sparse.csr_array(np.eye(3, 4 if spoil == "width" else 3)), np.ones((3, 1))
    if spoil == "column":
        X.indices[1] = 7
    elif spoil == "negative":
        X.indices[1] = -1
    elif spoil == "starts":
        X.indptr[1] = 9
    X.has_canonical_format = True
    job = Job(network, SGD(0.1), batch_size=3, epochs=1)
    state = TrainingState.start(job, network.initial(0).theta)
    with pytest.raises(ShapeError, match="sparse matrix"):
        CompiledEngine().steps(job, state, Data(X, Y), np.arange(3), np.array([0.1]))
    with pytest.raises(ShapeError):
        CompiledEngine().outputs(network, network.views(state.theta), X)


def test_a_wide_matrix_is_never_made_dense():
    """Its dense form would take 80 GB; so would a batch of 1,000 rows take 8 GB in a reference that made it dense."""
    n, width = 10_000, 1_000_000
    X = scipy.sparse.random_array((n, width), density=2e-5, format="csr", rng=np.random.default_rng(0))
    network = Network.mlp((width, 2, 1), hidden="tanh")
    job, Y = Job(network, SGD(0.1), batch_size=1000, epochs=1), np.ones((n, 1))
    engine, theta = CompiledEngine(), network.initial(0).theta
    before = engine.loss(network, network.views(theta), Data(X, Y))
    state, _ = train(engine, job, Data(X, Y), theta)
    assert engine.loss(network, network.views(state.theta), Data(X, Y)) < before
    assert engine.outputs(network, network.views(state.theta), X).shape == (n, 1)


def test_rows_that_are_gone_are_not_kept():
    network = Network.mlp((3, 2, 1))
    X = scipy.sparse.csr_array(np.eye(3))
    engine, job = CompiledEngine(), Job(network, SGD(0.1), batch_size=3, epochs=1)
    train(engine, job, Data(X, np.ones((3, 1))), network.initial(0).theta)
    (plan,) = (kept[2] for kept in vars(engine._local)["training"].values())
    assert len(plan._copies) == 2  # columns and starts, which SciPy has as int32
    del X
    gc.collect()
    assert plan._copies == []


def test_the_reference_engine_makes_no_more_than_a_batch_dense():
    network = Network.mlp((40, 5, 2), loss="half_squared_error")
    data = sparse_rows(network, 90)
    agrees(ReferenceEngine, np.float64, Job(network, Adam(0.01), batch_size=40, epochs=2), data)
