"""`clearprop evaluate`: how good a model is on a table whose target is known."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from clearprop.cli import words
from clearprop.cli.inputs import load_model, read_table
from clearprop.cli.report import engine_facts, engine_sentence, print_importances, trivial_words
from clearprop.cli.scores_table import print_confusion, print_scores
from clearprop.cli.standard_input import as_file, shown
from clearprop.cli.stream_options import STREAMS, OnDisk, StreamOptions, converted, on_disk
from clearprop.tables import ReadOptions
from clearprop.tabular.actual import with_known_target
from clearprop.tabular.model import TableModel
from clearprop.tabular.results import Evaluation
from clearprop.tabular.scores import ClassScores
from clearprop.tabular.streamed import evaluate


class _Found(NamedTuple):
    """The evaluation, what is noted beside it, the columns of the table, and whether the model learned from it."""

    evaluation: Evaluation
    notices: list[str]
    columns: Collection[str]
    is_known: bool


def run(
    model: Path,
    file: Path,
    *,
    skip_missing_target: bool,
    threads: int | None,
    as_json: bool,
    options: ReadOptions,
    streams: StreamOptions = STREAMS,
) -> int:
    """Evaluate and say the scores; the exit code."""
    trained = load_model(model, file)
    with as_file(file) as there:
        there = converted(there, streams, options)
        found = _evaluated(trained, there, skip_missing_target, threads, options, on_disk(there, streams))
    (scores, remarks, choice), notices, names, is_known = found
    notices += map(str, remarks)
    if is_known:
        held_out = f"; 'clearprop inspect {model}' has those of the rows held out"
        more = held_out if trained.held_out is not None else ""
        notices.append(f"the model was trained on this file, so these scores flatter it{more}")
    weights = trained.settings.get("weights")
    if weights is not None and weights not in names:
        notices.append(f"there is no column {weights!r} of weights, as training had: every row counts the same")
    if isinstance(scores, ClassScores) and scores.n_unknown:
        notices.append(
            f"{words.plural(scores.n_unknown, 'row')} of a class that training did not have: counted as wrong"
        )
    if as_json:
        document = {"model": str(model), "file": shown(file), **engine_facts(choice), "notices": notices}
        kept = trained.settings.get("importances")
        words.print_json({**document, "scores": scores.to_json(), "importances": kept})
        return 0
    words.notices(notices, words.console(error=True))
    out = words.console()
    out.print(f"Score on {words.plural(scores.n_rows, 'row')}, beside that of {trivial_words(trained)}:")
    print_scores(trained, scores, out)
    if isinstance(scores, ClassScores):
        out.print()
        print_confusion(trained.target, scores, out)
    print_importances(trained, out)
    out.print(f"\nengine: {engine_sentence(choice)}")
    return 0


def _evaluated(
    trained: TableModel, file: Path, skip: bool, threads: int | None, options: ReadOptions, there: OnDisk | None
) -> _Found:
    if there is not None:
        found, n_left_out = evaluate(trained, there.table, skip_missing_target=skip, n_threads=threads)
        rows = f"the target is missing in {words.plural(n_left_out, 'row')}: left out"
        known = trained.settings.get("sha256") == there.table.fingerprint
        return _Found(found, [f"read {there.why}", *([rows] if n_left_out else [])], there.table.names, known)
    reading, is_known = read_table(file, trained, options), is_training_file(trained, file)
    table, left_out = with_known_target(reading.table, trained.target, trained.encoder.read, skip=skip)
    notices = [*reading.notices, *left_out]
    return _Found(trained.evaluate(table, threads), notices, table.column_names, is_known)


def is_training_file(trained: TableModel, file: Path) -> bool:
    """Whether the model was trained on a file with just these bytes."""
    known = trained.settings.get("sha256")
    if known is None or not file.is_file():
        return False
    with open(file, "rb") as stream:
        return bool(hashlib.file_digest(stream, "sha256").hexdigest() == known)
