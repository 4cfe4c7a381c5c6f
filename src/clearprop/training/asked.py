"""What `train` can be told of one network, and the fit that follows from it; `train_many` is told it of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from clearprop.engines import Choice, Data, Engine, Job, TrainingState, prepared
from clearprop.engines.hardware import Hardware
from clearprop.errors import InputError
from clearprop.formulas import LBFGS, Schedule, UpdateRule, schedule, update_rule
from clearprop.network import Network, NumberEmbedding, Parameters
from clearprop.training.loop import Measure
from clearprop.training.source import OneNetwork
from clearprop.training.stopping import Stopping, check_rate_to_lower


class Begun(NamedTuple):
    """A fit of one network that is about to begin.

    Attributes
    ----------
    source : OneNetwork
    stopping : Stopping
    measured : Data or None
        The validation rows.
    """

    source: OneNetwork
    stopping: Stopping
    measured: Data | None


@dataclass(frozen=True)
class Asked:
    """What `train` can be told of one network; each as its docstring says."""

    optimizer: str | UpdateRule | LBFGS = "adam"
    learning_rate_schedule: str | Schedule = "constant"
    epochs: int = 200
    batch_size: int = 200
    shuffle: bool = True
    sample_weight: Any = None
    class_weight: Sequence[float] | None = None
    l1: float = 0.0
    l2: float = 0.0
    dropout: float | Sequence[float] = 0.0
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    validation: tuple[Any, Any] | None = None
    tolerance: float = 1e-4
    patience: float = 10
    max_seconds: float | None = None
    on_divergence: str = "raise"
    seed: int = 0
    engine: str = "auto"
    device: str = "cpu"
    precision: str = "float32"

    @property
    def hardware(self) -> Hardware:
        """The device, and the precision of products."""
        return Hardware.asked(self.device, self.precision)

    def job(self, network: Network) -> Job:
        """What training a network is asked to do.

        Raises
        ------
        InputError
            When an argument cannot be used, or does not go with the network.
        """
        return Job(
            network=network,
            update_rule=_rule(self.optimizer, self.on_divergence),
            schedule=schedule(self.learning_rate_schedule),
            epochs=self.epochs,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            l1=self.l1,
            l2=self.l2,
            label_smoothing=self.label_smoothing,
            clip_norm=self.clip_norm,
            dropout=dropout_per_layer(network, self.dropout),
            class_weight=None if self.class_weight is None else _factors(self.class_weight),
            seed=self.seed,
        )

    def data(self, job: Job, X: Any, Y: Any, dtype: Any) -> Data:
        """The rows that it learns from, checked; errors as of `clearprop.engines.prepared`."""
        data = prepared(job, X, Y, self.sample_weight, dtype)
        if data.weight is not None and not data.weight.any():
            raise InputError("the weight of every row is zero; at least one must be above zero")
        return data

    def measured(self, network: Network, dtype: Any) -> Data | None:
        """The validation rows, checked as the others are; None where there are none."""
        if self.validation is None:
            return None
        if not isinstance(self.validation, tuple) or len(self.validation) != 2:
            raise InputError("validation must be a pair (X, Y) of rows held out")
        return prepared(Job(network), *self.validation, dtype=dtype)

    def stopping(self) -> Stopping:
        """When it ends before its preset number of epochs."""
        watched: dict[str, Any] = {}
        if self.validation is not None:
            watched = {"watch": "validation_loss", "restore_best": True}
        return Stopping(
            tolerance=self.tolerance,
            patience=self.patience,
            max_seconds=self.max_seconds,
            on_divergence=self.on_divergence,
            **watched,
        )


def begun(
    job: Job,
    state: TrainingState,
    data: Data,
    choice: Choice,
    n_threads: int | None,
    stopping: Stopping,
    measured: Data | None,
) -> Begun:
    """A fit with these rows to learn from, and those that validate it."""
    measure = None if measured is None else loss_measure(job.network, measured, choice.engine)
    return Begun(OneNetwork(job, state, data, choice.engine, measure, n_threads), stopping, measured)


def started(job: Job, params: Parameters, state: TrainingState | None) -> TrainingState:
    """A fresh state, or a copy of the one to go on from."""
    fresh = TrainingState.start(job, params.theta)
    if not isinstance(state, TrainingState | None):
        raise InputError(f"state must be a TrainingState, as `trained.state`, not {type(state).__name__}")
    if state is not None and (state.theta.shape != fresh.theta.shape or len(state.memory) != len(fresh.memory)):
        raise InputError("the state to go on from belongs to another network or optimizer; leave it out to begin anew")
    if state is not None and state.theta.dtype != fresh.theta.dtype:
        raise InputError(
            f"the state to go on from is {state.theta.dtype}, and the parameters, which decide the type, are "
            f"{fresh.theta.dtype}; give parameters of the state's own type"
        )
    return fresh if state is None else deepcopy(state)


def dropout_per_layer(network: Network, dropout: float | Sequence[float]) -> tuple[float, ...]:
    """One fraction for each of the layers 0 … L − 1; a single number is for those with neurons."""
    if isinstance(dropout, Sequence | np.ndarray):
        return tuple(dropout)
    hidden = (0.0 if isinstance(layer, NumberEmbedding) else float(dropout) for layer in network.layers[:-1])
    return (0.0, *hidden) if dropout else ()


def loss_measure(network: Network, data: Data, engine: Engine) -> Measure:
    """A measure of the loss, without penalties, over rows held out."""

    def measure(theta: Any) -> Mapping[str, float]:
        with np.errstate(all="ignore"):
            return {"validation_loss": engine.loss(network, network.views(theta), data)}

    return measure


def _rule(optimizer: Any, on_divergence: str) -> UpdateRule | LBFGS:
    """What moves the parameters; lbfgs is no update rule, but may be asked for in its place."""
    rule = LBFGS() if isinstance(optimizer, str) and optimizer == "lbfgs" else optimizer
    if not isinstance(rule, LBFGS):
        return update_rule(rule)
    check_rate_to_lower(on_divergence)
    return rule


def _factors(class_weight: Any) -> tuple[float, ...]:
    """Class weights as floats; a mapping is refused, whose keys alone would be taken."""
    if isinstance(class_weight, Sequence | np.ndarray) and not isinstance(class_weight, str):
        try:
            return tuple(float(factor) for factor in class_weight)
        except (TypeError, ValueError):
            pass
    raise InputError(
        f"class_weight must be a sequence of numbers, one for each output in its order, not {class_weight!r}"
    )
