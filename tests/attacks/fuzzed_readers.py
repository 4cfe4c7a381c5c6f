"""What reads files of each kind, for a fuzzer: inputs that are whole, and a function that reads one.

Each reader is a function of a folder. It imports what it needs itself, so that this can be instrumented, and reads from
memory: of what a file's door does beside that, every so many inputs go through the disk. Of Parquet the fuzzer writes
what is in a table, and pyarrow the file: how pyarrow reads damaged bytes is its own affair. Documents are changed as
bytes half of the time, and half of the time as what they say (`mutations.changed`): of changed bytes few are JSON.
"""

import json
import os
import zlib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import NamedTuple

SHEETS = Path(__file__).parents[1] / "explain" / "sheets" / "students"
ON_DISK = 50  # of so many tables one is read from the disk
ENCODED = 8  # of so many one becomes inputs too, which takes ten times as long as to read it; by its bytes


class Held:
    """A file whose content lies in memory, where the system has such; it stays open as long as the process."""

    def __init__(self, folder):
        if hasattr(os, "memfd_create"):
            self.file = os.memfd_create("fuzzed")
            self.path = Path(f"/proc/self/fd/{self.file}")
        else:
            self.path = folder / "file"
            self.file = os.open(self.path, os.O_RDWR | os.O_CREAT)

    def of(self, content):
        """The path, from which this is read now."""
        os.ftruncate(self.file, 0)
        os.pwrite(self.file, content, 0)
        return self.path


def encoder(path):
    """What reads a table of this name and makes inputs of it."""
    import numpy as np

    from clearprop.tables import fit_encoder, read
    from clearprop.tables.reading import read_content

    numbers = count(1)

    def encoded(content):
        if next(numbers) % ON_DISK:
            table = read_content(path.name, content).table
        else:
            path.write_bytes(content)
            table = read(path).table
        if zlib.crc32(content) % ENCODED == 0:
            X = fit_encoder(table).encoder.encode(table).X
            assert np.isfinite(X).all()

    return encoded


def csv(folder):
    wholes = [
        b"a;b;d\n0,5;x;2024-01-01\n1,5;y;2024-01-02\n;z;2024-01-03\n" * 2,
        b'"name, of a column","it""s",c\n"1,000.5",yes,12:30\n-3,no,13:45\n',
        b"a\tb\n1\t-1e5\n2\tNA\n3\t7\n",
        "größe,€\n1.234,5 €\n2 %,3\n".encode(),
    ]
    return wholes, encoder(folder / "t.csv")


def changed_document(data, draw):
    """Data whose document, behind the byte that chooses, says something else; None where that cannot be."""
    from mutations import changed

    try:
        document = json.loads(data[1:])
        if isinstance(document, dict) and document:
            return data[:1] + json.dumps(changed(document, draw)).encode()
    except (ArithmeticError, ValueError, RecursionError):  # it is no JSON, or of numbers and depths that Python refuses
        pass
    return None


class Unmade(Exception):
    """The bytes make no file: what another library has to write refuses that."""


class Taken:
    """Numbers taken from bytes, one after the other; 0 once there are no more."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def bytes(self, n):
        self.place += n
        return self.data[self.place - n : self.place].ljust(n, b"\x00")

    def number(self, below):
        return int.from_bytes(self.bytes(1 if below <= 256 else 8), "little") % below

    def text(self):
        return self.bytes(self.number(12)).decode("utf-8", "replace").replace("\x00", "")


def parquet_column(taken, n_rows):
    """A column of a type and of values that bytes say."""
    import numpy as np
    import pyarrow as pa

    is_missing = np.frombuffer(taken.bytes(n_rows), "u1") % 5 == 4
    match taken.number(8):
        case 0:
            return pa.array(np.frombuffer(taken.bytes(8 * n_rows)), mask=is_missing)
        case 1:
            return pa.array(np.frombuffer(taken.bytes(4 * n_rows), "f4"), mask=is_missing)
        case 2:
            kind = np.dtype(("i1", "u1", "i4", "u4", "i8", "u8")[taken.number(6)])
            return pa.array(np.frombuffer(taken.bytes(kind.itemsize * n_rows), kind), mask=is_missing)
        case 3:
            unit = ("s", "ms", "us", "ns")[taken.number(4)]
            kind = (pa.timestamp(unit), pa.duration(unit), pa.timestamp(unit, "Europe/Paris"))[taken.number(3)]
            return pa.array(np.frombuffer(taken.bytes(8 * n_rows), "i8"), mask=is_missing).cast(kind)
        case 4:
            return pa.array([None if gone else taken.text() for gone in is_missing]).dictionary_encode()
        case 5:
            return pa.array(
                [None if gone else [taken.number(256) / 4] * 2 for gone in is_missing], pa.list_(pa.float32())
            )
        case 6:
            return pa.array(is_missing, mask=is_missing)
        case _:
            return pa.array([None if gone else taken.text() for gone in is_missing])


def field_of(taken, name, array):
    """The field of a column; some say that they are of a type of pandas' own, which is stored as another."""
    import pyarrow as pa

    field = pa.field(name, array.type)
    if (kind := taken.number(16)) > 1:
        return field
    said = {"freq": taken.text() or "W-SUN"} if kind else {"closed": taken.text()}
    named = {"name": f"pandas.{('interval', 'period')[kind]}", "metadata": json.dumps(said)}
    return field.with_metadata({f"ARROW:extension:{what}": text for what, text in named.items()})


def parquet(folder):
    import pyarrow as pa
    import pyarrow.parquet

    noted = {"index_columns": ["a"], "columns": [{"field_name": "b", "pandas_type": "categorical"}]}
    rows = bytes(range(200)) * 4
    wholes = [bytes([5, kind]) + rows + b"|" + json.dumps(noted).encode() for kind in range(8)]
    of_pandas = bytes([3, 0, 1, 97, 1, 1, 1, 2, 4, *range(1, 25)])  # three rows of int64, named a
    wholes += [of_pandas + bytes([1, len(freq)]) + freq for freq in (b"W-SUN", b"M", b"Q-DEC")] + [
        of_pandas + b"\0\4left"
    ]
    encoded = encoder(folder / "t.parquet")

    def one(data):
        body, _, note = data.partition(b"|")
        taken = Taken(body)
        n_rows, columns = taken.number(9), []
        for _ in range(1 + taken.number(3)):
            columns.append((taken.text() or "ab"[len(columns) % 2], parquet_column(taken, n_rows)))
        fields = [field_of(taken, name, array) for name, array in columns]
        table = pa.Table.from_arrays([array for _, array in columns], schema=pa.schema(fields, {"pandas": note}))
        made = pa.BufferOutputStream()
        try:
            pyarrow.parquet.write_table(table, made, row_group_size=1 + taken.number(4))
        except pa.ArrowException:
            raise Unmade from None
        encoded(made.getvalue().to_pybytes())

    return wholes, one


def heads(read, text):
    """The least of a sheet's lines that can be read, with one other line at a time: what a line costs is the same."""
    from clearprop.errors import ClearpropError

    lines = text.splitlines(keepends=True)
    for n in range(1, len(lines)):
        try:
            read("".join(lines[:n]))
        except ClearpropError:
            continue
        return ["".join([*lines[:n], line]) for line in lines[n:] if line.strip()]
    return []


def sheets(folder):
    from clearprop.explain import read_sheet

    texts = [path.read_text() for path in sorted(SHEETS.iterdir())]
    texts.append("case: case_study\nz1 = 0.41, 0.47\na1 = 0.6, 0.61\nloss = 0.017\n")
    wholes = [*texts, *(head for text in texts for head in heads(read_sheet, text))]
    return [text.encode() for text in wholes], lambda data: read_sheet(data.decode("utf-8", "replace"))


def of_documents(folder, contents, read):
    """Files of our own form: what is fuzzed is the document, or the header; the checksum is made anew."""
    from mutations import file_of, parts_of

    parts = [parts_of(content) for content in contents]
    wholes = [bytes([2 * k]) + json.dumps(document).encode() for k, (_, document, _) in enumerate(parts)]
    wholes += [bytes([2 * k + 1]) + json.dumps(header).encode() for k, (header, _, _) in enumerate(parts)]
    held = Held(folder)

    def one(data):
        chosen = data[0] if data else 0
        header, _, theta = parts[chosen // 2 % len(parts)]
        if chosen % 2:
            read(held.of(len(data[1:]).to_bytes(8, "little") + data[1:] + theta))
        else:
            read(held.of(file_of(header, data[1:].decode("utf-8", "replace"), theta)))

    return wholes, one


def models(folder):
    import numpy as np

    from clearprop import Network, load, save
    from clearprop.formulas import Activation, exp

    class Bump(Activation):
        def value(z):
            return exp(-(z**2))

    made = []
    for hidden in ("relu", Bump()):
        network = Network.mlp([2, 2, 1], hidden=hidden)
        save(folder / "m", network, network.initial(seed=0, dtype=np.float32), {"classes": ["a", "b"]})
        made.append((folder / "m").read_bytes())
    return of_documents(folder, made, load)


def checkpoints(folder):
    import numpy as np

    from clearprop import Network, train
    from clearprop.files import checkpoint_file

    network, X = Network.mlp([2, 2, 1]), np.linspace(-1, 1, 12).reshape(6, 2)
    train(network, network.initial(0), X, X[:, :1], epochs=2, engine="reference", checkpoint=folder / "run")
    made = [max((folder / "run").iterdir()).read_bytes()]
    return of_documents(folder, made, lambda path: checkpoint_file.read(path).snapshot())


class Reader(NamedTuple):
    """What makes it, what is instrumented, the most bytes that the fuzzer makes, and how it changes what they say."""

    made: Callable
    rooms: list
    longest: int
    changed: Callable | None = None


READERS = {
    "csv": Reader(csv, ["clearprop.tables"], 1500),
    "parquet": Reader(parquet, ["clearprop.tables"], 1500),
    "sheets": Reader(sheets, ["clearprop.explain.checking"], 400),
    "models": Reader(models, ["clearprop.files", "clearprop.formulas.saving"], 6000, changed_document),
    "checkpoints": Reader(checkpoints, ["clearprop.files"], 6000, changed_document),
}
