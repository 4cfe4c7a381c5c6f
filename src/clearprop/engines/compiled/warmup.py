"""Compile everything ahead: the fixed kernels, and one update of jobs that together use every built-in formula.

A job goes through the engine's own door, so what is compiled is what training asks for, whatever the engine is made of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.codegen.job_kernels import extras_of, needed
from clearprop.engines.compiled.compiler import kernel_cache, shipped
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.formulas import ACTIVATIONS, LOSSES, UPDATE_RULES
from clearprop.job.data import Data, prepared
from clearprop.job.job import Job
from clearprop.job.state import TrainingState
from clearprop.network import Network, NumberEmbedding, Parameters

DTYPES = ("float32", "float64")
Tell = Callable[[int, int, str], object]  # how many kernels are compiled, of how many, and the last of them


class WarmUp(NamedTuple):
    """What a warm-up did and where it is kept.

    Attributes
    ----------
    folder : Path
        Where the kernels are.
    kept : bool
        Whether the next process will find them; False where no folder of a cache can be written.
    came_along : bool
        Whether they came with clearprop, so that there is no cache.
    n_compiled : int
        Kernels that were not there before.
    n_kernels, n_bytes : int
        All that the folder now holds.
    seconds : float
    """

    folder: Path
    kept: bool
    came_along: bool
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
        Called after each kernel that is compiled beside others.
    """
    began, before = time.perf_counter(), len(kernel_cache.compiled)
    kernel_cache.make_all(sources(dtypes := tuple(dtypes)), tell)
    for dtype in dtypes:
        for _, job in jobs():
            _update(job, dtype)
    n_compiled = len(kernel_cache.compiled) - before
    places = [*kernel_cache.folders()]
    library = shipped.library()
    if isinstance(library, shipped.Library) and not n_compiled:
        where, n_kernels, n_bytes = shipped.FOLDER, len(library.symbols), library.n_bytes
    else:
        where = kernel_cache.folder() if n_compiled or not places else places[0]
        sizes = [file.stat().st_size for file in where.glob("*.o")]
        n_kernels, n_bytes = len(sizes), sum(sizes)
    came_along = where == shipped.FOLDER
    seconds = time.perf_counter() - began
    return WarmUp(where, came_along or where in places, came_along, n_compiled, n_kernels, n_bytes, seconds)


def sources(dtypes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """All kernels that there are, those first that take longest."""
    for dtype in dtypes:
        yield from fixed_kernels.sources(dtype).items()
    for dtype in dtypes:
        for _, job in jobs():
            yield from needed(job.network, job.update_rule, extras_of(job), dtype).items()


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
    embedding = (NumberEmbedding.of(2, (0, 1), 2), *Network.mlp([6, 2], loss="cross_entropy").layers)
    yield "embedding of numbers", Job(Network(embedding, network.loss))
    yield "penalties, clipping, label smoothing", Job(network, l1=0.1, l2=0.1, clip_norm=1.0, label_smoothing=0.1)


def _update(job: Job, dtype: str) -> None:
    """One update of a job, and its outputs."""
    engine, targets = CompiledEngine(1), np.eye(2)
    data: Data = prepared(job, np.eye(2), targets, dtype=np.dtype(dtype))
    state = TrainingState.start(job, job.network.initial(dtype=dtype).theta)
    engine.steps(job, state, data, np.arange(2), np.array([1e-3]))
    params: Parameters = job.network.views(state.theta)
    engine.outputs(job.network, params, data.X)
