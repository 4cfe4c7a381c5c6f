"""The thirteen faults that the audit of another program of this kind found, each as a test of this one.

Those of the page itself (a hidden panel's shortcuts, what is covered and can be reached) are in the browser's tests.
"""

import json
import time

import numpy as np
import pytest

from asking import Asking
from clearprop.files import load
from clearprop.lab import running
from clearprop.lab.looking import scores
from clearprop.lab.style import Style
from clearprop.network import forward, loss
from lab_projects import project


def waited(until, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_1_a_run_that_ends_late_writes_nothing_into_the_workspace_that_came_after_it():
    asking = Asking(project("softmax"))
    workspace = asking.workspace
    with workspace.lock:
        thread = running.start(workspace, 100_000)
        workspace.run = None  # as a pause does, while the thread waits for the lock
        workspace.replace_project(project("no_hidden_layer"))
        workspace.touch()
        theta, revision = workspace.state.theta.copy(), workspace.revision
    thread.join(10)
    assert not thread.is_alive()
    assert workspace.revision == revision
    assert np.array_equal(workspace.state.theta, theta)
    assert len(workspace.curves.points) == 1


def test_1_what_was_asked_for_on_an_older_state_is_refused_with_the_present_one():
    asking = Asking()
    old = asking.workspace.revision
    asking.post("step", grain="batch")
    before = asking.workspace.state.theta.copy()
    for path, body in (
        ("step", {"grain": "epoch"}),
        ("set", {"of": "W1[0,0]", "value": 9.0}),
        ("rewind", {}),
        ("network", {"widths": [2, 1]}),
        ("job", {"epochs": 3}),
        ("data", {"kind": "xor"}),
        ("run", {}),
        ("undo", {}),
        ("look", {"row": 0}),
    ):
        answer = asking.post(path, 409, revision=old, **body)
        assert answer["state"]["revision"] == asking.workspace.revision
        assert answer["error"]["kind"] == "OutdatedError"
    for revision in (None, "x", True, 1.5, old - 1, old + 100):
        asking.post("rewind", 409, revision=revision)
    assert np.array_equal(asking.workspace.state.theta, before)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_2_the_axis_of_samples_is_never_one_of_features(size):
    asking = Asking(project("several_outputs", size))
    asking.post("step", grain="backward")
    trace, network = asking.workspace.trace(), asking.workspace.project.network
    rows = list(asking.workspace.shown().rows)
    X, Y = asking.workspace.project.rows.X[rows], asking.workspace.project.rows.Y[rows]
    theta, step = asking.workspace.state.theta, 1e-6
    found = np.concatenate([np.ravel(trace[f"d{block.name}"].value) for block in network.blocks])
    for k in range(network.n_parameters):
        moved = np.zeros_like(theta)
        moved[k] = step
        ends = [loss(network, network.views(theta + sign * moved), X, Y) for sign in (1, -1)]
        assert found[k] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-4, abs=1e-8)


def test_3_the_class_is_read_from_the_output_layer_and_not_from_the_data():
    two = Asking(project("no_hidden_layer"))
    rows, network = two.workspace.project.rows, two.workspace.project.network
    outputs = forward(network, network.views(two.workspace.state.theta), rows.X).a[-1][:, 0]
    right = np.mean((outputs >= 0.5) == (rows.Y[:, 0] >= 0.5))
    assert two.get("scores")["training"]["accuracy"] == right
    three = Asking(project("softmax"))
    rows, network = three.workspace.project.rows, three.workspace.project.network
    outputs = forward(network, network.views(three.workspace.state.theta), rows.X).a[-1]
    right = np.mean(outputs.argmax(axis=1) == rows.Y.argmax(axis=1))
    assert three.get("scores")["training"]["accuracy"] == right


@pytest.mark.parametrize(
    "body",
    [
        {"of": "W1[0,0]", "value": None},
        {"of": "W1[0,0]", "value": "0.3"},
        {"of": "W1[9,0]", "value": 1.0},
        {"of": "W9[0,0]", "value": 1.0},
        {"of": "a1[0]", "value": 1.0},
        {"of": "dW1[0,0]", "value": 1.0},
        {"of": "loss", "value": 1.0},
        {"of": "", "value": 1.0},
        {"of": "W1", "value": 1.0},
        {"of": "rate", "value": 0},
        {"of": "rate", "value": -1},
        {"of": "W1_new[0,0]", "value": 1.0},
        {"of": 3, "value": 1.0},
    ],
)
def test_4_an_edit_that_has_no_effect_is_not_accepted(body):
    asking = Asking()
    before = asking.workspace.state.theta.copy(), asking.workspace.revision
    status, _, _ = asking.ask(
        "POST",
        "/api/set",
        body=json.dumps({"revision": before[1], **body}).encode(),
        headers={"content-type": "application/json"},
    )
    assert status in (400, 404)
    assert np.array_equal(asking.workspace.state.theta, before[0])
    assert asking.workspace.revision == before[1]
    assert not asking.workspace.done


def test_4_the_value_that_is_there_already_is_refused_and_another_one_is_what_is_trained_from():
    asking = Asking()
    asking.post("set", 400, of="W1[0,0]", value=0.5)
    asking.post("set", 400, of="rate", value=0.1)
    asking.post("job", 400, epochs=asking.workspace.project.job.epochs)
    state = asking.post("set", of="W1[0,0]", value=0.25)
    assert state["values"]["W1"][0][0] == 0.25
    assert state["time"]["is_edited"]
    moved = asking.post("step", grain="batch")["values"]["W1"][0][0]
    assert moved != 0.25
    assert abs(moved - 0.25) < 0.01


def test_5_a_learning_rate_stays_what_it_was_set_to():
    asking = Asking(project("two_hidden_layers"))
    asking.post("step", grain="epoch", count=2)
    asking.post("set", of="rate", value=0.07)
    for grain, direction in (("epoch", 1), ("batch", -1), ("epoch", -1), ("batch", 1)):
        state = asking.post("step", grain=grain, direction=direction)
        assert state["job"]["optimizer"]["parameters"]["learning_rate"] == 0.07, grain
        assert state["time"]["rate"] == 0.07
    asking.post("rewind")
    assert asking.get("state")["time"]["rate"] == 0.07


def test_6_scores_name_the_revision_that_they_belong_to():
    asking = Asking(project("softmax"))
    found = asking.get("scores")
    assert found["revision"] == asking.get("state")["revision"] == asking.get("state")["scores"]["revision"]
    state = asking.post("step", grain="epoch")
    assert state["scores"]["revision"] < state["revision"]
    assert asking.get("scores")["revision"] == state["revision"]


def test_7_what_is_exported_is_read_again(tmp_path):
    asking = Asking(project("two_hidden_layers"))
    asking.post("step", grain="epoch")
    _, _, body = asking.ask("GET", "/api/export/model")
    path = tmp_path / "m.clearprop"
    path.write_bytes(body)
    assert np.array_equal(load(path).parameters.theta, asking.workspace.state.theta)
    _, _, saved = asking.ask("GET", "/api/export/state")
    other = Asking()
    other.post("load", link=None, status=400)
    query, headers = f"revision={other.workspace.revision}", {"content-type": "application/octet-stream"}
    assert other.ask("POST", "/api/load", query, saved, headers)[0] == 200
    for one, two in (
        (asking.workspace.state.theta, other.workspace.state.theta),
        (asking.workspace.project.rows.X, other.workspace.project.rows.X),
    ):
        assert np.array_equal(one, two)
    assert other.workspace.project.job == asking.workspace.project.job
    assert other.post("step", grain="epoch")["values"]["W1"] == asking.post("step", grain="epoch")["values"]["W1"]


def test_8_the_penalised_loss_is_never_said_to_be_the_loss():
    asking = Asking(project("softmax"))
    asking.post("job", l2=5.0)
    state = asking.post("step", grain="loss")
    network, workspace = asking.workspace.project.network, asking.workspace
    rows = list(workspace.shown().rows)
    plain = loss(
        network, network.views(workspace.state.theta), workspace.project.rows.X[rows], workspace.project.rows.Y[rows]
    )
    assert state["values"]["loss"] == pytest.approx(plain, rel=1e-12)
    assert state["values"]["cost"] > state["values"]["loss"] + 0.1
    assert "penalties" in state["cursor"]["says"]
    whole = asking.get("curves")["points"][-1]["loss"]
    data = workspace.project.rows.training
    assert whole == pytest.approx(loss(network, network.views(workspace.state.theta), data.X, data.Y), rel=1e-12)
    assert asking.get("scores")["training"]["loss"] == pytest.approx(whole)


def test_9_two_thousand_rows_are_scored_in_a_moment():
    from clearprop.lab.project import new_project

    asking = Asking(new_project({"kind": "circles", "n": 2500, "validation": 0.2}))
    began = time.perf_counter()
    found = asking.get("scores")
    assert found["training"]["rows"] == 2000
    assert time.perf_counter() - began < 2


def test_10_no_accuracy_is_above_one_whatever_the_outputs_are():
    asking = Asking(project("softmax"))
    for value in (1e308, -1e308, 0.0):
        asking.workspace.state.theta[:] = value
        asking.workspace.touch()
        found = scores(asking.workspace, Style())
        assert 0 <= found["training"]["accuracy"] <= 1


def test_11_undo_brings_the_data_back_too():
    asking = Asking(project("softmax"))
    asking.post("step", grain="epoch")
    workspace = asking.workspace
    X, theta, points = workspace.project.rows.X, workspace.state.theta.copy(), len(workspace.curves.points)
    run = asking.get("curves")["run"]
    asking.post("data", kind="spirals", n=30)
    assert asking.get("state")["data"]["kind"] == "spirals"
    state = asking.post("undo")
    assert workspace.project.rows.X is X
    assert np.array_equal(workspace.state.theta, theta)
    assert len(workspace.curves.points) == points
    assert state["time"]["epoch"] == 1
    assert asking.get("curves")["run"] > run
    assert asking.post("redo")["data"]["kind"] == "spirals"
    asking.post("undo")
    asking.post("set", of="W1[0,0]", value=3.0)
    asking.post("redo", 400)


def test_an_address_that_does_not_exist_says_so_in_the_language_of_errors():
    assert "nothing to undo" in Asking().post("undo", 400)["error"]["message"]
    assert "没有可以撤销" in Asking().post("undo", 400, query={"language": "zh"})["error"]["message"]
