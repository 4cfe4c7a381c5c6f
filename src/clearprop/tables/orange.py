"""The two lines below the names in a table of Orange: what each column holds, and what it is for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import pyarrow as pa

KIND = re.compile(r"c|d|s|t|continuous|discrete|string|time", re.IGNORECASE)
VALUES = re.compile(r"\S+( \S+)+")  # those of a category, instead of its kind
ROLE = re.compile(r"|(class|meta|m|i|ignore|w|weight|\S+=\S*)( .*)?", re.IGNORECASE)


class Marks(NamedTuple):
    """What the two lines say.

    Attributes
    ----------
    names : tuple of str
        Of the columns.
    categories : tuple of str
    target : str or None
    left_out : tuple of str
        Columns that are not to be learned from.
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]
    target: str | None
    left_out: tuple[str, ...]

    def applied(self, table: pa.Table, known: Collection[str]) -> tuple[pa.Table, tuple[str, ...]]:
        """The table with its categories, without what is not to be learned from (but what is `known`); and notes."""
        for name in self.categories:
            found = table.column(name).dictionary_encode()
            table = table.set_column(table.column_names.index(name), name, found)
        left_out = [name for name in self.left_out if name not in known]
        notices = ["lines 2 and 3 say what the columns hold and are for, as Orange writes it"]
        if left_out:
            notices.append(f"marked there as no column to learn from, and left out: {', '.join(map(repr, left_out))}")
        return table.drop_columns(left_out), tuple(notices)


def marks_of(rows: Sequence[list[str]]) -> Marks | None:
    """The marks of a table of which these are the first rows, if it has some.

    Examples
    --------
    >>> from clearprop.tables.orange import marks_of
    >>> marks_of([["size", "kind"], ["c", "d"], ["", "class"], ["1.5", "cat"]]).target
    'kind'
    """
    if len(rows) < 4 or len({len(row) for row in rows[:3]}) > 1:
        return None
    names, kinds, roles = rows[:3]
    given = list(map(KIND.fullmatch, kinds))
    of_kind = any(given) and all(found or VALUES.fullmatch(kind) for found, kind in zip(given, kinds, strict=True))
    if not of_kind or not any(roles) or not all(map(ROLE.fullmatch, roles)):
        return None
    each = list(zip(names, kinds, [role.lower() for role in roles], strict=True))
    return Marks(
        names=tuple(names),
        categories=tuple(name for name, kind, _ in each if kind[:1].lower() == "d" or not KIND.fullmatch(kind)),
        target=next((name for name, _, role in each if role.startswith("class")), None),
        left_out=tuple(name for name, _, role in each if re.match(r"m\b|meta|i\b|ignore", role)),
    )
