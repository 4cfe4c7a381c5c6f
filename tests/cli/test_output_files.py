import os
import sys

import pyarrow as pa
import pytest

from clearprop.cli.output_files import check_output, check_table_suffix, size_of, write_table
from clearprop.errors import FileError


def check(path, force=False, inputs=()):
    check_output(path, force=force, inputs=inputs)


def test_a_new_file_may_be_written_and_its_folder_is_made(tmp_path):
    check(tmp_path / "a" / "b" / "m.clearprop")
    assert os.listdir(tmp_path / "a" / "b") == []


def test_what_exists_needs_force(tmp_path):
    path = tmp_path / "m"
    path.write_text("precious")
    with pytest.raises(FileError, match="exists already; --force replaces it"):
        check(path)
    check(path, force=True)
    assert path.read_text() == "precious"


def test_an_input_is_never_replaced_under_another_name_either(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("precious")
    (tmp_path / "link.csv").symlink_to(path)
    with pytest.raises(FileError, match="is also the input"):
        check(tmp_path / "link.csv", force=True, inputs=(path,))


def test_folders_are_no_files(tmp_path):
    with pytest.raises(FileError, match="is a folder"):
        check(tmp_path, force=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", "/proc", "/proc/sys/deeper"):
        with pytest.raises(FileError, match="nothing can be written to the folder"):
            check(tmp_path / folder / "m.clearprop")


def test_the_name_says_the_kind(tmp_path):
    for name in ("p.csv", "P.CSV", "p.tsv", "p.parquet"):
        check_table_suffix(tmp_path / name)
    with pytest.raises(FileError, match="which says what kind of file to write"):
        check_table_suffix(tmp_path / "p.txt")


def test_a_table_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(FileError, match="cannot be written"):
        write_table(tmp_path / "nowhere" / "p.csv", pa.table({"a": [1]}))


def test_sizes(tmp_path):
    for size, words in ((0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2_340_000, "2.34 MB")):
        (tmp_path / "f").write_bytes(b"\x00" * size)
        assert size_of(tmp_path / "f") == words
