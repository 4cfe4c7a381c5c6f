"""Archives and compressed files: what they would unpack to is known to fit before it is unpacked; and ends of lines."""

import bz2
import gzip
import json
import os
import zipfile

import pytest

from clearprop import TabularRegressor
from clearprop.errors import TableError
from clearprop.network import memory
from clearprop.tables import ReadOptions, read, source
from clearprop.tables.naming import missing_column

TABLE = b"a,b\n" + b"1,2\n" * 100_000


@pytest.fixture
def small_machine(monkeypatch):
    """One on which half a megabyte can be had."""
    monkeypatch.setattr(memory, "SMALL", 0)
    monkeypatch.setattr(memory, "available", lambda: 500_000)
    monkeypatch.setattr(source, "PIECE", 10_000)


@pytest.mark.parametrize("name", ["t.csv.zip", "t.csv.gz", "t.csv.bz2", "t.jsonl.gz"])
def test_what_would_fill_the_memory_is_refused_before_it_does(tmp_path, small_machine, name):
    path = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("t.csv", TABLE)
    else:
        path.write_bytes((gzip if name.endswith(".gz") else bz2).compress(TABLE))
    with pytest.raises(TableError, match=r"unpacked, needs .* kB of memory, and 500 kB can be had; unpack it, and use"):
        read(path)


def test_what_fits_is_read(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TABLE))
    assert read(tmp_path / "t.csv.gz").table.num_rows == 100_000


def test_a_file_in_a_zip_may_have_the_name_of_the_zip(tmp_path):
    """Older versions of pandas write t.csv.zip with a member of that name."""
    path = tmp_path / "t.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv.zip", TABLE)
    assert read(path).table.num_rows == 100_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.csv.gz", "t.zip", "t.arff", "t.jsonl", "t.xlsx", "t"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(TableError, match="is a pipe or a device, not a file: write what comes from it to a file"):
        read(tmp_path / name)
    with pytest.raises(TableError, match="is a pipe or a device"):
        TabularRegressor().fit(str(tmp_path / name), target="y")


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x1c", "\x0b"])
def test_what_ends_a_line_for_python_alone_is_part_of_a_text(tmp_path, mark):
    """Such a mark is in texts that were copied from elsewhere, also in the first lines, which tell the form."""
    texts = [f"one{mark}two", "three", "four"]
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{text},{k}\n" for k, text in enumerate(texts)))
    assert read(tmp_path / "t.csv").table.to_pydict() == {"a": texts, "b": [0, 1, 2]}
    lines = [json.dumps({"a": text, "b": k if k else "none"}, ensure_ascii=False) for k, text in enumerate(texts)]
    if mark >= " ":  # within a text of JSON the others are written as \u001c
        (tmp_path / "t.jsonl").write_text("\n".join(lines))
        assert read(tmp_path / "t.jsonl").table.column("a").to_pylist() == texts


@pytest.mark.parametrize("text", ["\x1c\n", "\u00a0\n\u00a0\n", "# a comment\n \n", "sep=;\n \n"])
def test_a_file_of_blanks_and_comments_is_said_to_hold_no_table(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    for options in ({}, {"separator": ";"}):
        with pytest.raises(TableError, match="holds no table"):
            read(tmp_path / "t.csv", options=ReadOptions(**options))


def test_messages_hold_no_control_characters_of_the_file(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a\x1b[2J,1\x04,2\n3,4,5\n")
    with pytest.raises(TableError, match="looks like values") as caught:
        read(tmp_path / "t.csv")
    assert str(caught.value).isprintable()
    for name in ("a\x07", "b"):
        with zipfile.ZipFile(tmp_path / "t.zip", "a") as archive:
            archive.writestr(name, "1")
    with pytest.raises(TableError, match="must hold one file, not 2") as caught:
        read(tmp_path / "t.zip")
    assert str(caught.value).isprintable()
    with pytest.raises(TableError, match="no column 'y'") as caught:
        raise missing_column("y", ["x\x1b[31m"])
    assert str(caught.value).isprintable()
