"""Random networks and samples for the tests of the explanations."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from clearprop import Network
from clearprop.engines import Job, TrainingState
from clearprop.formulas import (
    ACTIVATIONS,
    LOSSES,
    UPDATE_RULES,
    ConstantSchedule,
    Cosine,
    ExponentialSchedule,
    InverseScaling,
    OneCycle,
    StepSchedule,
    fitting_activations,
)

OPTIMIZERS = [cls() for cls in UPDATE_RULES.values()]
HIDDEN = [name for name in ACTIVATIONS if name not in ("exp", "sigmoid")]


def targets(loss, random, n_samples, n_outputs):
    """Targets that the loss has a meaning for."""
    if loss.is_distribution:
        return np.eye(n_outputs)[random.integers(0, n_outputs, n_samples)]
    low, high = loss.targets
    if (low, high) == (0, 1):
        return random.integers(0, 2, (n_samples, n_outputs)).astype(float)
    if low == 0:
        return random.integers(0, 4, (n_samples, n_outputs)).astype(float)
    return random.normal(size=(n_samples, n_outputs))


@st.composite
def jobs(draw, most_layers=3, most_neurons=4, batch=None):
    """A network, its parameters, a sample or a batch, and an update rule."""
    loss = LOSSES[draw(st.sampled_from(sorted(LOSSES)))]()
    output = draw(st.sampled_from(fitting_activations(loss)))
    widths = draw(st.lists(st.integers(1, most_neurons), min_size=2, max_size=most_layers + 1))
    hidden = [draw(st.sampled_from(HIDDEN)) for _ in widths[2:]]
    if output == "softmax":
        widths[-1] = max(widths[-1], 2)
    network = Network.mlp(widths, hidden, output, loss)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    params = network.views(random.normal(scale=0.7, size=network.n_parameters))
    is_batch = draw(st.booleans()) if batch is None else batch
    n = draw(st.integers(1, 4)) if is_batch else 1
    X, Y = random.normal(size=(n, widths[0])), targets(loss, random, n, widths[-1])
    rule = draw(st.sampled_from(OPTIMIZERS))
    return (network, params, X, Y, rule) if is_batch else (network, params, X[0], Y[0], rule)


SCHEDULES_TRIED = [
    ConstantSchedule(), Cosine(warmup=5), ExponentialSchedule(gamma=0.8), InverseScaling(), StepSchedule(step_size=2),
    OneCycle(),
]  # fmt: skip


@st.composite
def fits(draw, batch=None):
    """A step of a fit that asks for much: (network, params, X, Y) and explain's job, state, weights and rows."""
    network, params, X, Y, rule = draw(jobs(batch=batch))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    own = {"weight_rate": 0.5, "bias_rate": 2.0, "weight_decay": 0.5, "bias_decay": draw(st.sampled_from([0.0, 1.0]))}
    if draw(st.booleans()):
        network = Network(tuple(replace(layer, **own) for layer in network.layers), network.loss)
    smooths = network.loss.natural_output in ("softmax", "logistic")
    job = Job(
        network,
        replace(rule, learning_rate=0.05, weight_decay=draw(st.sampled_from([0.0, 0.1]))),
        draw(st.sampled_from(SCHEDULES_TRIED)),
        epochs=7,
        l1=draw(st.sampled_from([0.0, 0.03])),
        l2=draw(st.sampled_from([0.0, 0.2])),
        label_smoothing=draw(st.sampled_from([0.0, 0.1])) if smooths else 0.0,
        clip_norm=draw(st.sampled_from([None, 0.01, 5.0])),
        dropout=tuple(draw(st.sampled_from([0.0, 0.4])) for _ in network.layers) if draw(st.booleans()) else (),
        class_weight=tuple(random.uniform(0.5, 2, network.widths[-1])) if network.loss.is_distribution else None,
        seed=draw(st.integers(0, 99)),
    )
    steps = draw(st.integers(0, 5))
    memory = [random.uniform(0, 0.1, len(params.theta)) for _ in rule.memory]
    state = TrainingState(params.theta.copy(), memory, step=steps, epoch=steps, samples=9 * steps)
    state.rate_scale = draw(st.sampled_from([1.0, 0.2]))
    weight = random.uniform(0.1, 3, np.shape(X)[:-1]) if draw(st.booleans()) else None
    asked = {"job": job, "state": state, "sample_weight": weight, "n_samples": 9}
    return (network, network.views(params.theta), X, Y), asked
