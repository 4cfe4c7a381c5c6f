import json

import numpy as np
import pytest

from sample_tables import flats, write

QUICK = ("--hidden", "8", "--epochs", "5", "--engine", "reference")


@pytest.fixture
def file(tmp_path):
    table = flats(100)
    return write(tmp_path / "flats.csv", table.append_column("tax", table.column("rent").combine_chunks()))


def test_train_predict_evaluate_and_inspect(run, file, tmp_path):
    base = ("train", file, "--target", "rent", "--target", "tax", *QUICK, "--output", tmp_path / "m")
    code, out, err = run(*base)
    assert code == 0, err
    assert "target   rent, tax, each a number" in out
    assert "R² of tax" in out
    assert "always saying the means, " in out
    header, *lines = run("predict", tmp_path / "m", file)[1].splitlines()
    assert header == '"predicted_rent","predicted_tax"'
    predicted = np.array([[float(part) for part in line.split(",")] for line in lines])
    found = json.loads(run("evaluate", tmp_path / "m", file, "--json")[1])["scores"]["targets"]
    error = predicted[:, 1] - np.array(flats(100).column("rent"))
    assert found["tax"]["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert "predicted tax" in run("predict", tmp_path / "m", file, "--rows", "2")[1]
    assert "            tax, a number from" in run("inspect", tmp_path / "m")[1]
    code, out, err = run("explain", tmp_path / "m", file, "--row", "1")
    assert (code, "predict answers these numbers." in out) == (0, True), err


def test_with_folds_weights_and_a_file_of_options(run, file, tmp_path):
    options = ("--folds", "2", "--weights", "size", "--drop", "district", "--save-config", tmp_path / "c.toml")
    bare = write(tmp_path / "bare.csv", flats(100).append_column("tax", flats(100).column("rent")).drop_null())
    code, out, err = run("train", bare, "--target", "rent", "--target", "tax", *QUICK, *options,
                         "--output", tmp_path / "m")  # fmt: skip
    assert code == 0, err
    assert "RMSE of tax" in out
    assert "2-fold cross-validation" in run("inspect", tmp_path / "m")[1]
    assert 'target = ["rent", "tax"]' in (tmp_path / "c.toml").read_text()
    assert run("train", bare, "--config", tmp_path / "c.toml", "--output", tmp_path / "n")[0] == 0


def test_a_target_that_a_file_lacks_or_that_is_missing(run, file, tmp_path):
    assert run("train", file, "--target", "rent", "--target", "tax", *QUICK, "--output", tmp_path / "m")[0] == 0
    other = write(tmp_path / "other.csv", flats(20))
    code, _, err = run("evaluate", tmp_path / "m", other)
    assert (code, "the table has no column 'tax'" in err) == (1, True)
    code, _, err = run("train", file, "--target", "rent", "--target", "district", *QUICK)
    assert (code, "'district' holds text; train a model of its own for it" in err) == (1, True)
