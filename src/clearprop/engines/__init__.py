"""Who computes: the protocol of an engine, the reference engine, and the choice between engines."""

from clearprop.engines.choose import NAMES, Choice, choose, choose_for_prediction
from clearprop.engines.cores import threads_asked, usable_cores
from clearprop.engines.outputs import finite
from clearprop.engines.protocol import Engine
from clearprop.engines.reference import ReferenceEngine
from clearprop.job import Data, Job, OneHot, TrainingState, numbers, prepared

__all__ = [
    "NAMES",
    "Choice",
    "Data",
    "Engine",
    "Job",
    "OneHot",
    "ReferenceEngine",
    "TrainingState",
    "choose",
    "choose_for_prediction",
    "finite",
    "numbers",
    "prepared",
    "threads_asked",
    "usable_cores",
]
