"""`predict` and `evaluate` for a table on the disk: some thousand rows at a time, written as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa

from clearprop.cli import exits
from clearprop.cli.output_files import csv_writer, table_writer, write_output
from clearprop.engines import Choice
from clearprop.tables.streaming import Stored
from clearprop.tabular.model import TableModel
from clearprop.tabular.streamed import Met, Predicted, predict


class Made(NamedTuple):
    """The rows of a piece, and the table of their predictions."""

    rows: pa.Table
    table: pa.Table


class Predicting:
    """The predictions of a table on the disk as tables, and what was met on the way.

    Parameters
    ----------
    model : TableModel
    table : Stored
    kept : sequence of str
        Columns to carry along.
    threads : int or None
    as_table : callable
        From a piece's predictions to their table.
    """

    def __init__(
        self, model: TableModel, table: Stored, kept: Sequence[str], threads: int | None, as_table: Any
    ) -> None:
        self.model, self.table, self.kept, self.threads, self._as_table = model, table, kept, threads, as_table
        self.met, self.n_rows = Met(), 0
        self.choice: Choice | None = None

    def made(self) -> Iterator[Made]:
        """Piece by piece."""
        for each in predict(self.model, self.table, self.kept, self.threads):
            yield self._made(each)

    def _made(self, each: Predicted) -> Made:
        rows = each.piece.table
        self.choice, self.n_rows = each.predictions.choice, self.n_rows + len(rows)
        self.met.add(each.predictions.remarks, each.piece.first)
        return Made(rows, self._as_table(self.model, each.predictions, rows, self.kept, self.threads))

    def write(self, path: Path, *, force: bool) -> None:
        """Write all of them to a file, whole or not at all."""

        def fill(file: BinaryIO) -> None:
            self._into(table_writer(path, file))

        write_output(path, fill, force=force)

    def show(self) -> None:
        """Write all of them to standard output, as CSV."""
        sys.stdout.flush()
        self._into(csv_writer(sys.stdout.buffer))

    def _into(self, writer: Any) -> None:
        schema = None
        with writer:
            for each in self.made():
                schema = schema or each.table.schema
                writer.write(each.table.cast(schema))

    def first(self, n_rows: int) -> Made:
        """The first so many rows."""
        found: list[Made] = []
        looking = Predicting(self.model, self.table, self.kept, self.threads, self._as_table)
        for each in looking.made():
            found.append(each)
            if looking.n_rows >= n_rows:
                break
        if self.choice is None:
            self.choice, self.met = looking.choice, looking.met
        rows, made = (pa.concat_tables(list(each)) for each in zip(*found, strict=True))
        return Made(rows.slice(0, n_rows), made.slice(0, n_rows))


def refuse_json(*, as_json: bool, output: Path | None, rows: int | None) -> None:
    """Raise UsageError where one JSON document would hold a prediction for every row of a table that fits nowhere."""
    if as_json and output is None and rows is None:
        raise exits.UsageError(
            "--json would hold the predictions of all rows at once: name a file, as --output predictions.parquet, or "
            "show some by --rows"
        )
