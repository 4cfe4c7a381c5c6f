"""Kinds of columns, and for each the ways in which files and libraries hold the same values.

A kind gives values (None for missing) and makers: from values to an Arrow array, a pandas or Polars series, a NumPy
array of objects, or texts for a CSV file. `OWN` ways are understood only by an encoder that was fitted on them.
"""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from clearprop.tables.spelling import number

EPOCH = datetime.datetime(1970, 1, 1)
CSV = "csv"


def arrow(kind):
    return lambda values: pa.array(values, kind)


def through(kind, then):
    return lambda values: pa.array(values, kind).cast(then)


def pandas(dtype):
    return lambda values: pd.Series(values, dtype=dtype)


def polars(dtype):
    return lambda values: pl.Series(values, dtype=dtype)


def objects(change=lambda value: value):
    def make(values):
        made = np.empty(len(values), dtype=object)
        made[:] = [None if value is None else change(value) for value in values]
        return pd.Series(made, dtype=object)

    return make


def text(write):
    return lambda values: [CSV, *("" if value is None else write(value) for value in values)]


def strings(write):
    return lambda values: pa.array([None if value is None else write(value) for value in values], pa.string())


def dictionary(make):
    def made(values):
        found = make(values)
        return (found if isinstance(found, pa.Array) else pa.array(found)).dictionary_encode()

    return made


def swapped(dtype):
    return lambda values: pd.Series(np.array(values, dtype=np.dtype(dtype).newbyteorder(">")))


def picking(*choices):
    return lambda random, n: [choices[k] for k in random.integers(0, len(choices), n)]


def whole(low, high, missing=0.0):
    def make(random, n):
        found = random.integers(low, high, n)
        return [None if gone else int(value) for value, gone in zip(found, random.random(n) < missing, strict=True)]

    return make


def real(scale, offset=0.0, missing=0.0, bits=np.float64):
    def make(random, n):
        found = (random.normal(size=n) * scale + offset).astype(bits).astype(np.float64)
        return [None if gone else float(value) for value, gone in zip(found, random.random(n) < missing, strict=True)]

    return make


def dated(make, missing=0.0, unit="D", span=1500):
    """Moments after 2020 at whole `unit`s."""

    def made(random, n):
        ticks = random.integers(0, span, n)
        gone = random.random(n) < missing
        return [None if lost else make(int(tick)) for tick, lost in zip(ticks, gone, strict=True)]

    return made


def date(tick):
    return datetime.date(2020, 1, 1) + datetime.timedelta(days=tick)


def moment(tick):
    return datetime.datetime(2020, 1, 1) + datetime.timedelta(minutes=601 * tick)


def length(tick):
    return datetime.timedelta(seconds=77 * tick)


def clock(tick):
    return (EPOCH + datetime.timedelta(seconds=53 * tick)).time()


def as_csv_number(value):
    return repr(value) if isinstance(value, float) else str(value)


INTEGERS = {
    **{kind: arrow(getattr(pa, kind)()) for kind in ("int16", "int32", "int64", "uint16", "uint64", "float64")},
    "Int64": pandas("Int64"), "pandas int64": pandas("Int32"), "polars": polars(pl.Int32), "objects": objects(),
    "int64[pyarrow]": pandas("int64[pyarrow]"), "NumPy objects": objects(np.int64), "decimals": objects(Decimal),
    "decimal128": through(pa.int64(), pa.decimal128(38, 2)), "csv": text(str), "strings": strings(str),
    "csv with a point": text(lambda value: f"{value}.0"), "floats": objects(float), "Int128": polars(pl.Int128),
    "quoted": text(lambda value: f'"{value}"'), "padded": text(lambda value: f"  {value} "),
}  # fmt: skip
REALS = {
    "float64": arrow(pa.float64()), "Float64": pandas("Float64"), "pandas": pandas("float64"), "objects": objects(),
    "polars": polars(pl.Float64), "NumPy objects": objects(np.float64), "csv": text(repr), "strings": strings(repr),
    "quoted": text(lambda value: f'"{value!r}"'), "decimals and floats": objects(lambda v: Decimal(v) if v > 0 else v),
    "float64[pyarrow]": pandas("float64[pyarrow]"),
}  # fmt: skip
TRUTHS = {
    "bool": arrow(pa.bool_()), "boolean": pandas("boolean"), "objects": objects(), "polars": polars(pl.Boolean),
    "NumPy objects": objects(np.bool_), "bool[pyarrow]": pandas("bool[pyarrow]"), "csv": text(str),
    "csv in small letters": text(lambda value: str(value).lower()), "strings": strings(str),
    "bool8": lambda values: pa.ExtensionArray.from_storage(pa.bool8(), pa.array(values, pa.bool_()).cast(pa.int8())),
}  # fmt: skip
WORDS = {
    "string": arrow(pa.string()), "large": arrow(pa.large_string()), "view": arrow(pa.string_view()),
    "dictionary": dictionary(arrow(pa.string())), "category": pandas("category"), "objects": objects(),
    "string[python]": pandas("string"), "polars": polars(pl.String), "Categorical": polars(pl.Categorical),
    "csv": text(str), "quoted": text(lambda value: f'"{value}"'), "padded": text(lambda value: f" {value}  "),
    "bytes": objects(str.encode), "binary": through(pa.string(), pa.binary()),
}  # fmt: skip
DATES = {
    "date32": arrow(pa.date32()), "date64": arrow(pa.date64()), "objects": objects(), "polars": polars(pl.Date),
    "csv": text(str), "strings": strings(str), "slashes": text(lambda value: f"{value:%Y/%m/%d}"),
    "named": text(lambda value: f"{value:%d %b %Y}"), "pandas": lambda values: pd.Series(pd.to_datetime(values)),
    "Timestamps": objects(pd.Timestamp), "timestamp[s]": through(pa.date32(), pa.timestamp("s")),
    "compact": strings(lambda value: f"{value:%Y%m%d}"),
    "dates and Timestamps": objects(lambda value: value if value.day % 2 else pd.Timestamp(value)),
}  # fmt: skip
MOMENTS = {
    **{f"timestamp[{unit}]": arrow(pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")},
    "datetime64[ns]": pandas("datetime64[ns]"), "datetime64[us]": pandas("datetime64[us]"), "objects": objects(),
    "UTC": arrow(pa.timestamp("us", "UTC")), "polars": polars(pl.Datetime("ms")), "csv": text(str),
    "Timestamps": objects(pd.Timestamp), "ISO": text(lambda value: f"{value:%Y-%m-%dT%H:%M:%SZ}"),
    "Berlin": lambda values: pd.Series(pd.to_datetime(values)).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
    "strings": strings(lambda value: value.isoformat()),
}  # fmt: skip
LENGTHS = {
    **{f"duration[{unit}]": arrow(pa.duration(unit)) for unit in ("s", "ms", "us", "ns")},
    "timedelta64[ns]": pandas("timedelta64[ns]"), "objects": objects(), "polars": polars(pl.Duration("ms")),
    "Timedeltas": objects(pd.Timedelta), "csv of pandas": text(lambda value: str(pd.Timedelta(value))),
    "csv of polars": text(lambda value: f"PT{value.days * 86400 + value.seconds}S"),
    "NumPy objects": objects(lambda value: np.timedelta64(value)),
}  # fmt: skip
CLOCKS = {
    "time32[s]": arrow(pa.time32("s")), "time32[ms]": arrow(pa.time32("ms")), "time64[us]": arrow(pa.time64("us")),
    "time64[ns]": arrow(pa.time64("ns")), "objects": objects(), "polars": polars(pl.Time), "csv": text(str),
    "strings": strings(str),
}  # fmt: skip


def declared(kind, dtype=object):
    """Categories of anything, as data frames and Parquet files of pandas hold them."""
    return {
        "pandas": lambda values: pd.Series(pd.Categorical(values)),
        "arrow": dictionary(arrow(kind)),
        "ordered": lambda values: pd.Series(pd.Categorical(values, ordered=True)),
    }


def vectors(inner):
    n = 3
    return {
        "fixed": arrow(pa.list_(inner, n)), "list": arrow(pa.list_(inner)), "large": arrow(pa.large_list(inner)),
        "view": arrow(pa.list_view(inner)), "objects": objects(), "arrays": objects(np.array), "tuples": objects(tuple),
        "polars": lambda values: pl.from_arrow(pa.array(values, pa.list_(inner))),
    }  # fmt: skip


def rows(offset=0.0, scale=1.0, whole=False):
    def make(random, n):
        found = (random.normal(size=(n, 3)) * scale + offset).round(3)
        return (found.astype(int) if whole else found.astype(np.float32).astype(float)).tolist()

    return make


def mixed(*choices):
    return {"objects": objects(), "list": lambda values: pd.Series(list(values), dtype=object)}, picking(*choices)


def written(change, way=text):
    return {"own": way(change)}


INTERVALS = [pd.Interval(0, 1), pd.Interval(1, 5), pd.Interval(5, 9.5)]
PERIODS = {
    freq: {
        "pandas": lambda values, freq=freq: pd.Series(pd.PeriodIndex(values, freq=freq)),
        "objects": objects(lambda value, freq=freq: pd.Period(value, freq)),
        "starts": objects(lambda value, freq=freq: pd.Period(value, freq).start_time),
    }
    for freq in ("D", "M", "Q", "W", "Y")
}

KINDS = {
    "small integers": (INTEGERS, whole(0, 1000)),
    "integers with gaps": ({k: v for k, v in INTEGERS.items() if k != "NumPy objects"}, whole(0, 1000, 0.2)),
    "0 and 1": (INTEGERS, whole(0, 2)),
    "large integers": ({k: v for k, v in INTEGERS.items() if k in ("int64", "float64", "Int64", "csv", "objects")},
                       whole(2**40, 2**50)),
    "reals": (REALS, real(1.0)),
    "reals with gaps": (REALS, real(50.0, missing=0.2)),
    "reals far from 0": (REALS, real(1.0, 1e9)),
    "unix seconds": (REALS, real(1e6, 1.7e9)),
    "tiny reals": (REALS, real(1e-7)),
    "huge reals": (REALS, real(1e20)),
    "float32": ({**REALS, "float32": arrow(pa.float32()), "pandas 32": pandas("float32")}, real(1.0, bits=np.float32)),
    "float16": ({"float16": lambda v: pa.array(np.array(v, np.float16)), "float64": REALS["float64"],
                 "polars": polars(pl.Float32)}, real(1.0, bits=np.float16)),
    "byte orders": ({"big": swapped("f8"), "little": REALS["pandas"]}, real(1.0)),
    "byte orders of integers": ({"big": swapped("i4"), "little": INTEGERS["int32"]}, whole(0, 99)),
    "runs": ({"runs": lambda v: pa.compute.run_end_encode(pa.array(v)), "plain": arrow(pa.int64())}, whole(0, 5)),
    "truths": (TRUTHS, picking(True, False)),
    "truths with gaps": ({k: v for k, v in TRUTHS.items() if k != "bool8"}, picking(True, False, None)),
    "words": (WORDS, picking("red", "green", "blue")),
    "two words": (WORDS, picking("ja", "nein")),
    "words with gaps": ({k: v for k, v in WORDS.items() if k != "padded"}, picking("red", "green", "blue", None)),
    "accents": ({k: v for k, v in WORDS.items() if k != "binary"}, picking("é", "e\u0301", "ñ")),
    "words that look missing": ({k: WORDS[k] for k in ("string", "csv", "objects", "polars")},
                                picking("a", "NA", "None")),
    "codes with zeros": ({k: v for k, v in WORDS.items() if k in ("dictionary", "category", "Categorical")},
                         picking("01", "1", "1.10", "1.1")),
    "dates": (DATES, dated(date)),
    "dates with gaps": ({k: v for k, v in DATES.items() if k != "pandas"}, dated(date, 0.2)),
    "moments": (MOMENTS, dated(moment)),
    "moments with gaps": ({k: v for k, v in MOMENTS.items() if k != "Berlin"}, dated(moment, 0.2)),
    "lengths of time": (LENGTHS, dated(length)),
    "lengths of time with gaps": (LENGTHS, dated(length, 0.2)),
    "times of day": (CLOCKS, dated(clock)),
    "times of day with gaps": (CLOCKS, dated(clock, 0.2)),
    "categories of integers": (declared(pa.int64()), whole(0, 5)),
    "categories of reals": (declared(pa.float64()), picking(0.5, 1.0, 1e-05, 2.25)),
    "categories of truths": (declared(pa.bool_()), picking(True, False)),
    "categories of dates": (declared(pa.date32()), picking(*map(date, range(5)))),
    "categories of moments": (declared(pa.timestamp("ns")), picking(*map(moment, range(5)))),
    "categories of lengths": (declared(pa.duration("ms")), picking(*map(length, range(5)))),
    "categories of words": (declared(pa.string()), picking("a", "b", "c", None)),
    "intervals": ({"objects": objects(), "pandas": lambda values: pd.Series(values, dtype="interval"),
                   "category": lambda values: pd.Series(pd.Categorical(values))}, picking(*INTERVALS)),
    **{f"periods of {freq}": (PERIODS[freq], dated(date)) for freq in PERIODS},
    "vectors": (vectors(pa.float64()), rows()),
    "vectors far from 0": (vectors(pa.float64()), rows(1e9)),
    "vectors of float32": (vectors(pa.float32()), rows(100)),
    "vectors of integers": (vectors(pa.int64()), rows(1e6, 50, whole=True)),
    "vectors with gaps": ({k: v for k, v in vectors(pa.float64()).items() if k != "arrays"},
                          picking([1.0, 2, 3], [4, 5, 6.5], [7, 8, 9], None)),
    "True and words": mixed(True, False, "n/d"),
    "True and 1": mixed(True, 1, "x"),
    "1.0 and words": mixed(1.0, "a", 2.5),
    "numbers and their text": mixed(2.0, "2", "b"),
    "gaps, numbers and words": mixed(None, 1.0, "a", pd.NA, float("nan")),
    "small numbers and words": mixed(1e-7, "a", 1e16, 1e6),
    "NumPy truths and words": mixed(np.True_, "a", np.False_),
    "decimals and words": mixed(Decimal("1.50"), "a", 2),
    "dates and words": mixed(datetime.date(2024, 1, 1), "a", pd.Timestamp("2024-01-02 03:04")),
    "anything": mixed(True, 0, "x", 2.5, None, datetime.time(1, 2), datetime.timedelta(1), b"y"),
    "decimal commas": (written(lambda v: f'"{number(v)}"'.replace(".", ",")), real(50)),
    "points between thousands": (written(lambda v: '"' + f"{v:,.2f}".translate(str.maketrans(",.", ".,")) + '"'),
                                 real(5e4)),
    "per cent": (written(lambda v: f"{v:.1f}%"), real(50)),
    "dollars": (written(lambda v: f'"${v:,.2f}"'), real(5e4)),
    "day first": (written(lambda v: f"{v:%d.%m.%Y}"), dated(date)),
    "month first": (written(lambda v: f"{v:%m/%d/%y}"), dated(date)),
    "compact dates": (written(lambda v: f"{v:%Y%m%d}"), dated(date)),
    "hours and minutes": (written(lambda v: f"{v:%H:%M}"), dated(clock)),
}  # fmt: skip
