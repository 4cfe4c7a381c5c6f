"""What the parameters of an estimator mean: scikit-learn's names on one side, our formulas and the Job on the other.

An estimator's ``__init__`` only stores. At the start of a fit its parameters become `Settings`, which checks them, and
Settings become the job.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from clearprop.engines import Job
from clearprop.engines.hardware import Hardware
from clearprop.errors import InputError, UnknownNameError
from clearprop.estimators.ranges import check_values, dropout_of, widths_of
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
from clearprop.network.rates import at_rates
from clearprop.training import Stopping
from clearprop.training.stopping import check_rate_to_lower

SOLVERS = ("lbfgs", "sgd", "adam")
RATES_OF_SGD = ("constant", "invscaling", "adaptive")  # scikit-learn's names, which it heeds for solver="sgd" alone
LEAST_RATE = 1e-6  # where "adaptive" ends
OF_ADAM = {"beta_1": "beta1", "beta_2": "beta2", "epsilon": "epsilon"}  # parameters here, and those of the rule


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
    solver: str | UpdateRule
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
    l1: float = 0.0
    weight_decay: float = 0.0
    dropout: Any = 0.0
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    scoring: Any = None
    max_seconds: float | None = None
    callbacks: Any = None
    n_threads: int | None = None
    layer_rates: Any = None
    on_divergence: str = "raise"
    device: str = "cpu"
    precision: str = "float32"

    def __post_init__(self) -> None:
        if not isinstance(self.solver, UpdateRule) and self.solver not in SOLVERS:
            raise UnknownNameError("solver", self.solver, SOLVERS)
        check_values(self)
        if isinstance(self.solver, UpdateRule):
            self._check_rule(self.solver)
        _ = self.rate_schedule, self.dropout_fractions, self.hardware  # they check themselves
        if not self.is_stochastic:
            self._check_full_batch()

    def _check_rule(self, rule: UpdateRule) -> None:
        """Raise InputError where a rate or a decay was given beside a rule that has another one."""
        for name, own, usual in (("learning_rate_init", "learning_rate", 0.001), ("weight_decay", "weight_decay", 0.0)):
            given, has = getattr(self, name), getattr(rule, own)
            if given not in (usual, has):
                raise InputError(
                    f"{name}={given!r} is not heeded beside solver={rule!r}, which has its own; give it there: "
                    f"{type(rule).__name__}(…, {own}={given!r})"
                )

    def _check_full_batch(self) -> None:
        """Raise InputError for what lbfgs, which takes all rows at once and chooses its own steps, cannot heed."""
        because = {
            "dropout": (self.dropout_fractions, "it needs a deterministic loss"),
            "clip_norm": (self.clip_norm, "it needs the true gradient"),
            "weight_decay": (self.weight_decay, "it makes no steps that could decay; alpha is the penalty for it"),
            "layer_rates": (self.layer_rates, "it has no learning rate"),
        }
        for name, (given, reason) in because.items():
            if given:
                raise InputError(
                    f"{name}={getattr(self, name)!r} does not go with solver='lbfgs': {reason}. "
                    f"Leave {name} out, or take solver='adam' or 'sgd'"
                )
        check_rate_to_lower(self.on_divergence)
        if not isinstance(self.rate_schedule, ConstantSchedule) or self.rate_schedule.warmup:
            raise InputError(
                f"learning_rate={self.learning_rate!r} does not go with solver='lbfgs', which chooses the length of "
                "its steps itself. Leave it out, or take solver='adam' or 'sgd'"
            )

    @property
    def hardware(self) -> Hardware:
        """The device, and the precision of products."""
        return Hardware.asked(self.device, self.precision)

    @property
    def is_stochastic(self) -> bool:
        """Whether the solver takes batches; lbfgs does not."""
        return self.solver != "lbfgs"

    @property
    def solver_name(self) -> str:
        """What messages call the solver."""
        return self.solver.name if isinstance(self.solver, UpdateRule) else self.solver

    @property
    def holds_out(self) -> bool:
        """Whether some of the rows are held out for validation."""
        return self.early_stopping and self.is_stochastic

    def widths(self) -> tuple[int, ...]:
        """The number of neurons of each hidden layer."""
        return widths_of(self.hidden_layer_sizes)

    @cached_property
    def dropout_fractions(self) -> tuple[float, ...]:
        """The fraction dropped after each of the layers 0 … L − 1; () where nothing drops."""
        return dropout_of(self.dropout, len(self.widths()))

    def activations(self) -> Activation | list[Activation]:
        """The activation of all hidden layers, or one of each."""
        given = self.activation
        return [activation(item) for item in given] if isinstance(given, list | tuple) else activation(given)

    def network(self, n_inputs: int, n_outputs: int, loss: Loss) -> Network:
        """The network that these settings describe."""
        found = self.activations()
        each = tuple(found) if isinstance(found, list) else found
        return self.at_rates(_network((n_inputs, *self.widths(), n_outputs), each, loss))

    def at_rates(self, network: Network) -> Network:
        """The network with the rates of its layers, where some are given."""
        if self.layer_rates is None:
            return network
        try:
            return at_rates(network, self.layer_rates)
        except InputError as error:
            raise InputError(f"layer_rates: {error}") from None

    def difference(self, network: Network) -> str:
        """What about the hidden layers of a network is not as these settings say, in words; "" where all is."""
        was, now = network.widths[1:-1], self.widths()
        if was != now:
            return f"hidden_layer_sizes was {was} and is {now}"
        found = self.activations()
        each = found if isinstance(found, list) else [found] * len(now)
        return "" if each == [layer.activation for layer in network.layers[:-1]] else "activation has changed"

    def initialiser(self) -> Initialiser:
        """Glorot & Bengio (2010), eq. 16, for weights and biases alike; a third of the variance for logistic."""
        found = self.activations()
        is_logistic = isinstance(found[0] if isinstance(found, list) and found else found, Logistic)
        gain = 1 / math.sqrt(3) if is_logistic else 1.0
        return GlorotUniform(gain, gain)

    @cached_property
    def update_rule(self) -> UpdateRule | LBFGS:
        """What moves the parameters."""
        rate, decay = float(self.learning_rate_init), float(self.weight_decay)
        if isinstance(self.solver, UpdateRule):
            return self.solver
        if self.solver == "lbfgs":
            return LBFGS(int(self.max_fun), float(self.tol))
        if self.solver == "adam":
            return Adam(rate, decay, **{own: float(getattr(self, name)) for name, own in OF_ADAM.items()})
        if self.momentum == 0:
            return SGD(rate, decay)
        return (Nesterov if self.nesterovs_momentum else Momentum)(rate, decay, float(self.momentum))

    @cached_property
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

    def stopping(self, is_validated: bool) -> Stopping:
        """When training ends before its preset number of epochs: by the validation rows where there are any."""
        # A rate that adapts ends training itself, once it is at its least.
        adapts = isinstance(self.rate_schedule, ReduceOnPlateau)
        patience = math.inf if adapts else float(self.n_iter_no_change)
        limit = None if self.max_seconds is None else float(self.max_seconds)
        common: dict[str, Any] = {"max_seconds": limit, "on_divergence": self.on_divergence}
        common |= {"tolerance": float(self.tol), "patience": patience}
        if not (is_validated and self.early_stopping):
            return Stopping(**common)
        by_loss = isinstance(self.scoring, str) and self.scoring == "loss"
        watched = "validation_loss" if by_loss else "validation_score"
        return Stopping(watched, not by_loss, restore_best=True, **common)

    def job(self, network: Network, n_samples: int, epochs: int, seed: int) -> Job:
        """The job of a fit to `n_samples` rows that ends after the epoch numbered `epochs`."""
        batch_size = min(200, n_samples) if self.batch_size == "auto" else min(int(self.batch_size), n_samples)
        return Job(
            network=network,
            update_rule=self.update_rule,
            schedule=self.rate_schedule,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=bool(self.shuffle),
            l1=float(self.l1),
            l2=float(self.alpha),
            label_smoothing=float(self.label_smoothing),
            clip_norm=None if self.clip_norm is None else float(self.clip_norm),
            dropout=self.dropout_fractions,
            seed=seed,
        )


def settings_of(parameters: Mapping[str, Any]) -> Settings:
    """The settings of these parameters of an estimator.

    Where all are plain values they are checked and read once: a stream of `partial_fit` asks for the same ones for each
    of its parts, and to check them takes longer than to learn a row.
    """
    return (_plain_settings if all(map(_is_plain, parameters.values())) else Settings)(**parameters)


@lru_cache(maxsize=16)
def names_of(estimator: type[Any]) -> tuple[str, ...]:
    """The parameters of a class of estimators that are settings."""
    return tuple(name for name in estimator._get_param_names() if name in Settings.__annotations__)


def _is_plain(value: Any) -> bool:
    """Whether a value cannot change, and equals no other that means something else where its type is the same."""
    kind = type(value)
    return kind in PLAIN or (kind is tuple and all(type(item) is int for item in value))


PLAIN = {str, int, float, bool, type(None)}
_plain_settings = lru_cache(maxsize=16, typed=True)(Settings)


@lru_cache(maxsize=16)
def _network(widths: tuple[int, ...], activations: Activation | tuple[Activation, ...], loss: Loss) -> Network:
    each = list(activations) if isinstance(activations, tuple) else activations
    return Network.mlp(list(widths), each, None, loss)
