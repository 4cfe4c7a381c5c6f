"""What the parameters of an estimator mean: scikit-learn's names on one side, our formulas and the Job on the other.

An estimator's ``__init__`` only stores. At the start of a fit its parameters become `Settings`, which checks them, and
Settings become the job.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from clearprop.engines import Job
from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import (
    LBFGS,
    SCHEDULES,
    SGD,
    Activation,
    Adam,
    ConstantSchedule,
    GlorotUniform,
    Initialiser,
    InverseScaling,
    Logistic,
    Loss,
    Momentum,
    Nesterov,
    ReduceOnPlateau,
    Schedule,
    UpdateRule,
    activation,
    schedule,
)
from clearprop.network import Network
from clearprop.training import Stopping

SOLVERS = ("lbfgs", "sgd", "adam")
RATES_OF_SGD = ("constant", "invscaling", "adaptive")  # scikit-learn's names, which it heeds for solver="sgd" alone
LEAST_RATE = 1e-6  # where "adaptive" ends

# name: (least, most, whether the least itself is allowed, whether the most is)
NUMBERS = {
    "alpha": (0, math.inf, True, False),
    "learning_rate_init": (0, math.inf, False, False),
    "power_t": (0, math.inf, True, False),
    "tol": (0, math.inf, True, False),
    "momentum": (0, 1, True, True),
    "validation_fraction": (0, 1, True, False),
    "beta_1": (0, 1, True, False),
    "beta_2": (0, 1, True, False),
    "epsilon": (0, math.inf, False, False),
}
COUNTS = ("max_iter", "n_iter_no_change", "max_fun")
SWITCHES = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping")


@dataclass(frozen=True)
class Settings:
    """The parameters of an estimator, checked; each as its docstring says.

    Raises
    ------
    InputError
        Naming the parameter, what was given and what is allowed.
    """

    hidden_layer_sizes: Any
    activation: Any
    solver: str
    alpha: float
    batch_size: Any
    learning_rate: Any
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: Any
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    engine: str

    def __post_init__(self) -> None:
        if self.solver not in SOLVERS:
            raise UnknownNameError("solver", self.solver, SOLVERS)
        for name, (least, most, least_allowed, most_allowed) in NUMBERS.items():
            value = getattr(self, name)
            inside = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
            inside = inside and (value >= least if least_allowed else value > least)
            if not (inside and (value <= most if most_allowed else value < most)):
                low = f"{'at least' if least_allowed else 'above'} {least}"
                high = "" if most == math.inf else f" and {'at most' if most_allowed else 'below'} {most}"
                raise InputError(f"{name} must be a number {low}{high}, not {value!r}")
        for name in COUNTS:
            endless = name == "n_iter_no_change" and getattr(self, name) == math.inf
            if not endless and not _is_count(getattr(self, name)):
                raise InputError(f"{name} must be a whole number of at least 1, not {getattr(self, name)!r}")
        for name in SWITCHES:
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise InputError(f"{name} must be True or False, not {getattr(self, name)!r}")
        if self.batch_size != "auto" and not _is_count(self.batch_size):
            raise InputError(f"batch_size must be 'auto' or a whole number of at least 1, not {self.batch_size!r}")
        try:
            check_random_state(self.random_state)
        except ValueError:
            raise InputError(
                f"random_state must be a whole number from 0, a RandomState or None, not {self.random_state!r}"
            ) from None
        self.rate_schedule(), self.widths()  # they check themselves

    @property
    def is_stochastic(self) -> bool:
        """Whether the solver takes batches; lbfgs does not."""
        return self.solver != "lbfgs"

    @property
    def holds_out(self) -> bool:
        """Whether some of the rows are kept apart to judge by."""
        return self.early_stopping and self.is_stochastic

    def widths(self) -> tuple[int, ...]:
        """The number of neurons of each hidden layer."""
        given = self.hidden_layer_sizes
        sizes = list(given) if isinstance(given, Sequence | np.ndarray) else [given]
        if isinstance(given, str) or not all(_is_count(size) for size in sizes):
            raise InputError(
                f"hidden_layer_sizes must be > 0: a whole number, or one for each hidden layer; got {given!r}"
            )
        return tuple(int(size) for size in sizes)

    def activations(self) -> Activation | list[Activation]:
        """The activation of all hidden layers, or one of each."""
        given = self.activation
        return [activation(item) for item in given] if isinstance(given, list | tuple) else activation(given)

    def network(self, n_inputs: int, n_outputs: int, loss: Loss) -> Network:
        """The network that these settings describe."""
        return Network.mlp([n_inputs, *self.widths(), n_outputs], self.activations(), None, loss)

    def initialiser(self) -> Initialiser:
        """Glorot & Bengio (2010), eq. 16, for weights and biases alike; a third of the variance for logistic."""
        found = self.activations()
        is_logistic = isinstance(found[0] if isinstance(found, list) and found else found, Logistic)
        gain = 1 / math.sqrt(3) if is_logistic else 1.0
        return GlorotUniform(gain, gain)

    def update_rule(self) -> UpdateRule | LBFGS:
        """What moves the parameters."""
        rate = float(self.learning_rate_init)
        if self.solver == "lbfgs":
            return LBFGS(int(self.max_fun), float(self.tol))
        if self.solver == "adam":
            return Adam(rate, 0.0, float(self.beta_1), float(self.beta_2), float(self.epsilon))
        if self.momentum == 0:
            return SGD(rate)
        return (Nesterov if self.nesterovs_momentum else Momentum)(rate, 0.0, float(self.momentum))

    def rate_schedule(self) -> Schedule:
        """How the learning rate goes on."""
        given = self.learning_rate
        if isinstance(given, str) and given in RATES_OF_SGD:
            if given == "invscaling" and self.solver == "sgd":
                return InverseScaling(power=float(self.power_t))
            if given == "adaptive" and self.solver == "sgd" and self.n_iter_no_change < math.inf:
                patience, tolerance = int(self.n_iter_no_change), float(self.tol)
                return ReduceOnPlateau(gamma=0.2, patience=patience, tolerance=tolerance, minimum=LEAST_RATE)
            return ConstantSchedule()
        if isinstance(given, str) and given not in SCHEDULES:
            raise UnknownNameError("learning_rate", given, [*RATES_OF_SGD, *SCHEDULES])
        return schedule(given)

    def stopping(self) -> Stopping:
        """When training ends before its preset number of epochs."""
        # A rate that adapts ends training itself, once it is at its least.
        adapts = isinstance(self.rate_schedule(), ReduceOnPlateau)
        patience = math.inf if adapts else float(self.n_iter_no_change)
        if self.holds_out:
            return Stopping("validation_score", True, float(self.tol), patience, restore_best=True)
        return Stopping(tolerance=float(self.tol), patience=patience)

    def job(self, network: Network, n_samples: int, epochs: int, seed: int) -> Job:
        """The job of a fit to `n_samples` rows that ends after the epoch numbered `epochs`."""
        batch_size = min(200, n_samples) if self.batch_size == "auto" else min(int(self.batch_size), n_samples)
        return Job(
            network=network,
            update_rule=self.update_rule(),
            schedule=self.rate_schedule(),
            epochs=epochs,
            batch_size=batch_size,
            shuffle=bool(self.shuffle),
            l2=float(self.alpha),
            seed=seed,
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1
