"""What is behind a number: its formulas, its path, the central difference; and what if."""

import re

import numpy as np
import pytest

from asking import Asking
from clearprop.explain.words import LANGUAGES
from clearprop.explain.writing.notation import NOTATIONS
from lab_in_chromium import project as wide_project
from lab_projects import NETWORKS, project

INLINE = re.compile(r"""\sstyle\s*=|<script|<style|\son[a-z]+\s*=|javascript:""")


def numbers(asking):
    """The names of all numbers of the step that is shown."""
    return asking.get("names", most=64)["names"]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [1, 3])
def test_every_number_of_a_step_has_a_derivation(name, size):
    asking = Asking(project(name, size))
    trace = asking.workspace.trace()
    asked = 0
    for of in numbers(asking):
        if of.split("[")[0] in ("total_weight", "t") or ("[" in of and asked % 3):
            asked += 1
            continue
        asked += 1
        found = asking.get("derivation", of=of, sample=size - 1)
        assert found["html"], of
        assert not INLINE.search(found["html"]), of
        assert found["value"] is not None
    assert asked > 20
    assert trace is asking.workspace.trace()


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_written_in_every_notation_and_language(notation, language):
    asking = Asking()
    found = asking.get("derivation", of="W1[0,1]", notation=notation, language=language, digits=6)
    assert "<math" in found["html"]
    assert found["symbol"]
    assert found["value_text"] == "0.3"
    assert asking.get("names", notation=notation)["names"]["W1[0,1]"] == found["symbol"]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_central_difference_agrees_with_every_gradient(name):
    asking = Asking(project(name, 2))
    network, trace = asking.workspace.project.network, asking.workspace.trace()
    for block in network.blocks:
        for place in list(np.ndindex(block.shape))[:4]:
            of = f"{block.name}[{','.join(map(str, place))}]"
            found = asking.get("derivation", of=of, forms="matrix")
            assert found["difference"]["agrees"], (of, found["difference"])
            assert found["gradient"] == float(trace[f"d{block.name}"].value[place])
            assert found["difference"]["slope"] == found["gradient"]


def test_the_path_of_a_weight_goes_on_to_the_loss_and_that_of_a_node_comes_from_before():
    asking = Asking(project("two_hidden_layers", 1))
    found = asking.get("derivation", of="W1[1,2]")["path"]
    assert found["nodes"][:2] == ["a0[1]", "a1[2]"]
    assert found["nodes"][-1] == "C"
    assert found["edges"][0] == "W1[1,2]"
    assert found["paths"] == 3
    assert {edge for edge in found["edges"] if edge.startswith("W2")} == {"W2[2,0]", "W2[2,1]", "W2[2,2]"}
    found = asking.get("derivation", of="z2[1]")["path"]
    assert set(found["edges"]) == {"W2[0,1]", "W2[1,1]", "W2[2,1]"}
    assert asking.get("derivation", of="b3[0]")["path"]["nodes"] == ["a3[0]", "C"]


def test_what_a_line_reads_can_be_asked_for_itself():
    asking = Asking(project("several_outputs", 2))
    asked, todo = set(), ["dW1[0,0]"]
    while todo:
        of = todo.pop()
        if of in asked:
            continue
        asked.add(of)
        todo += [read["of"] for read in asking.get("derivation", of=of, sample=1)["reads"]]
    assert {"delta1[0]", "delta2[0]", "a0[0]", "W2[0,0]", "y[0]"} <= asked


def test_of_a_large_batch_the_sample_that_is_shown_is_written_out():
    """Not the first one, whichever the drawing shows; and of the others no more than what they add up to."""
    asking = Asking(wide_project([2, 3, 2], n=12))
    trace = asking.workspace.trace()
    found = asking.get("derivation", of="W1[0,0]", sample=4, forms="component", digits=6)["html"]
    added = trace["a0"].value[4, 0] * trace["delta1"].value[4, 0]
    assert "Sample 5" in found
    assert "Sample 1<" not in found
    assert "11 more like these" in found
    assert found.count(f"<mn>{abs(added):.4g}"[:9]) >= 2


def test_it_says_whether_the_number_is_computed_already():
    asking = Asking()
    assert asking.get("derivation", of="z1[0]")["is_ahead"]
    asking.post("step", grain="neuron")
    assert not asking.get("derivation", of="z1[0]")["is_ahead"]
    assert asking.get("derivation", of="z1[1]")["is_ahead"]
    assert asking.get("derivation", of="W1[0,0]")["is_ahead"]
    asking.post("step", grain="backward")
    assert not asking.get("derivation", of="W1[0,0]")["is_ahead"]


@pytest.mark.parametrize(
    "of",
    [
        "",
        "W",
        "W1",
        "W1[0]",
        "W1[0,9]",
        "W1[-1,0]",
        "W3[0,0]",
        "delta0[0]",
        "z1[:]",
        "C",
        "q",
        "∂a2[0]/∂z2[0]",
        "W{l}[0,0]",
        "W1[0,0]" * 30,
        "<b>",
        "~one_path 1",
        "a1[j]",
        "loss[0]",
        "W1[0,0,0]",
    ],
)
def test_numbers_that_there_are_not_are_refused(of):
    status, _, _ = Asking().ask("GET", "/api/derivation", f"of={of}".replace("∂", "%E2%88%82"))
    assert status == 404


@pytest.mark.parametrize(
    "query",
    [
        {"notation": "mine"},
        {"language": "la"},
        {"digits": "0"},
        {"digits": "18"},
        {"digits": "x"},
        {"forms": "poem"},
        {"sample": "-1"},
        {"most": "many"},
        {"digits": "４"},
    ],
)
def test_styles_that_there_are_not_are_refused(query):
    asking = Asking()
    asking.get("derivation", 400, of="loss", **query)
    assert asking.get("derivation", of="loss", most="999999", forms="")["html"]


def test_an_older_revision_is_told_of():
    asking = Asking()
    old = asking.workspace.revision
    asking.post("step", grain="batch")
    assert asking.post("derivation", 409, of="loss", revision=old)["state"]["revision"] > old
    assert asking.post("derivation", of="loss")["value"] > 0


def test_an_input_of_a_table_is_derived_from_what_the_row_says():
    asking = Asking(project("table", 2))
    found = asking.get("derivation", of="a0[0]", sample=1)
    assert "rooms" in found["html"]
    assert "<math" in found["html"]


def test_text_of_a_table_is_never_markup():
    import pyarrow as pa

    from clearprop.lab.opening import project_of_table
    from clearprop.tables import Reading

    bad = "<img src=x onerror=alert(1)>"
    n = 20
    table = pa.table({bad: list(range(n)), "k": ["a", bad] * (n // 2), "y": [float(k % 3) for k in range(n)]})
    asking = Asking(project_of_table(Reading(table), bad, "y"))
    for of in ("a0[0]", "a0[1]", "W1[0,0]"):
        assert "<img" not in asking.get("derivation", of=of)["html"]
    _, _, page = asking.ask("GET", "/api/export/page")
    assert b"<img" not in page


def test_what_if_says_what_would_be_and_changes_nothing():
    asking = Asking(project("several_outputs", 3))
    trace, before = asking.workspace.trace(), asking.workspace.revision
    found = asking.get("whatif", of="W1[0,1]", value=0.7)
    now = trace.value_of("W1[0,1]")
    assert found["loss"]["predicted"] == pytest.approx(
        found["loss"]["before"] + trace.value_of("dW1[0,1]") * (0.7 - now)
    )
    asking.post("set", of="W1[0,1]", value=0.7)
    assert asking.workspace.revision == before + 1
    assert float(asking.workspace.trace()["loss"].value) == pytest.approx(found["loss"]["after"], rel=1e-12)
    found = asking.get("whatif", of="rate", value=0.01)
    asking.post("set", of="rate", value=0.01)
    state = asking.post("step", grain="update")
    assert found["loss"]["after"] == state["values"]["loss_new"]
    assert found["loss"]["predicted"] == state["values"]["prediction"]
    assert asking.get("whatif", of="rate")["value"] == 0.01
    same = asking.get("whatif", of="b1[0]")["loss"]
    assert same["before"] == same["predicted"] == pytest.approx(same["after"], rel=1e-12)


def test_what_is_at_the_present_number_is_not_computed_anew(monkeypatch):
    """A click asks for it of the weight and of the rate, and has to be answered soon."""
    asking = Asking(project("several_outputs", 3))
    trace = asking.workspace.trace()
    monkeypatch.setattr(asking.workspace, "traced_at", None)
    monkeypatch.setattr(type(trace.setting), "cost", None)
    assert asking.get("whatif", of="W1[0,0]")["loss"]["after"] == float(trace["loss"].value)
    assert asking.get("whatif", of="rate")["loss"]["after"] == float(trace["loss_new"].value)


@pytest.mark.parametrize(
    "query",
    [
        {"of": "W9[0,0]"},
        {"of": "rate", "value": "-1"},
        {"of": "rate", "value": "nan"},
        {"of": ""},
        {"of": "W1[0,0]", "value": "inf"},
        {"of": "W1[0,0]", "value": "1,5"},
        {"of": "loss"},
    ],
)
def test_what_ifs_that_cannot_be_are_refused(query):
    asking = Asking()
    status, _, _ = asking.ask("GET", "/api/whatif", "&".join(f"{k}={v}" for k, v in query.items()))
    assert status in (400, 404)
