"""Which engine does a job: the one asked for by name, or the fastest that can."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from clearprop.engines.cores import threads_granted, usable_cores
from clearprop.engines.first_use import FIRST_USE
from clearprop.engines.hardware import ANY_GPU, HOST, Hardware
from clearprop.engines.protocol import Engine
from clearprop.engines.reference import ReferenceEngine
from clearprop.errors import EngineRefusal, UnknownNameError
from clearprop.job.data import Layout
from clearprop.job.job import Job
from clearprop.network import Network

Make = Callable[..., Engine]  # from the most threads, and the hardware where an engine has a choice, to an engine
WORTH_A_GPU = 2e7  # operations of an update from which device="auto" takes a GPU; an estimate (docs/gpu.md)


class Choice(NamedTuple):
    """The engine and, in a sentence, why it was chosen; and the most threads that it may use."""

    engine: Engine
    reason: str
    n_threads: int


def _reference() -> Make:
    return lambda n_threads: ReferenceEngine()


def _compiled() -> Make:
    with FIRST_USE:
        from clearprop.engines.compiled.engine import CompiledEngine

        return CompiledEngine


def _torch() -> Make:
    from clearprop.engines.torch.engine import TorchEngine

    def make(n_threads: int | None, hardware: Hardware = HOST) -> Engine:
        shuffles = _loaded("compiled")(None) if _is_ready("compiled", "float32") else None
        return TorchEngine(n_threads, hardware, None if shuffles is None else shuffles.shuffle)

    return make


# What makes each engine, imported when it is first asked for. "auto" takes the first that can do a job; the reference
# engine can do every job, so that nothing after it is taken unless a device is asked for.
ENGINES: Mapping[str, Callable[[], Make]] = {"compiled": _compiled, "reference": _reference, "torch": _torch}
NAMES = ("auto", *ENGINES)


def choose(
    name: str,
    job: Job,
    layout: Layout,
    n_threads: int | None = None,
    tell: Callable[[str], object] | None = None,
    hardware: Hardware = HOST,
) -> Choice:
    """The engine for a job, ready to begin.

    Parameters
    ----------
    name : {"auto", "compiled", "reference", "torch"}
    job : Job
    layout : Layout
        Of the rows: `Data.layout`.
    n_threads : int, optional
        The most threads of the compiled engine; by default, and at most, as many as the process may use. (The threads
        of the reference engine are the BLAS's: see `clearprop.engines.blas_threads`.)
    tell : callable, optional
        Called with a sentence before the engine is compiled, which takes long the first time on a machine, and with
        further ones while it is.
    hardware : Hardware
        The device and the precision asked for. Another device than the CPU, or another precision than float32, is the
        torch engine's; with device="auto" and engine="auto" a GPU is taken where one is here and the network is large
        enough to be worth it.

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
        Once in a process, when a slower engine is used because a faster one cannot be had.
    """
    if name not in NAMES:
        raise UnknownNameError("engine", name, NAMES)
    n_threads = threads_granted(n_threads)
    if name == "auto" and hardware == HOST:
        return _first_that_can(job, layout, n_threads, tell)
    if name == "auto" and hardware.device == "auto":
        return _gpu_where_worth_it(job, layout, n_threads, tell, hardware)
    reason = "it was asked for by name"
    if name == "auto":
        name, reason = "torch", "it is the one that can"
    elif name != "torch" and hardware not in (HOST, HOST._replace(device="auto")):
        asked = f"device={hardware.device!r} and precision={hardware.precision!r}"
        raise EngineRefusal(f"the engine {name!r} computes on the CPU, in the type of X; {asked} need engine='torch'")
    tried = _try(name, job, layout, n_threads, tell, hardware=hardware if name == "torch" else HOST)
    if tried.engine is None:
        raise EngineRefusal(f"the engine {name!r} cannot do this job: {tried.missing or tried.refusal}")
    return Choice(tried.engine, f"{reason}{tried.engine.remark(job, layout)}", n_threads or usable_cores())


def _gpu_where_worth_it(
    job: Job, layout: Layout, n_threads: int | None, tell: Callable[[str], object] | None, hardware: Hardware
) -> Choice:
    """A GPU for a large network, the fastest engine of the CPU for any other; the reason says which and why."""
    operations = 6.0 * job.network.n_parameters * min(job.batch_size, layout.n_samples)
    if operations < WORTH_A_GPU:
        why = f"an update has {operations:.0e} operations, and a GPU is worth it from about {WORTH_A_GPU:.0e} on"
    else:
        tried = _try("torch", job, layout, n_threads, tell, hardware=hardware._replace(device=ANY_GPU))
        if tried.engine is not None:
            reason = f"an update has {operations:.0e} operations{tried.engine.remark(job, layout)}"
            return Choice(tried.engine, reason, n_threads or usable_cores())
        why = tried.missing or tried.refusal or ""
    if hardware.precision != HOST.precision:
        raise EngineRefusal(f"precision={hardware.precision!r} needs the torch engine on a GPU, and {why}")
    choice = _first_that_can(job, layout, n_threads, tell)
    return choice._replace(reason=f"{choice.reason}, on the CPU, as {why}")


def _first_that_can(
    job: Job,
    layout: Layout,
    n_threads: int | None,
    tell: Callable[[str], object] | None = None,
    *,
    predicts: bool = False,
) -> Choice:
    """The first engine of the table that can do a job; the last one can do every job."""
    reason = "it is the fastest and can do it"
    for name in ENGINES:
        tried = _try(name, job, layout, n_threads, tell, predicts=predicts)
        if tried.engine is not None:
            remark = "" if predicts else tried.engine.remark(job, layout)
            return Choice(tried.engine, f"{reason}{remark}", n_threads or usable_cores())
        reason = f"the {name} engine {tried.unready or f'cannot do this job: {tried.refusal}'}"
        if tried.missing is not None:
            _warn_once(tried.missing)
            reason = f"the {name} engine is not there: {tried.missing}"
    raise EngineRefusal(f"no engine can do this job: {reason}")


class Tried(NamedTuple):
    """An engine, or why there is none: it cannot do the job, something is missing, or it cannot begin at once."""

    engine: Engine | None = None
    refusal: str | None = None
    missing: str | None = None
    unready: str | None = None


def _try(
    name: str,
    job: Job,
    layout: Layout,
    n_threads: int | None,
    tell: Callable[[str], object] | None,
    *,
    predicts: bool = False,
    hardware: Hardware = HOST,
) -> Tried:
    """Make an engine ready for a job; for predictions only if it is ready already."""
    dtype = layout.dtype
    if predicts and not _is_ready(name, dtype):
        return Tried(unready="is not compiled yet; `clearprop warmup` does that")
    missing = why_missing(name, dtype.name)
    if missing is not None:
        return Tried(missing=missing)
    engine = _loaded(name)(n_threads, *(() if hardware == HOST else (hardware,)))
    refusal = engine.refuses(job, layout)
    if refusal is not None:
        return Tried(refusal=refusal)
    if tell is not None and (first := engine.preparation(dtype)) is not None:
        tell(f"engine {name}: {first}")
    missing = engine.make_ready(job, layout, predicts=predicts, tell=tell)
    return Tried(engine) if missing is None else Tried(missing=missing)


def choose_for_prediction(network: Network, dtype: Any, n_threads: int | None = None) -> Choice:
    """The engine that predicts with a network: the first of the table that can begin at once.

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
    return _first_that_can(Job(network), Layout.dense(0, dtype), threads_granted(n_threads), predicts=True)


@cache
def _loaded(name: str) -> Make:
    return ENGINES[name]()


def _is_ready(name: str, dtype: Any) -> bool:
    """Whether an engine can be imported and need not be compiled first."""
    try:
        return _loaded(name)(None).preparation(dtype) is None
    except ImportError:
        return False


@cache
def why_missing(name: str, dtype: str) -> str | None:
    """None if an engine can be had for numbers of a type, otherwise a sentence saying what is missing."""
    try:
        return _loaded(name)(None).missing(dtype)
    except ImportError as error:
        return f"it cannot be imported ({error})"


@cache
def _warn_once(missing: str) -> None:
    """Warn, the first time in a process."""
    warnings.warn(f"Using the slower reference engine: {missing}", RuntimeWarning, stacklevel=4)
