"""Sheets written as TOML, with the line and column of every key and value.

Python's own reader of TOML says whether a sheet is one and what it holds, but not where things stand. So the text is
walked once more, from key to key; strings and comments are stepped over as the format has them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from clearprop.errors import UnknownNameError
from clearprop.explain.checking.worksheets.faults import fault, place_at, placed_at
from clearprop.explain.checking.worksheets.settings import setting_of
from clearprop.explain.checking.worksheets.statements import Statement, tidy_name
from clearprop.explain.words.message import Message

TABLES = ("network", "results")
CAUSES = {  # what Python's reader says, by the key of the same in other languages
    "toml_array": r"Unclosed array",
    "toml_inline": r"Unclosed inline table",
    "toml_equals": r"Expected '=' after a key in a key/value pair",
    "toml_newline": r"Expected newline or end of document after a statement",
    "toml_header": r"Expected '\]\]?' at the end of .*",
    "toml_string": r"Unterminated string|Illegal character '\\n'|Expected .*",
    "toml_twice": r"Cannot (?:overwrite a value|(?:declare|mutate|redefine) .*)|Duplicate inline table key .*",
    "toml_key": r"Invalid initial character for a key part",
    "toml_escape": r"Unescaped '\\' in a string|Invalid hex value|Escaped character .*",
    "toml_character": r"(?:Illegal|Found invalid) character .*",
    "toml_date": r"Invalid date or datetime",
    "toml_invalid": r"Invalid value",
    "toml_statement": r"Invalid statement",
}
HEADER = re.compile(r"[ \t]*\[[ \t]*([^\[\]\n]+?)[ \t]*\][ \t]*(?:#[^\n]*)?(?=\n|\Z)")
KEY = re.compile(r"[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|[^\s=#]+(?:[ \t]*\.[ \t]*[^\s=#]+)*)[ \t]*=[ \t]*")
SKIPPED = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.S)
WHERE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


class Found(NamedTuple):
    """A key and its value as they stand in the text."""

    table: str
    key: str
    key_at: int
    value: str
    value_at: int


def toml_statements(text: str) -> Iterator[Statement]:
    """The statements of a sheet written as TOML.

    Raises
    ------
    InputError, UnknownNameError
        When it is not TOML or has another table than [network] and [results], with line and column.
    """
    text = text.replace("\r\n", "\n")
    document = _document(text)
    places = {(item.table, item.key): item for item in _walk(text)}
    for table, content in document.items():
        if table not in TABLES:
            at = next((m.start(1) for m in HEADER.finditer(text) if m[1].strip("\"'") == table), text.find(table))
            raise placed_at(place(text, at), UnknownNameError("table", table, TABLES))
        if not isinstance(content, dict):
            raise fault("toml_table", place(text, text.find(table)), name=table)
        for key, value in content.items():
            yield _statement(text, table, key, value, places)


def _document(text: str) -> dict[str, Any]:
    """What the sheet holds; InputError with the place where it is not TOML."""
    try:
        return tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        match = WHERE.match(str(error))
        words = match[1] if match else str(error)
        if match is None or match[2] is None:
            rows = text.rstrip("\n").split("\n")
            raise fault("toml_not", place_at(len(rows), len(rows[-1]) + 1), words=_cause(words)) from None
        line, column = int(match[2]), int(match[3])
        rest = text.split("\n")[line - 1][column - 1 :]
        word = re.match(r"[^\s,\]\[#]*", rest)
        if words == "Invalid value" and word is not None and word[0]:
            raise fault("toml_value", place_at(line, column), word=word[0]) from None
        raise fault("toml_not", place_at(line, column), words=_cause(words)) from None


def _cause(told: str) -> Message:
    """What Python's reader says is wrong."""
    key = next((key for key, pattern in CAUSES.items() if re.fullmatch(pattern, told)), "toml_other")
    return Message(key, words=told)


def _statement(text: str, table: str, key: str, value: Any, places: dict[tuple[str, str], Found]) -> Statement:
    found = places.get((table, key))
    if found is None or isinstance(value, dict):
        start = min((item.key_at for item in places.values() if item.key.startswith(f"{key}.")), default=text.find(key))
        raise fault("toml_kind", place(text, start), name=key)
    written, at = found.value, found.value_at
    if isinstance(value, str) and written[:1] in "\"'":
        quotes = 3 if written[:3] in ('"""', "'''") else 1
        inside = written[quotes:-quotes]
        written, at = (inside, at + quotes) if inside == value else (value, at + quotes)
    elif not isinstance(value, str):
        written = re.sub("[\"']", " ", written)  # numbers in quotes, so that their last zeros count
    line, column = _line_and_column(text, at)
    setting = setting_of(key, written) if table == "network" else None
    return Statement(
        setting or tidy_name(key), written, f"{key} = {found.value}", line, column, key, setting is not None
    )


def _walk(text: str) -> Iterator[Found]:
    """Every key of the text with its value, comments in the value blanked out."""
    table, position = "", 0
    while position < len(text):
        header, key = HEADER.match(text, position), KEY.match(text, position)
        if header is not None:
            table, position = header[1].strip("\"'"), header.end()
        elif key is not None:
            end = _end_of_value(text, key.end())
            value = SKIPPED.sub(lambda m: " " * len(m[0]) if m[0][0] == "#" else m[0], text[key.end() : end])
            yield Found(table, key[1].strip("\"'"), key.start(1), value.rstrip(), key.end())
            position = end
        else:
            after = text.find("\n", position)
            position = len(text) if after < 0 else after
        position += text[position : position + 1] == "\n"


def _end_of_value(text: str, position: int) -> int:
    """Where a value ends: at the end of its line, or of the line that closes its brackets."""
    depth = 0
    while position < len(text):
        skipped = SKIPPED.match(text, position)
        if skipped is not None:
            position = skipped.end()
            continue
        letter = text[position]
        if letter == "\n" and depth <= 0:
            break
        depth += (letter in "[{") - (letter in "]}")
        position += 1
    return position


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def place(text: str, position: int) -> Message:
    """Where a position of a text is, for messages."""
    return place_at(*_line_and_column(text, max(position, 0)))
