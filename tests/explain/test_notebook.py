"""Traces in notebooks: trusted ones have MathML, the others text that is still the same formula."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.explain import CASES, Explanation, case
from clearprop.explain.renderers.flat import flat
from clearprop.formulas import Constant, Symbol, evaluate
from clearprop.formulas.expressions import apply
from clearprop.formulas.printers.mathml import to_mathml
from notebooks import left_of, lines_left

leaves = st.one_of(
    st.sampled_from([Symbol(name) for name in "xyz"]), st.sampled_from([Constant(n) for n in (2, 0.5, -1.5, 3)])
)


def larger(trees):
    unary = st.sampled_from(["negative", "exp", "expm1", "log1p", "tanh", "sqrt", "sin"])
    binary = st.sampled_from(["add", "subtract", "multiply", "divide", "divide", "power"])
    return st.one_of(st.builds(apply, unary, trees), st.builds(apply, binary, trees, trees))


VALUES = {"x": 0.7, "y": 1.3, "z": 0.2}
NAMES = {"e": np.float64(math.e), "log": np.log, "tanh": np.tanh, "sqrt": np.sqrt, "sin": np.sin}


def computed(text):
    """A flat formula as Python computes it."""
    for sign, python in (("\u2061", ""), ("⋅", "*"), ("·", "*"), ("−", "-"), ("^", "**"), ("√", "sqrt")):
        text = text.replace(sign, python)
    numbers = re.sub(r"(?<![\w.])(\d+\.?\d*(?:e-?\d+)?)", r"np.float64(\1)", text)
    with np.errstate(all="ignore"):
        return eval(numbers, {"np": np}, NAMES | {name: np.float64(value) for name, value in VALUES.items()})


@given(tree=st.recursive(leaves, larger, max_leaves=8))
def test_without_its_elements_a_formula_is_the_same(tree):
    text = re.sub("<[^>]*>", "", flat(to_mathml(tree)))
    with np.errstate(all="ignore"):
        expected = float(evaluate(tree, {name: np.float64(value) for name, value in VALUES.items()}))
    np.testing.assert_allclose(float(computed(text)), expected, rtol=1e-9, err_msg=text)


def test_what_is_added_is_hidden_and_nothing_else_changes():
    markup = to_mathml((Symbol("x") + 1) / Symbol("y") ** 2)
    shown = flat(markup)
    assert re.sub("<.*?>", "", shown) == "(x+1)/y^2"
    hidden = r"<mtext class=.flat.>.*?</mtext>"
    assert re.sub("<.*?>", "", re.sub(hidden, "", shown)) == re.sub("<.*?>", "", markup)
    bundle = case("case_study").trace()._repr_mimebundle_()["text/html"]
    assert ".clearprop .flat{display:none}" in bundle
    assert "annotation" not in bundle
    assert 'data-tex="' in bundle


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_lines_of_an_untrusted_notebook_are_those_of_the_text(name):
    """Every number that the text of the derivations has is there, in the same order."""
    explanation = Explanation(case(name).trace(), sections=("forward", "loss", "backward"), forms=("component",))
    html = explanation._repr_mimebundle_()["text/html"]
    left = lines_left(html)
    number = r"\d+\.\d+"
    told = re.findall(number, re.sub(r"\s+", " ", explanation.text(width=10_000)))
    shown = re.findall(number, " ".join(left))
    assert set(told) - set(shown) == set()


def test_fractions_indices_boxes_and_heads_read_properly():
    trace = case("case_study").trace()
    left = "\n".join(
        lines_left(trace.explained(sections=("step", "boxes", "iterations"))._repr_mimebundle_()["text/html"])
    )
    assert "1/(1+e^(−0.41))" in left
    assert "z_1^1 =w_11^1⋅x_1+w_12^1⋅x_2+b_1^1 =0.5⋅0.5+0.2⋅0.3+0.1 =0.41" in left
    assert "(∂C)/(∂a_1^2) =2⋅(a_1^2−y_1)" in left
    assert "𝒛^1 =𝒘^1𝒙+𝒃^1 =[0.5 0.2; 0.3 0.4][0.5; 0.3]+[0.1; 0.2]" in left
    assert "frac" not in left
    assert "=[(∂C)/(∂a_1^2)⋅σ′(z_1^2) = δ_1^2]⋅[a_1^1 = (∂z_1^2)/(∂w_11^2)] ≈[(−0.1027)⋅0.1882 = δ_1^2]" in left


def test_drawings_are_images_with_their_words():
    html = case("sharing").trace()._repr_mimebundle_()["text/html"]
    left = left_of(html)
    assert "<svg" not in left
    assert left.count("<img ") == html.count("<img ") > 0
    assert 'alt="The forward pass of a network whose layers have 2-2-2 neurons. Layer 0: x₁ = 0.9' in left
