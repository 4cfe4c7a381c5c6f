"""Tables larger than memory on the command line: what is printed, what is refused, and what comes out."""

import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from sample_tables import flats, pets, write

QUICK = ("--hidden", "8", "--epochs", "2", "--batch-size", "32")


@pytest.fixture
def table(tmp_path):
    pyarrow.parquet.write_table(flats(n=900), tmp_path / "flats.parquet", row_group_size=150)
    return tmp_path / "flats.parquet"


def test_a_table_is_read_in_pieces_where_it_is_asked_for(run, table, tmp_path):
    model = tmp_path / "m.clearprop"
    code, out, err = run("train", table, "--target", "rent", "--stream", "--output", model, *QUICK)
    assert (code, err.count("Traceback")) == (0, 0)
    assert "read     from the disk, as was asked for" in out
    assert "at most: " in out
    assert "scratch  " in out
    assert "held-out rows" in out
    whole = tmp_path / "whole.csv"
    pieces = tmp_path / "pieces.csv"
    assert run("predict", model, table, "--output", whole)[0] == 0
    assert run("predict", model, table, "--output", pieces, "--stream", "--keep", "size")[0] == 0
    mine = pyarrow.csv.read_csv(pieces)
    assert mine.column("predicted_rent").equals(pyarrow.csv.read_csv(whole).column("predicted_rent"))
    assert mine.column("size").to_pylist() == flats(n=900).column("size").to_pylist()
    code, shown, _ = run("predict", model, table, "--stream")
    assert len(shown.splitlines()) == 901
    code, out, err = run("evaluate", model, table, "--stream")
    assert "RMSE of rent" in out
    assert "the model was trained on this file" in err
    said = json.loads(run("evaluate", model, table, "--stream", "--json")[1])
    expected = json.loads(run("evaluate", model, table, "--json")[1])
    assert said["scores"]["rmse"] == pytest.approx(expected["scores"]["rmse"], rel=1e-12)


def test_rows_are_shown_and_written_at_once(run, table, tmp_path):
    model = tmp_path / "m.clearprop"
    run("train", table, "--target", "rent", "--output", model, *QUICK)
    code, out, _ = run("predict", model, table, "--stream", "--rows", "3", "--output", tmp_path / "p.parquet")
    assert code == 0
    assert "The first 3 rows of 900" in out
    assert pyarrow.parquet.read_metadata(tmp_path / "p.parquet").num_rows == 900
    code, _, err = run("predict", model, table, "--stream", "--json")
    assert code == 2
    assert "would hold the predictions of all rows at once" in err


def test_a_folder_and_a_pattern_are_tables(run, tmp_path):
    for name in "ab":
        pyarrow.parquet.write_table(pets(n=200), tmp_path / f"{name}.parquet")
    for k, path in enumerate((tmp_path, tmp_path / "*.parquet")):
        code, out, err = run("train", path, "--target", "kind", "--output", tmp_path / f"m{k}.clearprop", *QUICK)
        assert code == 0, err
        assert "400 rows, 3 columns" in out
        code, out, _ = run("evaluate", tmp_path / f"m{k}.clearprop", path, "--stream")
        assert "Score on 400 rows" in out


def test_a_training_is_gone_on_with_from_its_checkpoints(run, table, tmp_path):
    options = (
        "train",
        table,
        "--target",
        "rent",
        "--output",
        tmp_path / "m.clearprop",
        "--checkpoint",
        tmp_path / "run",
    )
    code, out, _ = run(*options, "--stream", *QUICK)
    code, again, _ = run(*options, "--resume", *QUICK)  # it stays on the disk though it is not said again
    assert code == 0
    assert "from the disk" in again
    assert out.split("Score on")[1] == again.split("Score on")[1]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--memory", "lots"), 2, "a number and its unit, as 512MB"),
        (("--stream", "--memory", "1MB"), 1, "1 MB may be used: raise --memory"),
        (("--stream", "--folds", "3"), 1, "--folds needs the whole table in memory"),
        (("--stream", "--target", "rnet"), 1, "did you mean 'rent'"),
        (("--convert", "b.parquet"), 2, "is Parquet already"),
        (("--stream", "--scratch", "not/there"), 1, "the folder for encoded rows, 'not/there', is not there"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(run, table, options, code, said):
    target = () if "--target" in options else ("--target", "rent")
    found, _, err = run("train", table, *target, *options, *QUICK)
    assert (found, said in err) == (code, True), err


def test_files_that_differ_and_damage_end_with_the_code_of_what_cannot_be_read(run, table, tmp_path):
    pyarrow.parquet.write_table(pets(n=20), tmp_path / "pets.parquet")
    code, _, err = run("train", tmp_path, "--target", "rent")
    assert code == 3
    assert "all files of a table must have the same columns" in err


def test_csv_is_converted_where_that_is_asked_for(run, tmp_path):
    file = write(tmp_path / "flats.csv", flats(n=700))
    code, _, err = run("train", file, "--target", "rent", "--stream", *QUICK)
    assert code == 2
    assert "--convert flats.parquet writes it as Parquet" in err
    there = tmp_path / "flats.parquet"
    code, _, err = run(
        "train", file, "--target", "rent", "--stream", "--convert", there, "--output", tmp_path / "m.clearprop", *QUICK
    )
    assert code == 0, err
    assert f"wrote {file} as {there}" in err
    found = pyarrow.parquet.read_table(there)
    assert [field.type for field in found.schema] == [pa.float64(), pa.string(), pa.string(), pa.float64()]
    assert found.column("rent").to_pylist() == flats(n=700).column("rent").to_pylist()
    code, _, err = run("train", file, "--target", "rent", "--convert", there)
    assert code == 2
    assert "exists already" in err
