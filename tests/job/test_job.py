"""Jobs and data: every value out of range is refused with a sentence that names it."""

import numpy as np
import pytest
from scipy import sparse

from clearprop import Network
from clearprop.engines import Job, TrainingState, prepared
from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.formulas import LBFGS, SGD, Cosine, ExponentialSchedule, ReduceOnPlateau
from clearprop.job.state import rates as rates_of

NETWORK = Network.mlp([3, 4, 2], loss="cross_entropy")
X = np.arange(12.0).reshape(4, 3)
Y = np.eye(2)[[0, 1, 1, 0]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"epochs": True}, "epochs must be a whole number"),
        ({"l1": -1.0}, "l1: strength must be at least 0"),
        ({"l2": float("nan")}, "strength must be a finite number"),
        ({"label_smoothing": 1.0}, "smoothing must be at least 0 and below 1"),
        ({"clip_norm": 0.0}, "limit must be above 0"),
        ({"dropout": (0.5,)}, "layers 0 … 1, 2 in all, not 1"),
        ({"dropout": (0.0, 1.0)}, "a dropout fraction must be at least 0 and below 1"),
        ({"class_weight": (1.0,)}, "one factor per output, 2, not 1"),
        ({"class_weight": (1.0, -1.0)}, "class_weight must be finite and at least 0"),
        ({"update_rule": LBFGS(), "dropout": (0.0, 0.5)}, "no dropout and no clip_norm"),
        ({"update_rule": LBFGS(), "clip_norm": 1.0}, "no dropout and no clip_norm"),
        ({"update_rule": LBFGS(), "schedule": Cosine()}, "takes no schedule"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": 1.5}, "seed must be a whole number from 0"),
        ({"shuffle": "no"}, "shuffle must be True or False, not 'no'"),
        ({"drop_last": 1}, "drop_last must be True or False, not 1"),
    ],
)
def test_a_value_out_of_range_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        Job(NETWORK, **options)


def test_numpy_numbers_are_kept_as_pythons():
    job = Job(NETWORK, epochs=np.int64(3), batch_size=np.int32(2), seed=np.uint8(1))
    assert [type(value) for value in (job.epochs, job.batch_size, job.seed)] == [int, int, int]


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "half_squared_error"])
def test_class_weights_are_for_rows_of_one_class(loss):
    # Elsewhere Σ(target × factor) would be the weight of a row: nothing for a row of the class 0.
    with pytest.raises(InputError, match="one class per row"):
        Job(Network.mlp([3, 1], loss=loss), class_weight=(2.0,))


def test_label_smoothing_is_for_cross_entropies():
    with pytest.raises(InputError, match="not for 'half_squared_error'"):
        Job(Network.mlp([3, 1]), label_smoothing=0.1)


def test_steps_per_epoch_count_the_last_batch_unless_it_is_dropped():
    assert Job(NETWORK, batch_size=4).steps_per_epoch(10) == 3
    assert Job(NETWORK, batch_size=4, drop_last=True).steps_per_epoch(10) == 2
    assert Job(NETWORK, batch_size=100, drop_last=True).steps_per_epoch(10) == 1


def test_rates_follow_the_schedule_and_the_plateau_factor():
    job = Job(NETWORK, update_rule=SGD(0.5), schedule=ExponentialSchedule(gamma=0.5), epochs=4, batch_size=2)
    state = TrainingState.start(job, NETWORK.initial().theta)
    state.epoch, state.rate_scale = 2, 0.1
    assert rates_of(job, state, n_samples=4, n_steps=2).tolist() == pytest.approx([0.0125, 0.0125])


def test_cosine_reaches_its_end_with_the_planned_number_of_updates():
    job = Job(NETWORK, update_rule=SGD(1.0), schedule=Cosine(), epochs=1, batch_size=1)
    rates = rates_of(job, TrainingState.start(job, NETWORK.initial().theta), n_samples=1000, n_steps=1000)
    assert rates[0] == 1.0
    assert 0 < rates[-1] < 1e-5
    assert (np.diff(rates) < 0).all()


def test_a_plateau_schedule_keeps_its_rate_by_itself():
    job = Job(NETWORK, update_rule=SGD(0.5), schedule=ReduceOnPlateau())
    assert set(rates_of(job, TrainingState.start(job, NETWORK.initial().theta), 10, 5)) == {0.5}


def test_prepared_data_has_the_type_of_the_parameters():
    data = prepared(Job(NETWORK), X, Y, np.ones(4), dtype=np.float32)
    assert {data.X.dtype, data.Y.dtype, data.weight.dtype} == {np.dtype("float32")}


def test_class_weights_are_folded_into_the_weights_of_the_rows():
    data = prepared(Job(NETWORK, class_weight=(1.0, 10.0)), X, Y, [1, 2, 3, 4])
    assert data.weight.tolist() == [1, 20, 30, 4]


def test_a_batch_of_sparse_rows_is_dense():
    data = prepared(Job(NETWORK), sparse.csr_array(X), Y)
    np.testing.assert_array_equal(data.take([2, 0]).X, X[[2, 0]])


def bad(array, value, place):
    array = array.copy()
    array[place] = value
    return array


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ((X[:, :2], Y), ShapeError, r"X must have shape \(n_samples, 3\)"),
        ((X[0], Y), ShapeError, r"put one sample as X\[None, :\]"),
        ((X, Y[:3]), ShapeError, r"Y must have shape \(4, 2\)"),
        ((X[:0], Y[:0]), ShapeError, "no rows to learn from"),
        ((bad(X, np.nan, (1, 2)), Y), NotFiniteError, "X is nan at row 1, column 2"),
        ((X, bad(Y, np.inf, (3, 0))), NotFiniteError, "Y is inf at row 3, column 0"),
        ((X, bad(Y, 1.5, (1, 1))), InputError, "needs targets between 0 and 1; Y is 1.5 at row 1, column 1"),
        ((X, bad(Y, 0.5, (2, 1))), InputError, "row 2 sums to 0.5"),
        ((X, Y, np.ones(3)), ShapeError, r"sample_weight must have shape \(4,\)"),
        ((X, Y, [1, 1, -1, 1]), InputError, r"sample_weight\[2\] is negative"),
        ((X, Y, [1, np.nan, 1, 1]), NotFiniteError, "sample_weight is nan at row 1"),
        ((sparse.csr_array(bad(X, np.nan, (1, 2))), Y), NotFiniteError, "X is nan at row 1, column 2"),
        ((np.full((4, 3), 1e300), Y, None, np.float32), NotFiniteError, "X is inf at row 0, column 0"),
        (([["a", "b", "c"]] * 4, Y), InputError, "X must be an array of numbers"),
        ((X, ["a", "b", "c", "d"]), InputError, "Y must be an array of numbers"),
    ],
)
def test_data_that_cannot_be_used_is_refused_with_its_place(given, error, said):
    with pytest.raises(error, match=said):
        prepared(Job(NETWORK), *given)


def test_a_job_of_lists_is_that_of_tuples_and_a_key_of_caches():
    options = {"dropout": [0.1, 0.2], "class_weight": [1.0, 2.0]}
    job = Job(NETWORK, **options)
    assert job == Job(NETWORK, **{name: tuple(values) for name, values in options.items()})
    assert len({job, Job(NETWORK, **options)}) == 1
