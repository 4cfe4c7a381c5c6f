"""Who computes: the protocol of an engine, the reference engine, and the choice between engines."""

from clearprop.engines.choose import NAMES, Choice, choose
from clearprop.engines.job import Data, Job, TrainingState, prepared
from clearprop.engines.protocol import Engine
from clearprop.engines.reference import ReferenceEngine

__all__ = ["NAMES", "Choice", "Data", "Engine", "Job", "ReferenceEngine", "TrainingState", "choose", "prepared"]
