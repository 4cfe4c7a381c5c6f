"""What a picture is drawn from: a fitted model of any kind, opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from clearprop.errors import InputError
from clearprop.job import Epoch
from clearprop.network import Network, Parameters

KINDS = (
    "an MLPClassifier, MLPRegressor, TabularClassifier or TabularRegressor, a pipeline that ends in one, or an Imported"
)


@dataclass(frozen=True)
class Opened:
    """A fitted model, opened.

    Attributes
    ----------
    name : str
        Of its class.
    network : Network
    params : Parameters
    inputs : callable
        From X, as the model takes it, to what the first layer gets, (n_samples, n₀).
    input_names : tuple of str
        Of each input of the first layer; () where they have none.
    history : tuple of Epoch or None
        None of a model that was not trained by this object.
    best_epoch : int or None
        The epoch whose weights were put back.
    """

    name: str
    network: Network
    params: Parameters
    inputs: Callable[[Any], Any]
    input_names: tuple[str, ...] = ()
    history: tuple[Epoch, ...] | None = None
    best_epoch: int | None = None

    @property
    def records(self) -> tuple[Epoch, ...]:
        """The history; InputError where there is none."""
        if self.history is None:
            raise InputError(
                f"this {self.name} was not trained here, so it has no record of a training to draw: train it on, or "
                "draw its weights (WeightsDisplay, NetworkDisplay) or what it does with rows"
            )
        if not self.history:
            raise InputError(
                f"this {self.name} has its initial weights: no epoch has ended whose record could be drawn"
            )
        return self.history


def opened(estimator: Any, member: int = 0) -> Opened:
    """A fitted model, opened.

    Parameters
    ----------
    estimator : estimator or Imported
    member : int
        Which network of an ensemble, from 0.

    Raises
    ------
    NotFittedError
        Before `fit`.
    InputError
        For something else, or a network that is not there.
    """
    if hasattr(estimator, "steps") and hasattr(estimator, "named_steps"):
        return _pipeline(estimator, member)
    if hasattr(estimator, "source") and hasattr(estimator, "proof"):
        _check_member(member, 1)
        names = tuple(str(name) for name in estimator.source.feature_names or ())
        return Opened(
            "Imported", estimator.network, estimator.parameters, estimator.inputs, _fitting(names, estimator.network)
        )
    if hasattr(type(estimator), "network_"):
        return _of_arrays(estimator, member)
    if hasattr(type(estimator), "_encoded_target"):
        return _of_tables(estimator, member)
    raise InputError(f"pictures are drawn of {KINDS}, not of a {type(estimator).__name__}{_cure(estimator)}")


def _cure(estimator: Any) -> str:
    return "; clearprop.from_sklearn brings it in" if hasattr(estimator, "coefs_") else ""


def _pipeline(pipeline: Any, member: int) -> Opened:
    found = opened(pipeline.steps[-1][1], member)
    if len(pipeline.steps) == 1:
        return found
    before = pipeline[:-1]

    def inputs(X: Any) -> Any:
        return found.inputs(before.transform(X))

    return Opened(found.name, found.network, found.params, inputs, found.input_names, found.history, found.best_epoch)


def _of_arrays(estimator: Any, member: int) -> Opened:
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    _check_member(member, 1)
    history, best = estimator.history_, getattr(estimator, "best_validation_score_", None)
    best_epoch = None
    if best is not None:
        best_epoch = next((e.n for e in history if e.scores.get("validation_score") == best), None)
    names = tuple(map(str, getattr(estimator, "feature_names_in_", ())))
    return Opened(
        type(estimator).__name__,
        estimator.network_,
        estimator.parameters_,
        estimator._inputs,
        names,
        history,
        best_epoch,
    )


def _of_tables(estimator: Any, member: int) -> Opened:
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    model = estimator.model_
    _check_member(member, len(model.thetas))

    def inputs(X: Any) -> Any:
        return model.encoder.encode(estimator._table(X, reset=False)).X

    done = getattr(estimator, "_done", None)
    best = None if done is None else done.fit.best
    return Opened(
        type(estimator).__name__, model.network, model.network.views(model.thetas[member]), inputs,
        _fitting(tuple(model.encoder.names), model.network), getattr(estimator, "history_", None),
        None if best is None else best.n,
    )  # fmt: skip


def _fitting(names: Sequence[str], network: Network) -> tuple[str, ...]:
    return tuple(names) if len(names) == network.widths[0] else ()


def _check_member(member: int, count: int) -> None:
    if isinstance(member, bool) or not isinstance(member, Integral) or not 0 <= member < count:
        raise InputError(f"member must be from 0 to {count - 1}, not {member!r}")
