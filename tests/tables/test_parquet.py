import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from clearprop.errors import TableError
from clearprop.tables import fit_encoder, from_frame, read
from clearprop.tables.storage import of_fields
from clearprop.tables.streaming import stored


@pytest.mark.parametrize("categories", [[0, 1, 2], [0.5, 1.0, 2.0], [True, False], ["a", "b"]])
def test_categories_of_anything_are_what_they_were_in_the_frame(tmp_path, categories):
    """All readers give back plain numbers, pandas' own too; its notes in the file alone say that they were more."""
    frame = pd.DataFrame(
        {"kind": pd.Categorical(np.array(categories)[np.arange(12) % len(categories)]), "n": np.arange(12.0)}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    mine, theirs = fit_encoder(from_frame(frame)).encoder, fit_encoder(read(tmp_path / "t.parquet").table).encoder
    assert mine == theirs
    assert mine.steps[0].kind == "category"


def test_a_named_index_is_no_column_of_the_frame_and_it_is_said(tmp_path):
    frame = pd.DataFrame({"n": [1.0, 2.0]}, index=pd.Index([7, 8], name="customer"))
    frame.to_parquet(tmp_path / "t.parquet")
    found = read(tmp_path / "t.parquet")
    assert found.table.column_names == ["n"]
    assert "'customer' was the index of the data frame and is left out" in found.notices[0]
    assert read(tmp_path / "t.parquet", known=["customer"]).table.column_names == ["n", "customer"]


def test_intervals_and_periods_are_read_whether_pandas_is_there_or_not(tmp_path):
    frame = pd.DataFrame({"i": pd.interval_range(0, 3), "p": pd.period_range("2020-01", periods=3, freq="M")})
    frame.to_parquet(tmp_path / "t.parquet")
    found = read(tmp_path / "t.parquet").table
    with_pandas = from_frame(found)
    stored = []
    for name in found.column_names:
        kind = found.schema.field(name).type
        about = {
            b"ARROW:extension:name": kind.extension_name.encode(),
            b"ARROW:extension:metadata": kind.__arrow_ext_serialize__(),
        }
        stored.append(pa.field(name, kind.storage_type, metadata=about))
    arrays = [pa.chunked_array([chunk.storage for chunk in column.chunks]) for column in found.columns]
    without = of_fields(pa.Table.from_arrays(arrays, schema=pa.schema(stored)))
    assert without.to_pydict() == with_pandas.to_pydict()
    assert with_pandas.column("i").to_pylist() == ["(0, 1]", "(1, 2]", "(2, 3]"]


@pytest.mark.parametrize(
    "freq", ["D", "M", "Q", "Y", "h", "min", "s", *(f"W-{day}" for day in ("MON", "WED", "SAT", "SUN"))]
)
def test_a_period_is_its_beginning(freq):
    periods = pd.PeriodIndex(["1969-12-30", "2020-01-01", "2021-06-30"], freq=freq)
    found = from_frame(pd.DataFrame({"p": pd.Series(periods)})).column("p").cast(pa.timestamp("us")).to_pylist()
    assert found == [value.to_pydatetime() for value in periods.start_time]


def test_text_that_the_writer_called_bytes(tmp_path):
    pyarrow.parquet.write_table(pa.table({"a": pa.array([b"x", b"y", None])}), tmp_path / "t.parquet")
    table = read(tmp_path / "t.parquet").table
    assert fit_encoder(table).encoder.steps[0].categories == ("x", "y")


@pytest.mark.parametrize("note", [b"", b"[1]", b'{"columns": 5}', b"\xff", b'{"columns": [5], "index_columns": [{}]}'])
def test_notes_of_pandas_that_are_none(tmp_path, note):
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({b"pandas": note})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").table.to_pydict() == {"a": [1, 2]}


@pytest.mark.parametrize("reader", [read, stored])
def test_an_index_whose_name_two_columns_have(tmp_path, reader):
    table = pa.table([[1], [2]], names=["a", "a"]).replace_schema_metadata({"pandas": '{"index_columns": ["a"]}'})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(TableError, match="two columns named 'a', columns 1 and 2"):
        reader(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("name", "said", "values"),
    [
        ("period", '{"freq": "W-DAY"}', [1, 2]),
        ("period", '{"freq": "M"}', ["a", "b"]),
        ("period", '{"freq": "M"}', [0.5, None]),
        ("interval", '{"closed": "left"}', [1, 2]),
        ("interval", '{"closed": "left"}', ["a", "b"]),
    ],
)
def test_what_is_called_a_type_of_pandas_and_is_none_stays_what_it_is(name, said, values):
    metadata = {"ARROW:extension:name": f"pandas.{name}", "ARROW:extension:metadata": said}
    values = pa.array(values)
    table = pa.Table.from_arrays([values], schema=pa.schema([pa.field("a", values.type, metadata=metadata)]))
    assert of_fields(table).column("a").to_pylist() == values.to_pylist()
