"""What can be taken along: pages, drawings, models, traces, curves; exercises and games."""

import csv
import io
import json
import re
import zipfile

import numpy as np
import pytest

from asking import Asking
from clearprop.explain import case, check, play
from clearprop.explain.words import LANGUAGES
from clearprop.lab.exporting import EXPORTS
from lab_projects import NETWORKS, project


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_export_is_a_file(kind, name):
    asking = Asking(project(name, 2))
    asking.post("step", grain="epoch")
    status, headers, body = asking.ask("GET", f"/api/export/{kind}")
    assert status == 200
    assert re.fullmatch(r'attachment; filename="[a-z]+\.[a-z]+"', headers["content-disposition"])
    assert len(body) > 50


def test_the_page_stands_by_itself():
    asking = Asking()
    _, _, body = asking.ask("GET", "/api/export/page", "of=W1[0,1]&language=zh&digits=6")
    text = body.decode()
    assert "<script" not in text
    assert 'lang="zh-Hans"' in text
    assert "<svg" in text
    assert "<math" in text
    for place in re.findall(r'(?:src|href)="([^"]*)"', text):
        assert place.startswith(("#", "data:"))
    for of in ("dW1[0,1]", "W1_new[0,1]", "b2[0]"):
        assert asking.ask("GET", "/api/export/page", f"of={of}")[0] == 200
    for of in ("loss", "W9[0,0]", "x"):
        assert asking.ask("GET", "/api/export/page", f"of={of}")[0] == 404


def test_the_trace_and_the_curves_have_every_digit():
    asking = Asking(project("softmax", 2))
    asking.post("step", grain="epoch", count=3)
    _, _, body = asking.ask("GET", "/api/export/trace")
    sites = {site["name"]: site["value"] for site in json.loads(body)["sites"]}
    assert np.array_equal(sites["a1"], asking.workspace.trace()["a1"].value)
    _, _, body = asking.ask("GET", "/api/export/curves")
    table = list(csv.DictReader(io.StringIO(body.decode())))
    assert [float(row["loss"]) for row in table] == [point.loss for point in asking.workspace.curves.points]


def test_an_exercise_is_judged_as_check_does_and_names_the_mistake():
    asking = Asking()
    made = asking.post("exercise", blank=8, seed=3)
    assert len(made["blanks"]) >= 8
    assert all(line["text"] is None for line in made["lines"] if line["blank"])
    assert {line["name"] for line in made["lines"] if line["blank"]} == set(made["blanks"])
    trace = asking.workspace.trace()
    right = {name: f"{trace.value_of(name):.6g}" for name in made["blanks"]}
    found = asking.post("exercise/check", exercise=made["exercise"], answers=right)
    assert found["passed"], found
    first = made["blanks"][0]
    found = asking.post("exercise/check", exercise=made["exercise"], answers={first: "123"})
    assert not found["passed"]
    assert found["verdicts"][0]["status"] == "wrong"
    assert found["left"] == made["blanks"][1:]


def test_the_mistake_is_named_in_both_languages():
    asking = Asking()
    made = asking.post("exercise", blank=30, seed=1)
    if "z1[0]" not in made["blanks"]:
        pytest.skip("this seed leaves z1 in")
    said = {}
    for language in LANGUAGES:
        found = asking.post(
            "exercise/check", exercise=made["exercise"], answers={"z1[0]": "0.31"}, query={"language": language}
        )
        (verdict,) = found["verdicts"]
        assert verdict["mistakes"] == ["bias_forgotten"]
        said[language] = verdict["mistake"]
    assert said["en"] != said["zh"]
    assert check({"z1": "0.31, 0.47"}, case("case_study").trace())["z1[0]"].names == ("bias_forgotten",)


@pytest.mark.parametrize(
    "body", [{"blank": 0}, {"blank": 10**6}, {"blank": "x"}, {"blank": 3, "seed": -1}, {"blank": 3, "seed": 1.5}]
)
def test_exercises_that_cannot_be_are_refused(body):
    Asking().post("exercise", 400, **body)


def test_answers_that_cannot_be_are_refused():
    asking = Asking()
    made = asking.post("exercise", blank=3)
    name = made["blanks"][0]
    for answers in (None, {}, [], {name: 3}, {name: "x" * 99}, {"q": "1"}, {name: "one"}):
        asking.post("exercise/check", 400, exercise=made["exercise"], answers=answers)
    asking.post("exercise/check", 404, exercise="e99", answers={name: "1"})


def test_the_sheets_of_a_class_are_those_of_the_command():
    status, _, body = Asking().ask("GET", "/api/sheets", "names=Ada%0ABen&blank=5&seed=2")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert sorted(archive.namelist()) == [
            "class.json",
            "keys/ada-key.md",
            "keys/ben-key.md",
            "sheets/ada.md",
            "sheets/ben.md",
        ]
        assert check(archive.read("keys/ada-key.md").decode()).passed
    for query in (
        "names=",
        "names=Ada%0AAda",
        "names=Ada&blank=0",
        "names=Ada&network=9-9-9-9",
        "names=Ada&network=x",
        "names=" + "a" * 200,
    ):
        assert Asking().ask("GET", "/api/sheets", query)[0] == 400


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_games_are_played_by_the_same_steps(players, language):
    found = Asking().get("game", players=players, rounds=4, language=language)
    played = play(case("two_players" if players == 2 else "three_players").trace(), 4)
    assert found["direct"] == played.direct
    for each, trace in zip(found["rounds"], played.rounds, strict=True):
        assert each["loss"] == float(trace["loss"].value)
        assert each["acts"][0]["numbers"]["signal"] == trace.value_of("a0[0]")
        assert each["texts"]["W1[0,0]"]
        assert all(act["says"] and act["who"] in ("guesser", "girl", "cat", "porter") for act in each["acts"])
    assert found["end"]


def test_a_workspace_of_one_neuron_a_layer_plays_its_own_game():
    from clearprop.lab.project import new_project

    asking = Asking(new_project({"kind": "case", "name": "two_players"}))
    asking.post("set", of="W1[0,0]", value=0.9)
    assert asking.get("game")["rounds"][0]["texts"]["W1[0,0]"] == "0.9"
    assert Asking().get("game")["players"] == 3
    for query in ({"players": 4}, {"rounds": "x"}, {"rounds": 10**6}):
        Asking().get("game", 400, **query)


def test_the_words_of_both_languages_have_the_same_keys_and_fields():
    from string import Formatter

    from clearprop.lab.words import LANGUAGES as own

    assert own["en"].keys() == own["zh"].keys()
    for key in own["en"]:
        fields = [{name for _, name, _, _ in Formatter().parse(own[language][key]) if name} for language in own]
        assert fields[0] == fields[1], key
