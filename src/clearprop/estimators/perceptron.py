"""What the two estimators have in common: from arrays to a job, through the loop, and back to attributes."""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from clearprop.engines import Data, Engine, Job, TrainingState, choose, prepared
from clearprop.errors import InputError, ShapeError
from clearprop.estimators.fitted import FittedNetwork, kept_if_it_fails
from clearprop.estimators.plain import is_plain
from clearprop.estimators.settings import Settings
from clearprop.estimators.targets import Targets
from clearprop.formulas import LBFGS, UpdateRule
from clearprop.network import Network
from clearprop.training import Fit, Measure, fit
from clearprop.training.progress import announce, printer


class Seeds(NamedTuple):
    """Where the chance in a fit comes from, drawn once from `random_state`; a fit that goes on keeps them."""

    weights: int
    order: int
    split: int


class Rows(NamedTuple):
    """Encoded rows of a fit: X and Y of one type, and a weight for each row or None."""

    X: Any
    Y: Any
    weight: Any

    def take(self, rows: Any) -> Rows:
        return Rows(self.X[rows], self.Y[rows], None if self.weight is None else self.weight[rows])


def store(estimator: Any, arguments: Mapping[str, Any]) -> None:
    """Keep the arguments of an ``__init__`` as they came, which is all that scikit-learn lets it do."""
    for name, value in arguments.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


class MultilayerPerceptron(FittedNetwork, BaseEstimator, ABC):  # type: ignore[misc]
    """Base of `MLPClassifier` and `MLPRegressor`."""

    _targets: Targets
    _seeds: Seeds
    _engine: Engine
    _optimizer: UpdateRule | LBFGS

    @abstractmethod
    def _learn_targets(self, y: Any) -> Targets:
        """What there is to know about y before it can be encoded."""

    @abstractmethod
    def _same_targets(self, y: Any) -> Targets:
        """The targets of the fit before, where `y` can go on from it; raises InputError where it cannot."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            float32 stays float32, everything else becomes float64. A sparse matrix is made dense batch by batch.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional
            At least 0; a row of weight 2 counts as two rows. All 1 by default.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When data or a parameter cannot be used (`clearprop.errors.InputError` and scikit-learn's own), and when
            training diverges (`clearprop.errors.DivergenceError`). The fit before, where there was one, then remains.

        Warns
        -----
        ConvergenceWarning
            When `max_iter` ends training, or `max_fun` with lbfgs.
        UserWarning
            When Ctrl-C ends it, with the weights kept.
        """
        settings = self._settings()
        goes_on = bool(settings.warm_start) and self.__sklearn_is_fitted__()
        with kept_if_it_fails(self):
            X, y = self._checked(X, y, reset=not goes_on)
            targets = self._same_targets(y) if goes_on else self._learn_targets(y)
            rows = self._rows(X, y, sample_weight, targets)
            if goes_on:
                self._go_on(settings)
            else:
                self._begin(settings, rows, targets)
            self._state.rate_scale, self._state.plateau_best, self._state.plateau_stale = 1.0, np.inf, 0
            return self._train(settings, rows, int(settings.max_iter))

    def _learn_a_part(self, X: Any, y: Any, sample_weight: Any, first_targets: Targets | None = None) -> Self:
        """One pass over these rows; a first call begins with the targets given, by default those found in y."""
        settings = self._settings()
        goes_on = self.__sklearn_is_fitted__()
        with kept_if_it_fails(self):
            X, y = self._checked(X, y, reset=not goes_on)
            targets = self._targets if goes_on else first_targets or self._learn_targets(y)
            rows = self._rows(X, y, sample_weight, targets)
            if goes_on:
                self._go_on(settings)
            else:
                self._begin(settings, rows, targets)
            return self._train(settings, rows, 1, is_part=True)

    def _settings(self) -> Settings:
        found = {name: value for name, value in self.get_params(deep=False).items() if name in Settings.__annotations__}
        return Settings(**found)

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        """X and y as arrays; scikit-learn's own errors for what is none."""
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=(np.float64, np.float32), multi_output=True, reset=reset
        )
        if y.ndim == 2 and y.shape[1] == 1 and not hasattr(y, "toarray"):
            y = column_or_1d(y, warn=True)
        return X, y

    def _rows(self, X: Any, y: Any, sample_weight: Any, targets: Targets) -> Rows:
        if sample_weight is None:
            weight = None
        elif isinstance(sample_weight, Real):
            weight = np.full(X.shape[0], sample_weight, dtype=X.dtype)
        else:
            weight = np.array(sample_weight, dtype=X.dtype)
        if weight is not None and weight.shape != (X.shape[0],):
            raise ShapeError(f"sample_weight must have shape ({X.shape[0]},), one per row of X, not {weight.shape}")
        if weight is not None and not weight.any():
            raise InputError("sample_weight is zero for every row; at least one must have a weight above zero")
        return Rows(X, targets.encode(y, X.dtype), weight)

    def _begin(self, settings: Settings, rows: Rows, targets: Targets) -> None:
        """Draw the seeds and the initial weights; forget all that was learned before."""
        draw = check_random_state(settings.random_state).randint
        network = settings.network(rows.X.shape[1], targets.n_outputs, targets.loss)
        self._seeds = Seeds(*(int(draw(2**31 - 1)) for _ in Seeds._fields))
        initial = network.initial(self._seeds.weights, settings.initialiser(), rows.X.dtype)
        self.network_, self._targets, self._history = network, targets, []
        self._state = TrainingState.start(settings.job(network, rows.X.shape[0], 1, self._seeds.order), initial.theta)
        self.n_outputs_, self.n_layers_ = targets.n_outputs, network.depth + 1
        self.out_activation_ = network.layers[-1].activation.name

    def _go_on(self, settings: Settings) -> None:
        """Make the state ready for more; the optimizer's memory stays as long as it is the same optimizer's."""
        network = settings.network(self.network_.widths[0], self.network_.widths[-1], self.network_.loss)
        if network != self.network_:
            was, now = self.network_.widths[1:-1], network.widths[1:-1]
            raise InputError(
                "training can only go on with the same network: "
                + (f"hidden_layer_sizes was {was} and is {now}" if was != now else "activation has changed")
                + "; put it back, or fit anew with warm_start=False"
            )
        job = settings.job(network, 1, self._state.epoch + 1, self._seeds.order)
        state = self._state
        state.cursor, state.loss_sum, state.weight_sum = 0, 0.0, 0.0  # of an epoch that Ctrl-C cut short
        remembered = getattr(self._optimizer, "memory", None)
        if getattr(job.update_rule, "memory", None) != remembered:
            fresh = TrainingState.start(job, state.theta)
            self._state = replace(fresh, epoch=state.epoch, samples=state.samples)

    def _train(self, settings: Settings, rows: Rows, epochs: int, is_part: bool = False) -> Self:
        """Carry out the job, `epochs` more, and read the attributes from what came of it."""
        learned, held_out = rows, None
        if settings.holds_out and not is_part:
            learned, held_out = self._split(settings, rows)
        n_samples, state = learned.X.shape[0], self._state
        if settings.is_stochastic and settings.batch_size != "auto" and settings.batch_size > n_samples:
            warnings.warn(
                f"Got `batch_size` less than 1 or larger than sample size. It is going to be clipped: "
                f"{settings.batch_size} to {n_samples}",
                stacklevel=3,
            )
        job = settings.job(self.network_, n_samples, state.epoch + epochs, self._seeds.order)
        dtype = state.theta.dtype
        data = prepared(job, *learned, dtype=dtype)
        choice = choose(settings.engine, job, data)
        measure = None
        if held_out is not None:
            judged = prepared(settings.job(self.network_, 1, 1, 0), *held_out, dtype=dtype)
            measure = validation_measure(self.network_, self._targets, judged, choice.engine)
        readers = [printer(job.epochs)] if settings.verbose else []
        if settings.verbose:
            announce(choice.engine, dtype)
        done = fit(job, state, data, choice.engine, settings.stopping(), measure=measure, callbacks=readers)
        self._engine, self._optimizer = choice.engine, job.update_rule
        self.engine_, self.engine_reason_ = choice.engine.name, choice.reason
        self._record(settings, job, data, done)
        self._warn(settings, done, is_part)
        return self

    def _split(self, settings: Settings, rows: Rows) -> tuple[Rows, Rows]:
        """The rows to learn from and those held out, the proportions of the classes kept."""
        n_samples, fraction = rows.X.shape[0], settings.validation_fraction
        n_held_out = math.ceil(fraction * n_samples)
        learned, held_out = np.arange(n_samples), np.arange(0)
        if 0 < n_held_out < n_samples:
            groups = self._targets.groups(rows.Y, n_held_out)
            learned, held_out = train_test_split(
                learned, test_size=n_held_out, random_state=self._seeds.split, stratify=groups
            )
        if len(held_out) < 2:
            raise InputError(
                f"The validation set is too small: {fraction:g} of n_samples = {n_samples} rows is less than 2. "
                "Increase 'validation_fraction' or the size of your dataset."
            )
        return rows.take(learned), rows.take(held_out)

    def _record(self, settings: Settings, job: Job, data: Data, done: Fit) -> None:
        """The attributes that tell how the fit went."""
        self._history.extend(done.history)
        self._held_out = settings.holds_out
        self.n_iter_, self.t_ = len(done.history), self._state.samples
        self.stopping_reason_ = done.reason
        if done.history:
            self.loss_ = done.history[-1].loss
        else:  # ended before the first epoch did
            self.loss_ = self._engine.loss_and_gradient(job, self._state.theta, data)[0]
        self.best_validation_score_ = done.best.scores["validation_score"] if done.best is not None else None

    def _warn(self, settings: Settings, done: Fit, is_part: bool) -> None:
        if done.stopped_by == "interrupt":
            warnings.warn("Training interrupted by user.", stacklevel=4)
        elif done.stopped_by in ("epochs", "evaluations", "line_search") and not is_part:
            limit = "max_fun" if done.stopped_by == "evaluations" else "max_iter"
            warnings.warn(
                f"{settings.solver}: training {done.reason} and hasn't converged yet. Increase {limit} "
                f"({getattr(settings, limit)}) or scale the data",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _outputs(self, X: Any) -> Any:
        """The activations of the last layer, (n_samples, n_outputs)."""
        check_is_fitted(self)
        if not is_plain(self, X):
            X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        return self._engine.outputs(self.network_, self.parameters_, X.astype(self._state.theta.dtype, copy=False))

    def predict(self, X: Any) -> Any:
        """Predict for every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
        """
        outputs = self._outputs(X)
        return self._targets.decode(outputs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def validation_measure(network: Network, targets: Targets, data: Data, engine: Engine) -> Measure:
    """Loss and score over the rows held out."""

    def measure(theta: Any) -> Mapping[str, float]:
        params = network.views(theta)
        with np.errstate(all="ignore"):
            return {
                "validation_loss": engine.loss(network, params, data),
                "validation_score": targets.score(data.Y, engine.outputs(network, params, data.X), data.weight),
            }

    return measure
