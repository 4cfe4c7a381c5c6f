"""Data, networks and jobs that a page asks for: all that the library has, and nothing that cannot be."""

import json
import re

import numpy as np
import pytest

from asking import Asking
from clearprop.formulas import ACTIVATIONS, INITIALISERS, LOSSES, SCHEDULES, UPDATE_RULES
from clearprop.lab import limits
from clearprop.lab.chinese_formulas import SENTENCES
from clearprop.lab.making import made_data
from clearprop.lab.project import new_project


@pytest.fixture(scope="module")
def asking():
    return Asking(new_project({"kind": "circles", "n": 24, "validation": 0}))


def test_all_that_can_be_chosen_is_what_the_library_has(asking):
    found = asking.get("choices")
    names = {
        key: {one["name"] for one in found[key]}
        for key in ("activations", "losses", "optimizers", "schedules", "initialisers")
    }
    assert names == {
        "activations": {cls.name for cls in ACTIVATIONS.values()},
        "losses": set(LOSSES), "optimizers": set(UPDATE_RULES),
        "schedules": set(SCHEDULES), "initialisers": set(INITIALISERS),
    }  # fmt: skip
    for key in names:
        for one in found[key]:
            assert one["says"], one["name"]
            for parameter in one["parameters"]:
                assert set(parameter) >= {"name", "default", "low", "high", "open_low", "open_high", "whole"}
    assert found["defaults"] == {"output": "logistic", "loss": "binary_cross_entropy"}
    assert found["limits"]["rows"] == limits.ROWS
    json.dumps(found, allow_nan=False)


def test_every_formula_is_described_in_both_languages(asking):
    kinds = ("activations", "losses", "optimizers", "schedules", "initialisers")
    english, chinese = (asking.get("choices", language=language) for language in ("en", "zh"))
    names = [one["name"] for kind in kinds for one in english[kind]]
    assert sorted(names) == sorted(SENTENCES)  # none is left out, none is there twice, none is of a formula that went
    for kind in kinds:
        for one, other in zip(english[kind], chinese[kind], strict=True):
            assert re.search(r"[\u4e00-\u9fff]|。$", other["says"]), one["name"]
            years = [re.findall(r"[(（](\d{4})[)）]", each["says"]) for each in (one, other)]
            assert years[0] == years[1]
            assert {**one, "says": ""} == {**other, "says": ""}


def test_every_activation_optimizer_schedule_and_initialiser_of_the_choices_can_be_trained_with(asking):
    found = asking.get("choices")
    for one in found["activations"]:
        asking.post("network", widths=[2, 3, 1], hidden={"name": one["name"], "parameters": {}})
        asking.post("step", grain="batch")
    for one in found["initialisers"]:
        asking.post("network", widths=[2, 3, 1], initialiser={"name": one["name"]}, seed=3)
    for one in found["optimizers"]:
        parameters = {p["name"]: p["default"] for p in one["parameters"]} | {"learning_rate": 0.0123}
        asking.post("job", optimizer={"name": one["name"], "parameters": parameters})
        asking.post("step", grain="batch")
        assert asking.get("state")["job"]["optimizer"]["parameters"]["learning_rate"] == 0.0123
    for one in found["schedules"]:
        if one["name"] != "constant":
            asking.post("job", schedule={"name": one["name"]})
            asking.post("step", grain="batch")


def test_every_loss_of_the_choices_can_be_trained_with():
    data = {"mse": new_project({"kind": "function", "n": 20}), "classes": new_project({"kind": "blobs", "n": 20})}
    tried = set()
    for asking in map(Asking, data.values()):
        inputs, outputs = asking.workspace.project.network.widths[0], asking.workspace.project.network.widths[-1]
        for one in asking.get("choices")["losses"]:
            sent = {
                "revision": asking.workspace.revision,
                "widths": [inputs, 3, outputs],
                "loss": {"name": one["name"]},
            }
            status, _, _ = asking.ask(
                "POST", "/api/network", body=json.dumps(sent).encode(), headers={"content-type": "application/json"}
            )
            assert status in (200, 400)
            if status == 200:
                asking.post("step", grain="batch")
                tried.add(one["name"])
    assert set(LOSSES) - tried <= {"poisson"}  # of which the targets must not be below 0


def test_the_same_seed_draws_the_same_weights(asking):
    one = asking.post("network", widths=[2, 5, 1], seed=7)["values"]["W1"]
    two = asking.post("network", widths=[2, 5, 1], seed=8)["values"]["W1"]
    again = asking.post("network", widths=[2, 5, 1], seed=7)["values"]["W1"]
    assert one == again != two


BAD_NETWORKS = [
    {}, {"widths": []}, {"widths": [2]}, {"widths": [2, 0, 1]}, {"widths": [2, -3, 1]}, {"widths": [2, 1.5, 1]},
    {"widths": [2, True, 1]}, {"widths": "2-1"}, {"widths": [3, 1]}, {"widths": [2, 4]}, {"widths": [2, "4", 1]},
    {"widths": [2, 4, 1], "hidden": "rellu"}, {"widths": [2, 4, 1], "hidden": ["relu", "tanh"]},
    {"widths": [2, 4, 1], "hidden": {"name": "elu", "parameters": {"alpha": "x"}}},
    {"widths": [2, 4, 1], "hidden": {"name": "elu", "parameters": {"beta": 1}}},
    {"widths": [2, 4, 1], "hidden": 3}, {"widths": [2, 4, 1], "output": "relu"},
    {"widths": [2, 4, 1], "loss": "hinge"}, {"widths": [2, 4, 1], "loss": "cross_entropy"},
    {"widths": [2, 4, 1], "loss": {"name": "huber", "parameters": {"delta": 0}}},
    {"widths": [2, 4, 1], "seed": -1}, {"widths": [2, 4, 1], "seed": 1.5}, {"widths": [2, 4, 1], "seed": 10**30},
    {"widths": [2, 4, 1], "initialiser": "zeros"},
    {"widths": [2, 4, 1], "initialiser": {"name": "he_normal", "parameters": {"gain": 1e400}}},
    {"widths": [2, 4, 1], "colour": "red"}, {"widths": [2, 4, 1], "hidden": {"typed": "z +"}},
    {"widths": [2, 4, 1], "hidden": {"typed": 3}}, {"widths": [2, 4, 1], "hidden": [None]},
]  # fmt: skip
LARGE_NETWORKS = [
    {"widths": [2, 513, 1]},
    {"widths": [2, *[2] * 9, 1]},
    {"widths": [2, 400, 400, 400, 1]},
    {"widths": [2, 10**12, 1]},
]
BAD_JOBS = [
    {"optimizer": "lbfgs"}, {"optimizer": {"name": "sgd", "parameters": {"learning_rate": 0}}}, {"optimizer": {}},
    {"optimizer": None}, {"optimizer": {"name": "sgd", "parameters": {"learning_rate": None}}},
    {"schedule": "weekly"}, {"batch_size": 0}, {"batch_size": "all"}, {"epochs": 0}, {"epochs": 10**12},
    {"l1": -1}, {"l2": "x"}, {"l2": True}, {"dropout": 1}, {"dropout": [0.1]}, {"dropout": "x"},
    {"label_smoothing": 2}, {"clip_norm": 0}, {"clip_norm": -1}, {"shuffle": 1}, {"seed": -1}, {"speed": 3},
    {"class_weight": [1]}, {"schedule": {"name": "step", "parameters": {"step_size": 0}}},
]  # fmt: skip
BAD_DATA = [
    {}, {"kind": None}, {"kind": "moons"}, {"kind": "case"}, {"kind": "case", "name": "mine"},
    {"kind": "case", "name": 3}, {"kind": "case", "name": "mazur", "n": 3}, {"kind": "xor", "n": 0},
    {"kind": "xor", "n": 10**9}, {"kind": "xor", "n": 1.5}, {"kind": "xor", "n": "9"},
    {"kind": "xor", "noise": -1}, {"kind": "xor", "noise": 1e9}, {"kind": "xor", "seed": -1},
    {"kind": "xor", "colour": 1}, {"kind": "xor", "validation": 1}, {"kind": "xor", "validation": True},
    {"kind": "blobs", "classes": 1}, {"kind": "blobs", "classes": 99}, {"kind": "spirals", "turns": 0},
    {"kind": "function", "text": "x +"}, {"kind": "function", "text": 3}, {"kind": "function", "text": "log(x)"},
    {"kind": "function", "text": "1"}, {"kind": "function", "text": "x", "low": 1, "high": 1},
    {"kind": "function", "text": "x", "low": 2, "high": 1}, {"kind": "drawn"}, {"kind": "drawn", "points": []},
    {"kind": "drawn", "points": [[1, 2, 0]]}, {"kind": "drawn", "points": [[1, 2, 0], [1, 2]]},
    {"kind": "drawn", "points": [[0, 0, 0], [1, 1, 0]]}, {"kind": "drawn", "points": [[0, 0, 0], [1, 1, 0.5]]},
    {"kind": "drawn", "points": [[0, 0, 0], [1, 1, -1]]}, {"kind": "drawn", "points": [[0, 0, 0], [1, 1, 99]]},
    {"kind": "drawn", "points": [[0, 0, 0], [1e9, 1, 1]]}, {"kind": "drawn", "points": [["0", 0, 0], [1, 1, 1]]},
    {"kind": "drawn", "points": "all"}, {"kind": "drawn", "points": [[0, 1]] * 3, "task": "art"},
    {"kind": "upload"}, {"kind": "upload", "upload": "u9", "target": "y"},
    {"kind": "table", "name": "/etc/passwd"}, {"kind": "rows"},
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "wanted"), [
    *[("network", body, 400) for body in BAD_NETWORKS], *[("network", body, 413) for body in LARGE_NETWORKS],
    *[("job", body, 400) for body in BAD_JOBS], *[("data", body, 400) for body in BAD_DATA],
    ("data", {"kind": "drawn", "points": [[0, 0, 0]] * 1001}, 413),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence_and_changes_nothing(asking, path, body, wanted):
    workspace = asking.workspace
    before = workspace.revision, workspace.state.theta.copy(), workspace.project, len(workspace.done)
    sent = json.dumps({"revision": workspace.revision, **body}).encode()
    status, _, answer = asking.ask("POST", f"/api/{path}", body=sent, headers={"content-type": "application/json"})
    found = json.loads(answer)
    assert status == wanted or (wanted == 400 and status == 404), (status, found)
    assert len(found["error"]["message"]) > 10
    assert found["revision"] == before[0] == workspace.revision
    assert np.array_equal(workspace.state.theta, before[1])
    assert workspace.project is before[2]
    assert len(workspace.done) == before[3]


@pytest.mark.parametrize("kind", ["xor", "circles", "spirals", "blobs", "function"])
def test_every_kind_of_data_is_made_from_its_seed(kind):
    one, two, other = (made_data(kind, {"seed": seed, "n": 40}) for seed in (1, 1, 2))
    assert np.array_equal(one.X, two.X)
    assert not np.array_equal(one.X, other.X)
    assert np.array_equal(one.X, np.round(one.X, 3))
    assert one.n_training == 32
    if one.classes is not None:
        assert set(one.labels(one.Y)) == set(range(len(one.classes)))


def test_points_that_were_drawn_are_the_rows():
    asking = Asking()
    points = [[0.5, 0.25, 0], [-0.5, 1, 1], [0, 0, 2]]
    state = asking.post("data", kind="drawn", points=points)
    assert state["network"]["widths"] == [2, 4, 3]
    assert asking.workspace.project.rows.X.tolist() == [point[:2] for point in points]
    state = asking.post("data", kind="drawn", points=[[0, 1], [1, 2]], task="regression")
    assert state["network"]["layers"][-1]["activation"]["name"] == "identity"
    assert "output layer" in " ".join(state["data"]["notes"])


def test_other_data_keep_the_hidden_layers_and_the_job(asking):
    asking.post("data", kind="circles", n=24)
    asking.post("network", widths=[2, 5, 3, 1], hidden=["relu", "silu"])
    asking.post("job", batch_size=6, l2=0.01)
    state = asking.post("data", kind="blobs", n=30, classes=4)
    assert state["network"]["widths"] == [2, 5, 3, 4]
    assert [layer["activation"]["name"] for layer in state["network"]["layers"][1:]] == ["relu", "silu", "softmax"]
    assert (state["job"]["batch_size"], state["job"]["l2"]) == (6, 0.01)
    assert asking.post("data", kind="case", name="mazur")["network"]["widths"] == [2, 2, 2]
    assert asking.post("data", kind="xor", n=10)["network"]["widths"] == [2, 4, 1]
