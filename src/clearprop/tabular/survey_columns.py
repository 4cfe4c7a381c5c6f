"""What a look at every row keeps of a column: its ends, its texts, its weights; and of the same column's other rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables import columns
from clearprop.tables.column_types import is_moment, is_time
from clearprop.tables.fitting import Known
from clearprop.tables.kinds import MOST_WORDS, Kind, kind_of
from clearprop.tables.notation import Notation, parsed
from clearprop.tables.options import ReadOptions
from clearprop.tables.tally import MOST, Tally


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

    def take_in(self, other: Numbers) -> None:
        """What was seen of other rows."""
        self.missing = self.missing or other.missing
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

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

    def take_in(self, other: Others) -> None:
        """What was seen of other rows."""
        self.missing = self.missing or other.missing

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
        self._look_for_words(pc.unique(words).drop_null())

    def _look_for_words(self, different: pa.Array) -> None:
        """Keep those that are no numbers, where it was decided that numbers are what the column holds."""
        if self._kind is not None and self._kind.name == "number" and len(self._words) <= MOST_WORDS:
            self._words.update(different.filter(pa.array(~parsed(different, self._kind.notation)[1])).to_pylist())

    def take_in(self, other: Texts) -> None:
        """What was seen of other rows; it is decided by those so far what a column says, as in `add`."""
        self.missing = self.missing or other.missing
        if self._kind is None and not self.is_category:
            is_decided = len(self.tally.counts) > MOST
            self._kind = kind_of(self.tally.counted(), self.read) if is_decided else other._kind
            self._look_for_words(pa.array(list(self.tally.counts), pa.string()))
        self._look_for_words(pa.array(list(other.tally.counts), pa.string()))
        self._words |= other._words
        self.tally.take_in(other.tally)

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


Column = Numbers | Texts | Others
