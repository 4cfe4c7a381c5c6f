"""Parameters: one vector, its windows, and the user's own arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop import Network
from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.network import FromOne

NET = Network.mlp([2, 3, 1])


def test_windows_and_theta_are_the_same_memory():
    params = NET.initial(seed=0)
    for window in (*params.W, *params.b):
        assert np.shares_memory(window, params.theta)
    params.W[2][1, 0] = 7.0
    assert params.theta[10] == 7.0
    params.theta[:] = np.arange(13.0)
    assert params.W[1].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (params.b[1].tolist(), params.W[2].tolist(), params.b[2].tolist()) == ([6, 7, 8], [[9], [10], [11]], [12])


@given(widths=st.lists(st.integers(1, 5), min_size=2, max_size=5), seed=st.integers(0, 2**64))
def test_windows_cover_theta_once(widths, seed):
    net = Network.mlp(widths)
    params = net.initial(seed)
    again = net.parameters(list(params.W), list(params.b))
    np.testing.assert_array_equal(again.theta, params.theta)
    assert not np.shares_memory(again.theta, params.theta)
    assert sum(window.size for window in (*params.W, *params.b)) == net.n_parameters == len(params.theta)


@pytest.mark.parametrize("theta", [np.zeros(12), np.zeros((13, 1)), np.zeros(14), [0.0] * 13, 3.0, None])
def test_theta_of_another_length(theta):
    with pytest.raises(ShapeError, match="theta must be a vector of 13 numbers, not "):
        NET.views(theta)


def test_a_vector_stands_for_a_matrix_with_one_row_or_column_and_a_number_for_one_bias():
    net = Network.mlp([2, 1])
    assert net.parameters([[0.6, 0.7]], [0.3]).W[1].tolist() == [[0.6], [0.7]]
    assert net.parameters([[[0.6], [0.7]]], [[0.3]]).b[1].tolist() == [0.3]
    assert Network.mlp([1, 2]).parameters([[0.6, 0.7]], [[0, 0]]).W[1].tolist() == [[0.6, 0.7]]
    assert Network.mlp([1, 1]).parameters([0.5], [0.1]).W[1].tolist() == [[0.5]]
    assert net.parameters([[1, 2]], [3], dtype="float32").theta.dtype == np.float32


@pytest.mark.parametrize(
    ("weights", "biases", "error", "message"),
    [
        ([np.zeros((2, 3))], [np.zeros(3), 0], ShapeError, "weights must hold one array per layer: 2, not 1"),
        ([np.zeros((2, 3)), np.zeros(3)], [np.zeros(3)], ShapeError, "biases must hold one array per layer: 2, not 1"),
        (None, [np.zeros(3), 0], ShapeError, "weights must hold one array per layer: 2, not None"),
        (0.5, [np.zeros(3), 0], ShapeError, "weights must hold one array per layer: 2, not 0.5"),
        (
            [np.zeros((3, 2)), np.zeros(3)], [np.zeros(3), 0], ShapeError,
            r"W1 must have shape \(2, 3\), rows the inputs, not \(3, 2\); its transpose would fit",
        ),
        ([np.zeros(6), np.zeros(3)], [np.zeros(3), 0], ShapeError, r"W1 must have shape \(2, 3\), .* not \(6,\)"),
        ([np.zeros((2, 3)), np.zeros(3)], [0, 0], ShapeError, r"b1 must have shape \(3,\), .* not \(\)"),
        ([np.zeros((2, 3)), np.zeros(3)], [np.zeros((3, 1)), 0], ShapeError, r"b1 must have shape \(3,\)"),
        ([[["a", "b", "c"]] * 2, np.zeros(3)], [np.zeros(3), 0], InputError, "W1 must be an array of numbers of"),
        ([[[1, 2], [3]], np.zeros(3)], [np.zeros(3), 0], InputError, "W1 must be an array of numbers of shape"),
        (
            [[[0, 0, 0], [0, np.nan, 0]], np.zeros(3)], [np.zeros(3), 0], NotFiniteError,
            r"W1\[1, 1\] is nan; parameters must be finite",
        ),
        ([np.zeros((2, 3)), np.zeros(3)], [[0, 0, np.inf], 0], NotFiniteError, r"b1\[2\] is inf"),
    ],
)  # fmt: skip
def test_the_users_own_arrays_that_do_not_fit(weights, biases, error, message):
    with pytest.raises(error, match=message):
        NET.parameters(weights, biases)


def test_a_type_that_is_not_floating():
    with pytest.raises(InputError, match="dtype must be float64 or float32, not <class 'int'>"):
        NET.parameters([np.zeros((2, 3)), np.zeros(3)], [np.zeros(3), 0], dtype=int)


def test_layers_are_numbered_from_one():
    z = FromOne("z", ["first", "second", "third"])
    assert (z[1], z[3], z[-1], z[-3], len(z), list(z)) == (
        "first",
        "third",
        "third",
        "first",
        3,
        ["first", "second", "third"],
    )
    assert repr(z) == "z[1…3]: ['first', 'second', 'third']"
    with pytest.raises(IndexError, match=r"there is no z\[0\]: layer 0 is the input; ask for z\[1\] … \[3\]"):
        z[0]
    for outside in (4, -4, 100):
        with pytest.raises(IndexError, match=rf"there is no z\[{outside}\]: the network has layers 1 … 3"):
            z[outside]
