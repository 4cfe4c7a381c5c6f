"""clearprop: multi-layer neural networks by back-propagation, every step of it open to see.

The shortest way in::

    from clearprop import MLPClassifier            # scikit-learn's interface
    from clearprop import Network, forward, backward, loss, check_gradient, train   # the four equations themselves
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearprop.errors import ClearpropError
from clearprop.files import load, save
from clearprop.formulas import Activation, Loss, Schedule, UpdateRule
from clearprop.formulas.update_rules import LBFGS as lbfgs
from clearprop.formulas.update_rules import SGD as sgd
from clearprop.formulas.update_rules import Adam as adam
from clearprop.formulas.update_rules import AdamW as adamw
from clearprop.formulas.update_rules import Momentum as momentum
from clearprop.formulas.update_rules import Nesterov as nesterov
from clearprop.formulas.update_rules import RMSProp as rmsprop
from clearprop.network import Network, Parameters, backward, check_gradient, forward, loss
from clearprop.training import Epoch, Trained, train
from clearprop.version import __version__

if TYPE_CHECKING:
    from clearprop.estimators import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor

__all__ = [
    "Activation",
    "ClearpropError",
    "Epoch",
    "Loss",
    "MLPClassifier",
    "MLPRegressor",
    "Network",
    "Parameters",
    "Schedule",
    "TabularClassifier",
    "TabularRegressor",
    "Trained",
    "UpdateRule",
    "__version__",
    "adam",
    "adamw",
    "backward",
    "check_gradient",
    "forward",
    "lbfgs",
    "load",
    "loss",
    "momentum",
    "nesterov",
    "rmsprop",
    "save",
    "sgd",
    "train",
]


def __getattr__(name: str) -> Any:
    """The estimators, imported when they are first asked for, because they bring scikit-learn with them."""
    if name in ("MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"):
        from clearprop import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module 'clearprop' has no attribute {name!r}")
