"""What a fitted estimator shows of itself: the weights as windows into θ, the records of its training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sklearn.utils.validation import check_is_fitted

from clearprop.errors import ShapeError
from clearprop.estimators.run import Run
from clearprop.job import Retry
from clearprop.network import Network, Parameters
from clearprop.training import Epoch


class Windows(list[Any]):
    """A list of views of θ: to write to an item, or to set it, is to write θ."""

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            values = list(value)
            if len(values) != len(places):
                raise ShapeError(f"{len(places)} arrays must be given, one for each layer, not {len(values)}")
            for place, item in zip(places, values, strict=True):
                self[place] = item
            return
        window = self[index]
        if getattr(value, "shape", None) != window.shape:
            raise ShapeError(f"the array must have shape {window.shape}, not {getattr(value, 'shape', value)!s}")
        window[...] = value


def check_fitted(estimator: Any) -> None:
    """Raise scikit-learn's NotFittedError before `fit`; its own check takes a tenth of the time that one row takes."""
    if not hasattr(estimator, "_run"):
        check_is_fitted(estimator)


class KeptIfItFails:
    """Put the attributes of an estimator back where a fit fails, so that the fit before, or its absence, remains.

    Of a fit that goes on from another, the last good weights remain. What ends without an error is kept, even where
    Ctrl-C comes as it ends: a generator would take that for a failure.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator, self.before = estimator, vars(estimator).copy()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            vars(self.estimator).clear()
            vars(self.estimator).update(self.before)


class FittedNetwork:
    """The attributes of a fitted estimator, read from its run; those of the last fit alone are written by it."""

    _run: Run
    n_iter_: int
    t_: int
    loss_: float
    best_validation_score_: float | None
    stopping_reason_: str
    retries_: tuple[Retry, ...]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_run")

    @property
    def network_(self) -> Network:
        """What the network is."""
        return self._run.network

    @property
    def n_outputs_(self) -> int:
        """The number of its outputs."""
        return self._run.network.widths[-1]

    @property
    def n_layers_(self) -> int:
        """The number of its layers, the inputs among them."""
        return self._run.network.depth + 1

    @property
    def out_activation_(self) -> str:
        """The name of the activation of its last layer."""
        return self._run.network.layers[-1].activation.name

    @property
    def engine_(self) -> str:
        """The name of the engine that trained it, and predicts."""
        return self._run.engine.name

    @property
    def engine_reason_(self) -> str:
        """Why that engine was chosen."""
        return self._run.engine_reason

    @property
    def parameters_(self) -> Parameters:
        """θ with W[l] and b[l], for the functions of `clearprop.network`; writable."""
        check_fitted(self)
        return self.network_.views(self._run.state.theta)

    @property
    def coefs_(self) -> list[Any]:
        """The weight matrices of layers 1 … L, arrays of shape (n_{l−1}, n_l): writable views of one vector."""
        return Windows(self.parameters_.W)

    @coefs_.setter
    def coefs_(self, arrays: Iterable[Any]) -> None:
        check_fitted(self)
        self._run.state.own()
        self.coefs_[:] = arrays

    @property
    def intercepts_(self) -> list[Any]:
        """The biases of layers 1 … L, arrays of shape (n_l,): writable views of the same vector."""
        return Windows(self.parameters_.b)

    @intercepts_.setter
    def intercepts_(self, arrays: Iterable[Any]) -> None:
        check_fitted(self)
        self._run.state.own()
        self.intercepts_[:] = arrays

    @property
    def history_(self) -> tuple[Epoch, ...]:
        """The record of every epoch (of every iteration of lbfgs), over all fits that went on from one another."""
        check_fitted(self)
        return tuple(self._run.history)

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of every epoch of the history."""
        check_fitted(self)
        return self._run.history.losses

    @property
    def best_loss_(self) -> float | None:
        """The least training loss of the history; None where a validation score was what counted."""
        check_fitted(self)
        return None if self._run.keeps_best else min(self.loss_curve_, default=None)

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score over the validation rows, after every epoch that had any; None where the last fit had none."""
        check_fitted(self)
        if not self._run.is_validated:
            return None
        return [epoch.scores["validation_score"] for epoch in self.history_ if "validation_score" in epoch.scores]
