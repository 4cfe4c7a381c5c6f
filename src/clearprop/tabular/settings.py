"""What a user can ask of training on a table."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Real

from clearprop.errors import InputError
from clearprop.tables import TASKS, ReadOptions


@dataclass(frozen=True)
class TableSettings:
    """What a user can ask of training on a table.

    Parameters
    ----------
    target : str, optional
        The column to predict; by default the one that the file is known to have (y of an .npz, class of images).
    task : {"classification", "regression"}, optional
        By default decided from the target.
    log_target : bool
        Learn the natural logarithm of the target.
    drop : tuple of str
        Columns not to use.
    skip_missing_target : bool
        Leave out rows without a target instead of refusing them.
    hidden : tuple of int, optional
        Neurons in each hidden layer; () for none. By default the recipe's.
    epochs : int, optional
        Most passes over the rows; by default enough for 3,000 updates, within the recipe's bounds.
    time_limit : float, optional
        Seconds.
    test : float
        Share of the rows held out for the score.
    seed : int
        Decides the split, the initial weights, the dropout and the order of rows.
    engine : str
    ensemble : int, optional
        How many networks to train and to average; by default several for all but large tables.
    probabilities : bool
        Train for good probabilities rather than for the fewest mistakes: no label smoothing, and the best epoch is the
        one of the least log loss.
    quantiles : tuple of float
        Quantiles to predict beside the mean, rising, each between 0 and 1.
    n_threads : int, optional
        The most threads; by default as many as the process may use. The result does not depend on it.
    read : ReadOptions
        How the table is written, where that was said.
    """

    target: str | None = None
    task: str | None = None
    log_target: bool = False
    drop: tuple[str, ...] = ()
    skip_missing_target: bool = False
    hidden: tuple[int, ...] | None = None
    epochs: int | None = None
    time_limit: float | None = None
    test: float = 0.2
    seed: int = 0
    engine: str = "auto"
    ensemble: int | None = None
    probabilities: bool = False
    quantiles: tuple[float, ...] = ()
    n_threads: int | None = None
    read: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        if not 0 < self.test < 1:
            raise InputError(f"the share of rows to hold out must be between 0 and 1, as 0.2, not {self.test!r}")
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
        inside = all(isinstance(q, Real) and not isinstance(q, bool) and 0 < q < 1 for q in self.quantiles)
        if not inside or list(self.quantiles) != sorted(set(self.quantiles)):
            raise InputError(
                f"quantiles must be different numbers between 0 and 1 in rising order, as (0.05, 0.95), not "
                f"{self.quantiles!r}"
            )


MOST_MEMBERS = 100
