"""Lines of a text file that are no rows: counted and said, so that nobody takes prediction 5 for that of line 6."""

import gzip

import pytest

from clearprop.errors import TableError
from clearprop.tables import read


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        ("a,b\n1,2\n\n3,4\n", ("1 empty line among the rows, skipped",)),
        ("a,b\r\n1,2\r\n\r\n\r\n3,4\r\n", ("2 empty lines among the rows, skipped",)),
        ("a,b\n1,2\n   \n3,4\n\n", ("1 empty line among the rows, skipped",)),
        ("a,b\n1,2\n3,4\n\n\n", ()),
        ("\n\na,b\n1,2\n3,4", ()),
        (
            "# a\n# b\na,b\n1,2\n# c\n# d\n\n3,4\n",
            (
                "2 lines of comments before the table, skipped", "1 empty line among the rows, skipped",
                "2 lines of comments among the rows, skipped",
            ),
        ),
    ],
)  # fmt: skip
def test_lines_that_are_no_rows_are_counted(tmp_path, text, notices):
    (tmp_path / "t.csv").write_bytes(text.encode())
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("t.csv", "t.csv.gz"):
        found = read(tmp_path / name)
        assert found.table.to_pydict() == {"a": [1, 3], "b": [2, 4]}
        assert found.notices == notices


def test_a_row_without_any_value_is_a_row(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,x\n,\n\nNA,NA\n3,y\n")
    found = read(tmp_path / "t.csv")
    assert found.table.to_pydict() == {"a": [1, None, None, 3], "b": ["x", None, None, "y"]}
    assert found.notices == ("1 empty line among the rows, skipped",)


def test_a_line_that_lacks_a_value_is_still_refused_with_its_number(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n\n\n3\n4,5\n")
    with pytest.raises(TableError, match="line 5 has 1 value, but the header names 2 columns"):
        read(tmp_path / "t.csv")


def test_comments_in_another_encoding_leave_nothing_on_standard_error(tmp_path, capfd):
    (tmp_path / "t.csv").write_bytes("# größe\na,b\n1,ä\n# später\n3,ö\n".encode("cp1252"))
    found = read(tmp_path / "t.csv")
    assert found.table.to_pydict() == {"a": [1, 3], "b": ["ä", "ö"]}
    assert "1 comment among the rows, skipped" in found.notices
    assert capfd.readouterr().err == ""
