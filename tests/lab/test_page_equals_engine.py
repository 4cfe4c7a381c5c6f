"""Every number that the page is sent is the one of a trace computed in Python, and training is the engine's."""

from itertools import islice

import numpy as np
import pytest

from asking import Asking
from clearprop.engines import ReferenceEngine, TrainingState
from clearprop.explain import explain
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.job.state import rates
from clearprop.trace.names import reference
from clearprop.training import epochs
from clearprop.training.loop import epoch_order
from lab_projects import NETWORKS, project

SIZES = (1, 2, 3)  # rows of a batch


def traced(made, state):
    """The step that the engine makes next, computed here and not by the lab."""
    job, rows = made.job, made.rows
    order = epoch_order(job, state.epoch, rows.n_training, ReferenceEngine())
    chosen = order[state.cursor * job.batch_size : (state.cursor + 1) * job.batch_size]
    X, Y = rows.X[chosen], rows.Y[chosen]
    x, y = (X[0], Y[0]) if len(chosen) == 1 else (X, Y)
    params = made.network.views(state.theta.copy())
    return chosen, explain(made.network, params, x, y, job=job, state=state.copy(), n_samples=rows.n_training)


def compared(state, trace, sample, digits=4):
    """How many numbers were compared; every one of the state with the trace, and its text with the number."""
    count = 0
    for name, values in state["values"].items():
        array = np.asarray(trace[name].value)
        if trace.is_batch and reference(name).what.is_per_sample:
            array = array[sample]
        assert np.array_equal(np.array(values, dtype=float), array), name
        texts = np.ravel(np.array(state["texts"][name], dtype=object))
        assert list(texts) == [NumberFormat(digits).shown(v).text() for v in np.ravel(array)], name
        count += array.size
    return count


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_number_of_the_state_is_that_of_a_trace(name, size):
    made = project(name, size)
    asking = Asking(made)
    state = TrainingState.start(made.job, made.initial)
    for _ in range(2):
        rows, trace = traced(made, state)
        shown = asking.post("step", grain="update", query={"most": 64})
        assert shown["batch"]["rows"] == rows.tolist()
        assert set(shown["values"]) == set(trace)
        for sample in range(len(rows)):
            shown = asking.get("state", sample=sample, most=64)
            assert shown["batch"]["sample"] == sample
            assert compared(shown, trace, sample) > 20
        order = epoch_order(made.job, state.epoch, made.rows.n_training, ReferenceEngine())
        ReferenceEngine().steps(
            made.job, state, made.rows.training, order, rates(made.job, state, made.rows.n_training, 1)
        )
        asking.post("step", grain="neuron")  # over the end of the step, into the next
        assert np.array_equal(asking.workspace.state.theta, state.theta)


@pytest.mark.parametrize("name", NETWORKS)
def test_playing_epochs_gives_the_weights_of_the_library(name):
    made = project(name, 3)
    asking = Asking(made)
    shown = asking.post("step", grain="epoch", count=3)
    assert shown["time"]["epoch"] == 3
    state = TrainingState.start(made.job, made.initial)
    losses = [epoch.loss for epoch in islice(epochs(made.job, state, made.rows.training, ReferenceEngine()), 3)]
    assert len(losses) == 3
    assert np.array_equal(asking.workspace.state.theta, state.theta)


def test_what_is_not_computed_yet_is_null_and_never_zero():
    asking = Asking(project("softmax", 2))
    at = 0
    seen = []
    while True:
        state = asking.get("state")
        flat = {name: np.ravel(np.array(v, dtype=object)) for name, v in state["values"].items() if v is not None}
        seen.append(sum(int((array != None).sum()) for array in flat.values()))  # noqa: E711
        assert state["cursor"]["at"] == at
        if at == state["cursor"]["of"]:
            break
        asking.post("step", grain="neuron")
        at += 1
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen)
    assert asking.get("state")["values"]["loss_new"] is not None


def test_a_wide_layer_is_sent_in_part_and_its_rest_in_two_numbers():
    from clearprop.formulas import SGD
    from clearprop.job import Job
    from clearprop.lab.making import of_classes
    from clearprop.lab.project import Project
    from clearprop.network import Network

    random = np.random.default_rng(0)
    rows = of_classes("drawn", "d", random.random((6, 64)), np.arange(6) % 10 // 1 % 10, 0.0, {})
    network = Network.mlp([64, 32, rows.Y.shape[1]], "relu", loss="cross_entropy")
    made = Project.of(rows, network, network.initial(0).theta, Job(network, SGD(0.1), batch_size=2))
    asking = Asking(made)
    state = asking.post("step", grain="update", query={"most": 8, "of": "W1[20,15]"})
    first, second = (layer["shown"] for layer in state["network"]["layers"][:2])
    assert first == [0, 1, 2, 3, 4, 5, 6, 20, 63]
    assert 15 in second
    trace = asking.workspace.trace()
    assert np.array_equal(state["values"]["W1"], trace["W1"].value[np.ix_(first, second)])
    rest = np.setdiff1d(np.arange(32), second)
    told = state["hidden"]["1"]
    assert told["n"] == len(rest)
    assert told["a_mean"] == np.abs(trace["a1"].value[0, rest]).mean()
    assert told["delta_largest"] == np.abs(trace["delta1"].value[0, rest]).max()
