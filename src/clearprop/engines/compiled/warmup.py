"""Compile everything ahead: the fixed kernels, and one update of jobs that together use every built-in formula.

A job goes through the engine's own door, so what is compiled is what training asks for, whatever the engine is made of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.compiler import kernel_cache
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.formulas import ACTIVATIONS, LOSSES, UPDATE_RULES
from clearprop.job.data import Data, prepared
from clearprop.job.job import Job
from clearprop.job.state import TrainingState
from clearprop.network import Network, Parameters

DTYPES = ("float32", "float64")
Tell = Callable[[int, int, str], None]  # how many steps are done, of how many, and what the next one compiles


class WarmUp(NamedTuple):
    """What a warm-up did and where it is kept.

    Attributes
    ----------
    folder : Path
        Where the kernels are.
    kept : bool
        Whether the next process will find them; False where no folder of a cache can be written.
    n_compiled : int
        Kernels that were not there before.
    n_kernels, n_bytes : int
        All that the folder now holds.
    seconds : float
    """

    folder: Path
    kept: bool
    n_compiled: int
    n_kernels: int
    n_bytes: int
    seconds: float


def warm_up(dtypes: Iterable[str] = DTYPES, tell: Tell = lambda done, steps, title: None) -> WarmUp:
    """Compile what the cache does not have.

    Parameters
    ----------
    dtypes : iterable of {"float32", "float64"}
    tell : callable, optional
        Called before each step.
    """
    began, before = time.perf_counter(), len(kernel_cache.compiled)
    steps = [step for dtype in dtypes for step in _steps(dtype)]
    for done, (title, work) in enumerate(steps):
        tell(done, len(steps), title)
        work()
    n_compiled = len(kernel_cache.compiled) - before
    places = [*kernel_cache.folders()]
    folder = kernel_cache.folder() if n_compiled or not places else places[0]
    files = [*folder.glob("*.o")]
    return WarmUp(
        folder,
        folder in places,
        n_compiled,
        len(files),
        sum(file.stat().st_size for file in files),
        time.perf_counter() - began,
    )


def _steps(dtype: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """What there is to do, with a title for each: first the parts, which take the longest."""
    for name, source in fixed_kernels.sources(dtype).items():
        yield name.replace("_", " "), partial(kernel_cache.address, name, source)
    for title, job in jobs():
        yield f"{title} {dtype}", partial(_update, job, dtype)


def jobs() -> Iterator[tuple[str, Job]]:
    """Jobs that between them use every built-in activation, loss, update rule and penalty."""
    for name, activation in ACTIVATIONS.items():
        if name == activation.name:  # not an alias
            for loss, kind in LOSSES.items():
                if kind.fits(activation):
                    yield f"{name}, {loss}", Job(Network.mlp([2, 2, 2], hidden=name, output=name, loss=loss))
    network = Network.mlp([2, 2, 2], loss="cross_entropy")
    for name, rule in UPDATE_RULES.items():
        for decay in (0.0, 0.01):
            yield f"{name}, weight_decay {decay:g}", Job(network, rule(weight_decay=decay))
    yield "penalties, clipping, label smoothing", Job(network, l1=0.1, l2=0.1, clip_norm=1.0, label_smoothing=0.1)


def _update(job: Job, dtype: str) -> None:
    """One update of a job, and its outputs."""
    engine, targets = CompiledEngine(1), np.eye(2)
    data: Data = prepared(job, np.eye(2), targets, dtype=np.dtype(dtype))
    state = TrainingState.start(job, job.network.initial(dtype=dtype).theta)
    engine.steps(job, state, data, np.arange(2), np.array([1e-3]))
    params: Parameters = job.network.views(state.theta)
    engine.outputs(job.network, params, data.X)
