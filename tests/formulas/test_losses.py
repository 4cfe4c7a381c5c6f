"""Every loss: its slope, its constant, what it may be joined with; scikit-learn's metrics are independent witnesses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, mean_absolute_error, mean_pinball_loss, mean_poisson_deviance, mean_squared_error

from clearprop.errors import InputError
from clearprop.formulas import (
    ACTIVATIONS,
    LOSSES,
    AbsoluteError,
    BinaryCrossEntropy,
    Constant,
    CrossEntropy,
    HalfSquaredError,
    Huber,
    Loss,
    Poisson,
    Quantile,
    Softmax,
    SquaredError,
    evaluate,
    exp,
    fitting_activations,
    loss_function,
    row_sum,
    table_of_fits,
)
from clearprop.formulas.derivative import pullback

ALL = [*(cls() for cls in LOSSES.values()), Huber(0.3), Quantile(0.9)]
every = pytest.mark.parametrize("formula", ALL, ids=repr)


@st.composite
def outputs_and_targets(draw, formula, dtype=np.float64):
    """Outputs inside the loss's domain and targets that it allows."""
    width = np.dtype(dtype).itemsize * 8
    low, high = (float(np.clip(bound, -8, 8)) for bound in formula.domain)
    least, most = (float(np.clip(bound, -8, 8)) for bound in formula.targets)
    number = st.floats(low + 2**-6, high - 2**-6, width=width)
    target = st.floats(least, most, width=width, allow_subnormal=False)
    n = draw(st.integers(1, 5))
    column = [draw(st.lists(kind, min_size=n, max_size=n)) for kind in (number, target)]
    return tuple(np.array(values, dtype=dtype)[:, None] for values in column)


def away_from_kinks(formula, a, y):
    """The same, with outputs moved off the places where the loss has no slope."""
    kinks = {
        "absolute_error": (0,),
        "quantile": (0,),
        "huber": (-getattr(formula, "delta", 0), formula.parameters.get("delta", 0)),
    }
    for kink in kinks.get(formula.name, ()):
        a = np.where(np.abs(a - y - kink) < 1e-3, a + 5e-3, a)
    return a


@every
@given(data=st.data())
def test_the_slope_is_the_limit_of_difference_quotients(formula, data):
    a, y = data.draw(outputs_and_targets(formula))
    a, h = away_from_kinks(formula, a, y), 1e-6
    quotient = (formula.forward(a + h, y) - formula.forward(a - h, y)) / (2 * h)
    np.testing.assert_allclose(formula.backward(a, y), quotient, rtol=1e-6, atol=1e-7)


@every
@given(data=st.data())
def test_the_slope_is_the_derivative_that_the_tree_gives(formula, data):
    a, y = data.draw(outputs_and_targets(formula))
    a = away_from_kinks(formula, a, y)
    from_tree = evaluate(pullback(formula.tree(), "a", Constant(1)), {"a": a, "y": y, **formula.parameters})
    np.testing.assert_allclose(formula.backward(a, y), from_tree, rtol=1e-9, atol=1e-10)


@every
@given(data=st.data())
def test_a_loss_is_never_negative_and_computing_equals_evaluating_the_tree(formula, data):
    a, y = data.draw(outputs_and_targets(formula))
    value = formula.forward(a, y)
    assert (value >= -1e-14).all()
    names = {"a": a, "y": y, **formula.parameters}
    np.testing.assert_array_equal(value, evaluate(formula.tree(), names))
    np.testing.assert_array_equal(formula.backward(a, y), evaluate(formula.slope_tree(), names))


@every
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(data=st.data())
def test_shape_and_type_are_kept(formula, dtype, data):
    a, y = data.draw(outputs_and_targets(formula, dtype))
    for result in (formula.forward(a, y), formula.backward(a, y)):
        assert (result.shape, result.dtype) == (a.shape, dtype)


@every
def test_whole_numbers_are_not_answered_in_whole_numbers(formula):
    half, one = np.array([[0.5]]), np.array([[1]])
    assert formula.forward(half, one)[0, 0] == formula.forward(half, one.astype(float))[0, 0]
    if formula.domain == (-np.inf, np.inf):
        assert formula.forward(one, half)[0, 0] == formula.forward(one.astype(float), half)[0, 0]


@given(data=st.data())
def test_scikit_learns_metrics_agree(data):
    def mean_of(formula):
        a, y = data.draw(outputs_and_targets(formula))
        return float(formula.forward(a, y).mean()), a.ravel(), y.ravel()

    ours, a, y = mean_of(SquaredError())
    assert ours == pytest.approx(mean_squared_error(y, a))
    ours, a, y = mean_of(HalfSquaredError())
    assert ours == pytest.approx(mean_squared_error(y, a) / 2)
    ours, a, y = mean_of(AbsoluteError())
    assert ours == pytest.approx(mean_absolute_error(y, a))
    ours, a, y = mean_of(Quantile(0.9))
    assert ours == pytest.approx(mean_pinball_loss(y, a, alpha=0.9))
    ours, a, y = mean_of(Poisson())
    assert ours == pytest.approx(mean_poisson_deviance(y, a) / 2, abs=1e-12)
    ours, a, y = mean_of(BinaryCrossEntropy())
    hard = (y > 0.5).astype(float)
    ours = float(BinaryCrossEntropy().forward(a, hard).mean())
    assert ours == pytest.approx(log_loss(hard, np.column_stack([1 - a, a]), labels=[0, 1]))
    ours = float(
        CrossEntropy().forward(np.column_stack([1 - a, a]), np.column_stack([1 - hard, hard])).sum(axis=1).mean()
    )
    assert ours == pytest.approx(log_loss(hard, np.column_stack([1 - a, a]), labels=[0, 1]))


def test_known_values_with_each_loss_s_own_constant():
    a, y = np.array([[0.6]]), np.array([[0.8]])
    expected = {
        "squared_error": 0.04, "half_squared_error": 0.02, "absolute_error": 0.2, "huber": 0.02, "quantile": 0.1,
        "poisson": 0.8 * np.log(0.8 / 0.6) - 0.2, "cross_entropy": -0.8 * np.log(0.6),
        "binary_cross_entropy": -0.8 * np.log(0.6) - 0.2 * np.log(0.4),
    }  # fmt: skip
    assert set(expected) == set(LOSSES)
    for name, value in expected.items():
        assert loss_function(name).forward(a, y)[0, 0] == pytest.approx(value, rel=1e-14), name


def test_huber_is_quadratic_near_and_linear_far():
    huber, y = Huber(2.0), np.zeros((3, 1))
    assert huber.forward(np.array([[1.0], [2.0], [5.0]]), y).ravel().tolist() == [0.5, 2.0, 8.0]


def test_a_count_of_zero_costs_its_expectation():
    assert Poisson().forward(np.array([[0.7]]), np.array([[0.0]]))[0, 0] == 0.7


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Huber(0), "huber: delta must be above 0, not 0"),
        (lambda: Huber(float("nan")), "huber: delta must be a finite number, not nan"),
        (lambda: Quantile(1.0), "quantile: quantile must be above 0 and below 1, not 1.0"),
        (lambda: loss_function("mse"), "there is no loss 'mse'"),
        (lambda: loss_function(Softmax), "the loss must be a name"),
    ],
)
def test_bad_parameters_and_names(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_the_published_table_of_fits():
    real = "identity, logistic, tanh, relu, leaky_relu, elu, selu, gelu, silu, mish, softplus, exp, softmax"
    real += ", relu6, hard_tanh, hard_sigmoid, hard_swish, softsign, celu, softplus_threshold, log_sigmoid, swish"
    real += ", gelu_tanh, squared_relu, tanhshrink, log_softmax"
    assert table_of_fits().splitlines() == [
        "| loss | output activations that fit |",
        "|---|---|",
        f"| squared_error | **identity**, {real.removeprefix('identity, ')} |",
        f"| half_squared_error | **identity**, {real.removeprefix('identity, ')} |",
        f"| absolute_error | **identity**, {real.removeprefix('identity, ')} |",
        f"| huber | **identity**, {real.removeprefix('identity, ')} |",
        f"| quantile | **identity**, {real.removeprefix('identity, ')} |",
        "| poisson | logistic, softplus, **exp**, softmax, softplus_threshold |",
        "| cross_entropy | **softmax** |",
        "| binary_cross_entropy | **logistic**, softmax |",
    ]


@every
@pytest.mark.parametrize("name", [n for n, cls in ACTIVATIONS.items() if n == cls.name])
def test_what_fits_gives_a_finite_loss_and_what_does_not_fit_would_not(formula, name):
    output = ACTIVATIONS[name]()
    z = np.array([[-5.0, 0.3, 4.0]])
    y = np.array([[0.0, 1.0, 0.0]])
    with np.errstate(all="ignore"):
        value = formula.forward(output.forward(z), y)
    fits = name in fitting_activations(formula)
    assert fits == formula.fits(output) == formula.fits(type(output))
    if fits:
        assert np.isfinite(value).all()
    elif not formula.is_distribution:
        # relu reaches the bound 0 of poisson's domain; the others leave the domain
        assert (
            not np.isfinite(value).all()
            or (output.forward(z) <= formula.domain[0]).any()
            or (output.forward(z) >= 1).any()
        )


def test_a_users_own_distribution_fits_cross_entropy():
    class Tempered(Softmax):
        temperature: float = 2.0

        def value(z, temperature):
            return exp(z / temperature) / row_sum(exp(z / temperature))

    assert CrossEntropy.fits(Tempered)


def test_a_loss_without_a_slope_gets_it_from_its_tree():
    class Quartic(Loss):
        def value(a, y):
            return (y - a) ** 4

    a, y = np.array([[0.5]]), np.array([[2.0]])
    assert Quartic().backward(a, y)[0, 0] == pytest.approx(-4 * 1.5**3)
    assert str(Quartic.slope_tree()) == "−4·(y − a)³"
