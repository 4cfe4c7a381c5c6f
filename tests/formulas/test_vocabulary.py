"""The vocabulary on every kind of array: NumPy, the strict array API, PyTorch."""

import array_api_strict
import numpy as np
import pytest
from scipy import special

from clearprop.formulas import Symbol, array_namespace, erf, maximum, row_max, row_sum, where
from clearprop.formulas.expressions import ARITY
from clearprop.formulas.vocabulary import FUNCTIONS

VALUES = np.array([[0.3, 1.7, 0.9], [2.5, 0.1, 1.7]])
OTHERS = np.array([[1.2, 0.4, 0.9], [0.2, 3.0, 1.7]])


def arguments(name, convert):
    a, b = convert(VALUES), convert(OTHERS)
    if ARITY[name] == 1:
        return (a,)
    return (a < b, a, b) if name == "where" else (a, b)


@pytest.fixture(params=["array-api-strict", "torch"])
def convert(request):
    if request.param == "torch":
        return pytest.importorskip("torch").asarray
    return array_api_strict.asarray


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_gives_the_same_numbers_in_every_library(name, convert):
    function = FUNCTIONS[name]
    expected = function(*arguments(name, np.asarray))
    found = function(*arguments(name, convert))
    assert type(found) is type(convert(VALUES))
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["maximum", "minimum", "add", "multiply", "power", "less"])
@pytest.mark.parametrize("number", [2, 0.5])
def test_numbers_may_stand_on_either_side(name, number, convert):
    function = FUNCTIONS[name]
    for order in ((0, 1), (1, 0)):
        with_numpy, with_other = ([kind(VALUES), number] for kind in (np.asarray, convert))
        expected = function(*(with_numpy[i] for i in order))
        np.testing.assert_allclose(np.asarray(function(*(with_other[i] for i in order))), expected, rtol=1e-14)


@pytest.mark.parametrize("condition", [True, False])
def test_a_condition_may_be_a_single_truth(condition, convert):
    for kind in (np.asarray, convert):
        found = where(condition, kind(VALUES), 0)
        np.testing.assert_array_equal(np.asarray(found), VALUES if condition else 0 * VALUES)


def test_two_numbers_to_choose_from_are_of_one_type(convert):
    for pair in ((1, 0.01), (0.01, 1), (1, 0)):
        expected = np.where(VALUES > 1, *pair)
        np.testing.assert_array_equal(np.asarray(where(convert(VALUES) > 1, *pair)), expected)


def test_single_precision_is_kept(convert):
    single = convert(VALUES.astype(np.float32))
    for found in (maximum(single, 1), where(single > 1, single, 0), erf(single), row_sum(single)):
        assert found.dtype == single.dtype


def test_rows_keep_their_axis():
    assert row_sum(VALUES).tolist() == [[pytest.approx(2.9)], [pytest.approx(4.3)]]
    assert row_max(VALUES).tolist() == [[1.7], [2.5]]
    assert erf(0.3) == special.erf(0.3)


def test_trees_go_before_arrays():
    assert str(maximum(Symbol("z"), 0)) == "max(z, 0)"
    assert str(where(Symbol("z") > 0, 1, 0)) == "{1 if z > 0; 0 otherwise}"
    assert str(row_sum(Symbol("z"))) == "Σₖ z"


def test_the_library_of_an_array():
    assert array_namespace(1.0, np.ones(2), np.float32(3)) is np
    assert array_namespace(array_api_strict.asarray([1.0]), 2) is array_api_strict
    with pytest.raises(TypeError):
        array_namespace("text")
