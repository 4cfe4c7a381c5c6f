"""Spoilt files of every kind that is read: each becomes a matrix of finite numbers, or an error of clearprop's own."""

import gzip
import json
import struct

import numpy as np
import pytest

from clearprop.errors import ClearpropError
from clearprop.tables import fit_encoder, read

ODD = [
    b'"', b"'", b"\n", b",", b";", b"\t", b"{", b"}", b"?", b"%", b"#", b":", b"\xff", b"\x00", b"-", b"1e999", b"nan",
    b"@data", b"qid:", b"0:", b"sep=;", b"\\", b"\xe2\x88\x92", b" ", b"00", b"2024-13-01", b"1.234,5", b"[", b"]",
    b"null",
]  # fmt: skip


def wholes():
    rows = [{"a": k / 2, "b": "xyz"[k % 3], "d": f"2024-01-{1 + k % 28:02d}", "n": f"{k},{k % 10}"} for k in range(20)]
    lines = [f"{r['a']};{r['b']};{r['d']};{r['n']}" for r in rows]
    arff = "@relation r\n@attribute a numeric\n@attribute b {x, 'y', z}\n@attribute d date yyyy-MM-dd\n@data\n"
    return {
        "t.csv": "\n".join(["a;b;d;n", *lines]).encode(),
        "t.txt": "\n".join(["a  b", *(f"{k}   {k % 7}.5" for k in range(20))]).encode(),
        "t.arff": (arff + "\n".join(f"{r['a']},{r['b']},{r['d']}" for r in rows)).encode(),
        "s.arff": b"@relation r\n@attribute a numeric\n@attribute b {x,y}\n@data\n" + b"{0 1.5,1 y}\n{1 y}\n" * 9,
        "t.libsvm": "\n".join(f"{k % 2} 1:{k} 3:{k / 3}" for k in range(20)).encode(),
        "t.json": json.dumps(rows).encode(),
        "t.jsonl": "\n".join(map(json.dumps, rows)).encode(),
        "t-idx2": struct.pack(">HBB2I", 0, 8, 2, 20, 3) + bytes(range(60)),
        "t.csv.gz": gzip.compress(b"a,b\n" + b"1,x\n2,y\n" * 9),
    }


def spoilt(content, draw):
    """A few changes: something odd put in, a stretch left out or doubled, a byte changed."""
    for _ in range(draw.integers(1, 4)):
        place = int(draw.integers(len(content) + 1))
        end = min(len(content), place + int(draw.integers(1, 12)))
        match draw.integers(4):
            case 0:
                content = content[:place] + ODD[draw.integers(len(ODD))] + content[place:]
            case 1:
                content = content[:place] + content[end:]
            case 2:
                content = content[:end] + content[place:]
            case _:
                content = content[:place] + bytes([draw.integers(256)]) + content[place + 1 :]
    return content


def outcome(path, content):
    path.write_bytes(content)
    try:
        table = read(path).table
        fitted = fit_encoder(table)
        X = fitted.encoder.encode(table).X
    except ClearpropError as error:
        return type(error).__name__ if str(path) in str(error) or "column" in str(error) else f"odd: {error}"
    assert X.shape == (table.num_rows, len(fitted.encoder.names))
    assert np.isfinite(X).all()
    return "read"


def spoil(folder, name, n_files):
    whole = wholes()[name]
    assert outcome(folder / name, whole) == "read"
    found = [outcome(folder / name, spoilt(whole, np.random.default_rng([7, k]))) for k in range(n_files)]
    assert set(found) <= {"read", "TableError"}
    assert "TableError" in found


@pytest.mark.parametrize("name", sorted(wholes()))
def test_spoilt_files(tmp_path, name):
    spoil(tmp_path, name, 60)


@pytest.mark.torture
@pytest.mark.parametrize("name", sorted(wholes()))
def test_many_spoilt_files(tmp_path, name, figure):
    spoil(tmp_path, name, 3000)
    figure(f"spoilt tables: {name}", "3,000 read, or refused in a sentence")
