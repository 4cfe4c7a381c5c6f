"""Tables of Markdown, or with tabs, as statements: a name in the first cell of a row, or in the head of a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clearprop.explain.checking.worksheets.arithmetic import worked_out
from clearprop.explain.checking.worksheets.settings import setting_of
from clearprop.explain.checking.worksheets.spelling import spelled
from clearprop.explain.checking.worksheets.splitting import is_named, name_before, parts_of
from clearprop.explain.checking.worksheets.values import readings

RULE = re.compile(r"[\s|:+-]*-[\s|:+-]*")
OF_A_LAYER = re.compile(r"[ho]_?\d{1,2}")
NODE = re.compile(r"(?:[iho]\d{1,2}|[a-g]|\d{1,2})")

Row = tuple[int, str, str, int]  # line, name, value, column of the value (from 0)
Cell = tuple[str, int]


def is_table_row(line: str) -> bool:
    """Whether a line is a row of a table."""
    plain = line.strip()
    return (plain.startswith("|") and plain.count("|") > 1) or (
        "\t" in plain and not re.search(r"[=≈]", plain) and is_named(plain.split("\t")[0])
    )


def rows_of(lines: Sequence[tuple[int, str]]) -> Iterator[Row]:
    """What the rows of a table state.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.tables import rows_of
    >>> [(name, value.strip()) for _, name, value, _ in rows_of([(1, "| z1 | 0.41 | 0.47 |"), (2, "| a2 | 0.7486 |")])]
    [('z1', '0.41,  0.47'), ('a2', '0.7486')]
    >>> rows = [(1, "| | h1 | h2 |"), (2, "|---|---|---|"), (3, "| net | 0.41 | 0.47 |")]
    >>> [(name, value.strip()) for _, name, value, _ in rows_of(rows)]
    [('net_h1', '0.41'), ('net_h2', '0.47')]
    """
    rows = [(number, _cells(line)) for number, line in lines if not RULE.fullmatch(line)]
    head = rows[0][1] if rows else []
    names = [cell for cell, _ in head]
    body = rows[1:]
    if len(names) > 1 and not names[0] and all(NODE.fullmatch(name) for name in names[1:]) and body:
        for number, cells in body:
            for node, (value, column) in zip(names[1:], cells[1:], strict=False):
                yield number, f"{cells[0][0]}_{node}", value, column
        return
    if _are_of_nodes(names, body):
        for number, cells in body:
            for quantity, (value, column) in zip(names[1:], cells[1:], strict=False):
                if value:
                    yield number, f"{quantity}_{cells[0][0]}", value, column
        return
    if body and all(is_named(name) for name in names) and all(_is_number(c) for _, row in body for c, _ in row):
        inputs = _inputs(names) if len(body) > 1 else []
        if inputs:
            rows_of_x = (", ".join(row[i][0] for i in inputs) for _, row in body)
            yield body[0][0], "x", f"[{', '.join(f'[{row}]' for row in rows_of_x)}]", body[0][1][inputs[0]][1]
        for i, name in enumerate(names):
            if i in inputs or (inputs and _counts(name, body, i)):
                continue
            below = [row[i] for _, row in body if i < len(row)]
            if below:
                yield body[0][0], name, ", ".join(cell for cell, _ in below), below[0][1]
        return
    for number, cells in rows:
        yield from _row(number, cells)


def _are_of_nodes(names: Sequence[str], body: Sequence[tuple[int, list[Cell]]]) -> bool:
    """Whether each row is of a node, h1 or o1, and each column of a quantity, net, out, δ."""
    nodes = [row[0][0] for _, row in body]
    return len(names) > 1 and bool(nodes) and all(map(OF_A_LAYER.fullmatch, nodes)) and all(
        is_named(f"{quantity}_{nodes[0]}") for quantity in names[1:]
    )  # fmt: skip


def _inputs(names: Sequence[str]) -> list[int]:
    """The columns of x1, x2, …, where they are several: a row of them is a sample."""
    numbers = {spelled(name): i for i, name in enumerate(names)}
    found: list[int] = []
    while (place := next((numbers[n] for n in _as_input(len(found) + 1) if n in numbers), None)) is not None:
        found.append(place)
    return found if len(found) > 1 else []


def _as_input(number: int) -> tuple[str, str]:
    return f"x{number}", f"x_{{{number}}}"


def _counts(name: str, body: Sequence[tuple[int, list[Cell]]], i: int) -> bool:
    """Whether a column numbers the samples."""
    cells = [row[i][0] for _, row in body if i < len(row)]
    return spelled(name) in ("sample", "样本", "n", "i") and cells == [str(n) for n in range(1, len(body) + 1)]


def _cells(line: str) -> list[Cell]:
    """The cells of a row with the columns where their text begins."""
    mark = "|" if "|" in line else "\t"
    found: list[Cell] = []
    place = 0
    for piece in line.split(mark):
        found.append((piece.strip(), place + len(piece) - len(piece.lstrip())))
        place += len(piece) + 1
    if mark == "|":
        found = found[1:] if not found[0][0] else found
        found = found[:-1] if found and not found[-1][0] else found
    return found


def _is_number(cell: str) -> bool:
    value = readings(cell)[0]
    return bool(value.items) and value.unread is None


def _row(number: int, cells: Sequence[Cell]) -> Iterator[Row]:
    """One row: a name and its numbers, a name with its working and result, or statements of their own."""
    if len(cells) > 2 and re.fullmatch(r"\d{1,3}[.)]?", cells[0][0]) and is_named(cells[1][0]):
        cells = cells[1:]
    stated = [(cell, at) for cell, at in cells if parts_of(cell)]
    if stated and not is_named(name_before(cells[0][0])[0]):
        for cell, at in stated:
            for part in parts_of(cell):
                yield number, part.name, part.value, at + part.column
        return
    if len(cells) < 2 or not (is_named(name_before(cells[0][0])[0]) or _is_number(cells[-1][0])):
        return
    name = name_before(cells[0][0])[0]
    filled = [(cell, at) for cell, at in cells[1:] if cell]
    if filled and setting_of(name, filled[0][0]) and not (len(filled) > 1 and _is_number(filled[-1][0])):
        yield number, name, *filled[0]
        return
    values = [(cell, at) for cell, at in cells[1:] if _is_number(cell) or worked_out(cell) is not None or "=" in cell]
    if not values:
        return
    workings = [cell for cell, _ in values if not _is_number(cell)]
    start, joint = values[0][1], " = " if workings else ","
    text = values[0][0]
    for cell, at in values[1:]:  # the sign stands before the bar, so that columns stay what they are
        text = (text + joint).ljust(at - start) + cell
    yield number, name, text, start
