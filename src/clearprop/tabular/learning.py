"""Carrying out the plan of an ensemble: train it, and find what its validation rows say of it. It reads no table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from clearprop.distributed.spread import Spread
from clearprop.engines import Job, prepared
from clearprop.errors import DivergenceError
from clearprop.files.checkpoints import Checkpoints, Kept, identity_of
from clearprop.job import Layout
from clearprop.tables import ClassTarget, Target
from clearprop.tabular.conformal import Conformity
from clearprop.tabular.planning import EnsemblePlan
from clearprop.tabular.spread_members import SpreadTogether, keeper_of
from clearprop.tabular.thresholds import tuned
from clearprop.tabular.together import Member, Together
from clearprop.training import Callback, Fit, Stopping, fit
from clearprop.training.interrupts import Interrupts
from clearprop.training.keeper import Keeper
from clearprop.training.parts import Rows

EQUAL = 1e-6  # of a score: what is nearer than this is equally good, as rows of hardly any weight are right or wrong


class Learned(NamedTuple):
    """What carrying out a plan gives.

    Attributes
    ----------
    thetas : float32 array of shape (k, n_parameters)
    fit : Fit
    temperature : float
        For probabilities; 1 for numbers.
    shift : float
        What is added to a predicted quantile, on the scale that is learned, so that the right share of the validation
        rows is below it; 0 for anything else.
    calibration_error : float or None
        Of the probabilities of the validation rows, at that temperature, which was chosen by the same rows.
    useless : tuple of str
        Scores of the validation rows that are no better than those of a predictor that always says the same.
    conformity : Conformity or None
        Of classes: what the validation rows say about sets of them.
    is_whole : bool
        Whether temperature and shift were found, which Ctrl-C prevents where it comes twice.
    outputs : array of shape (n_validation_rows, n_outputs) or None
        What each network predicts for its own validation rows, one after the other, until networks are chosen.
    jobs : tuple of Job
        Of each network; () for those of the plan.
    recipes : tuple of str
        Those that the networks were chosen from, in words, and how many networks of each stay; () where there is one.
    threshold : float
        Of two classes: from which probability on the second is said.
    """

    thetas: Any
    fit: Fit
    temperature: float = 1.0
    shift: float = 0.0
    calibration_error: float | None = None
    useless: tuple[str, ...] = ()
    conformity: Conformity | None = None
    is_whole: bool = True
    outputs: Any = None
    jobs: tuple[Job, ...] = ()
    recipes: tuple[str, ...] = ()
    threshold: float = 0.5

    def of(self, target: Target) -> Target:
        """The target with the threshold that was found."""
        if isinstance(target, ClassTarget) and self.threshold != 0.5:
            return replace(target, threshold=self.threshold)
        return target


def carry_out(
    plan: EnsemblePlan,
    callbacks: Iterable[Callback] = (),
    on_end: Callable[[], None] | None = None,
    interrupts: Interrupts | None = None,
    kept: Kept | None = None,
    among: Spread | None = None,
) -> Learned:
    """Train the ensemble until its validation rows are predicted no better, and put the best weights back.

    Ctrl-C ends training as any other reason does. What follows, scales of probabilities and quantiles, is found all the
    same, unless it comes again.

    Parameters
    ----------
    plan : EnsemblePlan
    callbacks : iterable of callable
    on_end : callable, optional
        Called when training has ended, before anything else is computed.
    interrupts : Interrupts, optional
        Told of every Ctrl-C; who gives it raises the second one.
    kept : Kept, optional
        Where its checkpoints go, and which one it goes on from.
    among : Spread, optional
        The processes that have the networks between them.

    Raises
    ------
    DivergenceError
        When the loss is not finite any more, and the settings do not say to go on, or that did not help.
    """
    told = Interrupts() if interrupts is None else interrupts
    among = among or Spread()
    together, keeper = _together(plan, kept, among)
    with nullcontext() if among.n_processes == 1 else among.team().over_fits():
        try:
            done = fit(together, stopping(plan), callbacks, interrupts=told, resume=keeper is not None, keeper=keeper)
        except DivergenceError as error:
            error.thetas = together.completed(error.thetas)
            raise
    together.complete()
    for retry in done.retries:
        warnings.warn(str(retry), stacklevel=2)
    learned, came = None, False
    while learned is None:
        try:
            if came:
                told.note()
                learned = Learned(together.thetas, done, is_whole=False)
                continue
            if on_end is not None:
                on_end()
            outputs = np.concatenate(together.outputs())
            learned = scaled(plan, Learned(together.thetas, done, outputs=outputs), outputs)
        except KeyboardInterrupt:
            came = True
    if interrupts is None:
        told.raise_again()
    return learned


def _together(plan: EnsemblePlan, kept: Kept | None, among: Spread) -> tuple[Together, Keeper | None]:
    """The networks, at their beginning or where a checkpoint has them, and who keeps them."""
    n = len(plan.folds)
    members = [member(plan, k) if k in among.own(n) else elsewhere(plan, k) for k in range(n)]
    before = None if kept is None else kept.snapshot
    going_on = () if before is None else (before.restored(), before.unread)
    keeper = None if kept is None else Keeper(kept.write, kept.seconds)
    if among.n_processes == 1:
        return Together(members, _validate(plan), plan.n_threads, *going_on), keeper
    together = SpreadTogether(among, members, _validate(plan), plan.n_threads, *going_on)
    return together, keeper_of(keeper, together)


def kept_as(plan: EnsemblePlan, name: str, checkpoints: Checkpoints | None, manner: str = "") -> Kept | None:
    """How the training of an ensemble is kept, made in this manner by several processes; None where it is not.

    Raises
    ------
    FileError
        When the checkpoints of this name are those of another training.
    """
    if checkpoints is None:
        return None
    details = {"seed": plan.settings.seed, "epochs": plan.jobs[0].epochs}
    if plan.stream is not None:
        details |= plan.stream.rows.buffers
    made_with = plan.choice.engine.made_with(plan.jobs[0], layout(plan)) + manner
    return checkpoints.of(name, identity(plan), made_with, details)


def as_begun(plan: EnsemblePlan, name: str, checkpoints: Checkpoints | None) -> EnsemblePlan:
    """The plan with the epochs that it has in its checkpoint: those that a time limit has room for are measured."""
    before = None if checkpoints is None else checkpoints.details(name).get("epochs")
    is_measured = plan.settings.time_limit is not None and plan.settings.epochs is None
    if not is_measured or type(before) is not int or before < 1:
        return plan
    return replace(plan, jobs=tuple(job.with_epochs(before) for job in plan.jobs))


def identity(plan: EnsemblePlan) -> dict[str, Any]:
    """All that the bits of the training depend on but the machine."""
    rows = plan.rows
    folds = (part for fold in plan.folds for part in fold if plan.stream is None)
    seeds = [job.seed for job in plan.jobs]
    arrays = (rows.X, plan.Y, rows.weight, *folds)
    found = identity_of(plan.jobs[0], stopping(plan), arrays, seeds=seeds, metric=plan.settings.metric)
    return found if plan.stream is None else found | plan.stream.rows.identity


def layout(plan: EnsemblePlan) -> Layout:
    """The rows that the first network learns from, as an engine knows them."""
    return Layout.dense(len(plan.folds[0].learn), np.float32)


def cut_short(done: Learned, quantiles: tuple[float, ...], n_whole: int) -> str:
    """What is whole and what is not, after Ctrl-C; nothing where there is nothing to say."""
    said = [] if done.is_whole else ["the probabilities are not calibrated"]
    if n_whole < len(quantiles):
        missing = ", ".join(f"{quantile:g}" for quantile in quantiles[n_whole:])
        said.append(f"the quantiles {missing} are not learned, fit anew to predict them")
    return "".join(f"; {sentence}" for sentence in said)


def scaled(plan: EnsemblePlan, learned: Learned, outputs: Any) -> Learned:
    """With the temperature of its probabilities and the threshold, or with the shift of its quantile.

    Parameters
    ----------
    plan : EnsemblePlan
    learned : Learned
    outputs : array of shape (n_validation_rows, n_outputs)
        What is predicted for the validation rows of each network, one after the other.
    """
    actual, weight = validation_targets(plan)
    found = plan.scoring.finished(outputs, actual, weight, plan.settings.metric)
    learned = learned._replace(**found._asdict())
    return learned if plan.settings.threshold is None else _tuned(plan, learned, outputs, actual)


def _tuned(plan: EnsemblePlan, learned: Learned, outputs: Any, actual: Any) -> Learned:
    """With the threshold, and with what it makes of the classes; rows weigh what they weigh, without class factors."""
    asked = plan.settings.threshold
    assert asked is not None
    places = np.concatenate([fold.validation for fold in plan.folds])
    weight = None if plan.rows.weight is None or not plan.rows.weight[places].any() else plan.rows.weight[places]
    probability = plan.scoring.at(outputs, learned.temperature)[:, 1]
    threshold, score, trivial = tuned(probability, actual == 1, asked, weight)
    useless = tuple(name for name in learned.useless if name == "log_loss")
    return learned._replace(threshold=threshold, useless=(*useless, asked) if score <= trivial else useless)


def stopping(plan: EnsemblePlan) -> Stopping:
    """When training ends before its preset number of epochs, and which epoch is the best."""
    epochs, watched = plan.jobs[0].epochs, plan.scoring.watched(plan.settings)
    # Few mistakes come late, when the learning rate is low: no early end.
    patience = float(epochs if watched.comes_late else max(20, epochs // 3))
    limit = plan.settings.time_limit
    goes_on = plan.settings.on_divergence
    return Stopping(watched.name, watched.higher_is_better, 0.0, patience, True, limit, EQUAL, goes_on)


def member(plan: EnsemblePlan, k: int) -> Member:
    """The k-th network of the ensemble, from 0, before its training."""
    job, (learn, validation), rows = plan.jobs[k], plan.folds[k], plan.rows
    data: Rows
    if plan.stream is None:
        weight = None if rows.weight is None else rows.weight[learn]
        data = prepared(job, rows.X[learn], plan.Y[learn], weight, np.float32)
    else:
        data = plan.stream.rows.another()
    return Member(job, data, copy(plan.choice.engine), rows.X[validation], _initial(plan, k))


def elsewhere(plan: EnsemblePlan, k: int) -> Member:
    """The k-th network where another process trains it."""
    return Member(plan.jobs[k], None, plan.choice.engine, None, _initial(plan, k))


def _initial(plan: EnsemblePlan, k: int) -> Any:
    if plan.start is not None:
        return plan.start.initial(k)
    return plan.network.initial(plan.jobs[k].seed, dtype=np.float32).theta


def validation_targets(plan: EnsemblePlan) -> tuple[Any, Any]:
    """What is true of the validation rows of all networks, and their weights (classes' included) if they have any."""
    places = np.concatenate([fold.validation for fold in plan.folds])
    actual, factors = plan.rows.y[places], plan.jobs[0].class_weight
    weight = None if plan.rows.weight is None else plan.rows.weight[places].astype(np.float64)
    if factors is not None:
        weight = np.asarray(factors)[actual] * (1.0 if weight is None else weight)
    return actual, weight if weight is not None and weight.any() else None


def _validate(plan: EnsemblePlan) -> Callable[[list[Any]], Mapping[str, float]]:
    """The scores over all validation rows, from the outputs of each network for its own."""
    actual, weight = validation_targets(plan)
    return lambda outputs: plan.scoring.of_epoch(np.concatenate(outputs), actual, weight, plan.settings.metric)
