import pyarrow as pa
import pyarrow.parquet
import pytest

from clearprop.errors import TableError
from clearprop.tables import missing_column, read


def test_the_same_table_from_every_kind_of_file(tmp_path):
    table = pa.table({"size": [1.5, 2.5, None], "kind": ["a", None, "b"]})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("size,kind\n1.5,a\n2.5,\n,b\n")
    (tmp_path / "t.tsv").write_text("size\tkind\n1.5\ta\n2.5\t\n\tb\n")
    (tmp_path / "semicolon.csv").write_text("size;kind\n1.5;a\n2.5;\n;b\n")
    for name in ("t.parquet", "t.csv", "t.tsv", "semicolon.csv"):
        assert read(tmp_path / name).table.to_pydict() == table.to_pydict(), name
    assert read(tmp_path / "semicolon.csv").notices == ("columns are separated by ';'",)


def test_a_missing_file_offers_the_nearest_name(tmp_path):
    (tmp_path / "diamonds.csv").write_text("a\n1\n")
    with pytest.raises(TableError, match=r"no file .*diamond\.csv'; did you mean '.*diamonds\.csv'\?"):
        read(tmp_path / "diamond.csv")


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(TableError, match="there is no folder"):
        read(tmp_path / "nowhere" / "t.csv")


def test_a_missing_column_offers_the_nearest_name():
    assert str(missing_column("pric", ["carat", "price"])) == (
        "the table has no column 'pric'; did you mean 'price'? Its columns: carat, price"
    )
    assert str(missing_column("q", map(str, range(30)))).endswith("18, 19 and 10 more")


@pytest.mark.parametrize("name", ["t.xls", "t", "t.csv.xz"])
def test_other_kinds_of_files_are_refused_with_those_that_are_read(tmp_path, name):
    (tmp_path / name).write_text("a\n1\n")
    with pytest.raises(TableError, match="not of a kind that clearprop reads: CSV"):
        read(tmp_path / name)


def test_a_damaged_parquet_file(tmp_path):
    pyarrow.parquet.write_table(pa.table({"a": list(range(1000))}), tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    for damaged in (b"", b"hello", content[:-20], content[: len(content) // 2]):
        (tmp_path / "t.parquet").write_bytes(damaged)
        with pytest.raises(TableError, match="cannot be read"):
            read(tmp_path / "t.parquet")


def test_a_table_without_rows(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(TableError, match="has no rows"):
        read(tmp_path / "t.csv")


def test_two_columns_of_one_name(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,a\n1,2,3\n")
    with pytest.raises(TableError, match="two columns named 'a', columns 1 and 3"):
        read(tmp_path / "t.csv")


def test_the_index_that_pandas_writes_is_no_column(tmp_path):
    pyarrow.parquet.write_table(pa.table({"a": [1], "__index_level_0__": [7]}), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").table.column_names == ["a"]
