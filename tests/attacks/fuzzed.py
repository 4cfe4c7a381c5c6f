"""A reader of files against bytes that a fuzzer makes: ``python fuzzed.py READER EXECUTIONS SEED FOLDER [READER …]``.

Where atheris is installed it is coverage-guided: the modules of the reader are instrumented, and an input that reaches
something new is kept to be changed again. Elsewhere whole inputs are spoilt at random. An input is read or refused by
an error of clearprop's own; anything else ends the process with a traceback and the input. What became of all of them
is told as a line of JSON.

Each reader is a function of a folder that returns inputs that are whole, and what reads one. It imports what it needs
itself, so that this can be instrumented. Of Parquet the fuzzer writes what is in a table, and pyarrow the file: how
pyarrow reads damaged bytes is its own affair.
"""

import json
import os
import sys
import time
import traceback
import unicodedata
from collections import Counter
from pathlib import Path

LONGEST = 20  # seconds that one input may take
MOST_MEMORY = 3000  # MiB of the process
SHEETS = Path(__file__).parents[1] / "explain" / "sheets" / "students"


def encoder(path):
    """What reads a table and makes inputs of it."""
    import numpy as np

    from clearprop.tables import fit_encoder, read

    def encoded():
        table = read(path).table
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
    path = folder / "t.csv"
    encoded = encoder(path)

    def one(data):
        path.write_bytes(data)
        encoded()

    return wholes, one


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


def parquet(folder):
    import pyarrow as pa
    import pyarrow.parquet

    noted = {"index_columns": ["a"], "columns": [{"field_name": "b", "pandas_type": "categorical"}]}
    rows = bytes(range(200)) * 4
    wholes = [bytes([5, kind]) + rows + b"|" + json.dumps(noted).encode() for kind in range(8)]
    path = folder / "t.parquet"
    encoded = encoder(path)

    def one(data):
        body, _, note = data.partition(b"|")
        taken = Taken(body)
        n_rows, columns = taken.number(9), []
        for _ in range(1 + taken.number(3)):
            columns.append((taken.text() or "ab"[len(columns) % 2], parquet_column(taken, n_rows)))
        names, arrays = zip(*columns, strict=True)
        table = pa.Table.from_arrays(list(arrays), list(names)).replace_schema_metadata({"pandas": note})
        try:
            pyarrow.parquet.write_table(table, path, row_group_size=1 + taken.number(4))
        except pa.ArrowException:
            raise Unmade from None
        encoded()

    return wholes, one


def sheets(folder):
    from clearprop.explain import read_sheet

    wholes = [path.read_bytes() for path in sorted(SHEETS.iterdir())]
    wholes.append(b"case: case_study\nz1 = 0.41, 0.47\na1 = 0.6, 0.61\nloss = 0.017\n")
    return wholes, lambda data: read_sheet(data.decode("utf-8", "replace"))


def of_documents(folder, contents, read):
    """Files of our own form: what is fuzzed is the document, or the header; the checksum is made anew."""
    from mutations import file_of, parts_of

    parts = [parts_of(content) for content in contents]
    wholes = [bytes([2 * k]) + json.dumps(document).encode() for k, (_, document, _) in enumerate(parts)]
    wholes += [bytes([2 * k + 1]) + json.dumps(header).encode() for k, (header, _, _) in enumerate(parts)]
    path = folder / "file"

    def one(data):
        chosen = data[0] if data else 0
        header, _, theta = parts[chosen // 2 % len(parts)]
        if chosen % 2:
            path.write_bytes(len(data[1:]).to_bytes(8, "little") + data[1:] + theta)
        else:
            path.write_bytes(file_of(header, data[1:].decode("utf-8", "replace"), theta))
        read(path)

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


READERS = {  # what is instrumented, and the most bytes that the fuzzer makes
    "csv": (csv, ["clearprop.tables"], 1500),
    "parquet": (parquet, ["clearprop.tables"], 1500),
    "sheets": (sheets, ["clearprop.explain.checking"], 1500),
    "models": (models, ["clearprop.files", "clearprop.formulas.saving"], 6000),
    "checkpoints": (checkpoints, ["clearprop.files"], 6000),
}


class Attack:
    """Gives inputs to a reader, counts what became of them, and ends the process after so many."""

    def __init__(self, name, count, folder):
        self.name, self.count, self.outcomes, self.n = name, count, Counter(), 0
        self.wholes, self.read = READERS[name][0](folder)
        from clearprop.errors import ClearpropError

        self.refusal, self.began = ClearpropError, time.perf_counter()

    def __call__(self, data):
        try:
            self.read(data)
            outcome = "read"
        except self.refusal as error:
            outcome = "refused"
            if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in str(error)):
                self.fault(data, f"a message that cannot be printed: {str(error)[:300]!r}")
        except Unmade:
            outcome = "unmade"
        except Exception:
            self.fault(data, traceback.format_exc())
        self.outcomes[outcome] += 1
        self.n += 1
        if self.n >= self.count:
            speed = self.n / (time.perf_counter() - self.began)
            self.tell(
                {"reader": self.name, **self.outcomes, "a second": round(speed), "guided": "atheris" in sys.modules}
            )
            os._exit(0)  # neither atheris nor its threads have anything more to say

    def fault(self, data, why):
        sys.stderr.write(f"{self.name}: {data!r}\n{why}\n")
        sys.stderr.flush()
        os._exit(1)

    def tell(self, found):
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def guided(atheris, name, count, seed, folder):
    """Fuzz with atheris, which changes inputs so that they reach new places in the instrumented modules."""
    with atheris.instrument_imports(include=READERS[name][1]):
        attack = Attack(name, count, folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for k, whole in enumerate(attack.wholes):
        (corpus / str(k)).write_bytes(whole)
    limits = [f"-timeout={LONGEST}", f"-rss_limit_mb={MOST_MEMORY}", f"-max_len={READERS[name][2]}"]
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-seed={seed + 1}", f"-runs={10 * count}", f"-artifact_prefix={folder}/", *limits],
        attack,
    )
    atheris.Fuzz()


def at_random(name, count, seed, folder):
    """Spoil whole inputs."""
    import numpy as np
    from mutations import spoilt_bytes

    attack = Attack(name, count, folder)
    for number in range(count):
        draw = np.random.default_rng([seed, number])
        attack(bytes(spoilt_bytes(attack.wholes[number % len(attack.wholes)], draw)))


def main():
    name, count, seed, folder = sys.argv[1:]
    given = name, int(count), int(seed), Path(folder)
    try:
        import atheris
    except ImportError:
        at_random(*given)
    else:
        guided(atheris, *given)


if __name__ == "__main__":
    main()
