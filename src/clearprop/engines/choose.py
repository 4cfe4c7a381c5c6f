"""Which engine does a job: the one asked for by name, or the fastest that can."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clearprop.engines.cores import threads_granted, usable_cores
from clearprop.engines.first_use import FIRST_USE
from clearprop.engines.protocol import Engine
from clearprop.engines.reference import ReferenceEngine
from clearprop.errors import EngineRefusal, UnknownNameError
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.memory import check_memory
from clearprop.network import Network

if TYPE_CHECKING:
    from clearprop.engines.compiled.engine import CompiledEngine

NAMES = ("auto", "reference", "compiled")


class Choice(NamedTuple):
    """The engine and, in a sentence, why it was chosen; and the most threads that it may use."""

    engine: Engine
    reason: str
    n_threads: int


def choose(
    name: str, job: Job, data: Data, n_threads: int | None = None, tell: Callable[[str], object] | None = None
) -> Choice:
    """The engine for a job, compiled.

    Parameters
    ----------
    name : {"auto", "reference", "compiled"}
    job : Job
    data : Data
    n_threads : int, optional
        The most threads of the compiled engine; by default, and at most, as many as the process may use. (The threads
        of the reference engine are the BLAS's: see `clearprop.engines.blas_threads`.)
    tell : callable, optional
        Called with a sentence before the engine is compiled, which takes long the first time on a machine.

    Raises
    ------
    UnknownNameError
        For another name.
    EngineRefusal
        When the engine asked for by name cannot do the job, with its own sentence.
    InputError
        When `n_threads` is not at least 1, or memory has no room for the job.

    Warns
    -----
    RuntimeWarning
        Once in a process, when the reference engine serves because nothing can be compiled.
    """
    if name not in NAMES:
        raise UnknownNameError("engine", name, NAMES)
    n_threads = threads_granted(n_threads)
    if name == "reference":
        return _reference(job, data, n_threads, "it was asked for by name")
    return _compiled_if_possible(name, job, data, n_threads, tell, predicts=False)


def _compiled_if_possible(
    name: str, job: Job, data: Data, n_threads: int | None, tell: Callable[[str], object] | None, *, predicts: bool
) -> Choice:
    """The compiled engine; where it cannot do the job, the reference engine, or what it says if it was asked for."""
    missing, refusal = why_not_compiled(data.Y.dtype.name), None
    if missing is None:
        engine = _compiled_engine()(n_threads)
        refusal = engine.refuses(job, data)
        if refusal is None:
            first = engine.preparation(data.Y.dtype) if tell is not None else None
            if tell is not None and first is not None:
                tell(f"engine compiled: {first}")
            missing = engine.compile(job, data.Y.dtype, predicts=predicts)
            if missing is None:
                because = "it was asked for by name" if name == "compiled" else "it is the fastest and can do it"
                return Choice(engine, because, n_threads or usable_cores())
    if name == "compiled":
        raise EngineRefusal(f"the engine 'compiled' cannot do this job: {missing or refusal}")
    if refusal is not None:
        return _reference(job, data, n_threads, f"the compiled engine cannot do this job: {refusal}")
    assert missing is not None
    _say_once(missing)
    return _reference(job, data, n_threads, f"the compiled engine is not there: {missing}")


def _reference(job: Job, data: Data, n_threads: int | None, reason: str) -> Choice:
    """The reference engine, where memory has room for a whole batch at once."""
    check_memory(job, data.X, data.Y, data.Y.dtype, in_chunks=False)
    return Choice(ReferenceEngine(), reason, n_threads or usable_cores())


def choose_for_prediction(network: Network, dtype: Any, n_threads: int | None = None) -> Choice:
    """The engine that predicts with a network: the compiled one where it can begin at once.

    To predict is quick work. Compiling for it, the first time on a machine, would take longer than it could save.

    Parameters
    ----------
    network : Network
    dtype : dtype
        Of its parameters.
    n_threads : int, optional
        As for `choose`.

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.engines import choose_for_prediction
    >>> choose_for_prediction(Network.mlp([2, 3, 1]), "float32").engine.name in ("compiled", "reference")
    True
    """
    n_threads = threads_granted(n_threads)
    try:
        ready = _compiled_engine()().preparation(dtype) is None
    except ImportError:
        ready = False
    if not ready:
        because = "the compiled engine is not compiled yet; `clearprop warmup` does that"
        return Choice(ReferenceEngine(), because, n_threads or usable_cores())
    none = np.empty((0, network.widths[0]), dtype), np.empty((0, network.widths[-1]), dtype)
    return _compiled_if_possible("auto", Job(network), Data(*none), n_threads, None, predicts=True)


@cache
def _compiled_engine() -> type[CompiledEngine]:
    with FIRST_USE:
        from clearprop.engines.compiled.engine import CompiledEngine

        return CompiledEngine


@cache
def why_not_compiled(dtype: str) -> str | None:
    """None if the compiled engine is there for a type, otherwise a sentence saying why not.

    Numba is imported only where something has to be compiled: that takes half a second, and machine code needs none.
    """
    try:
        if _compiled_engine()().preparation(dtype) is not None:
            with FIRST_USE:
                import clearprop.engines.compiled.compiler.compiling  # noqa: F401
    except ImportError as error:
        return f"Numba cannot be imported ({error}); install it with `pip install numba`"
    return None


@cache
def _say_once(missing: str) -> None:
    """Warn, the first time in a process."""
    warnings.warn(f"the reference engine serves, which is slower: {missing}", RuntimeWarning, stacklevel=3)
