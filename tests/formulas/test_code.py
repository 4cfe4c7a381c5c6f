"""Formulas printed as source code, run: they give what the formulas do."""

import math

import numpy as np
import pytest

import own_formulas
from clearprop.errors import FormulaError
from clearprop.formulas import ACTIVATIONS, LOSSES, UPDATE_RULES, Activation, Symbol, exp, row_sum, where
from clearprop.formulas.patterns import patterns, with_values
from clearprop.formulas.printers.code import Dialect, to_code

PLAIN = Dialect(
    "plain Python", repr, "{name} = {value}",
    {
        **{n: f"math.{n}({{0}})" for n in ("exp", "expm1", "log", "log1p", "tanh", "sqrt", "cos", "sin", "erf")},
        "absolute": "abs({0})", "sign": "float(np.sign({0}))", "floor": "float(math.floor({0}))",
        "maximum": "max({0}, {1})", "minimum": "min({0}, {1})", "where": "({1} if {0} else {2})",
        "power": "({0})**({1})",
    },
)  # fmt: skip
OWN = [cls for cls in vars(own_formulas).values() if isinstance(cls, type) and cls in Activation.__subclasses__()]
SHAPES = [cls for name, cls in ACTIVATIONS.items() if name == cls.name] + OWN


def rows(code, arrays, **scalars):
    """The results of code for a row of numbers, one list for each tree, walked as an export walks it."""
    names = {"math": math, "np": np, **scalars}
    for line in code.before:
        exec(line, names)
    n = len(next(iter(arrays.values())))
    for step in code.passes:
        found = []
        for j in range(n):
            local = {**names, **{name: float(array[j]) for name, array in arrays.items()}}
            for line in step.lines:
                exec(line, local)
            found.append([eval(result, local) for result in step.results])
        if step.reduction:
            names[step.name] = {"row_sum": sum, "row_max": max}[step.reduction](value for (value,) in found)
    return [list(column) for column in zip(*found, strict=True)]


@pytest.mark.parametrize("cls", SHAPES, ids=lambda cls: cls.__name__)
def test_every_activation_its_slope_and_what_it_passes_back(cls):
    shape = cls()
    z, g = np.array([-30.0, -2.5, -1e-3, 0.5, 3.0, 20.0]), np.array([0.3, -1.0, 2.0, 0.7, -0.2, 0.1])
    (found,) = rows(to_code([with_values(shape.computed_tree(), shape.parameters)], {"z": "z"}, PLAIN), {"z": z})
    a = shape.forward(z[None])[0]
    np.testing.assert_allclose(found, a, rtol=1e-14, atol=1e-300)
    back = with_values(shape.pullback_tree(), shape.parameters)
    code = to_code([back], {"g": "g", "z": "z", "a": "a"}, PLAIN)
    (passed,) = rows(code, {"g": g, "z": z, "a": a})
    np.testing.assert_allclose(passed, shape.backward(g[None], z[None], a[None])[0], rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("name", UPDATE_RULES)
def test_every_update_rule_with_what_is_the_same_for_all_parameters_computed_once(name):
    rule = UPDATE_RULES[name]()
    trees = [with_values(tree, rule.parameters) for tree in rule.computed_trees()]
    arrays = {name: np.array([0.5, -1.5, 2.0]) + k for k, name in enumerate(("theta", "g", *rule.memory))}
    code = to_code(trees, {n: n for n in arrays}, PLAIN, {"rate": "rate", "t": "t"})
    found = rows(code, arrays, rate=0.01, t=3)
    memory = tuple(arrays[name] for name in rule.memory)
    expected = rule.apply(arrays["theta"], arrays["g"], memory, rate=0.01, t=3)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert not any("t)" in line or "**" in line for step in code.passes for line in (*step.lines, *step.results))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss(name):
    loss = LOSSES[name]()
    a, y = np.array([0.2, 0.5, 0.9]), np.array([0.0, 1.0, 0.25])
    trees = [with_values(tree, loss.parameters) for tree in (loss.tree(), loss.slope_tree())]
    value, slope = rows(to_code(trees, {"a": "a", "y": "y"}, PLAIN), {"a": a, "y": y})
    np.testing.assert_allclose(value, loss.forward(a, y), rtol=1e-14)
    np.testing.assert_allclose(slope, loss.backward(a, y), rtol=1e-14)


def test_brackets_keep_the_order_of_computation():
    x, y, z = map(Symbol, "xyz")
    names = {name: name for name in "xyz"}
    for tree, text in [
        (x - (y - z), "x - (y - z)"), (x + (y + z), "x + (y + z)"), ((x + y) + z, "x + y + z"),
        (x / (y / z), "x / (y / z)"), (x * (y + z), "x * (y + z)"), (-(x + y) * z, "(-(x + y)) * z"),
        (x * -y, "x * (-y)"), (x - -y, "x - (-y)"), (x - 2 * y, "x - 2.0 * y"), (x + -1.5, "x + (-1.5)"),
        (where(x < y, 1, 0) * z, "(1.0 if x < y else 0.0) * z"), ((x < y) * z, "(1.0 if x < y else 0.0) * z"),
        (where(x, y, z), "(y if x != 0.0 else z)"),
    ]:  # fmt: skip
        assert to_code([tree], names, PLAIN).result == text


def test_what_is_used_twice_has_a_name_and_is_computed_once():
    z = Symbol("z")
    (last,) = to_code([exp(z) * exp(z) + exp(z)], {"z": "z"}, PLAIN).passes
    assert last.lines == ("t1 = math.exp(z)",)
    assert last.results == ("t1 * t1 + t1",)


def test_a_function_that_the_language_does_not_have_is_named():
    poor = Dialect("BASIC", repr, "{name} = {value}", {})
    with pytest.raises(FormulaError, match="BASIC has no exp"):
        to_code([exp(Symbol("z"))], {"z": "z"}, poor)
    assert poor.can_say("add")
    assert not poor.can_say("exp")


def test_a_symbol_that_nothing_is_said_of_is_named():
    with pytest.raises(FormulaError, match="nothing says how the code writes width"):
        to_code([Symbol("z") * Symbol("width")], {"z": "z"}, PLAIN)


def test_a_sum_over_what_is_the_same_in_the_row_is_refused():
    with pytest.raises(FormulaError, match="differs along the row"):
        to_code([row_sum(Symbol("rate"))], {"z": "z"}, PLAIN, {"rate": "rate"})


def test_more_than_an_expression_is_not_taken_for_one():
    z = Symbol("z")
    with pytest.raises(FormulaError, match="more than one expression"):
        _ = to_code([z / row_sum(z)], {"z": "z"}, PLAIN).result


def test_patterns_put_neighbours_of_one_form_together_and_keep_equal_numbers():
    x, code = Symbol("x"), Symbol("code")
    trees = [(x - 1.0) / 2.0, (x - 1.5) / 2.0, where(code < 1, 1, 0), (x - 9.0) / 3.0]
    found = patterns(trees)
    assert [each.count for each in found] == [2, 1, 1]
    assert dict(found[0].numbers) == {"c0": (1.0, 1.5)}
    again = [
        with_values(each.tree, {name: row[k] for name, row in each.numbers.items()})
        for each in found
        for k in range(each.count)
    ]
    assert again == trees
