"""Formulas as JSON: what is damaged, or was made to hurt, is refused in a sentence and soon."""

import copy
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import ModelFileError
from clearprop.formulas import (
    ACTIVATIONS,
    LOSSES,
    Activation,
    Loss,
)
from clearprop.formulas.expressions import ARITY
from clearprop.formulas.saving import formula_from_json, formula_to_json
from own_formulas import Bent, Tempered


def doubling(times):
    """A tree of a few entries that would take 2**times to write out."""
    return ["z", *(["add", place, place] for place in range(times))]


def squaring(times):
    return ["z", 10, *(["multiply", place, place] for place in range(1, times)), ["add", 0, times]]


HOSTILE_TREES = [
    None,
    {},
    "z",
    [],
    [[]],
    [[[]]],
    [None],
    [True],
    [float("nan")],
    [float("inf")],
    [10**400],
    [2**53 + 1],
    ["z" * 101],
    ["not a name"],
    ["__class__"],
    ["class"],
    ["exec"],
    [["exp"]],
    [["exp", 0]],
    ["z", ["exp", 1]],
    ["z", ["exp", -1]],
    ["z", ["exp", True]],
    ["z", ["exp", 0.0]],
    ["z", ["exp", "z"]],
    ["z", ["eval", 0]],
    ["z", ["__import__", 0]],
    ["z", ["exp", 0, 0]],
    ["z", [["exp"], 0]],
    ["z", {"exp": 0}],
    ["q"],
    ["a"],
    [1],
    ["z"] * 10_001,
    doubling(64),
    ["z", *(["exp", place] for place in range(300))],
]


@pytest.mark.parametrize("tree", HOSTILE_TREES, ids=lambda tree: str(tree)[:30])
def test_hostile_trees_are_refused_quickly(tree):
    spec = {"name": "mine", "parameters": {}, "trees": {"value": tree}}
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(ModelFileError):
        formula_from_json(spec, Activation, ACTIVATIONS)
    assert time.perf_counter() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "tree", [squaring(60), ["z", 10, ["power", 1, 1], ["power", 1, 2], ["power", 1, 3], ["add", 0, 4]]]
)
def test_numbers_in_a_tree_cannot_grow_without_end(tree):
    spec = {"name": "mine", "parameters": {}, "trees": {"value": tree}}
    try:
        back = formula_from_json(spec, Activation, ACTIVATIONS)
    except ModelFileError:
        return  # too large to begin with
    began = time.perf_counter()
    with np.errstate(all="ignore"):
        assert np.isinf(back.forward(np.ones((1, 2)))).all()
    assert time.perf_counter() - began < 1


def test_neither_can_parameters():
    spec = {"name": "mine", "parameters": {"p": 2**53}, "trees": {"value": ["z", "p", ["power", 1, 1], ["add", 0, 2]]}}
    with np.errstate(all="ignore"):
        assert np.isinf(formula_from_json(spec, Activation, ACTIVATIONS).forward(np.ones(2))).all()


GOOD = formula_to_json(Bent(), ACTIVATIONS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": 3}, "must have a name and parameters"),
        ({"name": "n" * 101}, "must have a name and parameters"),
        ({"parameters": []}, "must have a name and parameters"),
        ({"parameters": {"slope_left": "0.1", "knee": 1}}, "the parameters are not finite numbers"),
        ({"parameters": {"slope_left": [0.1], "knee": 1}}, "the parameters are not finite numbers"),
        ({"parameters": {"slope_left": float("nan"), "knee": 1}}, "the parameters are not finite numbers"),
        ({"parameters": {"slope_left": True, "knee": 1}}, "the parameters are not finite numbers"),
        ({"parameters": {"slope_left": 10**400, "knee": 1}}, "the parameters are not finite numbers"),
        ({"parameters": {"slope_left": 0.1}}, "uses 'knee', which has no value"),
        (
            {"parameters": {"slope_left": 0.1, "knee": 1, "forward": 1}},
            "a parameter 'forward', a name that formulas have",
        ),
        (
            {"parameters": {"slope_left": 0.1, "knee": 1, "forms": 1}},
            "a parameter 'forms', a name that formulas have for something else",
        ),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "__init__": 1}}, "names of the parameters are not names"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "class": 1}}, "names of the parameters are not names"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "a b": 1}}, "names of the parameters are not names"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "": 1}}, "names of the parameters are not names"),
        ({"trees": []}, "must have its value and only forms of value, stable, slope, stable_slope, pullback"),
        ({"trees": {}}, "must have its value"),
        ({"trees": {"value": ["z"], "forward": ["z"]}}, "only forms of"),
        ({"trees": {"value": ["z"], "slope": ["y"]}}, "slope of the formula 'bent' uses 'y', which has no value"),
        ({"trees": {"value": ["knee"]}}, "does not depend on z"),
        ({"facts": []}, "facts that are not a mapping"),
        ({"facts": {"range": [0]}}, "an invalid 'range'"),
        ({"facts": {"range": [0, float("nan")]}}, "an invalid 'range'"),
        ({"facts": {"range": [0, True]}}, "an invalid 'range'"),
        ({"facts": {"reaches_bounds": 1}}, "an invalid 'reaches_bounds': 1"),
        ({"facts": {"initialiser": "os.system"}}, "an invalid 'initialiser'"),
        ({"facts": {"forward": "z"}}, "an invalid 'forward'"),
        ({"facts": {"domain": [0, 1]}}, "a 'domain', which only other formulas have"),
    ],
)
def test_a_damaged_spec_is_refused_with_a_sentence(change, message):
    formula_from_json(GOOD, Activation, ACTIVATIONS)
    with pytest.raises(ModelFileError, match=message):
        formula_from_json({**GOOD, **change}, Activation, ACTIVATIONS)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"name": "hyper", "parameters": {}}, "'hyper', which this version of clearprop does not know"),
        ({"name": "relu", "parameters": {"alpha": 1}}, "the parameters of 'relu' are not right"),
        ({"name": "leaky_relu", "parameters": {"negative_slope": None}}, "the parameters are not finite numbers"),
        (None, "must have a name"),
        ([], "must have a name"),
        ("relu", "must have a name"),
    ],
)
def test_a_name_that_cannot_be_used(spec, message):
    with pytest.raises(ModelFileError, match=message):
        formula_from_json(spec, Activation, ACTIVATIONS)
    with pytest.raises(ModelFileError, match="the parameters of 'huber' are not right: huber: delta must be above 0"):
        formula_from_json({"name": "huber", "parameters": {"delta": -1}}, Loss, LOSSES)


words = st.sampled_from(
    ["z", "a", "g", "y", "name", "parameters", "trees", "facts", "value", "slope", "pullback", "range", "exp", "relu",
     "",     "knee", "slope_left", "__class__", "reaches_bounds", "initialiser", *ARITY]
)  # fmt: skip
json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 40), st.integers(), st.floats(), words, st.text(max_size=5)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(words, inner, max_size=5)),
    max_leaves=12,
)  # fmt: skip


def places(value, path=()):
    """The paths to everything inside a JSON value."""
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


@settings(max_examples=300)
@given(data=st.data())
def test_a_spec_with_anything_anywhere_is_read_or_refused(data):
    spec = copy.deepcopy(data.draw(st.sampled_from([GOOD, formula_to_json(Tempered(), ACTIVATIONS)])))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(places(spec), key=str)))
        new = data.draw(json_values)
        if not path:
            spec = new
            break
        inner = spec
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = new
    try:
        back = formula_from_json(spec, Activation, ACTIVATIONS)
    except ModelFileError:
        return
    assert isinstance(back, Activation)
    assert str(back.tree())
    with np.errstate(all="ignore"):
        z = np.array([[0.5, -1.5], [2.0, 0.0]])
        assert np.shape(back.forward(z)) == (2, 2)


@given(spec=json_values)
def test_any_json_at_all_is_refused_or_read(spec):
    for base, known in ((Activation, ACTIVATIONS), (Loss, LOSSES)):
        try:
            back = formula_from_json(spec, base, known)
        except ModelFileError:
            continue
        assert isinstance(back, base)
