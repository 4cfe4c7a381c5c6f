"""From encoded rows to the plan of an ensemble: which rows each network learns from, its job, and the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clearprop.distributed import launch
from clearprop.engines import Choice, Job, choose, usable_cores
from clearprop.engines.cores import threads_granted
from clearprop.errors import InputError
from clearprop.job import Layout
from clearprop.job.memory import check_memory
from clearprop.network import Network
from clearprop.tables import ClassTarget, Fold, Target, folds
from clearprop.tabular import recipe
from clearprop.tabular.choosing import Variant, varied
from clearprop.tabular.scoring import Scoring, scoring_of
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.splitting import FEWEST_FOLDS
from clearprop.tabular.start import SLOWER, Start
from clearprop.tabular.timing import epochs_in, seconds_per_epoch

if TYPE_CHECKING:
    from clearprop.tabular.streamed_rows import RowStream
    from clearprop.training.shared_rows import SharedRows

DEFAULT = Variant()
MEMBER_SEED = 1_000_003  # between the seeds of an ensemble's networks, so that neighbouring seeds share none


class EncodedRows(NamedTuple):
    """Encoded rows.

    Attributes
    ----------
    X : float32 array of shape (n_rows, n_inputs)
    y : array of shape (n_rows,), or (n_rows, n_targets) of several
        Class numbers, or numbers on the scale that is learned.
    weight : float32 array of shape (n_rows,) or None
    numbers : tuple of int
        Which inputs are numbers, as `Encoder.number_inputs` says.
    """

    X: Any
    y: Any
    weight: Any = None
    numbers: tuple[int, ...] = ()


class Streamed(NamedTuple):
    """Rows that stay on the disk while they are learned from.

    Attributes
    ----------
    rows : RowStream
    trivial : class label, float or list of float
        What the trivial predictor always says.
    seen : mapping
        As of `clearprop.tabular.seen.seen`.
    summary : mapping
        As of `clearprop.tabular.summary.summary`, of a sample of the rows.
    n_test : int
        Rows of the table that are held out.
    shared : SharedRows or None
        The processes that have the rows between them.
    """

    rows: RowStream
    trivial: Any
    seen: Mapping[str, list[float]]
    summary: Mapping[str, Any]
    n_test: int
    shared: SharedRows | None = None


@dataclass(frozen=True)
class EnsemblePlan:
    """An ensemble that is ready to be trained; nothing is left that a user could have done wrong.

    Attributes
    ----------
    rows : EncodedRows
        Of a stream, those that choose the best epoch alone.
    Y : OneHot or float32 array of shape (n_rows, n_outputs)
        The targets of all rows as the networks learn them, encoded once.
    scoring : Scoring
    folds : tuple of Fold
        The rows that each network learns from, and its validation rows.
    jobs : tuple of Job
        One for each network; they differ in the seed alone.
    choice : Choice
        The engine of each network, and how many threads all of them may use together.
    start : Start or None
        What they go on from; None for weights drawn at random.
    stream : Streamed or None
        What is learned from, where that is not in memory; what the folds say of it is how many rows there are.
    """

    settings: TableSettings
    target: Target
    rows: EncodedRows
    Y: Any
    scoring: Scoring
    folds: tuple[Fold, ...]
    jobs: tuple[Job, ...]
    choice: Choice
    start: Start | None = None
    stream: Streamed | None = None

    @property
    def network(self) -> Network:
        """What every network of the ensemble is."""
        return self.jobs[0].network

    def seconds_per_epoch(self) -> float | None:
        """About how long an epoch of all networks takes, by a short trial; None of rows that stay on the disk."""
        if self.stream is not None:
            return None
        rows, jobs = self.rows, self.jobs
        return seconds_per_epoch(jobs[0], rows.X, self.Y, rows.weight, self.folds, self.choice)

    @property
    def n_threads(self) -> int:
        """The most threads that all networks use together."""
        return self.choice.n_threads


def plan(
    rows: EncodedRows,
    target: Target,
    settings: TableSettings,
    *,
    parts: tuple[Fold, ...] = (),
    class_weight: tuple[float, ...] | None = None,
    quantile: float | None = None,
    start: Start | None = None,
    stream: Streamed | None = None,
    variant: Variant = DEFAULT,
    tell: Callable[[str], object] | None = None,
) -> EnsemblePlan:
    """Cut the rows into folds and decide each network's job.

    Parameters
    ----------
    rows : EncodedRows
    target : ClassTarget, NumberTarget or NumberTargets
    settings : TableSettings
    parts : tuple of Fold
        One for each network; by default they are dealt out.
    class_weight : tuple of float, optional
        One factor per class.
    quantile : float, optional
        Learn this quantile instead of the mean.
    start : Start, optional
        A network to go on from; its learning rate is then a tenth of the recipe's, unless one was asked for.
    stream : Streamed, optional
        What is learned from, where `rows` only validate.
    variant : Variant
        The recipe, where it is not the default.
    tell : callable, optional
        As for `clearprop.engines.choose`.

    Raises
    ------
    InputError, TableError
        When there are too few rows, or the engine cannot do the job.
    """
    if settings.threshold is not None and not (isinstance(target, ClassTarget) and target.n_outputs == 2):
        raise InputError(
            f"a threshold is of two classes, and {target.column!r} is {target.kind}: leave --threshold out, or learn "
            "one class against the others"
        )
    parts = parts or dealt(rows, target, settings)
    scoring, learn = scoring_of(target, quantile), parts[0].learn
    if start is None:
        slower, network = 1.0, recipe.network(rows.X.shape[1], target.n_outputs, scoring.loss, settings, rows.numbers)
    else:
        slower, network = SLOWER, start.network
    jobs = tuple(
        recipe.job(network, len(learn), settings, settings.seed + k * MEMBER_SEED, class_weight, slower)
        for k in range(len(parts))
    )
    jobs = tuple(varied(job, variant, settings) for job in jobs)
    if start is not None and settings.dropout is None:
        jobs = tuple(replace(job, dropout=start.dropout) for job in jobs)
    Y = target.encode(rows.y)
    most = threads_granted(settings.n_threads) or usable_cores()
    # Each network has a copy of its rows; of a stream it is computed elsewhere what that takes.
    copied = 0 if stream else len(learn) * rows.X.shape[1] * np.dtype(np.float32).itemsize
    # The outputs of each network for its validation rows, all of them in one array, and a copy to scale them.
    predicted = 3 * sum(len(part.validation) for part in parts) * network.widths[-1]
    check_memory(jobs[0], len(learn), np.float32, copied=copied, networks=len(parts), predicted=predicted)
    layout = Layout.dense(len(learn), np.float32)
    each = threads_of_each(most, len(parts))
    choice = choose(settings.engine, jobs[0], layout, each, tell, settings.hardware)
    found = EnsemblePlan(
        settings, target, rows, Y, scoring, parts, jobs, choice._replace(n_threads=most), start, stream
    )
    return in_time(found)


def in_time(plan: EnsemblePlan) -> EnsemblePlan:
    """The plan with as many epochs as its time limit has room for, unless somebody asked for a number of them.

    Of several processes each would measure another time, so they plan what they would without a limit.
    """
    limit, asked = plan.settings.time_limit, plan.settings.epochs
    if limit is None or asked is not None or launch() is not None or (each := plan.seconds_per_epoch()) is None:
        return plan
    epochs = epochs_in(limit, each, plan.jobs[0].epochs)
    return replace(plan, jobs=tuple(job.with_epochs(epochs) for job in plan.jobs))


def threads_of_each(most: int, n_members: int) -> int:
    """How many threads each member may use where so many are trained at once."""
    return max(1, most // min(most, n_members))


def dealt(rows: EncodedRows, target: Target, settings: TableSettings) -> tuple[Fold, ...]:
    """A fold for each network of the ensemble; no two of them share validation rows."""
    n_rows = len(rows.y)
    count = recipe.n_members(n_rows, settings)
    if n_rows < max(2, count):
        raise InputError(
            f"n_samples={n_rows}: an ensemble of {count} networks needs at least {max(2, count)} rows; "
            "use more rows, or ensemble=1"
        )
    return folds(np.arange(n_rows), max(FEWEST_FOLDS, count), settings.seed, target.strata(rows.y))[:count]
