"""Formulas that a kernel has a word of its own for are recognised wherever they stand, and nothing else is."""

import pytest

from clearprop.formulas import Activation, Logistic, Silu, Symbol, absolute, exp, where
from clearprop.formulas.printers.kernel import to_kernel

z, w = Symbol("z"), Symbol("w")


def lines(tree, variables=("z", "w")):
    return [line.partition(" = ")[2] for line in to_kernel([tree], variables).passes[0].lines]


@pytest.mark.parametrize("form", ["value", "stable"])
def test_either_form_of_the_logistic_function_is_one_word(form):
    assert lines(Logistic.tree(form)) == ["logistic(z)"]


def test_it_is_recognised_inside_other_formulas_and_of_other_arguments():
    assert lines(Silu.tree("stable")) == ["logistic(z)", "z * t9"]
    first, second = lines(1 / (1 + exp(-(z + w))))
    assert (first, second.partition("(")[0]) == ("z + w", "logistic")


def test_it_is_recognised_in_a_formula_of_ones_own():
    class Own(Activation):
        beta: float = 2.0

        def value(z, beta):
            return z * (1 / (1 + exp(-(beta * z))))

    assert sum("logistic(" in line for line in lines(Own.tree())) == 1
    assert not any("exp(" in line for line in lines(Own.tree()))


def test_a_condition_counts_as_one_or_nought_as_it_does_elsewhere():
    condition, number, result = lines(1 / (1 + exp(-(z > 0))))
    assert condition == "constant(z, 0.0) < z"
    assert number.startswith("select(")
    assert result == "logistic(t4)"


@pytest.mark.parametrize(
    "tree",
    [
        1 / (1 + exp(z)),
        1 / (2 + exp(-z)),
        2 / (1 + exp(-z)),
        where(z >= 0, 1, exp(-absolute(z))) / (1 + exp(-absolute(w))),
        where(w >= 0, 1, exp(-absolute(z))) / (1 + exp(-absolute(z))),
    ],
    ids=str,
)
def test_what_is_not_quite_it_is_computed_as_it_is_written(tree):
    assert any("exp(" in line for line in lines(tree))
    assert not any("logistic" in line for line in lines(tree))


def test_of_a_number_that_no_variable_changes_it_is_worked_out_beforehand():
    text = to_kernel([1 / (1 + exp(-Symbol("beta"))) * z], ["z"])
    assert len(text.uniforms) == 1
    assert not any("logistic" in line for line in text.passes[0].lines)
