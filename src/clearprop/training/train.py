"""`train`: the training loop for those who want no scikit-learn."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from clearprop.engines import Choice, Data, Job, TrainingState, choose
from clearprop.engines.cores import threads_asked
from clearprop.errors import InputError
from clearprop.files.checkpoints import SECONDS, identity_of, kept_in
from clearprop.formulas import LBFGS, Schedule, UpdateRule
from clearprop.job import History, Retry
from clearprop.network import Network, Parameters
from clearprop.training.asked import Asked, Begun, begun, loss_measure, started
from clearprop.training.fit import fit
from clearprop.training.joining import made_together
from clearprop.training.keeping import kept_by
from clearprop.training.progress import announced, shown
from clearprop.training.stopping import Callback, look_at_states


@dataclass(frozen=True)
class Trained:
    """What `train` returns.

    Attributes
    ----------
    parameters : Parameters
    history : History
        The record of every epoch; reads as a tuple of Epoch.
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
    history: History
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
    asked = Asked(
        optimizer=optimizer,
        learning_rate_schedule=learning_rate_schedule,
        epochs=epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        sample_weight=sample_weight,
        class_weight=class_weight,
        l1=l1,
        l2=l2,
        dropout=dropout,
        label_smoothing=label_smoothing,
        clip_norm=clip_norm,
        validation=validation,
        tolerance=tolerance,
        patience=patience,
        max_seconds=max_seconds,
        on_divergence=on_divergence,
        seed=seed,
        engine=engine,
        device=device,
        precision=precision,
    )
    job = asked.job(network)
    check_callbacks(callbacks)
    data, tell = asked.data(job, X, Y, params.theta.dtype), announced(verbose)
    choice, (source, stopping, measured) = _begun(asked, job, params, state, data, threads_asked(n_threads), tell)
    same = partial(identity_of, job, stopping, (*data, source.state.theta, *source.state.memory, *(measured or ())))
    with kept_in(checkpoint, checkpoint_seconds, resume) as checkpoints:
        kept = None if checkpoints is None else kept_by(checkpoints, source, stopping, *(measured or ()))
        with made_together(source, same, kept, tell) as keeper, shown(verbose, source.state.epoch, epochs) as reader:
            if measured is not None:
                source.measure = loss_measure(network, measured, source.engine)
            readers, looks = [*callbacks, *([reader] if verbose else [])], look_at_states(callbacks)
            done = fit(source, stopping, readers, looks=looks, resume=keeper is not None, keeper=keeper)
    for retry in done.retries:
        warnings.warn(str(retry), stacklevel=2)
    state, (chosen, why, _) = source.state, choice
    return Trained(network.views(state.theta), done.history, done.reason, chosen.name, why, state, done.retries)


def _begun(
    asked: Asked,
    job: Job,
    params: Parameters,
    state: TrainingState | None,
    data: Data,
    n_threads: int | None,
    tell: Callable[[str], object] | None,
) -> tuple[Choice, Begun]:
    """The engine, and the fit that is about to begin."""
    choice = choose(asked.engine, job, data.layout, n_threads, tell, asked.hardware)
    state, stopping = started(job, params, state), asked.stopping()
    measured = asked.measured(job.network, state.theta.dtype)
    return choice, begun(job, state, data, choice, n_threads, stopping, measured)


def check_callbacks(callbacks: Any, take: str = "an Epoch") -> None:
    """Raise InputError for what is no sequence of functions."""
    if not isinstance(callbacks, Sequence) or not all(map(callable, callbacks)):
        raise InputError(f"callbacks must be a sequence of functions that take {take}, not {callbacks!r}")
