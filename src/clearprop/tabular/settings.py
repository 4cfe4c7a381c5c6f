"""What a user can ask of training on a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from clearprop.engines.hardware import Hardware
from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import Activation, activation
from clearprop.network.embedding import MOST_WAVES
from clearprop.tables import TASKS, ReadOptions
from clearprop.tabular.metrics import METRICS
from clearprop.tabular.quality import DEFAULT, level
from clearprop.tabular.thresholds import SCORES
from clearprop.training.stopping import check_on_divergence


def stays(option: str) -> str:
    """The sentence for what a network that there is has decided already."""
    return f"{option} does not go with --from: the network, its columns and its target stay"


@dataclass(frozen=True)
class TableSettings:
    """What a user can ask of training on a table.

    Parameters
    ----------
    target : str or tuple of str, optional
        The column to predict, or several that all hold numbers; by default the one that the file is known to have
        (y of an .npz, class of images).
    task : {"classification", "regression"}, optional
        By default decided from the target.
    log_target : bool
        Learn the natural logarithm of the target.
    drop : tuple of str
        Columns not to use.
    category : tuple of str
        Columns whose values are names, whatever they are made of: 1, 2, 3 are then no amounts.
    skip_missing_target : bool
        Leave out rows without a target instead of refusing them.
    hidden : tuple of int, optional
        Neurons in each hidden layer; () for none. By default the recipe's.
    quality : int
        From 1, in seconds, to 5, in minutes: what is taken for the settings that are not given, see
        `clearprop.tabular.quality`.
    epochs : int, optional
        Most passes over the rows; by default enough for 3,000 updates (at quality 3), within the recipe's bounds.
    time_limit : float, optional
        Seconds.
    test : float
        Share of the rows held out for the score; 0 for none.
    group : str, optional
        A column whose rows of one value are never on both sides of a split; it is not learned from.
    time_column : str, optional
        A column of dates, times or numbers: the latest rows are held out, and those before them choose the best epoch.
    weights : str, optional
        A column of weights of the rows, at least 0; it is not learned from.
    test_file : str, optional
        A file whose rows are held out for the score, instead of a share of the table's.
    validation_file : str, optional
        A file whose rows choose the best epoch.
    folds : int, optional
        Cross-validate with so many folds, then learn from all rows: see `clearprop.tabular.cross_validate`.
    keep : tuple of str
        Columns that are not learned from, and that predictions carry along.
    seed : int
        Decides the split, the initial weights, the dropout and the order of rows.
    engine, device, precision : str
        As of `clearprop.train`.
    ensemble : int, optional
        How many networks to train and to average; by default several for all but large tables.
    probabilities : bool
        Train for good probabilities rather than for the fewest mistakes: no label smoothing, and the best epoch is the
        one of the least log loss.
    quantiles : tuple of float
        Quantiles to predict beside the mean, rising, each between 0 and 1.
    learning_rate : float, optional
        Of the first update; by default the recipe's.
    activation : str or Activation
        Of the hidden layers.
    batch_size : int, optional
        Rows of one update; by default the recipe's, smaller for smaller tables.
    waves : int, optional
        How many waves cos(f·x + φ) of each number, with learned f and φ, the first layer puts beside it (see
        `clearprop.network.NumberEmbedding`); 0 for none. By default the recipe's.
    target_means : int, optional
        A category of at least so many different values has, beside its inputs, the mean of the target over the rows of
        each value (see `clearprop.tables.target_means`); 0 for none. By default the recipe's.
    dropout : float, optional
        After each hidden layer, from 0 and below 1; by default the recipe's.
    weight_decay : float, optional
        Decoupled, at least 0; by default the recipe's.
    class_weight : "balanced" or mapping, optional
        Factor on the weight of each class's rows; "balanced" gives every class the same weight in all. A class that is
        not named has 1.
    loss : {"squared_error", "poisson"}, optional
        What training lowers for a number: half the squared error (the default), or half the Poisson deviance, for
        counts and other amounts of at least 0, whose predictions are never below 0.
    metric : str, optional
        The score that chooses the best epoch, one of `clearprop.tabular.metrics.METRICS`.
    threshold : {"accuracy", "balanced_accuracy", "f1"}, optional
        Of two classes: say the second from that probability on at which this score of the validation rows is the
        greatest. By default from ½ on.
    n_threads : int, optional
        The most threads; by default as many as the process may use. The result does not depend on it.
    start : str, optional
        A model file to go on from: its encoder, target and network stay.
    frozen : tuple of int
        Layers of it, from 1, that stay as they are.
    layer_rates : tuple of float
        A factor on the learning rate of each of its layers; () for none.
    on_divergence : {"raise", "retry"}
        What is done when training diverges: as of `clearprop.training.Stopping`.
    read : ReadOptions
        How the table is written, where that was said.
    """

    target: str | tuple[str, ...] | None = None
    task: str | None = None
    log_target: bool = False
    drop: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    skip_missing_target: bool = False
    hidden: tuple[int, ...] | None = None
    quality: int = DEFAULT
    epochs: int | None = None
    time_limit: float | None = None
    test: float = 0.2
    group: str | None = None
    time_column: str | None = None
    weights: str | None = None
    test_file: str | None = None
    validation_file: str | None = None
    folds: int | None = None
    keep: tuple[str, ...] = ()
    seed: int = 0
    engine: str = "auto"
    device: str = "cpu"
    precision: str = "float32"
    ensemble: int | None = None
    probabilities: bool = False
    quantiles: tuple[float, ...] = ()
    learning_rate: float | None = None
    activation: str | Activation = "silu"
    batch_size: int | None = None
    class_weight: str | Mapping[Any, float] | None = None
    waves: int | None = None
    target_means: int | None = None
    dropout: float | None = None
    weight_decay: float | None = None
    loss: str | None = None
    metric: str | None = None
    threshold: str | None = None
    n_threads: int | None = None
    start: str | None = None
    frozen: tuple[int, ...] = ()
    layer_rates: tuple[float, ...] = ()
    on_divergence: str = "raise"
    read: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        if not 0 <= self.test < 1:
            raise InputError(
                f"the share of rows to hold out must be between 0 and 1, as 0.2, or 0 for none, not {self.test!r}"
            )
        level(self.quality)
        if self.epochs is not None and self.epochs < 1:
            raise InputError(f"epochs must be at least 1, not {self.epochs}")
        if self.ensemble is not None and not 1 <= self.ensemble <= MOST_MEMBERS:
            raise InputError(f"the ensemble must have from 1 to {MOST_MEMBERS} networks, not {self.ensemble}")
        if self.n_threads is not None and self.n_threads < 1:
            raise InputError(f"the number of threads must be at least 1, not {self.n_threads}")
        if self.time_limit is not None and not (self.time_limit > 0 and math.isfinite(self.time_limit)):
            raise InputError(f"the time limit must be a number of seconds above 0, not {self.time_limit!r}")
        if self.task not in (None, *TASKS):
            raise InputError(f"the task is classification or regression, not {self.task!r}")
        if self.seed < 0:
            raise InputError(f"the seed must be a whole number of at least 0, not {self.seed}")
        if self.batch_size is not None and self.batch_size < 1:
            raise InputError(f"the batch size must be at least 1 row, not {self.batch_size}")
        if self.waves is not None and not 0 <= self.waves <= MOST_WAVES:
            raise InputError(f"waves must be a whole number from 0 to {MOST_WAVES}, not {self.waves}")
        if self.target_means is not None and (self.target_means < 0 or self.target_means in (1, 2)):
            raise InputError(
                "target_means is how many different values a category must have for means of the target, at least 3, "
                f"or 0 for none, not {self.target_means}"
            )
        if self.learning_rate is not None and not 0 < self.learning_rate <= FASTEST:
            raise InputError(f"the learning rate must be above 0 and at most {FASTEST:g}, not {self.learning_rate!r}")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise InputError(f"the dropout must be at least 0 and below 1, not {self.dropout!r}")
        if self.weight_decay is not None and not 0 <= self.weight_decay < math.inf:
            raise InputError(f"the weight decay must be a number of at least 0, not {self.weight_decay!r}")
        self._check_names()
        self._check_start()
        inside = all(isinstance(q, Real) and not isinstance(q, bool) and 0 < q < 1 for q in self.quantiles)
        if not inside or list(self.quantiles) != sorted(set(self.quantiles)):
            raise InputError(
                f"quantiles must be different numbers between 0 and 1 in rising order, as (0.05, 0.95), not "
                f"{self.quantiles!r}"
            )

    @property
    def hardware(self) -> Hardware:
        """The device, and the precision of products."""
        return Hardware.asked(self.device, self.precision)

    def _check_names(self) -> None:
        """What is chosen by its name, and what does not go together whatever the table is."""
        activation(self.activation)
        check_on_divergence(self.on_divergence)
        _ = self.hardware  # it checks itself
        self._check_loss()
        if self.threshold is not None and self.threshold not in SCORES:
            raise UnknownNameError("threshold", str(self.threshold), tuple(SCORES))
        if self.metric is not None and self.metric not in METRICS:
            raise UnknownNameError("metric", self.metric, tuple(METRICS))
        if self.probabilities and self.metric is not None:
            raise InputError("'probabilities' chooses the best epoch by log_loss: leave it or the metric out")
        if self.folds is not None and not 2 <= self.folds <= MOST_FOLDS:
            raise InputError(f"the number of folds must be from 2 to {MOST_FOLDS}, as 5, not {self.folds!r}")
        if self.folds is not None and self.test_file is not None:
            raise InputError(
                "--folds holds out each row once, so there is nothing for --test-file: leave one of them out"
            )
        if self.group is not None and self.time_column is not None:
            raise InputError("--group and --time-column split the rows in two ways: leave one of them out")
        roles = [name for name in (self.group, self.time_column, self.weights, *self.keep) if name is not None]
        for target in self.targets:
            if target in roles:
                raise InputError(f"the column {target!r} cannot be the target and have another use as well")
        if len(self.targets) > 1:
            self._check_several()
        if self.weights is not None and self.weights in (self.group, self.time_column):
            raise InputError(f"the column {self.weights!r} cannot hold the weights and split the rows as well")

    def _check_loss(self) -> None:
        if self.loss not in (None, *LOSSES):
            raise UnknownNameError("loss", str(self.loss), LOSSES)
        if self.metric == "poisson_deviance" and self.loss != "poisson" and self.start is None:
            raise InputError("the metric poisson_deviance is of amounts of at least 0: add --loss poisson")
        said = {
            "--log-target": self.log_target,
            "--quantiles": bool(self.quantiles),
            "--task classification": self.task == "classification",
            "a second target": len(self.targets) > 1,
        }
        for option, is_said in said.items():
            if is_said and self.loss == "poisson":
                raise InputError(f"--loss poisson is of one number, and {option} does not go with it: leave one out")

    def _check_start(self) -> None:
        """What does not go with a network that there is."""
        if self.start is None:
            return
        said = {
            "--hidden": self.hidden is not None,
            "--activation": self.activation != "silu",
            "--waves": self.waves is not None,
            "--target-means": self.target_means is not None,
            "--loss": self.loss is not None,
            "--quantiles": bool(self.quantiles),
            "--folds": self.folds is not None,
            "--category": bool(self.category),
            "--drop": bool(self.drop),
        }
        for option, is_said in said.items():
            if is_said:
                raise InputError(stays(option))

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets that were named."""
        return (self.target,) if isinstance(self.target, str) else tuple(self.target or ())

    def _check_several(self) -> None:
        """What several targets cannot have."""
        shown = ", ".join(self.targets)
        if len(set(self.targets)) < len(self.targets):
            raise InputError(f"a target is named twice: {shown}")
        if self.task == "classification" or self.class_weight is not None or self.probabilities:
            raise InputError(f"several targets are learned as numbers; for classes train one model for each of {shown}")
        if self.quantiles:
            raise InputError(f"quantiles are predicted of one target; train one model for each of {shown}")


LOSSES = ("squared_error", "poisson")  # of numbers
MOST_MEMBERS = 100
MOST_FOLDS = 100
FASTEST = 10.0  # learning rate; a larger one is a slip
