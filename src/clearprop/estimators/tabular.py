"""What `TabularClassifier` and `TabularRegressor` have in common: from a data frame to an ensemble, and back."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted, validate_data

from clearprop.engines.first_use import first_time
from clearprop.errors import InputError, ShapeError
from clearprop.estimators import tabular_rows
from clearprop.estimators.exports import Exports
from clearprop.estimators.fitted import KeptIfItFails
from clearprop.estimators.tabular_data import (
    check_length,
    in_order,
    in_python,
    warn_of_unseen,
    weights,
)
from clearprop.estimators.tabular_files import Rows, Source, details_of, prepared_stream, rows_or_table, source_of
from clearprop.estimators.tabular_glass import TabularGlassBox
from clearprop.estimators.tabular_saving import SavedWithItsTable
from clearprop.estimators.tabular_settings import settings_of
from clearprop.estimators.target_values import check_order, unmasked
from clearprop.files.checkpoints import SECONDS, Checkpoints, kept_in
from clearprop.tables import Encoder, Target, from_frame
from clearprop.tables.frames import is_frame, of_array
from clearprop.tables.streaming import Stored
from clearprop.tabular.class_weight import class_factors
from clearprop.tabular.fit import model_of
from clearprop.tabular.learning import Learned, cut_short
from clearprop.tabular.model import TableModel
from clearprop.tabular.planning import EncodedRows, EnsemblePlan, plan
from clearprop.tabular.quantiles import carry_out_all, shared
from clearprop.tabular.results import Remarks
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.usefulness import sentences
from clearprop.training import Callback, Epoch
from clearprop.training.interrupts import Interrupts
from clearprop.training.progress import announced, shown


class Planned(NamedTuple):
    """What is to be trained, the encoder of its rows, and what somebody should see of it."""

    main: EnsemblePlan
    encoder: Encoder
    doubts: tuple[str, ...]


class TabularEstimator(SavedWithItsTable, TabularGlassBox, Exports, BaseEstimator, ABC):  # type: ignore[misc]
    """Base of `TabularClassifier` and `TabularRegressor`."""

    quality: Any
    ensemble: Any
    hidden_layer_sizes: Any
    max_iter: Any
    learning_rate_init: Any
    activation: Any
    batch_size: Any
    waves: Any
    target_means: Any
    metric: Any
    max_seconds: Any
    random_state: Any
    n_threads: Any
    verbose: Any
    on_divergence: Any
    engine: Any
    read: Any

    model_: TableModel
    _columns: tuple[str, ...]  # as the encoder knows them, in the order of the fit

    @abstractmethod
    def _learn_target(self, y: Any) -> tuple[Target, Any]:
        """The target, and what is learned of each row."""

    @abstractmethod
    def _options(self) -> Mapping[str, Any]:
        """The settings that only one of the two has, checked."""

    @abstractmethod
    def _y_of(self, y: Any, name: str) -> Any:
        """What is learned of each row of other targets than those of the fit; `name` is for messages."""

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        groups: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        target: str | None = None,
        memory: str | int | None = None,
        stream: bool = False,
        scratch: str | os.PathLike[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_seconds: float = SECONDS,
        resume: bool = False,
    ) -> Self:
        """Fit the encoder of the columns, then train the networks.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Numbers, categories, text, dates, true and false; values may be missing. A data frame is of pandas, Polars,
            pyarrow or another library that narwhals reads; what it declares a category is one, whatever it is made of.
            Or the path of a file, of a folder of Parquet files, or a pattern that they match.
        y : array-like of shape (n_samples,)
            Not with a path.
        sample_weight : array-like of shape (n_samples,), optional
            At least 0. All 1 by default.
        groups : array-like of shape (n_samples,), optional
            Rows of one group stay together: no network has validation rows of a group that it learns from.
        X_val, y_val, sample_weight_val : as X, y and sample_weight, optional
            The validation rows of all networks, which choose the best epoch; all of X is then learned from.
        target : str, optional
            With a path: the column that is learned.
        memory : str or int, optional
            With a path: the most that the process may take, as "512MB"; by default what the machine has. Parquet that
            needs more is read in pieces while it is learned from: docs/larger-than-memory.md.
        stream : bool
            With a path: read Parquet in pieces even if it fits.
        scratch : path, optional
            For a table that is read in pieces: the folder of a temporary file for the rows as the network takes them,
            from which they are read after the first epoch; "none" to make them anew in each. By default they are kept
            in memory where it has room for all, and otherwise on a disk with plenty of free room, up to 8 GiB.
        checkpoint : path, optional
            A folder that the fit is written to while it is under way, and when it ends.
        checkpoint_seconds : float
            At least so long from one checkpoint to the next.
        resume : bool
            Go on from the last checkpoint of the same call, to the same bits as if it had never stopped; without one,
            begin.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When data or a parameter cannot be used (`clearprop.errors` and scikit-learn's own; with the row and the
            column where there is one), or when training diverges. The fit before, where there was one, then remains.
            Of checkpoints `FileError`, when they cannot be written, are another training's, or `resume` is False.

        Warns
        -----
        UserWarning
            When Ctrl-C ends training, with the best weights so far; it says which quantiles are not learned. When
            training diverged and went on, with on_divergence="retry". When a column can be read in two ways (it is then
            taken as text, and the message has the options for `read`), or one that holds something is left out (the
            message says how to keep it); when the networks are no better than always saying the mean, or the most
            frequent class. A second Ctrl-C within two seconds, in this fit or in one before it, is raised as
            KeyboardInterrupt, and what was learned is kept as well.
        """
        others = {"y": y, "sample_weight": sample_weight, "groups": groups, "X_val": X_val, "y_val": y_val}
        source = source_of(X, target, memory, stream, scratch, {**others, "sample_weight_val": sample_weight_val})
        settings = settings_of(self)
        with kept_in(checkpoint, checkpoint_seconds, resume) as checkpoints, KeptIfItFails(self):
            kept = details_of(checkpoints)
            if self.random_state is None:
                settings = replace(settings, seed=kept.get("seed", settings.seed))
            found = Rows(X, y) if source is None else rows_or_table(source, kept)
            if source is not None and isinstance(found, Stored):
                planned = self._planned_stream(found, source, settings, kept)
            else:
                assert isinstance(found, Rows)
                validation = (groups, X_val, y_val, sample_weight_val)
                planned = self._planned(*found, sample_weight, validation, settings)
            interrupts = Interrupts()
            n_quantiles = self._train(planned.main, planned.encoder, interrupts, checkpoints)
        interrupts.raise_again()
        useless = sentences(planned.main.target, self.model_.trivial, self._done.useless, settings)
        for sentence in (*map(in_python, planned.doubts), *useless):
            warnings.warn(sentence, stacklevel=2)
        if interrupts.came:
            missing = cut_short(self._done, settings.quantiles, n_quantiles)
            warnings.warn(f"Training interrupted by user{missing}.", stacklevel=2)
        return self

    def _planned(
        self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any, Any], settings: TableSettings
    ) -> Planned:
        """What is to be trained on rows in memory; `validation` are groups, X_val, y_val and sample_weight_val."""
        if y is None:
            raise InputError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        table = self._table(X, reset=True)
        target, y = self._learn_target(y)
        check_length("X", table.num_rows, "y", len(y))
        if table.num_rows < 2:
            raise InputError("n_samples=1: at least 2 rows are needed, some to train on and some for validation")
        groups, X_val, y_val, sample_weight_val = validation
        weight = weights(sample_weight, len(y))
        fitted = tabular_rows.encoder_of(table, target, y, weight, settings)
        encoder = fitted.encoder
        rows = EncodedRows(encoder.encode(table).X, y, weight, encoder.number_inputs)
        validated = self._validation(X_val, y_val, sample_weight_val, encoder, y)
        given = tabular_rows.Validation(tabular_rows.groups_of(groups, len(y)), validated)
        factors = class_factors(settings.class_weight, target, y, rows.weight)
        rows, folds = tabular_rows.with_validation(rows, target, given, settings)
        asked = shared(settings, target.task)
        main = plan(rows, target, asked, parts=folds, class_weight=factors, tell=announced(self.verbose))
        told = tabular_rows.told(table, rows, main.folds, target, encoder)
        self.notices_ = tuple(map(in_python, (*fitted.notices, *told)))
        tabular_rows.without_own_targets(main, encoder, table, given)
        return Planned(main, encoder, fitted.doubts)

    def _planned_stream(
        self, table: Stored, source: Source, settings: TableSettings, kept: Mapping[str, Any]
    ) -> Planned:
        """What is to be trained on rows that stay on the disk."""
        names = [name for name in table.names if name != source.target]
        task = "classification" if is_classifier(self) else "regression"
        ready = prepared_stream(table, source, settings, kept, task, announced(self.verbose)).ready
        self._columns, self.n_features_in_ = tuple(names), len(names)
        self.feature_names_in_ = np.array(names, dtype=object)
        self.notices_ = tuple(map(in_python, ready.notices))
        self._restore(ready.target)
        return Planned(ready.plan, ready.encoder, ())

    def _validation(
        self, X_val: Any, y_val: Any, sample_weight_val: Any, encoder: Encoder, y: Any
    ) -> EncodedRows | None:
        """The rows of `X_val`, encoded; `y` are the targets of the fit."""
        if X_val is None or y_val is None:
            if X_val is not None or y_val is not None or sample_weight_val is not None:
                raise InputError("X_val, y_val belong together, and sample_weight_val to them: give X_val and y_val")
            return None
        table, given = self._table(X_val, reset=False), self._y_of(y_val, "y_val")
        if given.shape[1:] != y.shape[1:]:
            raise ShapeError("y_val must have as many targets in each row as y")
        check_length("X_val", table.num_rows, "y_val", len(given))
        return EncodedRows(encoder.encode(table).X, given, weights(sample_weight_val, len(given), "sample_weight_val"))

    def _train(
        self, main: EnsemblePlan, encoder: Encoder, interrupts: Interrupts, checkpoints: Checkpoints | None
    ) -> int:
        """The main ensemble, then one for each quantile; together they take the time limit. How many quantiles."""
        learned = carry_out_all(main, self._showing, interrupts, None, checkpoints, announced(self.verbose))
        kept = came = False
        while not kept:
            try:
                if came:
                    interrupts.note()
                self._keep(main, encoder, *learned, interrupts.came)
                kept = True
            except KeyboardInterrupt:
                came = True
        return len(learned[1])

    def _keep(self, main: EnsemblePlan, encoder: Encoder, done: Learned, quantiles: Any, is_hurried: bool) -> None:
        """The attributes of the fit."""
        kept = {"estimator": type(self).__name__, "parameters": self._parameters_for_file()}
        self.model_ = model_of(main, done, encoder, settings=kept, quantiles=quantiles, is_hurried=is_hurried)
        self._done = done
        self.history_: tuple[Epoch, ...] = tuple(done.fit.history)
        self.n_iter_, self.stopping_reason_ = len(done.fit.history), done.fit.reason
        self.retries_ = done.fit.retries
        self.engine_, self.engine_reason_ = main.choice.engine.name, main.choice.reason
        self.ensemble_ = len(done.thetas)
        if done.calibration_error is not None:
            self.calibration_error_ = done.calibration_error

    @contextmanager
    def _showing(self, name: str, epochs: int) -> Iterator[tuple[Callback]]:
        """The reader behind `verbose`, for one ensemble."""
        with shown(self.verbose, 0, epochs) as show:
            yield (show,)

    def _settings(self) -> TableSettings:
        return settings_of(self)

    @first_time("making a table of rows")
    def _table(self, X: Any, *, reset: bool) -> pa.Table:
        """X as a table; its columns are learned, or held against those of the fit."""
        check_order(X, "X")
        X = unmasked(X)
        if is_frame(X):
            table = from_frame(X)  # says more than narwhals where two columns have one name
            with in_order(self):
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
        warn_of_unseen(remarks, stacklevel=5)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
