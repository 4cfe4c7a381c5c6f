import json

import numpy as np
import pytest

from clearprop import Network, save
from clearprop.tabular.model import TableModel


def test_what_a_user_reads(run, trained):
    code, out, _ = run("inspect", trained / "flats.clearprop")
    assert code == 0
    for words in (
        "a number from",
        "learned as its logarithm",
        "flats.csv: 320 rows to learn from, 80 rows held out",
        "the mean of 4 of these",
        "category, 3 values (north, south, west)",
        "RMSE of log(rent)",
    ):
        assert words in out
    assert "kind, one of 3 classes: cat, cow, dog" in run("inspect", trained / "pets.clearprop")[1]


def test_json(run, trained):
    found = json.loads(run("inspect", trained / "pets.clearprop", "--json")[1])
    assert found["target"]["classes"] == ["cat", "cow", "dog"]
    assert found["network"]["inputs"] == len(found["inputs"])
    assert found["held_out"]["n_rows"] == 60
    assert found["settings"]["seed"] == 0


@pytest.mark.parametrize("command", [["inspect"], ["predict", "FILE"], ["evaluate", "FILE"]])
def test_model_files_that_cannot_be_used(run, trained, tmp_path, command):
    content = (trained / "pets.clearprop").read_bytes()
    path = tmp_path / "m.clearprop"
    rest = [trained / "pets.csv"] if len(command) > 1 else []
    for damaged in (b"", b"hello", b"PAR1" * 100, content[:200], content[:-1], content + b"x"):
        path.write_bytes(damaged)
        code, out, err = run(command[0], path, *rest)
        assert (code, out, err.count("\n")) == (3, "", 1)
        assert str(path) in err


def test_a_missing_model_offers_the_nearest_name(run, trained):
    code, _, err = run("inspect", trained / "pet.clearprop")
    assert (code, "did you mean" in err, "pets.clearprop" in err) == (3, True, True)


def test_a_network_without_a_table_is_refused(run, tmp_path):
    network = Network.mlp([2, 1])
    save(tmp_path / "m", network, network.initial())
    code, _, err = run("inspect", tmp_path / "m")
    assert (code, "was not trained by 'clearprop train'" in err) == (3, True)


def test_details_that_do_not_belong_to_the_network_are_refused(run, trained, tmp_path):
    model = TableModel.load(trained / "pets.clearprop")
    details = {
        "kind": "table",
        "encoder": model.encoder.to_json(),
        "target": model.target.to_json(),
        "trivial": model.trivial,
        "images": None,
        "settings": {},
        "held_out": None,
    }
    other = Network.mlp([3, 3], output="softmax", loss="cross_entropy")
    for changes, network in (
        ({}, other),
        ({"trivial": "hen"}, model.network),
        ({"encoder": {}}, model.network),
        ({"target": {"task": "?"}}, model.network),
        ({"settings": []}, model.network),
        ({"images": {"height": 0}}, model.network),
        ({"held_out": {"task": "classification"}}, model.network),
    ):
        save(tmp_path / "m", network, network.initial(dtype=np.float32), {**details, **changes})
        code, _, err = run("inspect", tmp_path / "m")
        assert (code, err.count("\n"), str(tmp_path / "m") in err) == (3, 1, True), changes
    save(tmp_path / "m", model.network, model.parameters, details)
    assert run("inspect", tmp_path / "m")[0] == 0
