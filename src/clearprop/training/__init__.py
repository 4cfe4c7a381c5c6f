"""The loop: a generator of Epoch records (`loop`), and the readers that make a whole fit of it (`fit`, `train`)."""

from clearprop.training.fit import Fit, Fitting, fit
from clearprop.training.loop import Epoch, Measure, epochs
from clearprop.training.stopping import Callback, Stopping
from clearprop.training.train import Trained, train

__all__ = ["Callback", "Epoch", "Fit", "Fitting", "Measure", "Stopping", "Trained", "epochs", "fit", "train"]
