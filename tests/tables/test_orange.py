"""Tables of Orange: the two lines below the names are no rows, and what they say is kept to."""

import pytest

from clearprop.tables import fit_encoder, read
from clearprop.tables.orange import marks_of

HEADER = "name\tlegs\tsize\tkind\nstring\td\tcontinuous\tcat dog\nmeta\t\t\tclass\n"
ROWS = "".join(f"n{k}\t{k % 3}\t{k / 7:.3f}\t{('cat', 'dog')[k % 2]}\n" for k in range(30))


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "t.tab"
    path.write_text(HEADER + ROWS)
    return path


def test_the_lines_below_the_names_are_no_rows_and_say_what_columns_are_for(written):
    found = read(written)
    assert (found.table.num_rows, found.default_target) == (30, "kind")
    assert found.table.column_names == ["legs", "size", "kind"]
    assert found.notices == (
        "lines 2 and 3 say what the columns hold and are for, as Orange writes it",
        "marked there as no column to learn from, and left out: 'name'",
    )
    steps = fit_encoder(found.table).encoder.steps
    assert [(step.column, step.kind) for step in steps] == [
        ("legs", "category"), ("size", "number"), ("kind", "category"),
    ]  # fmt: skip


def test_what_is_asked_for_is_there(written):
    assert read(written, text_columns=["name"]).table.column("name")[0].as_py() == "n0"
    assert "name" in read(written, known=["name"]).table.column_names


@pytest.mark.parametrize(
    "rows",
    [
        [["a", "b"], ["c", "d"], ["c", "d"], ["d", "c"]],  # letters that are values
        [["a", "b"], ["c", "d"], ["", ""], ["d", "c"]],
        [["a", "b"], ["1", "2"], ["", "class"], ["3", "4"]],
        [["a", "b"], ["c", "d"], ["", "class"]],  # no row
    ],
)
def test_other_lines_are_rows(rows):
    assert marks_of(rows) is None
