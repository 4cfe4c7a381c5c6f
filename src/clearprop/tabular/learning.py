"""From encoded rows to trained networks: the plan of an ensemble, and carrying it out. It reads no table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from clearprop.engines import Choice, Job, OneHot, choose, prepared, usable_cores
from clearprop.errors import InputError
from clearprop.formulas import Quantile
from clearprop.job.memory import check_memory
from clearprop.network import Network
from clearprop.tables import ClassTarget, Fold, Target, comparable, folds
from clearprop.tabular import recipe
from clearprop.tabular.calibration import at_temperature, expected_calibration_error, fit_temperature, log_loss
from clearprop.tabular.metrics import METRICS, mae, rmse
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.splitting import FEWEST_FOLDS
from clearprop.tabular.together import Member, Together
from clearprop.training import Callback, Fit, Stopping
from clearprop.training.interrupts import Interrupts

BY_CHANCE = 3.84  # n times the share of the variance that one correlation explains by chance in 95 of 100 cases
MEMBER_SEED = 1_000_003  # between the seeds of an ensemble's networks, so that neighbouring seeds share none


class Rows(NamedTuple):
    """Encoded rows.

    Attributes
    ----------
    X : float32 array of shape (n_rows, n_inputs)
    learned : array of shape (n_rows,)
        Class numbers, or numbers on the scale that is learned.
    weight : float32 array of shape (n_rows,) or None
    """

    X: Any
    learned: Any
    weight: Any = None


@dataclass(frozen=True)
class Plan:
    """An ensemble that is ready to be trained; nothing is left that a user could have done wrong.

    Attributes
    ----------
    jobs : tuple of Job
        One for each network; they differ in the seed alone.
    folds : tuple of Fold
        The rows that each network learns from and is judged by.
    """

    settings: TableSettings
    target: Target
    rows: Rows
    folds: tuple[Fold, ...]
    jobs: tuple[Job, ...]
    choice: Choice
    n_threads: int

    @property
    def network(self) -> Network:
        """What every network of the ensemble is."""
        return self.jobs[0].network

    @property
    def quantile(self) -> float | None:
        """Which quantile is learned; None for the mean, or classes."""
        loss = self.network.loss
        return loss.quantile if isinstance(loss, Quantile) else None


class Learned(NamedTuple):
    """What carrying out a plan gives.

    Attributes
    ----------
    thetas : float32 array of shape (k, n_parameters)
    fit : Fit
    temperature : float
        For probabilities; 1 for numbers.
    shift : float
        What is added to a predicted quantile, on the scale that is learned, so that the share of judging rows below it
        is the right one; 0 for anything else.
    calibration_error : float or None
        Of the probabilities of the judging rows, at that temperature, which was chosen by the same rows.
    is_useless : bool
        Whether the judging rows are predicted no better than by always saying the mean, or the most frequent class.
    is_whole : bool
        Whether temperature and shift were found, which Ctrl-C prevents where it comes twice.
    """

    thetas: Any
    fit: Fit
    temperature: float = 1.0
    shift: float = 0.0
    calibration_error: float | None = None
    is_useless: bool = False
    is_whole: bool = True


def plan(
    rows: Rows,
    target: Target,
    settings: TableSettings,
    *,
    parts: tuple[Fold, ...] = (),
    class_weight: tuple[float, ...] | None = None,
    quantile: float | None = None,
    tell: Callable[[str], object] | None = None,
) -> Plan:
    """Cut the rows into folds and decide each network's job.

    Parameters
    ----------
    rows : Rows
    target : ClassTarget or NumberTarget
    settings : TableSettings
    parts : tuple of Fold
        One for each network; by default they are dealt out.
    class_weight : tuple of float, optional
        One factor per class.
    quantile : float, optional
        Learn this quantile instead of the mean.
    tell : callable, optional
        As for `clearprop.engines.choose`.

    Raises
    ------
    InputError, TableError
        When there are too few rows, or the engine cannot do the job.
    """
    parts = parts or dealt(rows, target, settings)
    loss = "cross_entropy" if isinstance(target, ClassTarget) else "half_squared_error"
    network = recipe.network(
        rows.X.shape[1], target.n_outputs, loss if quantile is None else Quantile(quantile), settings
    )
    n_rows = len(parts[0].learn)
    jobs = tuple(
        recipe.job(network, n_rows, settings, settings.seed + k * MEMBER_SEED, class_weight) for k in range(len(parts))
    )
    most = settings.n_threads or usable_cores()
    learn = parts[0].learn
    Y = _targets(target, rows.learned[learn])
    asked = np.broadcast_to(np.float32(0), (len(learn), rows.X.shape[1]))  # each network has a copy of its rows
    # The outputs of each network for its validation rows, all of them in one array, and a copy to scale them.
    predicted = 3 * sum(len(part.judge) for part in parts) * network.widths[-1]
    check_memory(jobs[0], asked, Y, np.float32, networks=len(parts), predicted=predicted)
    first = prepared(jobs[0], rows.X[learn], Y, dtype=np.float32)
    choice = choose(settings.engine, jobs[0], first, threads_of_each(most, len(parts)), tell)
    return Plan(settings, target, rows, parts, jobs, choice, most)


def threads_of_each(most: int, n_members: int) -> int:
    """How many threads each member may use where so many are trained at once."""
    return max(1, most // min(most, n_members))


def dealt(rows: Rows, target: Target, settings: TableSettings) -> tuple[Fold, ...]:
    """A fold for each network of the ensemble; each judges by rows that no other judges by."""
    n_rows = len(rows.learned)
    count = recipe.n_members(n_rows, settings.ensemble)
    if n_rows < max(2, count):
        raise InputError(
            f"n_samples={n_rows}: an ensemble of {count} networks needs at least {max(2, count)} rows; "
            "use more rows, or ensemble=1"
        )
    labels = rows.learned if isinstance(target, ClassTarget) else None
    return folds(np.arange(n_rows), max(FEWEST_FOLDS, count), settings.seed, labels)[:count]


def carry_out(
    plan: Plan,
    callbacks: Iterable[Callback] = (),
    on_end: Callable[[], None] | None = None,
    interrupts: Interrupts | None = None,
) -> Learned:
    """Train the ensemble until its judging rows are predicted no better, and put the best weights back.

    Ctrl-C ends training as any other reason does. What follows, scales of probabilities and quantiles, is found all the
    same, unless it comes again.

    Parameters
    ----------
    plan : Plan
    callbacks : iterable of callable
    on_end : callable, optional
        Called when training has ended, before anything else is computed.
    interrupts : Interrupts, optional
        Told of every Ctrl-C; who gives it raises the second one.

    Raises
    ------
    DivergenceError
        When the loss is not finite any more.
    """
    told = Interrupts() if interrupts is None else interrupts
    together = Together([member(plan, k) for k in range(len(plan.folds))], _judge(plan), plan.n_threads)
    fit = together.fit(stopping(plan), told, callbacks)
    if on_end is not None:
        on_end()
    try:
        learned = _scaled(plan, together, fit)
    except KeyboardInterrupt:
        told.note()
        if interrupts is None and fit.stopped_by == "interrupt":
            raise
        learned = Learned(together.thetas, fit, is_whole=False)
    if interrupts is None:
        told.raise_again()
    return learned


def cut_short(done: Learned, quantiles: tuple[float, ...], n_whole: int) -> str:
    """What is whole and what is not, after Ctrl-C; nothing where there is nothing to say."""
    said = [] if done.is_whole else ["the probabilities are not calibrated"]
    if n_whole < len(quantiles):
        missing = ", ".join(f"{quantile:g}" for quantile in quantiles[n_whole:])
        said.append(f"the quantiles {missing} are not learned, fit anew to predict them")
    return "".join(f"; {sentence}" for sentence in said)


def _scaled(plan: Plan, together: Together, fit: Fit) -> Learned:
    """The networks with the temperature of their probabilities, or the shift of their quantile."""
    actual, weight = _judged(plan)
    outputs = np.concatenate(together.outputs())
    if isinstance(plan.target, ClassTarget):
        temperature = fit_temperature(outputs, actual, weight)
        outputs = at_temperature(outputs, temperature)
        error = expected_calibration_error(outputs, actual)
        useless = _no_better_than_a_class(outputs, actual, weight)
        return Learned(together.thetas, fit, temperature=temperature, calibration_error=error, is_useless=useless)
    if plan.quantile is None:
        found, actual, weight = comparable(plan.target, plan.target.decode(outputs), actual, weight)
        mean = np.average(actual, weights=weight)
        error = rmse(found, actual, weight)
        explained = 1 - (error / (rmse(mean, actual, weight) or 1.0)) ** 2
        useless = bool(np.ptp(actual) > 0 and explained <= BY_CHANCE / len(actual))
        return Learned(together.thetas, fit, is_useless=useless)
    missed = actual - plan.target.decode(outputs)
    return Learned(together.thetas, fit, shift=float(_weighted_quantile(missed, plan.quantile, weight)))


def _no_better_than_a_class(outputs: Any, actual: Any, weight: Any) -> bool:
    """Whether always saying the most frequent class is right as often, and the classes' shares are as probable.

    Not better by more than chance gives: twice the gain in log likelihood is below `BY_CHANCE` (Wilks, 1938).
    """
    frequent = np.bincount(actual, weights=weight, minlength=outputs.shape[1])
    shares = frequent / frequent.sum()
    right = np.average(outputs.argmax(axis=1) == actual, weights=weight)
    always = log_loss(np.broadcast_to(shares, outputs.shape), actual, weight)
    spread = np.sqrt(shares.max() * (1 - shares.max()) / len(actual))
    gain = always - log_loss(outputs, actual, weight)
    return bool(right <= shares.max() + spread and 2 * gain <= BY_CHANCE / len(actual))


def stopping(plan: Plan) -> Stopping:
    """When training ends before its preset number of epochs, and which epoch is the best."""
    epochs = plan.jobs[0].epochs
    counts_mistakes = isinstance(plan.target, ClassTarget) and not plan.settings.probabilities
    asked = None if plan.quantile is not None else plan.settings.metric
    higher = counts_mistakes if asked is None else METRICS[asked].higher_is_better
    if asked is not None:
        watch = f"validation_{asked}"
    elif counts_mistakes:
        watch = "validation_accuracy"
    else:
        is_mean = plan.quantile is None and not isinstance(plan.target, ClassTarget)
        watch = "validation_rmse" if is_mean else "validation_loss"
    # Few mistakes come late, when the learning rate is low: no early end.
    comes_late = isinstance(plan.target, ClassTarget) and watch not in ("validation_loss", "validation_log_loss")
    patience = float(epochs if comes_late else max(20, epochs // 3))
    return Stopping(watch, higher, 0.0, patience, True, plan.settings.time_limit)


def member(plan: Plan, k: int) -> Member:
    """The k-th network of the ensemble, from 0, before its training."""
    job, (learn, judge), rows = plan.jobs[k], plan.folds[k], plan.rows
    weight = None if rows.weight is None else rows.weight[learn]
    data = prepared(job, rows.X[learn], _targets(plan.target, rows.learned[learn]), weight, np.float32)
    initial = plan.network.initial(job.seed, dtype=np.float32).theta
    return Member(job, data, copy(plan.choice.engine), rows.X[judge], initial)


def _targets(target: Target, learned: Any) -> Any:
    if isinstance(target, ClassTarget):
        return OneHot(learned, target.n_outputs, np.float32)
    return target.standardised(learned)


def _judged(plan: Plan) -> tuple[Any, Any]:
    """What is true of the judging rows of all networks, and their weights (classes' included) if they have any."""
    places = np.concatenate([fold.judge for fold in plan.folds])
    actual, factors = plan.rows.learned[places], plan.jobs[0].class_weight
    weight = None if plan.rows.weight is None else plan.rows.weight[places].astype(np.float64)
    if factors is not None:
        weight = np.asarray(factors)[actual] * (1.0 if weight is None else weight)
    return actual, weight if weight is not None and weight.any() else None


def _judge(plan: Plan) -> Callable[[list[Any]], Mapping[str, float]]:
    """The scores over all judging rows: log loss and accuracy, errors on the scale that is learned, or pinball loss."""
    target, quantile, metric = plan.target, plan.quantile, plan.settings.metric
    actual, weight = _judged(plan)

    def chosen_by(found: Any, true: Any, weights: Any) -> dict[str, float]:
        return {} if metric is None else {f"validation_{metric}": METRICS[metric].compute(found, true, weights)}

    def of_classes(outputs: list[Any]) -> Mapping[str, float]:
        found = np.concatenate(outputs)
        right = float(np.average(found.argmax(axis=1) == actual, weights=weight))
        return {
            "validation_loss": log_loss(found, actual, weight),
            "validation_accuracy": right,
            **chosen_by(found, actual, weight),
        }

    def of_numbers(outputs: list[Any]) -> Mapping[str, float]:
        found, true, weights = comparable(target, target.decode(np.concatenate(outputs)), actual, weight)
        errors = {"validation_rmse": rmse(found, true, weights), "validation_mae": mae(found, true, weights)}
        return {**errors, **chosen_by(found, true, weights)}

    def of_quantiles(outputs: list[Any]) -> Mapping[str, float]:
        found = target.decode(np.concatenate(outputs))
        assert quantile is not None
        each = Quantile(quantile).forward(found, actual)
        return {"validation_loss": float(np.average(each, weights=weight))}

    if isinstance(target, ClassTarget):
        return of_classes
    return of_numbers if quantile is None else of_quantiles


def _weighted_quantile(values: Any, quantile: float, weight: Any) -> Any:
    if weight is None:
        return np.quantile(values, quantile)
    return np.quantile(values, quantile, weights=weight, method="inverted_cdf")
