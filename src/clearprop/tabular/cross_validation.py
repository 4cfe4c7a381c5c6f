"""Cross-validation of what a table is learned by, then a fit on all of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from clearprop.errors import InputError
from clearprop.files.checkpoints import Checkpoints
from clearprop.tables import Reading
from clearprop.tabular.fit import TableFit, train
from clearprop.tabular.preparation import Prepared, prepare_table, table_of
from clearprop.tabular.quantiles import Showing
from clearprop.tabular.scores import NumberScores, Scores, SeveralScores
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.splitting import dealt_out

NOT_AVERAGED = ("n_rows", "n_unknown", "confusion", "f1", "trivial_f1", "weighted")


class Average(NamedTuple):
    """Mean and standard deviation of a score over the folds."""

    mean: float
    sd: float


class CrossValidated(NamedTuple):
    """What `cross_validate` finds.

    Attributes
    ----------
    ready : Prepared
        The training on all rows, which has begun with nothing yet.
    scores : tuple of Scores
        Of each fold's held-out rows.
    """

    ready: Prepared
    scores: tuple[Scores, ...]


def cross_validate(
    reading: Reading,
    settings: TableSettings,
    *,
    tell: Callable[[str], object] | None = None,
    showing: Showing | None = None,
    begin: Callable[[Prepared], object] = lambda ready: None,
    checkpoints: Checkpoints | None = None,
) -> CrossValidated:
    """Train once for each fold without its rows, and score these; each encoder sees its training rows alone.

    Rows are dealt out by chance and in the proportions of the classes; by groups, or by time (then what is held out is
    always later than what is learned from), where the settings name such a column.

    Parameters
    ----------
    reading : Reading
    settings : TableSettings
        `folds` says how many.
    tell
        As for `prepare`.
    showing : callable, optional
        As for `train`; the names are "fold 1 of 5" and so on.
    begin : callable, optional
        Called with the training on all rows, before the first fold.
    checkpoints : Checkpoints, optional
        As for `train`.

    Raises
    ------
    TableError, InputError
        As of `prepare`, and when there are too few rows, groups or times for so many folds.
    KeyboardInterrupt
        On Ctrl-C: a mean over some of the folds is none.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables import Reading
    >>> from clearprop.tabular import TableSettings, averages, cross_validate
    >>> x = [float(i % 10) for i in range(100)]
    >>> reading = Reading(pa.table({"x": x, "y": [2 * value for value in x]}))
    >>> settings = TableSettings(target="y", task="regression", folds=2, ensemble=1, epochs=40)
    >>> found = cross_validate(reading, settings)
    >>> bool(averages(found.scores)["r2"].mean > 0.9)
    True
    """
    if settings.folds is None:
        raise InputError("cross-validation needs the number of folds, as folds=5")
    n = settings.folds
    limit = None if settings.time_limit is None else settings.time_limit / (n + 1)
    table = table_of(reading, replace(settings, test=0.0, time_limit=limit))
    folds = dealt_out(table.inputs.num_rows, table.marks, n, table.settings)
    last = prepare_table(table, tell=tell)
    begin(last)
    scores = []
    for k, fold in enumerate(folds, start=1):
        ready, name = prepare_table(table, fold), f"fold {k} of {n}"
        kept = None if checkpoints is None else checkpoints.within(name)
        done = train(ready, showing=None if showing is None else _named(showing, name), checkpoints=kept)
        if done.fit.stopped_by == "interrupt" or len(done.model.quantiles) < len(settings.quantiles):
            raise KeyboardInterrupt
        assert done.model.held_out is not None
        scores.append(done.model.held_out)
    return CrossValidated(last, tuple(scores))


def averages(scores: tuple[Scores, ...]) -> Mapping[str, Average]:
    """Mean and standard deviation over the folds of every score that all of them have."""
    documents = [_flat(each) for each in scores]
    found = {}
    for name in documents[0]:
        values = [document[name] for document in documents]
        if name in NOT_AVERAGED or not all(isinstance(value, float | int) for value in values):
            continue
        found[name] = Average(float(np.mean(values)), float(np.std(values, ddof=1)))
    return found


def _flat(scores: Scores) -> dict[str, Any]:
    """The scores by name; of several targets with the column behind the name."""
    if isinstance(scores, NumberScores):
        quantiles = {name: value for each in scores.quantiles for name, value in each.named().items()}
        return {**scores.to_json(), **quantiles}
    if not isinstance(scores, SeveralScores):
        return scores.to_json()
    return {
        f"{name} of {column}": value
        for column, each in scores.targets.items()
        for name, value in each.to_json().items()
        if name not in NOT_AVERAGED
    }


def with_folds(done: TableFit, scores: tuple[Scores, ...]) -> TableFit:
    """The fit on all rows, whose model keeps what cross-validation found."""
    kept = {name: list(average) for name, average in averages(scores).items()}
    settings: dict[str, Any] = {**done.model.settings, "cross_validation": {"folds": len(scores), "scores": kept}}
    return replace(done, model=replace(done.model, settings=settings))


def _named(showing: Showing, name: str) -> Showing:
    @contextmanager
    def show(what: str, epochs: int) -> Iterator[Any]:
        with showing(f"{name}, {what}" if what else name, epochs) as callbacks:
            yield callbacks

    return show
