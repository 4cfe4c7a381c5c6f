import numpy as np
import pytest
from hypothesis import given, settings

from clearprop import backward, forward, loss
from clearprop.errors import ShapeError
from clearprop.explain import case, explain, gradient_norms, output_jacobian, per_sample_gradients, saliency
from sample_networks import jobs


@settings(max_examples=50, deadline=None)
@given(jobs(batch=True))
def test_gradients_of_every_sample_are_those_of_the_sample_alone(job):
    network, params, X, Y, _ = job
    found = per_sample_gradients(explain(*job))
    for i in range(len(X)):
        rows = slice(i, i + 1)
        alone = backward(network, params, forward(network, params, X[rows]), Y[rows])
        np.testing.assert_allclose(found[i], alone.theta, rtol=1e-12, atol=1e-14)


@settings(max_examples=50, deadline=None)
@given(jobs(batch=False))
def test_saliency_and_jacobian_agree_with_central_differences(job):
    network, params, x, y, _ = job
    trace = explain(*job)
    slopes, jacobian = saliency(trace), output_jacobian(network, params, x)
    if any(np.abs(trace[f"z{l}"].value).min() < 1e-3 for l in range(1, network.depth + 1)):
        return  # near a kink there is no single slope
    if np.abs(trace[f"a{network.depth}"].value - y).min() < 1e-3 or network.loss.name == "huber":
        return
    h = 1e-6
    for k in range(len(x)):
        step = np.zeros_like(x)
        step[k] = h
        above, below = (forward(network, params, (x + s)[None]).a[-1][0] for s in (step, -step))
        np.testing.assert_allclose(jacobian[:, k], (above - below) / (2 * h), rtol=1e-4, atol=1e-6)
        costs = [loss(network, params, (x + s)[None], y[None]) for s in (step, -step)]
        assert slopes[k] == pytest.approx((costs[0] - costs[1]) / (2 * h), rel=1e-4, abs=1e-5)


def test_norms():
    trace = case("mazur").trace()
    found = gradient_norms(trace)
    assert found["W2"] == np.linalg.norm(trace["dW2"].value)
    assert found["all"] == pytest.approx(np.linalg.norm([found[name] for name in ("W1", "b1", "W2", "b2")]))


def test_an_input_that_does_not_fit():
    found = case("mazur")
    with pytest.raises(ShapeError):
        output_jacobian(found.network, found.params, [1.0])
