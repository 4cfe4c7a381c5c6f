"""One look at every row of a table on the disk: what its columns and its target hold, and a sample of its rows.

The sample is drawn by a hash of each row's place, so that it does not depend on how the table is cut into files and
groups. Quantiles are learned from it: of m rows, none is off by more than √(ln(2/δ)/(2m)) of the rows with probability
1 − δ (Dvoretzky, Kiefer & Wolfowitz, 1956; Massart, 1990), whatever the numbers are. All else is exact, but for the
counts of the rarest texts where there are very many: see `clearprop.tables.tally`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import TableError
from clearprop.tables import columns
from clearprop.tables.column_types import is_moment, is_number
from clearprop.tables.fitting import Known
from clearprop.tables.options import ReadOptions
from clearprop.tables.storage import plain
from clearprop.tables.streaming import Group, Stored
from clearprop.tables.streaming_order import LEARN, TEST, VALIDATION, Shares
from clearprop.tables.streaming_read import Opened, Piece, within
from clearprop.tabular.actual import absent_targets
from clearprop.tabular.survey_columns import Column, Numbers, Others, Texts, Weights
from clearprop.tabular.survey_target import TargetLook
from clearprop.training.shared_rows import SharedRows

SKIPPED = 3  # what a row is for that has no target
SAMPLE = 131_072  # rows that quantiles are learned from
MOST_VALIDATION = 20_000  # rows: a share of them that is right is known to 0.4 % then
CERTAIN = 0.999


def rank_error(n_rows: int) -> float:
    """By what share of all rows a quantile of a sample of so many is off at most, in 999 of 1,000 cases.

    Examples
    --------
    >>> from clearprop.tabular.survey import rank_error
    >>> round(rank_error(131_072), 4)
    0.0054
    """
    return math.sqrt(math.log(2 / (1 - CERTAIN)) / (2 * n_rows))


class Asked(NamedTuple):
    """What the survey is to look at.

    Attributes
    ----------
    targets : tuple of str
    used : tuple of str
        The columns that are learned from.
    categories : collection of str
        Those whose values are names, whatever they are made of.
    weights : str or None
    skip_missing_target : bool
    read : ReadOptions
    """

    targets: tuple[str, ...]
    used: tuple[str, ...]
    categories: Collection[str]
    weights: str | None
    skip_missing_target: bool
    read: ReadOptions

    @property
    def columns(self) -> list[str]:
        """All that are read."""
        return [*self.used, *self.targets, *([] if self.weights is None else [self.weights])]


@dataclass(frozen=True)
class Survey:
    """What a look at all rows found.

    Attributes
    ----------
    counts : tuple of int
        Rows of each group that are learned from.
    n_parts : tuple of int
        Rows that are learned from, that validate, that are held out, and that have no target.
    sample, validation : pyarrow.Table
        A sample of the rows that are learned from, and all that validate.
    known : mapping of str to Known
    most_weight : float
    looks : tuple of TargetLook
        That have seen every row.
    """

    counts: tuple[int, ...]
    n_parts: tuple[int, ...]
    sample: pa.Table
    validation: pa.Table
    known: Mapping[str, Known]
    most_weight: float
    looks: tuple[TargetLook, ...]


def parts_of(piece: Piece, shares: Shares, asked: Asked) -> Any:
    """What each row of a piece is for, uint8 (n_rows,): LEARN, VALIDATION, TEST or SKIPPED."""
    parts = shares.parts(piece.first, len(piece.table))
    parts[absent_targets(piece.table, asked.targets, asked.read, skip=asked.skip_missing_target)] = SKIPPED
    return parts


class Looked:
    """What a look at some row groups found.

    Parameters
    ----------
    table : Stored
    asked : Asked
    looks : tuple of TargetLook
    """

    def __init__(self, table: Stored, asked: Asked, looks: tuple[TargetLook, ...]) -> None:
        self.looks = looks
        self.columns = {name: _of_column(table, name, asked) for name in asked.used}
        self.weights = None if asked.weights is None else Weights(asked.weights)
        self.counts, self.n_parts = dict[Group, int](), np.zeros(4, dtype=np.int64)
        self.sample: list[pa.Table] = []
        self.validation: list[pa.Table] = []

    def add(self, piece: Piece, asked: Asked, shares: Shares, share: float) -> None:
        """Some rows."""
        parts = parts_of(piece, shares, asked)
        learn, there = parts == LEARN, parts != SKIPPED
        drawn = learn & shares.sampled(piece.first, len(parts), share)
        weight = None
        if self.weights is not None:
            weight = self.weights.add(columns.present(piece.table.column(self.weights.name), ()))[there]
        rows = piece.table.filter(pa.array(there))
        for look in self.looks:
            look.add(rows.column(look.name), learn[there], weight)
        for name, column in self.columns.items():
            column.add(columns.present(piece.table.column(name), asked.read.missing_words), learn)
        self.sample.append(piece.table.take(np.flatnonzero(drawn)))
        self.validation.append(piece.table.take(np.flatnonzero(parts == VALIDATION)))
        self.counts[piece.group] = self.counts.get(piece.group, 0) + int(learn.sum())
        self.n_parts += np.bincount(parts, minlength=4)

    def take_in(self, other: Looked) -> None:
        """What was found in the groups that follow."""
        for mine, theirs in zip(self.looks, other.looks, strict=True):
            mine.take_in(theirs)
        for name, column in self.columns.items():
            column.take_in(other.columns[name])  # type: ignore[arg-type]  # both of one class
        if self.weights is not None and other.weights is not None:
            self.weights.most = max(self.weights.most, other.weights.most)
        self.counts |= other.counts
        self.n_parts += other.n_parts
        self.sample += other.sample
        self.validation += other.validation

    def survey(self, table: Stored) -> Survey:
        """What was found of the whole table."""
        weights = self.weights
        if weights is not None and weights.most == 0:
            raise TableError(f"the weight {weights.name!r} is 0 in every row; at least one must be above 0")
        n_learn = int(self.n_parts[LEARN])
        return Survey(
            counts=tuple(self.counts[group] for group in table.groups),
            n_parts=tuple(self.n_parts.tolist()),
            sample=pa.concat_tables(self.sample, promote_options="permissive"),
            validation=pa.concat_tables(self.validation, promote_options="permissive"),
            known={name: column.known(n_learn) for name, column in self.columns.items()},
            most_weight=0.0 if weights is None else weights.most,
            looks=self.looks,
        )


def survey(
    table: Stored,
    asked: Asked,
    shares: Shares,
    sample: int,
    looks: Callable[[], tuple[TargetLook, ...]],
    shared: SharedRows | None = None,
) -> Survey:
    """Look at every row once.

    Parameters
    ----------
    table : Stored
    asked : Asked
    shares : Shares
    sample : int
        About how many rows to draw.
    looks : callable
        Makes what looks at the targets of the rows that have one.
    shared : SharedRows, optional
        The processes that have the row groups between them.

    Raises
    ------
    TableError
        For a value that cannot be used, with its file, row group and row.
    """
    share = sample / max(1, table.n_rows)

    def look(groups: Sequence[Group]) -> Looked:
        found = Looked(table, asked, looks())
        with Opened(table, asked.columns) as opened:
            for piece in opened.pieces(groups):
                with within(table, piece):
                    found.add(piece, asked, shares, share)
        pa.default_memory_pool().release_unused()
        return found

    if shared is None:
        return look(table.groups).survey(table)
    split = shared.split
    whole, *others = shared.found(lambda shard: look(split.groups_of(shard, table.groups)))
    for each in others:
        whole.take_in(each)
    return whole.survey(table)


def _of_column(table: Stored, name: str, asked: Asked) -> Column:
    """What looks at a column."""
    kind = plain(pa.chunked_array([], table.empty.schema.field(name).type)).type
    if name in asked.categories:
        return Texts(name, asked.read, is_category=True)
    if pa.types.is_string(kind):
        return Texts(name, asked.read, is_category=False)
    if is_number(kind) or is_moment(kind):
        return Numbers(name)
    return Others()


__all__ = ["LEARN", "TEST", "VALIDATION", "Asked", "Survey", "parts_of", "rank_error", "survey"]
