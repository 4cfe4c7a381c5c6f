"""Workspaces as files and as links: read back to the bit, and nothing else is read at all."""

import base64
import contextlib
import copy
import json
import zlib

import numpy as np
import pytest

from asking import Asking
from clearprop.errors import ClearpropError
from clearprop.lab.keeping import document_of, from_link, link_of, project_from
from clearprop.lab.project import new_project
from lab_projects import NETWORKS, project


@pytest.mark.parametrize("name", NETWORKS)
def test_a_workspace_comes_back_to_the_bit_and_goes_on_alike(name):
    asking, other = Asking(project(name, 3)), Asking()
    asking.post("step", grain="batch", count=4)
    document = json.loads(json.dumps(document_of(asking.workspace), allow_nan=False))
    query, headers = f"revision={other.workspace.revision}", {"content-type": "application/octet-stream"}
    status, _, _ = other.ask("POST", "/api/load", query, json.dumps(document).encode(), headers)
    assert status == 200
    for one in (asking, other):
        one.post("step", grain="epoch", count=2)
    assert np.array_equal(asking.workspace.state.theta, other.workspace.state.theta)
    assert asking.workspace.state.step == other.workspace.state.step
    asking.post("rewind")
    other.post("rewind")
    assert np.array_equal(asking.workspace.state.theta, other.workspace.state.theta)
    other.post("undo")


@pytest.mark.parametrize(
    "recipe",
    [
        {"kind": "case", "name": "mazur"},
        {"kind": "spirals", "n": 50},
        {"kind": "function", "text": "x1*x2", "n": 9},
        {"kind": "drawn", "points": [[0, 0, 0], [1, 1, 1]]},
    ],
)
def test_a_small_workspace_fits_into_a_link(recipe):
    asking, other = Asking(new_project(recipe)), Asking()
    asking.post("step", grain="batch")
    found = asking.get("permalink")
    assert found["fragment"].startswith("s=")
    assert len(found["fragment"]) == found["length"] + 2
    state = other.post("load", link=found["fragment"][2:])
    assert state["data"]["kind"] == recipe["kind"]
    assert np.array_equal(other.workspace.project.rows.X, asking.workspace.project.rows.X)
    assert np.array_equal(other.workspace.state.theta, asking.workspace.state.theta)


def test_a_large_one_does_not():
    asking = Asking(new_project({"kind": "case", "name": "digits"}))
    assert "file" in asking.get("permalink", 413)["error"]["message"]


@pytest.mark.parametrize(
    "link", [None, 3, "", "x", "AAAA", "é", "x" * 9000, "s=", base64.urlsafe_b64encode(b"{}").decode()]
)
def test_what_is_no_link_is_refused(link):
    Asking().post("load", 400, link=link)


def test_a_link_that_unpacks_to_much_is_refused():
    short = base64.urlsafe_b64encode(zlib.compress(b"[" * 5_000_000, 9)).decode().rstrip("=")
    Asking().post("load", 400, link=short)


def places(value, path=()):
    """Every place in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def changed(document, path, value):
    found = copy.deepcopy(document)
    if not path:
        return value
    inside = found
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return found


@pytest.mark.parametrize(
    "value", [None, -1, 1e300, "x", [], {}, True, 10**30, {"shape": [1], "float64": "AAAA"}], ids=repr
)
def test_a_damaged_file_is_refused_by_a_sentence_or_means_what_it_says(value):
    asking = Asking(project("several_outputs", 3))
    document = json.loads(json.dumps(document_of(asking.workspace)))
    for path in places(document):
        spoilt = changed(document, path, value)
        with contextlib.suppress(ClearpropError):
            made, state = project_from(spoilt)
            assert state.theta.shape == (made.network.n_parameters,)
            assert np.isfinite(state.theta).all()


def test_a_file_of_numbers_that_are_none_is_refused():
    asking = Asking(project("several_outputs", 3))
    document = document_of(asking.workspace)
    for key in ("theta", "initial"):
        spoilt = copy.deepcopy(document)
        spoilt[key]["float64"] = base64.b64encode(
            np.full(asking.workspace.state.theta.shape, np.nan).tobytes()
        ).decode()
        with pytest.raises(ClearpropError, match="finite"):
            project_from(spoilt)
    link = link_of(asking.workspace)
    assert from_link(link)["format"] == "clearprop-lab"
