import json

import pyarrow.csv
import pytest


def test_a_row_is_explained_column_by_column(run, trained):
    code, out, err = run("attribute", trained / "flats.clearprop", trained / "flats.csv", "--row", 3)
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert first.startswith("logarithm of rent ")
    assert "of row 3; " in first
    assert {line.split()[0] for line in rest} >= {"size", "district", "balcony", "together", "column"}
    assert "multiplies the prediction" in rest[-1]


def test_the_parts_add_up_in_json_and_name_the_class_that_is_predicted(run, trained):
    code, out, _ = run("attribute", trained / "pets.clearprop", trained / "pets.csv", "--row", 1, "--json")
    found = json.loads(out)
    assert (code, found["unit"], found["of"] in ("cat", "cow", "dog")) == (0, "probability", True)
    assert sum(found["parts"].values()) == pytest.approx(found["prediction"] - found["baseline"], abs=1e-6)
    assert found["usual"].keys() == found["parts"].keys() == {"weight", "says"}


def test_all_rows_as_a_table_and_their_means(run, trained, tmp_path):
    files, parts = (trained / "pets.clearprop", trained / "pets.csv"), tmp_path / "parts.csv"
    code, out, _ = run("attribute", *files, "--of", "dog", "--output", parts)
    assert (code, out) == (0, f"Wrote {parts}\n")
    table = pyarrow.csv.read_csv(parts)
    assert table.column_names == ["of", "prediction", "baseline", "part_of_weight", "part_of_says"]
    assert (table.num_rows, set(table["of"].to_pylist())) == (300, {"dog"})
    code, out, _ = run("attribute", *files)
    assert code == 0
    assert "over 300 rows" in out


@pytest.mark.parametrize("name", ["row.svg", "row.png"])
def test_a_picture(run, trained, tmp_path, name):
    arguments = (trained / "flats.clearprop", trained / "flats.csv", "--row", 3, "--against", 4)
    assert run("attribute", *arguments, "--output", tmp_path / name)[0] == 0
    assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--row", "0"], 2, "--row must be at least 1, not 0"),
        (["--row", "301"], 2, "--row must be from 1 to 300, the rows of"),
        (["--against", "999"], 2, "--against must be from 1 to 300"),
        (["--of", "cot"], 1, "cat"),
        (["--output", "parts.pdx"], 2, "must end in .csv, .tsv, .parquet, .pq, .svg, .png, .pdf"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run, trained, options, code, said):
    found = run("attribute", trained / "pets.clearprop", trained / "pets.csv", *options)
    assert found[0] == code
    assert said in found[2]


def test_a_prediction_that_is_held_within_the_range_of_training_is_told(run, trained, tmp_path):
    (tmp_path / "far.csv").write_text("size,district,balcony\n900,south,true\n")
    _, out, err = run("attribute", trained / "flats.clearprop", tmp_path / "far.csv", "--row", 1)
    assert "the end of what training saw" in out, (out, err)
