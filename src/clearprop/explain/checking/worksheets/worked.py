"""Worked lines: a value cut at its signs of equality, and what its middles come to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from clearprop.explain.checking.worksheets.arithmetic import worked_out
from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.sheet import Working
from clearprop.explain.checking.worksheets.statements import Statement
from clearprop.explain.checking.worksheets.values import Item, readings
from clearprop.explain.words.message import Message
from clearprop.trace.names import Reference


class Segment(NamedTuple):
    """A piece of a worked line between signs of equality, and where in the value it begins."""

    text: str
    position: int


def segments_of(value: str) -> list[Segment]:
    """A value cut at its signs of equality that stand outside brackets."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(value):
        depth += (letter in "[({") - (letter in "])}")
        if letter in "=≈" and depth <= 0:
            found.append(Segment(value[start:place], start))
            start = place + 1
    kept = [item for item in found if item.text.strip()]
    return [*kept, Segment(value[start:], start)]


def separately_worked(value: str) -> list[list[Segment]] | None:
    """The segments of each number where every one has a working of its own, with commas between; None otherwise.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.worked import separately_worked
    >>> [[item.text.strip() for item in part] for part in separately_worked("1 + 1 = 2, 2·2 = 4")]
    [['1 + 1', '2'], ['2·2', '4']]
    >>> separately_worked("0,5 + 0,1 = 0,6") is None
    True
    """
    depth, starts = 0, [0]
    for place, letter in enumerate(value):
        depth += (letter in "[({") - (letter in "])}")
        if letter in ",;" and depth == 0:
            starts.append(place + 1)
    if len(starts) == 1:
        return None
    parts = []
    for start, end in pairwise([*starts, len(value) + 1]):
        segments = [item._replace(position=item.position + start) for item in segments_of(value[start : end - 1])]
        last = readings(segments[-1].text)[0]
        is_one = last.unread is None and [item.kind for item in last.items] == ["number"]
        if len(segments) < 2 or not is_one or worked_out(segments[0].text) is None:
            return None
        parts.append(segments)
    return parts


def last_segment(statement: Statement) -> Statement:
    """The statement with only what stands behind its last sign of equality."""
    last = segments_of(statement.value)[-1]
    indent = len(last.text) - len(last.text.lstrip())
    if not last.position:
        return statement
    return replace(statement, value=last.text.strip(), column=statement.column + last.position + indent)


def place_in(statement: Statement, segment: Segment, position: int = 0) -> Message:
    """Where a position of a segment is, for messages."""
    text = segment.text
    return statement.place_of(segment.position + (position or len(text) - len(text.lstrip())))


def workings(
    statement: Statement, middles: Sequence[Segment], last: Segment, pairs: Sequence[tuple[Reference, Item]]
) -> Iterator[Working]:
    """What the middles of a worked line come to, beside the numbers that were claimed for them."""
    results = [item for _, item in pairs if item.kind == "number"]
    if len(results) != len(pairs):
        return
    for i, middle in enumerate(middles):
        following = _elements(middles[i + 1].text) if i + 1 < len(middles) else []
        elements = _elements(middle.text)
        if len(elements) != len(results):
            continue
        for k, element in enumerate(elements):
            value = worked_out(element)
            claimed = following[k] if len(following) == len(results) and is_plain(following[k]) else results[k].text
            if value is not None:
                yield Working(
                    re.sub(r"\s+", " ", element.strip()),
                    value,
                    WrittenNumber.read(claimed, place_in(statement, last)),
                )


def _elements(text: str) -> list[str]:
    """The elements of a list, or the one that there is, each with its arithmetic."""
    plain = text.strip()
    if worked_out(plain) is not None:
        return [plain]
    if plain[:1] in "[({" and plain[-1:] in "])}":
        plain = plain[1:-1]
    found, depth, start = [], 0, 0
    for place, letter in enumerate(plain):
        depth += (letter in "[({") - (letter in "])}")
        if letter in ",;" and depth == 0:
            found.append(plain[start:place])
            start = place + 1
    return [*found, plain[start:]]


def is_plain(text: str) -> bool:
    """Whether a piece of a line is a number and no arithmetic."""
    value = readings(text)[0]
    return value.unread is None and len(value.items) == 1 and value.items[0].kind == "number" and bool(
        re.fullmatch(r"[\s\d.,eE%+\-−–×·^]+", text)
    )  # fmt: skip
