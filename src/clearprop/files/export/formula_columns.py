"""Columns whose inputs are formulas, as those of an imported network are, and the values that its source refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clearprop.files.export.program import Column
from clearprop.files.importers.preprocessing import CODE, MISSING, RawColumn, X
from clearprop.formulas import Expression, where
from clearprop.formulas.expressions import symbols
from clearprop.formulas.vocabulary import equal


def formula_column(raw: RawColumn, trees: Sequence[Expression], names: Sequence[str]) -> Column:
    """The column whose inputs are these formulas of it.

    Examples
    --------
    >>> from clearprop.files.export.formula_columns import formula_column
    >>> from clearprop.files.importers.preprocessing import CODE, RawColumn
    >>> column = formula_column(RawColumn("town", ("Bonn", "Ulm"), known_only=True), [CODE], ["town"])
    >>> print(column.refused)
    {0 if missing > 0; {1 if code < 0; 0 otherwise} otherwise}
    """
    is_text = raw.categories is not None
    column = Column(
        raw.name,
        "category" if is_text else "number",
        tuple(trees),
        categories=raw.categories or (),
        is_exact=True,
        names=tuple(names),
        may_miss=raw.takes_missing and all("missing" in read or "x" not in read for read in map(symbols, trees)),
    )
    return replace(column, refused=_refused(raw, column.may_miss))


def _refused(raw: RawColumn, may_miss: bool) -> Expression | None:
    """Above 0 for what is none of the categories or numbers that the source knows, where it takes no other."""
    if raw.categories is not None:
        if not raw.known_only:
            return None
        unknown: Expression = where(CODE < 0, 1, 0)
    elif raw.known_numbers is not None:
        unknown = 1 - _sum([where(equal(X, number), 1, 0) for number in raw.known_numbers])
    else:
        return None
    found: Expression = where(MISSING > 0, 0, unknown) if may_miss else unknown
    return found


def _sum(trees: list[Expression]) -> Expression:
    """Their sum, halves first, so that the tree is not deep."""
    middle = len(trees) // 2
    return trees[0] if len(trees) == 1 else _sum(trees[:middle]) + _sum(trees[middle:])
