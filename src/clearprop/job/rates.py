"""The learning rates of the updates that come next."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.formulas import UpdateRule
from clearprop.formulas.schedules import Clock
from clearprop.job.job import Job
from clearprop.job.state import TrainingState


def rates(job: Job, state: TrainingState, n_samples: int, n_steps: int) -> Any:
    """The learning rates of the next `n_steps` updates, float64 (n_steps,)."""
    assert isinstance(job.update_rule, UpdateRule)
    rates = np.full(n_steps, job.update_rule.learning_rate * state.rate_scale)
    if job.schedule.is_constant:
        return rates
    steps, per_epoch = np.arange(n_steps, dtype=np.float64), job.steps_per_epoch(n_samples)
    progress = (steps + (state.epoch * per_epoch + state.cursor)) / (job.epochs * per_epoch)
    clock = Clock(steps + state.step, float(state.epoch), float(state.samples), np.minimum(progress, 1.0))
    rates *= job.schedule.factor(clock)
    return rates
