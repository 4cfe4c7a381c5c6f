"""The trees of an encoder's steps give what `encode` computes, bit by bit."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.formulas import evaluate
from clearprop.formulas.expressions import symbols
from clearprop.tables.encoder import STEPS
from clearprop.tables.input_trees import input_trees, symbol_values
from clearprop.tables.step import Step
from clearprop.tables.steps import Category, Moment, Number, Truth
from clearprop.tables.target_means import TargetMeans
from clearprop.tables.vector_step import Vector

NUMBERS = st.one_of(st.none(), st.floats(-1e30, 1e30), st.floats(-5, 5), st.integers(-20, 20).map(float))
TIMES = st.one_of(st.none(), st.integers(-(10**10), 10**10))
WORDS = ("red", "green", "blue", "grey")
SCALES = st.floats(1e-3, 1e6)


def of_trees(step, values, kind):
    """What the trees give for what these rows say, in float32 as `encode` gives it."""
    known, n_rows = symbol_values(step, pa.chunked_array([pa.array(values, kind)])), len(values)
    trees = input_trees(step)
    assert len(trees) == step.n_inputs
    assert all(symbols(tree) <= {"x", "code", "missing"} for tree in trees)
    with np.errstate(all="ignore"):
        columns = [np.broadcast_to(evaluate(tree, known), (n_rows,)) for tree in trees]
    return np.stack(columns, axis=1).astype(np.float32)


def encoded(step, values, kind):
    return step.encode(pa.chunked_array([pa.array(values, kind)]))[0]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(NUMBERS, min_size=1, max_size=9), st.floats(-1e6, 1e6), SCALES,
    st.lists(st.floats(-1e6, 1e6), max_size=6, unique=True).map(sorted), st.booleans(),
)  # fmt: skip
def test_a_number(values, centre, scale, edges, missing):
    edges = tuple(edges) if len(edges) > 1 else ()
    step = Number("x", centre, scale, edges, missing)
    np.testing.assert_array_equal(of_trees(step, values, pa.float64()), encoded(step, values, pa.float64()))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([None, True, False]), min_size=1, max_size=9), st.booleans())
def test_a_truth(values, missing):
    step = Truth("x", missing)
    np.testing.assert_array_equal(of_trees(step, values, pa.bool_()), encoded(step, values, pa.bool_()))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([None, *WORDS, "violet"]), min_size=1, max_size=9), st.integers(1, 4), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_a_category(values, n, rare, missing):
    step = Category("x", WORDS[:n], rare, missing)
    np.testing.assert_array_equal(of_trees(step, values, pa.string()), encoded(step, values, pa.string()))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([None, "a", "b", "c", "d", "e", "new"]), min_size=1, max_size=9), st.integers(3, 5),
    st.booleans(), st.booleans(), st.integers(1, 3),
)  # fmt: skip
def test_a_category_with_means_of_the_target(values, own, rare, missing, n_means):
    categories, own = ("a", "b", "c", "d", "e")[:own], own - 2 if rare else own
    names = tuple(f"y{k}" for k in range(n_means))
    means = tuple(np.linspace(-3, 3, n_means * (len(categories) + 1)).tolist())
    step = TargetMeans("x", categories, rare, missing, False, own, names, means)
    made = encoded(step, values, pa.string())
    np.testing.assert_array_equal(of_trees(step, values, pa.string()), made)
    assert made.shape[1] == len(step.names) == own + rare + n_means + missing
    for k, value in enumerate(values):
        np.testing.assert_array_equal(encoded(step, [value], pa.string())[0], made[k])


@settings(max_examples=100, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=9), st.integers(-(10**9), 10**9), SCALES, st.booleans())
def test_a_moment(values, centre, scale, missing):
    step = Moment("x", float(centre), scale, (31_556_952.0, 604_800.0, 86_400.0), missing)
    np.testing.assert_array_max_ulp(
        of_trees(step, values, pa.timestamp("s")), encoded(step, values, pa.timestamp("s")), 1
    )


@settings(max_examples=50, deadline=None)
@given(st.data(), st.integers(1, 4), st.booleans())
def test_a_vector(data, size, on_one_scale):
    n = 1 if on_one_scale else size
    numbers = st.lists(st.floats(-1e6, 1e6, width=32), min_size=size, max_size=size)
    values = data.draw(st.lists(numbers, min_size=1, max_size=6))
    scales = st.lists(SCALES, min_size=n, max_size=n)
    centres = data.draw(st.lists(st.floats(-1e6, 1e6), min_size=n, max_size=n))
    step = Vector("x", size, tuple(centres), tuple(data.draw(scales)))
    made = encoded(step, values, pa.list_(pa.float32(), size))
    known = symbol_values(step, pa.chunked_array([pa.array(values, pa.list_(pa.float32(), size))]))
    for i, tree in enumerate(input_trees(step)):
        of_item = {name: of_rows[:, i] for name, of_rows in known.items()}
        np.testing.assert_array_equal(np.float32(evaluate(tree, of_item)), made[:, i])
        assert evaluate(tree, {"x": np.array([np.nan]), "missing": np.array([1.0])}) == 0.0


def test_every_kind_of_step_has_its_formulas():
    for step in STEPS.values():
        for of_step in (input_trees, symbol_values):
            assert of_step.dispatch(step) is not of_step.dispatch(object), step.kind
    with pytest.raises(NotImplementedError, match="a step of the kind 'mine' has no formulas"):
        input_trees(type("Mine", (Step,), {"kind": "mine"})("x"))
    with pytest.raises(NotImplementedError, match="a step of the kind 'mine' has no formulas"):
        symbol_values(type("Mine", (Step,), {"kind": "mine"})("x"), pa.chunked_array([[1.0]]))
