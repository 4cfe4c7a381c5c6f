"""`train`: the training loop for those who want no scikit-learn."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.engines import Data, Engine, Job, TrainingState, choose, prepared
from clearprop.engines.cores import threads_asked
from clearprop.engines.hardware import Hardware
from clearprop.errors import InputError
from clearprop.files.checkpoints import SECONDS, kept_in
from clearprop.formulas import LBFGS, Schedule, UpdateRule, schedule, update_rule
from clearprop.job import Epoch, Retry
from clearprop.network import Network, Parameters
from clearprop.training.fit import fit
from clearprop.training.keeping import kept_by
from clearprop.training.loop import Measure
from clearprop.training.progress import announced, shown
from clearprop.training.source import OneNetwork
from clearprop.training.stopping import Callback, Stopping, check_rate_to_lower, look_at_states


@dataclass(frozen=True)
class Trained:
    """What `train` returns.

    Attributes
    ----------
    parameters : Parameters
    history : tuple of Epoch
    reason : str
        A sentence saying why training ended.
    engine, engine_reason : str
        The engine that did it and why it was chosen.
    state : TrainingState
        To go on from, as ``train(..., state=trained.state)``.
    retries : tuple of Retry
        How often it diverged and went on, and with which rate.
    """

    parameters: Parameters
    history: tuple[Epoch, ...]
    reason: str
    engine: str
    engine_reason: str
    state: TrainingState
    retries: tuple[Retry, ...] = ()


def train(
    network: Network,
    params: Parameters,
    X: Any,
    Y: Any,
    *,
    optimizer: str | UpdateRule | LBFGS = "adam",
    learning_rate_schedule: str | Schedule = "constant",
    epochs: int = 200,
    batch_size: int = 200,
    shuffle: bool = True,
    sample_weight: Any = None,
    class_weight: Sequence[float] | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    dropout: float | Sequence[float] = 0.0,
    label_smoothing: float = 0.0,
    clip_norm: float | None = None,
    validation: tuple[Any, Any] | None = None,
    tolerance: float = 1e-4,
    patience: float = 10,
    max_seconds: float | None = None,
    on_divergence: str = "raise",
    seed: int = 0,
    engine: str = "auto",
    device: str = "cpu",
    precision: str = "float32",
    n_threads: int | None = None,
    callbacks: Sequence[Callback] = (),
    verbose: bool = False,
    state: TrainingState | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = SECONDS,
    resume: bool = False,
) -> Trained:
    """Train a network from the given parameters, which are left as they are.

    Parameters
    ----------
    network : Network
    params : Parameters
        Where to start; decides float32 or float64.
    X : array of shape (n_samples, n₀)
    Y : array of shape (n_samples, n_L)
    optimizer : {"sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs"} or the formula itself
        For example ``sgd(0.1)``.
    learning_rate_schedule : schedule
    epochs : int
        Most passes over the rows (iterations of lbfgs).
    batch_size, shuffle, l1, l2, label_smoothing, clip_norm, class_weight, seed
        As for `clearprop.engines.Job`.
    sample_weight : array of shape (n_samples,), optional
    dropout : float or sequence of float
        The fraction dropped after every hidden layer, or one fraction for each of the layers 0 … L − 1.
    validation : (X, Y), optional
        Validation rows: training stops when their loss is no better for `patience` epochs, and the best weights are
        put back. Without it the training loss is watched.
    tolerance, patience, max_seconds, on_divergence
        As for `clearprop.training.Stopping`.
    engine : {"auto", "compiled", "reference", "torch"}
    device, precision : str
        Where the torch engine computes: "cpu", "cuda" (or "cuda:1"), "mps" or "auto"; and in which precision its
        products of float32 numbers are: "float32", "tf32" or "bf16". Other engines compute on the CPU.
    n_threads : int, optional
        The most threads that training takes; by default as many as the process may use. It does not change the result.
    callbacks : sequence of callable
        Each gets every Epoch; one that returns True ends training.
    verbose : bool
        Show a bar on a terminal, print a line after each epoch otherwise.
    state : TrainingState, optional
        To go on from an earlier fit, its optimizer's memory included; `params` is then not used.
    checkpoint : path, optional
        A folder that the fit is written to while it is under way, and when it ends.
    checkpoint_seconds : float
        At least so long from one checkpoint to the next.
    resume : bool
        Go on from the last checkpoint of the same call, to the same bits as if it had never stopped; the callbacks see
        its epochs again. Without a checkpoint in the folder the fit begins.

    Returns
    -------
    Trained

    Raises
    ------
    InputError
        When an argument cannot be used; the message says which and why.
    DivergenceError
        When the loss or a gradient is not finite any more; with the best weights so far. With on_divergence="retry"
        only when going on from these with a lower rate did not help.
    FileError
        When the folder cannot be written to, holds checkpoints and `resume` is False, or those of another training.
    KeyboardInterrupt
        When Ctrl-C comes a second time within two seconds; one alone ends training, and what was learned is returned.

    Warns
    -----
    UserWarning
        When a checkpoint could not be written or read, or was written by another processor's code; for each time that
        training diverged and went on.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, forward, train
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    >>> Y = np.array([[0.0], [1.0], [1.0], [0.0]])
    >>> net = Network.mlp([2, 4, 1], hidden="tanh", loss="binary_cross_entropy")
    >>> trained = train(net, net.initial(seed=3), X, Y, optimizer="adam", epochs=2000, patience=2000)
    >>> forward(net, trained.parameters, X).a[2].round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    job = Job(
        network=network,
        update_rule=_rule(optimizer, on_divergence),
        schedule=schedule(learning_rate_schedule),
        epochs=epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        l1=l1,
        l2=l2,
        label_smoothing=label_smoothing,
        clip_norm=clip_norm,
        dropout=dropout_per_layer(network, dropout),
        class_weight=None if class_weight is None else _factors(class_weight),
        seed=seed,
    )
    _check_callbacks(callbacks)
    n_threads = threads_asked(n_threads)
    dtype = params.theta.dtype
    data = prepared(job, X, Y, sample_weight, dtype)
    if data.weight is not None and not data.weight.any():
        raise InputError("the weight of every row is zero; at least one must be above zero")
    hardware = Hardware.asked(device, precision)
    choice = choose(engine, job, data.layout, n_threads, announced(verbose), hardware)
    state = _start(job, params, state)
    stopping = Stopping(tolerance=tolerance, patience=patience, max_seconds=max_seconds, on_divergence=on_divergence)
    measure: Measure | None = None
    measured = _held_out(network, validation, dtype)
    if measured is not None:
        measure = loss_measure(network, measured, choice.engine)
        stopping = replace(stopping, watch="validation_loss", restore_best=True)
    with kept_in(checkpoint, checkpoint_seconds, resume) as checkpoints:
        source = OneNetwork(job, state, data, choice.engine, measure, n_threads)
        keeper = None if checkpoints is None else kept_by(checkpoints, source, stopping, *(measured or ()))
        with shown(verbose, source.state.epoch, epochs) as reader:
            readers, resume = [*callbacks, reader], keeper is not None
            done = fit(source, stopping, readers, looks=look_at_states(callbacks), resume=resume, keeper=keeper)
    for retry in done.retries:
        warnings.warn(str(retry), stacklevel=2)
    state, chosen = source.state, choice.engine.name
    return Trained(network.views(state.theta), done.history, done.reason, chosen, choice.reason, state, done.retries)


def _held_out(network: Network, validation: Any, dtype: Any) -> Data | None:
    """The validation rows, checked as the others are."""
    if validation is None:
        return None
    if not isinstance(validation, tuple) or len(validation) != 2:
        raise InputError("validation must be a pair (X, Y) of rows held out")
    return prepared(Job(network), *validation, dtype=dtype)


def _rule(optimizer: Any, on_divergence: str) -> UpdateRule | LBFGS:
    """What moves the parameters; lbfgs is no update rule, but may be asked for in its place."""
    rule = LBFGS() if isinstance(optimizer, str) and optimizer == "lbfgs" else optimizer
    if not isinstance(rule, LBFGS):
        return update_rule(rule)
    check_rate_to_lower(on_divergence)
    return rule


def _start(job: Job, params: Parameters, state: TrainingState | None) -> TrainingState:
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
    """One fraction for each of the layers 0 … L − 1; a single number is for the hidden layers."""
    if isinstance(dropout, Sequence | np.ndarray):
        return tuple(dropout)
    return (0.0, *(float(dropout),) * (network.depth - 1)) if dropout else ()


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


def _check_callbacks(callbacks: Any) -> None:
    if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
        raise InputError(f"callbacks must be a sequence of functions that take an Epoch, not {callbacks!r}")


def loss_measure(network: Network, data: Data, engine: Engine) -> Measure:
    """A measure of the loss, without penalties, over rows held out."""

    def measure(theta: Any) -> Mapping[str, float]:
        with np.errstate(all="ignore"):
            return {"validation_loss": engine.loss(network, network.views(theta), data)}

    return measure
