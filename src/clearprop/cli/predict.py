"""`clearprop predict`: a prediction for each row of a table, with class probabilities."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.cli import exits, words
from clearprop.cli.inputs import load_model, read_table
from clearprop.cli.output_files import check_output, check_table_suffix, write_csv, write_table
from clearprop.cli.report import engine_facts, engine_sentence
from clearprop.cli.standard_input import as_file
from clearprop.cli.stream_options import STREAMS, StreamOptions, converted, on_disk
from clearprop.cli.streamed import Predicting, refuse_json
from clearprop.errors import TableError
from clearprop.tables import Reading, ReadOptions, missing_column
from clearprop.tabular.model import TableModel
from clearprop.tabular.results import Predictions

MOST_INPUTS_SHOWN = 6
MOST_CLASSES_SHOWN = 8
LONGEST_CELL = 24


def run(
    model: Path,
    file: Path,
    *,
    output: Path | None,
    keep: Sequence[str],
    rows: int | None,
    threads: int | None,
    force: bool,
    as_json: bool,
    options: ReadOptions,
    streams: StreamOptions = STREAMS,
    sets: float | None = None,
) -> int:
    """Predict, then write or show; the exit code."""
    _check(model, file, output, rows, force=force)
    trained = _loaded(model, file, sets)
    with as_file(file) as there:
        there = converted(there, streams, options)
        found = on_disk(there, streams)
        if found is not None:
            refuse_json(as_json=as_json, output=output, rows=rows)
            kept, missing = _kept(trained, Reading(found.table.empty), keep)
            stream = Predicting(trained, found.table, kept, threads, partial(as_table, sets=sets))
            return _streamed(stream, [f"read {found.why}", *missing], output, rows, force=force, as_json=as_json)
        reading = read_table(there, trained, options, keep)
    kept, missing = _kept(trained, reading, keep)
    predictions = trained.predict(reading.table, threads)
    made = as_table(trained, predictions, reading.table, kept, threads, sets)
    remarks = [*reading.notices, *missing, *map(str, predictions.remarks)]
    if output is not None:
        write_table(output, made, force=force)
    if as_json:
        words.print_json(
            {
                "rows": made.num_rows,
                **engine_facts(predictions.choice),
                "output": None if output is None else str(output),
                "notices": remarks,
                "unseen": {r.column: r.n_values for r in predictions.remarks if r.kind in ("unseen", "rare")},
                "predictions": made.slice(0, rows).to_pylist() if output is None or rows is not None else None,
            }
        )
        return 0
    words.notices(remarks, words.console(error=True))
    if rows is not None:
        _show(trained, reading.table.slice(0, rows), made.slice(0, rows), kept, made.num_rows)
    elif output is None:
        sys.stdout.flush()
        write_csv(made, sys.stdout.buffer)
    if output is not None:
        by = engine_sentence(predictions.choice)
        words.console().print(f"Wrote {words.plural(made.num_rows, 'prediction')} to {output} (engine: {by})")
    return 0


def _check(model: Path, file: Path, output: Path | None, rows: int | None, *, force: bool) -> None:
    """Raise UsageError or FileError for what cannot be shown or written."""
    if rows is not None and rows < 1:
        raise exits.UsageError(f"--rows must be at least 1, not {rows}")
    if output is not None:
        check_table_suffix(output)
        check_output(output, force=force, inputs=(model, file))


def _streamed(
    stream: Predicting, notices: list[str], output: Path | None, rows: int | None, *, force: bool, as_json: bool
) -> int:
    """The same for a table on the disk."""
    shown = None
    if output is not None:
        stream.write(output, force=force)
    elif rows is None:
        stream.show()
    if rows is not None:
        shown = stream.first(rows)
    assert stream.choice is not None
    n_rows, remarks = stream.table.n_rows, stream.met.remarks
    notices += map(str, remarks)
    if as_json:
        words.print_json(
            {
                "rows": n_rows,
                **engine_facts(stream.choice),
                "output": None if output is None else str(output),
                "notices": notices,
                "unseen": {r.column: r.n_values for r in remarks if r.kind in ("unseen", "rare")},
                "predictions": None if shown is None else shown.table.to_pylist(),
            }
        )
        return 0
    words.notices(notices, words.console(error=True))
    if shown is not None:
        _show(stream.model, shown.rows, shown.table, stream.kept, n_rows)
    if output is not None:
        by = engine_sentence(stream.choice)
        words.console().print(f"Wrote {words.plural(n_rows, 'prediction')} to {output} (engine: {by})")
    return 0


def _loaded(model: Path, file: Path, sets: float | None) -> TableModel:
    """The model, which must be able to say sets of classes where they are asked for."""
    trained = load_model(model, file)
    if sets is not None:
        trained.check_sets()
        if not 0 < sets < 1:
            raise exits.UsageError(f"--sets is the share of rows whose set holds the true class, as 0.9, not {sets:g}")
    return trained


def as_table(
    trained: TableModel,
    predictions: Predictions,
    table: pa.Table,
    kept: Sequence[str],
    threads: int | None = None,
    sets: float | None = None,
) -> pa.Table:
    """The columns that are kept, then predicted_TARGET, its set, the probability of each class, and each quantile."""
    target = trained.target
    names = target.predicted_names
    several = len(names) > 1
    values = np.ascontiguousarray(np.transpose(predictions.values)) if several else [predictions.values]
    columns: dict[str, Any] = {
        f"predicted_{name}": pa.array(column) for name, column in zip(names, values, strict=True)
    }
    if sets is not None:
        assert trained.conformity is not None
        found, labels = trained.conformity.sets(predictions.probabilities, sets), np.array(target.labels, dtype=object)
        columns[f"set_of_{target.column}"] = pa.array([", ".join(map(str, labels[row])) for row in found])
    if predictions.probabilities is not None:
        for k, label in enumerate(target.labels):
            columns[f"probability_{label}"] = pa.array(np.ascontiguousarray(predictions.probabilities[:, k]))
    if trained.quantiles:
        found, _ = trained.predict_quantiles(table, threads)
        for k, each in enumerate(trained.quantiles):
            columns[f"quantile_{each.quantile:g}_of_{target.column}"] = pa.array(np.ascontiguousarray(found[:, k]))
    for name in kept:
        if name in columns:
            raise TableError(f"the column {name!r} cannot be kept: a column of predictions has that name")
    return pa.table({**{name: table.column(name) for name in kept}, **columns})


def _kept(trained: TableModel, reading: Reading, asked: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns to carry along: those that training was told of, and those asked for; and what is missing."""
    names = reading.table.column_names
    known = [reading.column(name) for name in trained.settings.get("keep") or ()]
    more = [reading.column(name) for name in asked]
    for name in more:
        if name not in names:
            raise missing_column(name, names)
    there = dict.fromkeys(name for name in [*known, *more] if name in names)
    missing = [
        f"there is no column {name!r}, which training was told to keep: the predictions do not have it"
        for name in known
        if name not in names
    ]
    return list(there), missing


def _show(trained: TableModel, table: pa.Table, made: pa.Table, kept: Sequence[str], n_rows: int) -> None:
    """The first rows: their inputs, the target if they have it, and what is predicted."""
    out = words.console()
    used = [step.column for step in trained.encoder.steps if step.kind != "vector"]
    files = ["file"] if "file" in table.column_names and not used else []
    inputs = list(dict.fromkeys([*kept, *files, *used[:MOST_INPUTS_SHOWN]]))
    made = made.drop_columns(list(kept))
    targets = trained.target.columns
    known = [name for name in targets if name in table.column_names and name not in inputs]
    shown = [(name, table.column(name)) for name in inputs + known]
    shown += [(f"predicted {name}", made.column(k)) for k, name in enumerate(trained.target.predicted_names)]
    sets = f"set_of_{trained.target.column}"
    shown += [(sets.replace("_", " "), made.column(sets))] if sets in made.column_names else []
    if f"probability_{trained.target.labels[0]}" in made.column_names:
        labels = trained.target.labels[:MOST_CLASSES_SHOWN]
        shown += [(f"p({label})", made.column(f"probability_{label}")) for label in labels]
    shown += [(f"quantile {each.quantile:g}", made.column(1 + k)) for k, each in enumerate(trained.quantiles)]
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
