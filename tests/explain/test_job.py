"""A trace of a fit that asks for much is the step that the engine makes."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings

from clearprop import Network, adam, loss, sgd
from clearprop.engines import Job, ReferenceEngine, TrainingState, prepared
from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.explain import (
    Explanation,
    check,
    exercise,
    explain,
    gradient_norms,
    per_sample_gradients,
    saliency,
    wiggle,
)
from clearprop.explain.words import LANGUAGES
from clearprop.formulas import Cosine, ReduceOnPlateau
from clearprop.job.state import rates as rates_of
from sample_networks import fits


def engines_step(arguments, job, state, sample_weight, n_samples):
    """The state after one step of the reference engine with these rows as its only batch."""
    _, params, X, Y = arguments
    weight = None if sample_weight is None else np.atleast_1d(sample_weight)
    data = prepared(job, np.atleast_2d(X), np.atleast_2d(Y), weight)
    rates = rates_of(job, state, n_samples, 1)
    moved = TrainingState(params.theta.copy(), [m.copy() for m in state.memory], step=state.step)
    moved.gradient_norms = np.zeros(job.network.depth)
    ReferenceEngine().steps(job, moved, data, np.arange(data.n_samples), rates)
    return moved, rates[0]


@settings(max_examples=150, deadline=None)
@given(fits())
def test_the_update_shown_is_the_one_that_the_engine_makes(fit):
    arguments, asked = fit
    trace = explain(*arguments, **asked)
    moved, rate = engines_step(arguments, **asked)
    scale = max(1.0, float(np.abs(moved.theta).max()))
    np.testing.assert_allclose(trace.updated.theta, moved.theta, rtol=1e-8, atol=1e-10 * scale)
    for name, vector in zip(trace.optimizer.memory, moved.memory, strict=True):
        shown = np.concatenate([trace[f"{name}_{b.name}_new"].value.ravel() for b in trace.network.blocks])
        np.testing.assert_allclose(shown, vector, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(trace["rate"].value, rate, rtol=1e-13)
    cost = moved.loss_sum / moved.weight_sum
    np.testing.assert_allclose(trace[trace.minimised].value, cost, rtol=1e-9, atol=1e-12)
    assert trace.state.step == moved.step


@settings(max_examples=60, deadline=None)
@given(fits())
def test_every_site_replays_to_the_last_bit(fit):
    trace = explain(*fit[0], **fit[1])
    seen = set()
    for name, value in trace.replay().items():
        assert np.array_equal(value, trace[name].value, equal_nan=True), name
        assert set(trace[name].inputs) <= seen, name
        seen.add(name)


@settings(max_examples=30, deadline=None)
@given(fits(batch=True))
def test_what_comes_after_is_the_objective_with_the_same_masks(fit):
    arguments, asked = fit
    trace = explain(*arguments, **asked)
    setting = trace.setting
    with np.errstate(all="ignore"):
        after = loss(setting.network, trace.updated, setting.X, setting.target, setting.weight, setting.mask)
    assert np.array_equal(trace["loss_new"].value, after, equal_nan=True)
    if trace.minimised == "cost":
        with np.errstate(all="ignore"):
            cost = setting.cost(trace.updated.theta)
        assert np.array_equal(trace["cost_new"].value, cost, equal_nan=True)


def network_and_rows():
    network = Network.mlp([3, 4, 2], "tanh", loss="cross_entropy")
    random = np.random.default_rng(1)
    return network, network.initial(2), random.normal(size=(4, 3)), np.eye(2)[[0, 1, 1, 0]]


def test_each_wish_is_a_site_with_its_formula():
    network, params, X, Y = network_and_rows()
    job = Job(
        network, adam(0.1), Cosine(warmup=3), l1=0.1, l2=0.2, label_smoothing=0.1, clip_norm=0.05,
        dropout=(0.2, 0.5), class_weight=(1.0, 3.0), seed=4,
    )  # fmt: skip
    trace = explain(network, params, X, Y, job=job, sample_weight=[1, 2, 1, 0.5])
    assert trace["smoothed"].value.tolist()[0] == pytest.approx([0.95, 0.05])
    assert trace["row_weight"].value.tolist() == [1, 6, 3, 0.5]
    assert trace["total_weight"].value == 10.5
    assert trace["passed1"].inputs == ("a1", "mask1")
    assert trace["z2"].inputs[0] == "passed1"
    assert set(trace["g_W1"].inputs) == {"dW1", "W1", "l2", "total_weight", "l1"}
    assert trace["clipped_b1"].inputs == ("db1", "clip")
    assert trace["norm"].value * trace["clip"].value == pytest.approx(0.05)
    assert trace["rate"].value == pytest.approx(0.1 / 3)
    for language in LANGUAGES:
        text = Explanation(trace, language=language, sections=("step", "ideas")).text().replace("\n", "")
        for key in ("asked_dropout", "asked_l1", "asked_clipping", "penalty_words"):
            assert LANGUAGES[language][key].split("{")[0].split("（")[0][:20] in text, key


def test_following_traces_go_on_as_a_fit_does():
    network, params, X, Y = network_and_rows()
    job = Job(network, adam(0.1), Cosine(), epochs=10, l2=0.1, dropout=(0.0, 0.5), seed=3)
    trace, state = explain(network, params, X, Y, job=job), TrainingState.start(job, params.theta)
    data = prepared(job, X, Y)
    for _ in range(4):
        ReferenceEngine().steps(job, state, data, np.arange(4), rates_of(job, state, 4, 1))
        state.epoch, state.cursor, state.samples = state.epoch + 1, 0, state.samples + 4
        np.testing.assert_allclose(trace.updated.theta, state.theta, rtol=1e-10)
        trace = trace.following()
    assert (trace.step, trace.setting.state.epoch, trace.setting.state.samples) == (5, 4, 16)


def test_a_sample_alone_keeps_its_mask():
    network, params, X, Y = network_and_rows()
    trace = explain(network, params, X, Y, job=Job(network, dropout=(0.0, 0.5), seed=3))
    alone = trace.sample(2)
    assert np.array_equal(alone["mask1"].value, trace["mask1"].value[2])
    np.testing.assert_allclose(alone["delta1"].value, 4 * trace["delta1"].value[2])
    rule = alone.path("W1[0,0]")
    assert "passed1[0]" in rule.paths[0].nodes
    assert sum(path.value for path in rule.paths) == pytest.approx(alone.value_of("dW1[0,0]"))


def test_weights_and_dropout_reach_the_words_for_experts():
    network, params, X, Y = network_and_rows()
    job = Job(network, dropout=(0.3, 0.5), seed=3)
    trace = explain(network, params, X, Y, job=job, sample_weight=[1, 0, 2, 3])
    each = per_sample_gradients(trace)
    np.testing.assert_allclose(np.array([1, 0, 2, 3]) / 6 @ each, np.concatenate(
        [trace[f"d{b.name}"].value.ravel() for b in network.blocks]))  # fmt: skip
    assert saliency(trace).shape == X.shape
    assert gradient_norms(trace)["all"] > 0
    felt = wiggle(explain(network, params, X, Y, job=Job(network, l2=0.5)), "W1[0,0]", 1e-4)
    assert felt.felt == pytest.approx(felt.slope, rel=1e-6)


def test_bad_wishes():
    network, params, X, Y = network_and_rows()
    other = Job(Network.mlp([3, 1]))
    with pytest.raises(InputError, match="the job is for another network"):
        explain(network, params, X, Y, job=other)
    with pytest.raises(InputError, match="the weight of every row is zero"):
        explain(network, params, X, Y, sample_weight=np.zeros(4))
    with pytest.raises(ShapeError, match=r"sample_weight must have shape \(4,\)"):
        explain(network, params, X, Y, sample_weight=[1, 2])
    with pytest.raises(NotFiniteError, match="sample_weight is nan at row 1"):
        explain(network, params, X, Y, sample_weight=[1, np.nan, 1, 1])
    with pytest.raises(InputError, match="x must be made of numbers"):
        explain(network, params, [["a", "b", "c"]], Y)
    with pytest.raises(InputError, match="L-BFGS chooses its steps"):
        explain(network, params, X, Y, "lbfgs")


def test_parameters_that_are_not_finite_are_named():
    network, params, X, Y = network_and_rows()
    theta = params.theta.copy()
    theta[5] = np.nan
    with pytest.raises(NotFiniteError, match=r"^W1\[1,1\] is nan; every weight and bias must be a finite number"):
        explain(network, network.views(theta), X, Y)
    theta[5], theta[-1] = 0.0, np.inf
    with pytest.raises(NotFiniteError, match=r"^b2\[1\] is inf"):
        explain(network, network.views(theta), X[0], Y[0])


def test_a_sheet_cannot_ask_for_what_a_job_can():
    network, params, X, Y = network_and_rows()
    with pytest.raises(InputError, match="it cannot ask for penalties"):
        exercise(explain(network, params, X[0], Y[0], job=Job(network, sgd(0.1), l2=0.1)))
    assert check(exercise(explain(network, params, X[0], Y[0], "adamw")).key()).passed


@settings(max_examples=15, deadline=None)
@given(fits(batch=False))
def test_a_right_calculation_of_any_job_is_found_right(fit):
    trace = explain(*fit[0], **fit[1])
    assume(all(np.isfinite(trace[name].value).all() for name in trace))
    lines = {
        name: ", ".join(f"{value:.6e}" for value in np.ravel(site.value))
        for name, site in trace.sites.items()
        if site.inputs and name not in ("rate", "prediction", "loss_new", "cost_new")  # rate is a setting of sheets
    }
    found = check(lines, trace)
    assert found.passed, [str(number.reference) for number in found.numbers if number.verdict == "wrong"]


def test_json_says_what_the_job_asks():
    network, params, X, Y = network_and_rows()
    job = Job(network, sgd(0.1), l2=0.1, dropout=(0.0, 0.5), class_weight=(1.0, 2.0), seed=7)
    document = json.loads(Explanation(explain(network, params, X, Y, job=job)).json())
    assert (document["job"]["l2"], document["job"]["dropout"], document["job"]["seed"]) == (0.1, [0.0, 0.5], 7)
    assert document["job"]["schedule"]["name"] == "constant"


def test_an_optimizer_named_beside_a_job_takes_its_place_and_plateaus_scale_the_rate():
    network, params, X, Y = network_and_rows()
    job = Job(network, adam(0.1), ReduceOnPlateau(), l2=0.3)
    trace = explain(network, params, X, Y, sgd(0.5), job=job)
    assert trace.optimizer == sgd(0.5)
    assert "g_W1" in trace
    state = TrainingState.start(job, params.theta)
    state.rate_scale = 0.04
    assert explain(network, params, X, Y, job=job, state=state)["rate"].value == pytest.approx(0.004)
