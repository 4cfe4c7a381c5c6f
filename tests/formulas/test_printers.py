"""What is printed means what is computed: text and LaTeX are read back by small parsers and compared in numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.formulas import (
    ACTIVATIONS,
    LOSSES,
    PAIRS,
    SCHEDULES,
    UPDATE_RULES,
    Constant,
    Symbol,
    evaluate,
    where,
)
from clearprop.formulas.expressions import apply, symbols
from clearprop.formulas.printers.latex import to_latex
from clearprop.formulas.printers.text import to_text
from printed_formulas import read_latex, read_text

x, y, z = (Symbol(name) for name in "xyz")


leaves = st.one_of(
    st.sampled_from([x, y, z]),
    st.sampled_from([Constant(n) for n in (0, 1, 2, 3, -1, -2, 0.5, -1.5, 1e-7, -2.5e-7, 12345.678)]),
)


def larger(trees):
    unary = st.sampled_from(
        ["negative", "exp", "expm1", "log", "log1p", "tanh", "sqrt", "cos", "sin", "erf", "absolute", "sign", "floor",
         "row_sum", "row_max"]
    )  # fmt: skip
    binary = st.sampled_from(["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"])
    compare = st.sampled_from(["less", "less_equal", "equal"])
    return st.one_of(
        st.builds(apply, unary, trees),
        st.builds(apply, binary, trees, trees),
        st.builds(lambda c, p, q, a, b: where(apply(c, p, q), a, b), compare, trees, trees, trees, trees),
    )


some_trees = st.recursive(leaves, larger, max_leaves=12)
VALUES = {name: np.random.default_rng(i).uniform(-2, 3, (2, 3)) for i, name in enumerate("xyz")}


def number_of(tree, values=VALUES):
    with np.errstate(all="ignore"):
        return np.asarray(evaluate(tree, values), dtype=float)


@settings(max_examples=300)
@given(tree=some_trees)
def test_the_text_of_any_tree_reads_back_as_the_same_numbers(tree):
    np.testing.assert_allclose(number_of(read_text(tree)), number_of(tree), rtol=1e-12, err_msg=to_text(tree))


@settings(max_examples=300)
@given(tree=some_trees)
def test_the_latex_of_any_tree_reads_back_as_the_same_numbers(tree):
    # e^x − 1 and log(1 + x) stand for expm1 and log1p, which differ in rounding: smooth functions only amplify it
    latex = to_latex(tree)
    if not any(name in repr(tree) for name in ("expm1", "log1p", "1e-07", "-2.5e-07")):
        np.testing.assert_allclose(number_of(read_latex(tree)), number_of(tree), rtol=1e-12, err_msg=latex)
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")


FORMULAS = [*ACTIVATIONS.values(), *LOSSES.values(), *PAIRS.values(), *SCHEDULES.values(), *UPDATE_RULES.values()]
FORMS = [(cls, form) for cls in FORMULAS for form in cls.forms if cls.has(form)]


@pytest.mark.parametrize(("cls", "form"), FORMS, ids=lambda item: item if isinstance(item, str) else item.name)
def test_every_formula_prints_as_what_it_computes(cls, form):
    for tree in cls.trees(form):
        random = np.random.default_rng(0)
        values = {name: random.uniform(0.1, 0.9, (2, 3)) for name in sorted(symbols(tree))}
        expected = number_of(tree, values)
        np.testing.assert_allclose(number_of(read_text(tree), values), expected, rtol=1e-13, err_msg=to_text(tree))
        np.testing.assert_allclose(number_of(read_latex(tree), values), expected, rtol=1e-12, err_msg=to_latex(tree))


def test_exact_text():
    shown = {name: str(cls.tree()) for name, cls in (ACTIVATIONS | LOSSES).items()}
    assert shown["logistic"] == "1/(1 + exp(−z))"
    assert shown["relu"] == "max(z, 0)"
    assert shown["leaky_relu"] == "{z if z > 0; negative_slope·z otherwise}"
    assert shown["elu"] == "{z if z > 0; α·(exp(min(z, 0)) − 1) otherwise}"
    assert shown["softplus"] == "log(1 + exp(z))"
    assert shown["softmax"] == "exp(z)/(Σₖ exp(z))"
    assert shown["half_squared_error"] == "(y − a)²/2"
    assert shown["binary_cross_entropy"] == "−y·log(a) − (1 − y)·log(1 − a)"
    assert str(ACTIVATIONS["softmax"].tree("pullback")) == "a·(g − Σₖ g·a)"
    assert str(ACTIVATIONS["softmax"].tree("stable")) == "exp(z − maxₖ z)/(Σₖ exp(z − maxₖ z))"


def test_exact_latex():
    shown = {name: to_latex(cls.tree()) for name, cls in (ACTIVATIONS | LOSSES).items()}
    assert shown["logistic"] == r"\frac{1}{1 + e^{-z}}"
    assert shown["leaky_relu"] == (
        r"\begin{cases} z & \text{if } z > 0 \\ \mathrm{negative\_slope} \cdot z & \text{otherwise} \end{cases}"
    )
    assert shown["softmax"] == r"\frac{e^{z}}{\sum_k e^{z}}"
    assert shown["mish"] == r"z \cdot \tanh\left(\log\left(1 + e^{z}\right)\right)"
    assert shown["squared_error"] == r"{\left(y - a\right)}^{2}"
    assert shown["absolute_error"] == r"\left|y - a\right|"
    (theta,) = UPDATE_RULES["sgd"].trees("update")
    assert to_latex(theta) == r"\theta - \eta \cdot g"
    assert to_latex(1e-7 * x) == r"1 \cdot 10^{-7} \cdot x"


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (x + -y, "x + (−y)"),
        (x - (y - z), "x − (y − z)"),
        (x - y - z, "x − y − z"),
        (-x * y, "−x·y"),
        (-(x * y), "−x·y"),
        (x * -y, "x·(−y)"),
        (x / (y * z), "x/(y·z)"),
        (x / y / z, "x/y/z"),
        (x / (y / z), "x/(y/z)"),
        ((-x) ** 2, "(−x)²"),
        (-(x**2), "−x²"),
        (x**-2, "x⁻²"),
        (x**0.5, "x^0.5"),
        (x ** (y + 1), "x^(y + 1)"),
        ((x**2) ** 3, "(x²)³"),
        ((x < y) * 2, "(x < y)·2"),
        (x > 1, "x > 1"),
        (x >= 1, "x ≥ 1"),
        (abs(abs(x) - 1), "||x| − 1|"),
    ],
)
def test_brackets_stand_where_they_are_needed_and_nowhere_else(tree, text):
    assert to_text(tree) == text


def test_numbers_keep_all_their_digits():
    assert str(x * (1 / 3)) == "x·0.3333333333333333"
    assert str(x * 1e-7) == "x·1e−07"
    assert to_latex(Constant(-2.5e-7)) == r"-2.5 \cdot 10^{-7}"
