"""One look at every row of a table on the disk: what its columns and its target hold, and a sample of its rows.

The sample is drawn by a hash of each row's place, so that it does not depend on how the table is cut into files and
groups. Quantiles are learned from it: of m rows, none is off by more than √(ln(2/δ)/(2m)) of the rows with probability
1 − δ (Dvoretzky, Kiefer & Wolfowitz, 1956; Massart, 1990), whatever the numbers are. All else is exact, but for the
counts of the rarest texts where there are very many: see `clearprop.tables.tally`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables import columns
from clearprop.tables.column_types import is_moment, is_number, is_time
from clearprop.tables.fitting import Known
from clearprop.tables.kinds import MOST_WORDS, Kind, kind_of
from clearprop.tables.notation import Notation, parsed
from clearprop.tables.options import ReadOptions
from clearprop.tables.storage import plain
from clearprop.tables.streaming import Stored
from clearprop.tables.streaming_order import LEARN, TEST, VALIDATION, Shares
from clearprop.tables.streaming_read import Opened, Piece, within
from clearprop.tables.tally import MOST, Tally
from clearprop.tabular.actual import absent_targets

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


class Numbers:
    """The ends of a column of numbers or moments, and whether a value is missing."""

    def __init__(self, name: str) -> None:
        self.name, self.low, self.high, self.missing = name, math.inf, -math.inf, False

    def add(self, column: pa.ChunkedArray, learn: Any) -> None:
        """Some rows; `learn` says which of them are learned from."""
        if is_moment(column.type):
            x = columns.moments(column, self.name)[learn]
        else:
            unit = columns.TIME if is_time(column.type) else ""
            x = columns.numbers(column, self.name, notation=Notation(unit=unit))[learn]
        known = x[~np.isnan(x)]
        self.missing = self.missing or len(known) < len(x)
        if len(known):
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))

    def known(self, n_rows: int) -> Known:
        """What `fit_encoder` is told."""
        low, high = (self.low, self.high) if self.low <= self.high else (math.nan, math.nan)
        return Known(n_rows, self.missing, low, high)


class Others:
    """Whether a value of any other column is missing; for all else the sample says enough."""

    def __init__(self) -> None:
        self.missing = False

    def add(self, column: pa.ChunkedArray, learn: Any) -> None:
        """Some rows; `learn` says which of them are learned from."""
        self.missing = self.missing or bool((pc.is_null(column).to_numpy() & learn).any())

    def known(self, n_rows: int) -> Known:
        """What `fit_encoder` is told."""
        return Known(n_rows, self.missing)


class Texts:
    """The values of a column of text, how often each occurs, and what they say.

    Where there are more different ones than are counted, what they say is decided by those so far; the words among the
    numbers or dates that come later are looked for in every row.
    """

    def __init__(self, name: str, read: ReadOptions, *, is_category: bool) -> None:
        self.name, self.read, self.is_category = name, read, is_category
        self.tally, self.missing = Tally(2), False
        self._kind: Kind | None = None
        self._words: set[str] = set()

    def add(self, column: pa.ChunkedArray, learn: Any) -> None:
        """Some rows; `learn` says which of them are learned from."""
        words = columns.texts(column, self.name) if self.is_category else column.combine_chunks()
        self.missing = self.missing or bool(pc.any(words.filter(pa.array(learn)).is_null()).as_py())
        if self._kind is None and not self.is_category and len(self.tally.counts) > MOST:
            self._kind = kind_of(self.tally.counted(), self.read)
        self.tally.add(words, np.ones(len(words)), learn)
        if self._kind is not None and self._kind.name == "number" and len(self._words) <= MOST_WORDS:
            different = pc.unique(words).drop_null()
            self._words.update(different.filter(pa.array(~parsed(different, self._kind.notation)[1])).to_pylist())

    def known(self, n_rows: int) -> Known:
        """What `fit_encoder` is told."""
        kind = None if self.is_category else self._kind or kind_of(self.tally.counted(), self.read)
        if kind is not None and kind.name == "number" and self._words:
            words = tuple(sorted({*kind.missing_words, *self._words}))
            kind = kind._replace(missing_words=words) if len(words) <= MOST_WORDS else Kind()
        return Known(n_rows, self.missing, counted=self._counted(), lost=self.tally.lost, kind=kind)

    def _counted(self) -> Any:
        """In one spelling."""
        found = self.tally.counted(1)
        spelled = columns.texts(pa.chunked_array([found.texts]), self.name)
        whole = Tally(1, most=len(spelled) + 1)
        whole.add(spelled, found.counts)
        return whole.counted()


class Weights:
    """The weights of the rows."""

    def __init__(self, name: str) -> None:
        self.name, self.most = name, 0.0

    def add(self, column: pa.ChunkedArray) -> Any:
        """The weights of some rows, float64 (n_rows,)."""
        found = columns.numbers(column, self.name)
        if np.isnan(found).any():
            raise TableError(
                f"{self.name!r} is missing in row {int(np.argmax(np.isnan(found))) + 1:,}, where a weight is needed"
            )
        if (found < 0).any():
            row = int(np.argmax(found < 0))
            raise TableError(
                f"the weight {self.name!r} is {found[row]:g} in row {row + 1:,}: weights must be at least 0"
            )
        self.most = max(self.most, float(found.max(initial=0.0)))
        return found


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
    """

    counts: tuple[int, ...]
    n_parts: tuple[int, ...]
    sample: pa.Table
    validation: pa.Table
    known: Mapping[str, Known]
    most_weight: float


def parts_of(piece: Piece, shares: Shares, asked: Asked) -> Any:
    """What each row of a piece is for, uint8 (n_rows,): LEARN, VALIDATION, TEST or SKIPPED."""
    parts = shares.parts(piece.first, len(piece.table))
    parts[absent_targets(piece.table, asked.targets, asked.read, skip=asked.skip_missing_target)] = SKIPPED
    return parts


def survey(
    table: Stored,
    asked: Asked,
    shares: Shares,
    sample: int,
    see_targets: Callable[[pa.Table, Any, Any], None],
) -> Survey:
    """Look at every row once.

    Parameters
    ----------
    table : Stored
    asked : Asked
    shares : Shares
    sample : int
        About how many rows to draw.
    see_targets : callable
        Given the rows of each piece that have a target, which of them are learned from, and their weights or None.

    Raises
    ------
    TableError
        For a value that cannot be used, with its file, row group and row.
    """
    share = sample / max(1, table.n_rows)
    found = {name: _of_column(table, name, asked) for name in asked.used}
    weights = None if asked.weights is None else Weights(asked.weights)
    counts, n_parts = dict.fromkeys(range(len(table.groups)), 0), np.zeros(4, dtype=np.int64)
    samples: list[pa.Table] = []
    validation: list[pa.Table] = []
    numbers = {group: number for number, group in enumerate(table.groups)}
    with Opened(table, asked.columns) as opened:
        for piece in opened.pieces():
            with within(table, piece):
                parts = parts_of(piece, shares, asked)
                learn = parts == LEARN
                drawn = learn & shares.sampled(piece.first, len(parts), share)
                weight = None if weights is None else weights.add(columns.present(piece.table.column(weights.name), ()))
                there = parts != SKIPPED
                see_targets(
                    piece.table.filter(pa.array(there)), learn[there], None if weight is None else weight[there]
                )
                for name, column in found.items():
                    column.add(columns.present(piece.table.column(name), asked.read.missing_words), learn)
            samples.append(piece.table.take(np.flatnonzero(drawn)))
            validation.append(piece.table.take(np.flatnonzero(parts == VALIDATION)))
            counts[numbers[piece.group]] += int(learn.sum())
            n_parts += np.bincount(parts, minlength=4)
    if weights is not None and weights.most == 0:
        raise TableError(f"the weight {weights.name!r} is 0 in every row; at least one must be above 0")
    pa.default_memory_pool().release_unused()
    n_learn = int(n_parts[LEARN])
    return Survey(
        counts=tuple(counts.values()),
        n_parts=tuple(n_parts.tolist()),
        sample=pa.concat_tables(samples, promote_options="permissive"),
        validation=pa.concat_tables(validation, promote_options="permissive"),
        known={name: column.known(n_learn) for name, column in found.items()},
        most_weight=0.0 if weights is None else weights.most,
    )


def _of_column(table: Stored, name: str, asked: Asked) -> Numbers | Texts | Others:
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
