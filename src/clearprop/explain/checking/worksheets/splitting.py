"""Where in a line a name ends and its value begins, and whether there are several of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from clearprop.explain.checking.worksheets.arithmetic import worked_out
from clearprop.explain.checking.worksheets.letters import is_name
from clearprop.explain.checking.worksheets.phrases import meanings
from clearprop.explain.checking.worksheets.settings import BEGINS_AS_NUMBER, setting_called
from clearprop.explain.checking.worksheets.spelling import spelled
from clearprop.explain.checking.worksheets.statements import tidy_name
from clearprop.explain.checking.worksheets.values import readings
from clearprop.trace.names import Reference, parse

LONGEST_NAME = 80
LAST_NAME = re.compile(
    r"(?s)(.*?[\d\])}%…_?½])\s*(?:[,;→⟶↦]|->|\s&|\n|\s(?:and|und|et)\s|和|与|,\s*and\s)\s*(\D[^,;\n]*(?:\[[^\[\]]*\])*)\s*$"
)
NEXT_WORD = re.compile(r"(?s)(.*?[\d\])}%])\s+([^\W\d][^\s]*)\s*$")


NAME_NOTE = re.compile(r"\s+\((?!new|neu|t\s*\+)[^()]*[^\W\d]{2}[^()]*\)$")
GRADIENT_OF = re.compile(
    r"(?:gradients?|derivatives?)(?: of [^\W\d]+)? (?:of|for|wrt|w\.r\.t\.?|with respect to)(?: the)?\s*$|梯度\s*$",
    re.I,
)
OF_SOMETHING = re.compile(
    r"gradient|derivative|delta|slope|change|step|error (?:of|for|at|in)|梯度|导数|偏导|增量|变化", re.I
)
OF_PARAMETER = re.compile(
    r"(?:(?:损失|误差|代价)?(?:函数)?(?:对|关于)|[CLE]对)?\s*([WwBb]_?\d)\s*的\s*(?:梯度|偏?导数)"
)
OF_ANOTHER = re.compile(r"([^\W\d_]+) (?:of|for)(?: the)?\s*$", re.I)  # the velocity of W2 is not W2
ITSELF = ("value", "values", "result", "results", "number", "numbers", "calculation", "solution", "matrix", "vector")
AFTERWARDS = re.compile(r"\b(?:new|updated)\b|新|更新", re.I)
NEXT_SETTING = re.compile(r"(.*)[,;]\s*([^,;:]+)")
SIGNED = re.compile("[=≈]")
VALUE = re.compile(r"[\s\d.,;+\-−eE%/\[\](){}|_?…⋮½⅓¼·×^]*")


class NamedValue(NamedTuple):
    """A name and its value, with the places where they begin."""

    name: str
    value: str
    column: int
    name_column: int
    sign: str


@lru_cache(maxsize=8192)
def is_named(name: str) -> bool:
    """Whether this can be the name of a number or a setting."""
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME:
        return False
    if setting_called(plain) is not None or meanings(plain):
        return True
    return isinstance(parse(tidy_name(plain)), Reference) or is_name(spelled(plain))


def parts_of(line: str) -> list[NamedValue]:
    """The statements of a line: ``x1 = 0.5, x2 = 0.3`` is two, ``z1 = 0.5·0.5 + 0.1 = 0.35`` one.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.splitting import parts_of
    >>> [(part.name, part.value) for part in parts_of("x1 = 0.5, x2 = 0.3")]
    [('x1', ' 0.5'), ('x2', ' 0.3')]
    >>> [(part.name, part.value) for part in parts_of("so we get z1 = 0.5·0.5 + 0.1 = 0.35")]
    [('z1', ' 0.5·0.5 + 0.1 = 0.35')]
    """
    signs = _signs(line)
    if not signs:
        return []
    first, sign = signs[0]
    label = sign == ":" and any(kind != ":" for _, kind in signs) and not _is_setting_with(line, signs)
    if label and not _is_name_of_working(line, signs):
        after = parts_of(line[first + 1 :])
        return [
            part._replace(column=part.column + first + 1, name_column=part.name_column + first + 1) for part in after
        ]
    if sign == ":" and not label:
        return _settings_of(line, signs)
    signs = signs if label else [item for item in signs if item[1] != ":"]
    name, name_at = name_before(line[:first])
    parts: list[NamedValue] = []
    start = last = first + 1
    for end, kind in signs[1:]:
        split = _next_name(line[last:end]) or _name_alone(line, start, last, end, name)
        if split is not None:
            parts.append(NamedValue(name, line[start : last + split[0]], start, name_at, sign))
            name, name_at, start, sign = split[2], last + split[1], end + 1, kind
        last = end + 1
    return [*parts, NamedValue(name, line[start:], start, name_at, sign)]


def _settings_of(line: str, signs: list[tuple[int, str]]) -> list[NamedValue]:
    """The statements of a line without an equals sign: ``network: 2-2-1, output: sigmoid`` is two."""
    first = signs[0][0]
    name, name_at = name_before(line[:first])
    if not BEGINS_AS_NUMBER.match(line[first + 1 :]):
        name, name_at = line[:first].strip(), len(line) - len(line.lstrip())
    parts, start = [], first + 1
    for end, _ in signs[1:]:
        split = NEXT_SETTING.fullmatch(line, start, end)
        if split is not None and is_named(split[2]):
            parts.append(NamedValue(name, line[start : split.end(1)], start, name_at, ":"))
            name, name_at, start = split[2].strip(), split.start(2), end + 1
    return [*parts, NamedValue(name, line[start:], start, name_at, ":")]


def _is_name_of_working(line: str, signs: list[tuple[int, str]]) -> bool:
    """Whether a colon ends the name of a worked line: ``hidden input 1: 0.5·0.5 + 0.1 = 0.35``."""
    following = line[signs[0][0] + 1 : signs[1][0]]
    return (
        is_named(line[: signs[0][0]]) and not is_named(name_before(following)[0]) and bool(re.search(r"\d", following))
    )


def _is_setting_with(line: str, signs: list[tuple[int, str]]) -> bool:
    """Whether a colon ends the name of a setting whose value holds an equals sign: ``optimizer: adam, lr = 0.1``."""
    return setting_called(line[: signs[0][0]]) in ("loss", "optimizer") and "(" in line[signs[0][0] : signs[1][0]]


def _signs(line: str) -> list[tuple[int, str]]:
    """The places of =, ≈ and : outside brackets."""
    found: list[tuple[int, str]] = []
    depth = 0
    for place, letter in enumerate(line):
        if letter in "[({":
            depth += 1
        elif letter in "])}":
            depth = max(0, depth - 1)
        elif letter in "=≈" and depth == 0:
            if found and not line[found[-1][0] + 1 : place].strip() and found[-1][1] != ":":
                found[-1] = (place, letter)  # "= ≈" is one sign
            else:
                found.append((place, letter))
        elif letter == ":" and depth == 0:
            found.append((place, letter))
    return found


def name_before(text: str) -> tuple[str, int]:
    """The name that stands before a sign, without words of a sentence before it."""
    start = len(text) - len(text.lstrip())
    plain = text.strip()
    of = OF_PARAMETER.fullmatch(plain)
    if of is not None:
        return f"grad({of[1]})", start
    if is_named(plain) or not re.search(r"\s", plain):
        return plain, start
    note = NAME_NOTE.search(plain)
    if note is not None and is_named(plain[: note.start()]):
        return plain[: note.start()], start
    places = [match.end() for match in re.finditer(r"[\s,]+", plain)][-4:]
    for place in places:
        rest, before = plain[place:], plain[:place]
        if is_named(rest) and re.fullmatch(r"[^\W\d_]+(?:[\s,'’.:()-]+[^\W_]+)*[\s,:.(]*", before):
            if GRADIENT_OF.search(before):
                return f"grad({rest})", start + place
            of = OF_ANOTHER.search(before)
            if (OF_SOMETHING.search(before) and "/" not in rest) or (of is not None and of[1].lower() not in ITSELF):
                break
            is_new = AFTERWARDS.search(before) is not None and not spelled(rest).endswith("+")
            return f"{'new ' if is_new else ''}{rest}", start + place
    return plain, start


def is_numbers(text: str) -> bool:
    """Whether a text is numbers, in whatever dress."""
    value = readings(text)[0]
    return value.unread is None and bool(value.items)


def _name_alone(line: str, start: int, last: int, end: int, name: str) -> tuple[int, int, str] | None:
    """The same where another name stands between two signs, behind a value: "net_h1 = 0.41 ⇒ out_h1 = 0.6"."""
    segment, before = line[last:end], SIGNED.split(line[start : last - 1])[-1]
    alone = segment.strip()
    if last == start or tidy_name(alone) == tidy_name(name) or not is_named(alone):
        return None
    is_value = re.search(r"\d", before) and (VALUE.fullmatch(before) is not None or worked_out(before) is not None)
    return (-1, segment.index(alone), alone) if is_value else None


def _next_name(segment: str) -> tuple[int, int, str] | None:
    """Where a value ends and the name of the next statement begins, if one does: "0.5, x2"."""
    for pattern in (LAST_NAME, NEXT_WORD):
        match = pattern.fullmatch(segment) if len(segment) < 2000 else None
        if match is not None:
            name, at = name_before(match[2])
            is_value = VALUE.fullmatch(match[1]) is not None or worked_out(match[1]) is not None or is_numbers(match[1])
            if is_value and is_named(name):
                return match.end(1), match.start(2) + at, name
    return None
