"""What a user can ask of training on a table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from clearprop.errors import InputError
from clearprop.tables import TASKS

HIDDEN = (128, 128, 128)


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
    hidden : tuple of int
        Neurons in each hidden layer; () for none.
    epochs : int, optional
        Most passes over the rows; by default enough for 3,000 updates, between 40 and 200.
    time_limit : float, optional
        Seconds.
    test : float
        Share of the rows held out for the score.
    seed : int
        Decides the split, the initial weights and the order of rows.
    engine : str
    """

    target: str | None = None
    task: str | None = None
    log_target: bool = False
    drop: tuple[str, ...] = ()
    skip_missing_target: bool = False
    hidden: tuple[int, ...] = HIDDEN
    epochs: int | None = None
    time_limit: float | None = None
    test: float = 0.2
    seed: int = 0
    engine: str = "auto"

    def __post_init__(self) -> None:
        if not 0 < self.test < 1:
            raise InputError(f"the share of rows to hold out must be between 0 and 1, as 0.2, not {self.test!r}")
        if self.epochs is not None and self.epochs < 1:
            raise InputError(f"epochs must be at least 1, not {self.epochs}")
        if self.time_limit is not None and not (self.time_limit > 0 and math.isfinite(self.time_limit)):
            raise InputError(f"the time limit must be a number of seconds above 0, not {self.time_limit!r}")
        if self.task not in (None, *TASKS):
            raise InputError(f"the task is classification or regression, not {self.task!r}")
        if self.seed < 0:
            raise InputError(f"the seed must be a whole number of at least 0, not {self.seed}")
