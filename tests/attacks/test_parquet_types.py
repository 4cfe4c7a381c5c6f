"""Parquet columns of every type that pyarrow writes, as input and as target: trained on or refused in a sentence."""

import datetime as dt
import decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from clearprop.cli.app import exit_code

N = 40
CODES = np.arange(N) % 3
DAY = dt.datetime(2020, 1, 1)
TRAIN = ["--hidden", "2", "--epochs", "1", "--ensemble", "1", "--engine", "reference", "--threads", "1"]
WORDS = ["ant", "bee", "cow"]


def of(kind, *values):
    """A column of three values, over and over, as this type."""
    return pa.array([values[code] for code in CODES], kind)


def columns():
    whole = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    made = {str(kind): of(kind, 1, 2, 3) for kind in [*whole, pa.float32(), pa.float64()]}
    made["half"] = pa.array(CODES.astype(np.float16))
    made["uint64, large"] = of(pa.uint64(), 2**64 - 1, 2**63, 0)
    made["not finite"] = of(pa.float64(), np.inf, np.nan, 1.0)
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        made[str(kind)] = of(kind, *WORDS)
    for kind in (pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(3)):
        made[str(kind)] = of(kind, *(word.encode() for word in WORDS))
    made["not utf-8"] = pa.StringArray.from_buffers(
        N, pa.py_buffer(np.arange(0, 3 * N + 1, 3, dtype=np.int32)), pa.py_buffer(b"\xff\xfebbbaaa" * (N // 2))
    )
    made["bool"] = of(pa.bool_(), True, False, None)
    made["null"] = pa.nulls(N)
    made["all missing"] = of(pa.string(), None, None, None)
    for unit in ("s", "ms", "us", "ns"):
        made[f"timestamp {unit}"] = of(pa.timestamp(unit), DAY, DAY + dt.timedelta(9), None)
        made[f"duration {unit}"] = of(pa.duration(unit), 1, 2, None)
    made["zoned"] = of(pa.timestamp("us", "Europe/Paris"), DAY, DAY + dt.timedelta(9), DAY)
    made["far"] = of(pa.timestamp("us"), -(2**62), 2**62, 0)
    made["date32"] = of(pa.date32(), DAY.date(), dt.date(1, 1, 1), dt.date(9999, 12, 31))
    made["date64"] = of(pa.date64(), DAY.date(), dt.date(2020, 1, 5), None)
    made["time32"] = of(pa.time32("ms"), dt.time(1), dt.time(2), None)
    made["time64"] = of(pa.time64("ns"), 1, 2, 3)
    made["decimal128"] = of(pa.decimal128(12, 2), *map(decimal.Decimal, ("1.25", "-2.50", "3.00")))
    made["decimal256"] = of(pa.decimal256(60, 2), *map(decimal.Decimal, ("1.25", "-2.50", f"1{'0' * 50}")))
    made["dictionary"] = of(pa.string(), *WORDS).dictionary_encode()
    made["dictionary of numbers"] = of(pa.int64(), 5, 6, 7).dictionary_encode()
    made["dictionary of bytes"] = of(pa.binary(), b"a", b"\xff", b"c").dictionary_encode()
    made["list"] = of(pa.list_(pa.float64()), [1.0, 2.0], [3.0, 4.0], [5.0, 6.0])
    made["ragged list"] = of(pa.list_(pa.float64()), [1.0], [3.0, 4.0], None)
    made["fixed list"] = of(pa.list_(pa.float32(), 2), [1, 2], [3, 4], [5, 6])
    made["fixed list with a gap"] = of(pa.list_(pa.float32(), 2), [1, 2], None, [5, None])
    made["large list"] = of(pa.large_list(pa.int64()), [1, 2], [3, 4], [5, 6])
    made["list of texts"] = of(pa.list_(pa.string()), ["a"], ["b"], ["c"])
    made["list of lists"] = of(pa.list_(pa.list_(pa.int64())), [[1]], [[2]], [[3]])
    made["empty lists"] = of(pa.list_(pa.int64()), [], [], [])
    made["struct"] = of(pa.struct([("a", pa.int64())]), {"a": 1}, {"a": 2}, None)
    made["map"] = of(pa.map_(pa.string(), pa.int64()), [("a", 1)], [("b", 2)], [])
    return made


COLUMNS = columns()


@pytest.mark.parametrize("name", COLUMNS)
def test_every_type_is_used_or_refused_in_a_sentence(tmp_path, capfd, name):
    other = pa.array(np.linspace(0, 1, N))
    for role, target in (("input", "y"), ("target", "odd")):
        file, output = tmp_path / f"{role}.parquet", tmp_path / f"{role}.clearprop"
        try:
            pyarrow.parquet.write_table(pa.table({"odd": COLUMNS[name], "y": other, "z": other[::-1]}), file)
        except pa.ArrowNotImplementedError:
            pytest.skip("pyarrow writes no such Parquet column")
        commands = [["train", file, "--target", target, "--output", output, *TRAIN]]
        commands += [["predict", output, file], ["evaluate", output, file], ["inspect", output]]
        for command in commands:
            code = exit_code([str(argument) for argument in command])
            _, err = capfd.readouterr()
            assert code in (0, 1, 3), (command[0], role, err)
            assert "fault of clearprop" not in err, (command[0], role, err)
            if command[0] == "train" and code != 0:
                assert err.splitlines()[-1].startswith("clearprop: "), err
                assert "'odd'" in err or "not finite" in name, err  # the column is named
                break
