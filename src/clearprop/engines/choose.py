"""Which engine does a job: the one asked for by name, or the fastest that can."""

from __future__ import annotations

from typing import NamedTuple

from clearprop.engines.data import Data
from clearprop.engines.job import Job
from clearprop.engines.protocol import Engine
from clearprop.engines.reference import ReferenceEngine
from clearprop.errors import EngineRefusal, UnknownNameError

NAMES = ("auto", "reference")


class Choice(NamedTuple):
    """The engine and, in a sentence, why it was chosen."""

    engine: Engine
    reason: str


def choose(name: str, job: Job, data: Data) -> Choice:
    """The engine for a job.

    Parameters
    ----------
    name : {"auto", "reference"}
    job : Job
    data : Data

    Raises
    ------
    UnknownNameError
        For another name.
    EngineRefusal
        When the engine asked for by name cannot do the job, with its own sentence.
    """
    if name not in NAMES:
        raise UnknownNameError("engine", name, NAMES)
    engine = ReferenceEngine()
    refusal = engine.refuses(job, data)
    if refusal is not None:
        raise EngineRefusal(f"the engine {name!r} cannot do this job: {refusal}")
    return Choice(engine, "it was asked for by name" if name == "reference" else "it is the only engine installed")
