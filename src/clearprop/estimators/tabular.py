"""What `TabularClassifier` and `TabularRegressor` have in common: from a data frame to an ensemble, and back."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from clearprop.engines import Job, prepared
from clearprop.errors import InputError, ModelFileError, ShapeError, TableError, quoted, shortened
from clearprop.estimators.checking import checked_gradient, smoothed
from clearprop.estimators.fitted import kept_if_it_fails
from clearprop.estimators.saving import feature_names, parameters_from_json, parameters_to_json
from clearprop.estimators.tabular_data import columns_of, hidden, in_python, warn_of_unseen, weights
from clearprop.estimators.target_values import check_order, unmasked
from clearprop.files.json_text import refusing
from clearprop.network.gradient_check import GradientCheck
from clearprop.tables import Encoder, ReadOptions, Target, fit_encoder, from_frame
from clearprop.tables.frames import is_frame, of_array
from clearprop.tabular.details import QuantileNetworks
from clearprop.tabular.fit import model_of
from clearprop.tabular.learning import Learned, Plan, Rows, cut_short, plan
from clearprop.tabular.model import Remarks, TableModel
from clearprop.tabular.quantiles import carry_out_all, shared
from clearprop.tabular.recipe import FEWEST_BINS
from clearprop.tabular.settings import TableSettings
from clearprop.training import Callback, Epoch
from clearprop.training.interrupts import Interrupts
from clearprop.training.progress import announced, shown

if TYPE_CHECKING:
    from clearprop.explain import Trace
    from clearprop.formulas import UpdateRule

COUNTS = ("ensemble", "max_iter", "n_threads")


class TabularEstimator(BaseEstimator, ABC):  # type: ignore[misc]
    """Base of `TabularClassifier` and `TabularRegressor`."""

    ensemble: Any
    hidden_layer_sizes: Any
    max_iter: Any
    max_seconds: Any
    random_state: Any
    n_threads: Any
    verbose: Any
    engine: Any
    read: Any

    model_: TableModel
    _columns: tuple[str, ...]  # as the encoder knows them, in the order of the fit
    _jobs: tuple[Job, ...] = ()  # of the networks, where they were trained here

    @abstractmethod
    def _learn_target(self, y: Any) -> tuple[Target, Any]:
        """The target, and what is learned of each row."""

    @abstractmethod
    def _options(self) -> Mapping[str, Any]:
        """The settings that only one of the two has, checked."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the encoder of the columns, then train the networks.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Numbers, categories, text, dates, true and false; values may be missing. A data frame is of pandas, Polars,
            pyarrow or another library that narwhals reads; what it declares a category is one, whatever it is made of.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), optional
            At least 0. All 1 by default.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When data or a parameter cannot be used (`clearprop.errors` and scikit-learn's own; with the row and the
            column where there is one), or when training diverges. The fit before, where there was one, then remains.

        Warns
        -----
        UserWarning
            When Ctrl-C ends training, with the best weights so far; it says which quantiles are not learned. When a
            column can be read in two ways (it is then taken as text, and the message has the options for `read`), or
            one that holds something is left out (the message says how to keep it); when the networks are no better than
            always saying the mean, or the most frequent class. A second Ctrl-C within two seconds, in this fit or in
            one before it, is raised as KeyboardInterrupt, and what was learned is kept as well.
        """
        settings = self._settings()
        with kept_if_it_fails(self):
            if y is None:
                raise InputError(
                    f"This {type(self).__name__} estimator requires y to be passed, but the target y is None."
                )
            table = self._table(X, reset=True)
            target, learned = self._learn_target(y)
            if table.num_rows != len(learned):
                raise ShapeError(f"X has {table.num_rows:,} rows, but y has {len(learned):,}; there must be one each")
            if table.num_rows < 2:
                raise InputError("n_samples=1: at least 2 rows are needed, some to learn from and some to judge by")
            try:
                fitted = fit_encoder(table, fewest_bins=FEWEST_BINS[target.task], read=settings.read)
            except TableError as error:
                raise TableError(in_python(str(error))) from None
            rows = Rows(fitted.encoder.encode(table).X, learned, weights(sample_weight, len(learned)))
            self.notices_ = fitted.notices
            interrupts = Interrupts()
            cut_short = self._train(rows, target, fitted.encoder, settings, interrupts)
            interrupts.raise_again()
        for doubt in fitted.doubts:
            warnings.warn(in_python(doubt), stacklevel=2)
        if self._done.is_useless:
            what = "the mean" if target.task == "regression" else f"the most frequent class, {self.model_.trivial!r}"
            warnings.warn(f"No better than always saying {what}: do not use it.", stacklevel=2)
        if interrupts.came:
            warnings.warn(f"Training interrupted by user{cut_short}.", stacklevel=2)
        return self

    def _train(
        self, rows: Rows, target: Target, encoder: Encoder, settings: TableSettings, interrupts: Interrupts
    ) -> str:
        """The main ensemble, then one for each quantile; together they take the time limit. What Ctrl-C cut short."""
        factors = self._class_factors(rows.learned)
        main = plan(rows, target, shared(settings), class_weight=factors, tell=announced(self.verbose))
        done, quantiles = carry_out_all(main, self._showing, interrupts)
        interrupts.undisturbed(lambda: self._keep(main, done, encoder, quantiles))
        return cut_short(done, settings.quantiles, len(quantiles))

    def _keep(self, main: Plan, done: Learned, encoder: Encoder, quantiles: tuple[QuantileNetworks, ...]) -> None:
        """The attributes of the fit."""
        kept = {"estimator": type(self).__name__, "parameters": self._parameters_for_file()}
        self.model_ = model_of(main, done, encoder, settings=kept, quantiles=quantiles)
        self._done, self._jobs = done, main.jobs
        self.history_: tuple[Epoch, ...] = done.fit.history
        self.n_iter_, self.stopping_reason_ = len(done.fit.history), done.fit.reason
        self.engine_, self.engine_reason_ = main.choice.engine.name, main.choice.reason
        self.ensemble_ = len(main.folds)
        if done.calibration_error is not None:
            self.calibration_error_ = done.calibration_error

    @contextmanager
    def _showing(self, name: str, epochs: int) -> Iterator[tuple[Callback]]:
        """The reader behind `verbose`, for one ensemble."""
        with shown(self.verbose, 0, epochs) as show:
            yield (show,)

    def _class_factors(self, codes: Any) -> tuple[float, ...] | None:
        """One factor per class on the weights of its rows, or None."""
        return None

    def _settings(self) -> TableSettings:
        for name in COUNTS:
            given = getattr(self, name)
            whole = isinstance(given, Integral) and not isinstance(given, bool) and int(given) >= 1
            if given is not None and not whole:
                raise InputError(f"{name} must be None or a whole number of at least 1, not {given!r}")
        limit = self.max_seconds
        if limit is not None and not (isinstance(limit, Real) and not isinstance(limit, bool) and float(limit) > 0):
            raise InputError(f"max_seconds must be None or a number of seconds above 0, not {limit!r}")
        return TableSettings(
            ensemble=_whole(self.ensemble),
            hidden=hidden(self.hidden_layer_sizes),
            epochs=_whole(self.max_iter),
            time_limit=None if limit is None else float(limit),
            n_threads=_whole(self.n_threads),
            engine=self.engine,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
            read=ReadOptions.of(self.read),
            **self._options(),
        )

    def _table(self, X: Any, *, reset: bool) -> pa.Table:
        """X as a table; its columns are learned, or held against those of the fit."""
        check_order(X, "X")
        X = unmasked(X)
        if is_frame(X):
            table = from_frame(X)  # says more than narwhals where two columns have one name
            validate_data(self, X, skip_check_array=True, reset=reset)
            if min(table.shape) < 1:
                what = "sample" if table.num_columns else "feature"
                raise ShapeError(
                    f"Found array with 0 {what}(s) (shape={table.shape}) while a minimum of 1 is required."
                )
        else:
            is_numeric = getattr(getattr(X, "dtype", None), "kind", "O") in "biufc"
            X = validate_data(
                self, X, dtype="numeric" if is_numeric else None, ensure_all_finite=False, reset=reset
            )  # infinity is refused where its row and column are known
            names = [str(name) for name in getattr(self, "feature_names_in_", [f"x{i}" for i in range(X.shape[1])])]
            table = pa.table({name: of_array(X[:, i], name) for i, name in enumerate(names)})
        if reset:
            self._columns = tuple(table.column_names)
        # Where the fit, or this call, had no names, columns go by position, as in all of scikit-learn.
        return table.rename_columns(list(self._columns))

    def _predicted(self, X: Any) -> pa.Table:
        check_is_fitted(self)
        return self._table(X, reset=False)

    def _warn(self, remarks: Remarks) -> None:
        warn_of_unseen(remarks, stacklevel=4)

    def explain(self, X: Any, y: Any, *, member: int = 0, optimizer: str | UpdateRule | None = None) -> Trace:
        """Every number of one step of training a network with one row: forward, loss, errors, gradients, update.

        The step is the first that the recipe would make from here: its update rule with decoupled decay, its rate,
        dropout, label smoothing and class weights.

        Parameters
        ----------
        X : data frame of one row, or array-like of shape (n_features,) or (1, n_features)
            As `predict` takes it; a row of a pandas data frame will do.
        y : target of the row
            As `fit` takes it: the class itself, or a number.
        member : int
            Which network of the ensemble, from 0.
        optimizer : update rule, optional
            A name or a formula; with it the step is that of the plain loss. A model read from a file that keeps no
            recipe has "adamw" by default.

        Returns
        -------
        clearprop.explain.Trace
            ``print(trace.explained().text())`` shows it, with the names of its inputs and classes, the outputs of all
            networks, and what `predict` answers; ``trace.trained`` holds these.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When it is not one row, the row does not fit, or y is no class that was learned.
        """
        from clearprop.explain import explain
        from clearprop.explain.trained import trained_on_table

        check_is_fitted(self)
        member = self._member(member)
        if hasattr(X, "to_frame") and getattr(X, "ndim", 2) == 1:
            X = X.to_frame().T  # a row of a pandas data frame
        elif getattr(X, "ndim", None) == 1:
            X = X[None]
        table = self._table(X, reset=False)
        if table.num_rows != 1:
            raise ShapeError(f"one row is explained at a time, and X has {table.num_rows:,}; take one, as X[:1]")
        model = self.model_
        inputs = model.encoder.encode(table).X[0].astype(np.float64)
        sample = self._encoded_target(y)
        parameters = model.network.views(model.thetas[member].astype(np.float64))
        job = self._job(member) if optimizer is None else None
        step = "asked" if optimizer is not None else "assumed" if job is None else "known"
        rule = "adamw" if step == "assumed" else optimizer
        trace = explain(model.network, parameters, inputs, sample, rule, job=job)
        actual = y.item() if hasattr(y, "item") else y
        return replace(trace, trained=trained_on_table(model, table, actual, member, step))

    def _job(self, member: int) -> Job | None:
        """What the training of this network was asked to do, where that is known."""
        return self._jobs[member] if self._jobs else self.model_.job(member)

    def check_gradient(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        member: int = 0,
        n_parameters: int | None = 100,
        tolerance: float = 1e-6,
    ) -> GradientCheck:
        """Compare the back-propagated gradient of one network with central differences, in float64.

        What is differentiated is the loss that its training lowered: with the weights of rows and classes and with
        label smoothing. Dropout, which draws anew at every step, is not in it.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`: the frame as it is.
        member : int
            Which network of the ensemble, from 0.
        n_parameters : int or None
            How many weights and biases are checked, drawn at random, the same ones every time; None for all. Each takes
            two forward passes of X.
        tolerance : float
            The relative error that passes.

        Returns
        -------
        clearprop.network.gradient_check.GradientCheck
            ``print`` it for a summary.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When a row does not fit, or y holds a class that was not learned.
        """
        check_is_fitted(self)
        model, member = self.model_, self._member(member)
        inputs = model.encoder.encode(self._table(X, reset=False)).X.astype(np.float64)
        targets = [self._encoded_target(value) for value in np.asarray(y).ravel()]
        if len(targets) != len(inputs):
            raise ShapeError(f"X has {len(inputs):,} rows, but y has {len(targets):,}; there must be one each")
        job = self._job(member) or Job(model.network)
        data = prepared(job, inputs, np.array(targets), weights(sample_weight, len(targets)))
        data = data._replace(Y=smoothed(job, data.Y))
        return checked_gradient(job, model.thetas[member], data, n_parameters, tolerance)

    def _member(self, member: int) -> int:
        if isinstance(member, bool) or not isinstance(member, Integral) or not 0 <= member < len(self.model_.thetas):
            raise InputError(f"member must be from 0 to {len(self.model_.thetas) - 1}, not {member!r}")
        return int(member)

    @abstractmethod
    def _encoded_target(self, y: Any) -> Any:
        """One row's target as the network learns it, float64 (n_outputs,)."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write networks, encoders and parameters to one file without code, which `clearprop predict` reads too.

        Raises
        ------
        NotFittedError
            Before `fit`.
        OSError
            When the file cannot be written.
        """
        check_is_fitted(self)
        self.model_.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The estimator that `save` wrote: it predicts, explains and can be fitted anew; the history is not kept.

        Raises
        ------
        ModelFileError
            When there is no such file, or it is damaged or that of something else.
        """
        model = TableModel.load(path)
        kept = model.settings.get("parameters")
        if model.settings.get("estimator") != cls.__name__ or not isinstance(kept, dict):
            was = shortened(str(model.settings.get("estimator", "'clearprop train'")))
            raise ModelFileError(f"{path} was not written by {cls.__name__}.save but by {was}")
        with refusing(Path(path), f"is damaged: its parameters are not those of {cls.__name__}"):
            estimator = cls(**parameters_from_json(kept["init"]))
            estimator._settings()
            n_features = kept["n_features"]
            if type(n_features) is not int or n_features < len(model.encoder.steps):
                raise ModelFileError(f"{quoted(n_features)} features do not go with its encoder")
            names = feature_names(kept["feature_names"], n_features)
            estimator.model_, estimator.n_features_in_ = model, n_features
            if names is not None:
                estimator.feature_names_in_ = names
            estimator._columns = columns_of(kept, n_features, model.encoder)
            estimator.ensemble_ = len(model.thetas)
            estimator._restore(model)
        return estimator

    def _restore(self, model: TableModel) -> None:
        """The attributes that follow from the model's target."""

    def _parameters_for_file(self) -> dict[str, Any]:
        """The parameters that JSON can hold (not a RandomState), and what the columns were called."""
        names = getattr(self, "feature_names_in_", None)
        return {
            "init": parameters_to_json(self),
            "feature_names": None if names is None else [str(name) for name in names],
            "n_features": self.n_features_in_,
            "columns": list(self._columns),
        }

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
