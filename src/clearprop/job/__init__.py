"""What a fit is asked for: the job, the rows, the state that it carries on, random numbers by their place."""

from clearprop.job.data import Data, Layout, Place, numbers, prepared
from clearprop.job.job import Job
from clearprop.job.one_hot import OneHot
from clearprop.job.records import Epoch, History
from clearprop.job.state import Best, Progress, Retry, Snapshot, TrainingState

__all__ = [
    "Best",
    "Data",
    "Epoch",
    "History",
    "Job",
    "Layout",
    "OneHot",
    "Place",
    "Progress",
    "Retry",
    "Snapshot",
    "TrainingState",
    "numbers",
    "prepared",
]
