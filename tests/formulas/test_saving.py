"""Formulas as JSON: what is written comes back."""

import json

import numpy as np
import pytest

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
    Symbol,
    UpdateRule,
    absolute,
    exp,
    expm1,
    maximum,
)
from clearprop.formulas.library_update_rules import LIBRARY_UPDATE_RULES
from clearprop.formulas.saving import MOST_NODES, formula_from_json, formula_to_json, tree_from_json, tree_to_json
from own_formulas import Bent, Halving, LogCosh, Plain, Tempered

ALL_NAMED = [
    *((cls(), Activation, ACTIVATIONS) for cls in ACTIVATIONS.values()),
    *((cls(), Loss, LOSSES) for cls in LOSSES.values()),
    *((cls(), Schedule, SCHEDULES) for cls in SCHEDULES.values()),
    *((cls(), UpdateRule, UPDATE_RULES) for cls in UPDATE_RULES.values()),
    *((cls(), UpdateRule, UPDATE_RULES) for cls in LIBRARY_UPDATE_RULES.values()),
    (LeakyRelu(0.25), Activation, ACTIVATIONS),
    (Huber(2.5), Loss, LOSSES),
    (OneCycle(rise=0.4, warmup=3), Schedule, SCHEDULES),
    (AdamW(0.3, weight_decay=0.2), UpdateRule, UPDATE_RULES),
]


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


def test_a_saved_formula_with_a_rule_that_overflows_stays_what_it_is():
    own = type("Steep", (Activation,), {"value": lambda z: expm1(z)})()
    back = through_json(own, Activation, ACTIVATIONS)
    with np.errstate(over="ignore"):
        assert back.forward(np.array([1000.0]))[0] == np.inf


@pytest.mark.parametrize("rule", [Halving(0.3, 0.1, 0.25), Halving(0.3), Plain(0.1), Plain(0.1, weight_decay=0.5)])
def test_an_update_rule_of_ones_own_makes_the_same_steps(rule):
    back = through_json(rule, UpdateRule, UPDATE_RULES)
    assert (back.name, back.parameters, back.memory) == (rule.name, rule.parameters, rule.memory)
    theta, g = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    kept = tuple(np.zeros(2) for _ in rule.memory)
    for t in range(1, 4):
        ours, theirs = (each.apply(theta, g, kept, rate=0.1, t=t) for each in (rule, back))
        np.testing.assert_array_equal(ours, theirs)
        theta, *kept = ours
        kept = tuple(kept)
    assert [str(tree) for tree in back.full_trees()] == [str(tree) for tree in rule.full_trees()]
    assert through_json(back, UpdateRule, UPDATE_RULES) == back


def test_a_damaged_update_rule_is_refused():
    good = formula_to_json(Halving(), UPDATE_RULES)
    damages = {
        "has 2 results, and should have 3": {"trees": {"update": good["trees"]["update"][:2]}},
        "has 3 results, and should have 1": {"facts": {"memory": []}},
        "uses 'n', which has no value": {"facts": {"memory": ["v", "w"]}},
        "cannot be names": {"facts": {"memory": ["v", "theta"]}},
        "called as a parameter is": {"facts": {"memory": ["v", "share"]}},
        "at most 10 results": {"trees": {"update": [["theta"]] * 11}},
        "must have its update": {"trees": {"decayed": ["theta"]}},
        "invalid": {"facts": {"memory": ["v", "v"]}},
        "a formula holds something": {"trees": {"update": [["theta"], [["theta"]], ["v"]]}},
    }
    for said, damage in damages.items():
        with pytest.raises(ModelFileError, match=said):
            formula_from_json({**good, **damage}, UpdateRule, UPDATE_RULES)


def doubled(n):
    """z added to itself n times over: 2ⁿ⁺¹ − 1 nodes on n + 1 levels, in n + 1 entries."""
    return ["z", *(["add", k, k] for k in range(n))]


def test_entries_that_are_shared_count_as_often_as_they_are_used():
    assert 2**13 - 1 < MOST_NODES < 2**14 - 1
    tree_from_json(doubled(12))
    with pytest.raises(ModelFileError, match="nodes"):
        tree_from_json(doubled(13))


@pytest.mark.parametrize("name", ["bent", "no name"])
def test_a_formula_of_a_file_has_at_most_fifty_parameters_and_its_name_where_that_is_one(name):
    def spec(n):
        tree = ["z", *(f"p{k}" for k in range(n)), *(["add", n if k == 0 else n + k, k] for k in range(n))]
        return {"name": name, "parameters": {f"p{k}": 1.0 for k in range(n)}, "trees": {"value": tree}}

    made = formula_from_json(spec(50), Activation, ACTIVATIONS)
    assert (made.name, type(made).__name__) == (name, "bent" if name == "bent" else "Saved")
    with pytest.raises(ModelFileError, match="at most 50 parameters, not 51"):
        formula_from_json(spec(51), Activation, ACTIVATIONS)
