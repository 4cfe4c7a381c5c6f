"""How a text file is written, found out from its beginning: separator, quotes, comments, names, decimal mark."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError, shortened
from clearprop.tables.csv_numbers import NUMBER, codes, decimal_mark, is_value, said_of_mark
from clearprop.tables.dates import seconds
from clearprop.tables.options import MISSING, ReadOptions
from clearprop.tables.orange import Marks, marks_of
from clearprop.tables.source import lines_of

LONGEST_LINE = 300  # characters of the first line that a message quotes
SEPARATORS = ("\t", ";", "|", ",")
BLANKS = {" ": r" +", "  ": r" {2,}"}  # separators of which a line may have more than it says
NAMED = {"\t": "tabs", " ": "blanks", "  ": "two blanks or more"}
LINES = 40  # that are looked at
NUMBERED = "column {}"  # the names of columns that have none
YEARS = (1500, 2300)
MANY_NAMES = 8  # numbers that rise from column to column, and so name them
SAID = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


class Form(NamedTuple):
    """How a text file is written.

    Attributes
    ----------
    separator : str
        " " for any number of blanks, "  " for at least two.
    quote : str
    skip : int
        Lines before the header or, where there are `names`, before the first row.
    names : tuple of str
        Of the columns, where no line of the file names them as it is.
    n_columns : int
    decimal : str or None
    comments : bool
        Whether lines that begin with # are comments.
    notices : tuple of str
    marks : Marks or None
        What lines below the names say of the columns.
    """

    separator: str
    quote: str
    skip: int
    names: tuple[str, ...]
    n_columns: int
    decimal: str | None
    comments: bool
    notices: tuple[str, ...]
    marks: Marks | None = None


def form_of(
    path: object,
    head: str,
    options: ReadOptions,
    default: str | None,
    known: Collection[str],
    as_text: Collection[str] = (),
) -> Form:
    """The form of the file that begins so.

    Parameters
    ----------
    path : object
        For messages.
    head : str
        The beginning of the file, whole lines.
    options : ReadOptions
        What the user said.
    default : str, optional
        The separator that the file's name tells.
    known : collection of str
        Columns that the file is expected to have; if its first line names one, it is a header.
    as_text : collection of str
        Columns that are read as text.

    Raises
    ------
    TableError
        When the first line looks like values, or there is nothing in the file.
    """
    lines = lines_of(head)
    skip = next((place for place, line in enumerate(lines) if line.strip()), 0)
    notices: list[str] = []
    separator = options.separator or default
    if found := SAID.fullmatch(lines[skip].strip()):  # Excel's own note to itself
        separator, skip = options.separator or found[1], skip + 1
    first = _first_row(path, lines, skip)
    separator = separator or _separator(lines[first : first + LINES], known)
    if separator != "," and default is None and options.separator is None:
        notices.append(f"columns are separated by {NAMED.get(separator, repr(separator))}")
    quote = _quote(lines[first], separator)
    rows = [_split(line, separator, quote) for line in lines[first : first + LINES] if line.strip()]
    names: tuple[str, ...] = ()
    if first > skip:  # lines that begin with #: comments, or the names of the columns
        hidden = _split(lines[first - 1], separator, quote)
        may_name = len(hidden) == len(rows[0]) > 1
        if may_name and hidden[0] == "#":
            first, rows = first - 1, [hidden, *rows]  # a column that numbers the rows
        elif may_name and _is_header(tail := [hidden[0].lstrip("#").strip(), *hidden[1:]], rows):
            names, rows = tuple(tail), [tail, *rows]
    comments = first > skip
    if not names and options.header is not False and _as_r_writes(path, lines[first : first + LINES], rows):
        names, rows, first = ("unnamed 1", *rows[0]), [["", *rows[0]], *rows[1:]], first + 1
        notices.append("the header names one column fewer than there are: the first is named 'unnamed 1'")
    n_comments = first - skip - (1 if names else 0)
    if n_comments:
        notices.append(f"{n_comments} line{'s' if n_comments > 1 else ''} of comments before the table, skipped")
    marks = None if names or options.header is False else marks_of(rows)
    if marks is not None:
        names, rows, first = marks.names, [rows[0], *rows[3:]], first + 3
    header = options.header if options.header is not None or names else _has_header(path, rows, known)
    if header is False and not names:
        names = tuple(NUMBERED.format(number) for number in range(1, len(rows[0]) + 1))
        notices.append(f"no header: the columns are named {names[0]!r} to {names[-1]!r}")
        rows = [list(names), *rows]
    decimal = options.decimal or decimal_mark(rows[1:], separator)
    notices += said_of_mark(rows, separator, decimal) if options.decimal is None else []
    notices += [] if known else codes(rows, as_text)
    return Form(separator, quote, first, names, len(rows[0]), decimal, comments, tuple(notices), marks)


def _first_row(path: object, lines: Sequence[str], skip: int) -> int:
    """The first line from here on that is no comment; TableError where only blanks follow."""
    first = next((k for k in range(skip, len(lines) - 1) if not lines[k].startswith("#")), len(lines) - 1)
    if not any(line.strip() for line in lines[first : first + LINES]):
        raise TableError(f"{path} holds no table: there is nothing in it but blanks and comments")
    return first


def _width_below(rows: Sequence[list[str]]) -> int | None:
    """How many values each of the lines below the first has, if they agree and differ from it; otherwise None."""
    widths = {len(row) for row in rows[1:]}
    return widths.pop() if len(rows) > 2 and len(widths) == 1 and widths != {len(rows[0])} else None


def _as_r_writes(path: object, lines: Sequence[str], rows: Sequence[list[str]]) -> bool:
    """Whether the first line names all columns but the first; TableError where it names others than there are."""
    n_names, n_values = len(rows[0]), _width_below(rows)
    if n_values is None or n_values == n_names + 1:
        return n_values is not None
    apart = {len(re.sub(r'"[^"]*"', "x", line).split()) for line in lines if line.strip()}
    if len(apart) == 1 and apart.pop() > max(n_names, n_values) - 1:
        cure = "blanks may separate the columns: --separator blank"
    else:
        cure = "take it away, as tail -n +2 does, and say --no-header; or look for a stray separator or quote in it"
    raise TableError(f"{path}: the first line has {n_names} values, and each line below it {n_values}; {cure}")


def _separator(lines: Sequence[str], known: Collection[str]) -> str:
    """The separator that is in every line as often as in the first; else the most frequent one of the first line."""
    if lines[0].strip().strip('"') in known:  # a name with a blank, or a comma, in it
        return ","
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines if line.strip()]
    counts = {mark: [line.count(mark) for line in bare] for mark in SEPARATORS}
    for mark in SEPARATORS:
        if counts[mark][0] and len(set(counts[mark])) == 1 and len(bare) > 1:
            return mark
    most = max(reversed(SEPARATORS), key=lambda mark: counts[mark][0])
    if counts[most][0]:
        return most
    if _is_apart(bare):
        return " "
    return "  " if _is_far_apart(bare) else most


def _is_apart(lines: Sequence[str]) -> bool:
    """Whether blanks separate columns: as many in every line, and most of them numbers."""
    rows = [line.split() for line in lines]
    cells = [cell for row in rows[1:] for cell in row]
    same = len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1
    if not same or 2 * sum(map(is_value, cells)) <= len(cells):
        return False
    dated = ~np.isnan(seconds(pa.array(list(lines[1:])), "dmy"))
    return bool(2 * dated.sum() < len(dated))  # 3 Jan 2020 is one value


def _is_far_apart(lines: Sequence[str]) -> bool:
    """Whether two blanks or more separate columns, of which texts with single blanks can be values."""
    rows = [re.split(BLANKS["  "], line.strip()) for line in lines]
    same = len(rows) > 2 and len({len(row) for row in rows}) == 1
    return same and (len(rows[0]) > 2 or (len(rows[0]) > 1 and any(map(is_value, chain.from_iterable(rows[1:])))))


def _quote(line: str, separator: str) -> str:
    """The character round texts: a single quote only where every name has it."""
    fields = re.split(BLANKS[separator], line.strip()) if separator in BLANKS else line.split(separator)
    single = all(len(item.strip()) > 1 and item.strip()[0] == item.strip()[-1] == "'" for item in fields)
    return "'" if single else '"'


def _split(line: str, separator: str, quote: str) -> list[str]:
    """The fields of one line, without blanks around."""
    line = line.removeprefix("\ufeff").rstrip("\r\n")
    if separator in BLANKS:
        separator, line = "\t", with_tabs(line, separator, quote)
    reader = csv.reader([line], delimiter=separator, quotechar=quote, skipinitialspace=True)
    try:
        return [cell.strip() for cell in next(reader, [""])] or [""]
    except csv.Error:
        return line.split(separator)


def with_tabs(line: str, separator: str, quote: str) -> str:
    """A line whose columns blanks separate, with one tab for the blanks between two; what is in quotes stays.

    Examples
    --------
    >>> from clearprop.tables.csv_form import with_tabs
    >>> with_tabs("12-15 years   No", "  ", '"'), with_tabs('1  "a b"', " ", '"')
    ('12-15 years\\tNo', '1\\t"a b"')
    """
    between = re.compile(f"{quote}[^{quote}]*{quote}|{BLANKS[separator]}|\t")
    return between.sub(lambda found: found[0] if found[0][0] == quote else "\t", line.strip())


def _has_header(path: object, rows: Sequence[list[str]], known: Collection[str]) -> bool:
    """Whether the first line names the columns; refused where it looks like values."""
    names = rows[0]
    if set(known) & set(names) or _is_header(names, rows[1:]):
        return True
    shown = shortened(", ".join(names[:6]) + (", …" if len(names) > 6 else ""), LONGEST_LINE)
    raise TableError(
        f"{path}: the first line ({shown}) looks like values, not names of columns; --no-header if it is the first row "
        f"(the columns are then named 'column 1' to 'column {len(names)}'), --header if these are names"
    )


def _is_header(names: Sequence[str], rows: Sequence[list[str]]) -> bool:
    """Whether a line names columns: by words that are not just the values below them, or by numbers in order."""
    values = [float(name) for name in names if NUMBER.fullmatch(name)]
    columns = [{row[place] for row in rows if len(row) > place} for place in range(len(names))]
    words = [(name, column) for name, column in zip(names, columns, strict=True) if not NUMBER.fullmatch(name)]
    are_values = all(name in column for name, column in words if name not in MISSING)
    if values:
        return _is_in_order(values) and not (words and are_values)
    if any(is_value(name) for name, _ in words) and rows:
        return False
    twice = len(set(names)) < len(names)
    return not (rows and twice and are_values and any(name not in MISSING for name in names))


def _is_in_order(values: Sequence[float]) -> bool:
    """Whether numbers name columns as a frame without names does, or as years, or as wavelengths."""
    steps = [b - a for a, b in pairwise(values)]
    if any(step <= 0 for step in steps):
        return False
    years = all(value.is_integer() and YEARS[0] <= value <= YEARS[1] for value in values)
    even = set(steps) == {1} or (len(steps) > 1 and max(steps) - min(steps) < 1e-6 * max(steps))
    return years or even or len(values) >= MANY_NAMES
