"""Formulas as JSON: what is written comes back, and what was made to hurt is refused."""

import copy
import json
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
    SCHEDULES,
    UPDATE_RULES,
    Activation,
    AdamW,
    CrossEntropy,
    Huber,
    LeakyRelu,
    Logistic,
    Loss,
    OneCycle,
    Relu,
    Schedule,
    Softmax,
    Symbol,
    UpdateRule,
    absolute,
    exp,
    expm1,
    log,
    maximum,
    row_max,
    row_sum,
    where,
)
from clearprop.formulas.expressions import ARITY
from clearprop.formulas.saving import formula_from_json, formula_to_json, tree_from_json, tree_to_json

ALL_NAMED = [
    *((cls(), Activation, ACTIVATIONS) for cls in ACTIVATIONS.values()),
    *((cls(), Loss, LOSSES) for cls in LOSSES.values()),
    *((cls(), Schedule, SCHEDULES) for cls in SCHEDULES.values()),
    *((cls(), UpdateRule, UPDATE_RULES) for cls in UPDATE_RULES.values()),
    (LeakyRelu(0.25), Activation, ACTIVATIONS),
    (Huber(2.5), Loss, LOSSES),
    (OneCycle(rise=0.4, warmup=3), Schedule, SCHEDULES),
    (AdamW(0.3, weight_decay=0.2), UpdateRule, UPDATE_RULES),
]


class Bent(Activation):
    """An activation with every fact and several forms."""

    range, reaches_bounds = (-1, float("inf")), True
    initialiser = "lecun_normal"
    slope_left: float = 0.1
    knee: float = 1.0

    def value(z, slope_left, knee):
        return maximum(where(z > knee, z, slope_left * z), -1)

    def slope(z, a, slope_left, knee):
        return where(z > knee, 1, where(slope_left * z > -1, slope_left, 0))


class Tempered(Softmax):
    """Softmax with a temperature: coupled, and a distribution."""

    temperature: float = 2.0

    def value(z, temperature):
        return exp(z / temperature) / row_sum(exp(z / temperature))

    def stable(z, temperature):
        e = exp((z - row_max(z)) / temperature)
        return e / row_sum(e)

    def pullback(g, z, a, temperature):
        return a * (g - row_sum(g * a)) / temperature


class LogCosh(Loss):
    """A loss with bounds on both sides and a natural output."""

    domain, targets, natural_output = (-5, 5), (-5, 5), "tanh"
    width: float = 2.0

    def value(a, y, width):
        return width * log((exp((y - a) / width) + exp((a - y) / width)) / 2)


def through_json(formula, base, known):
    return formula_from_json(json.loads(json.dumps(formula_to_json(formula, known), allow_nan=False)), base, known)


@pytest.mark.parametrize(("formula", "base", "known"), ALL_NAMED, ids=lambda item: repr(item)[:40])
def test_what_clearprop_knows_is_saved_by_name(formula, base, known):
    assert through_json(formula, base, known) == formula
    assert set(formula_to_json(formula, known)) == {"name", "parameters"}


def test_an_activation_of_ones_own_comes_back_with_all_that_it_says_of_itself():
    back = through_json(Bent(slope_left=0.3), Activation, ACTIVATIONS)
    assert type(back) is not Bent
    assert back.parameters == {"slope_left": 0.3, "knee": 1.0}
    for fact in ("name", "range", "reaches_bounds", "is_distribution", "initialiser"):
        assert getattr(back, fact) == getattr(Bent, fact), fact
    z = np.linspace(-8, 4, 24).reshape(6, 4)
    a = Bent(0.3).forward(z)
    np.testing.assert_array_equal(back.forward(z), a)
    np.testing.assert_array_equal(back.backward(np.cos(z), z, a), Bent(0.3).backward(np.cos(z), z, a))
    assert back.forward(z.astype(np.float32)).dtype == np.float32
    assert [str(back.tree(form)) for form in ("value", "slope")] == [
        str(Bent.tree(form)) for form in ("value", "slope")
    ]
    again = through_json(back, Activation, ACTIVATIONS)
    np.testing.assert_array_equal(again.forward(z), a)


def test_a_coupled_activation_comes_back_as_a_distribution():
    back = through_json(Tempered(3.0), Activation, ACTIVATIONS)
    assert back.is_distribution
    assert back.is_coupled()
    assert CrossEntropy().fits(back)
    z = np.array([[1.0, 3.0, -2.0]])
    np.testing.assert_array_equal(back.forward(z), Tempered(3.0).forward(z))
    np.testing.assert_array_equal(
        back.backward(z, z, back.forward(z)), Tempered(3.0).backward(z, z, Tempered(3.0).forward(z))
    )


def test_a_loss_of_ones_own_comes_back():
    back = through_json(LogCosh(1.5), Loss, LOSSES)
    assert (back.domain, back.targets, back.natural_output) == ((-5, 5), (-5, 5), "tanh")
    a, y = np.array([[0.3, 2.0]]), np.array([[1.0, -1.0]])
    np.testing.assert_array_equal(back.forward(a, y), LogCosh(1.5).forward(a, y))
    np.testing.assert_array_equal(back.backward(a, y), LogCosh(1.5).backward(a, y))


def test_a_class_of_ones_own_with_a_known_name_is_saved_as_trees():
    own = type("Relu", (Activation,), {"value": lambda z: maximum(z, 0) * 3, "range": (0, float("inf"))})()
    assert own.name == Relu.name == "relu"
    spec = formula_to_json(own, ACTIVATIONS)
    assert "trees" in spec
    assert formula_from_json(spec, Activation, ACTIVATIONS).forward(np.array([2.0]))[0] == 6
    assert Relu().forward(np.array([2.0]))[0] == 2
    # a subclass that only changes the formula, too
    subclass = type("Logistic", (Logistic,), {"value": lambda z: 1 / (1 + exp(-2 * z)), "name": "logistic"})()
    assert "trees" in formula_to_json(subclass, ACTIVATIONS)


def test_shared_parts_are_written_once():
    e = exp(Symbol("z"))
    assert tree_to_json(e / (1 + e)) == ["z", ["exp", 0], 1, ["add", 2, 1], ["divide", 1, 3]]
    assert tree_from_json(tree_to_json(e / (1 + e))) == e / (1 + e)


def test_what_could_not_be_read_back_is_not_written():
    def long_sum(z):
        total = z
        for _ in range(300):
            total = absolute(total) + 1
        return total

    own = type("Long", (Activation,), {"value": long_sum})()
    with pytest.raises(ModelFileError, match="10000 nodes on 200 levels at most"):
        formula_to_json(own, ACTIVATIONS)


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
        ({"parameters": {"slope_left": 0.1, "knee": 1, "forward": 1}}, "a parameter 'forward', which means something"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "forms": 1}}, "a parameter 'forms', which means something else"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "__init__": 1}}, "names of the parameters are not names"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "class": 1}}, "names of the parameters are not names"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "a b": 1}}, "names of the parameters are not names"),
        ({"parameters": {"slope_left": 0.1, "knee": 1, "": 1}}, "names of the parameters are not names"),
        ({"trees": []}, "must have a value and only forms of value, stable, slope, stable_slope, pullback"),
        ({"trees": {}}, "must have a value"),
        ({"trees": {"value": ["z"], "forward": ["z"]}}, "only forms of"),
        ({"trees": {"value": ["z"], "slope": ["y"]}}, "slope of the formula 'bent' uses 'y', which has no value"),
        ({"trees": {"value": ["knee"]}}, "does not depend on z"),
        ({"facts": []}, "facts that are not a mapping"),
        ({"facts": {"range": [0]}}, "a 'range' that cannot be"),
        ({"facts": {"range": [0, float("nan")]}}, "a 'range' that cannot be"),
        ({"facts": {"range": [0, True]}}, "a 'range' that cannot be"),
        ({"facts": {"reaches_bounds": 1}}, "a 'reaches_bounds' that cannot be: 1"),
        ({"facts": {"initialiser": "os.system"}}, "an? 'initialiser' that cannot be"),
        ({"facts": {"forward": "z"}}, "a 'forward' that cannot be"),
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


def test_a_saved_formula_with_a_rule_that_overflows_stays_what_it_is():
    own = type("Steep", (Activation,), {"value": lambda z: expm1(z)})()
    back = through_json(own, Activation, ACTIVATIONS)
    with np.errstate(over="ignore"):
        assert back.forward(np.array([1000.0]))[0] == np.inf
