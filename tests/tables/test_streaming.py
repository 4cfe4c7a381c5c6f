"""Parquet that stays on the disk: which files belong together, what is wrong with them, and the order of their rows."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.engines import ReferenceEngine
from clearprop.errors import TableError, UnreadableTableError
from clearprop.tables import read
from clearprop.tables.streaming import is_stored, stored
from clearprop.tables.streaming_order import LEARN, TEST, VALIDATION, Order, Shares
from clearprop.tables.streaming_read import Opened, read_whole, within
from clearprop.tables.tally import Tally

SHUFFLE = ReferenceEngine().shuffle


def written(path, n=50, first=0, size=20, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"x": np.arange(first, first + n), "kind": [f"k{i % 3}" for i in range(n)], **more}
    pyarrow.parquet.write_table(pa.table(columns), path, row_group_size=size)
    return path


def test_a_file_a_folder_and_a_pattern_are_read_in_the_order_of_their_names(tmp_path):
    written(tmp_path / "b.parquet", first=50)
    written(tmp_path / "a.parquet")
    written(tmp_path / "_temporary" / "c.parquet")
    (tmp_path / "notes.txt").write_text("not a table")
    for path in (tmp_path, f"{tmp_path}/*.parquet"):
        assert is_stored(path)
        table = stored(path)
        assert [file.path.name for file in table.files] == ["a.parquet", "b.parquet"]
        assert [group.n_rows for group in table.groups] == [20, 20, 10, 20, 20, 10]
        assert read_whole(table).column("x").to_pylist() == list(range(100))
        assert read(path).table.column("x").to_pylist() == list(range(100))
    assert len(stored(tmp_path / "b.parquet").groups) == 3


def test_folders_of_hive_make_columns(tmp_path):
    written(tmp_path / "year=2024" / "place=a%20b" / "p.parquet")
    written(tmp_path / "year=2025" / "place=__HIVE_DEFAULT_PARTITION__" / "p.parquet", n=5)
    found = read(tmp_path).table
    assert found.column("year").to_pylist() == [2024] * 50 + [2025] * 5
    assert found.column("place").to_pylist() == ["a b"] * 50 + [None] * 5
    with Opened(stored(tmp_path), ["year", "x"]) as opened:
        assert set(next(opened.pieces()).table.column_names) == {"year", "x"}


def test_categories_and_the_index_of_pandas_are_known_again(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"zip": pandas.Categorical([10, 20, 10, 30] * 10), "x": range(40)})
    frame.index = pandas.Index([f"r{i}" for i in range(40)], name="row")
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=8)
    table = stored(tmp_path / "t.parquet")
    assert table.names == ["zip", "x"]
    assert "was the index" in table.notices[0]
    whole = read_whole(table)
    assert whole.column("zip").to_pylist() == [str(value) for value in frame["zip"]]
    assert pa.types.is_dictionary(whole.schema.field("zip").type)


def test_dictionaries_that_differ_from_group_to_group_are_read_by_value(tmp_path):
    chunks = [pa.array(["b", "a"]).dictionary_encode(), pa.array(["c", "b"]).dictionary_encode()]
    schema = pa.schema([("kind", pa.dictionary(pa.int32(), pa.string()))])
    with pyarrow.parquet.ParquetWriter(tmp_path / "t.parquet", schema) as writer:
        for chunk in chunks:
            writer.write_table(pa.table({"kind": chunk}))
    with Opened(stored(tmp_path / "t.parquet")) as opened:
        assert [piece.table.column("kind").to_pylist() for piece in opened.pieces()] == [["b", "a"], ["c", "b"]]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"y": [1.0] * 50}, "a.parquet has no column 'y', which .*b.parquet has"),
        ({"x": ["a"] * 50}, "column 'x' holds text in .*b.parquet and numbers in .*a.parquet"),
    ],
)
def test_files_that_do_not_belong_together_are_named(tmp_path, other, said):
    written(tmp_path / "a.parquet")
    written(tmp_path / "b.parquet", **other)
    with pytest.raises(TableError, match=said):
        stored(tmp_path)
    if "y" in other:
        assert stored(tmp_path, needed=["x"]).n_rows == 100


def test_numbers_of_other_types_are_numbers(tmp_path):
    written(tmp_path / "a.parquet")
    written(tmp_path / "b.parquet", x=np.linspace(0, 1, 50))
    assert read_whole(stored(tmp_path)).column("x").type == pa.float64()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "there is no folder"),
        ("*.parquet", "no Parquet file matches"),
        ("empty", "holds no Parquet files"),
        ("text.parquet", "text.parquet cannot be read as Parquet"),
        ("nothing.parquet", "has no rows"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, name, said):
    (tmp_path / "empty").mkdir()
    path = tmp_path / name
    if name == "text.parquet":
        path.write_text("x,y\n1,2\n")
    if name == "nothing.parquet":
        written(path, n=0)
    with pytest.raises(TableError, match=said):
        stored(path if name != "none" else path / "t.parquet")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = written(tmp_path / "t.parquet")
    with Opened(stored(path)) as opened:
        pieces = opened.pieces()
        next(pieces)
        os.utime(path, ns=(1, 1))
        with pytest.raises(UnreadableTableError, match="was changed while it was being read"):
            list(pieces)


def test_a_damaged_row_group_is_named(tmp_path):
    path = written(tmp_path / "t.parquet", n=4000, size=2000, noise=np.random.default_rng(0).random(4000))
    place = pyarrow.parquet.read_metadata(path).row_group(1).column(2).data_page_offset
    content = bytearray(path.read_bytes())
    content[place : place + 40] = bytes(40)
    path.write_bytes(content)
    with (
        Opened(stored(path)) as opened,
        pytest.raises(UnreadableTableError, match=r"t\.parquet, row group 2, cannot be read: .*write the file anew"),
    ):
        list(opened.pieces())


def test_a_wrong_value_is_named_with_its_file_and_row_group(tmp_path):
    table = stored(written(tmp_path / "t.parquet"))
    with Opened(table) as opened:
        piece = list(opened.pieces())[1]
    with pytest.raises(TableError, match=r"t\.parquet, row group 2: row 3 is odd"), within(table, piece):
        raise TableError("row 3 is odd")
    with (
        pytest.raises(TableError, match="counted from row 8 of the row group on"),
        within(table, piece._replace(start=7)),
    ):
        raise TableError("row 3 is odd")


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=12).filter(any),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(1, 6),
    st.integers(0, 3),
)
def test_every_row_comes_once_in_an_epoch_in_whole_batches(counts, batches, batch_size, lanes, epoch):
    order = Order(tuple(counts), 7, batches * batch_size, lanes, min(batch_size, sum(counts)))
    buffers = list(order.buffers(epoch, SHUFFLE))
    rows = [(s.group, k) for buffer in buffers for s in buffer.segments for k in range(s.start, s.stop)]
    assert sorted(rows) == [(group, k) for group, n in enumerate(counts) for k in range(n)]
    firsts = np.cumsum([0, *(buffer.n_rows for buffer in buffers[:-1])])
    assert [buffer.steps.start * order.batch_size for buffer in buffers] == firsts.tolist()
    for buffer in buffers:
        assert order.batch_size <= buffer.n_rows <= order.most
        assert sorted(order.within(buffer, SHUFFLE)) == list(range(buffer.n_rows))
        assert buffer is buffers[-1] or buffer.n_rows % order.batch_size == 0
    positions = {}
    for segment in (s for buffer in buffers for s in buffer.segments):
        assert positions.get(segment.group, 0) == segment.start  # each group is read once, from its beginning on
        positions[segment.group] = segment.stop


def test_the_order_is_another_in_every_epoch_and_the_same_for_the_same_seed():
    order = Order((40,) * 8, 3, 64, 4, 16)
    first, again, second = (list(order.buffers(epoch, SHUFFLE)) for epoch in (0, 0, 1))
    assert first == again
    assert [b.segments for b in first] != [b.segments for b in second]
    assert len({segment.group for segment in first[0].segments}) == 4


@given(st.integers(0, 2**40), st.integers(1, 400))
def test_what_a_row_is_for_depends_on_its_place_alone(first, n):
    shares = Shares(5, 0.2, 0.1)
    whole = shares.parts(first, n)
    cut = n // 3
    np.testing.assert_array_equal(whole, np.concatenate([shares.parts(first, cut), shares.parts(first + cut, n - cut)]))


def test_the_shares_are_those_that_were_asked_for():
    parts = Shares(1, 0.2, 0.1).parts(0, 200_000)
    found = [np.mean(parts == what) for what in (LEARN, VALIDATION, TEST)]
    np.testing.assert_allclose(found, [0.72, 0.08, 0.2], atol=0.004)


@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=300))
def test_no_count_is_too_large_or_too_small_by_more_than_is_said(texts):
    tally = Tally(2, most=3)
    for start in range(0, len(texts), 7):
        part = pa.array(texts[start : start + 7])
        tally.add(part, np.ones(len(part)), np.full(len(part), 2.0))
    found = dict(
        zip(*(part.tolist() if hasattr(part, "tolist") else part.to_pylist() for part in tally.counted()), strict=True)
    )
    for text in set(texts):
        assert texts.count(text) - tally.lost <= found.get(text, 0) <= texts.count(text)
    assert tally.lost <= len(texts) / 3
