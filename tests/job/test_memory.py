"""The memory that a fit needs is known before it is taken, whatever the engine."""

import time
import tracemalloc

import numpy as np
import pytest
import scipy.sparse

from clearprop import MLPClassifier, Network, train
from clearprop.engines import Job, choose, prepared
from clearprop.errors import InputError
from clearprop.formulas import LBFGS, SGD
from clearprop.job.memory import MOST_AT_ONCE, bytes_copied, needs
from clearprop.network import memory


def job(**options):
    return Job(Network.mlp([20, 30, 2]), **options)


def test_arrays_that_are_used_as_they_are_cost_nothing():
    X, Y = np.zeros((1000, 20)), np.zeros((1000, 2))
    assert bytes_copied((X, Y), np.float64) == 0
    assert bytes_copied((X, Y), np.float32) == 1000 * 22 * 4
    assert bytes_copied((np.asfortranarray(X), Y), np.float64) == 1000 * 20 * 8
    assert bytes_copied((X.tolist(), Y), np.float64) == 0
    assert needs(job(), 1000, np.float64, copied=7).data == 7


def test_of_a_sparse_matrix_only_its_numbers_are_copied():
    X = scipy.sparse.random(1000, 20, density=0.1, format="csr", random_state=0)
    assert bytes_copied((X, np.zeros((1000, 2))), np.float64) == 0
    assert bytes_copied((X, np.zeros((1000, 2))), np.float32) == (X.nnz + 2000) * 4


@pytest.mark.parametrize(("rule", "vectors"), [(SGD(), 4), ("adam", 6), (LBFGS(), 25)])
def test_parameters_count_as_often_as_there_are_vectors_of_them(rule, vectors):
    asked = job() if rule == "adam" else job(update_rule=rule, batch_size=10**9)
    found = needs(asked, 10, np.float32)
    assert found.parameters == vectors * asked.network.n_parameters * 4


def test_a_long_batch_is_taken_in_chunks_where_the_engine_can():
    asked = job(batch_size=10**7)
    assert needs(asked, 10**7, np.float32).activations == MOST_AT_ONCE
    assert needs(asked, 10**7, np.float32, in_chunks=False).activations == 3 * 10**7 * 52 * 4


@pytest.mark.parametrize("engine", ["auto", "compiled", "reference"])
def test_data_too_large_for_memory_is_refused_with_the_bytes_before_any_is_taken(engine):
    network = Network.mlp([1000, 1])
    X = np.broadcast_to(np.float32(0), (10**12, 1000))  # one number, seen as 4 PB
    Y = np.broadcast_to(np.float32(0), (10**12, 1))
    said = r"1,001 parameters on 1,000,000,000,000 rows \(4 PB for data, .* needs 4 PB of memory.*partial_fit"
    with pytest.raises(InputError, match=said):
        train(network, network.initial(dtype=np.float32), X, Y, engine=engine)


def test_the_reference_engine_needs_a_whole_batch(monkeypatch):
    asked = job(batch_size=10**6)
    data = prepared(asked, np.zeros((10**5, 20), np.float32), np.zeros((10**5, 2), np.float32), dtype=np.float32)
    monkeypatch.setattr(memory, "SMALL", 0)
    monkeypatch.setattr(memory, "available", lambda: 50 * 2**20)
    with pytest.raises(InputError, match=r"62\.4 MB for activations"):
        choose("reference", asked, data.layout)
    monkeypatch.setattr(memory, "available", lambda: 70 * 2**20)
    assert choose("reference", asked, data.layout).engine.name == "reference"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_sparse_matrix_stays_sparse_through_a_fit_and_a_prediction():
    """Dense it would take 800 MB."""
    rows, columns = 5000, 20_000
    place = np.random.default_rng(0).integers(0, columns, 10 * rows)
    X = scipy.sparse.csr_array((np.ones(len(place)), place, np.arange(rows + 1) * 10), shape=(rows, columns))
    y = np.arange(rows) % 3
    tracemalloc.start()
    try:
        model = MLPClassifier((4,), max_iter=1, random_state=0).fit(X, y)
        assert model.predict(X).shape == (rows,)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"{peak / 1e6:.0f} MB")  # noqa: T201
    assert peak < 400e6


def test_what_does_not_fit_is_refused_before_a_second_is_over(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 10**9)
    X = scipy.sparse.csr_array((np.ones(100), np.arange(100), np.arange(101)), shape=(100, 10**6))
    for hidden, rows in (((1000,), X), ((10**6, 10**6), np.ones((100, 2)))):
        began = time.process_time()
        with pytest.raises(InputError, match=r"needs [\d.]+ [GT]B of memory, and 1 GB can be had"):
            MLPClassifier(hidden, random_state=0).fit(rows, np.arange(100) % 2)
        assert time.process_time() - began < 1.0
