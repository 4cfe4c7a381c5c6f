"""`clearprop inspect`: what is in a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clearprop.cli import words
from clearprop.cli.inputs import load_model
from clearprop.cli.output_files import size_of
from clearprop.cli.report import architecture, print_scores
from clearprop.files.network_json import network_to_json
from clearprop.tables import ClassTarget
from clearprop.tabular.model import TableModel

MOST_COLUMNS_SHOWN = 50
MOST_CLASSES_SHOWN = 20


def run(model: Path, *, as_json: bool) -> int:
    """Say what the model is; the exit code."""
    trained = load_model(model)
    if as_json:
        words.print_json(_document(model, trained))
        return 0
    out = words.console()
    settings, rows = trained.settings, trained.settings.get("rows")
    pairs = [
        ("model", f"{model} ({size_of(model)}), written by clearprop {trained.version}"),
        ("predicts", _target(trained)),
        ("network", architecture(trained.network) + _together(trained)),
    ]
    if isinstance(rows, dict):
        purpose = {"train": "to learn from", "validation": "to choose the best epoch by", "test": "held out"}
        parts = ", ".join(f"{rows[part]:,} rows {what}" for part, what in purpose.items() if rows.get(part))
        pairs.append(("trained on", f"{settings.get('file', 'a table')}: {parts}"))
    if "ended" in settings:
        pairs.append(("training", str(settings["ended"])))
    words.facts(pairs, out)
    out.print(f"\nColumns that it needs, and their {words.plural(len(trained.encoder.names), 'input')}:")
    steps = trained.encoder.steps
    lines = [(step.column, str(len(step.names)), step.describe()) for step in steps[:MOST_COLUMNS_SHOWN]]
    words.table(("column", "inputs", "how"), lines, out, text_columns=3)
    if len(steps) > MOST_COLUMNS_SHOWN:
        out.print(f"and {len(steps) - MOST_COLUMNS_SHOWN:,} more columns; --json has them all")
    for column, reason in list(trained.encoder.left_out.items())[:MOST_COLUMNS_SHOWN]:
        out.print(f"not used: {column} ({reason})")
    if trained.held_out is not None:
        out.print(f"\nScore on the {trained.held_out.n_rows:,} held-out rows:")
        print_scores(trained, trained.held_out, out)
    return 0


def _together(trained: TableModel) -> str:
    return f"; the mean of {len(trained.thetas)} of these" if len(trained.thetas) > 1 else ""


def _target(trained: TableModel) -> str:
    target = trained.target
    if isinstance(target, ClassTarget):
        shown = ", ".join(map(str, target.classes[:MOST_CLASSES_SHOWN]))
        more = ", …" if len(target.classes) > MOST_CLASSES_SHOWN else ""
        return f"{target.column}, one of {len(target.classes)} classes: {shown}{more}"
    low, high = (float(target.in_unit(value)) for value in (target.low, target.high))
    how = ", learned as its logarithm" if target.log else ""
    return f"{target.column}, a number from {words.number(low, 6)} to {words.number(high, 6)}{how}"


def _document(model: Path, trained: TableModel) -> dict[str, Any]:
    return {
        "model": str(model),
        "version": trained.version,
        "network": network_to_json(trained.network),
        "n_parameters": trained.network.n_parameters,
        "ensemble": len(trained.thetas),
        "temperature": trained.temperature,
        "target": trained.target.to_json(),
        "trivial": trained.trivial,
        "encoder": trained.encoder.to_json(),
        "inputs": list(trained.encoder.names),
        "settings": dict(trained.settings),
        "held_out": None if trained.held_out is None else trained.held_out.to_json(),
    }
