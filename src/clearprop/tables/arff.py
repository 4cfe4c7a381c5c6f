"""Reading ARFF, the format of Weka and of OpenML's older files: its header names the type of every column.

Read here and not by a library: SciPy's reader takes a quoted nominal value only if the first row has quotes and drops
instance weights unsaid, liac-arff turns INTEGER 1.9 into 1 and knows neither dates nor tabs. Nominal columns become
declared categories, as those of a data frame.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables import dates
from clearprop.tables.notation import parsed
from clearprop.tables.options import is_order
from clearprop.tables.source import Source, lines_of

QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
ATTRIBUTE = re.compile(rf"@attribute\s+(?P<name>{QUOTED}|[^\s{{]+)\s*(?P<type>.*)$", re.IGNORECASE)
VALUE = re.compile(rf"\s*(?P<value>{QUOTED}|[^,\t]*?)\s*(?:[,\t]|$)")
SPARSE = re.compile(rf"\s*(?P<place>\d+)\s+(?P<value>{QUOTED}|[^,]*?)\s*(?:,|$)")
WEIGHT = re.compile(r"\s*[\d.eE+-]+\s*\}")
NUMBERS = ("numeric", "real", "integer")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
JAVA = (
    ("yyyy", "%Y"), ("yy", "%y"), ("MMM", "%b"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"),
    ("'T'", "T"),
)  # fmt: skip


class Attribute(NamedTuple):
    """A column: its name, its kind ("number", "category", "text" or "date"), and its categories or format."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    form: str = ""


def read_arff(source: Source) -> tuple[pa.Table, tuple[str, ...]]:
    """The table, and what was decided; raises TableError with the number of the line that cannot be read."""
    try:
        lines = lines_of(source.content().decode("utf-8-sig"))
        notices: list[str] = []
    except UnicodeDecodeError:
        lines = lines_of(source.content().decode("cp1252", "replace"))
        notices = ["the text is not UTF-8 and was read as Windows-1252"]
    attributes: list[Attribute] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        word = text.split(None, 1)[0].lower() if text else ""
        if word == "@data":
            break
        if word.startswith("@attribute"):
            attributes.append(_attribute(source, number, text))
        elif text and not text.startswith("%") and word != "@relation":
            raise TableError(f"{source}: line {number} is not part of the header of an ARFF file: {text[:60]!r}")
    else:
        raise TableError(f"{source} has no line @data, as an ARFF file must")
    rows: list[list[str | None]] = []
    weighted = 0
    for place, line in enumerate(lines[number:], start=number + 1):
        text = line.strip()
        if not text or text.startswith("%"):
            continue
        bare = _without_weight(text)
        weighted += bare != text and bool(bare)
        rows.append(_row(source, place, bare or text, attributes))
    if weighted:
        notices.append(f"{weighted:,} row{'s have' if weighted > 1 else ' has'} a weight, which is not used")
    made = {item.name: _column(source, item, [row[k] for row in rows]) for k, item in enumerate(attributes)}
    if len(made) < len(attributes):
        raise TableError(f"{source} has two columns of the same name: rename one of them")
    return pa.table(made), tuple(notices)


def _without_weight(text: str) -> str:
    """A row without the weight at its end, in braces behind a comma or a blank."""
    head, brace, tail = text.rpartition("{")
    bare = head.rstrip().removesuffix(",")
    return bare.rstrip() if brace and bare != head and WEIGHT.fullmatch(tail) else text


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text[1:-1])
    return text


def _attribute(source: Source, number: int, text: str) -> Attribute:
    found = ATTRIBUTE.match(text)
    if found is None:
        raise TableError(f"{source}: line {number} does not name a column and its type: {text[:60]!r}")
    name, kind = _unquoted(found["name"]), found["type"].strip()
    if kind.startswith("{") and "}" in kind:
        inner = kind[1 : kind.rindex("}")]
        return Attribute(name, "category", tuple(_unquoted(item["value"]) for item in VALUE.finditer(inner) if item[0]))
    word = re.split(r"[\s%]", kind.lower(), maxsplit=1)[0]
    if word in NUMBERS:
        return Attribute(name, "number")
    if word == "string":
        return Attribute(name, "text")
    if word == "date":
        form = _unquoted(kind[4:].strip())
        for java, ours in JAVA:
            form = form.replace(java, ours)
        if form and not is_order(form):
            raise TableError(f"{source}: line {number}: dates of the format {kind[4:].strip()[:40]} cannot be read")
        return Attribute(name, "date", form=form)
    raise TableError(f"{source}: line {number}: a column of type {kind[:30]!r} cannot be read; save the table as CSV")


def _row(source: Source, number: int, text: str, attributes: list[Attribute]) -> list[str | None]:
    if text.startswith("{"):
        row: list[str | None] = [item.values[0] if item.values else "0" for item in attributes]
        for found in SPARSE.finditer(text.strip("{}")):
            if int(found["place"]) >= len(row):
                raise TableError(
                    f"{source}: line {number} has a value for column {found['place']}, which does not exist"
                )
            row[int(found["place"])] = _value(found["value"])
        return row
    values = [_value(found["value"]) for found in VALUE.finditer(text)]
    if not text.endswith((",", "\t")) and len(values) > 1:
        values.pop()  # the empty match at the end
    if len(values) != len(attributes):
        raise TableError(
            f"{source}: line {number} has {len(values)} values, but the header names {len(attributes)} columns"
        )
    return values


def _value(text: str) -> str | None:
    return None if text in ("?", "") else _unquoted(text)


def _column(source: Source, item: Attribute, values: list[str | None]) -> pa.Array:
    words = pa.array(values, pa.string())
    if item.kind == "category":
        return words.dictionary_encode()
    if item.kind == "text":
        return words
    known = words.is_valid().to_numpy(zero_copy_only=False)
    filled = words.fill_null("")
    if item.kind == "number":
        numbers, good = parsed(filled)
    else:
        numbers = dates.seconds(filled, item.form)
        good = ~np.isnan(numbers)
    bad = known & ~good
    if bad.any():
        row = int(np.argmax(bad))
        what = "a number" if item.kind == "number" else f"a date as {item.form or '2025-12-31'}"
        raise TableError(
            f"{source}: column {item.name!r} holds {values[row]!r} in row {row + 1}, where {what} is expected"
        )
    return _typed(item, numbers, ~known)


def _typed(item: Attribute, numbers: Any, absent: Any) -> pa.Array:
    if item.kind == "number":
        return pa.array(np.where(absent, np.nan, numbers), mask=absent)
    ticks = np.where(absent, 0, np.round(np.nan_to_num(numbers) * 1e6)).astype(np.int64)
    return pa.array(ticks, pa.int64(), mask=absent).cast(pa.timestamp("us"))
