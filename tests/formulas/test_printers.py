"""What is printed means what is computed: text and LaTeX are read back by small parsers and compared in numbers."""

import re
from typing import ClassVar

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
    exp,
    where,
)
from clearprop.formulas.expressions import apply, symbols
from clearprop.formulas.printers.latex import NAMES as LATEX_NAMES
from clearprop.formulas.printers.latex import to_latex
from clearprop.formulas.printers.text import NAMES as TEXT_NAMES
from clearprop.formulas.printers.text import SUPERSCRIPTS, to_text

x, y, z = (Symbol(name) for name in "xyz")


class Reader:
    """A recursive descent over tokens; what text and LaTeX have in common."""

    def __init__(self, tokens, names):
        self.tokens, self.place, self.names = tokens, 0, names

    def peek(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        assert token, "the text ends too early"
        assert expected in (None, token), f"{expected} expected, {token} found in {self.tokens}"
        self.place += 1
        return token

    def takes(self, *tokens):
        return self.take() if self.peek() in tokens else None

    def whole(self):
        tree = self.comparison()
        assert not self.peek(), f"{self.peek()} is left over in {self.tokens}"
        return tree

    def comparison(self):
        left = self.sum()
        match self.takes("<", "≤", "=", ">", "≥"):
            case "<":
                return left < self.sum()
            case "≤":
                return left <= self.sum()
            case ">":
                return left > self.sum()
            case "≥":
                return left >= self.sum()
            case "=":
                return apply("equal", left, self.sum())
        return left

    def sum(self):
        tree = self.product()
        while sign := self.takes("+", "-"):
            tree = tree + self.product() if sign == "+" else tree - self.product()
        return tree

    def product(self):
        if self.takes("Σₖ"):
            return apply("row_sum", self.product())
        if self.takes("maxₖ"):
            return apply("row_max", self.product())
        tree = -self.power() if self.takes("-") else self.power()
        while operator := self.takes("·", "/"):
            tree = tree * self.power() if operator == "·" else tree / self.power()
        return tree

    def name_or_number(self):
        token = self.take()
        if re.fullmatch(r"[\d.]+(e[-−]?\d+)?", token):
            number = float(token.replace("−", "-"))
            return Constant(number if set(token) & set(".e") else int(token))
        assert token in self.names, f"{token} means nothing in {self.tokens}"
        return Symbol(self.names[token])

    def call(self, function, close):
        arguments = [self.sum()]
        while self.takes(","):
            arguments.append(self.sum())
        self.take(close)
        return apply({"max": "maximum", "min": "minimum"}.get(function, function), *arguments)


FUNCTIONS = ("exp", "expm1", "log", "log1p", "tanh", "sqrt", "cos", "sin", "erf", "sign", "max", "min")


class TextReader(Reader):
    def __init__(self, text, names):
        lexer = r"\d+(?:\.\d+)?(?:e[−]?\d+)?|Σₖ|maxₖ|[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹][^\W⁰¹²³⁴⁵⁶⁷⁸⁹]*|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|\S"
        tokens = re.findall(lexer, text)
        super().__init__(["-" if token == "−" else token for token in tokens], names)

    def power(self):
        base = self.atom()
        if set(self.peek()) <= set("⁰¹²³⁴⁵⁶⁷⁸⁹⁻") and self.peek():
            plain = self.take().translate({new: old for old, new in SUPERSCRIPTS.items()})
            return base ** int(plain)
        return base ** self.atom() if self.takes("^") else base

    def atom(self):
        if self.takes("("):
            tree = self.comparison()
            self.take(")")
        elif self.takes("|"):
            tree = abs(self.sum())
            self.take("|")
        elif self.takes("⌊"):
            tree = apply("floor", self.sum())
            self.take("⌋")
        elif self.takes("{"):
            if_true = self.comparison()
            self.take("if")
            condition = self.comparison()
            self.take(";")
            tree = where(condition, if_true, self.comparison())
            self.take("otherwise")
            self.take("}")
        elif self.peek() in FUNCTIONS:
            function = self.take()
            self.take("(")
            tree = self.call(function, ")")
        else:
            tree = self.name_or_number()
        return tree


class LatexReader(Reader):
    SIGNS: ClassVar = {
        r"\cdot": "·", r"\le": "≤", r"\ge": "≥", r"\sum_k": "Σₖ", r"\max_k": "maxₖ", r"\operatorname{erf}": r"\erf",
        r"\operatorname{sgn}": r"\sign",
    }  # fmt: skip

    def __init__(self, latex, names):
        lexer = (
            r"\\operatorname\{\w+\}|\\text\{[^}]*\}|\\mathrm\{[^}]*\}|\\(?:begin|end)\{cases\}|\\(?:left|right)\\?[a-z]*[()|]?"
            r"|\\(?:sum|max)_k|\\beta_[12]|\\[a-z]+|\\\\|\d+(?:\.\d+)?|\S"
        )
        signs = re.findall(lexer, latex.replace(r"\displaystyle", ""))  # which decides sizes and means nothing
        super().__init__([self.SIGNS.get(sign, sign) for sign in signs], names)

    def group(self):
        self.take("{")
        tree = self.sum()
        self.take("}")
        return tree

    def power(self):
        if self.takes("e"):
            self.take("^")
            return exp(self.group())
        if self.takes(r"\frac"):
            return self.group() / self.group()
        if self.takes("{"):
            base = self.atom()
            self.take("}")
            self.take("^")
            return base ** self.group()
        atom = self.atom()
        if atom == Constant(10) and self.takes("^"):
            return atom ** self.group()
        return atom

    def atom(self):
        if self.takes(r"\left("):
            tree = self.comparison()
            self.take(r"\right)")
        elif self.takes(r"\left|"):
            tree = abs(self.sum())
            self.take(r"\right|")
        elif self.takes(r"\left\lfloor"):
            tree = apply("floor", self.sum())
            self.take(r"\right\rfloor")
        elif self.takes(r"\sqrt"):
            tree = apply("sqrt", self.group())
        elif self.takes(r"\begin{cases}"):
            if_true = self.comparison()
            self.take("&")
            self.take(r"\text{if }")
            condition = self.comparison()
            self.take(r"\\")
            tree = where(condition, if_true, self.comparison())
            self.take("&")
            self.take(r"\text{otherwise}")
            self.take(r"\end{cases}")
        elif self.peek()[1:] in FUNCTIONS:
            function = self.take()[1:]
            self.take(r"\left(")
            tree = self.call(function, r"\right)")
        else:
            tree = self.name_or_number()
        return tree


def read_text(tree):
    return TextReader(to_text(tree), {TEXT_NAMES.get(name, name): name for name in symbols(tree)}).whole()


def read_latex(tree):
    def written(name):
        escaped = name.replace("_", r"\_")
        return LATEX_NAMES.get(name, name if len(name) == 1 else rf"\mathrm{{{escaped}}}")

    return LatexReader(to_latex(tree), {written(name): name for name in symbols(tree)}).whole()


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
