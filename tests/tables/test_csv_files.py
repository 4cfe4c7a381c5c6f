import gzip

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearprop.errors import ClearpropError, TableError
from clearprop.tables import Fitted, fit_encoder, read


def test_a_later_value_of_another_kind_makes_the_column_text(tmp_path):
    rows = "\n".join(["1"] * 700_000 + ["one"])  # beyond the first block, which types are found from
    (tmp_path / "t.csv").write_text(f"a\n{rows}\n")
    table = read(tmp_path / "t.csv").table
    assert table.schema.field("a").type == pa.string()
    assert table.column("a")[-1].as_py() == "one"


def test_text_columns_stay_text(tmp_path):
    (tmp_path / "t.csv").write_text("code,n\n01,01\n02,02\n")
    assert read(tmp_path / "t.csv", text_columns=["code"]).table.to_pydict() == {"code": ["01", "02"], "n": [1, 2]}


def test_missing_values_as_people_write_them(tmp_path):
    (tmp_path / "t.csv").write_text('a,b\n1,x\nNA,NA\n?,?\n,\nnan,None\n2,""\n')
    assert read(tmp_path / "t.csv").table.to_pydict() == {
        "a": [1, None, None, None, None, 2],
        "b": ["x", None, None, None, None, None],
    }


def test_windows_1252_is_read_and_said(tmp_path):
    (tmp_path / "t.csv").write_bytes("name\ncafé\nnaïve\n".encode("cp1252"))
    found = read(tmp_path / "t.csv")
    assert found.table.to_pydict() == {"name": ["café", "naïve"]}
    assert "Windows-1252" in found.notices[0]


def test_a_header_in_windows_1252_is_read_and_said(tmp_path):
    (tmp_path / "t.csv").write_bytes("größe,n\n1,2\n3,4\n".encode("cp1252"))
    found = read(tmp_path / "t.csv")
    assert found.table.to_pydict() == {"größe": [1, 3], "n": [2, 4]}
    assert "Windows-1252" in found.notices[0]


def test_a_text_column_in_windows_1252_is_read_again_as_it_was_in_training(tmp_path):
    (tmp_path / "t.csv").write_bytes("name,n\ncafé,1\nnaïve,2\n".encode("cp1252"))
    found = read(tmp_path / "t.csv", text_columns=["name"])
    assert found.table.to_pydict() == {"name": ["café", "naïve"], "n": [1, 2]}
    assert "Windows-1252" in found.notices[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("text", ["", " \r\n\t"])
def test_a_mark_of_an_encoding_with_nothing_behind_it(tmp_path, encoding, text):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    with pytest.raises(TableError, match="is empty"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_encodings_are_known_by_their_mark_and_said(tmp_path, encoding):
    (tmp_path / "t.csv").write_bytes("name\ncafé\n".encode(encoding))
    found = read(tmp_path / "t.csv")
    assert found.table.to_pydict() == {"name": ["café"]}
    assert found.notices == (f"the text is {encoding.upper()}",)


def test_encodings_without_a_mark_are_refused_and_can_be_named(tmp_path):
    (tmp_path / "t.csv").write_bytes("name\ncafé\n".encode("utf-16-le"))
    with pytest.raises(TableError, match=r"not text in UTF-8 .*--encoding"):
        read(tmp_path / "t.csv")
    assert read(tmp_path / "t.csv", options={"encoding": "utf-16-le"}).table.to_pydict() == {"name": ["café"]}
    (tmp_path / "t.csv").write_bytes("ville\nOrléans\n".encode("cp437"))
    assert read(tmp_path / "t.csv", options={"encoding": "cp437"}).table.to_pydict() == {"ville": ["Orléans"]}
    with pytest.raises(TableError, match="not text in utf-8"):
        read(tmp_path / "t.csv", options={"encoding": "utf-8"})


def test_a_mark_at_the_start_of_utf8_is_no_part_of_the_name(tmp_path):
    (tmp_path / "t.csv").write_bytes("a;b\n1;2\n".encode("utf-8-sig"))
    assert read(tmp_path / "t.csv").table.column_names == ["a", "b"]


def test_a_line_with_too_many_values_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4,5\n")
    with pytest.raises(TableError, match="line 3 has 3 values, but the header names 2 columns"):
        read(tmp_path / "t.csv")


def test_a_column_without_a_name_gets_one(tmp_path):
    (tmp_path / "t.csv").write_text(",a\n0,1\n1,2\n")
    assert read(tmp_path / "t.csv").table.column_names == ["unnamed 1", "a"]


def test_compressed_files_are_read(tmp_path):
    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write("a,b\n1,2\n")
    assert read(tmp_path / "t.csv.gz").table.to_pydict() == {"a": [1], "b": [2]}


def test_an_empty_file(tmp_path):
    (tmp_path / "t.csv").write_bytes(b" \n")
    with pytest.raises(TableError, match="is empty"):
        read(tmp_path / "t.csv")


def outcome(action):
    """What it returned, or the error of clearprop's own that it raised; any other error fails the test."""
    try:
        return action()
    except ClearpropError as error:
        return error


CELL = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=6),
    st.sampled_from(["1", "-2.5", "1e308", "inf", "nan", "", "true", "2020-01-01", "12:30", '"', '"a,b"', "\r", "é"]),
    st.integers().map(str),
    st.floats().map(str),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_any_text_is_read_and_encoded_or_refused_in_words(tmp_path, rows, separator):
    """The CSV door: whatever comes, the result is a matrix of finite numbers or an error of clearprop's own."""
    path = tmp_path / "t.csv"
    path.write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8", newline="")
    table = outcome(lambda: read(path).table)
    fitted = outcome(lambda: fit_encoder(table)) if isinstance(table, pa.Table) else table
    encoded = outcome(lambda: fitted.encoder.encode(table)) if isinstance(fitted, Fitted) else fitted
    if isinstance(encoded, ClearpropError):
        assert len(str(encoded)) > 10
    else:
        assert encoded.X.shape == (table.num_rows, len(fitted.encoder.names))
        assert abs(encoded.X).max() <= 3


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    found = outcome(lambda: read(path).table.num_rows)
    assert str(path) in str(found) if isinstance(found, ClearpropError) else found > 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", "a .zip, or an Excel file: name it .zip or .xlsx"),
        (b"PAR1rest", "Parquet: name it .parquet"),
        (b"\x1f\x8brest", "compressed: name it .gz"),
        (b"\n <!DOCTYPE html><p>Not found", "a web page: download the table itself"),
        (b"<?xml version='1.0'?>", "XML: convert it to CSV"),
    ],
)
def test_a_file_of_another_kind_is_told_by_its_first_bytes(tmp_path, content, said):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=f"holds no text in columns, whatever its name; .*{said}"):
        read(path)
