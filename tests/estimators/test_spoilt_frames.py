"""Spoilt frames given to every estimator: predictions that are numbers or classes, or an error of its own with a cure.

A frame of pandas, Polars or Arrow, an array of objects or a list is spoilt in a few ways: cells that no column is made
for, other types of columns, names, orders and numbers of rows. It is what is fitted, or what is predicted for, or the
targets are spoilt. Nothing here is aimed at a library below: all of it are values that people have in frames.
"""

import datetime
import decimal
import enum
import fractions
import linecache
import pathlib
import traceback
import uuid
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
from clearprop.errors import ClearpropError

N = 24
TABULAR = {"hidden_layer_sizes": (), "max_iter": 1, "ensemble": 1, "random_state": 0, "engine": "reference"}
MLP = {"hidden_layer_sizes": (2,), "max_iter": 1, "random_state": 0, "engine": "reference"}
MAKERS = [
    (TabularClassifier, TABULAR), (TabularRegressor, TABULAR), (TabularRegressor, TABULAR), (MLPClassifier, MLP),
    (MLPRegressor, MLP),
]  # fmt: skip
EAST, WEST = (datetime.timezone(datetime.timedelta(hours=hours)) for hours in (9, -9))
DAY = datetime.date(2024, 1, 31)
CELLS = [
    None, float("nan"), pd.NA, pd.NaT, float("inf"), -float("inf"), 0, -0.0, 1, True, np.bool_(False), 2**31, 2**63,
    -(2**63) - 1, 10**30, 10**400, 5e-324, 1e308, np.float16(1), np.float32(1e30), np.int8(-1), np.uint64(2**64 - 1),
    np.longdouble(1), "", " ", "a", "A ", "1", "1,5", "1.234", "nan", "NA", "-", "true", "2024-01-31", "31.1.2024", "é",
    "e\u0301", "\ud800", "a\x00b", "😀" * 50, "x" * 5000, "1e999", b"a", b"\xff", bytearray(b"a"), memoryview(b"a"),
    decimal.Decimal("1.10"), decimal.Decimal("NaN"), decimal.Decimal("sNaN"), decimal.Decimal("Infinity"),
    decimal.Decimal("1e400"), fractions.Fraction(1, 3), 1j, np.complex64(1), DAY,
    datetime.date(1, 1, 1), datetime.datetime(9999, 12, 31, tzinfo=WEST), datetime.datetime(1, 1, 1, tzinfo=EAST),
    datetime.datetime(2024, 1, 1), datetime.time(23, 59, 59, 999999), datetime.time(1, tzinfo=EAST),
    datetime.timedelta.max, datetime.timedelta(-1), np.datetime64("NaT"), np.datetime64("2024"),
    np.datetime64("2024-01-01T00:00:00.123456789"), np.datetime64(2**40, "Y"), np.timedelta64(1, "ns"),
    np.timedelta64("NaT"), np.timedelta64(2**62, "D"), pd.Timestamp("2024-01-01", tz="Europe/Paris"),
    pd.Timestamp("2024-01-01 00:00:00.000000001"), pd.Timedelta("1 day"), pd.Period("2024-01", "M"), pd.Interval(0, 1),
    uuid.UUID(int=1), pathlib.PurePosixPath("a/b"), enum.Enum("E", "a").a, [], [1], [1, "a"], [[1]], (1, 2), {1},
    frozenset(), {"a": 1}, {}, range(3), np.arange(3), np.zeros((2, 2)), np.array(1), np.str_("s"), np.bytes_(b"s"),
    object, len, ..., NotImplemented, pd.Series([1]), pd.DataFrame(), slice(1),
]  # fmt: skip
PANDAS_TYPES = [
    "category", "string", "Int64", "Float32", "boolean", "object", "float16", "int8", "uint64", "datetime64[s]",
    "timedelta64[ms]", "str", "complex128", "bytes", "Sparse[float]", "string[pyarrow]", "double[pyarrow]", "period[D]",
    "bool", "timestamp[us][pyarrow]", "decimal128(10, 2)[pyarrow]", "datetime64[ns, UTC]", ">f8",
]  # fmt: skip
POLARS_TYPES = [
    pl.String, pl.Categorical, pl.Int8, pl.UInt64, pl.Boolean, pl.Date, pl.Datetime("ms"), pl.Duration("ns"), pl.Time,
    pl.Decimal(10, 2), pl.Object, pl.Null, pl.Binary, pl.List(pl.Int64), pl.Struct({"a": pl.Int64}), pl.Float32,
    pl.Array(pl.Float64, 2), pl.Enum(["a", "b"]), pl.Int128,
]  # fmt: skip
ARROW_TYPES = [
    pa.int8(), pa.float16(), pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.bool_(), pa.date32(),
    pa.date64(), pa.timestamp("ns"), pa.timestamp("s", "Asia/Tokyo"), pa.time32("s"), pa.time64("ns"),
    pa.duration("us"), pa.decimal128(20, 3), pa.decimal256(50, 3), pa.list_(pa.int64()), pa.list_(pa.float64(), 2),
    pa.null(), pa.uint64(),
    pa.struct([("a", pa.int64())]), pa.map_(pa.string(), pa.int64()), pa.dictionary(pa.int8(), pa.string()),
    pa.run_end_encoded(pa.int32(), pa.float64()), pa.month_day_nano_interval(), pa.binary(3),
]  # fmt: skip
NAMES = [
    None,
    "",
    1,
    1.5,
    "size",
    ("a", "b"),
    "\x00",
    "a" * 300,
    True,
    "size ",
    datetime.date(2024, 1, 1),
    "é",
    float("nan"),
]


def whole(numeric):
    """A frame that can be learned from; of numbers alone where an MLP is to take it."""
    k = np.arange(N)
    columns = {"size": k * 1.5, "count": k % 5}
    if not numeric:
        days = [datetime.datetime(2024, 1, 1) + datetime.timedelta(days=int(day)) for day in k]
        columns |= {"kind": np.array(["a", "b", "c"], dtype=object)[k % 3], "day": days, "open": k % 2 == 0}
    return pd.DataFrame(columns)


def odd_cells(values, draw):
    made = np.empty(len(values), dtype=object)
    made[:] = list(values)
    for _ in range(int(draw.choice([1, 2, len(made)]))):
        made[int(draw.integers(max(1, len(made))))] = CELLS[draw.integers(len(CELLS))]
    if draw.random() < 0.2:
        made[:] = [CELLS[draw.integers(len(CELLS))]] * len(made)
    return made


def spoilt(frame, draw):
    """A frame that is spoilt in one to three ways; ways that pandas itself refuses leave it as it is."""
    for _ in range(int(draw.integers(1, 4))):
        place = int(draw.integers(frame.shape[1])) if frame.shape[1] else 0
        try:
            frame = changed(frame.copy(), place, int(draw.integers(12)), draw)
        except (
            TypeError,
            ValueError,
            IndexError,
            KeyError,
            OverflowError,
            ArithmeticError,
            NotImplementedError,
            AttributeError,
        ):
            continue  # pandas cannot make such a frame
    return frame


def changed(frame, place, way, draw):
    series = [frame.iloc[:, k] for k in range(frame.shape[1])]
    names = list(frame.columns)
    match way:
        case 0 | 1 | 2 | 3:
            series[place] = pd.Series(odd_cells(series[place], draw), dtype=object)
        case 4 | 5:
            series[place] = series[place].astype(PANDAS_TYPES[draw.integers(len(PANDAS_TYPES))])
        case 6:
            names[place] = NAMES[draw.integers(len(NAMES))]
        case 7:
            order = draw.permutation(len(names))
            series, names = [series[k] for k in order], [names[k] for k in order]
        case 8:
            del series[place], names[place]
        case 9:
            series.append(series[place])
            names.append(names[place])
        case 10:
            return frame.iloc[: int(draw.choice([0, 1, 2, N // 2]))]
        case _:
            return frame.sample(frac=1, random_state=int(draw.integers(100)))
    frame = pd.concat([each.reset_index(drop=True) for each in series], axis=1)
    frame.columns = pd.Index(names, dtype=object) if draw.random() < 0.8 else names
    return frame


def in_library(frame, draw):
    """The frame in the hands of another library, or as an array or a list.

    Columns of objects of several kinds stay with pandas: pyarrow 26 may end the process while it converts one.
    """
    way = draw.integers(8)
    if way in (3, 4) and any(len({type(value) for value in frame.iloc[:, k]}) > 2 for k in range(frame.shape[1])):
        return frame
    try:
        match way:
            case 0 | 1 | 2:
                return frame
            case 3:
                made = pl.from_pandas(frame)
                name = made.columns[int(draw.integers(made.width))]
                kind = POLARS_TYPES[draw.integers(len(POLARS_TYPES))]
                return made.with_columns(pl.col(name).cast(kind, strict=False)) if draw.random() < 0.5 else made
            case 4:
                made = pa.Table.from_pandas(frame, preserve_index=False)
                place, kind = int(draw.integers(made.num_columns)), ARROW_TYPES[draw.integers(len(ARROW_TYPES))]
                if draw.random() < 0.5:
                    made = made.set_column(place, made.column_names[place], made.column(place).cast(kind, safe=False))
                return made
            case 5:
                return frame.to_numpy(dtype=object)
            case 6:
                return frame.to_numpy()
            case _:
                return frame.to_numpy(dtype=object).tolist()
    except Exception:  # the library refuses such a frame, in one of many ways
        return frame


def spoilt_targets(y, draw):
    made = odd_cells(y, draw)
    match draw.integers(6):
        case 0:
            return made
        case 1:
            return pd.Series(made, dtype=object)
        case 2:
            return made.tolist()
        case 3:
            return y[: int(draw.integers(N))]
        case 4:
            try:
                return pd.Series(y).astype(PANDAS_TYPES[draw.integers(len(PANDAS_TYPES))])
            except Exception:  # pandas cannot make such a column
                return y
        case _:
            return np.stack([y, y], axis=1)


def judged(error):
    """ "" for an error of clearprop's own or of scikit-learn's checks; otherwise what it is and where it came from."""
    if isinstance(error, ClearpropError):
        return ""
    last = traceback.extract_tb(error.__traceback__)[-1]
    raised = linecache.getline(last.filename, last.lineno).lstrip().startswith("raise ")
    known = "clearprop" in last.filename or "sklearn" in last.filename
    if type(error) in (ValueError, TypeError) and ((known and raised) or "sklearn" in last.filename):
        return ""
    return f"{type(error).__module__}.{type(error).__name__}: {str(error)[:200]} at {last.filename}:{last.lineno}"


def came_of(number):
    """What came of one case, and where it is a fault, a sentence about it."""
    draw = np.random.default_rng([5, number])
    kind, settings = MAKERS[number % len(MAKERS)]
    frame = whole(settings is MLP)
    classes = kind in (TabularClassifier, MLPClassifier)
    y = np.array(["u", "v", "w"])[np.arange(N) % 3] if classes else np.arange(N) / 7
    what = ("fitted on", "predicted for", "targets")[int(draw.choice(3, p=[0.4, 0.4, 0.2]))]
    try:
        if what == "targets":
            kind(**settings).fit(frame, spoilt_targets(y, draw)).predict(frame)
            return "used", ""
        other = in_library(spoilt(frame, draw), draw)
        n_rows = len(other)
        model = kind(**settings).fit(*((other, y[:n_rows]) if what == "fitted on" else (frame, y)))
        found = model.predict(other)
    except Exception as error:
        fault = judged(error)
        return "refused", f"{number} {kind.__name__} {what}: {fault}" if fault else ""
    fine = len(found) == n_rows and (classes or bool(np.isfinite(found).all()))
    return "used", "" if fine else f"{number} {kind.__name__} {what}: predicted {found[:3]}"


def attack(numbers):
    outcomes, faults = Counter(), []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for number in numbers:
            outcome, fault = came_of(number)
            outcomes[outcome] += 1
            faults += [fault] if fault else []
    print(dict(outcomes), f"{len(faults)} faults")  # noqa: T201
    assert not faults, "\n".join(faults[:40])
    return outcomes


def test_spoilt_frames_are_used_or_refused_in_a_sentence():
    outcomes = attack(range(250))
    assert min(outcomes["used"], outcomes["refused"]) > 40


@pytest.mark.torture
def test_five_thousand_spoilt_frames(figure):
    outcomes = attack(range(5_000))
    figure("spoilt data frames", f"5,000, {outcomes['refused']:,} refused in a sentence, {outcomes['used']:,} used")
