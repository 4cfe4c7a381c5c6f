"""Ways of storing a column that mean nothing here, undone: dictionaries, views, runs, extension types, byte order."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.tables import spelling

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
PERIODS = {
    "Y": "datetime64[Y]", "A": "datetime64[Y]", "M": "datetime64[M]", "D": "datetime64[D]", "h": "datetime64[h]",
    "H": "datetime64[h]", "min": "datetime64[m]", "T": "datetime64[m]", "s": "datetime64[s]", "S": "datetime64[s]",
}  # fmt: skip


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as one of a few types: numbers, truths, strings, dates, times, lists of one length; or as it is."""
    kind, types = column.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _of_extension(column)
    if types.is_dictionary(kind):
        return plain(_each(column, _decoded, kind.value_type))
    if types.is_run_end_encoded(kind):
        return plain(_each(column, pc.run_end_decode, kind.value_type))
    if types.is_large_string(kind) or types.is_string_view(kind):
        return column.cast(pa.string())
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind):
        return _as_text(column)
    if types.is_list_view(kind) or types.is_large_list_view(kind):
        return plain(_each(column, _listed, pa.list_(kind.value_type)))
    if types.is_large_list(kind):
        return plain(column.cast(pa.list_(kind.value_type)))
    if types.is_list(kind):
        return _of_one_length(column)
    if types.is_fixed_size_list(kind) and types.is_decimal(kind.value_type):
        return column.cast(pa.list_(pa.float64(), kind.list_size))
    return column


def _each(column: pa.ChunkedArray, change: Any, kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([change(chunk) for chunk in column.chunks], kind)


def _decoded(chunk: pa.DictionaryArray) -> pa.Array:
    return chunk.dictionary.take(chunk.indices)


def _listed(chunk: pa.Array) -> pa.ListArray:
    """A list of views as a list; pyarrow 26's cast makes an array that lacks its last offset."""
    sizes = pc.fill_null(pc.list_value_length(chunk), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, chunk.flatten(), mask=chunk.is_null())


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Bytes as text, which some writers of Parquet do not declare; as they are where they are none."""
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return column


def _of_one_length(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lists of numbers that all have one length, as vectors; a missing list is a vector that is missing."""
    inner, types = column.type.value_type, pa.types
    number = types.is_integer(inner) or types.is_floating(inner) or types.is_boolean(inner) or types.is_decimal(inner)
    lengths = pc.unique(pc.list_value_length(column).drop_null())
    if not number or len(lengths) != 1 or not lengths[0].as_py():
        return column
    size = lengths[0].as_py()
    if types.is_decimal(inner):
        column, inner = column.cast(pa.list_(pa.float64())), pa.float64()
    return column.cast(pa.list_(inner, size))


def _of_extension(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    storage = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
    details = {name: getattr(kind, name) for name in ("closed", "freq") if hasattr(kind, name)}
    found = of_pandas(kind.extension_name, details, storage)
    if found is None and kind.extension_name == "arrow.bool8":
        found = storage.cast(pa.bool_())
    return plain(found if found is not None else storage)


def of_pandas(name: str, details: dict[str, Any], storage: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """A column of a type of pandas' own from what it is stored as, or None.

    Parameters
    ----------
    name : str
        "pandas.interval", whose values become their text, or "pandas.period", which becomes its beginning.
    details : dict
        Which ends an interval includes, or how long a period is.
    storage : pyarrow.ChunkedArray
    """
    if name == "pandas.interval" and "closed" in details and pa.types.is_struct(storage.type):
        ends = {"closed": str(details["closed"])}
        texts = [None if value is None else spelling.of_object({**value, **ends}) for value in storage.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if name == "pandas.period" and "freq" in details and pa.types.is_integer(storage.type):
        return _of_periods(str(details["freq"]), storage)
    return None


def _of_periods(freq: str, storage: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """When each period begins."""
    ordinals = pc.fill_null(storage, 0).to_numpy().astype(np.int64)
    letter, _, day = freq.partition("-")
    if letter == "Q" and freq in ("Q", "Q-DEC"):
        begins = (3 * ordinals).astype("datetime64[M]")
    elif letter == "W" and (day or "SUN") in WEEKDAYS:  # the last day of a week; the first of them began on 29.12.1969
        weekday = WEEKDAYS.index(day or "SUN")
        begins = (7 * ordinals - 10 + (weekday + 1) % 7).astype("datetime64[D]")
    elif letter in PERIODS and freq in (letter, "Y-DEC", "A-DEC"):
        begins = ordinals.astype(PERIODS[letter])
    else:
        return None
    absent = pc.is_null(storage).to_numpy()
    return pa.chunked_array([pa.array(begins.astype("datetime64[s]"), pa.timestamp("s"), mask=absent)])


def of_fields(table: pa.Table) -> pa.Table:
    """The table with columns of pandas' own types, which a Parquet file names in its fields if pandas is not loaded."""
    for place, field in enumerate(table.schema):
        about = field.metadata or {}
        name = about.get(b"ARROW:extension:name", b"").decode("utf-8", "replace")
        if not name.startswith("pandas.") or isinstance(field.type, pa.BaseExtensionType):
            continue
        try:
            details = json.loads(about.get(b"ARROW:extension:metadata", b"{}"))
        except ValueError:
            continue
        found = of_pandas(name, details, table.column(place)) if isinstance(details, dict) else None
        if found is not None:
            table = table.set_column(place, field.name, found)
    return table


def native(values: Any) -> Any:
    """A NumPy array in this machine's byte order, and in a type that Arrow has.

    Arrow refuses arrays of the other byte order ("Byte-swapped arrays not supported"), which FITS, HDF5 and IDX files
    hold, long doubles, and dates counted in hours or minutes.
    """
    dtype = values.dtype
    if dtype.kind == "f" and dtype.itemsize > 8:
        return values.astype(np.float64)
    if dtype.kind in "mM" and np.datetime_data(dtype)[0] in ("Y", "M", "W", "h", "m", "D", "generic"):
        return values.astype(f"{'datetime64' if dtype.kind == 'M' else 'timedelta64'}[s]")
    if not dtype.isnative:
        return values.astype(dtype.newbyteorder("="))
    return values
