"""What `clearprop search` does: the table is prepared, searched and learned, and what was found is told and saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clearprop.cli import interrupts, words
from clearprop.cli.log import Log, opened
from clearprop.cli.processes import spoken_by_first
from clearprop.cli.progress import AS_NUMBERS, Waiting, progress
from clearprop.cli.standard_input import as_file, shown
from clearprop.cli.stream_options import STREAMS, on_disk
from clearprop.cli.train import checked_output, saved, shape_of, sources_of, table_to_learn
from clearprop.cli.training_options import OutputOptions
from clearprop.cli.training_report import print_before
from clearprop.errors import InputError
from clearprop.tables import Reading
from clearprop.tabular.details import check_description
from clearprop.tabular.fit import of_learned
from clearprop.tabular.preparation import Prepared, prepare
from clearprop.tabular.searching import Round, Searched, Tried, Watching, search
from clearprop.tabular.settings import TableSettings
from clearprop.training.interrupts import Interrupts

MOST_SHOWN = 10  # trials in the table


def run(file: Path, settings: TableSettings, asked: OutputOptions, n_trials: int | None, limit: float | None) -> int:
    """Search, say what was found, save the model; the exit code. Of several processes the first prints and writes."""
    with spoken_by_first(asked) as asked:
        return _run(file, settings, asked, n_trials, limit)


def _run(file: Path, settings: TableSettings, asked: OutputOptions, n_trials: int | None, limit: float | None) -> int:
    output = checked_output(file, settings, asked)
    with as_file(file) as there, opened(asked.log) as log:
        if on_disk(there, STREAMS, began=False) is not None:
            raise InputError(
                f"{shown(file)} does not fit into memory, and a search needs it there: search in some of its rows, and "
                "train on all with what is found"
            )
        table = table_to_learn(there, settings)
        out, beside = words.console(), words.console(error=True)
        ready = _prepared(table, settings, beside, asked)
        if not asked.as_json:
            print_before(shown(file), shape_of(table), ready, out)
        with interrupts.kept():
            interrupts.check()
            told, watching = Interrupts(), _watching(beside, log, hidden=asked.as_json and not beside.is_terminal)
            found = search(ready, n_trials=n_trials, time_limit=limit, watching=watching, interrupts=told)
            interrupts.has_ended()
            done = of_learned(found.ready, found.learned, sources_of(file, there, None))
            if not asked.as_json:
                _print_trials(found, out)
            code, _ = saved(found.ready, done, (), output, asked, {"search": document(found)})
        return interrupts.exit_code() if found.is_interrupted else code


def _prepared(table: Reading, settings: TableSettings, out: Any, asked: OutputOptions) -> Prepared:
    """The table, ready for the recipe; what takes long is told of."""
    with Waiting(out) as waiting:

        def tell(sentence: str) -> None:
            out.print(sentence)
            waiting.begin("compiling")

        ready = prepare(table, settings, None if asked.as_json else tell)
    check_description(ready.encoder, ready.target)
    return ready


def _watching(out: Any, log: Log | None, *, hidden: bool) -> Watching:
    """What shows the rounds and trials as they come, and writes them down."""
    state: dict[str, Any] = {}

    def begins(one: Round) -> None:
        state["round"], state["best"] = one, None
        if not hidden:
            share = "all epochs" if one.share == 1 else f"{one.share:.2g} of the epochs"
            trials, networks = words.plural(one.n_trials, "trial"), words.plural(one.n_networks, "network")
            out.print(f"round {one.number} of {one.of}: {trials}, {share}, {networks} each")

    def ended(tried: Tried, count: int) -> None:
        one, best = state.get("round"), state.get("best")
        if log is not None and one is not None:  # not of the one by which the time of the others is reckoned
            log.write(record(tried))
        if tried.error is None and (best is None or tried.rank < best.rank):
            state["best"] = tried
        if one is not None and not hidden and (count == one.n_trials or count % max(1, one.n_trials // 9) == 0):
            said = "" if state["best"] is None else f"  best {_score(state['best'])}  {_settings(state['best'])}"
            out.print(f"  {count:>3} of {one.n_trials}{said}")

    @contextmanager
    def training(epochs: int) -> Iterator[Sequence[Any]]:
        if hidden:
            yield ()
            return
        out.print("training with the best settings so far")
        with progress(epochs, None, out) as callback:
            yield (callback,)

    return Watching(begins, ended, training)


def _print_trials(found: Searched, out: Any) -> None:
    """The best trials as a table, and how the search ended."""
    out.print(f"\nsearched: {found.reason}")
    ranked = sorted(
        {each.trial.number: each for each in found.tried}.values(), key=lambda each: (-each.round, each.rank)
    )
    rows = [
        (
            f"{each.trial.number}{' (recipe)' if each.trial.number == 1 else ''}",
            *(text for _, text in _parts(each)),
            str(each.round),
            "diverged" if each.error is not None else _score(each),
        )
        for each in ranked[:MOST_SHOWN]
    ]
    words.table(("trial", *(name for name, _ in _parts(ranked[0])), "rounds", _metric(found.best)), rows, out)
    out.print(f"Trained with: clearprop train … {_options(found.best)}")


def _parts(tried: Tried) -> list[tuple[str, str]]:
    """The settings of a trial, by name."""
    asked = tried.trial.asked
    return [
        ("hidden", ",".join(map(str, asked["hidden"])) or "0"),
        ("rate", f"{asked['learning_rate']:.3g}"),
        ("batch", str(asked["batch_size"])),
        ("dropout", f"{asked['dropout']:.3g}"),
        ("decay", f"{asked['weight_decay']:.3g}"),
    ]


def _settings(tried: Tried) -> str:
    return ", ".join(text if name == "hidden" else f"{name} {text}" for name, text in _parts(tried))


def _options(tried: Tried) -> str:
    """The options of `clearprop train` that train with these settings."""
    asked = tried.trial.asked
    values = {**asked, "hidden": ",".join(map(str, asked["hidden"])) or "0"}
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in values.items())


def _metric(tried: Tried) -> str:
    return tried.plan.scoring.watched(tried.plan.settings).name.removeprefix("validation_").replace("_", " ")


def _score(tried: Tried) -> str:
    name = _metric(tried)
    return words.number(tried.value) if name.replace(" ", "_") in AS_NUMBERS else words.share(tried.value)


def record(tried: Tried) -> dict[str, Any]:
    """What came of a trial in a round, as JSON holds it."""
    best = None if tried.learned is None else tried.learned.fit.best
    return {
        "trial": tried.trial.number,
        "round": tried.round,
        **tried.trial.asked,
        "hidden": list(tried.trial.asked["hidden"]),
        "epochs": tried.plan.jobs[0].epochs,
        "networks": len(tried.plan.folds),
        "best_epoch": None if best is None else best.n,
        "metric": _metric(tried),
        "score": None if tried.error is not None else tried.value,
        "seconds": round(tried.seconds, 4),
        "error": tried.error,
    }


def document(found: Searched) -> Mapping[str, Any]:
    """The search as JSON holds it."""
    return {
        "reason": found.reason,
        "best_trial": found.best.trial.number,
        "options": _options(found.best),
        "trials": [record(each) for each in found.tried],
    }
