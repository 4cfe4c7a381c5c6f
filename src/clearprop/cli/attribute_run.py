"""What `clearprop attribute` does: find the rows, compute, then say it, draw it or write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.cli import exits, words
from clearprop.cli.inputs import load_model, read_table
from clearprop.cli.output_files import TABLE_SUFFIXES, check_output, write_output, write_table
from clearprop.tables import ReadOptions
from clearprop.tabular.attribution import Attributions, attributions
from clearprop.tabular.model import TableModel

MOST_ROWS = 1000  # whose parts are averaged: of more, rows spread evenly
MOST_SHOWN = 20
PICTURES = (".svg", ".png", ".pdf")


def run(
    model: Path,
    file: Path,
    row: int | None,
    of: str | None,
    against: int | None,
    output: Path | None,
    *,
    force: bool,
    as_json: bool,
    options: ReadOptions,
) -> int:
    """Attribute; the exit code."""
    if output is not None:
        _check(output, model, file, force=force)
    trained = load_model(model, file)
    reading = read_table(file, trained, options)
    table, beside = reading.table, None
    if against is not None:
        beside = _one(table, against, file, "against")
    is_table = output is not None and output.suffix.lower() in TABLE_SUFFIXES
    rows = table if row is None else _one(table, row, file, "row")
    n_rows = rows.num_rows
    if row is None and not is_table and n_rows > MOST_ROWS:
        rows = rows.take(np.unique(np.linspace(0, n_rows - 1, MOST_ROWS).astype(np.int64)))
    found = attributions(trained, rows, _asked(trained, of), beside)
    notices = [*reading.notices, *([] if found.doubt is None else [found.doubt])]
    if output is not None:
        _write(output, found, row, is_table=is_table, force=force)
    if as_json:
        words.print_json(_document(found, row, notices, output))
        return exits.DONE
    words.notices(notices, words.console(error=True))
    if output is not None:
        words.console().print(f"Wrote {output}")
    elif row is None:
        _say_means(found, n_rows)
    else:
        start = "the usual row" if against is None else f"row {against:,}"
        _say_row(trained, found, rows, beside, f"row {row:,}", start)
    return exits.DONE


def _check(output: Path, model: Path, file: Path, *, force: bool) -> None:
    """Raise UsageError or FileError for what cannot be written."""
    if output.suffix.lower() not in (*TABLE_SUFFIXES, *PICTURES):
        raise exits.UsageError(f"--output {output} must end in {', '.join((*TABLE_SUFFIXES, *PICTURES))}")
    check_output(output, force=force, inputs=(model, file))


def _one(table: pa.Table, row: int, file: Path, option: str) -> pa.Table:
    if row > table.num_rows:
        raise exits.UsageError(f"--{option} must be from 1 to {table.num_rows:,}, the rows of {file}, not {row:,}")
    return table.slice(row - 1, 1)


def _asked(model: TableModel, of: str | None) -> Any:
    """What was typed: a quantile is a number."""
    known = {f"{each.quantile:g}": each.quantile for each in model.quantiles}
    return known.get(of, of) if of is not None else None


def means(found: Attributions) -> list[tuple[str, float]]:
    """The mean size of each column's part, the largest first."""
    sizes = np.abs(found.parts).mean(axis=0).tolist()
    return sorted(zip(found.columns, sizes, strict=True), key=lambda item: -item[1])


def _say_means(found: Attributions, n_rows: int) -> None:
    out, n = words.console(), len(found.parts)
    of_all = "" if n == n_rows else f", spread evenly over {n_rows:,}"
    out.print(f"The mean size of each column's part ({found.unit}) over {words.plural(n, 'row')}{of_all}:")
    shown = [(name, words.number(size, 3)) for name, size in means(found)]
    words.table(("column", "mean size"), shown[:MOST_SHOWN], out)
    _say_more(len(shown), out)
    out.print("\n--row N says what is behind the prediction of one row")


def _say_row(
    model: TableModel, found: Attributions, rows: pa.Table, beside: pa.Table | None, row: str, start: str
) -> None:
    """One row, the largest parts first."""
    out, unit, by = words.console(), found.unit, np.argsort(-np.abs(found.parts[0]), kind="stable").tolist()
    output, baseline = (words.number(float(each[0])) for each in (found.outputs, found.baseline))
    what = f"{model.target.column} = {found.of[0]}: {unit}" if unit == "probability" else unit
    if isinstance(found.of[0], float):
        what = f"{unit}, quantile {found.of[0]:g}"
    out.print(f"{what} {output} of {row}; {baseline} of {start}. What each column adds:")
    named = [found.columns[k] for k in by]
    here = [_cell(rows, name) for name in named]
    there = [found.usual[name] if beside is None else _cell(beside, name) for name in named]
    parts = [f"{found.parts[0, k]:+.4g}" for k in by]
    lines = list(zip(named, here, there, parts, strict=True))
    words.table(("column", row, start, unit), lines[:MOST_SHOWN], out, text_columns=3)
    _say_more(len(lines), out)
    out.print(f"together {found.parts[0].sum():+.4g}")
    if unit.startswith("logarithm"):
        out.print("a part p of a logarithm multiplies the prediction by e to the power of p")
    _say_held(model, found, out)


def _say_held(model: TableModel, found: Attributions, out: Any) -> None:
    """Where `predict` says something else."""
    for target in getattr(model.target, "each", ()):
        is_meant = target.column == found.of[0] or isinstance(found.of[0], float)
        if is_meant and not target.low <= found.outputs[0] <= target.high:
            end = min(max(found.outputs[0], target.low), target.high)
            out.print(f"predict answers {words.number(float(target.in_unit(end)))}, the end of what training saw")


def _say_more(n: int, out: Any) -> None:
    if n > MOST_SHOWN:
        out.print(f"and {n - MOST_SHOWN:,} more columns; --json has them all")


def _cell(table: pa.Table, name: str) -> str:
    value = table.column(name)[0].as_py()
    if value is None:
        return "missing"
    return words.number(value, 6) if isinstance(value, float) else str(value)


def _document(found: Attributions, row: int | None, notices: list[str], output: Path | None) -> dict[str, Any]:
    written = None if output is None else str(output)
    document = {"unit": found.unit, "usual": dict(found.usual), "notices": notices, "output": written}
    if row is None:
        return {**document, "rows": len(found.parts), "mean_sizes": dict(means(found))}
    parts = dict(zip(found.columns, found.parts[0].tolist(), strict=True))
    ends = {"prediction": float(found.outputs[0]), "baseline": float(found.baseline[0])}
    return {**document, "row": row, "of": found.of[0], **ends, "parts": parts}


def _write(output: Path, found: Attributions, row: int | None, *, is_table: bool, force: bool) -> None:
    """The parts of all rows as a table, or those of one row, or their means, as a picture."""
    if is_table:
        columns = {"of": pa.array([str(each) for each in found.of]), "prediction": found.outputs}
        parts = {f"part_of_{name}": found.parts[:, k] for k, name in enumerate(found.columns)}
        write_table(output, pa.table({**columns, "baseline": found.baseline, **parts}), force=force)
        return
    from clearprop.plots import AttributionDisplay

    display = AttributionDisplay(found, row=None if row is None else 0).plot()
    format = output.suffix.lower()[1:]
    write_output(output, lambda sink: display.figure_.savefig(sink, format=format, bbox_inches="tight"), force=force)
