import json
import shutil

import numpy as np
import pyarrow as pa

from sample_tables import flats, pets, write


def test_errors_in_the_own_unit_and_in_the_logarithm(run, trained, tmp_path):
    file = write(tmp_path / "new.csv", flats(200, seed=9))
    code, out, err = run("evaluate", trained / "flats.clearprop", file)
    assert (code, err) == (0, "")
    assert out.startswith("Score on 200 rows, beside that of always saying the mean, ")
    for name in ("RMSE of rent", "mean absolute error of rent", "RMSE of log(rent)"):
        assert name in out
    scores = json.loads(run("evaluate", trained / "flats.clearprop", file, "--json")[1])["scores"]
    assert scores["rmse_log"] < 0.25 < scores["trivial_rmse_log"]
    assert scores["r2"] > 0.8


def test_the_confusion_matrix(run, trained, tmp_path):
    table = pets(200, seed=9)
    file = write(tmp_path / "new.csv", table)
    code, out, _ = run("evaluate", trained / "pets.clearprop", file)
    assert code == 0
    assert "Rows are the true classes, columns the predicted ones:" in out
    scores = json.loads(run("evaluate", trained / "pets.clearprop", file, "--json")[1])["scores"]
    confusion = np.array(scores["confusion"])
    assert confusion.sum() == 200
    assert confusion.sum(axis=1).tolist() == [
        table.column("kind").to_pylist().count(kind) for kind in ("cat", "cow", "dog")
    ]
    assert scores["accuracy"] == np.trace(confusion) / 200


def test_classes_that_training_did_not_have_count_as_wrong(run, trained, tmp_path):
    table = pets(100)
    kinds = ["hen"] * 4 + table.column("kind").to_pylist()[4:]
    file = write(tmp_path / "new.csv", table.set_column(2, "kind", pa.array(kinds)))
    code, out, err = run("evaluate", trained / "pets.clearprop", file)
    assert code == 0
    assert "note: 4 rows of a class that training did not have: counted as wrong" in err
    found = json.loads(run("evaluate", trained / "pets.clearprop", file, "--json")[1])["scores"]
    assert found["n_unknown"] == 4
    assert found["accuracy"] == np.trace(np.array(found["confusion"])) / 100
    assert out


def test_the_training_file_is_known_again(run, trained, tmp_path):
    shutil.copy(trained / "pets.csv", tmp_path / "other-name.csv")
    _, _, err = run("evaluate", trained / "pets.clearprop", tmp_path / "other-name.csv")
    assert "the model was trained on this file, so these scores flatter it" in err


def test_missing_targets_are_refused_or_left_out(run, trained, tmp_path):
    table = flats(50).set_column(3, "rent", pa.array([None, *range(100, 149)]))
    file = write(tmp_path / "new.csv", table)
    code, _, err = run("evaluate", trained / "flats.clearprop", file)
    assert (code, "missing in row 1; --skip" in err) == (1, True)
    code, out, _ = run("evaluate", trained / "flats.clearprop", file, "--skip-missing-target")
    assert (code, "Score on 49 rows" in out) == (0, True)
    empty = write(tmp_path / "empty.csv", flats(5).set_column(3, "rent", pa.array([None] * 5, pa.float64())))
    code, _, err = run("evaluate", trained / "flats.clearprop", empty, "--skip-missing-target")
    assert (code, "missing in every row" in err) == (1, True)


def test_a_table_without_the_target(run, trained, tmp_path):
    file = write(tmp_path / "new.csv", flats(50).drop_columns(["rent"]))
    code, _, err = run("evaluate", trained / "flats.clearprop", file)
    assert (code, "no column 'rent'" in err) == (1, True)


def test_classes_that_are_numbers_with_a_fraction_are_compared_as_values(run, tmp_path):
    stars = [0.5, 1.0, 1.5, 1e-05]
    for name, spell in (("train.csv", repr), ("other.csv", "{:.5f}".format)):
        lines = [f"{k % 4 + k / 1000},{spell(stars[k % 4])}" for k in range(80)]
        (tmp_path / name).write_text("a,stars\n" + "\n".join(lines) + "\n")
    options = ("--epochs", "2", "--ensemble", "1", "--hidden", "0", "--engine", "reference", "--output", tmp_path / "m")
    assert run("train", tmp_path / "train.csv", "--target", "stars", "--task", "classification", *options)[0] == 0
    code, out, _ = run("evaluate", tmp_path / "m", tmp_path / "other.csv", "--json")
    assert code == 0
    assert json.loads(out)["scores"]["n_unknown"] == 0


def test_dates_are_read_as_the_options_said_in_training(run, tmp_path):
    lines = [f"{1 + k % 9:02d}/{1 + k % 12:02d}/2024,{k % 9}.5" for k in range(80)]
    (tmp_path / "t.csv").write_text("when,y\n" + "\n".join(lines) + "\n")
    options = ("--epochs", "2", "--ensemble", "1", "--hidden", "0", "--engine", "reference", "--output", tmp_path / "m")
    code, _, err = run("train", tmp_path / "t.csv", "--target", "y", *options)
    assert code == 1
    assert "--dates dmy" in err
    assert "--dates mdy" in err
    assert run("train", tmp_path / "t.csv", "--target", "y", "--dates", "dmy", *options)[0] == 0
    (tmp_path / "new.csv").write_text("when\n02/01/2024\n")
    (tmp_path / "iso.csv").write_text("when\n2024-01-02\n")
    told = [run("predict", tmp_path / "m", tmp_path / name)[1] for name in ("new.csv", "iso.csv")]
    assert told[0] == told[1]
