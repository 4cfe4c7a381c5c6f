"""Reading CSV and TSV: pyarrow does the work; here is what it leaves to decide.

Which character separates the columns, what counts as missing, which columns are text, and what to say when a line does
not fit.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa

from clearprop.errors import TableError

UTF8_MARK = b"\xef\xbb\xbf"  # what some programs write at the start of a file in UTF-8
SEPARATORS = (",", "\t", ";", "|")
MISSING = (
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "NaN", "nan", "-nan", "-NaN", "NULL", "null", "None", "?",
)  # fmt: skip
LARGEST_BLOCK = 2**30  # bytes; pyarrow counts them in 32 bits
LONGEST_HEADER = 2**20


def read_csv(path: Path, separator: str | None, text_columns: Collection[str]) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, and sentences about what was decided."""
    head = _head(path)
    if not head.removeprefix(UTF8_MARK).strip():
        raise TableError(f"{path} is empty")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        raise TableError(f"{path} is not text in UTF-8 (it may be UTF-16, or not text at all): save it as UTF-8")
    notices: list[str] = []
    if separator is None:
        separator = _separator(head)
        if separator != ",":
            notices.append(f"columns are separated by {'tabs' if separator == chr(9) else repr(separator)}")
    table = _read(path, separator, "utf-8", text_columns)
    if table is None or not _is_text(table):
        table = _read(path, separator, "cp1252", text_columns)
        assert table is not None
        notices.append("the text is not UTF-8 and was read as Windows-1252")
    names = [name if name.strip() else f"unnamed {number}" for number, name in enumerate(table.column_names, start=1)]
    return table.rename_columns(names), tuple(notices)


def _is_text(table: pa.Table) -> bool:
    """Whether the header and all texts are UTF-8; pyarrow reads a column of others as bytes, a header unseen."""
    try:
        table.column_names  # noqa: B018  (to ask for the names is to decode them)
    except UnicodeDecodeError:
        return False
    return not any(pa.types.is_binary(kind) for kind in table.schema.types)


def _head(path: Path) -> bytes:
    with pa.input_stream(str(path)) as stream:  # undoes .gz and its kin by the file's name
        found: bytes = stream.read(LONGEST_HEADER)
    return found


def _separator(head: bytes) -> str:
    """The separator that is most frequent in the header outside quotes; a comma if there is none."""
    line = re.sub(rb'"[^"]*"', b"", head.removeprefix(UTF8_MARK).lstrip(b"\r\n").splitlines()[0])
    counts = [line.count(item.encode()) for item in SEPARATORS]
    return SEPARATORS[counts.index(max(counts))]


def _read(path: Path, separator: str, encoding: str, text_columns: Collection[str]) -> pa.Table | None:
    """Read with types found from the first block of the file and, if a later block does not fit, from all of it.

    None where one of the `text_columns` is not in UTF-8, though it was to be read so.
    """
    import pyarrow.csv

    def attempt(**how: Any) -> pa.Table:
        return pyarrow.csv.read_csv(
            str(path),
            read_options=pyarrow.csv.ReadOptions(encoding=encoding, **how),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                null_values=list(MISSING),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                column_types={name: pa.string() for name in text_columns},
            ),
        )

    try:
        return attempt()
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        # One thread knows the number of a line, many do not.
        how = {"block_size": LARGEST_BLOCK} if "conversion error" in str(error) else {"use_threads": False}
    try:
        return attempt(**how)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        if encoding == "utf-8" and "invalid UTF8 data" in str(error):
            return None
        raise _clearer(path, error) from None


def _clearer(path: Path, error: Any) -> TableError:
    """pyarrow's complaint in the words of these messages, where it is one that users meet."""
    text = str(error)
    found = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", text)
    if found:
        line, expected, got = found.groups()
        where = f"line {line}" if line else "a line"
        return TableError(
            f"{path}: {where} has {got} values, but the header names {expected} columns; "
            "check that line for a missing or stray separator or quote"
        )
    if isinstance(error, UnicodeDecodeError):
        return TableError(f"{path} is not text in UTF-8 or Windows-1252: save it as UTF-8")
    first_line = text.splitlines()[0]
    return TableError(f"{path} cannot be read as a table: {first_line}")
