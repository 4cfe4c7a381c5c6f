"""Reading CSV and TSV: pyarrow does the work; here is what it leaves to decide.

What the file looks like (`clearprop.tables.csv_form`), what counts as missing, which columns are text, and what to say
when a line does not fit.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables.csv_form import BLANKS, LINES, Form, form_of, with_tabs
from clearprop.tables.csv_lines import Lines
from clearprop.tables.csv_numbers import is_value
from clearprop.tables.options import ReadOptions
from clearprop.tables.source import Source, lines_of

UTF8_MARK = b"\xef\xbb\xbf"  # what some programs write at the start of a file in UTF-8
OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
OTHER_KINDS = {
    b"PK\x03\x04": "a .zip, or an Excel file: name it .zip or .xlsx", b"PAR1": "Parquet: name it .parquet",
    b"ARROW1": "Arrow: name it .arrow", b"\x1f\x8b": "compressed: name it .gz", b"BZh9": "compressed: name it .bz2",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save it as .xlsx or CSV", b"%PDF": "a PDF: copy the table out of it",
    b"<!DOCTYPE": "a web page: download the table itself", b"<html": "a web page: download the table itself",
    b"<?xml": "XML: convert it to CSV", b"{\rtf": "a document of a word processor: save the table as CSV",
}  # fmt: skip
READ_AS_THEY_ARE = ("utf-8", "cp1252")  # encodings
SHORT_HEADER, LONGEST_HEADER = 2**16, 2**20  # bytes that are looked at; the longer one where lines are long


class CsvTable(NamedTuple):
    """What a text file held, sentences about what was decided, the decimal mark of its numbers, and its target."""

    table: pa.Table
    notices: tuple[str, ...]
    decimal: str | None
    target: str | None = None


def read_csv(
    source: Source, separator: str | None, text_columns: Collection[str], options: ReadOptions, known: Collection[str]
) -> CsvTable:
    """The table, and what was decided.

    Parameters
    ----------
    source : Source
    separator : str or None
        What the file's name tells.
    text_columns : collection of str
        Columns to leave as text.
    options : ReadOptions
    known : collection of str
        Columns that the file is expected to have.

    Raises
    ------
    TableError
        When it cannot be read, or can be understood in two ways; the message says why and what to do.
    """
    source = source if source.is_plain else source.unpacked()
    encoding, notices = encoding_of(source, options)
    if encoding not in READ_AS_THEY_ARE:
        source, encoding = _transcoded(source, encoding), "utf-8"
    form = form_of(source, head_of(source, encoding), options, separator, known, text_columns)
    if form.separator in BLANKS:
        source, form = _with_tabs(source, form), form._replace(separator="\t")
    if form.marks is not None:
        text_columns = {*text_columns, *form.marks.categories}
    lines = Lines(source, form, text_columns, options)
    table = _read(lines, encoding)
    if table is None or not _is_text(table):
        if options.encoding is not None:
            raise TableError(f"{source} is not text in {options.encoding}")
        table = _read(lines, "cp1252")
        assert table is not None
        notices.append("the text is not UTF-8 and was read as Windows-1252 (--encoding says otherwise)")
    names = [name.strip() or f"unnamed {number}" for number, name in enumerate(table.column_names, start=1)]
    table = table.rename_columns(names)
    _check_quotes(source, table, form)
    said = (*form.notices, *notices, *lines.said)
    if form.marks is None or len(set(names)) < len(names):
        return CsvTable(table, said, form.decimal)
    table, more = form.marks.applied(table, {*known, *text_columns})
    return CsvTable(table, (*said, *more), form.decimal, form.marks.target)


def _head(source: Source) -> bytes:
    """The beginning, with as many lines as are looked at."""
    head = source.head(SHORT_HEADER)
    if len(head) == SHORT_HEADER and head.count(b"\n") < LINES:
        head = source.head(LONGEST_HEADER)
    return head


def head_of(source: Source, encoding: str) -> str:
    """The beginning of a file as text, whole lines."""
    return _whole_lines(_head(source), encoding)


def encoding_of(source: Source, options: ReadOptions) -> tuple[str, list[str]]:
    """The encoding to read with, and what there is to say of it.

    Raises
    ------
    TableError
        When the file is empty, or by its first bytes no text.
    """
    head = _head(source)
    if not head.removeprefix(UTF8_MARK).strip():
        raise TableError(f"{source} is empty")
    for begin, what in OTHER_KINDS.items():
        if head.removeprefix(UTF8_MARK).lstrip().startswith(begin):
            raise TableError(f"{source} holds no text in columns, whatever its name; by its first bytes it is {what}")
    if options.encoding is not None:
        name = codecs.lookup(options.encoding).name
        return {"utf-8-sig": "utf-8"}.get(name, name), []
    for mark, name in OTHER_MARKS:
        if head.startswith(mark):
            return name, [f"the text is {name.upper()}"]
    if b"\x00" in head:
        raise TableError(
            f"{source} is not text in UTF-8 (it may be UTF-16, or not text at all): save it as UTF-8, or name its "
            "--encoding"
        )
    return "utf-8", []


def _transcoded(source: Source, encoding: str) -> Source:
    try:
        text = source.content().decode(encoding)
    except (UnicodeError, ValueError):
        raise TableError(f"{source} is not text in {encoding}: save it as UTF-8, or name its --encoding") from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise TableError(f"{source} is empty")
    return source.holding(text.encode("utf-8", "replace"))


def _whole_lines(head: bytes, encoding: str) -> str:
    text = head.removeprefix(UTF8_MARK)
    if len(head) in (SHORT_HEADER, LONGEST_HEADER) and b"\n" in text:
        text = text[: text.rindex(b"\n")]
    try:
        return text.decode(encoding)
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def _with_tabs(source: Source, form: Form) -> Source:
    """The same with a tab between two columns, instead of blanks."""
    text = source.content().decode("latin-1")  # whatever the encoding is, blanks and quotes are the same bytes
    lines = [with_tabs(line, form.separator, form.quote) for line in text.split("\n")]
    return source.holding("\n".join(lines).encode("latin-1"))


def _is_text(table: pa.Table) -> bool:
    """Whether the header and all texts are UTF-8; pyarrow reads a column of others as bytes, a header unseen."""
    try:
        table.column_names  # noqa: B018  (to ask for the names is to decode them)
    except UnicodeDecodeError:
        return False
    return not any(pa.types.is_binary(kind) for kind in table.schema.types)


def _read(lines: Lines, encoding: str) -> pa.Table | None:
    """The table; None where one of the columns to leave as text is not in UTF-8, though it was to be read so."""
    try:
        return lines.read(encoding)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        if encoding == "utf-8" and ("invalid UTF8 data" in str(error) or isinstance(error, UnicodeDecodeError)):
            return None
        raise clearer(lines.source, error) from None


def clearer(source: Source, error: Any) -> TableError:
    """pyarrow's complaint in the words of these messages, where it is one that users meet."""
    text = str(error)
    found = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", text)
    if found:
        line, expected, got = found.groups()
        where = f"line {line}" if line else "a line"
        n_values = f"{got} value{'s' if got != '1' else ''}"
        n_names = f"{expected} column{'s' if expected != '1' else ''}"
        return TableError(
            f"{source}: {where} has {n_values}, but the header names {n_names}; "
            "check that line for a missing or stray separator or quote"
        )
    if isinstance(error, UnicodeDecodeError):
        return TableError(f"{source} is not text in UTF-8 or Windows-1252: save it as UTF-8, or name its --encoding")
    first_line = text.splitlines()[0]
    return TableError(f"{source} cannot be read as a table: {first_line}")


def _check_quotes(source: Source, table: pa.Table, form: Form) -> None:
    """Raise TableError where a quote that is not closed has swallowed rows: a field holds lines like the others."""
    texts = [place for place, kind in enumerate(table.schema.types) if pa.types.is_string(kind)]
    with_breaks = [place for place in texts if _has_break(table.column(place))]
    firm = [place for place in range(table.num_columns) if place not in texts]
    for place in with_breaks:
        column = table.column(place)
        rows = np.flatnonzero(pc.fill_null(pc.match_substring(column, "\n"), False).to_numpy())
        for row in rows:
            if _is_swallowed(column[int(row)].as_py(), place, table.num_columns, form.separator, firm):
                line = _line(table, with_breaks, int(row), form)
                raise TableError(
                    f"{source}: line {line} has a quote in column {table.column_names[place]!r} that is not closed in "
                    "that line, so that the lines below became part of its value: remove the quote, or double it"
                )


def _has_break(column: pa.ChunkedArray) -> bool:
    """Whether a line break is in any of the texts: a look at their bytes, which takes no time."""
    return any(
        chunk.buffers()[2] is not None and bool((np.frombuffer(chunk.buffers()[2], np.uint8) == 10).any())
        for chunk in column.chunks
    )


def _is_swallowed(text: str, place: int, n_columns: int, separator: str, firm: Collection[int]) -> bool:
    pieces = [piece.split(separator) for piece in lines_of(text)]
    whole = [piece for piece in pieces[1:-1] if len(piece) == n_columns]
    if whole and n_columns > 1:
        if not firm:
            return n_columns > 2 and len(whole) == len(pieces) - 2
        return any(all(is_value(piece[k]) or not piece[k].strip() for k in firm) for piece in whole)
    first, last = pieces[0], pieces[-1]
    fits = len(pieces) == 2 and len(first) == n_columns - place and len(last) == place + 1
    before, after = [k for k in firm if k < place], [k for k in firm if k > place]
    return bool(
        fits and firm and all(is_value(last[k]) for k in before) and all(is_value(first[k - place]) for k in after)
    )


def _line(table: pa.Table, with_breaks: Collection[int], row: int, form: Form) -> int:
    """The number of the line on which a row begins."""
    above = [table.column(place).slice(0, row) for place in with_breaks]
    breaks = sum(pc.sum(pc.count_substring(column, "\n")).as_py() or 0 for column in above)
    return form.skip + (0 if form.names else 1) + row + int(breaks) + 1
