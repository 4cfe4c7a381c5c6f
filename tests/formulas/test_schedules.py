"""Every schedule at points whose factor is known by hand, for one update and for a stretch of them."""

import math

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.formulas import (
    SCHEDULES,
    Clock,
    ConstantSchedule,
    Cosine,
    ExponentialSchedule,
    InverseScaling,
    OneCycle,
    ReduceOnPlateau,
    StepSchedule,
    schedule,
)


def clock(step=0, epoch=0, samples=0, progress=0.0):
    return Clock(step, epoch, samples, progress)


@pytest.mark.parametrize(
    ("formula", "at", "expected"),
    [
        (ConstantSchedule(), clock(5, 2, 100, 0.5), 1),
        (StepSchedule(step_size=10, gamma=0.5), clock(epoch=9), 1),
        (StepSchedule(step_size=10, gamma=0.5), clock(epoch=10), 0.5),
        (StepSchedule(step_size=10, gamma=0.5), clock(epoch=39), 0.125),
        (ExponentialSchedule(gamma=0.9), clock(epoch=0), 1),
        (ExponentialSchedule(gamma=0.9), clock(epoch=3), 0.729),
        (InverseScaling(), clock(samples=0), 1),
        (InverseScaling(), clock(samples=99), 0.1),
        (InverseScaling(power=1), clock(samples=99), 0.01),
        (Cosine(), clock(progress=0.0), 1),
        (Cosine(), clock(progress=0.5), 0.5),
        (Cosine(), clock(progress=1 / 3), 0.75),
        (Cosine(end=0.2), clock(progress=1.0), 0.2),
        (OneCycle(), clock(progress=0.0), 0.04),
        (OneCycle(), clock(progress=0.15), 0.52),
        (OneCycle(), clock(progress=0.3), 1),
        (OneCycle(), clock(progress=0.65), (1 + 1e-5) / 2),
        (OneCycle(), clock(progress=1.0), 1e-5),
        (OneCycle(start=0.5, rise=0.5, end=0.1), clock(progress=0.25), 0.75),
        (ReduceOnPlateau(), clock(7, 3, 10, 0.9), 1),
    ],
)
def test_known_points(formula, at, expected):
    assert formula.factor(at) == pytest.approx(expected, rel=1e-12)


def test_warm_up_rises_in_a_straight_line_and_goes_with_every_schedule():
    constant = ConstantSchedule(warmup=4)
    assert [constant.factor(clock(step=s)) for s in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    for name, cls in SCHEDULES.items():
        at = clock(1, 3, 30, 0.4)
        assert cls(warmup=8).factor(at) == pytest.approx(cls().factor(at) * 2 / 8), name


@pytest.mark.parametrize("cls", SCHEDULES.values(), ids=lambda cls: cls.name)
@pytest.mark.parametrize("warmup", [0, 3])
def test_a_stretch_of_updates_gets_the_factors_of_its_updates(cls, warmup):
    formula, steps = cls(warmup=warmup), np.arange(10.0)
    together = formula.factor(Clock(steps, 2.0, 50.0, steps / 10))
    singly = [formula.factor(Clock(float(s), 2.0, 50.0, float(s) / 10)) for s in steps]
    np.testing.assert_allclose(np.broadcast_to(together, 10), singly, rtol=1e-15)
    assert np.asarray(together).dtype == np.float64


@pytest.mark.parametrize("cls", SCHEDULES.values(), ids=lambda cls: cls.name)
def test_factors_stay_between_nothing_and_one(cls):
    progress = np.linspace(0, 1, 101)
    factors = np.broadcast_to(cls().factor(Clock(np.arange(101.0), 7.0, 700.0, progress)), 101)
    assert ((factors >= 0) & (factors <= 1 + 1e-15)).all()


def test_a_clock_of_whole_numbers_does_not_make_whole_factors():
    assert ExponentialSchedule().factor(Clock(np.arange(3), np.array([1, 1, 1]), 0, 0.0)).tolist() == [0.95] * 3
    assert Cosine().factor(Clock(0, 0, 0, np.array([0, 1]))).tolist() == [1, 0]
    assert isinstance(schedule("constant").factor(clock()), float)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConstantSchedule(warmup=-1), "constant: warmup must be at least 0"),
        (lambda: StepSchedule(step_size=0), "step: step_size must be at least 1, not 0"),
        (lambda: StepSchedule(gamma=0), "step: gamma must be above 0"),
        (lambda: ExponentialSchedule(gamma=math.inf), "exponential: gamma must be a finite number"),
        (lambda: InverseScaling(power=-1), "inverse_scaling: power must be at least 0"),
        (lambda: Cosine(end=-0.1), "cosine: end must be at least 0"),
        (lambda: OneCycle(rise=0), "one_cycle: rise must be above 0 and below 1, not 0"),
        (lambda: OneCycle(rise=1), "one_cycle: rise must be above 0 and below 1, not 1"),
        (lambda: ReduceOnPlateau(gamma=1), "reduce_on_plateau: gamma must be above 0 and below 1"),
        (lambda: ReduceOnPlateau(patience=0), "reduce_on_plateau: patience must be at least 1"),
        (lambda: schedule("cosinus"), "no schedule 'cosinus'; did you mean 'cosine'"),
    ],
)
def test_bad_parameters(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_the_schedules_print():
    assert str(StepSchedule.tree()) == "γ^⌊epoch/step_size⌋"
    assert str(Cosine.tree()) == "end + (1 − end)·(1 + cos(3.141592653589793·progress))/2"
