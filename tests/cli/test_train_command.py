import json

import numpy as np
import pyarrow as pa
import pytest

from clearprop.cli import train as command
from clearprop.files import contents
from clearprop.tabular.model import TableModel
from sample_tables import flats, pets, write

QUICK = ("--hidden", "8", "--epochs", "3")


def test_what_a_user_reads(run, tmp_path):
    file = write(tmp_path / "flats.csv", flats())
    output = tmp_path / "m.clearprop"
    code, out, err = run("train", file, "--target", "rent", "--log-target", "--output", output, "--seed", 5)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].endswith("flats.csv: 400 rows, 4 columns")
    assert "regression, because its logarithm was asked for" in out
    assert "320 to learn from by 4 networks, whose predictions are averaged" in " ".join(out.split())
    assert "80 held out for the score (seed 5)" in " ".join(out.split())
    assert "RMSE of rent" in out
    assert "RMSE of log(rent)" in out
    assert f"Saved {output}" in out
    # Not a terminal: a line for about every twentieth of the epochs, on standard error.
    assert 3 <= sum(line.startswith("epoch") for line in err.splitlines()) <= 25
    assert "validation rmse" in err
    scores = TableModel.load(output).held_out
    assert scores.rmse_log < 0.2 < 0.5 < scores.trivial_rmse_log


def test_json_is_one_document_and_nothing_else(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    code, out, err = run("train", file, "--target", "kind", "--output", tmp_path / "m.clearprop", *QUICK, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["task"] == "classification"
    assert found["target"]["classes"] == ["cat", "cow", "dog"]
    assert found["rows"] == {"train": 240, "validation": 0, "test": 60}
    assert found["ensemble"] == 4
    assert found["held_out"]["trivial_accuracy"] == pytest.approx(0.5, abs=0.1)
    assert found["widths"][1:] == [8, 3]
    assert found["epochs"] == 3
    assert found["stopped_by"] == "epochs"


def test_the_same_seed_gives_the_same_model(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    thetas = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        output = tmp_path / f"{name}.clearprop"
        assert run("train", file, "--target", "kind", "--output", output, "--seed", seed, *QUICK)[0] == 0
        thetas.append(TableModel.load(output).parameters.theta)
    np.testing.assert_array_equal(thetas[0], thetas[1])
    assert not np.array_equal(thetas[0], thetas[2])


def test_the_best_epoch_by_validation_is_kept(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets(60))
    _, out, _ = run("train", file, "--target", "kind", "--output", tmp_path / "m", "--epochs", 100, "--json")
    found = json.loads(out)
    assert f"the weights of epoch {found['best_epoch']}, the best, were put back" in found["reason"]


def test_one_network_is_judged_by_rows_of_its_own(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    options = ("--ensemble", "1", "--threads", "1", "--probabilities", "--output", tmp_path / "m", *QUICK)
    code, out, _ = run("train", file, "--target", "kind", *options)
    assert code == 0
    assert "192 to learn from, 48 to choose the best epoch by, 60 held out" in " ".join(out.split())
    assert "expected calibration error" in out
    model = TableModel.load(tmp_path / "m")
    assert model.thetas.shape == (1, model.network.n_parameters)
    assert model.settings["probabilities"] is True


@pytest.mark.parametrize(("option", "message"), [("--ensemble", "from 1 to 100 networks"), ("--threads", "at least 1")])
def test_numbers_of_networks_and_threads_that_cannot_be(run, tmp_path, option, message):
    file = write(tmp_path / "pets.csv", pets())
    code, _, err = run("train", file, "--target", "kind", "--output", tmp_path / "m", option, "0")
    assert code == 2
    assert message in " ".join(err.split())


def test_the_output_is_named_after_the_file(run, tmp_path, monkeypatch):
    write(tmp_path / "my.pets.csv", pets())
    monkeypatch.chdir(tmp_path)
    assert run("train", "my.pets.csv", "--target", "kind", *QUICK)[0] == 0
    assert (tmp_path / "my.clearprop").exists()


def test_options_are_kept_with_the_model(run, tmp_path):
    file = write(tmp_path / "flats.csv", flats())
    output = tmp_path / "deep" / "down" / "m.clearprop"
    options = ("--drop", "balcony", "--test", "0.5", "--hidden", "7,5", "--epochs", "2", "--engine", "reference")
    assert run("train", file, "--target", "rent", "--output", output, *options)[0] == 0
    model = TableModel.load(output)
    assert model.encoder.left_out == {"balcony": "it was asked to be dropped"}
    assert model.network.widths[1:] == (7, 5, 1)
    assert model.settings["rows"]["test"] == 200
    assert model.settings["engine"] == "reference"
    assert model.held_out.rmse_log is None


def test_no_hidden_layer(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    assert run("train", file, "--target", "kind", "--hidden", "0", "--output", tmp_path / "m")[0] == 0
    assert TableModel.load(tmp_path / "m").network.depth == 1


def test_a_time_limit_ends_training_and_keeps_the_model(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    options = ("--time-limit", "0.3", "--epochs", "1000000", "--json")
    code, out, _ = run("train", file, "--target", "kind", "--output", tmp_path / "m", *options)
    assert (code, json.loads(out)["stopped_by"]) in ((0, "time"), (0, "no_improvement"))
    assert json.loads(out)["seconds"] < 20


def test_the_task_can_be_asked_for(run, tmp_path):
    table = pa.table({"x": np.arange(200.0), "y": np.arange(200) // 50})
    file = write(tmp_path / "t.csv", table)
    for task in ("classification", "regression"):
        options = ("--task", task, "--output", tmp_path / task, "--json", *QUICK)
        assert json.loads(run("train", file, "--target", "y", *options)[1])["task"] == task


def test_arrays_and_images_need_no_target_named(run, tmp_path):
    np.savez(tmp_path / "t.npz", X=np.random.default_rng(0).normal(size=(60, 3)), y=np.arange(60) % 2)
    code, out, _ = run("train", tmp_path / "t.npz", "--output", tmp_path / "m", *QUICK, "--json")
    assert code == 0
    assert json.loads(out)["target"]["column"] == "y"
    image = pytest.importorskip("PIL.Image")
    for i in range(40):
        path = tmp_path / "img" / ("dark", "light")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(np.full((5, 5), 200 * (i % 2) + i, dtype=np.uint8)).save(path)
    code, out, _ = run("train", tmp_path / "img", "--output", tmp_path / "i", "--json")
    assert code == 0
    assert json.loads(out)["held_out"]["accuracy"] == 1
    assert TableModel.load(tmp_path / "i").images is not None
    code, out, _ = run("predict", tmp_path / "i", tmp_path / "img" / "light")  # no classes there
    assert code == 0
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == ['"light"'] * 20


def bad(tmp_path, **changes):
    """A file of flats in which some columns are others."""
    table = flats(60)
    for name, values in changes.items():
        table = table.drop_columns([name]).append_column(name, pa.array(values))
    return write(tmp_path / "t.csv", table)


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({}, ["--target", "rnt"], "no column 'rnt'; did you mean 'rent'?"),
        ({}, [], "say which column to predict, as --target"),
        ({}, ["--target", "rent", "--drop", "balcon"], "no column 'balcon'; did you mean 'balcony'?"),
        ({"rent": ["a"] * 60}, ["--target", "rent"], "only one class, 'a'"),
        ({"rent": [1.0] * 60}, ["--target", "rent", "--task", "regression"], "is 1 in every training row"),
        ({"rent": [float(i) for i in range(59)] + [None]}, ["--target", "rent"], "missing in row 60; --skip-missing"),
        ({"rent": [None, None, *range(1, 59)]}, ["--target", "rent"], "2 rows, the first of them row 1"),
        ({"rent": list(range(60))}, ["--target", "rent", "--log-target"], "is 0 in row 1, and only numbers above 0"),
        ({"rent": [1.5, float("inf")] * 30}, ["--target", "rent"], "'rent' is inf in row 2"),
        ({"size": [1.0] * 59 + [float("inf")]}, ["--target", "rent"], "column 'size' is inf in row 60"),
        ({"district": ["a", "b"] * 30}, ["--target", "district", "--log-target"], "cannot be learned as a logarithm"),
        ({}, ["--target", "rent", "--drop", "rent"], "cannot be both the target and dropped"),
        ({}, ["--target", "rent", "--test", "1.5"], "must be between 0 and 1"),
        ({}, ["--target", "rent", "--epochs", "0"], "epochs must be at least 1"),
        ({}, ["--target", "rent", "--hidden", "a,b"], "--hidden must name the neurons of each hidden layer"),
        ({}, ["--target", "rent", "--hidden", "8,0"], "at least one neuron"),
        ({}, ["--target", "rent", "--time-limit", "-1"], "time limit must be"),
        ({}, ["--target", "rent", "--engine", "referense"], "no engine 'referense'; did you mean 'reference'?"),
        ({}, ["--target", "rent", "--seed", "-1"], "seed must be"),
    ],
)  # fmt: skip
def test_bad_input_ends_in_one_sentence_and_no_file(run, tmp_path, changes, options, words):
    output = tmp_path / "m.clearprop"
    code, out, err = run("train", bad(tmp_path, **changes), "--output", output, *options)
    assert code in (1, 2, 3)  # which of them: test_exit_codes.py
    assert out == ""
    assert words in err
    assert err.startswith("clearprop: ")
    assert err.count("\n") == 1
    assert not output.exists()


def test_rows_without_a_target_can_be_left_out(run, tmp_path):
    file = bad(tmp_path, rent=[None] * 10 + [float(i) for i in range(50)])
    code, out, _ = run("train", file, "--target", "rent", "--skip-missing-target", "--output", tmp_path / "m", *QUICK)
    assert code == 0
    assert "note: the target is missing in 10 rows, the first of them row 1: left out" in out


def test_too_few_rows(run, tmp_path):
    file = write(tmp_path / "t.csv", flats(9))
    code, _, err = run("train", file, "--target", "rent")
    assert (code, err) == (1, "clearprop: there are 9 rows with a target; at least 10 are needed\n")


def test_choices_made_for_the_user_are_said(run, tmp_path):
    table = flats().append_column("id", pa.array(range(400))).append_column("country", pa.array(["here"] * 400))
    file = write(tmp_path / "t.csv", table)
    _, out, _ = run("train", file, "--target", "rent", "--output", tmp_path / "m", *QUICK)
    assert "note: column 'id' is left out: by its name, and being different in every row, it numbers the rows" in out
    assert "note: column 'country' is left out: it is 'here' in every training row" in out


def test_an_output_that_exists_is_refused_before_anything_is_read(run, tmp_path):
    output = tmp_path / "m.clearprop"
    output.write_text("precious")
    (tmp_path / "nothing.csv").write_text("")
    code, _, err = run("train", tmp_path / "nothing.csv", "--target", "rent", "--output", output)
    assert code == 1
    assert "exists already; --force replaces it" in err
    assert output.read_text() == "precious"
    file = write(tmp_path / "pets.csv", pets())
    assert run("train", file, "--target", "kind", "--output", output, "--force", *QUICK)[0] == 0
    assert TableModel.load(output).target.column == "kind"


def test_the_table_itself_is_never_replaced(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    before = file.read_bytes()
    code, _, err = run("train", file, "--target", "kind", "--output", file, "--force")
    assert (code, "is also the input" in err) == (1, True)
    assert file.read_bytes() == before


def test_a_missing_file_is_named_before_an_output_that_exists(run, tmp_path):
    write(tmp_path / "pets.csv", pets())
    (tmp_path / "m.clearprop").write_bytes(b"kept")
    code, _, err = run("train", tmp_path / "pets.cvs", "--target", "kind", "--output", tmp_path / "m.clearprop")
    assert code == 3
    assert "there is no file" in err
    assert "pets.csv" in err


def test_a_model_of_many_classes_is_saved_with_its_scores_and_its_most_frequent_mistakes(run, tmp_path):
    """Their confusion matrix made the model file too large to be read, so that the training was lost."""
    X = np.random.default_rng(0).normal(size=(2000, 2))
    table = pa.table({"a": X[:, 0], "b": X[:, 1], "y": [f"class {i % 1000}" for i in range(2000)]})
    file, output = write(tmp_path / "many.csv", table), tmp_path / "many.clearprop"
    code, out, _ = run("train", file, "--target", "y", *QUICK, "--ensemble", 1, "--output", output)
    assert (code, TableModel.load(output).held_out.confusion) == (0, ())
    assert "balanced accuracy" in out
    code, out, _ = run("evaluate", output, file)
    assert code == 0
    assert "The most frequent mistakes:" in out


def test_a_model_that_no_file_can_hold_is_refused_before_it_is_trained(run, tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "LARGEST_HEADER", 3000)
    monkeypatch.setattr(command, "train", None)
    table = pa.table({"a": np.arange(600.0), "y": [f"class {i % 150}" for i in range(600)]})
    file, output = write(tmp_path / "t.csv", table), tmp_path / "m.clearprop"
    code, _, err = run("train", file, "--target", "y", *QUICK, "--output", output)
    assert code == 1
    assert "of JSON, more than the 3 kB that a model file may have; leave out columns or join rare" in err
    assert not output.exists()
