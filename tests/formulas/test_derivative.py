"""The derivative of trees, one rule per function, against SymPy; and the slopes that the formulas give themselves."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import FormulaError
from clearprop.formulas import (
    ACTIVATIONS,
    LOSSES,
    PAIRS,
    Constant,
    Symbol,
    absolute,
    cos,
    equal,
    erf,
    evaluate,
    exp,
    expm1,
    floor,
    log,
    log1p,
    maximum,
    minimum,
    row_max,
    row_sum,
    sign,
    sin,
    sqrt,
    tanh,
    where,
)
from clearprop.formulas.derivative import RULES, branches, pullback
from clearprop.formulas.expressions import ARITY, fold

z, w = Symbol("z"), Symbol("w")

TO_SYMPY = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y, "power": lambda x, y: x**y, "negative": lambda x: -x, "exp": sympy.exp,
    "expm1": lambda x: sympy.exp(x) - 1, "log": sympy.log, "log1p": lambda x: sympy.log(1 + x), "tanh": sympy.tanh,
    "sqrt": sympy.sqrt, "cos": sympy.cos, "sin": sympy.sin, "erf": sympy.erf, "absolute": sympy.Abs, "sign": sympy.sign,
    "maximum": sympy.Max, "minimum": sympy.Min, "less": sympy.Lt, "less_equal": sympy.Le,
    "where": lambda c, x, y: sympy.Piecewise((x, c), (y, True)),
}  # fmt: skip


def to_sympy(tree, **replaced):
    """The tree in SymPy's terms; decimal constants become the exact fractions that they stand for."""

    def leaf(item):
        if isinstance(item, Symbol):
            return replaced.get(item.name, sympy.Symbol(item.name, real=True))
        return sympy.Rational(item.value) if isinstance(item.value, float) else sympy.Integer(item.value)

    return fold(tree, leaf, lambda function, _, arguments: TO_SYMPY[function](*arguments))


def agree(one, other, at, digits=14):
    """Whether two SymPy expressions have the same value, computed to 30 digits."""
    found, expected = (sympy.N(expression.subs(at).doit(), 30) for expression in (one, other))
    return abs(found - expected) <= sympy.Float(10) ** -digits * max(1, abs(expected))


ELEMENTWISE = [cls for name, cls in ACTIVATIONS.items() if name == cls.name and not cls.is_coupled()]
Z = sympy.Symbol("z", real=True)


@pytest.mark.parametrize("cls", ELEMENTWISE, ids=lambda cls: cls.name)
@pytest.mark.parametrize("form", ["slope", "stable_slope"])
@pytest.mark.parametrize("at", [sympy.Rational(n, 8) for n in (-37, -9, -1, 1, 12, 41)])
def test_the_slopes_of_the_activations_are_those_that_sympy_finds(cls, form, at):
    if not cls.has(form):
        form = "slope"
    value = to_sympy(cls.tree())
    slope = to_sympy(cls.tree(form), a=value)
    numbers = {sympy.Symbol(name, real=True): sympy.Rational(v) for name, v in cls().parameters.items()}
    assert agree(slope, sympy.diff(value, Z), {Z: at, **numbers})


@pytest.mark.parametrize("cls", LOSSES.values(), ids=lambda cls: cls.name)
@pytest.mark.parametrize(("a", "y"), [(0.25, 0.75), (0.75, 0.25), (0.5, 1), (0.125, 0.5)])
def test_the_slopes_of_the_losses_are_those_that_sympy_finds(cls, a, y):
    A = sympy.Symbol("a", real=True)
    numbers = {sympy.Symbol(name, real=True): sympy.Rational(v) for name, v in cls().parameters.items()}
    at = {A: sympy.Rational(a), sympy.Symbol("y", real=True): sympy.Rational(y), **numbers}
    assert agree(to_sympy(cls.slope_tree()), sympy.diff(to_sympy(cls.tree()), A), at)


@pytest.mark.parametrize("pair", [pair for pair in PAIRS.values() if not pair.activation.is_coupled()], ids=repr)
def test_the_pairs_deltas_are_the_slopes_in_z_of_their_losses(pair):
    at = {Z: sympy.Rational(3, 8), sympy.Symbol("y", real=True): sympy.Rational(1, 4)}
    delta = to_sympy(pair.tree("delta"), a=to_sympy(pair.activation.tree()))
    assert agree(delta, sympy.diff(to_sympy(pair.tree()), Z), at)


@pytest.mark.parametrize(
    "tree",
    [
        z + 3, 3 - z, z * w * z, w / z, z / w / z, z**3, z**2, z**-1, z**0.5, 2.0**z, z**z, -z, exp(2 * z), expm1(z**2),
        log(z), log1p(z**2), tanh(z), sqrt(z), cos(z), sin(z * w), erf(z), absolute(z - 2), maximum(z, w),
        minimum(z, w), where(z < w, z**2, sin(z)), where(z <= w, 1, z), maximum(minimum(z, 1), z**2),
        z * z * z * z, 2 - (-z),
    ],
    ids=str,
)  # fmt: skip
@settings(max_examples=12)  # SymPy takes its time
@given(at=st.tuples(*[st.fractions("1/8", 3, max_denominator=32)] * 2).filter(lambda at: at[0] not in (1, 2, at[1])))
def test_every_rule_is_the_derivative_that_sympy_finds(tree, at):
    names = {"z": float(at[0]), "w": float(at[1])}
    numbers = {
        Z: sympy.Rational(*at[0].as_integer_ratio()),
        sympy.Symbol("w", real=True): sympy.Rational(*at[1].as_integer_ratio()),
    }
    expected = float(sympy.N(sympy.diff(to_sympy(tree), Z).subs(numbers).doit()))
    assert evaluate(pullback(tree, "z", Constant(1)), names) == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_every_function_has_a_rule_with_as_many_parts_as_arguments():
    assert set(RULES) == set(ARITY)
    for function, rule in RULES.items():
        parts = rule(z, w, *[Symbol(name) for name in "xyz"[: ARITY[function]]])
        assert len(parts) == ARITY[function], function


ROWS = [
    row_sum(z**2) * z, z / row_sum(exp(z)), z - row_max(z), exp(z - row_max(z)) / row_sum(exp(z - row_max(z))),
    z * sqrt(row_sum(z**2) / 3 + 0.1), w * row_sum(w * z) * row_sum(z), row_sum(z) / row_sum(z**2) + z,
    where(z < row_sum(z) / 3, z**2, z), z + log(row_sum(exp(z))) * 2, z * (1 + row_max(z * row_sum(z))),
]  # fmt: skip


@pytest.mark.parametrize("tree", ROWS, ids=str)
def test_an_error_finds_its_way_back_through_sums_and_maxima_over_a_row(tree):
    random = np.random.default_rng(0)
    at, error = random.uniform(0.5, 2, (2, 3)), random.standard_normal((2, 3))
    names = {"z": at, "w": 0.7, "g": error}
    expected, h = np.zeros_like(at), 1e-6
    for index in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[index] = h
        up, down = (np.sum(error * evaluate(tree, names | {"z": at + s})) for s in (step, -step))
        expected[index] = (up - down) / (2 * h)
    found = np.broadcast_to(evaluate(pullback(tree, "z", Symbol("g")), names), at.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8)


def test_ties_and_flat_parts():
    slope = lambda tree: evaluate(pullback(tree, "z", Constant(1)), {"z": 0.0})  # noqa: E731
    assert slope(absolute(z)) == 0
    assert slope(maximum(z, 0)) in (0, 1)
    assert slope(sign(z) * 3) == slope(floor(z)) == 0
    assert pullback(w**2, "z", Constant(1)) == Constant(0)
    assert pullback(z, "z", Constant(1)) == Constant(1)
    assert pullback(where(equal(z, 0), z, 2 * z), "z", Constant(1)) != Constant(0)


def test_what_is_printed_has_no_idle_factors_and_signs():
    plain = {
        z**2: "2·z", 3 - z: "−1", exp(-z): "−exp(−z)", 1 - (-z): "1", 1 / z: "−1/z/z", z * w: "w",
        tanh(z): "1 − tanh(z)²", log(z) + 1: "1/z",
    }  # fmt: skip
    for tree, text in plain.items():
        assert str(pullback(tree, "z", Constant(1))) == text


def test_branches_are_the_conditions_that_a_formula_hangs_on():
    tree = where(z > 0, maximum(z, 1), absolute(z)) + sign(z) + minimum(w, z)
    texts = {str(condition) for condition in branches(tree)}
    assert texts == {"z > 0", "z ≤ 1", "z ≤ 0", "w ≤ z"}
    assert branches(exp(z) / 2) == []
    assert [str(condition) for condition in branches(z - row_max(z))] == ["z = maxₖ z"]
    with pytest.raises(FormulaError, match="⌊z⌋ is not continuous: it has no derivative to check"):
        branches(floor(z))
