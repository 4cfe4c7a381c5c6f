"""The gradient of a fit held against central differences: of all that training lowers, with the fit's own weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.engines import Data, Job
from clearprop.errors import InputError
from clearprop.estimators.ranges import is_count
from clearprop.network.gradient_check import GradientCheck, check_gradient


def checked_gradient(job: Job, theta: Any, data: Data, n_parameters: int | None, tolerance: float) -> GradientCheck:
    """Check the gradient of loss and penalties at θ.

    Parameters
    ----------
    job : Job
    theta : array of shape (n_parameters,)
        Checked as float64.
    data : Data
        Targets already smoothed, weights with those of the classes in them.
    n_parameters : int or None
        How many parameters, drawn at random, the same ones every time; None for all.
    tolerance : float

    Raises
    ------
    InputError
        When `n_parameters` is no count.
    """
    if n_parameters is not None and not is_count(n_parameters):
        raise InputError(f"n_parameters must be None or a whole number of at least 1, not {n_parameters!r}")
    size = len(theta)
    chosen = None
    if n_parameters is not None and n_parameters < size:
        chosen = np.sort(np.random.default_rng(0).choice(size, int(n_parameters), replace=False))
    rows = data.total_weight

    def penalty(moved: Any, gradient: Any) -> float:
        return job.add_penalties(moved, gradient, rows)

    return check_gradient(
        job.network,
        job.network.views(np.asarray(theta, dtype=np.float64)),
        data.X,
        data.Y,
        data.weight,
        tolerance=tolerance,
        chosen=chosen,
        penalty=penalty if job.l1 or job.l2 else None,
    )
