"""Predicting and scoring a table on the disk, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.engines import Choice
from clearprop.errors import TableError
from clearprop.tables import ClassTarget, NumberTarget, NumberTargets, Remark, columns, missing_column
from clearprop.tables.streaming import Group, Stored
from clearprop.tables.streaming_order import OF_SAMPLE, TEST, fractions
from clearprop.tables.streaming_read import Opened, Piece, within
from clearprop.tabular.actual import absent_targets, actual_of
from clearprop.tabular.model import TableModel
from clearprop.tabular.results import Evaluation, Predictions, Remarks
from clearprop.tabular.scores import Scores
from clearprop.tabular.seen import Outside
from clearprop.tabular.streamed_reading import Reader
from clearprop.tabular.streamed_rows import RowStream
from clearprop.tabular.tallied_scores import SAMPLE, ClassTally, NumberTally, SeveralTally
from clearprop.training.shared_rows import SharedRows


class Predicted(NamedTuple):
    """Some rows, and what is predicted of them."""

    piece: Piece
    predictions: Predictions


class Evaluated(NamedTuple):
    """What `evaluate` returns: the evaluation, and how many rows had no target and were left out."""

    evaluation: Evaluation
    n_left_out: int


class Met:
    """The remarks on all rows so far, one for each column and kind."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Remark | Outside] = {}
        self.pieces = 0
        self._all: dict[tuple[str, str], int] = {}

    def add(self, remarks: Remarks, first: int) -> None:
        """Those on some rows, of which the first is number `first` of the table, from 0."""
        self.pieces += 1
        for remark in remarks:
            key = remark.column, remark.kind
            before = self.found.get(key)
            if isinstance(remark, Remark):
                self._all[key] = self._all.get(key, 0) + remark.in_all_rows
                here: Remark | Outside = remark._replace(first_row=remark.first_row + first)
            else:
                here = Outside(
                    remark.column, remark.n_values, remark.first_row + first, remark.example, remark.low, remark.high
                )
            if before is None:
                self.found[key] = here
            else:
                n_values = before.n_values + here.n_values
                self.found[key] = _with_count(before, n_values)

    @property
    def remarks(self) -> Remarks:
        """One for each column and kind."""
        return tuple(
            remark._replace(in_all_rows=self._all[key] == self.pieces) if isinstance(remark, Remark) else remark
            for key, remark in self.found.items()
        )


def _with_count(remark: Remark | Outside, n_values: int) -> Remark | Outside:
    if isinstance(remark, Remark):
        return remark._replace(n_values=n_values)
    return Outside(remark.column, n_values, remark.first_row, remark.example, remark.low, remark.high)


def predict(
    model: TableModel, table: Stored, keep: Sequence[str] = (), n_threads: int | None = None
) -> Iterator[Predicted]:
    """Predict the target of each row, some thousand rows at a time.

    Parameters
    ----------
    model : TableModel
    table : Stored
    keep : sequence of str
        Columns to read beside those that the model needs.
    n_threads : int, optional
        As of `TableModel.predict`.

    Yields
    ------
    Predicted
    """
    wanted = [*dict.fromkeys([*(step.column for step in model.encoder.steps), *keep, *model.target.columns])]
    with Opened(table, [name for name in wanted if name in table.names]) as opened:
        for piece in opened.pieces():
            with within(table, piece):
                yield Predicted(piece, model.predict(piece.table, n_threads))


def evaluate(
    model: TableModel, table: Stored, *, skip_missing_target: bool = False, n_threads: int | None = None
) -> Evaluated:
    """Score the predictions against the target, as `TableModel.evaluate` does of a table in memory.

    Raises
    ------
    TableError
        When a row has no target and such rows are not to be left out, or no row has one, or a class of training.
    """
    names = model.target.columns
    for name in names:
        if name not in table.names:
            raise missing_column(name, table.names)
    weights = model.settings.get("weights")
    weights = weights if isinstance(weights, str) and weights in table.names else None
    wanted = dict.fromkeys([*(step.column for step in model.encoder.steps), *names, *([weights] if weights else [])])
    scored, met, left_out = _Scored(model, table.n_rows, weighted=weights is not None), Met(), 0
    with Opened(table, [name for name in wanted if name in table.names]) as opened:
        for piece in opened.pieces():
            with within(table, piece):
                absent = absent_targets(piece.table, names, model.encoder.read, skip=skip_missing_target)
                rows = piece.table.filter(pa.array(~absent)) if absent.any() else piece.table
                left_out += int(absent.sum())
                if len(rows):
                    weight = None if weights is None else _weights(rows, weights)
                    met.add(scored.add(rows, piece.first, weight, n_threads), piece.first)
    if scored.n_known == 0:
        raise TableError(
            f"none of the {table.n_rows:,} rows has a target that training knew, in {', '.join(map(repr, names))}"
        )
    assert scored.choice is not None
    return Evaluated(Evaluation(scored.scores(), met.remarks, scored.choice), left_out)


def scores_held_out(model: TableModel, stream: RowStream, shared: SharedRows | None = None) -> Scores:
    """The scores of the rows that are held out of a stream; several processes predict those of their shards each."""
    scored = _Scored(model, stream.table.n_rows, weighted=stream.asked.weights is not None)
    reader = Reader(stream.table, stream.asked, stream.shares)

    def of_group(group: Group) -> Iterator[_Rows]:
        for piece, rows in reader.chosen(group, TEST):
            if len(rows):
                with within(stream.table, piece):
                    weight = stream.encoding.weight(rows, stream.asked.weights)
                    yield scored.predicted(rows, piece.first, weight)

    def of_all() -> Iterator[_Rows]:
        if shared is None:
            for group in stream.table.groups:
                yield from of_group(group)
            return
        groups = [shared.split.groups_of(shard, stream.table.groups) for shard in range(shared.split.n)]

        def of_shard(number: int, shard: int) -> list[_Rows]:
            return [found for group in groups[shard][number : number + 1] for found in of_group(group)]

        for number in range(max(map(len, groups))):  # one group of each shard at a time: their outputs are in memory
            yield from chain(*shared.found(partial(of_shard, number)))

    for found in of_all():
        scored.tell(found)
    reader.close()
    return scored.scores()


class _Rows(NamedTuple):
    """Some rows as they are scored: as of the `add` of a tally."""

    outputs: Any
    y: Any
    weight: Any
    quantiles: tuple[Any, ...] = ()


class _Scored:
    """A model as it is scored on rows that come in parts."""

    def __init__(self, model: TableModel, n_rows: int, *, weighted: bool) -> None:
        self.model, self.target = model, model.target
        self.share, self.n_known = SAMPLE / max(1, n_rows), 0
        self.choice: Choice | None = None
        self.remarks: Remarks = ()
        levels = [each.quantile for each in model.quantiles]
        if isinstance(self.target, ClassTarget):
            self.tally: ClassTally | NumberTally | SeveralTally = ClassTally(
                self.target, model.trivial, weighted=weighted
            )
        elif isinstance(self.target, NumberTarget):
            self.tally = NumberTally(self.target, model.trivial, weighted=weighted, quantiles=levels)  # type: ignore[arg-type]
        else:
            assert isinstance(self.target, NumberTargets)
            self.tally = SeveralTally(self.target, model.trivial, weighted=weighted)

    def add(self, rows: pa.Table, first: int, weight: Any, n_threads: int | None = None) -> Remarks:
        """Some rows, all with a target; what they had that training was not prepared for."""
        self.tell(self.predicted(rows, first, weight, n_threads))
        return self.remarks

    def predicted(self, rows: pa.Table, first: int, weight: Any, n_threads: int | None = None) -> _Rows:
        """What is predicted of some rows, beside what they hold."""
        y = actual_of(rows, self.target, self.model.encoder.read)
        outputs = self.model.outputs(rows, n_threads)
        self.choice, self.remarks = outputs.choice, outputs.remarks
        if not (isinstance(self.tally, NumberTally) and self.model.quantiles):
            return _Rows(outputs.values, y, weight)
        found, _ = self.model.predict_quantiles(rows, n_threads)
        return _Rows(outputs.values, y, weight, (found, fractions(0, OF_SAMPLE, first, len(rows)) < self.share))

    def tell(self, found: _Rows) -> None:
        """Rows that were predicted, here or by another process."""
        self.n_known += int(self.target.known(found.y).sum())
        self.tally.add(found.outputs, found.y, found.weight, *found.quantiles)

    def scores(self) -> Scores:
        """Of all rows so far."""
        return self.tally.scores()


def _weights(table: pa.Table, name: str) -> Any:
    found = columns.numbers(table.column(name), name)
    wrong = ~(found >= 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise TableError(f"the weight {name!r} is {found[row]:g} in row {row + 1:,}: weights must be at least 0")
    return found
