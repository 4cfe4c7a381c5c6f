"""From arrays to a run: what an estimator is given is checked, encoded, weighed and made a job."""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import column_or_1d

from clearprop.engines import Job, TrainingState, choose, prepared
from clearprop.engines.cores import threads_asked
from clearprop.errors import InputError, ShapeError
from clearprop.estimators.class_weights import ClassFactors
from clearprop.estimators.fitted import FittedNetwork
from clearprop.estimators.judging import Scorer, measure_of, scorer_of
from clearprop.estimators.kinds import checked_rows
from clearprop.estimators.plain import is_plain, is_plain_target
from clearprop.estimators.ranges import callbacks_of
from clearprop.estimators.rows import HeldOut, Rows, parted, weights_of
from clearprop.estimators.settings import Settings, names_of, settings_of
from clearprop.estimators.target_values import Wanted, plain_targets
from clearprop.estimators.targets import Targets
from clearprop.job.memory import check_memory
from clearprop.network import Network
from clearprop.training import Epoch, Fitting
from clearprop.training.progress import announced

TEXT_TAKES = "classes take MLPClassifier, for a table with text TabularRegressor"
MOST_PARTS = 100  # records of `partial_fit` that are kept: a stream has no end


class Seeds(NamedTuple):
    """Where the chance in a fit comes from, drawn once from `random_state`; a fit that goes on keeps them."""

    weights: int
    order: int
    split: int


class Run(NamedTuple):
    """A fit that is about to begin, or under way."""

    settings: Settings
    number: int  # of all that this estimator has begun
    job: Job
    fitting: Fitting
    is_part: bool

    @property
    def has_best(self) -> bool:
        """Whether the weights of a best epoch, one with a finite score, were kept."""
        best, watched = self.fitting.result.best, self.fitting.stopping.watch
        return best is not None and math.isfinite(best.scores[watched])


class Preparation(FittedNetwork, ABC):
    """Makes runs; `clearprop.estimators.learning` carries them out."""

    _seeds: Seeds
    _factors: ClassFactors | None
    _runs: int

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
        self, X: Any, y: Any, sample_weight: Any, held_out: HeldOut, coefs_init: Any, intercepts_init: Any
    ) -> Run:
        """Check and encode all that a whole fit is given."""
        settings = self._settings()
        goes_on = bool(settings.warm_start) and self.__sklearn_is_fitted__()
        X, y = self._checked(X, y, reset=not goes_on)
        targets = self._same_targets(y) if goes_on else self._learn_targets(y)
        rows = self._rows(X, y, sample_weight, targets)
        if goes_on:
            self._go_on(settings)
        else:
            self._begin(settings, rows, targets)
        self._set_initial(coefs_init, intercepts_init)
        self._state.rate_scale, self._state.plateau_best, self._state.plateau_stale = 1.0, np.inf, 0
        judged = None
        if held_out.is_given():
            judged = self._judged(held_out)
        elif settings.holds_out:
            rows, judged = parted(rows, self._targets, settings.validation_fraction, self._seeds.split)
        scorer = scorer_of(self, settings.scoring)
        if settings.scoring is not None and judged is None:
            raise InputError(
                f"scoring={settings.scoring!r} is measured over rows held out, and there are none: "
                + (
                    "give X_val and y_val"
                    if settings.early_stopping
                    else "set early_stopping=True or give X_val, y_val"
                )
            )
        return self._run(settings, rows, judged, int(settings.max_iter), scorer=scorer)

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

    def _judged(self, held_out: HeldOut) -> Rows:
        """The rows to judge by that `fit` was given."""
        X, y = self._checked(held_out.X, held_out.y, reset=False)
        weight = weights_of(held_out.sample_weight, X, "sample_weight_val")
        return self._weighed(X, y, self._targets.encode(y, X.dtype), weight)

    def _weighed(self, X: Any, y: Any, Y: Any, sample_weight: Any) -> Rows:
        """Rows with the weight that each has in the loss."""
        weight = sample_weight
        if self._factors is not None:
            factors = self._factors.of_rows(Y)
            weight = factors if weight is None else weight * factors
            if not weight.any():
                raise InputError("class_weight leaves no row with a weight above zero; at least one must have one")
        return Rows(X, y, Y, sample_weight, weight)

    def _rows(self, X: Any, y: Any, sample_weight: Any, targets: Targets) -> Rows:
        """The rows to learn from, and what they say about the weights of the classes."""
        weight = weights_of(sample_weight, X, "sample_weight")
        Y = targets.encode(y, X.dtype)
        self._factors = self._learn_factors(targets, Y, weight)
        return self._weighed(X, y, Y, weight)

    def _begin(self, settings: Settings, rows: Rows, targets: Targets) -> None:
        """Draw the seeds and the initial weights; forget all that was learned before."""
        draw = check_random_state(settings.random_state).randint
        network = settings.network(rows.X.shape[1], targets.n_outputs, targets.loss)
        job, is_sparse = settings.job(network, rows.X.shape[0], 1, 0), hasattr(rows.X, "toarray")
        check_memory(job, rows.X, rows.Y, rows.X.dtype, in_chunks=not is_sparse and settings.engine != "reference")
        self._seeds = Seeds(*(int(draw(2**31 - 1)) for _ in Seeds._fields))
        initial = network.initial(self._seeds.weights, settings.initialiser(), rows.X.dtype)
        self.network_, self._targets, self._history = network, targets, []
        self._state = TrainingState.start(settings.job(network, rows.X.shape[0], 1, self._seeds.order), initial.theta)
        self._describe(network)

    def _describe(self, network: Network) -> None:
        """The attributes that say what the network is."""
        self.n_outputs_, self.n_layers_ = network.widths[-1], network.depth + 1
        self.out_activation_ = network.layers[-1].activation.name

    def _go_on(self, settings: Settings, *, is_part: bool = False) -> None:
        """Make the state ready for more; the optimizer's memory stays as long as it is the same optimizer's."""
        network = settings.network(self.network_.widths[0], self.network_.widths[-1], self.network_.loss)
        if network != self.network_:
            was, now = self.network_.widths[1:-1], network.widths[1:-1]
            raise InputError(
                "training can only go on with the same network: "
                + (f"hidden_layer_sizes was {was} and is {now}" if was != now else "activation has changed")
                + "; put it back, or fit anew with warm_start=False"
            )
        # The other remains as it is, should this fit fail. Passes over parts may be many: the last records stay.
        self._history = self._history[-MOST_PARTS:] if is_part else list(self._history)
        state = self._state
        state.own()
        state.cursor, state.loss_sum, state.weight_sum = 0, 0.0, 0.0  # of an epoch that was cut short
        remembered = getattr(self._job.update_rule, "memory", None)
        if getattr(settings.update_rule, "memory", None) != remembered:
            job = settings.job(network, 1, state.epoch + 1, self._seeds.order)
            fresh = TrainingState.start(job, state.theta)
            self._state = replace(fresh, epoch=state.epoch, samples=state.samples)

    def _set_initial(self, coefs: Any, intercepts: Any) -> None:
        """Put the user's own numbers in the place of those drawn."""
        if coefs is None and intercepts is None:
            return
        drawn, theta = self.parameters_, self._state.theta
        try:
            given = self.network_.parameters(
                list(drawn.W) if coefs is None else coefs,
                list(drawn.b) if intercepts is None else intercepts,
                theta.dtype,
            )
        except (ShapeError, InputError) as error:
            raise type(error)(f"coefs_init and intercepts_init: {error}") from None
        theta[:] = given.theta

    def _run(
        self,
        settings: Settings,
        rows: Rows,
        judged: Rows | None,
        epochs: int,
        *,
        scorer: Scorer | None = None,
        is_part: bool = False,
    ) -> Run:
        """A run of so many epochs; the estimator can predict from now on."""
        n_samples, state = rows.X.shape[0], self._state
        if settings.is_stochastic and settings.batch_size != "auto" and settings.batch_size > n_samples:
            warnings.warn(
                f"Got `batch_size` less than 1 or larger than sample size. It is going to be clipped: "
                f"{settings.batch_size} to {n_samples}",
                stacklevel=4,
            )
        job = settings.job(self.network_, n_samples, state.epoch + epochs, self._seeds.order)
        dtype, n_threads = state.theta.dtype, threads_asked(settings.n_threads)
        data = prepared(job, *rows.to_learn, dtype=dtype)
        choice = choose(settings.engine, job, data, n_threads, announced(settings.verbose))
        engine = choice.engine
        if is_part and state.epoch and type(engine) is type(self._engine):  # it has prepared itself for such parts
            same = getattr(engine, "n_threads", None) == getattr(self._engine, "n_threads", None)
            engine = self._engine if same else engine
        self._engine, self._job, self._n_samples = engine, job, n_samples
        self.engine_, self.engine_reason_ = choice.engine.name, choice.reason
        self._is_judged, self._keeps_best = judged is not None, judged is not None and bool(settings.early_stopping)
        self.n_iter_, self.t_, self.best_validation_score_ = 0, state.samples, None
        measure = None
        if judged is not None:
            read = prepared(settings.job(self.network_, 1, 1, 0), *judged.to_learn, dtype=dtype)
            measure = measure_of(self, judged, read, scorer)
        fitting = Fitting(
            job,
            state,
            data,
            engine,
            settings.stopping(judged is not None),
            measure=measure,
            callbacks=(self._saw, *callbacks_of(settings.callbacks)),
            n_threads=n_threads,
        )
        self._runs = getattr(self, "_runs", 0) + 1
        return Run(settings, self._runs, job, fitting, is_part)

    def _saw(self, epoch: Epoch) -> None:
        """Take an epoch into the attributes, before any other callback looks at them."""
        self._history.append(epoch)
        self.n_iter_ += 1
        self.t_, self.loss_ = self._state.samples, epoch.loss
