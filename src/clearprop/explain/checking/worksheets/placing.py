"""A line of results: which number of the network each of its numbers is, its middles, and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.checking.worksheets.arithmetic import worked_out
from clearprop.explain.checking.worksheets.faults import fault, placed_at
from clearprop.explain.checking.worksheets.names import Named, Names
from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.sheet import Blank, Entry, Working
from clearprop.explain.checking.worksheets.statements import Statement
from clearprop.explain.checking.worksheets.values import Item, Value, is_a_fraction_cut, readings
from clearprop.explain.checking.worksheets.worked import Segment, place_in, segments_of, separately_worked, workings
from clearprop.explain.words.message import Count, Message
from clearprop.trace.names import PER_SAMPLE, Reference

Place = tuple[int, ...]


@dataclass(frozen=True)
class Placed:
    """What a line says.

    Attributes
    ----------
    named : Named
    numbers : tuple of (Reference, Item)
        Blanks among them.
    working : tuple of Working
    decimal_comma : bool
    is_flat : bool
        Whether a matrix was written as a plain list.
    """

    named: Named
    numbers: tuple[tuple[Reference, Item], ...]
    working: tuple[Working, ...] = ()
    decimal_comma: bool = False
    is_flat: bool = False


def placed(statement: Statement, names: Names) -> Placed:
    """The numbers of a statement with their places in the network.

    Raises
    ------
    InputError, UnknownNameError
        Where it cannot be read, with line and column.
    """
    if (parts := separately_worked(statement.value)) is not None:
        return _one_by_one(statement, names, parts)
    *middles, last = segments_of(statement.value)
    if not last.text.strip():
        return _open(statement, names)
    found = [value for value in readings(last.text) if value.unread is None and value.items]
    if not found:
        raise _unreadable(statement, last, bool(middles))
    found.sort(key=lambda value: len({*map(len, value.rows)}) > 1)  # rows of one length before others
    if names.conventions.points:
        found.sort(key=lambda value: value.decimal_comma or is_a_fraction_cut(value))
    if all(item.kind != "number" for item in found[0].items) and len(found[0].items) == 1:
        return _open(statement, names)
    refused: InputError | None = None
    if found[0].is_matrix:
        _check_matrix(statement, names, found[0])
    for value in found:
        try:
            named = names.find(statement.written, None if value.is_open else len(value.items))
        except InputError as error:
            refused = refused or error
            continue
        return _with_numbers(statement, names, named, value, last, middles)
    assert refused is not None
    if isinstance(refused, UnknownNameError):
        raise placed_at(statement.place_of(last.position), refused)
    raise placed_at(place_in(statement, last), refused)


def _one_by_one(statement: Statement, names: Names, parts: Sequence[Sequence[Segment]]) -> Placed:
    """A line of several worked numbers: ``0.3 − 0.1·2 = 0.1, 0.4 − 0.1·1 = 0.3``."""
    items = tuple(readings(part[-1].text)[0].items[0]._replace(position=_begin(part[-1])) for part in parts)
    value = Value((items,), is_matrix=False, unread=None, decimal_comma=False)
    try:
        named = names.find(statement.written, len(items))
    except InputError as error:
        raise placed_at(place_in(statement, parts[0][-1]), error) from None
    found = _with_numbers(statement, names, named, value, Segment("", 0), ())
    each = zip(parts, found.numbers, strict=True)
    working = [item for (*middles, last), pair in each for item in workings(statement, middles, last, [pair])]
    return replace(found, working=tuple(working))


def _begin(segment: Segment) -> int:
    return segment.position + len(segment.text) - len(segment.text.lstrip())


def _check_matrix(statement: Statement, names: Names, value: Value) -> None:
    """Refuse a matrix of another shape before its numbers are counted."""
    for count in (len(value.items), None):
        try:
            named = names.find(statement.written, count)
            break
        except InputError:
            continue
    else:
        return
    shape = names.shapes[named.reference.site]
    if not named.reference.indices and len(shape) == 2:
        check_shape(statement, names, named, value, shape[::-1] if is_turned(named, names, True) else shape)


def _unreadable(statement: Statement, last: Segment, has_middles: bool) -> InputError:
    """Why a value is none: the first thing that is no number, or arithmetic that was not worked out."""
    value = readings(last.text)[0]
    if value.unread is None:
        return fault("sheet_number_missing", place_in(statement, last), name=statement.written.strip())
    position, word = value.unread
    result = worked_out(last.text)
    if result is not None and not has_middles and re.search(r"\s[-+−]\s|[*·/×(]", last.text) and "," not in last.text:
        shown = f"{statement.written.strip()} = {last.text.strip()} = {result:.4g}"
        return fault("sheet_not_worked_out", place_in(statement, last), line=shown)
    return fault("sheet_no_number", place_in(statement, last, position), word=word)


def _open(statement: Statement, names: Names) -> Placed:
    """A line that is left open as a whole."""
    try:
        named = names.find(statement.written)
    except UnknownNameError as error:
        raise statement.refused(error) from None
    except InputError:  # it may mean several things, but nothing was said about any of them
        return Placed(Named(Reference("?")), ((Reference("?"), Item("blank", "", 0)),))
    every = tuple((item, Item("blank", "", 0)) for item in _references(named, names))
    return Placed(named, every)


def _with_numbers(
    statement: Statement, names: Names, named: Named, value: Value, last: Segment, middles: Sequence[Segment]
) -> Placed:
    """The numbers of a value, each with its reference."""
    reference = named.reference
    if reference.indices or (len(value.items) == 1 and not value.is_open):
        with _placed_in(statement, last):
            pairs = _unfolded(_references(named, names), value.items)
        is_flat = False
    else:
        shape = names.shapes[reference.site]
        turned = is_turned(named, names, value.is_matrix)
        is_guessed = names.style is None and named.style is not None
        if is_guessed and value.is_matrix and not value.is_open and len(shape) == 2:
            turned = value.shape == shape[::-1] if shape[0] != shape[1] else turned  # the shape says which way round
        paper = tuple(shape[::-1]) if turned else tuple(shape)
        check_shape(statement, names, named, value, paper)
        order = [place[::-1] if turned else place for place in np.ndindex(*paper)]
        with _placed_in(statement, last):
            kept = _kept(value, paper) if value.is_open else range(len(order))
        items = [item for item in value.items if item.kind != "elided"]
        pairs = [(_at(reference, order[i]), item) for i, item in zip(kept, items, strict=True)]
        is_flat = len(paper) == 2 and min(paper) > 1 and not value.is_matrix
    moved = tuple((found, item._replace(position=item.position + last.position)) for found, item in pairs)
    return Placed(named, moved, tuple(workings(statement, middles, last, pairs)), value.decimal_comma, is_flat)


@contextmanager
def _placed_in(statement: Statement, segment: Segment) -> Iterator[None]:
    """A block whose error gets the place of this part of a line."""
    try:
        yield
    except InputError as error:
        raise placed_at(place_in(statement, segment), error) from None


def is_turned(named: Named, names: Names, is_matrix: bool) -> bool:
    """Whether what is written has rows and columns exchanged: by the sheet's own word, or as the book writes it."""
    site = named.reference.site
    shape = names.shapes[site]
    if len(shape) != 2:
        return False
    by_book = named.style is not None and named.style.columns and "rows" not in names.conventions.stated
    if named.reference.kind in PER_SAMPLE:
        return named.style is not None and named.style.columns and is_matrix
    return by_book or names.conventions.is_turned(site, shape)


OF_NEURONS, OF_INPUTS = ("rows_neurons", "cure_rows_inputs"), ("rows_inputs", "cure_rows_outputs")


def check_shape(statement: Statement, names: Names, named: Named, value: Value, paper: tuple[int, ...]) -> None:
    """Refuse a matrix of another shape; it is never cut anew.

    Raises
    ------
    InputError
        With the hint that its transpose would fit, where it would.
    """
    ragged = value.is_matrix and len({len(row) for row in value.rows}) > 1
    if not value.is_matrix or value.is_open or (not ragged and value.shape == paper):
        return
    name = "x" if named.reference.site == "a0" else statement.written.strip()
    if ragged:
        raise statement.wrong("sheet_ragged", name=name, lengths=", ".join(str(len(row)) for row in value.rows))
    if min(value.shape) == 1 and (len(paper) != 2 or min(paper) == 1):
        return
    if named.reference.kind in PER_SAMPLE:
        rows, cure = "rows_samples", "cure_samples"
    else:
        rows, cure = OF_NEURONS if is_turned(named, names, True) else OF_INPUTS
    raise of_another_shape(statement, name, paper, value.shape, rows, cure)


def of_another_shape(
    statement: Statement, name: str, paper: tuple[int, ...], found: tuple[int, ...], rows: str, cure: str
) -> InputError:
    """That a matrix has another shape than on paper, with the hint that its transpose would fit, where it would."""
    is_matrix = len(paper) == 2
    return statement.wrong(
        "sheet_shape",
        name=name,
        shape=paper,
        about=Message("sheet_shape_rows", rows=Message(rows)) if is_matrix else "",
        found=found,
        hint=Message("sheet_would_fit", cure=Message(cure)) if is_matrix and found == paper[::-1] else "",
    )


def _kept(value: Value, paper: tuple[int, ...]) -> list[int]:
    """Which numbers are there of an array whose middle is left out: the first, and behind the dots the last."""
    if not value.is_matrix or len(paper) < 2:
        return _axis(value.items, prod(paper))
    columns = paper[1]
    marks = [row[0] if all(item.kind == "elided" for item in row) else Item("row", "", 0) for row in value.rows]
    found = _axis(marks, paper[0])
    rows = [row for row in value.rows if any(item.kind != "elided" for item in row)]
    return [i * columns + j for i, row in zip(found, rows, strict=True) for j in _axis(row, columns)]


def _axis(items: Sequence[Item], length: int) -> list[int]:
    gap = next((i for i, item in enumerate(items) if item.kind == "elided"), len(items))
    after = [item for item in items[gap:] if item.kind != "elided"]
    if gap + len(after) > length:
        raise fault("sheet_too_many_there", n=Count(gap + len(after)), m=Count(length))
    return [*range(gap), *range(length - len(after), length)]


def _at(reference: Reference, place: Place) -> Reference:
    return reference._replace(indices=tuple(map(str, place)))


def _references(named: Named, names: Names) -> list[Reference]:
    """Every number that a name stands for, in the order in which the sheet writes them."""
    reference = named.reference
    shape = names.shapes[reference.site]
    if not reference.indices:
        order = [tuple(place) for place in np.ndindex(*shape)]
        if is_turned(named, names, True):
            order = [(k, j) for j in range(shape[1]) for k in range(shape[0])]
        return [_at(reference, place) for place in order]
    axes = [range(n) if i == ":" else [int(i)] for i, n in zip(reference.indices, shape, strict=True)]
    return [_at(reference, tuple(place)) for place in _product(axes)]


def _product(axes: Sequence[Sequence[int]]) -> Iterator[Place]:
    if not axes:
        yield ()
        return
    for first in axes[0]:
        for rest in _product(axes[1:]):
            yield (first, *rest)


def _unfolded(places: Sequence[Reference], items: Sequence[Item]) -> list[tuple[Reference, Item]]:
    """Places and items side by side; one number of a bias that a layer shares stands for the first."""
    if len(items) == 1 and len(places) > 1:
        return [(places[0], items[0])]
    there = [item for item in items if item.kind != "elided"]
    return [(places[i], item) for i, item in zip(_axis(items, len(places)), there, strict=True)]


def entry_from(statement: Statement, found: Placed) -> tuple[Entry | None, tuple[Blank, ...]]:
    """The line as an entry, if any number of it was worked out, and what it leaves open.

    Raises
    ------
    InputError
        For a number that is none, with line and column.
    """
    numbers, missing = [], []
    for reference, item in found.numbers:
        if item.kind == "number":
            numbers.append((reference, WrittenNumber.read(item.text, statement.place_of(item.position))))
        else:
            missing.append(reference)
    blanks: tuple[Blank, ...] = ()
    if missing:
        whole = len(missing) == len(found.numbers)
        name = statement.written.strip() if whole else str(missing[0]) if len(missing) == 1 else missing[0].site
        blanks = (Blank(name, statement.line, len(missing)),)
    if not numbers:
        return None, blanks
    return Entry(statement.text, statement.line, tuple(numbers), found.working), blanks
