"""Trees: how they are built, walked and given numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import FormulaError
from clearprop.formulas import Apply, Constant, Symbol, absolute, evaluate, exp, maximum, where
from clearprop.formulas.expressions import ARITY, apply, as_expression, fold, nodes, symbols
from clearprop.formulas.vocabulary import FUNCTIONS

x, y = Symbol("x"), Symbol("y")


def test_every_function_of_a_tree_is_in_the_vocabulary_and_the_other_way_round():
    assert set(ARITY) == set(FUNCTIONS)


@given(st.floats(-5, 5), st.floats(0.1, 5))
def test_operators_build_trees_that_compute_as_the_operators_do(left, right):
    for tree, expected in [
        (x + y, left + right), (x - y, left - right), (x * y, left * right), (x / y, left / right),
        (y**2, right**2), (-x, -left), (abs(x), abs(left)), (2 + x, 2 + left), (2 - x, 2 - left), (2 * x, 2 * left),
        (2 / y, 2 / right), (2**x, 2**left), (x < y, left < right), (x <= y, left <= right), (x > y, left > right),
        (x >= y, left >= right), (x - 2, left - 2), (maximum(x, 1), max(left, 1)), (absolute(x), abs(left)),
        (where(x > 0, x, y), left if left > 0 else right),
    ]:  # fmt: skip
        assert evaluate(tree, {"x": left, "y": right}) == pytest.approx(expected, rel=1e-15)


def test_trees_are_compared_by_structure():
    assert x + 1 == Symbol("x") + 1 != x + 2
    assert repr(x + 1) == "Apply('add', (Symbol('x'), Constant(1)))"
    assert eval(repr(x + 1)) == x + 1


def test_constants_keep_their_kind():
    assert type(as_expression(2).value) is int
    assert type(as_expression(np.float32(0.5)).value) is float
    assert type(as_expression(10**20).value) is float
    assert as_expression(x) is x


@pytest.mark.parametrize("value", [np.zeros(2), "x", None, [1], True, float("nan"), float("inf"), object()])
def test_what_is_neither_tree_nor_number_is_refused(value):
    with pytest.raises(FormulaError):
        as_expression(value)


def test_a_function_wants_its_arguments():
    with pytest.raises(FormulaError, match=r"where takes 3 argument\(s\), not 2"):
        apply("where", x, y)


def test_a_tree_decides_nothing_and_is_no_number():
    with pytest.raises(FormulaError, match=r"asks whether x < y is true.*write where"):
        bool(x < y)
    with pytest.raises(FormulaError, match=r"needs x \+ 1 as a number"):
        float(x + 1)


def test_shared_parts_are_visited_once():
    tree = x
    for _ in range(200):  # 2**200 paths
        tree = tree + tree
    assert len(list(nodes(tree))) == 201
    assert evaluate(tree, {"x": 1.0}) == 2.0**200
    assert symbols(tree) == {"x"}


def test_a_deep_tree_is_walked_without_recursion():
    tree = x
    for _ in range(20_000):
        tree = tree + 1
    assert evaluate(tree, {"x": 0.5}) == 20_000.5


def test_fold_sees_arguments_before_what_uses_them():
    order = []
    fold(x * 2 + y, lambda leaf: order.append(leaf), lambda function, node, below: order.append(function))
    assert order == [x, Constant(2), "multiply", y, "add"]


def test_a_symbol_without_a_value_is_named():
    with pytest.raises(FormulaError, match="no value was given for 'y'; there are values for \\['x'\\]"):
        evaluate(x + y, {"x": 1.0})


def test_trees_can_be_put_in_place_of_symbols():
    assert evaluate(x**2 + 1, {"x": y - 3}) == (y - 3) ** 2 + 1


def test_numbers_among_themselves_are_computed_in_double_precision():
    tower = Apply("power", (Constant(10), Apply("power", (Constant(10), Constant(10)))))
    assert evaluate(tower, {}) == np.inf  # whole numbers of Python would fill the memory
    assert evaluate(Constant(1) / Constant(0), {}) == np.inf
    assert evaluate(where(x > 0, 1, exp(y)), {"x": 1, "y": 1000}) == 1
    assert evaluate(x < y, {"x": 1, "y": 2}) is True
    # and they do not make double precision of single
    assert evaluate(x * (Constant(1) / 3), {"x": np.ones(2, dtype=np.float32)}).dtype == np.float32
