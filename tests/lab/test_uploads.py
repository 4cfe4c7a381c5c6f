"""Tables that the page sends: every kind that the library reads, in memory, and no more than the lab takes."""

import io
import json

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asking import Asking
from clearprop.lab import limits, uploads

CSV = b"rooms,kind,price\n" + b"".join(
    b"%d,%s,%d\n" % (k % 5, b"flat" if k % 2 else b"house", 100 * (k % 5) + k) for k in range(40)
)


def uploaded(asking, content=CSV, name="houses.csv", status=200):
    found, _, answer = asking.ask(
        "POST", "/api/upload", f"name={name}", content, {"content-type": "application/octet-stream"}
    )
    assert found == status, answer
    return json.loads(answer)


def test_a_table_that_is_sent_is_read_in_memory_and_learned_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asking = Asking()
    found = uploaded(asking)
    assert [column["name"] for column in found["columns"]] == ["rooms", "kind", "price"]
    assert (found["rows"], found["columns"][1]["kind"]) == (40, "text")
    state = asking.post("data", kind="upload", upload=found["upload"], target="price", validation=0.25)
    assert state["data"]["is_table"]
    assert (state["data"]["rows"], state["data"]["validation_rows"]) == (30, 10)
    asking.post("step", grain="epoch")
    assert list(tmp_path.iterdir()) == []
    asking.post("data", 400, kind="upload", upload=found["upload"], target="colour")
    asking.post("data", 400, kind="upload", upload=found["upload"], target="price", validation=2)
    assert asking.post("data", kind="upload", upload=found["upload"], target="kind")["data"]["classes"] == [
        "flat",
        "house",
    ]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.csv"), (b"x", "a.csv"), (b"a,b\n", "a.csv"), (b"a,b\n1\n2,3,4\n", "a.csv"),
        (b"\x00\x01\x02" * 50, "a.csv"), (CSV, "a.exe"), (CSV, "a"), (CSV, "a.csv.gz"), (CSV, "a.zip"),
        (b"PK\x03\x04", "a.xlsx"), (CSV, "a.npz"), (b"a,a\n1,2\n3,4\n", "a.csv"),
        (b"\xff\xfea\x00,\x00b\x00", "a.csv"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(content, name):
    assert len(uploaded(Asking(), content, name, 400)["error"]["message"]) > 10


@pytest.mark.parametrize(
    "name",
    ["../../houses.csv", "/etc/houses.csv", "C:%5Ctemp%5Chouses.csv", "..%2f..%2fhouses.csv", "a%00b/houses.csv"],
)
def test_the_name_of_a_file_is_a_name_and_no_place(name):
    assert uploaded(Asking(), CSV, name)["name"] == "houses.csv"


def test_tables_that_are_too_large_are_refused_with_the_limit():
    rows = b"a,b\n" + b"1,2\n" * (limits.ROWS + 1)
    assert "20,000" in uploaded(Asking(), rows, "a.csv", 413)["error"]["message"]
    wide = b",".join(b"c%d" % k for k in range(1001)) + b"\n" + b",".join([b"1"] * 1001) + b"\n"
    assert "1,000" in uploaded(Asking(), wide, "a.csv", 413)["error"]["message"]
    assert uploaded(Asking(), b"x" * (limits.UPLOAD + 1), "a.csv", 413)["error"]["message"]


SMALL = pa.table({"rooms": [1.0, 2.0, 3.0] * 10, "price": [10.0 + k for k in range(30)]})


def as_parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def as_excel(rows):
    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(sink)
    return sink.getvalue()


def as_arrays(**arrays):
    sink = io.BytesIO()
    np.savez_compressed(sink, **arrays)
    return sink.getvalue()


def as_arff(names, rows):
    head = "".join(f"@attribute {name} numeric\n" for name in names)
    return f"@relation r\n{head}@data\n{rows}".encode()


ROWS_OF_SMALL = SMALL.to_pylist()
KINDS = {
    "a.parquet": as_parquet(SMALL),
    "a.xlsx": as_excel([SMALL.column_names, *(list(row.values()) for row in ROWS_OF_SMALL)]),
    "a.jsonl": "\n".join(map(json.dumps, ROWS_OF_SMALL)).encode(),
    "a.json": json.dumps(SMALL.to_pydict()).encode(),
    "a.arff": as_arff(SMALL.column_names, "".join(f"{k % 3},{10 + k} , {{0.5}}\n" for k in range(30))),
    "a.npz": as_arrays(X=np.array(SMALL["rooms"])[:, None], y=np.array(SMALL["price"])),
    "a.libsvm": "".join(f"{10 + k} 1:{k % 3 + 1}\n" for k in range(30)).encode(),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_that_the_library_reads_can_be_sent(name):
    asking = Asking()
    found = uploaded(asking, KINDS[name], name)
    target = found["default_target"] or "price"
    state = asking.post("data", kind="upload", upload=found["upload"], target=target, validation=0)
    assert (state["data"]["rows"], state["data"]["task"]) == (30, "regression")
    assert float(asking.get("rows", count=3)["rows"][2]["target"]) == 12


def many(n):
    return pa.table({"a": pa.array(np.zeros(n))})


@pytest.mark.parametrize(
    ("name", "content", "limit"),
    [
        ("a.parquet", lambda: as_parquet(many(limits.ROWS + 1)), "20,000"),
        ("a.parquet", lambda: as_parquet(pa.table({f"c{k}": [1] for k in range(1001)})), "1,000"),
        ("a.parquet", lambda: as_parquet(pa.table({"t": ["x" * 1000] * 3000})), "2,000,000"),
        ("a.xlsx", lambda: as_excel([range(1001), range(1001)]), "1,000"),
        ("a.npz", lambda: as_arrays(X=np.zeros((21, 12_500))), "2,000,000"),
        ("a.jsonl", lambda: b"{}\n" * (limits.ROWS + 1), "20,000"),
        ("a.json", lambda: json.dumps([{f"c{k}": 1} for k in range(1001)]).encode(), "1,000"),
        ("a.json", lambda: json.dumps({"a": [0] * (limits.ROWS + 1)}).encode(), "20,000"),
        ("a.arff", lambda: as_arff([f"c{k}" for k in range(1001)], "{0 1}\n"), "1,000"),
        ("a.arff", lambda: as_arff("a", "1\n" * (limits.ROWS + 1)), "20,000"),
        ("a.libsvm", lambda: b"1 99999:1\n", "1,000"),
        ("a.txt", lambda: b"1 99999:1\n" * 3, "1,000"),
    ],
)  # fmt: skip
def test_a_small_file_that_holds_much_is_refused_before_it_is_read(monkeypatch, name, content, limit):
    monkeypatch.setattr(uploads, "read_content", None)
    monkeypatch.setattr(limits, "UNPACKED", 2_000_000)
    content = content()
    assert len(content) < 300_000
    assert limit in uploaded(Asking(), content, name, 413)["error"]["message"]


def test_a_file_that_is_sent_opens_no_other_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images = b"\0\0\x08\x02" + np.array([3, 4], ">u4").tobytes() + bytes(12)
    (tmp_path / "t-labels-idx1.csv").write_bytes(b"\0\0\x08\x01" + np.array([3], ">u4").tobytes() + b"abc")
    assert "from the disk" in uploaded(Asking(), images, "t-images-idx2.csv", 400)["error"]["message"]


def test_a_table_that_was_sent_long_ago_has_to_be_sent_again():
    asking = Asking()
    first = uploaded(asking)["upload"]
    for _ in range(3):
        uploaded(asking)
    assert "send it again" in asking.post("data", 404, kind="upload", upload=first, target="price")["error"]["message"]
