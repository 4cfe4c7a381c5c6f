"""What `clearprop train` says: what it is about to do, and what came out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clearprop.cli import words
from clearprop.cli.output_files import size_of
from clearprop.cli.report import architecture, engine_facts, engine_sentence, print_importances, trivial_words
from clearprop.cli.scores_table import print_folds, print_scores
from clearprop.tables import ClassTarget
from clearprop.tabular.choosing import variants
from clearprop.tabular.cross_validation import averages
from clearprop.tabular.fit import TableFit
from clearprop.tabular.preparation import Prepared
from clearprop.tabular.quality import LEVELS
from clearprop.tabular.quantiles import expected_seconds
from clearprop.tabular.scores import Scores

KINDS = {
    "number": ("number",),
    "category": ("category", "categories"),
    "category with means": ("category with means of the target", "categories with means of the target"),
    "truth": ("true-or-false column",),
    "moment": ("date",),
    "vector": ("vector",),
    "formula": ("imported column",),
}


def print_before(
    file: str, shape: tuple[int, int], ready: Prepared, out: Any, more: Sequence[tuple[str, str]] = ()
) -> None:
    """What was understood, and what is going to be trained; `shape` is how many rows and columns the table has."""
    words.facts([*facts_before(file, shape, ready), *_time(ready), *more], out)
    words.notices(ready.notices, out)
    sys.stdout.flush()


def facts_before(file: str, shape: tuple[int, int], ready: Prepared) -> list[tuple[str, str]]:
    """The same as names and values."""
    target = ready.target
    kinds: dict[str, int] = {}
    for step in ready.encoder.steps:
        kinds[step.kind] = kinds.get(step.kind, 0) + 1
    columns = ", ".join(words.plural(count, *KINDS[kind]) for kind, count in kinds.items())
    return [
        ("file", f"{file}: {words.plural(shape[0], 'row')}, {words.plural(shape[1], 'column')}"),
        ("target", f"{target.column}, {target.kind}"),
        ("task", f"{ready.task.name}, because {ready.task.reason}"),
        ("inputs", f"{columns}, encoded as {words.plural(ready.X.shape[1], 'input')}"),
        ("rows", _rows(ready)),
        ("network", architecture(ready.network)),
        ("engine", engine_sentence(ready.choice)),
    ]


def _time(ready: Prepared) -> list[tuple[str, str]]:
    """About how long it will take, by a few updates; nothing where that is not known."""
    expected, settings = expected_seconds(ready.plan), ready.settings
    if expected is None:
        return []
    expected *= 1 + (settings.folds or 0)
    how = words.plural(ready.job.epochs, "epoch")
    if (n_recipes := len(variants(ready.task.name, settings))) > 1:
        how += f"; the networks of {n_recipes} recipes, of which those stay that are best together"
    return [("time", f"about {words.seconds(max(0.1, expected))}, quality {settings.quality} of {max(LEVELS)}, {how}")]


def _rows(ready: Prepared) -> str:
    """What the rows are for."""
    parts, members, settings = ready.parts, len(ready.plan.folds), ready.settings
    if members > 1 and not len(parts.validation):
        n_validation = len(ready.plan.folds[0].validation)
        learning = (
            f"{len(parts.train):,} to learn from by {members} networks, whose predictions are averaged; each learns "
            f"from all but {n_validation:,} of them, by which the best epoch is chosen"
        )
    else:
        by = "" if members == 1 else f" by {members} networks, whose predictions are averaged"
        learning = f"{len(parts.train):,} to learn from{by}, {len(parts.validation):,} to choose the best epoch by"
    held = f"{len(parts.test):,} held out for the score" if len(parts.test) else "none held out"
    how = ""
    if settings.group is not None:
        how = f"; rows of one {settings.group} stay together"
    if settings.time_column is not None:
        how = f"; validation and held-out rows are later by {settings.time_column}"
    return f"{learning}, {held} (seed {settings.seed}){how}"


def print_after(output: Path, ready: Prepared, done: TableFit, folds: tuple[Scores, ...], out: Any) -> None:
    """How training ended, the scores, and where the model is."""
    history, model = done.fit.history, done.model
    took = f" ({words.seconds(history[-1].seconds)})" if history else ""
    out.print(f"\ntraining {done.fit.reason}{took}")
    if isinstance(model.target, ClassTarget) and model.target.is_tuned:
        score = str(ready.settings.threshold).replace("_", " ")
        said = f"{model.target.classes[1]} is said from the probability {model.target.threshold:.3g} on"
        out.print(f"{said}, where the {score} of the validation rows is the greatest")
    if model.held_out is not None:
        scores = model.held_out
        out.print(f"\nScore on the {scores.n_rows:,} held-out rows, beside that of {trivial_words(model)}:")
        print_scores(model, scores, out)
    elif folds:
        print_folds(model, averages(folds), len(folds), out)
    else:
        out.print("\nNo rows were held out, so no score says how good it is: 'clearprop evaluate' does, on other rows.")
    print_importances(model, out)
    out.print(f"\nSaved {output} ({size_of(output)}). To predict: clearprop predict {output} FILE")


def document(output: Path, ready: Prepared, done: TableFit, folds: tuple[Scores, ...]) -> dict[str, Any]:
    """The same as JSON."""
    history, held_out = done.fit.history, done.model.held_out
    found = {
        "model": str(output),
        "task": ready.task.name,
        "task_reason": ready.task.reason,
        "target": done.model.target.to_json(),
        "trivial": done.model.trivial,
        "rows": {name: len(rows) for name, rows in ready.parts._asdict().items()},
        "inputs": ready.X.shape[1],
        "notices": list(ready.notices),
        "widths": list(ready.network.widths),
        "n_parameters": ready.network.n_parameters,
        "ensemble": len(ready.plan.folds),
        **engine_facts(ready.choice),
        "epochs": len(history),
        "best_epoch": None if done.fit.best is None else done.fit.best.n,
        "stopped_by": done.fit.stopped_by,
        "reason": done.fit.reason,
        "retries": [retry._asdict() for retry in done.fit.retries],
        "seconds": history[-1].seconds if history else 0.0,
        "held_out": None if held_out is None else held_out.to_json(),
        "importances": done.model.settings.get("importances"),
    }
    if folds:
        found["cross_validation"] = {
            "mean": {name: average.mean for name, average in averages(folds).items()},
            "sd": {name: average.sd for name, average in averages(folds).items()},
            "folds": [scores.to_json() for scores in folds],
        }
    return found
