"""`clearprop inspect`: what is in a model file."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from clearprop.cli import words
from clearprop.cli.inputs import load_model
from clearprop.cli.output_files import size_of
from clearprop.cli.report import architecture, print_importances
from clearprop.cli.scores_table import print_folds, print_scores
from clearprop.engines.hardware import HOST
from clearprop.errors import shortened
from clearprop.files.network_json import network_to_json
from clearprop.job.saving import jobs_to_json
from clearprop.tabular.cross_validation import Average
from clearprop.tabular.model import TableModel

MOST_COLUMNS_SHOWN = 50
RECIPE = ("seed", "epochs", "batch_size", "learning_rate", "weight_decay", "label_smoothing")
ASKED = (
    "test", "test_file", "validation_file", "folds", "group", "time_column", "weights", "keep", "drop", "category",
    "quality", "activation", "time_limit", "probabilities", "class_weight", "loss", "metric", "quantiles", "engine",
    "read", "target_means", "threshold", "device", "precision", "from", "frozen", "layer_rates",
)  # fmt: skip


def run(model: Path, *, as_json: bool) -> int:
    """Say what the model is; the exit code."""
    trained = load_model(model)
    if as_json:
        words.print_json(_document(model, trained))
        return 0
    out = words.console()
    settings, rows = trained.settings, trained.settings.get("rows")
    pairs = [
        ("model", f"{model} ({size_of(model)}, of {_date(model)}), written by clearprop {trained.version}"),
        ("predicts", trained.target.describe(partial(words.number, digits=6))),
        ("network", architecture(trained.network) + _together(trained)),
    ]
    if isinstance(rows, dict):
        purpose = {"train": "to learn from", "validation": "to choose the best epoch by", "test": "held out"}
        used = [(words.plural(rows[part], "row"), what) for part, what in purpose.items() if rows.get(part)]
        parts = ", ".join(f"{n_rows} {what}" for n_rows, what in used)
        pairs.append(("trained on", f"{settings.get('file', 'a table')}: {parts}"))
    pairs += _imported(settings)
    if "ended" in settings:
        pairs.append(("training", str(settings["ended"])))
    chosen = chosen_settings(trained)
    if chosen:
        pairs.append(("settings", chosen))
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
    elif isinstance(settings.get("cross_validation"), dict):
        kept = settings["cross_validation"]
        found = {name: Average(*pair) for name, pair in kept["scores"].items()}
        print_folds(trained, found, kept["folds"], out)
    print_importances(trained, out)
    return 0


def _imported(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a network of another library comes from."""
    if "imported" not in settings:
        return []
    proof = settings.get("proof") or "no rows to compare with the source"
    return [("imported", f"from {settings['imported']}; {proof}")]


def chosen_settings(trained: TableModel) -> str:
    """The seed, the recipe's numbers, and whatever was asked for, as its options are called."""
    settings, job = trained.settings, trained.job(0)
    found = {}
    if job is not None:
        everything = {**vars(job), **getattr(job.update_rule, "parameters", {})}
        known = ("learning_rate", "weight_decay") if "imported" in settings else RECIPE
        found = {name: everything[name] for name in known if name in everything}
    found |= {name: settings[name] for name in ASKED if _says_something(settings.get(name))}
    if "test_file" in found or "folds" in found:
        found.pop("test", None)  # they say what is held out
    lines = [f"{name.replace('_', '-')} {_in_words(value)}" for name, value in found.items()]
    return "\n".join([*lines, *settings.get("recipes", ())])


def _says_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(item is not None for item in value.values())
    return value not in (None, False, (), [], "auto", *HOST) or (value == 0.0 and value is not False)


def _in_words(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, float):
        return words.number(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_in_words(item)}" for name, item in value.items() if item is not None)
    return shortened(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _date(model: Path) -> str:
    """When the file was written, as its folder knows: no date is in it, so that the same fit is the same file."""
    return datetime.datetime.fromtimestamp(model.stat().st_mtime).strftime("%Y-%m-%d %H:%M")


def _together(trained: TableModel) -> str:
    return f"; the mean of {len(trained.thetas)} of these" if len(trained.thetas) > 1 else ""


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
        "training": jobs_to_json(trained.jobs) if trained.jobs else None,
        "held_out": None if trained.held_out is None else trained.held_out.to_json(),
    }
