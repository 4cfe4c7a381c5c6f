"""The base of every formula: parameters, forms, and what a formula refuses to be."""

import gc
import math
import pickle
import weakref
from dataclasses import replace

import numpy as np
import pytest

from clearprop.errors import FormulaError, InputError
from clearprop.formulas import (
    Activation,
    Adam,
    LeakyRelu,
    Logistic,
    Loss,
    Relu,
    Softmax,
    Tanh,
    UpdateRule,
    exp,
    row_sum,
    where,
)
from clearprop.formulas.formula import form_tree, once_per_class


def test_a_formula_is_a_frozen_value():
    assert LeakyRelu(0.2) == LeakyRelu(0.2) != LeakyRelu(0.3)
    assert hash(LeakyRelu(0.2)) == hash(LeakyRelu(0.2))
    assert repr(LeakyRelu(0.2)) == "LeakyRelu(negative_slope=0.2)"
    assert LeakyRelu(0.2).parameters == {"negative_slope": 0.2}
    assert pickle.loads(pickle.dumps(LeakyRelu(0.2))) == LeakyRelu(0.2)
    with pytest.raises(AttributeError):
        LeakyRelu().negative_slope = 1.0


def test_a_class_without_parameters_of_its_own_is_as_frozen_as_its_base():
    class Mine(Relu):
        """Without an annotation, so that it is no dataclass of its own."""

    class Steeper(LeakyRelu):
        """With what its base has."""

    assert Mine() == Mine() != Relu()
    assert hash(Steeper(0.5)) == hash(Steeper(0.5))
    assert repr(Mine()).endswith(".Mine()")
    assert repr(Steeper(0.5)).endswith(".Steeper(negative_slope=0.5)")
    assert replace(Steeper(), negative_slope=0.25).parameters == {"negative_slope": 0.25}
    for formula in (Mine(), Steeper(), Relu(), LeakyRelu()):
        for change in (
            lambda formula=formula: setattr(formula, "negative_slope", 1.0),
            lambda formula=formula: setattr(formula, "anything", 1.0),
            lambda formula=formula: delattr(formula, "negative_slope"),
        ):
            with pytest.raises(AttributeError):
                change()


def test_parameters_of_two_bases_come_together():
    class Both(Stretched, LeakyRelu):
        pass

    assert Both(stretch=2.0).parameters == {"negative_slope": 0.01, "stretch": 2.0}


class Stretched(Activation):
    stretch: float = 1.0

    def value(z, stretch):
        return stretch * z


def test_its_name_is_that_of_its_class_in_snake_case_unless_it_says_otherwise():
    class ShiftedRelu2(Relu):
        pass

    class Other(Relu):
        name = "my own"

    assert (LeakyRelu.name, ShiftedRelu2.name, Other.name) == ("leaky_relu", "shifted_relu2", "my own")


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, "0.2", None, True, [0.2], 1j, np.bool_(True), 10**400]
)
def test_a_parameter_that_is_no_finite_number_is_refused(value):
    with pytest.raises(InputError, match="leaky_relu: negative_slope must be a finite number, not "):
        LeakyRelu(value)


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), np.int64(2), 3, 10**30])
def test_a_parameter_is_kept_as_a_number_of_python(value):
    kept = LeakyRelu(value).negative_slope
    assert type(kept) in (int, float)
    assert kept == pytest.approx(float(value), rel=1e-15)


def test_a_form_that_does_not_exist():
    with pytest.raises(FormulaError, match="tanh defines no 'pullback'"):
        Tanh.tree("pullback")
    with pytest.raises(FormulaError, match="tanh defines no 'pullback'"):
        Tanh().compute("pullback", g=1.0, z=1.0, a=1.0)
    assert Softmax.has("pullback")
    assert not Softmax.has("slope")


def test_a_form_with_several_results_is_asked_for_its_trees():
    with pytest.raises(FormulaError, match=r"adam\.update has 3 results; ask `trees` for them"):
        Adam.tree("update")
    assert len(Adam.trees("update")) == 3
    assert Logistic.trees("value") == (Logistic.tree(),)


def branching(z):
    if z > 0:
        return z
    return 0


def method_of_an_array(z):
    return z.clip(0, 1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (branching, r"asks whether 0 < z is true|asks whether z > 0 is true"),
        (lambda z: max(z, 0), "instead of `if`, `and`, `or`"),
        (lambda z: z > 0 and z, "instead of `if`, `and`, `or`"),
        (lambda z: math.exp(z), r"needs z as a number; use the functions of clearprop.formulas.vocabulary"),
        (lambda z: np.exp(-z), "does not support ufuncs.*write it with the functions of clearprop.formulas.vocabulary"),
        (lambda z: np.maximum(z, 0), "does not support ufuncs"),
        (lambda z: exp(z) / np.sum(exp(z)), "calls sum of NumPy; use .*row_sum"),
        (lambda z: np.where(z > 0, z, 0), "calls where of NumPy; use the functions of clearprop.formulas.vocabulary"),
        (lambda z: np.mean(z), "calls mean of NumPy"),
        (lambda z: z * np.ones(3), "not of ndarray"),
        (method_of_an_array, "'Symbol' object has no attribute 'clip'.*write it with the functions of"),
        (lambda z: z[0], "not subscriptable"),
        (lambda z: where(z == 0, 1, z), r"cannot hold False; write equal\(x, y\) instead of x == y"),
        (lambda z: z * math.inf, "finite numbers"),
        (lambda z: "z", "not of str: 'z'"),
        (lambda z: None, "not of NoneType"),
    ],
)
def test_what_is_no_formula_is_refused_with_a_sentence_where_it_is_written(value, message):
    with pytest.raises(FormulaError, match=rf"Mine\.value.*({message})"):
        type("Mine", (Activation,), {"value": value})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda x: x, r"Mine.value asks for 'x', but it can have only z; a parameter is declared .* `x: float = 1.0`"),
        (lambda self, z: z, "Mine.value asks for 'self'"),
        (lambda z, a: z * a, "Mine.value asks for 'a', but it can have only z;"),
    ],
)
def test_a_form_can_ask_only_for_its_variables_and_parameters(value, message):
    with pytest.raises(FormulaError, match=message):
        type("Mine", (Activation,), {"value": value})


def test_a_value_must_depend_on_its_argument():
    with pytest.raises(FormulaError, match=r"Mine\.value does not depend on z"):
        type("Mine", (Activation,), {"value": lambda z: 1})
    with pytest.raises(FormulaError, match=r"Mine\.value does not depend on a"):
        type("Mine", (Loss,), {"value": lambda a, y: y**2})


def test_a_parameter_must_be_annotated_to_be_one():
    with pytest.raises(FormulaError, match=r"asks for 'beta', but it can have only z; .* `beta: float = 1.0`"):

        class Swish(Activation):
            beta = 2.0

            def value(z, beta):
                return z / (1 + exp(-beta * z))


def test_a_loss_and_an_update_rule_name_their_own_variables():
    with pytest.raises(FormulaError, match="asks for 'z', but it can have only a, y"):
        type("Mine", (Loss,), {"value": lambda z, y: z - y})
    with pytest.raises(FormulaError, match="asks for 'v', but it can have only theta, g, rate, t, learning_rate"):
        type("Mine", (UpdateRule,), {"update": lambda theta, v: theta})


def test_numbers_of_numpy_are_numbers():
    class Scaled(Activation):
        def value(z):
            return np.sqrt(2) * z + np.float32(0.5) - z / np.int64(4)

    assert Scaled().forward(np.array([4.0]))[0] == 4 * np.sqrt(2) + 0.5 - 1


def test_a_row_function_among_numbers_and_trees():
    class Share(Activation):
        def value(z):
            return z / row_sum(z)

    np.testing.assert_allclose(Share().forward(np.array([[1.0, 3.0]])), [[0.25, 0.75]])
    assert Share.is_coupled()


def test_what_is_said_of_a_class_is_worked_out_once_and_goes_with_it():
    calls = []

    @once_per_class
    def said(cls, what):
        """Of a class."""
        calls.append(what)
        return what.upper()

    class Short(Activation):
        def value(z):
            return z

    assert [said(Short, "a"), said(Short, "a"), said(Short, "b")] == ["A", "A", "B"]
    assert calls == ["a", "b"]
    assert said.__doc__ == "Of a class."
    assert form_tree(Short, "value") is form_tree(Short, "value")
    gone = weakref.ref(Short)
    del Short
    gc.collect()
    assert gone() is None


def test_a_condition_is_no_value():
    with pytest.raises(FormulaError, match=r"Above.value: .* is a condition, not a number; write where"):

        class Above(Activation):
            def value(z):
                return z > 0


def test_a_condition_is_no_loss():
    with pytest.raises(FormulaError, match="is a condition"):

        class Wrong(Loss):
            def value(a, y):
                return a <= y
