"""What a fitted estimator shows of itself: the weights as windows into θ, the records of its training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import ShapeError
from clearprop.formulas import UpdateRule
from clearprop.network import Network, Parameters
from clearprop.training import Epoch

if TYPE_CHECKING:
    from clearprop.engines import TrainingState
    from clearprop.estimators.targets import Targets
    from clearprop.explain import Trace
    from clearprop.formulas import LBFGS


class Windows(list[Any]):
    """A list of views of θ: to write to an item, or to set it, is to write θ."""

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            values = list(value)
            if len(values) != len(places):
                raise ShapeError(f"{len(places)} arrays are to be set, not {len(values)}")
            for place, item in zip(places, values, strict=True):
                self[place] = item
            return
        window = self[index]
        if getattr(value, "shape", None) != window.shape:
            raise ShapeError(f"this array has shape {window.shape}, not {getattr(value, 'shape', value)!s}")
        window[...] = value


@contextmanager
def kept_if_it_fails(estimator: Any) -> Iterator[None]:
    """Put the attributes of an estimator back where a fit fails, so that the fit before, or its absence, remains.

    Of a fit that goes on from another, the last good weights remain.
    """
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


class FittedNetwork:
    """The attributes of a fitted estimator that are read from θ and from the history."""

    network_: Network
    _state: TrainingState
    _targets: Targets
    _optimizer: UpdateRule | LBFGS
    _history: list[Epoch]
    _held_out: bool

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_state")

    @property
    def parameters_(self) -> Parameters:
        """θ with W[l] and b[l], for the functions of `clearprop.network`; writable."""
        check_is_fitted(self)
        return self.network_.views(self._state.theta)

    @property
    def coefs_(self) -> list[Any]:
        """The weight matrices of layers 1 … L, arrays of shape (n_{l−1}, n_l): writable views of one vector."""
        return Windows(self.parameters_.W)

    @coefs_.setter
    def coefs_(self, arrays: Iterable[Any]) -> None:
        self.coefs_[:] = arrays

    @property
    def intercepts_(self) -> list[Any]:
        """The biases of layers 1 … L, arrays of shape (n_l,): writable views of the same vector."""
        return Windows(self.parameters_.b)

    @intercepts_.setter
    def intercepts_(self, arrays: Iterable[Any]) -> None:
        self.intercepts_[:] = arrays

    @property
    def history_(self) -> tuple[Epoch, ...]:
        """The record of every epoch (of every iteration of lbfgs), over all fits that went on from one another."""
        check_is_fitted(self)
        return tuple(self._history)

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of every epoch of the history."""
        return [epoch.loss for epoch in self.history_]

    @property
    def best_loss_(self) -> float | None:
        """The least training loss of the history; None where a validation score was what counted."""
        return None if self._watched() else min(self.loss_curve_, default=None)

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score of the rows held out after every epoch that held any; None without early stopping."""
        if not self._watched():
            return None
        return [epoch.scores["validation_score"] for epoch in self.history_ if "validation_score" in epoch.scores]

    def _watched(self) -> bool:
        check_is_fitted(self)
        return self._held_out

    def explain(self, X: Any, y: Any, optimizer: str | UpdateRule | None = None) -> Trace:
        """Every number of one step of training from here: forward, loss, errors, gradients, update.

        Parameters
        ----------
        X : array-like of shape (n_features,) or (n_samples, n_features)
            One row, or a batch whose mean loss is explained.
        y : target of the row, or array-like of shape (n_samples,) or (n_samples, n_outputs)
            As `fit` takes it: the class itself, or numbers.
        optimizer : update rule, optional
            A name or a formula. By default that of the fit, with what it remembers.

        Returns
        -------
        clearprop.explain.Trace
            ``print(trace.explained().text())`` shows it.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When the row does not fit the network, y is no class that was learned, or the fit was by lbfgs, which has
            no update formula, and no other optimizer is named.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((3,), random_state=0, max_iter=500, tol=0.01).fit(X, y)
        >>> trace = model.explain(X[0], y[0])
        >>> trace["a2"].value.sum().round(6)
        np.float64(1.0)
        """
        from clearprop.explain import explain  # the glass box is not needed to train and predict

        check_is_fitted(self)
        rows = np.asarray(X, dtype=np.float64)
        if rows.ndim == 1:
            sample = self._targets.encode(np.asarray(y)[None], np.float64)[0]
        else:
            sample = self._targets.encode(np.asarray(y), np.float64)
        if optimizer is None:
            return explain(self.network_, self.parameters_, rows, sample, self._optimizer, self._state)
        return explain(self.network_, self.parameters_, rows, sample, optimizer)
