"""`clearprop search`: what it prints, writes and saves, and what it refuses."""

import json

import numpy as np
import pytest

from clearprop.tabular import TableModel


@pytest.fixture
def table(tmp_path):
    random = np.random.default_rng(0)
    a, b = random.standard_normal((2, 150))
    path = tmp_path / "rows.csv"
    lines = [f"{x:.3f},{z:.3f},{'yes' if x * z > 0 else 'no'}" for x, z in zip(a, b, strict=True)]
    path.write_text("\n".join(["a,b,y", *lines]) + "\n")
    return path


SHORT = ("--epochs", "9", "--ensemble", "1", "--trials", "3")


def test_it_says_what_it_tries_and_saves_the_best(run, table, tmp_path):
    output, log = tmp_path / "best.clearprop", tmp_path / "trials.jsonl"
    code, out, err = run("search", table, "--target", "y", *SHORT, "--output", output, "--log", log)
    assert code == 0, err
    assert "round 1 of 2: 3 trials" in err
    assert "searched: 3 trials in 2 rounds" in out
    assert "1 (recipe)" in out
    assert "Score on the 30 held-out rows" in out
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted((each["round"], each["trial"]) for each in records)[:3] == [(1, 1), (1, 2), (1, 3)]
    (best,) = [each for each in records if each["round"] == 2]
    model = TableModel.load(output)
    assert list(model.settings["hidden"]) == best["hidden"]
    options = out.split("clearprop train … ")[1].splitlines()[0].split()
    again = tmp_path / "again.clearprop"
    assert run("train", table, "--target", "y", *SHORT[:4], *options, "--output", again)[0] == 0
    np.testing.assert_array_equal(TableModel.load(again).thetas, model.thetas)


def test_one_document(run, table, tmp_path):
    _, out, _ = run("search", table, "--target", "y", *SHORT, "--output", tmp_path / "m.clearprop", "--json")
    found = json.loads(out)
    assert len(found["search"]["trials"]) == 4
    assert found["held_out"]["n_rows"] == 30


@pytest.mark.parametrize(("options", "says"), [
    (("--trials", "0"), "--trials must be at least 1, not 0"),
    (("--time-limit", "soon"), "--time-limit must be a time above 0, as 90s, 10m or 1h, not 'soon'"),
    (("--time-limit", "0m"), "--time-limit must be a time above 0"),
    (("--folds", "3"), "--folds is of 'clearprop train'"),
    (("--metric", "acuracy"), "did you mean 'accuracy'"),
    (("--dropout", "1"), "the dropout must be at least 0 and below 1"),
    (("--hidden", "5,x"), "--hidden must name the neurons"),
])  # fmt: skip
def test_wrong_usage_is_said_in_a_sentence(run, table, options, says):
    code, _, err = run("search", table, "--target", "y", *options)
    assert code == 2
    assert says in err
