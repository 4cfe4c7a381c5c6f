"""What a tabular estimator shows of its networks: one step with every number, and the check of the gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from sklearn.utils.validation import check_is_fitted

from clearprop.engines import Job, prepared
from clearprop.errors import InputError, ShapeError
from clearprop.estimators.checking import checked_gradient
from clearprop.estimators.display import Displayed
from clearprop.estimators.tabular_data import check_length, weights
from clearprop.network import Network, Parameters
from clearprop.network.gradient_check import GradientCheck
from clearprop.tabular.attribution import Attributions, attributions
from clearprop.tabular.model import TableModel
from clearprop.training import Epoch

if TYPE_CHECKING:
    from clearprop.explain import Trace
    from clearprop.formulas import UpdateRule


class TabularGlassBox(Displayed, ABC):
    """`explain` and `check_gradient` of `TabularClassifier` and `TabularRegressor`."""

    model_: TableModel
    _columns: tuple[str, ...]

    @property
    def feature_importances_(self) -> Any:
        """How much worse validation rows are predicted when a column of X is shuffled, (n_features_in_,).

        The rise of the log loss, or the fall of R²; about 0 or below for a column that helps nothing. Each row is
        predicted by a network that did not learn from it. ``model_.settings["importances"]["rows"]`` says on how many.
        """
        check_is_fitted(self)
        kept = self.model_.settings.get("importances")
        if kept is None:
            raise AttributeError(
                "feature_importances_ were not measured: it takes two columns, and rows and time to measure on"
            )
        return np.array([kept["columns"].get(name, 0.0) for name in self._columns])

    def _displayed(self) -> tuple[Network, Parameters, Sequence[Epoch]]:
        model = self.model_
        return model.network, model.parameters, getattr(self, "history_", ())

    @abstractmethod
    def _table(self, X: Any, *, reset: bool) -> pa.Table:
        """X as a table; its columns are learned, or held against those of the fit."""

    def explain(self, X: Any, y: Any, *, member: int = 0, optimizer: str | UpdateRule | None = None) -> Trace:
        """Every number of one step of training a network with one row: forward, loss, errors, gradients, update.

        The step is the first that the recipe would make from here: its update rule with decoupled decay, its rate,
        dropout, label smoothing and class weights.

        Parameters
        ----------
        X : data frame of one row, or array-like of shape (n_features,) or (1, n_features)
            As `predict` takes it; a row of a pandas data frame will do.
        y : target of the row
            As `fit` takes it: the class itself, a number, or one for each target.
        member : int
            Which network of the ensemble, from 0.
        optimizer : update rule, optional
            A name or a formula; with it the step is that of the plain loss. A model read from a file that does not say
            how it was trained has "sgd" by default.

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
        from clearprop.explain.trained_step import explain_row

        check_is_fitted(self)
        member = self._member(member)
        if hasattr(X, "to_frame") and getattr(X, "ndim", 2) == 1:
            X = X.to_frame().T  # a row of a pandas data frame
        elif getattr(X, "ndim", None) == 1:
            X = X[None]
        table = self._table(X, reset=False)
        if table.num_rows != 1:
            raise ShapeError(f"one row is explained at a time, and X has {table.num_rows:,}; take one, as X[:1]")
        several = len(self.model_.target.columns) > 1
        if np.size(y) == 1:
            y = np.asarray(y).ravel().tolist()[0]  # a column of one row will do, as y[:1]
        elif not several:
            raise ShapeError(f"y must be the target of that one row, not {np.size(y):,} values")
        return explain_row(self.model_, table, y, self._encoded_target(y), member=member, optimizer=optimizer)

    def attributions(self, X: Any, *, of: Any = None, against: Any = None) -> Attributions:
        """The part of each column in the prediction of each row: integrated gradients, which add up.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            As `predict` takes it.
        of : class, str or float, optional
            Of a classifier: the class whose probability is explained; by default the predicted one, row by row. Of
            several targets: "y0", "y1", … Of a regressor with `quantiles`: one of them instead of the mean.
        against : data frame or array-like of shape (1, n_features), optional
            The row to begin from. By default the usual one: the median of numbers and dates, the most frequent category
            of the rows that were learned from.

        Returns
        -------
        clearprop.tabular.Attributions
            ``parts`` (n_samples, n_columns) of its ``columns`` add up to ``outputs - baseline``.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When a row does not fit, or there is no such class, target or quantile.

        Examples
        --------
        >>> import pandas as pd
        >>> from clearprop import TabularRegressor
        >>> X = pd.DataFrame({"size": range(60), "floor": [1, 2, 3] * 20})
        >>> model = TabularRegressor(hidden_layer_sizes=8, max_iter=30, engine="reference", random_state=0)
        >>> found = model.fit(X, 3.0 * X["size"]).attributions(X[-1:])
        >>> found.usual["size"], found.columns, bool(found.parts[0, 0] > 0)
        ('29.5', ('size', 'floor'), True)
        """
        check_is_fitted(self)
        beside = None if against is None else self._table(against, reset=False)
        return attributions(self.model_, self._table(X, reset=False), of, beside)

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
        given = np.asarray(y)
        several = len(model.target.columns) > 1
        targets = [self._encoded_target(value) for value in (given if several else given.ravel())]
        check_length("X", len(inputs), "y", len(targets))
        job = model.job(member) or Job(model.network)
        data = prepared(job, inputs, np.array(targets), weights(sample_weight, len(targets)))
        data = data._replace(Y=job.smoothed(data.Y))
        return checked_gradient(job, model.thetas[member], data, n_parameters, tolerance)

    def _member(self, member: int) -> int:
        if isinstance(member, bool) or not isinstance(member, Integral) or not 0 <= member < len(self.model_.thetas):
            raise InputError(f"member must be from 0 to {len(self.model_.thetas) - 1}, not {member!r}")
        return int(member)

    @abstractmethod
    def _encoded_target(self, y: Any) -> Any:
        """One row's target as the network learns it, float64 (n_outputs,)."""
