import numpy as np
import pytest
from hypothesis import given, settings

from clearprop import Network, adam, adamw, backward, check_gradient, forward, loss, sgd
from clearprop.errors import InputError, NotFiniteError, ShapeError, UnknownNameError
from clearprop.explain import CASES, case, diff, exact, explain
from clearprop.trace.arithmetic import computed
from clearprop.trace.scalar_trees import Scope
from clearprop.training import train
from sample_networks import jobs


def close(found, value, name):
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(value, float), rtol=1e-8, atol=1e-12, err_msg=name)


@settings(max_examples=150, deadline=None)
@given(jobs())
def test_every_site_replays_from_its_inputs_to_the_last_bit(job):
    trace = explain(*job)
    for name, value in trace.replay().items():
        assert np.array_equal(value, trace[name].value, equal_nan=True), name
        assert set(trace[name].inputs) <= set(trace)


@settings(max_examples=100, deadline=None)
@given(jobs())
def test_the_tree_of_every_number_gives_the_number(job):
    trace = explain(*job)
    for name, site in trace.sites.items():
        for index in np.ndindex(np.shape(site.value)):
            scope = Scope(trace.arrays)
            tree = site.equation.tree(scope, index)
            if tree is not None:
                with np.errstate(all="ignore"):  # exp in 1/(1 + e⁻ᶻ) may become infinite, and the result 0
                    found = computed(tree, scope.values)
                assert np.array_equal(found, site.value[index], equal_nan=True), f"{name}{index}: {tree}"


@settings(max_examples=60, deadline=None)
@given(jobs())
def test_the_numbers_are_the_engines_and_the_gradient_agrees_with_central_differences(job):
    network, params, x, y, _rule = job
    trace = explain(*job)
    X, Y = np.atleast_2d(x), np.atleast_2d(y)
    tape = forward(network, params, X)
    gradient = backward(network, params, tape, Y)
    for l in range(1, network.depth + 1):
        for name, value in (("z", tape.z[l]), ("a", tape.a[l]), ("delta", gradient.delta[l])):
            close(trace[f"{name}{l}"].value, value if trace.is_batch else value[0], name)
        close(trace[f"dW{l}"].value, gradient.W[l], "dW")
        close(trace[f"db{l}"].value, gradient.b[l], "db")
    close(trace["loss"].value, loss(network, params, X, Y), "loss")
    assert check_gradient(network, params, X, Y, tolerance=1e-4).passed  # some of these losses bend sharply
    with np.errstate(all="ignore"):  # a step may have been far too long
        again = loss(network, trace.updated, X, Y)
    assert np.array_equal(trace["loss_new"].value, again, equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(jobs(batch=False))
def test_every_error_agrees_with_a_central_difference(job):
    """∂C/∂a and ∂C/∂z, felt by moving that one value and computing the rest of the network anew."""
    network, params, _x, y, _ = job
    trace = explain(*job)
    L, h = network.depth, 1e-6

    def loss_from(l, kind, value):
        if kind == "z":
            value = network.layers[l - 1].activation.forward(value[None])[0]
        for k in range(l + 1, L + 1):
            value = network.layers[k - 1].activation.forward((value @ params.W[k] + params.b[k])[None])[0]
        return network.loss.forward(value[None], y[None]).sum()

    for l in range(1, L + 1):
        for site, kind in ((f"delta{l}", "z"), (f"error{l}", "a")):
            at = trace[f"{kind}{l}"].value
            if l == L and kind == "a" and network.loss.domain != (-np.inf, np.inf) and (at.min() < 1e-3):
                continue  # the loss bends too sharply there for a difference
            for j in range(len(at)):
                moved = np.zeros_like(at)
                moved[j] = h
                with np.errstate(all="ignore"):
                    felt = (loss_from(l, kind, at + moved) - loss_from(l, kind, at - moved)) / (2 * h)
                value = trace[site].value[j]
                near_kink = abs(at[j]) < 1e-3 or np.abs(trace[f"z{l}"].value).min() < 1e-3
                assert abs(felt - value) < 1e-4 * max(1, abs(value)) or near_kink or network.loss.name in (
                    "absolute_error", "huber", "quantile")  # fmt: skip


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_following_traces_are_the_steps_of_training(optimizer):
    found = case("mazur")
    trace = explain(found.network, found.params, found.x[None], found.y[None], optimizer)
    for _ in range(4):
        trace = trace.following()
    trained = train(
        found.network, found.params, found.x[None], found.y[None], optimizer=optimizer, epochs=5, patience=100
    )
    np.testing.assert_allclose(trace.updated.theta, trained.parameters.theta, rtol=1e-13)
    assert trace.step == 5


def test_adam_remembers_its_moments_and_names_them():
    found = case("case_study")
    trace = explain(found.network, found.params, found.x, found.y, adam(0.1))
    np.testing.assert_allclose(trace["m_W1_new"].value, 0.1 * trace["dW1"].value)
    np.testing.assert_allclose(trace["m_hat_W1"].value, trace["dW1"].value)
    assert set(trace["W1_new"].inputs) == {"W1", "m_hat_W1", "v_hat_W1", "rate"}
    assert np.array_equal(trace.following()["m_W1"].value, trace["m_W1_new"].value)
    decayed = explain(found.network, found.params, found.x, found.y, adamw(0.1, weight_decay=0.5))
    np.testing.assert_allclose(decayed["W1_new"].value - trace["W1_new"].value, -0.05 * found.params.W[1])
    np.testing.assert_array_equal(decayed["b1_new"].value, trace["b1_new"].value)


def test_the_trace_cannot_be_changed():
    trace = case("case_study").trace()
    with pytest.raises(ValueError, match="read-only"):
        trace["z1"].value[0] = 1
    with pytest.raises(AttributeError):
        trace["z1"].name = "z"
    with pytest.raises(TypeError):
        trace["z1"] = 1


def test_the_order_is_that_of_computation():
    trace = case("mazur").trace()
    seen = set()
    for name, site in trace.sites.items():
        assert set(site.inputs) <= seen
        seen.add(name)
    order = ["z1", "a1", "z2", "a2", "loss", "error2", "delta2", "error1", "slope1", "delta1", "dW2", "W1_new"]
    assert [name for name in trace if name in order] == order


@pytest.mark.parametrize("name", list(CASES))
def test_every_case_is_explained(name):
    trace = case(name).trace()
    assert trace["loss_new"].value < trace["loss"].value
    assert diff(trace, explain(*[getattr(case(name), part) for part in ("network", "params", "x", "y", "optimizer")]))\
        .sites == ()  # fmt: skip


def test_the_case_of_the_article_comes_out_as_it_should_have():
    trace = case("case_study").trace()
    assert trace["z1"].value.round(2).tolist() == [0.41, 0.47]
    assert trace["delta2"].value.round(4).tolist() == [-0.0193]
    assert sum(trace[name].value.size for name in ("dW1", "db1", "dW2", "db2")) == 9


def test_mazurs_numbers():
    trace = case("mazur").trace()
    assert round(float(trace["loss"].value), 9) == 0.298371109
    assert round(trace.value_of("W2_new[0,0]"), 9) == 0.35891648


def test_exact_fractions():
    network = Network.mlp([2, 2, 1], hidden="relu", loss="half_squared_error")
    params = network.parameters([[[0.1, 0.2], [0.3, -0.4]], [0.5, 0.6]], [[0.1, 0.2], 0.3])
    trace = explain(network, params, [1, 2], 1, sgd(0.1))
    rational = exact(trace)
    for name in trace:
        np.testing.assert_allclose(np.asarray(rational[name].value, dtype=float), trace[name].value, rtol=1e-12)
    assert str(rational.value_of("z1[0]")) == "4/5"
    with pytest.raises(InputError, match="leaves the rational numbers"):
        exact(case("mazur").trace())


def test_two_traces_are_compared():
    trace = case("mazur").trace()
    assert not diff(trace, trace)
    assert str(diff(trace, trace)) == "no difference"
    found = diff(trace, case("case_study").trace())
    assert found.sites[0].site == "y" or found.sites[0].difference > 0
    assert "loss_new" in [site.site for site in diff(trace, trace.following())]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda t: t["delt1"], UnknownNameError, "did you mean 'delta1'"),
        (lambda t: t.value_of("W3[0,0]"), UnknownNameError, "there is no site 'W3'"),
        (lambda t: t.value_of("W1[0,7]"), InputError, r"W1 has shape \(2, 2\), so the last one is W1\[1, 1\]"),
        (lambda t: t.value_of("W1[-1,0]"), InputError, "not a single number"),
        (lambda t: t.value_of("W1"), InputError, "not a single number"),
        (lambda t: t.value_of("??"), InputError, "names no value of a trace"),
        (lambda t: t.sample(3), InputError, "there is no sample 3"),
    ],
)
def test_bad_questions(call, error, words):
    with pytest.raises(error, match=words):
        call(case("case_study").trace())


@pytest.mark.parametrize(
    ("x", "y", "optimizer", "error", "words"),
    [
        ([0.1], 0.8, "sgd", ShapeError, "x must hold 2 numbers"),
        ([0.1, 0.2], [0.8, 0.1], "sgd", ShapeError, r"y must hold 1 number\(s\)"),
        ([[0.1, 0.2, 0.3]], [[0.8]], "sgd", ShapeError, "X must have shape"),
        ([0.1, np.nan], 0.8, "sgd", NotFiniteError, "row 0, column 1"),
        ([0.1, 0.2], 0.8, "lbfgs", InputError, "L-BFGS chooses its steps"),
        ([0.1, 0.2], 0.8, "sdg", UnknownNameError, "did you mean 'sgd'"),
    ],
)
def test_bad_samples(x, y, optimizer, error, words):
    found = case("case_study")
    with pytest.raises(error, match=words):
        explain(found.network, found.params, x, y, optimizer)


def test_a_state_of_another_optimizer_is_refused():
    found = case("case_study")
    with pytest.raises(InputError, match="the state does not belong"):
        explain(found.network, found.params, found.x, found.y, "adam", found.trace().state)


def test_saturated_outputs_stay_finite():
    network = Network.mlp([1, 1], loss="binary_cross_entropy")
    trace = explain(network, network.parameters([[1000.0]], [0.0]), [1.0], 0.0)
    assert trace.value_of("delta1[0]") == 1.0
    assert trace.value_of("loss") == 1000.0
    for name, value in trace.replay().items():
        if name != "error1":
            close(value, trace[name].value, name)


def test_numbers_that_leave_float64_are_refused_with_their_layer():
    network = Network.mlp([1, 1, 1], hidden="exp")
    with pytest.raises(NotFiniteError, match="activations of layer 1 are not finite"):
        explain(network, network.parameters([[[1e4]], [[1.0]]], [[0.0], [0.0]]), [1.0], 0.0)


def test_one_sample_of_a_batch():
    batch = case("xor").trace()
    alone = batch.sample(2)
    assert np.array_equal(alone["z1"].value, batch["z1"].value[2])
    np.testing.assert_allclose(alone["delta1"].value, batch["delta1"].value[2] * 4)
