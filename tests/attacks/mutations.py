"""Ways to spoil a model file or a table, drawn from a seeded generator, so that each case can be made again."""

import copy
import json
import struct

import numpy as np

from clearprop.files.contents import checksum

# What a place of a JSON document is set to. None of it is code, and none is aimed at a library below.
VALUES = [
    None, True, False, 0, 1, -1, 2, 7, 2**31, 2**53, 2**63, 2**63 - 1, 2**64 - 1, -(2**63), 10**11, 10**30, 10**399,
    0.0, -0.0, 0.5, 1.5, 1e-320, 5e-324, 1e30, 1e150, 1e308, -1e308, float("inf"), float("-inf"), float("nan"),
    "", "a", "x" * 5000, "0", "1e5", "nan", "\x00", "\x1b[2J", "é", "\ud800", "😀", "<U99999", "O", "|b1", "../../x",
    [], [[]], [None], [1, 2, 3], ["a", "b"], [1e308] * 3, [[0, 1]] * 4, {}, {"a": 1}, {"number": "inf"},
    {"number": "1"}, {"tuple": [1, 2]}, {"mapping": [[1, 2]]}, {"mapping": [[1]]}, {"mapping": [[[], 1]]},
    {"formula": "activation", "spec": {"name": "relu", "parameters": {}}}, {"formula": "loss", "spec": None},
    {"name": "relu", "parameters": {}}, {"name": "own", "parameters": {}, "trees": {"value": ["z", ["tanh", 0]]}},
    {"name": "own", "parameters": {"k": 2}, "trees": {"value": ["z", "k", ["multiply", 0, 1]]}, "facts": {}},
]  # fmt: skip


def places(document, path=()):
    """The path of every value in a document."""
    yield path
    if isinstance(document, dict | list):
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in items:
            yield from places(value, (*path, key))


def changed(document, draw):
    """A copy of a JSON document in which one place, sometimes several, is spoilt."""
    document = json.loads(json.dumps(document))
    for _ in range(1 + int(draw.random() < 0.2)):
        paths = [path for path in places(document) if path]
        if not paths:
            break  # nothing is left of it
        path = paths[draw.integers(len(paths))]
        place = document
        for key in path[:-1]:
            place = place[key]
        last = path[-1]
        match draw.integers(8):
            case 0:
                del place[last]
            case 1 if isinstance(place, list):
                place.insert(last, place[last])
            case 1:
                place[f"{last}_"] = place[last]
            case 2 if isinstance(place[last], list):
                place[last] = place[last] * int(draw.integers(0, 4))
            case 3 if isinstance(place[last], int | float):
                place[last] = place[last] * float(draw.choice([-1.0, 2.0, 0.5, 1e10, 1e300]))
            case 4:
                other = paths[draw.integers(len(paths))]
                found = document
                for key in other:
                    found = found[key] if isinstance(found, list | dict) and _has(found, key) else found
                place[last] = json.loads(json.dumps(found))
            case _:
                place[last] = copy.deepcopy(VALUES[draw.integers(len(VALUES))])
    return document


def _has(place, key):
    return key in place if isinstance(place, dict) else isinstance(key, int) and key < len(place)


def parts_of(content):
    """The header, the document and the bytes of the parameters of a model file."""
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["clearprop"]), content[8 + length :]


def file_of(header, document, theta):
    """A model file of these parts, its checksum made anew."""
    text = document if isinstance(document, str) else json.dumps(document)
    header = json.loads(json.dumps(header))
    header["__metadata__"] = {"clearprop": text, "sha256": checksum(text, np.frombuffer(theta, dtype="u1"))}
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + theta


def spoilt_model(content, draw):
    """A model file that is spoilt in one of many ways."""
    header, document, theta = parts_of(content)
    match draw.integers(10):
        case 0:
            return spoilt_bytes(content, draw)
        case 1:
            raw = json.dumps(changed(header, draw)).encode()
            return struct.pack("<Q", len(raw)) + raw + theta
        case 2:
            text = spoilt_bytes(json.dumps(document).encode(), draw).decode(errors="replace")
            return file_of(header, text, theta)
        case 3:
            size = 4 if header["theta"]["dtype"] == "F32" else 8
            numbers = np.frombuffer(theta, f"<f{size}").copy()
            numbers[draw.integers(len(numbers))] = draw.choice([np.nan, np.inf, 1e30, -1e30, 1e-30])
            return file_of(header, document, (numbers * draw.choice([1.0, 1e8])).astype(f"<f{size}").tobytes())
        case _:
            return file_of(header, changed(document, draw), theta)


def spoilt_bytes(content, draw):
    """Bytes of which some are changed, cut off, doubled or put in."""
    made = bytearray(content)
    for _ in range(int(draw.integers(1, 4))):
        place = int(draw.integers(len(made) + 1))
        match draw.integers(5):
            case 0:
                made = made[:place]
            case 1:
                made[place:place] = bytes(draw.integers(0, 256, int(draw.integers(1, 9)), dtype="u1"))
            case 2:
                made[place : place + int(draw.integers(1, 9))] = b""
            case 3:
                made[place:place] = made[place : place + int(draw.integers(1, 40))]
            case _ if place < len(made):
                made[place] = int(draw.integers(256))
    return bytes(made)


CELLS = [
    "", " ", '"', '""', "'", ",", ";", "\t", "\n", "\r", "\r\n", "NA", "nan", "inf", "-inf", "1e999", "-1e400", "1e150",
    "1_000", "0x10", "１２", "٣", "1,5", "true", "FALSE", "2020-01-01", "2020-13-45", "0000-00-00", "9" * 400, "x" * 99,
    "\x00", "\ufeff", "é", "\x1b[31m", "=1+1", "null", "None", "-0", "1e-400", "00:00:00", "12:61", "{}", "[]", "\\",
]  # fmt: skip


def spoilt_text(content, draw):
    """A CSV file of which cells, lines or bytes are spoilt."""
    if draw.random() < 0.3:
        return spoilt_bytes(content, draw)
    lines = [line.split(b",") for line in content.split(b"\n")]
    for _ in range(int(draw.integers(1, 6))):
        row = lines[draw.integers(len(lines))]
        place = int(draw.integers(len(row)))
        match draw.integers(8):
            case 0:
                lines.insert(int(draw.integers(len(lines) + 1)), list(row))
            case 1:
                del row[place]
                if not row:
                    row.append(b"")
            case 2:
                row.insert(place, row[place])
            case 3:
                column = min(place, min(map(len, lines)) - 1)
                cell = CELLS[draw.integers(len(CELLS))].encode()
                for each in lines[1:]:
                    if len(each) > column >= 0:
                        each[column] = cell
            case 4:
                lines = lines[: int(draw.integers(1, len(lines) + 1))]
            case _:
                row[place] = CELLS[draw.integers(len(CELLS))].encode("utf-8", "surrogatepass")
    made = b"\n".join(b",".join(row) for row in lines)
    if draw.random() < 0.1:
        made = made.replace(b",", bytes([int(draw.choice([59, 9, 124, 32]))]))
    if draw.random() < 0.05:
        made = made.decode(errors="replace").encode(str(draw.choice(["utf-16", "utf-8-sig", "utf-32"])))
    return made
