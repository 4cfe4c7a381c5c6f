"""The loop: a generator of Epoch records (`loop`), and the readers that make a whole fit of it (`fit`, `train`)."""

from clearprop.training.fit import Callback, Fit, Stopping, fit
from clearprop.training.loop import Epoch, Measure, epochs
from clearprop.training.train import Trained, train

__all__ = ["Callback", "Epoch", "Fit", "Measure", "Stopping", "Trained", "epochs", "fit", "train"]
