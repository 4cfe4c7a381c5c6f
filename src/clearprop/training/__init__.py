"""The loop, a generator of Epoch records; sources of epochs, and the one reader that makes a whole fit of them."""

from clearprop.job import Epoch
from clearprop.training.fit import Fitting, fit
from clearprop.training.loop import Measure, epochs
from clearprop.training.many import train_many
from clearprop.training.outcome import Fit
from clearprop.training.range_test import RangeTest, range_test
from clearprop.training.source import OneNetwork, Source
from clearprop.training.stopping import Callback, Stopping
from clearprop.training.train import Trained, train
from clearprop.training.trained_many import TrainedMany, TrainedOne

__all__ = [
    "Callback",
    "Epoch",
    "Fit",
    "Fitting",
    "Measure",
    "OneNetwork",
    "RangeTest",
    "Source",
    "Stopping",
    "Trained",
    "TrainedMany",
    "TrainedOne",
    "epochs",
    "fit",
    "range_test",
    "train",
    "train_many",
]
