import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from clearprop.tabular.model import TableModel
from sample_tables import flats, pets, write


def test_csv_to_standard_output(run, trained):
    code, out, err = run("predict", trained / "pets.clearprop", trained / "pets.csv")
    assert (code, err) == (0, "")
    found = pyarrow.csv.read_csv(pa.BufferReader(out.encode()))
    assert found.column_names == ["predicted_kind", "probability_cat", "probability_cow", "probability_dog"]
    assert found.num_rows == 300
    probabilities = np.array([found.column(k).to_numpy() for k in (1, 2, 3)]).T
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    best = np.array(["cat", "cow", "dog"])[probabilities.argmax(axis=1)]
    assert found.column(0).to_pylist() == best.tolist()
    assert np.mean(best == np.array(pets().column("kind"))) > 0.9


@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "p.parquet"])
def test_files_hold_what_the_model_predicts(run, trained, tmp_path, name):
    code, out, _ = run("predict", trained / "flats.clearprop", trained / "flats.csv", "--output", tmp_path / name)
    assert code == 0
    assert f"Wrote 400 predictions to {tmp_path / name}" in out
    separator = pyarrow.csv.ParseOptions(delimiter="\t" if name.endswith("tsv") else ",")
    reader = pyarrow.parquet.read_table if name.endswith("parquet") else pyarrow.csv.read_csv
    found = reader(tmp_path / name, **({} if name.endswith("parquet") else {"parse_options": separator}))
    model = TableModel.load(trained / "flats.clearprop")
    expected = model.predict(model.read(trained / "flats.csv").table).values
    np.testing.assert_allclose(found.column("predicted_rent").to_numpy(), expected, rtol=1e-12)


def test_rows_shows_the_first_as_a_table(run, trained):
    code, out, _ = run("predict", trained / "pets.clearprop", trained / "pets.csv", "--rows", 3)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "The first 3 rows of 300:"
    assert lines[1].split() == ["row", "weight", "says", "kind", "predicted", "kind", "p(cat)", "p(cow)", "p(dog)"]
    assert [line.split()[0] for line in lines[3:]] == ["1", "2", "3"]


def test_json(run, trained):
    _, out, _ = run("predict", trained / "flats.clearprop", trained / "flats.csv", "--rows", 2, "--json")
    found = json.loads(out)
    assert found["rows"] == 400
    assert [list(row) for row in found["predictions"]] == [["predicted_rent"]] * 2


def test_unseen_categories_are_handled_and_counted(run, trained, tmp_path):
    table = flats(20).set_column(1, "district", pa.array(["moon"] * 3 + ["north"] * 17))
    file = write(tmp_path / "new.csv", table)
    code, out, err = run("predict", trained / "flats.clearprop", file)
    assert code == 0
    assert len(out.splitlines()) == 21
    assert "column 'district': 3 values that training did not have (the first is 'moon' in row 1)" in err
    _, out, _ = run("predict", trained / "flats.clearprop", file, "--json")
    assert json.loads(out)["unseen"] == {"district": 3}


def test_reordered_and_further_columns_change_nothing(run, trained, tmp_path):
    table = flats()
    names = table.column_names[::-1]
    turned = table.select(names).append_column("more", pa.array(["x"] * 400))
    file = write(tmp_path / "new.csv", turned)
    assert (
        run("predict", trained / "flats.clearprop", file)[1]
        == run("predict", trained / "flats.clearprop", trained / "flats.csv")[1]
    )


def test_categories_that_look_like_numbers_stay_categories(run, tmp_path):
    code = np.array(["01", "02", "x"])[np.arange(300) % 3]
    file = write(tmp_path / "t.csv", pa.table({"code": code, "y": (code == "01") * 1.0 + np.arange(300) % 7}))
    assert (
        run("train", file, "--target", "y", "--task", "regression", "--output", tmp_path / "m", "--epochs", 2)[0] == 0
    )
    new = tmp_path / "new.csv"
    new.write_text("code\n01\n02\n")
    code, _, err = run("predict", tmp_path / "m", new)
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.drop_columns(["size"]), "no column 'size'. Its columns: district, balcony, rent"),
        (lambda table: table.rename_columns(["Size", "district", "balcony", "rent"]), "did you mean 'Size'?"),
        (
            lambda table: table.set_column(0, "size", pa.array(["12"] * 30 + ["large"] + ["12"] * 29)),
            "column 'size' holds 'large' in row 31, where a number is expected",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_one_sentence(run, trained, tmp_path, change, words):
    file = write(tmp_path / "new.csv", change(flats(60)))
    output = tmp_path / "p.csv"
    code, out, err = run("predict", trained / "flats.clearprop", file, "--output", output)
    assert (code, out) == (1, "")
    assert words in err
    assert err.count("\n") == 1
    assert not output.exists()


def test_outputs_are_refused_before_any_work(run, trained, tmp_path):
    (tmp_path / "p.csv").write_text("precious")
    model, file = trained / "pets.clearprop", trained / "pets.csv"
    for output, words in (
        (tmp_path / "p.csv", "exists already"),
        (tmp_path / "p.xlsx", "must end in .csv, .tsv or .parquet"),
        (file, "is also the input"),
        (tmp_path, "must end in"),
        (tmp_path / "p.csv" / "x.csv", "nothing can be written to the folder"),
    ):
        code, _, err = run("predict", model, file, "--output", output)
        assert (code, words in err) == (1, True), err
    assert (tmp_path / "p.csv").read_text() == "precious"
    assert run("predict", model, file, "--output", tmp_path / "p.csv", "--force")[0] == 0


def test_rows_must_be_some(run, trained):
    code, _, err = run("predict", trained / "pets.clearprop", trained / "pets.csv", "--rows", 0)
    assert (code, err) == (2, "clearprop: --rows must be at least 1, not 0\n")


def test_what_was_remarkable_about_reading_the_file_is_said(trained, run, tmp_path):
    file = tmp_path / "flats.csv"
    file.write_bytes((trained / "flats.csv").read_text().replace("north", "nörth").encode("windows-1252"))
    for command in (["predict"], ["evaluate"]):
        code, _, err = run(*command, trained / "flats.clearprop", file)
        assert code == 0
        assert "Windows-1252" in err
