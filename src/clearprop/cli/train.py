"""`clearprop train`: from a table to a model file and a held-out score."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clearprop.cli import exits, interrupts, words
from clearprop.cli.inputs import check_there, read_table
from clearprop.cli.output_files import check_model_suffix, check_output, save_somewhere, size_of
from clearprop.cli.progress import progress
from clearprop.cli.report import architecture, engine_facts, engine_sentence, print_scores
from clearprop.errors import FileError
from clearprop.tables import ClassTarget, Reading
from clearprop.tabular.fit import Prepared, TableFit, prepare, train
from clearprop.tabular.settings import TableSettings

KINDS = {
    "number": ("number",),
    "category": ("category", "categories"),
    "truth": ("true-or-false column",),
    "moment": ("date",),
    "vector": ("vector",),
}


def run(
    file: Path, settings: TableSettings, *, threads: int | None, output: Path | None, force: bool, as_json: bool
) -> int:
    """Train, say what was done, save the model; the exit code."""
    output = output or Path(f"{file.name.split('.')[0] or 'model'}.clearprop")
    check_there(file)
    check_output(output, force=force, inputs=(file,))
    check_model_suffix(output)
    reading = read_table(file, options=settings.read)
    out = words.console()
    ready = prepare(reading, settings, threads, None if as_json else out.print)
    if not as_json:
        _before(file, reading, ready, threads, out)
    # As many lines as one wants of a program that one watches; none where only the JSON is wanted.
    watched = words.console(error=True)
    with interrupts.kept():
        with _shown(ready, watched, hidden=as_json and not watched.is_terminal) as callbacks:
            interrupts.check()
            done = train(ready, callbacks, _sources(file), interrupts.has_ended)
        interrupted = done.fit.stopped_by == "interrupt"
        if interrupted and not done.fit.history:
            raise exits.InterruptedEarly
        with interrupts.undisturbed():
            place, elsewhere = save_somewhere(lambda path: done.model.save(path, replace=force), output)
            if as_json:
                words.print_json(_document(place, ready, done, threads))
            else:
                _after(place, ready, done, out)
    if elsewhere is not None:
        raise FileError(f"{elsewhere}; the model was saved as {place}")
    return interrupts.exit_code() if interrupted else exits.DONE


def _sources(file: Path) -> dict[str, Any]:
    """The file's name and fingerprint, by which `evaluate` knows the training file again."""
    if file.is_dir():
        return {"file": file.name, "sha256": None}
    with open(file, "rb") as stream:
        return {"file": file.name, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


@contextmanager
def _shown(ready: Prepared, watched: Any, *, hidden: bool) -> Iterator[tuple[Any, ...]]:
    if hidden:
        yield ()
        return
    with progress(ready.job.epochs, ready.settings.time_limit, watched) as callback:
        yield (callback,)


def _before(file: Path, reading: Reading, ready: Prepared, threads: int | None, out: Any) -> None:
    target = ready.target
    kinds: dict[str, int] = {}
    for step in ready.encoder.steps:
        kinds[step.kind] = kinds.get(step.kind, 0) + 1
    columns = ", ".join(words.plural(count, *KINDS[kind]) for kind, count in kinds.items())
    what = f"{len(target.classes)} classes" if isinstance(target, ClassTarget) else "a number"
    if not isinstance(target, ClassTarget) and target.log:
        what += ", learned as its logarithm"
    table = reading.table
    words.facts(
        [
            ("file", f"{file}: {words.plural(table.num_rows, 'row')}, {words.plural(table.num_columns, 'column')}"),
            ("target", f"{target.column}, {what}"),
            ("task", f"{ready.task.name}, because {ready.task.reason}"),
            ("inputs", f"{columns}, encoded as {words.plural(ready.X.shape[1], 'input')}"),
            ("rows", _rows(ready)),
            ("network", architecture(ready.network)),
            ("engine", engine_sentence(ready.choice, threads)),
        ],
        out,
    )
    words.notices(ready.notices, out)
    sys.stdout.flush()


def _rows(ready: Prepared) -> str:
    """What the rows are for."""
    parts, members = ready.parts, len(ready.plan.folds)
    if members == 1:
        learning = f"{len(parts.train):,} to learn from, {len(parts.validation):,} to choose the best epoch by"
    else:
        judging = len(ready.plan.folds[0].judge)
        learning = (
            f"{len(parts.train):,} to learn from by {members} networks, whose predictions are averaged; each learns "
            f"from all but {judging:,} of them, by which the best epoch is chosen"
        )
    return f"{learning}, {len(parts.test):,} held out for the score (seed {ready.settings.seed})"


def _after(output: Path, ready: Prepared, done: TableFit, out: Any) -> None:
    scores = done.model.held_out
    assert scores is not None
    history = done.fit.history
    took = f" ({words.seconds(history[-1].seconds)})" if history else ""
    out.print(f"\ntraining {done.fit.reason}{took}")
    out.print(f"\nScore on the {scores.n_rows:,} held-out rows, beside that of {_trivial_words(ready, done)}:")
    print_scores(done.model, scores, out)
    out.print(f"\nSaved {output} ({size_of(output)}). To predict: clearprop predict {output} FILE")


def _trivial_words(ready: Prepared, done: TableFit) -> str:
    if isinstance(ready.target, ClassTarget):
        return f"always saying the most frequent class, {done.model.trivial}"
    return f"always saying the mean, {words.number(float(done.model.trivial))}"


def _document(output: Path, ready: Prepared, done: TableFit, threads: int | None) -> dict[str, Any]:
    history = done.fit.history
    assert done.model.held_out is not None
    return {
        "model": str(output),
        "task": ready.task.name,
        "task_reason": ready.task.reason,
        "target": ready.target.to_json(),
        "trivial": done.model.trivial,
        "rows": {name: len(rows) for name, rows in ready.parts._asdict().items()},
        "inputs": ready.X.shape[1],
        "notices": list(ready.notices),
        "widths": list(ready.network.widths),
        "n_parameters": ready.network.n_parameters,
        "ensemble": len(ready.plan.folds),
        **engine_facts(ready.choice, threads),
        "epochs": len(history),
        "best_epoch": None if done.fit.best is None else done.fit.best.n,
        "stopped_by": done.fit.stopped_by,
        "reason": done.fit.reason,
        "seconds": history[-1].seconds if history else 0.0,
        "held_out": done.model.held_out.to_json(),
    }
