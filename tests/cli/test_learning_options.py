"""Options of `clearprop train` about what is learned, what `predict` carries along, `-`, logs, files of options."""

import io
import json
import sys

import numpy as np
import pyarrow as pa
import pytest

from clearprop.cli.standard_input import with_standard_input
from clearprop.tabular.model import TableModel
from sample_tables import flats, pets, write

QUICK = ("--hidden", "4", "--epochs", "3", "--engine", "reference")


@pytest.fixture
def kinds(tmp_path):
    """A file with classes, and an id."""
    table = pets(80)
    return write(tmp_path / "pets.csv", table.append_column("id", pa.array([f"n{i:03d}" for i in range(80)])))


@pytest.fixture
def rents(tmp_path):
    """A file with numbers to predict."""
    return write(tmp_path / "flats.csv", flats(80))


def recipe_of(path):
    return TableModel.load(path).job(0)


def test_rate_batch_and_activation_are_what_was_asked_for(run, kinds, tmp_path):
    options = ("--learning-rate", "0.01", "--batch-size", "7", "--activation", "tanh", "--output", tmp_path / "m")
    assert run("train", kinds, "--target", "kind", *QUICK, *options)[0] == 0
    found = recipe_of(tmp_path / "m")
    assert (found.update_rule.learning_rate, found.batch_size) == (0.01, 7)
    assert TableModel.load(tmp_path / "m").network.layers[0].activation.name == "tanh"
    out = run("inspect", tmp_path / "m")[1]
    for said in ("seed 0", "batch-size 7", "learning-rate 0.01", "activation tanh"):
        assert said in out


def test_without_them_the_recipe_is_what_it_was(run, kinds, tmp_path):
    assert run("train", kinds, "--target", "kind", "--output", tmp_path / "m", "--epochs", "1")[0] == 0
    found = recipe_of(tmp_path / "m")
    assert (found.update_rule.learning_rate, found.batch_size, found.class_weight) == (0.003, 64, None)


def test_class_weights_by_name_and_balanced(run, kinds, tmp_path):
    base = ("train", kinds, "--target", "kind", *QUICK, "--output", tmp_path / "m", "--force")
    assert run(*base, "--class-weight", "cow=5", "--class-weight", "dog=0.5")[0] == 0
    assert recipe_of(tmp_path / "m").class_weight == (1.0, 5.0, 0.5)
    assert "class-weight cow = 5, dog = 0.5" in run("inspect", tmp_path / "m")[1]
    assert run(*base, "--class-weight", "balanced")[0] == 0
    counts = np.unique(np.array(pets(80).column("kind")), return_counts=True)[1]
    np.testing.assert_allclose(recipe_of(tmp_path / "m").class_weight, 80 / (3 * counts))


def check_best_epoch(run, table, target, tmp_path, metric, better):
    """The epoch that was kept has the best value of the metric of all epochs in the log."""
    log = tmp_path / "log.jsonl"
    options = ("--metric", metric, "--output", tmp_path / "m", "--log", log, "--json", "--epochs", "12")
    code, out, _ = run("train", table, "--target", target, *options, "--hidden", "4", "--engine", "reference")
    assert code == 0
    found = {row["epoch"]: row[f"validation_{metric}"] for row in map(json.loads, log.read_text().splitlines())}
    assert found[json.loads(out)["best_epoch"]] == pytest.approx(better(found.values()), rel=1e-5)


@pytest.mark.parametrize(
    ("metric", "better"),
    [("roc_auc", max), ("average_precision", max), ("f1", max), ("balanced_accuracy", max), ("log_loss", min)],
)
def test_the_best_epoch_of_classes_is_that_of_the_metric(run, kinds, tmp_path, metric, better):
    check_best_epoch(run, kinds, "kind", tmp_path, metric, better)


@pytest.mark.parametrize(("metric", "better"), [("mae", min), ("rmse", min), ("r2", max)])
def test_the_best_epoch_of_numbers_is_that_of_the_metric(run, rents, tmp_path, metric, better):
    check_best_epoch(run, rents, "rent", tmp_path, metric, better)


def test_quantiles_are_predicted_and_scored(run, rents, tmp_path):
    options = ("--quantiles", "0.1,0.9", "--output", tmp_path / "m", "--epochs", "30", "--hidden", "8")
    code, out, _ = run("train", rents, "--target", "rent", *options, "--engine", "reference")
    assert code == 0
    assert "pinball loss of the quantile 0.9" in out
    header, *lines = run("predict", tmp_path / "m", rents)[1].splitlines()
    assert header == '"predicted_rent","quantile_0.1_of_rent","quantile_0.9_of_rent"'
    values = np.array([[float(part) for part in line.split(",")] for line in lines])
    assert (values[:, 1] <= values[:, 2]).all()
    scores = json.loads(run("evaluate", tmp_path / "m", rents, "--json")[1])["scores"]["quantiles"]
    rent = np.array(flats(80).column("rent"))
    for k, (quantile, share_below, pinball, trivial) in enumerate(scores, start=1):
        missed = rent - values[:, k]
        assert share_below == pytest.approx(np.mean(missed <= 0), abs=0.02)
        assert pinball == pytest.approx(np.mean(np.maximum(quantile * missed, (quantile - 1) * missed)), rel=1e-3)
        assert pinball < trivial


def test_codes_are_names_where_that_is_said(run, tmp_path):
    codes = ["00501", "01020", "90210"] * 30
    path = tmp_path / "t.csv"
    path.write_text("zip,y\n" + "".join(f"{code},{k % 7}.5\n" for k, code in enumerate(codes)))
    options = (*QUICK, "--output", tmp_path / "m", "--force", "--task", "regression")
    assert "'00501' is read as 501 (--category 'zip' if" in run("train", path, "--target", "y", *options)[1]
    code, out, _ = run("train", path, "--target", "y", "--category", "zip", *options)
    assert (code, "read as" in out) == (0, False)
    assert TableModel.load(tmp_path / "m").encoder.steps[0].categories == ("00501", "01020", "90210")
    assert "category zip" in run("inspect", tmp_path / "m")[1]
    assert run("predict", tmp_path / "m", path)[2] == ""  # none is unseen
    bare = tmp_path / "bare.csv"
    bare.write_text(path.read_text().split("\n", 1)[1])
    numbered = ("--no-header", "--category", "1", "--target", "2")
    assert run("train", bare, *numbered, *options)[0] == 0
    assert TableModel.load(tmp_path / "m").encoder.steps[0].categories == ("00501", "01020", "90210")
    code, _, err = run("train", path, "--target", "y", "--category", "sip", *options)
    assert (code, "did you mean 'zip'" in err) == (1, True)


def test_columns_are_kept_for_the_predictions_alone(run, kinds, tmp_path):
    assert run("train", kinds, "--target", "kind", *QUICK, "--keep", "id", "--output", tmp_path / "m")[0] == 0
    assert "id" not in [step.column for step in TableModel.load(tmp_path / "m").encoder.steps]
    code, out, err = run("predict", tmp_path / "m", kinds)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith('"id","predicted_kind"')
    assert out.splitlines()[3].startswith('"n002"')
    out = run("predict", tmp_path / "m", kinds, "--keep", "says", "--keep", "id")[1]
    assert out.splitlines()[0].startswith('"id","says","predicted_kind"')
    shown = run("predict", tmp_path / "m", kinds, "--rows", "2")[1]
    assert "n001" in shown
    bare = write(tmp_path / "bare.csv", pets(5))
    code, out, err = run("predict", tmp_path / "m", bare)
    assert code == 0
    assert "note: there is no column 'id', which training was told to keep" in err
    code, _, err = run("predict", tmp_path / "m", kinds, "--keep", "idd")
    assert (code, "no column 'idd'; did you mean 'id'?" in err) == (1, True)
    clash = write(tmp_path / "clash.csv", pets(5).append_column("predicted_kind", pa.array([1] * 5)))
    code, _, err = run("predict", tmp_path / "m", clash, "--keep", "predicted_kind")
    assert (code, "a column of predictions has that name" in err) == (1, True)


def test_an_identifier_is_kept_as_it_is_written(run, tmp_path):
    table = pets(60)
    file = write(tmp_path / "t.csv", table)
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join(["code," + header, *(f"{i:04d},{line}" for i, line in enumerate(lines))]) + "\n")
    assert run("train", file, "--target", "kind", *QUICK, "--keep", "code", "--output", tmp_path / "m")[0] == 0
    assert run("predict", tmp_path / "m", file)[1].splitlines()[8].startswith('"0007"')
    assert run("train", file, "--target", "kind", *QUICK, "--drop", "code", "--output", tmp_path / "n")[0] == 0
    out = run("predict", tmp_path / "n", file, "--keep", "code")[1]
    assert out.splitlines()[8].startswith('"0007"')


class Bytes(io.TextIOWrapper):
    def __init__(self, content):
        super().__init__(io.BytesIO(content))


def test_standard_input_is_a_table(run, kinds, tmp_path, monkeypatch):
    def piped(content, *arguments):
        monkeypatch.setattr(sys, "stdin", Bytes(content))
        return run(*arguments)

    content = kinds.read_bytes()
    code, out, _ = piped(content, "train", "-", "--target", "kind", *QUICK, "--output", tmp_path / "m")
    assert code == 0
    assert out.startswith("file     standard input: 80 rows")
    assert piped(content, "predict", tmp_path / "m", "-")[1] == run("predict", tmp_path / "m", kinds)[1]
    code, out, err = piped(content, "evaluate", tmp_path / "m", "-", "--json")
    assert (code, json.loads(out)["file"]) == (0, "standard input")
    assert "the model was trained on this file" in out
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pets(30), buffer)
    assert piped(buffer.getvalue(), "predict", tmp_path / "m", "-")[0] == 0
    assert piped(b"", "predict", tmp_path / "m", "-")[::2] == (3, "clearprop: nothing came from standard input\n")
    code, _, err = piped(b"a,b\n1,2,3\n", "predict", tmp_path / "m", "-")
    assert code == 3
    assert "standard input: line 2" in err or "standard input" in err
    assert "/tmp" not in err


def test_a_hyphen_that_an_option_takes_is_no_file():
    name = with_standard_input(["-"])[0]
    assert with_standard_input(["train", "-", "--missing", "-"]) == ["train", name, "--missing", "-"]
    assert with_standard_input(["train", "--log-target", "-"]) == ["train", "--log-target", name]


def test_the_log_has_a_record_of_every_epoch_of_every_training(run, rents, tmp_path):
    log = tmp_path / "run.jsonl"
    options = ("--folds", "2", "--quantiles", "0.5", "--ensemble", "1", "--log", log, "--output", tmp_path / "m")
    assert run("train", rents, "--target", "rent", *QUICK, *options)[0] == 0
    records = [json.loads(line) for line in log.read_text().splitlines()]
    folds = [f"fold {k} of 2{of}" for k in (1, 2) for of in ("", ", quantile 0.5")]
    trainings = [*folds, None, "quantile 0.5"]
    assert [(row.get("training"), row["epoch"]) for row in records] == [(w, n) for w in trainings for n in (1, 2, 3)]
    assert all(row["loss"] > 0 and row["learning_rate"] > 0 and row["complete"] for row in records)
    code, _, err = run("train", rents, "--target", "rent", *QUICK, "--log", log, "--output", tmp_path / "n")
    assert (code, "run.jsonl exists already" in err) == (1, True)
    code, _, err = run("train", rents, "--target", "rent", *QUICK, "--log", tmp_path / "n", "--output", tmp_path / "n")
    assert (code, "two outputs are to be written to" in err) == (2, True)


def test_options_go_into_a_file_and_come_back(run, kinds, tmp_path):
    config = tmp_path / "run.toml"
    given = ("--target", "kind", "--keep", "id", "--drop", "says", "--class-weight", "cow=5", "--seed", "7", "--test",
             "0.3", "--probabilities", "--missing", '"', "--decimal", ".")  # fmt: skip
    first = ("train", kinds, *given, *QUICK, "--output", tmp_path / "a", "--save-config", config)
    assert run(*first)[0] == 0
    assert run("train", kinds, "--config", config, "--output", tmp_path / "b")[0] == 0
    one, other = (TableModel.load(tmp_path / name) for name in "ab")
    np.testing.assert_array_equal(one.thetas, other.thetas)
    assert dict(one.settings) == dict(other.settings)
    # What is typed wins, also over a flag.
    assert run("train", kinds, "--config", config, "--output", tmp_path / "c", "--seed", "8", "--hidden", "5")[0] == 0
    third = TableModel.load(tmp_path / "c")
    assert (third.settings["seed"], third.network.widths[1], third.settings["probabilities"]) == (8, 5, True)


@pytest.mark.parametrize(
    ("content", "expected", "words"),
    [
        ("sead = 1", 2, "there is no option 'sead'; did you mean 'seed'?"),
        ("seed = 'many'", 2, "many"),
        ("[train]\nseed = 1", 2, "there is no option 'train'"),
        ("[seed]\na = 1", 2, "'seed' is a table"),
        ("seed =", 3, "is not TOML"),
        ("force = true", 2, "there is no option 'force'"),
        ("config = 'x'", 2, "there is no option 'config'"),
        ("learning_rate = -1", 2, "learning rate must be above 0"),
    ],
)  # fmt: skip
def test_a_file_of_options_that_cannot_be(run, kinds, tmp_path, content, expected, words):
    config = tmp_path / "run.toml"
    config.write_text(content)
    code, out, err = run("train", kinds, "--target", "kind", "--config", config, "--output", tmp_path / "m")
    assert (code, out) == (expected, "")
    assert words in err
    assert not (tmp_path / "m").exists()


def test_a_file_of_options_that_is_not_there(run, kinds, tmp_path):
    code, _, err = run("train", kinds, "--target", "kind", "--config", tmp_path / "nothing.toml")
    assert (code, "nothing.toml" in err) == (3, True)


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ("kind", ["--learning-rate", "0"], "learning rate must be above 0"),
        ("kind", ["--learning-rate", "nan"], "learning rate must be above 0"),
        ("kind", ["--batch-size", "0"], "batch size must be at least 1"),
        ("kind", ["--activation", "relu", "--hidden", "0"], "--activation is of hidden layers"),
        ("kind", ["--activation", "rellu"], "no activation 'rellu'; did you mean 'relu'?"),
        ("kind", ["--class-weight", "cow"], "--class-weight is balanced, or a class and its weight, as yes=5"),
        ("kind", ["--class-weight", "caw=2"], "no class of 'kind' 'caw'; did you mean 'cow'?"),
        ("kind", ["--class-weight", "cow=-2"], "the weight of the class 'cow' must be a number of at least 0"),
        ("weight", ["--class-weight", "balanced"], "--class-weight is for classes"),
        ("kind", ["--metric", "auc"], "there is no metric 'auc'"),
        ("kind", ["--metric", "rmse"], "the metric rmse is for regression, and 'kind' is learned by classification"),
        ("weight", ["--metric", "f1"], "choose one of rmse, mae, r2"),
        ("kind", ["--metric", "f1", "--probabilities"], "leave it or the metric out"),
        ("kind", ["--quantiles", "0.1"], "--quantiles are for numbers"),
        ("weight", ["--quantiles", "0.9,0.1"], "in rising order"),
        ("weight", ["--quantiles", "a"], "--quantiles must be numbers between 0 and 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_so_is_refused(run, kinds, tmp_path, target, options, words):
    output = tmp_path / "m.clearprop"
    quick = QUICK[2:] if "--hidden" in options else QUICK
    code, out, err = run("train", kinds, "--target", target, *quick, "--output", output, *options)
    assert code in (1, 2)
    assert out == ""
    assert words in err
    assert not output.exists()
