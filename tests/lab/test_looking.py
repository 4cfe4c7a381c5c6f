"""Curves, histograms, surfaces, points, pictures, rows, scores, the range test: each is what the engine says."""

import numpy as np
import pytest

from asking import Asking
from clearprop.lab.curves import MOST_POINTS, Curves
from clearprop.lab.measures import Point
from clearprop.lab.project import new_project
from clearprop.network import backward, forward, loss
from clearprop.training.range_test import LEAST_STEPS
from lab_projects import NETWORKS, project


@pytest.fixture(scope="module")
def circles():
    return Asking(new_project({"kind": "circles", "n": 60, "validation": 0.25}))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_points_of_the_curves_are_the_engines(name):
    asking = Asking(project(name, 3))
    asking.post("step", grain="epoch", count=3)
    answer = asking.get("curves")
    assert [point["epoch"] for point in answer["points"]] == [0, 1, 2, 3]
    workspace, last = asking.workspace, answer["points"][-1]
    network, theta, data = workspace.project.network, workspace.state.theta, workspace.project.rows.training
    params = network.views(theta)
    assert last["loss"] == pytest.approx(loss(network, params, data.X, data.Y), rel=1e-12)
    found = backward(network, params, forward(network, params, data.X), data.Y)
    assert last["delta"] == [float(np.linalg.norm(found.delta[l])) for l in range(1, network.depth + 1)]
    whole = np.sqrt(sum(value**2 for value in last["gradient"]))
    assert whole == pytest.approx(np.linalg.norm(found.theta))
    assert asking.get("curves", since=answer["next"], run=answer["run"])["points"] == []
    assert asking.get("curves", since=2, run=answer["run"])["points"][0]["epoch"] == 2
    assert len(asking.get("curves", since=99)["points"]) == 4
    assert len(asking.get("curves", since=4, run=answer["run"] + 1)["points"]) == 4


def test_the_curves_are_cut_where_time_goes_back_and_say_so(circles):
    circles.post("step", grain="epoch", count=3)
    before = circles.get("curves")
    circles.post("step", grain="epoch", direction=-1)
    after = circles.get("curves", since=before["next"], run=before["run"])
    assert after["since"] == 0
    assert after["run"] != before["run"]
    assert after["points"][-1]["epoch"] == 2
    circles.post("rewind")
    assert len(circles.get("curves")["points"]) == 1
    assert circles.get("curves")["points"][0]["validation_loss"] > 0


def test_many_points_become_fewer_and_the_last_one_stays():
    curves = Curves()
    for step in range(3 * MOST_POINTS):
        curves.add(Point(step, step, 1.0, None, 0.1, (1.0,), (1.0,)))
    assert len(curves.points) <= MOST_POINTS
    assert (curves.points[0].step, curves.points[-1].step) == (0, 3 * MOST_POINTS - 1)
    assert curves.run > 1


def test_vanishing_and_exploding_errors_are_named():
    asking = Asking(new_project({"kind": "xor", "n": 40}))
    asking.post(
        "network",
        widths=[2, *[3] * 6, 1],
        hidden="sigmoid",
        initialiser={"name": "glorot_normal", "parameters": {"gain": 0.2}},
    )
    answer = asking.get("curves")
    assert answer["layers"][0]["verdict"] == "vanishing"
    assert "vanished" in " ".join(answer["says"])
    assert "消失" in " ".join(asking.get("curves", language="zh")["says"])


def test_dead_and_saturated_neurons_are_counted(circles):
    asking = Asking(new_project({"kind": "circles", "n": 30, "validation": 0}))
    asking.post("set", of="b1[0]", value=50.0)
    found = asking.get("histogram", layer=1)
    assert (found["dead"], found["saturated"]) == (0, 1)
    assert sum(found["counts"]) == 30 * 4
    assert len(found["edges"]) == len(found["counts"]) + 1 == len(found["edge_texts"])
    asking.post("network", widths=[2, 3, 1], hidden="relu")
    asking.post("set", of="b1[1]", value=-50.0)
    assert asking.get("histogram", layer=1)["dead"] == 1
    for layer in (0, 3, 99):
        asking.get("histogram", 404, layer=layer)
    asking.get("histogram", 400, layer="x")


def test_a_surface_is_the_networks_answer_at_every_point(circles):
    network = circles.workspace.project.network
    for of, l, j in (("a2[0]", 2, 0), ("a1[3]", 1, 3)):
        found = circles.get("surface", of=of, size=7)
        X = np.array([[x, y] for y in found["y"] for x in found["x"]])
        answers = forward(network, network.views(circles.workspace.state.theta), X).a[l][:, j]
        assert np.array_equal(np.array(found["values"]).ravel(), answers)
    assert circles.get("surface")["level"] == 0.5
    assert circles.get("surface", of="a1[0]")["level"] is None
    assert len(found["table"]["rows"]) <= 9
    for query in ({"of": "a9[0]"}, {"of": "W1[0,0]"}, {"of": "a1[9]"}, {"of": "x"}):
        circles.get("surface", 404, **query)
    for query in ({"across": 1}, {"across": 5}, {"up": "x"}):
        circles.get("surface", 400, **query)


def test_several_classes_have_a_surface_of_classes_and_one_input_has_a_line():
    asking = Asking(new_project({"kind": "blobs", "n": 30}))
    found = asking.get("surface", of="class", size=5)
    assert set(np.ravel(found["values"])) <= {0.0, 1.0, 2.0}
    assert found["classes"] == ["1", "2", "3"]
    asking = Asking(new_project({"kind": "function", "text": "x^2", "n": 30}))
    found = asking.get("surface")
    assert "y" not in found
    assert len(found["x"]) == len(found["values"])
    assert len(found["table"]["rows"]) <= 21


def test_points_are_the_rows(circles):
    found = circles.get("points")
    rows = circles.workspace.project.rows
    assert found["n"] == len(found["points"]) == 60
    assert [point["x"] for point in found["points"]] == rows.X.tolist()
    assert [point["set"] for point in found["points"]].count("validation") == 15
    assert {point["label"] for point in found["points"]} == {0, 1}
    assert len(circles.get("points", most=10)["points"]) == 10


def test_rows_keep_their_number_as_long_as_they_are_the_same():
    """A page asks for them once."""
    asking = Asking(new_project({"kind": "circles", "n": 60}))

    def serial():
        found = {asking.get("points")["serial"], asking.get("state")["data"]["serial"]}
        assert len(found) == 1
        return found.pop()

    first = serial()
    asking.post("step", grain="epoch")
    assert serial() == first
    asking.post("data", kind="circles", n=60, seed=9)
    assert serial() != first
    asking.post("undo")
    assert serial() == first


def test_a_picture_is_of_image_data_alone(circles):
    circles.get("picture", 400)
    asking = Asking(new_project({"kind": "case", "name": "digits"}))
    found = asking.get("picture", of="W1", neuron=3)
    assert found["shape"] == [8, 8]
    assert found["values"] == asking.workspace.project.parameters.W[1][:, 3].tolist()
    assert asking.get("picture", of="a0")["values"] == asking.workspace.project.rows.X[0].tolist()
    asking.get("picture", 404, neuron=24)
    asking.get("picture", 404, of="b1")


def test_rows_of_a_table_are_shown_as_they_are_written():
    asking = Asking(project("table", 2))
    found = asking.get("rows", start=2, count=3)
    assert found["columns"] == ["rooms", "kind"]
    assert [row["row"] for row in found["rows"]] == [2, 3, 4]
    assert found["rows"][0]["raw"][1] in ("flat", "house")
    table = asking.workspace.project.rows.table
    assert 50 < float(found["rows"][0]["target"].replace(",", "")) < 700
    assert table.raw(2) == found["rows"][0]["raw"]
    assert asking.get("rows", start=10**6)["rows"] == []
    asking.get("rows", 400, start=-1)


def test_the_range_test_changes_nothing(circles):
    before = circles.workspace.state.theta.copy(), circles.workspace.revision
    found = circles.get("range", low=1e-4, high=100, steps=40)
    assert found["rates"][0] == 1e-4
    assert 1e-4 < found["suggested"] < 100
    assert found["says"]
    assert np.array_equal(circles.workspace.state.theta, before[0])
    assert circles.workspace.revision == before[1]
    few = circles.get("range", steps=LEAST_STEPS - 1)
    assert few["suggested"] is None
    assert few["says"].startswith(f"Only {LEAST_STEPS - 1} steps were made")
    for query in ({"low": 0}, {"low": 1, "high": 0.1}, {"low": "x"}, {"high": "inf"}, {"steps": "x"}):
        circles.get("range", 400, **query)


def test_the_weights_of_a_layer_for_the_table(circles):
    found = circles.get("weights", layer=2)
    assert found["W"] == circles.workspace.project.network.views(circles.workspace.state.theta).W[2].tolist()
    circles.get("weights", 404, layer=0)
