"""Schedules: the factor on the learning rate as training goes on.

Each class is one formula of where training stands (a `Clock`): the number of updates done, of whole epochs done, of
samples seen before this epoch, and the fraction of the planned updates done. A warm-up, a straight rise over the first
`warmup` updates, goes with any of them (``ramp``).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Any, ClassVar, NamedTuple

from clearprop.formulas.formula import Formula, by_name, callable_form
from clearprop.formulas.vocabulary import cos, floor, minimum, where


class Clock(NamedTuple):
    """Where training stands, before the update that is to come; numbers, or arrays for a stretch of updates."""

    step: Any  # updates done
    epoch: Any  # whole epochs done
    samples: Any  # samples seen before this epoch
    progress: Any  # fraction of the planned updates done, in [0, 1)


class Schedule(Formula):
    """Base of the schedules.

    Parameters
    ----------
    warmup : int
        Over how many updates the factor first rises in a straight line; the update numbered `warmup` has the full
        factor.

    Examples
    --------
    >>> from clearprop.formulas import Clock, StepSchedule
    >>> float(StepSchedule(step_size=10, gamma=0.5).factor(Clock(step=0, epoch=25, samples=0, progress=0.5)))
    0.25
    """

    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {"value": Clock._fields, "ramp": ("step",)}
    warmup: int = 0
    parameter_ranges: ClassVar = {"warmup": "[0, inf)"}

    def ramp(step, warmup):
        return minimum((step + 1) / warmup, 1)

    @property
    def is_constant(self) -> bool:
        """Whether the factor is 1 all the time, so that nobody has to ask for it."""
        return False

    def factor(self, clock: Clock) -> Any:
        """The factor on the learning rate; an array where the clock holds arrays."""
        value = self.compute("value", **clock._asdict())
        return value * self.compute("ramp", **clock._asdict()) if self.warmup else value

    def compute(self, form: str, **variables: Any) -> Any:
        """As `Formula.compute`; the factor is a floating number whatever the clock counts in."""
        return 1.0 * callable_form(type(self), form)(self, variables)


class ConstantSchedule(Schedule):
    """1 all the time."""

    name = "constant"

    @staticmethod
    def value():
        return 1

    @property
    def is_constant(self) -> bool:
        return not self.warmup


class StepSchedule(Schedule):
    """gamma^⌊epoch / step_size⌋: a drop by the factor gamma after every `step_size` epochs."""

    name = "step"
    step_size: int = 30
    gamma: float = 0.1
    parameter_ranges: ClassVar = {"step_size": "[1, inf)", "gamma": "(0, inf)"}

    def value(epoch, step_size, gamma):
        return gamma ** floor(epoch / step_size)


class ExponentialSchedule(Schedule):
    """gamma^epoch."""

    name = "exponential"
    gamma: float = 0.95
    parameter_ranges: ClassVar = {"gamma": "(0, inf)"}

    def value(epoch, gamma):
        return gamma**epoch


class InverseScaling(Schedule):
    """(samples + 1)^(−power), samples those seen before this epoch, as scikit-learn's "invscaling" counts."""

    power: float = 0.5
    parameter_ranges: ClassVar = {"power": "[0, inf)"}

    def value(samples, power):
        return (samples + 1.0) ** -power


class Cosine(Schedule):
    """From 1 to `end` along half a cosine. Loshchilov & Hutter (2017), eq. 5 without restarts."""

    end: float = 0.0
    parameter_ranges: ClassVar = {"end": "[0, inf)"}

    def value(progress, end):
        return end + (1 - end) * (1 + cos(pi * progress)) / 2


class OneCycle(Schedule):
    """Up from `start` to 1 over the fraction `rise` of training and down to `end`, as cosines. Smith & Topin (2019)."""

    start: float = 0.04
    rise: float = 0.3
    end: float = 1e-5
    parameter_ranges: ClassVar = {"start": "[0, inf)", "rise": "(0, 1)", "end": "[0, inf)"}

    def value(progress, start, rise, end):
        up = start + (1 - start) * (1 - cos(pi * progress / rise)) / 2
        down = end + (1 - end) * (1 + cos(pi * (progress - rise) / (1 - rise))) / 2
        return where(progress < rise, up, down)


class ReduceOnPlateau(Schedule):
    """1, until the watched loss is no better for `patience` epochs; then gamma times what it was, and so on.

    What is watched is the validation score where there is one and the training loss otherwise. The training loop keeps
    the count (`clearprop.training.fit`), since it depends on the past of the loss and not on the clock.
    scikit-learn's "adaptive" is this with gamma = 0.2, ending at a rate of 1e-6.

    Parameters
    ----------
    gamma : float
        By what the rate is multiplied at a plateau.
    patience : int
        Epochs without an improvement by more than `tolerance` that make a plateau.
    tolerance : float
        How much better counts as better.
    minimum : float
        The learning rate at or below which the next plateau ends training.
    """

    gamma: float = 0.2
    patience: int = 5
    tolerance: float = 1e-4
    minimum: float = 1e-6
    parameter_ranges: ClassVar = {
        "gamma": "(0, 1)",
        "patience": "[1, inf)",
        "tolerance": "[0, inf)",
        "minimum": "[0, inf)",
    }

    @staticmethod
    def value():
        return 1


SCHEDULES: Mapping[str, type[Schedule]] = {
    cls.name: cls
    for cls in (
        ConstantSchedule, StepSchedule, ExponentialSchedule, InverseScaling, Cosine, OneCycle, ReduceOnPlateau
    )
}  # fmt: skip


def schedule(given: str | Schedule | type[Schedule]) -> Schedule:
    """The schedule of this name, class or instance.

    Examples
    --------
    >>> from clearprop.formulas import schedule
    >>> schedule("cosine")
    Cosine(warmup=0, end=0.0)
    """
    return by_name("schedule", given, SCHEDULES)
