"""Steps at every grain, forward and back in time."""

import numpy as np
import pytest

from asking import Asking
from clearprop.lab import timeline
from clearprop.lab.steps import step as take
from clearprop.lab.stops import GRAINS, PHASES
from lab_projects import NETWORKS, project


def theta(asking):
    return asking.workspace.state.theta.copy()


def test_the_phases_of_a_step_come_one_after_the_other():
    asking = Asking()
    seen = [asking.post("step", grain="layer")["cursor"] for _ in range(9)]
    assert [(c["phase"], c["layer"]) for c in seen] == [
        ("forward", 1),
        ("forward", 2),
        ("loss", None),
        ("backward", 2),
        ("backward", 1),
        ("update", 1),
        ("update", 2),
        ("update", None),
        ("given", None),
    ]
    assert asking.workspace.state.step == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_every_neuron_is_a_stop_and_says_a_sentence(name):
    asking = Asking(project(name, 2))
    of = asking.get("state")["cursor"]["of"]
    said = []
    for at in range(1, of + 1):
        cursor = asking.post("step", grain="neuron")["cursor"]
        assert cursor["at"] == at
        said.append(cursor["says"])
    assert cursor["phase"] == "update"
    assert all(said)
    for language in ("en", "zh"):
        assert asking.get("state", language=language)["cursor"]["says"]
    for at in range(of - 1, -1, -1):
        assert asking.post("step", grain="neuron", direction=-1)["cursor"]["at"] == at
    asking.post("step", 400, grain="neuron", direction=-1)


@pytest.mark.parametrize("grain", PHASES)
def test_a_phase_is_gone_to_from_anywhere(grain):
    asking = Asking()
    for n in range(3):
        state = asking.post("step", grain=grain)
        assert state["cursor"]["phase"] == grain
        assert state["time"]["step"] == n
    for n in (1, 0):
        state = asking.post("step", grain=grain, direction=-1)
        assert state["cursor"]["phase"] == grain
        assert state["time"]["step"] == n


@pytest.mark.parametrize("name", NETWORKS)
def test_time_goes_back_to_the_same_weights_to_the_bit(name):
    asking = Asking(project(name, 2))
    kept = [theta(asking)]
    for _ in range(9):
        asking.post("step", grain="batch")
        kept.append(theta(asking))
    for step in range(8, -1, -1):
        state = asking.post("step", grain="batch", direction=-1)
        assert state["time"]["step"] == step
        assert np.array_equal(theta(asking), kept[step])
    asking.post("step", 400, grain="batch", direction=-1)
    asking.post("step", grain="batch", count=9)
    assert np.array_equal(theta(asking), kept[9])
    asking.post("rewind")
    assert np.array_equal(theta(asking), kept[0])
    assert asking.get("state")["time"]["step"] == 0


def test_moments_between_those_that_are_kept_are_computed_again(monkeypatch):
    monkeypatch.setattr(timeline, "MOST_KEPT", 5)
    workspace = Asking(project("softmax", 2)).workspace
    kept = [workspace.state.theta.copy()]
    for _ in range(40):
        take(workspace, "batch")
        kept.append(workspace.state.theta.copy())
    assert len(workspace.timeline.moments) <= 6
    for at in (39, 31, 30, 17, 16, 3, 0):
        take(workspace, "batch", -1, workspace.state.step - at)
        assert np.array_equal(workspace.state.theta, kept[at]), at


def test_an_epoch_ends_and_begins_where_it_does():
    asking = Asking(project("softmax", 2))  # 7 rows: 4 batches
    assert asking.post("step", grain="batch", count=6)["time"] | {} == asking.get("state")["time"]
    assert (asking.workspace.state.epoch, asking.workspace.state.cursor) == (1, 2)
    asking.post("step", grain="epoch")
    assert (asking.workspace.state.epoch, asking.workspace.state.cursor) == (2, 0)
    asking.post("step", grain="batch")
    asking.post("step", grain="epoch", direction=-1)
    assert (asking.workspace.state.epoch, asking.workspace.state.cursor) == (2, 0)
    asking.post("step", grain="epoch", direction=-1)
    assert (asking.workspace.state.epoch, asking.workspace.state.cursor, asking.workspace.state.step) == (1, 0, 4)


def test_going_back_over_an_edit_gives_the_weights_from_before_it():
    asking = Asking(project("several_outputs", 3))
    asking.post("step", grain="batch", count=2)
    before = theta(asking)
    asking.post("set", of="b1[0]", value=2.0)
    edited = theta(asking)
    asking.post("step", grain="batch")
    asking.post("step", grain="batch", direction=-1)
    assert np.array_equal(theta(asking), edited)
    asking.post("undo")
    assert np.array_equal(theta(asking), before)


def test_another_optimizer_keeps_the_weights_and_begins_its_memory_anew():
    asking = Asking(project("several_outputs", 3))
    asking.post("step", grain="epoch")
    before = theta(asking)
    state = asking.post("job", optimizer={"name": "adam", "parameters": {"learning_rate": 0.01}}, batch_size=7)
    assert np.array_equal(theta(asking), before)
    assert state["job"]["batch_size"] == 7
    assert len(asking.workspace.state.memory) == 2
    state = asking.post("step", grain="update")
    assert "m_W1_new" in state["values"]
    asking.post("step", grain="epoch", direction=-1)
    assert np.array_equal(theta(asking), asking.workspace.project.initial)


def test_a_schedule_that_goes_by_plateaus_lowers_the_rate_here_too():
    asking = Asking(project("several_outputs", 3))
    plateau = {"name": "reduce_on_plateau", "parameters": {"patience": 1, "tolerance": 1e9}}
    asking.post("job", schedule=plateau)
    start = asking.get("state")["time"]["rate"]
    assert asking.post("step", grain="epoch", count=6)["time"]["rate"] < start


def test_a_step_that_fails_half_way_changes_nothing():
    asking = Asking()
    asking.post("step", grain="batch")
    before, revision = theta(asking), asking.workspace.revision
    asking.post("step", 400, grain="neuron", direction=-1, count=900)
    assert asking.workspace.state.step == 1
    assert np.array_equal(theta(asking), before)
    assert asking.workspace.revision == revision


@pytest.mark.parametrize(
    "body",
    [
        {"grain": "week"},
        {},
        {"grain": "layer", "direction": 0},
        {"grain": "layer", "direction": True},
        {"grain": "batch", "count": 0},
        {"grain": "batch", "count": 10**6},
        {"grain": "batch", "count": 1.5},
        {"grain": ["batch"]},
        {"grain": "batch", "direction": "back"},
    ],
)
def test_steps_that_cannot_be_are_refused(body):
    assert Asking().post("step", 400, **body)["error"]["message"]


def test_the_grains_are_those_of_the_choices():
    assert tuple(Asking().get("choices")["grains"]) == GRAINS


def test_a_row_is_looked_at_and_training_goes_on_as_before():
    asking, other = Asking(project("softmax", 2)), Asking(project("softmax", 2))
    state = asking.post("look", row=4)
    assert state["batch"] == {"rows": [4], "sample": 0, "n": 1, "looking_at": 4}
    asking.post("step", grain="epoch")
    other.post("step", grain="epoch")
    assert np.array_equal(theta(asking), theta(other))
    assert asking.get("state")["batch"]["rows"] == [4]
    assert asking.post("look", row=None)["batch"]["looking_at"] is None
    for row in (-1, 7, "1", 1.0, True):
        asking.post("look", 404, row=row)


def test_training_that_diverges_is_told_in_words_and_the_weights_stay_those_before():
    asking = Asking(project("two_hidden_layers", 3))
    asking.post("set", of="rate", value=1e200)
    state = asking.post("step", grain="epoch", count=5)
    assert state["trouble"]["kind"] == "divergence"
    assert "no longer" in state["trouble"]["says"]
    assert "learning rate" in state["trouble"]["advice"] or "too large" in state["trouble"]["advice"]
    assert asking.get("state", language="zh")["trouble"]["says"] != state["trouble"]["says"]
    assert asking.post("rewind")["trouble"] is None
