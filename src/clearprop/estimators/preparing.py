"""From arrays to a run: what an estimator is given is checked, encoded, weighed and made a job."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import column_or_1d

from clearprop.engines import Engine, Job, TrainingState, choose, prepared
from clearprop.engines.cores import threads_asked
from clearprop.errors import InputError, ShapeError
from clearprop.estimators.class_weights import ClassFactors
from clearprop.estimators.fitted import FittedNetwork
from clearprop.estimators.kinds import checked_rows
from clearprop.estimators.plain import is_plain, is_plain_target
from clearprop.estimators.ranges import callbacks_of
from clearprop.estimators.rows import HeldOut, Rows, split, weighed, weights_of
from clearprop.estimators.run import Run, Seeds, UnderWay
from clearprop.estimators.settings import Settings, names_of, settings_of
from clearprop.estimators.target_values import Wanted, plain_targets
from clearprop.estimators.targets import Targets
from clearprop.estimators.validation import Scorer, measure_of, scorer_of
from clearprop.files.checkpoints import Checkpoints
from clearprop.job import History
from clearprop.job.data import Layout
from clearprop.job.memory import bytes_copied, check_memory
from clearprop.training import Epoch, Fitting, OneNetwork
from clearprop.training.keeping import kept_by
from clearprop.training.progress import announced

TEXT_TAKES = "classes take MLPClassifier, for a table with text TabularRegressor"
MADE_FOR = ("n_threads", "hardware")  # of an engine
MOST_PARTS = 100  # records of `partial_fit` that are kept: a stream has no end


class Preparation(FittedNetwork, ABC):
    """Prepares fits; `clearprop.estimators.learning` carries them out."""

    @abstractmethod
    def _learn_targets(self, y: Any) -> Targets:
        """What there is to know about y before it can be encoded."""

    @abstractmethod
    def _same_targets(self, y: Any) -> Targets:
        """The targets of the fit before, where `y` can go on from it; raises InputError where it cannot."""

    def _learn_factors(self, targets: Any, Y: Any, sample_weight: Any) -> ClassFactors | None:
        """The factors that classes weigh rows with, where there are any."""
        return None

    def _start(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        held_out: HeldOut,
        coefs_init: Any,
        intercepts_init: Any,
        checkpoints: Checkpoints | None = None,
    ) -> UnderWay:
        """Check and encode all that a whole fit is given."""
        settings = self._settings()
        goes_on = bool(settings.warm_start) and self.__sklearn_is_fitted__()
        if goes_on and checkpoints is not None:
            raise InputError(
                "a fit that goes on from another (warm_start=True) has no checkpoints, as no later process has the "
                "fit before; fit a new estimator, or set warm_start=False"
            )
        X, y = self._checked(X, y, reset=not goes_on)
        targets = self._same_targets(y) if goes_on else self._learn_targets(y)
        rows, factors = self._rows(X, y, sample_weight, targets)
        if goes_on:
            self._go_on(settings, factors)
        else:
            kept = checkpoints.details("") if checkpoints is not None and settings.random_state is None else {}
            self._begin(settings, rows, targets, factors, kept.get("seeds"))
        self._set_initial(coefs_init, intercepts_init)
        run = self._run
        run.state.rate_scale, run.state.plateau_best, run.state.plateau_stale = 1.0, np.inf, 0
        validation = None
        if held_out.is_given():
            validation = self._validation_rows(held_out)
        elif settings.holds_out:
            rows, validation = split(rows, run.targets, settings.validation_fraction, run.seeds.split)
        scorer = scorer_of(self, settings.scoring)
        if settings.scoring is not None and validation is None:
            give = "give X_val and y_val"
            raise InputError(
                f"scoring={settings.scoring!r} is measured over rows held out, and there are none: "
                + (give if settings.early_stopping else "set early_stopping=True or give X_val, y_val")
            )
        fit = self._prepared(settings, rows, validation, int(settings.max_iter), scorer=scorer)
        return fit if checkpoints is None else _kept(fit, checkpoints, validation)

    def _settings(self) -> Settings:
        return settings_of({name: getattr(self, name) for name in names_of(type(self))})

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        """X and y as arrays; scikit-learn's own errors for what is none, ours where the place helps."""
        if not reset and is_plain(self, X) and is_plain_target(y, len(X)):
            return X, y
        wanted = Wanted(is_classifier(self), text_takes=TEXT_TAKES, several_take="scikit-learn's MultiLabelBinarizer")
        y = plain_targets(y, wanted)
        X, y = checked_rows(self, X, y, multi_output=True, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1 and not hasattr(y, "toarray"):
            y = column_or_1d(y, warn=True)
        return X, y

    def _validation_rows(self, held_out: HeldOut) -> Rows:
        """The validation rows that `fit` was given."""
        X, y = self._checked(held_out.X, held_out.y, reset=False)
        weight = weights_of(held_out.sample_weight, X, "sample_weight_val")
        return weighed(X, y, self._run.targets.encode(y, X.dtype), weight, self._run.factors)

    def _rows(self, X: Any, y: Any, sample_weight: Any, targets: Targets) -> tuple[Rows, ClassFactors | None]:
        """The rows to learn from, and what they say about the weights of the classes."""
        weight = weights_of(sample_weight, X, "sample_weight")
        Y = targets.encode(y, X.dtype)
        factors = self._learn_factors(targets, Y, weight)
        return weighed(X, y, Y, weight, factors), factors

    def _begin(
        self,
        settings: Settings,
        rows: Rows,
        targets: Targets,
        factors: ClassFactors | None,
        seeds_kept: Sequence[int] | None = None,
    ) -> None:
        """Draw the seeds, unless a checkpoint has them, and the initial weights; forget all that was learned before."""
        draw = check_random_state(settings.random_state).randint
        network = settings.network(rows.X.shape[1], targets.n_outputs, targets.loss)
        n_samples, dtype, is_sparse = rows.X.shape[0], rows.X.dtype, hasattr(rows.X, "toarray")
        job, in_chunks = settings.job(network, n_samples, 1, 0), not is_sparse and settings.engine != "reference"
        check_memory(job, n_samples, dtype, copied=bytes_copied((rows.X, rows.Y), dtype), in_chunks=in_chunks)
        drawn = [int(draw(2**31 - 1)) for _ in Seeds._fields]
        seeds = Seeds(*(drawn if seeds_kept is None else seeds_kept))
        job = replace(job, seed=seeds.order)
        initial = network.initial(seeds.weights, settings.initialiser(), dtype)
        self._run = Run(network, targets, seeds, TrainingState.start(job, initial.theta), job, factors)

    def _go_on(self, settings: Settings, factors: ClassFactors | None, *, is_part: bool = False) -> None:
        """Make the state ready for more; the optimizer's memory stays as long as it is the same optimizer's."""
        run = copy(self._run)  # the other remains as it is, should this fit fail
        difference = settings.difference(run.network)
        if difference:
            raise InputError(
                f"training can only go on with the same network: {difference}; put it back, or fit anew with "
                "warm_start=False"
            )
        run.network = settings.at_rates(run.network)
        run.factors = factors
        # Passes over parts may be many: the last records stay.
        run.history = History(run.history[-MOST_PARTS:]) if is_part else run.history.copy()
        state = run.state
        state.own()
        state.cursor, state.loss_sum, state.weight_sum = 0, 0.0, 0.0  # of an epoch that was cut short
        remembered = getattr(run.job.update_rule, "memory", None)
        if getattr(settings.update_rule, "memory", None) != remembered:
            job = settings.job(run.network, 1, state.epoch + 1, run.seeds.order)
            fresh = TrainingState.start(job, state.theta)
            run.state = replace(fresh, epoch=state.epoch, samples=state.samples)
        self._run = run

    def _set_initial(self, coefs: Any, intercepts: Any) -> None:
        """Put the user's own numbers in the place of those drawn."""
        if coefs is None and intercepts is None:
            return
        drawn, theta = self.parameters_, self._run.state.theta
        try:
            given = self.network_.parameters(
                list(drawn.W) if coefs is None else coefs,
                list(drawn.b) if intercepts is None else intercepts,
                theta.dtype,
            )
        except (ShapeError, InputError) as error:
            raise type(error)(f"coefs_init and intercepts_init: {error}") from None
        theta[:] = given.theta

    def _prepared(
        self,
        settings: Settings,
        rows: Rows,
        validation: Rows | None,
        epochs: int,
        *,
        scorer: Scorer | None = None,
        is_part: bool = False,
    ) -> UnderWay:
        """A fit of so many epochs; the estimator can predict from now on."""
        run, n_samples = self._run, rows.X.shape[0]
        state = run.state
        if settings.is_stochastic and settings.batch_size != "auto" and settings.batch_size > n_samples:
            warnings.warn(
                f"Got `batch_size` less than 1 or larger than sample size. It is going to be clipped: "
                f"{settings.batch_size} to {n_samples}",
                stacklevel=4,
            )
        dtype, n_threads = state.theta.dtype, threads_asked(settings.n_threads)
        job = self._job(settings, n_samples, state.epoch + epochs)
        data = prepared(job, *rows.to_learn, dtype=dtype)
        self._choose_engine(settings, job, data.layout, n_threads, is_part)
        run.job, run.n_samples, run.made_for = job, n_samples, (settings, data.layout) if is_part else None
        engine = run.engine
        run.is_validated = validation is not None
        run.keeps_best = run.is_validated and bool(settings.early_stopping)
        self.n_iter_, self.t_, self.best_validation_score_ = 0, state.samples, None
        measure = None
        if validation is not None:
            read = prepared(settings.job(run.network, 1, 1, 0), *validation.to_learn, dtype=dtype)
            measure = measure_of(self, validation, read, scorer)
        source = OneNetwork(job, state, data, engine, measure, n_threads)
        callbacks = (self._saw, *callbacks_of(settings.callbacks))
        fitting = Fitting(source, settings.stopping(run.is_validated), callbacks)
        return UnderWay(run, settings, source, fitting, is_part)

    def _job(self, settings: Settings, n_samples: int, epochs: int) -> Job:
        """The job of a fit that ends after the epoch numbered `epochs`; the last one's again where it is the same."""
        run = self._run
        if run.goes_on_as(settings) and run.n_samples == n_samples:
            return run.job.with_epochs(epochs)
        return settings.job(run.network, n_samples, epochs, run.seeds.order)

    def _choose_engine(
        self, settings: Settings, job: Job, layout: Layout, n_threads: int | None, is_part: bool
    ) -> None:
        """The engine of this fit; of one more part the last one again, which has prepared itself for such rows."""
        run = self._run
        if is_part and run.goes_on_as(settings, layout):
            return
        choice = choose(settings.engine, job, layout, n_threads, announced(settings.verbose), settings.hardware)
        engine, run.engine_reason = choice.engine, choice.reason
        if not (is_part and run.state.epoch and _are_alike(engine, run.engine)):
            run.engine = engine

    def _saw(self, epoch: Epoch) -> None:
        """Take an epoch into the attributes, before any other callback looks at them."""
        self._take((epoch,))

    def _take(self, records: Sequence[Epoch]) -> None:
        """Take epochs into the attributes."""
        self._run.history.extend(records)
        self.n_iter_ += len(records)
        self.t_, self.loss_ = self._run.state.samples, records[-1].loss


def _are_alike(engine: Engine, other: Engine) -> bool:
    made_alike = all(getattr(engine, each, None) == getattr(other, each, None) for each in MADE_FOR)
    return type(engine) is type(other) and made_alike


def _kept(fit: UnderWay, checkpoints: Checkpoints, validation: Rows | None) -> UnderWay:
    """A fit that is written down from now on, and goes on where its last checkpoint is."""
    run, source, fitting = fit.run, fit.source, fit.fitting
    measured = () if validation is None else validation.to_learn
    keeper = kept_by(checkpoints, source, fitting.stopping, *measured, details={"seeds": list(run.seeds)})
    run.state = source.state
    return fit._replace(fitting=Fitting(source, fitting.stopping, fitting.callbacks, resume=True, keeper=keeper))
