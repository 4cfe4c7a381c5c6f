"""Every activation: its forms agree with each other, with finite differences, with the derivative of its tree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearprop.errors import FormulaError, InputError, UnknownNameError
from clearprop.formulas import (
    ACTIVATIONS,
    Activation,
    Constant,
    Elu,
    Exp,
    HardSigmoid,
    HardTanh,
    LeakyRelu,
    Logistic,
    Relu,
    Shrink,
    Softmax,
    SoftplusThreshold,
    SparsePlus,
    Squareplus,
    Swish,
    Tanh,
    Threshold,
    activation,
    evaluate,
    exp,
    row_sum,
    where,
)
from clearprop.formulas.derivative import pullback
from kinks import away_from_kinks

BUILT_IN = [cls() for name, cls in ACTIVATIONS.items() if name == cls.name]
OTHERS = [  # with parameters of their own, and those that are in no table of names
    LeakyRelu(0.3), Elu(0.5), HardSigmoid(0.2, 0.5), HardTanh(-0.5, 2), Swish(1.702),
    SoftplusThreshold(2.0, 3.0), Threshold(0.5, -0.25), Shrink(0.5, 0.5), Squareplus(), SparsePlus(),
]  # fmt: skip
ALL = [*BUILT_IN, *OTHERS]
ELEMENTWISE = [formula for formula in ALL if not formula.is_coupled()]
TOLERANCES = {np.float64: {"rtol": 1e-12, "atol": 1e-14}, np.float32: {"rtol": 2e-5, "atol": 2e-6}}

every = pytest.mark.parametrize("formula", ALL, ids=repr)
elementwise = pytest.mark.parametrize("formula", ELEMENTWISE, ids=repr)
some = settings(max_examples=20)  # of each of the many
both_types = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def rows(dtype, largest):
    """Matrices of a few rows and columns."""
    bound = float(dtype(largest))
    numbers = st.floats(-bound, bound, width=np.dtype(dtype).itemsize * 8)
    return arrays(dtype, st.tuples(st.integers(1, 3), st.integers(1, 4)), elements=numbers)


def as_given(formula, z):
    """σ(z) by the textbook form, whatever comes of it."""
    with np.errstate(all="ignore"):
        return formula.compute("value", z=z)


@every
@both_types
@some
@given(data=st.data())
def test_the_stable_form_equals_the_textbook_form_wherever_that_is_finite(formula, dtype, data):
    z = data.draw(rows(dtype, 200 if not isinstance(formula, Exp) else 80))
    textbook = as_given(formula, z)
    finite = np.isfinite(textbook)
    np.testing.assert_allclose(formula.forward(z)[finite], textbook[finite], **TOLERANCES[dtype])


@every
@both_types
@some
@given(data=st.data())
def test_large_weighted_inputs_give_finite_activations_and_errors_without_a_warning(formula, dtype, data):
    largest = 1e4 if not isinstance(formula, Exp) else 80
    z = data.draw(rows(dtype, largest))
    with np.errstate(all="raise", under="ignore"):
        a = formula.forward(z)
        back = formula.backward(np.ones_like(z), z, a)
    assert np.isfinite(a).all()
    assert np.isfinite(back).all()
    assert a.shape == back.shape == z.shape


@elementwise
@some
@given(z=rows(np.float64, 6))
def test_the_slope_is_the_limit_of_difference_quotients(formula, z):
    h = 1e-6
    z = away_from_kinks(formula, z)
    quotient = (formula.forward(z + h) - formula.forward(z - h)) / (2 * h)
    slope = np.broadcast_to(formula.compute("slope", z=z, a=formula.forward(z)), z.shape)
    np.testing.assert_allclose(slope, quotient, rtol=1e-8, atol=2e-9)


@elementwise
@some
@given(z=rows(np.float64, 20))
def test_the_slope_is_the_derivative_that_the_tree_gives(formula, z):
    z = away_from_kinks(formula, z)
    from_tree = evaluate(pullback(formula.tree(), "z", Constant(1)), {"z": z, **formula.parameters})
    slope = formula.compute("slope", z=z, a=formula.forward(z))
    np.testing.assert_allclose(*np.broadcast_arrays(slope, from_tree), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("formula", [f for f in ALL if f.has("stable_slope")], ids=repr)
@both_types
@some
@given(data=st.data())
def test_the_stable_slope_equals_the_textbook_slope(formula, dtype, data):
    z = data.draw(rows(dtype, 30))
    a = formula.forward(z)
    stable, textbook = (formula.compute(form, z=z, a=a) for form in ("stable_slope", "slope"))
    np.testing.assert_allclose(stable, textbook, **TOLERANCES[dtype])


@elementwise
@some
@given(z=rows(np.float64, 20))
def test_what_is_passed_back_is_the_error_times_the_slope(formula, z):
    g, a = np.linspace(-1, 2, z.size).reshape(z.shape), formula.forward(z)
    np.testing.assert_allclose(formula.backward(g, z, a), g * formula.compute("slope", z=z, a=a), rtol=1e-9, atol=1e-12)


@given(z=rows(np.float64, 50))
def test_softmax_passes_back_its_jacobian_times_the_error(z):
    softmax = Softmax()
    a, g = softmax.forward(z), np.linspace(-1, 2, z.size).reshape(z.shape)
    expected = np.zeros_like(z)
    for i in range(len(z)):
        jacobian = np.diag(a[i]) - np.outer(a[i], a[i])  # ∂aₖ/∂zⱼ = aₖ([k = j] − aⱼ)
        expected[i] = jacobian @ g[i]
    np.testing.assert_allclose(softmax.backward(g, z, a), expected, rtol=1e-12, atol=1e-14)


@given(z=rows(np.float64, 50))
def test_softmax_rows_are_distributions_and_a_shift_changes_nothing(z):
    softmax = Softmax()
    np.testing.assert_allclose(softmax.forward(z).sum(axis=1), 1, rtol=1e-13)
    np.testing.assert_allclose(softmax.forward(z), softmax.forward(z + 3), rtol=1e-11, atol=1e-14)


@every
@some
@given(z=rows(np.float64, 30))
def test_without_slope_or_pullback_the_derivative_comes_from_the_tree(formula, z):
    forms = {form: staticmethod(getattr(formula, form)) for form in ("value", "stable") if formula.has(form)}
    annotations = {"__annotations__": dict.fromkeys(formula.parameters, float)}
    bare = type("Bare", (Activation,), {**forms, **annotations, **formula.parameters})()
    z = away_from_kinks(formula, np.where(z == 0, 1.0, z))  # 0 is a kink of the stable forms of logistic and softplus
    g, a = np.linspace(-1, 2, z.size).reshape(z.shape), formula.forward(z)
    assert not bare.has("slope")
    assert not bare.has("pullback")
    np.testing.assert_allclose(bare.backward(g, z, a), formula.backward(g, z, a), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    "formula", [cls() for cls in ACTIVATIONS.values() if cls.has("pullback") and cls.has("slope")], ids=repr
)
@given(z=rows(np.float64, 20))
def test_a_pullback_beside_a_slope_is_g_times_the_slope(formula, z):
    a, g = formula.forward(z), np.cos(z)
    np.testing.assert_array_equal(formula.backward(g, z, a), g * formula.compute("slope", z=z, a=a))


@every
@some
@given(z=rows(np.float64, 20))
def test_computing_equals_evaluating_the_trees(formula, z):
    a = formula.forward(z)
    names = {"z": z, "a": a, "g": np.cos(z), **formula.parameters}
    for form in (form for form in formula.forms if formula.has(form)):
        variables = {name: names[name] for name in formula.variables(form)}
        with np.errstate(all="ignore"):
            computed, evaluated = formula.compute(form, **variables), evaluate(formula.tree(form), names)
        np.testing.assert_array_equal(computed, evaluated)
    np.testing.assert_allclose(
        formula.backward(names["g"], z, a), evaluate(formula.pullback_tree(), names), rtol=1e-15, atol=0
    )


@every
@both_types
def test_the_type_is_kept(formula, dtype):
    z = np.array([[-1.5, 0.0, 2.0]], dtype=dtype)
    a = formula.forward(z)
    assert a.dtype == formula.backward(np.ones_like(z), z, a).dtype == dtype


@every
def test_whole_numbers_are_not_answered_in_whole_numbers(formula):
    z = np.array([[0, 1, -2]])
    np.testing.assert_allclose(formula.forward(z), formula.forward(z.astype(float)), rtol=1e-15)


@every
@some
@given(z=rows(np.float64, 8))
def test_values_lie_in_the_range_and_on_its_bounds_only_where_it_says_so(formula, z):
    if formula.is_coupled():
        z = np.hstack([z, z[:, :1] + 1])  # a single output of softmax is 1
    low, high = formula.range
    a = formula.forward(z)
    if formula.reaches_bounds:
        assert ((a >= low) & (a <= high)).all()
    else:
        assert ((a > low) & (a < high)).all()


def test_known_values():
    one = np.array([[1.0]])
    expected = {
        "identity": 1.0, "logistic": 0.7310585786300049, "tanh": 0.7615941559557649, "relu": 1.0, "leaky_relu": 1.0,
        "elu": 1.0, "selu": 1.0507009873554805, "gelu": 0.8413447460685429, "silu": 0.7310585786300049,
        "mish": 0.8650983882673103, "softplus": 1.3132616875182228, "exp": 2.718281828459045, "softmax": 1.0,
        "relu6": 1.0, "hard_tanh": 1.0, "hard_sigmoid": 2 / 3, "hard_swish": 2 / 3, "softsign": 0.5, "celu": 1.0,
        "softplus_threshold": 1.3132616875182228, "log_sigmoid": -0.31326168751822286, "swish": 0.7310585786300049,
        "gelu_tanh": 0.8411919906082768, "squared_relu": 1.0, "tanhshrink": 0.2384058440442351, "log_softmax": 0.0,
    }  # fmt: skip
    assert {f.name for f in BUILT_IN} == set(expected)
    for formula in BUILT_IN:
        assert formula.forward(one)[0, 0] == pytest.approx(expected[formula.name], rel=1e-15), formula


def test_the_slope_of_relu_at_zero_is_zero():
    zero = np.zeros((1, 1))
    assert Relu().backward(np.ones((1, 1)), zero, zero)[0, 0] == 0


def test_the_ends_of_a_hard_tanh_are_in_order():
    with pytest.raises(InputError, match=r"hard_tanh: low must be below high, not 1\.0 and 1\.0"):
        HardTanh(1.0, 1.0)


def test_an_activation_is_found_by_name_class_or_instance():
    assert (
        activation("sigmoid") == activation("logistic") == activation(Logistic) == activation(Logistic()) == Logistic()
    )
    assert activation(LeakyRelu(0.5)) == LeakyRelu(0.5) != LeakyRelu()


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no activation 'rellu'; did you mean 'relu'"):
        activation("rellu")
    with pytest.raises(InputError, match=r"the activation must be a name \(identity, .*\) or a formula, not 3"):
        activation(3)


def test_another_kind_of_formula_is_no_activation():
    from clearprop.formulas import SquaredError

    with pytest.raises(InputError, match="the activation must be a name"):
        activation(SquaredError())


def test_a_parameter_without_a_value_is_asked_for():
    class Power(Activation):
        exponent: float

        def value(z, exponent):
            return exp(exponent * z)

    assert activation(Power(2.0)).exponent == 2
    with pytest.raises(
        InputError, match=r"the activation Power needs a value for 'exponent': give Power\(exponent=…\)"
    ):
        activation(Power)


def test_coupled_is_what_needs_the_whole_row():
    assert Softmax.is_coupled()
    assert Softmax.slope_tree() is None
    assert [f.name for f in BUILT_IN if f.is_coupled()] == ["softmax", "log_softmax"]
    assert str(Tanh.slope_tree()) == "1 − a²"


def test_a_derivative_that_is_the_same_all_along_a_row_is_given_to_each_of_it():
    class Total(Activation):
        def value(z):
            return where(z > 0, row_sum(z), 0)

    z, g = np.array([[1.0, -2.0, 3.0]]), np.array([[0.5, 10.0, 0.25]])
    assert Total().backward(g, z, Total().forward(z)).tolist() == [[0.75, 0.75, 0.75]]


def test_an_activation_without_a_value_says_so():
    class Empty(Activation):
        pass

    with pytest.raises(FormulaError, match="empty defines no 'value'"):
        Empty().forward(np.zeros((1, 1)))
    with pytest.raises(FormulaError, match="empty defines no 'value'"):
        Empty.tree()
