"""clearprop: multi-layer neural networks by back-propagation, every step of it open to see.

The shortest way in::

    from clearprop import MLPClassifier            # scikit-learn's interface
    from clearprop import Network, forward, backward, loss, check_gradient, train   # the four equations themselves
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clearprop.version import __version__

if TYPE_CHECKING:
    from clearprop.errors import ClearpropError
    from clearprop.estimators import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
    from clearprop.estimators.imported import Imported, from_sklearn
    from clearprop.estimators.imported_libraries import from_keras, from_torch, from_torch_state
    from clearprop.estimators.imported_onnx import from_onnx
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
    from clearprop.training import Epoch
    from clearprop.training.many import train_many
    from clearprop.training.train import Trained, train
    from clearprop.training.trained_many import TrainedMany

__all__ = [
    "Activation",
    "ClearpropError",
    "Epoch",
    "Imported",
    "Loss",
    "MLPClassifier",
    "MLPRegressor",
    "Network",
    "Parameters",
    "Schedule",
    "TabularClassifier",
    "TabularRegressor",
    "Trained",
    "TrainedMany",
    "UpdateRule",
    "__version__",
    "adam",
    "adamw",
    "backward",
    "check_gradient",
    "forward",
    "from_keras",
    "from_onnx",
    "from_sklearn",
    "from_torch",
    "from_torch_state",
    "lbfgs",
    "load",
    "loss",
    "momentum",
    "nesterov",
    "rmsprop",
    "save",
    "sgd",
    "train",
    "train_many",
]


# Where each public name is at home. It is imported when it is first asked for: the estimators bring scikit-learn with
# them, and the command line must be able to answer Ctrl-C before NumPy is there.
_HOMES = {
    "clearprop.errors": ("ClearpropError",),
    "clearprop.estimators": ("MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"),
    "clearprop.estimators.imported": ("Imported", "from_sklearn"),
    "clearprop.estimators.imported_libraries": ("from_keras", "from_torch", "from_torch_state"),
    "clearprop.estimators.imported_onnx": ("from_onnx",),
    "clearprop.files": ("load", "save"),
    "clearprop.formulas": ("Activation", "Loss", "Schedule", "UpdateRule"),
    "clearprop.formulas.update_rules": ("adam", "adamw", "lbfgs", "momentum", "nesterov", "rmsprop", "sgd"),
    "clearprop.network": ("Network", "Parameters", "backward", "check_gradient", "forward", "loss"),
    "clearprop.training": ("Epoch", "Trained", "TrainedMany", "train", "train_many"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_CLASSES = {  # update rules go by small names here
    "adam": "Adam",
    "adamw": "AdamW",
    "lbfgs": "LBFGS",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSProp",
    "sgd": "SGD",
}
_ROOMS = (
    "distributed", "engines", "errors", "estimators", "explain", "files", "formulas", "job", "lab", "network", "plots",
    "search", "tables", "tabular", "trace", "training",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """A public name or a room of the package, imported now."""
    if name in _HOME_OF:
        found = getattr(import_module(_HOME_OF[name]), _CLASSES.get(name, name))
    elif name in _ROOMS:
        return import_module(f"clearprop.{name}")
    else:
        raise AttributeError(f"module 'clearprop' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    special = {name for name in globals() if name.startswith("__") and name.endswith("__")}
    return sorted({*__all__, *_ROOMS, *special})
