"""`clearprop predict`: a prediction for each row of a table, with class probabilities."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.cli import exits, words
from clearprop.cli.inputs import load_model, read_table
from clearprop.cli.output_files import check_output, check_table_suffix, write_csv, write_table
from clearprop.cli.report import engine_facts, engine_sentence
from clearprop.tables import ClassTarget, ReadOptions
from clearprop.tabular.model import Predictions, TableModel

MOST_INPUTS_SHOWN = 6
MOST_CLASSES_SHOWN = 8
LONGEST_CELL = 24


def run(
    model: Path,
    file: Path,
    *,
    output: Path | None,
    rows: int | None,
    threads: int | None,
    force: bool,
    as_json: bool,
    options: ReadOptions,
) -> int:
    """Predict, then write or show; the exit code."""
    if rows is not None and rows < 1:
        raise exits.UsageError(f"--rows must be at least 1, not {rows}")
    if output is not None:
        check_table_suffix(output)
        check_output(output, force=force, inputs=(model, file))
    trained = load_model(model, file)
    reading = read_table(file, trained, options)
    table = reading.table
    predictions = trained.predict(table, threads)
    made = as_table(trained, predictions)
    remarks = [*reading.notices, *map(str, predictions.remarks)]
    if output is not None:
        write_table(output, made, force=force)
    if as_json:
        words.print_json(
            {
                "rows": made.num_rows,
                **engine_facts(predictions.choice, threads),
                "output": None if output is None else str(output),
                "notices": remarks,
                "unseen": {r.column: r.n_values for r in predictions.remarks if r.kind in ("unseen", "rare")},
                "predictions": made.slice(0, rows).to_pylist() if output is None or rows is not None else None,
            }
        )
        return 0
    words.notices(remarks, words.console(error=True))
    if rows is not None:
        _show(trained, table.slice(0, rows), made.slice(0, rows), made.num_rows)
    elif output is None:
        sys.stdout.flush()
        write_csv(made, sys.stdout.buffer)
    if output is not None:
        by = engine_sentence(predictions.choice, threads)
        words.console().print(f"Wrote {words.plural(made.num_rows, 'prediction')} to {output} (engine: {by})")
    return 0


def as_table(trained: TableModel, predictions: Predictions) -> pa.Table:
    """The predictions as a table: predicted_TARGET and, for classes, probability_CLASS for each."""
    target = trained.target
    columns: dict[str, Any] = {f"predicted_{target.column}": pa.array(predictions.values)}
    if isinstance(target, ClassTarget):
        for k, label in enumerate(target.classes):
            columns[f"probability_{label}"] = pa.array(np.ascontiguousarray(predictions.probabilities[:, k]))
    return pa.table(columns)


def _show(trained: TableModel, table: pa.Table, made: pa.Table, n_rows: int) -> None:
    """The first rows: their inputs, the target if they have it, and what is predicted."""
    out = words.console()
    used = [step.column for step in trained.encoder.steps if step.kind != "vector"]
    inputs = (["file"] if "file" in table.column_names and not used else []) + used[:MOST_INPUTS_SHOWN]
    known = [trained.target.column] if trained.target.column in table.column_names else []
    shown = [(name, table.column(name)) for name in inputs + known]
    shown.append((f"predicted {trained.target.column}", made.column(0)))
    if isinstance(trained.target, ClassTarget):
        labels = trained.target.classes[:MOST_CLASSES_SHOWN]
        shown += [(f"p({label})", made.column(k)) for k, label in enumerate(labels, start=1)]
    rows = zip(*([_cell(value, name) for value in column.to_pylist()] for name, column in shown), strict=True)
    numbered = [[str(number), *row] for number, row in enumerate(rows, start=1)]
    hidden = len(used) - len(used[:MOST_INPUTS_SHOWN])
    more = f", {words.plural(hidden, 'more input column')} not shown" if hidden > 0 else ""
    out.print(f"The first {words.plural(made.num_rows, 'row')} of {n_rows:,}{more}:")
    words.table(("row", *(name for name, _ in shown)), numbered, out)


def _cell(value: Any, name: str) -> str:
    if value is None:
        return "·"
    if isinstance(value, float):
        return f"{value:.3f}" if name.startswith("p(") else words.number(value)
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
