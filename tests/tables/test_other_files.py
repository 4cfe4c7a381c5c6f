"""Kinds of files beside CSV and Parquet, each with the fault of a library that is kept from our users."""

import bz2
import gzip
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

from clearprop.errors import TableError
from clearprop.tables import fit_encoder, read

DATA = Path(__file__).parent / "data"
CSV = b"a,b\n1,x\n2,y\n"
TABLE = {"a": [1, 2], "b": ["x", "y"]}


def wrapped(path, content):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside/t.csv", content)
            archive.writestr("__MACOSX/._t.csv", b"x")
    else:
        path.write_bytes({".gz": gzip.compress, ".bz2": bz2.compress}[path.suffix](content))
    return path


@pytest.mark.parametrize("name", ["t.csv.gz", "t.csv.bz2", "t.zip", "t.csv.zip"])
def test_compressed_files(tmp_path, name):
    assert read(wrapped(tmp_path / name, CSV)).table.to_pydict() == TABLE


def test_a_zip_of_several_files_is_refused_with_their_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(TableError, match=r"must hold one file, not 2 \(a.csv, b.csv\): unzip it"):
        read(tmp_path / "t.zip")
    (tmp_path / "t.zip").write_bytes(b"no zip")
    with pytest.raises(TableError, match=r"damaged or not a \.zip"):
        read(tmp_path / "t.zip")


ARFF = r"""% a comment
@RELATION weather
@attribute outlook {sunny, 'over cast', "it\'s raining"}
@attribute temperature numeric   % degrees
@attribute humidity INTEGER
@attribute windy{true,false}
@attribute day date "yyyy-MM-dd HH:mm:ss"
@attribute note string
@attribute class {no, yes}
@data
sunny, 85.5, 1.9, false, "2024-01-31 10:30:00", 'a, b', no
'over cast', ?, 3, true, ?, "c", yes, {5.0}
% another
"it\'s raining",70,4,?,'2024-02-01 00:00:00',?,yes
"""


def test_arff(tmp_path):
    """SciPy 1.17.1 reads quoted nominals only if the first row has quotes, and drops weights; liac-arff 2.5.0 makes 1.9
    of an INTEGER column 1 and refuses dates and `windy{true,false}`."""
    (tmp_path / "t.arff").write_text(ARFF)
    found = read(tmp_path / "t.arff")
    table = found.table.to_pydict()
    assert table["outlook"] == ["sunny", "over cast", "it's raining"]
    assert table["temperature"] == [85.5, None, 70]
    assert table["humidity"] == [1.9, 3, 4]
    assert table["windy"] == ["false", "true", None]
    assert [str(value) for value in table["day"]] == ["2024-01-31 10:30:00", "None", "2024-02-01 00:00:00"]
    assert table["note"] == ["a, b", "c", None]
    assert found.default_target == "class"
    assert found.notices == ("1 row has a weight, which is not used",)
    assert {name for name in table if pa.types.is_dictionary(found.table.schema.field(name).type)} == {
        "outlook", "windy", "class"
    }  # fmt: skip


def test_sparse_rows_of_arff(tmp_path):
    text = "@relation r\n@attribute a numeric\n@attribute b {x, y}\n@data\n{0 5, 1 y}\n{}\n{1 y}\n"
    (tmp_path / "t.arff").write_text(text)
    assert read(tmp_path / "t.arff").table.to_pydict() == {"a": [5, 0, 0], "b": ["y", "x", "y"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("@data", "@date"), "line 10 is not part of the header"),
        (("numeric", "relational"), "line 4: a column of type 'relational"),
        (("?, 3", "?, 3, 4"), "line 12 has 8 values, but the header names 7 columns"),
        (("85.5", "hot"), "column 'temperature' holds 'hot' in row 1, where a number is expected"),
    ],
)
def test_what_is_wrong_in_an_arff_file_is_said_with_its_line(tmp_path, change, message):
    (tmp_path / "t.arff").write_text(ARFF.replace(*change))
    with pytest.raises(TableError, match=message):
        read(tmp_path / "t.arff")


def test_libsvm_by_its_lines_and_by_its_name(tmp_path):
    found = read(DATA / "libsvm.txt")
    assert found.default_target == "y"
    assert found.table.slice(0, 1).to_pylist() == [{"X": [1.34, 4.24], "y": -1}]
    (tmp_path / "t.libsvm").write_text("# head\n+1 qid:3 2:0.5 4:1 # end\n-1 1:2\n")
    assert read(tmp_path / "t.libsvm").table.to_pydict() == {"X": [[0, 0.5, 0, 1], [2, 0, 0, 0]], "y": [1, -1]}


def test_the_columns_of_a_libsvm_file_do_not_shift(tmp_path):
    """scikit-learn 1.9.1 writes from 0 and, where the first column is all zero, reads its own file as from 1."""
    (tmp_path / "t.svm").write_text("1 0:1 2:3\n0 2:4\n")
    assert read(tmp_path / "t.svm").table.column("X").to_pylist() == [[1, 0, 3], [0, 0, 4]]
    (tmp_path / "u.svm").write_text("1 2:3\n0 2:4\n")
    assert read(tmp_path / "u.svm").table.column("X").to_pylist() == [[0, 3], [0, 4]]
    assert read(tmp_path / "u.svm", sizes={"X": 5}).table.column("X").to_pylist() == [[0, 3, 0, 0, 0], [0, 4, 0, 0, 0]]
    with pytest.raises(TableError, match="index of 2, but the model was trained on 1 numbers"):
        read(tmp_path / "u.svm", sizes={"X": 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [("1 a:2\n", "line 1 holds 'a:2'"), ("1 1:2\n1 2:x\n", "line 2 holds '2:x'"), ("1 99999999999:1\n", "beyond 0 to")],
)
def test_what_is_wrong_in_a_libsvm_file_is_said(tmp_path, text, message):
    (tmp_path / "t.libsvm").write_text(text)
    with pytest.raises(TableError, match=message):
        read(tmp_path / "t.libsvm")


def idx(array, code):
    shape = array.shape
    return (
        struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape)
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_with_the_labels_that_lie_beside_it(tmp_path, ending):
    pack = gzip.compress if ending else bytes
    images = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    (tmp_path / f"train-images-idx3-ubyte{ending}").write_bytes(pack(idx(images, 8)))
    found = read(tmp_path / f"train-images-idx3-ubyte{ending}")
    assert found.table.to_pydict() == {"X": images.reshape(4, 6).tolist()}
    (tmp_path / f"train-labels-idx1-ubyte{ending}").write_bytes(pack(idx(np.array([3, 1, 4, 1], np.uint8), 8)))
    found = read(tmp_path / f"train-images-idx3-ubyte{ending}")
    assert found.table.column("y").to_pylist() == [3, 1, 4, 1]
    assert found.default_target == "y"


@pytest.mark.parametrize(("code", "dtype"), [(9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")])
def test_idx_of_every_type_comes_in_the_order_of_this_machine(tmp_path, code, dtype):
    """pyarrow 26.0.1 refuses arrays of the other byte order, which np.frombuffer makes of these files."""
    array = np.arange(6).reshape(3, 2).astype(dtype)
    (tmp_path / "X-idx2").write_bytes(idx(array, code))
    assert read(tmp_path / "X-idx2").table.column("X").to_pylist() == array.tolist()


def test_damaged_idx_files(tmp_path):
    whole = idx(np.arange(6, dtype=np.uint8).reshape(3, 2), 8)
    for bad in (whole[:-1], whole + b"x", whole[:9]):
        (tmp_path / "t").write_bytes(bad)
        with pytest.raises(TableError, match="damaged"):
            read(tmp_path / "t")


def test_json(tmp_path):
    rows = [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}, {"b": "y", "c": True}]
    expected = {"a": [1, 2.5, None], "b": ["x", None, "y"], "c": [None, None, True]}
    (tmp_path / "t.json").write_text(json.dumps(rows))
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "lines.json").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "columns.json").write_text(json.dumps(expected))
    for name in ("t.json", "t.jsonl", "lines.json", "columns.json"):
        assert read(tmp_path / name).table.to_pydict() == expected, name
    (tmp_path / "mixed.jsonl").write_text('{"a": 1}\n{"a": "x"}\n')
    assert read(tmp_path / "mixed.jsonl").table.to_pydict() == {"a": ["1", "x"]}


@pytest.mark.parametrize(
    ("name", "text"), [("t.json", "[1, 2]"), ("t.jsonl", '{"a": 1}\n{"a": oops}\n'), ("t.json", "{")]
)
def test_what_is_no_table_in_json(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(TableError, match=r"one JSON object for each row|line \d is not JSON"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"nodes": [1, 2], "links": [3]}', "holds 'nodes', 'links', of different lengths: save one of them"),
        ('[{"a": 1, "b": {"c": 2}}]', "'b' holds objects within objects; make columns of them, as pandas.json_norm"),
        ('{"type": "FeatureCollection", "metadata": {"n": 1}}', "'metadata' holds objects within objects"),
    ],
)
def test_what_is_nested_in_json_is_refused_with_the_cure(tmp_path, text, said):
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(TableError, match=said):
        read(tmp_path / "t.json")


def test_feather(tmp_path):
    pyarrow.feather.write_feather(pa.table(TABLE), tmp_path / "t.feather")
    assert read(tmp_path / "t.feather").table.to_pydict() == TABLE


def test_excel(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["A report"], [], ["size", "kind", "when", None], [1.5, "a", np.datetime64("2024-01-31").item()], [],
                [2, "#N/A", None], ["x", "b", None]):  # fmt: skip
        sheet.append(row)
    book.create_sheet("empty")
    book.save(tmp_path / "t.xlsx")
    found = read(tmp_path / "t.xlsx")
    table = found.table.to_pydict()
    assert table["size"] == ["1.5", "2", "x"]
    assert table["kind"] == ["a", None, "b"]
    assert str(table["when"][0]).startswith("2024-01-31")
    assert found.notices[0] == "the names of the columns are those of row 3"
    (tmp_path / "t.xlsx").write_bytes(b"no Excel file")
    with pytest.raises(TableError, match="damaged or not an Excel file"):
        read(tmp_path / "t.xlsx")


def sheet(path, rows):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return read(path)


def test_what_is_left_out_of_a_sheet_is_said(tmp_path):
    rows = [["size", "kind"], [1, "a"], [None, None], [2, "#DIV/0!"], [3, "b"]]
    found = sheet(tmp_path / "t.xlsx", rows)
    assert found.table.to_pydict() == {"size": [1, 2, 3], "kind": ["a", None, "b"]}
    assert found.notices == (
        "1 empty row among the rows, skipped",
        "1 cell holds an error of Excel (#DIV/0!) and counts as missing",
    )
    assert sheet(tmp_path / "one.xlsx", [["x"], [1], [None], [3]]).table.to_pydict() == {"x": [1, None, 3]}


def test_queries_of_a_libsvm_file_are_said(tmp_path):
    (tmp_path / "t.libsvm").write_text("1 qid:1 1:0.5\n2 qid:1 1:1.5\n")
    assert "2 lines name a query (qid)" in read(tmp_path / "t.libsvm").notices[1]


@pytest.mark.parametrize(
    ("name", "cure"),
    [("t.sav", "pandas.read_spss('"), ("t.xls", "save it as .xlsx or CSV"), ("t.npy", "numpy.savez"),
     ("t.rds", "readRDS"), ("t.7z", "unpack it first"), ("t.db", "sqlite3 -header -csv"), ("t.csv.xz", "unxz")],
)  # fmt: skip
def test_other_kinds_are_refused_with_the_way_to_convert_them(tmp_path, name, cure):
    (tmp_path / name).write_bytes(b"abc")
    with pytest.raises(TableError) as error:
        read(tmp_path / name)
    assert cure in str(error.value)


def test_npz_of_the_other_byte_order_and_of_long_doubles(tmp_path):
    """pyarrow 26.0.1: "Byte-swapped arrays not supported", "Unsupported numpy type 13"."""
    X, y = np.arange(12.0).reshape(6, 2), np.arange(6)
    np.savez(tmp_path / "a.npz", X=X, y=y)
    expected = read(tmp_path / "a.npz").table.to_pydict()
    for dtype in (">f8", ">f4", ">i4", np.longdouble):
        np.savez(tmp_path / "b.npz", X=X.astype(dtype), y=y.astype(dtype))
        assert read(tmp_path / "b.npz").table.to_pydict() == expected, dtype


@pytest.mark.parametrize("offset", [0, 1e6, 1e8, 1e9])
def test_vectors_far_from_zero_keep_their_digits(tmp_path, offset):
    X = np.random.default_rng(0).normal(size=(50, 3)).round(3)
    np.savez(tmp_path / "t.npz", X=X + offset)
    table = read(tmp_path / "t.npz").table
    plain = pa.table({"X": pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 3)})
    expected = fit_encoder(plain).encoder.encode(plain).X
    np.testing.assert_allclose(fit_encoder(table).encoder.encode(table).X, expected, atol=1e-5)
