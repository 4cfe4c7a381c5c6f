"""What an equation gives within bounds, and how far a person who rounds on the way may be off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.explain.checking.convened import Scaled, SharedBias
from clearprop.explain.checking.intervals import (
    FUNCTIONS_OF_INTERVALS,
    Interval,
    ends_of,
    interval,
    joined,
    square,
    total,
)
from clearprop.explain.checking.rounding import fits_exactly, is_open, significant_digits
from clearprop.explain.checking.worksheets import Entry
from clearprop.trace.arithmetic import computed
from clearprop.trace.equations import Elementwise, Equation
from clearprop.trace.jacobian import Jacobian
from clearprop.trace.penalties_and_weights import GradientNorm, Penalty, TotalWeight, WeightedLoss
from clearprop.trace.totals import FirstOrder, MeanLoss, SumOverOutputs

ENOUGH = 4  # numbers, after which it is known whether somebody rounds to decimals or to significant digits
NEAR = 4  # units of the last digit
PURE = 0.5  # share of the numbers that must have the most digits for these to be the digits that somebody rounds to


def enclosed(equation: Equation, arrays: Mapping[str, Any]) -> Interval:
    """The bounds of a site from the bounds of its inputs (of a whole second pass, see `Bounds`)."""
    match equation:
        case Scaled():
            return enclosed(equation.inner, arrays) * equation.factor
        case SharedBias():
            each = enclosed(equation.each, arrays)
            return each * 0 + interval(total(each))
        case Elementwise():
            return _elementwise(equation, arrays)
        case Jacobian():
            return _jacobian(equation, arrays)
        case SumOverOutputs():
            return interval(arrays[equation.losses]).each(lambda end: np.sum(end, axis=-1))
        case MeanLoss():
            losses = arrays[equation.losses]
            return interval(total(losses)) / len(losses)
        case WeightedLoss():
            share = arrays[equation.share]
            losses = arrays[equation.losses]
            return interval(total(losses * (share[:, None] if np.ndim(losses) == 2 else share)))
        case TotalWeight():
            return interval(total(arrays[equation.weight]))
        case Penalty():
            return interval(sum(total(enclosed(item, arrays)) for item in equation.blocks.values()))
        case GradientNorm():
            squares = interval(total(square(joined([arrays[name] for name in equation.gradients]))))
            return Interval(np.sqrt(squares.low), np.sqrt(squares.high))
        case FirstOrder():
            moved = [
                interval(arrays[g]) * (interval(arrays[f"{name}_new"]) - arrays[name])
                for name, g in equation.gradients.items()
            ]
            return interval(arrays[equation.loss]) + interval(total(joined(moved)))
    return interval(equation.compute({name: interval(arrays[name]) for name in equation.inputs}))


def _elementwise(equation: Elementwise, arrays: Mapping[str, Any]) -> Interval:
    widest = max((arrays[site] for site in equation.inputs), key=np.ndim)
    values = {}
    for name, site in equation.sites.items():
        array = interval(arrays[site])
        values[name] = array[:, None] if array.ndim == 1 and np.ndim(widest) == 2 else array
    found = interval(equation.program.run({**equation.parameters, **values}, FUNCTIONS_OF_INTERVALS))
    return found.each(lambda end: np.broadcast_to(end, np.shape(widest))) if np.ndim(widest) else found


def _jacobian(equation: Jacobian, arrays: Mapping[str, Any]) -> Interval:
    a, z = interval(arrays[equation.a]), interval(arrays[equation.z])
    n = a.shape[-1]
    rows = [
        interval(
            computed(
                equation.pullback,
                {**equation.parameters, "a": a, "z": z, "g": np.broadcast_to(np.eye(n)[k], a.shape)},
                FUNCTIONS_OF_INTERVALS,
            )
        ).each(lambda end: np.broadcast_to(end, a.shape))
        for k in range(n)
    ]
    return Interval(*(np.stack([ends_of(row)[i] for row in rows], axis=-2) for i in (0, 1)))


@dataclass(frozen=True)
class Rounding:
    """How a person rounds on the way, as far as the sheet shows it.

    Attributes
    ----------
    unit : float
        The coarsest place of a last digit in the sheet; 0 where it shows none.
    digits : int
        How many significant digits its numbers have, where they have the same; 0 otherwise.
    cuts : bool
        Whether digits are cut off: then a number may be off by a whole unit.
    """

    unit: float = 0.0
    digits: int = 0
    cuts: bool = False

    @classmethod
    def of(cls, lines: Iterable[tuple[Entry, Mapping[str, Any]]]) -> Rounding:
        """What the numbers of a sheet show, each line beside the exact arrays.

        One that has no more digits than it shows, 0.41, says nothing, nor do 100 and 0.000, which may have been rounded
        to any; nor does one that is far off: 0.3 among numbers of four digits may be a slip.
        """
        shown: list[tuple[float, int]] = []
        others: list[tuple[float, int]] = []
        for entry, exact in lines:
            for reference, number in entry.numbers:
                value = float(exact[reference.site][reference.place])
                if is_open(number):
                    continue
                if not fits_exactly(value, number):
                    is_near = number.value != 0 and abs(value - number.value) <= NEAR * number.unit
                    (shown if is_near else others).append((number.unit, significant_digits(number)))
        numbers = shown or others
        if not numbers:
            return cls()
        units, digits = [unit for unit, _ in numbers], [n for _, n in numbers]
        most, least, varies = max(digits), min(digits), max(units) > 1.5 * min(units)
        if len(numbers) >= ENOUGH and most == least > 0 and varies:
            return cls(0.0, most)
        common = most if sum(n == most for n in digits) >= PURE * len(digits) else least
        is_fixed = len(numbers) >= ENOUGH and not varies and least < most
        return cls(max(units), 0 if is_fixed or least < most - 1 else common)

    def reach(self, x: Interval) -> Any:
        """By how much each number of an array may be off once it was rounded."""
        share = 1.0 if self.cuts else 0.5
        reach: Any = share * self.unit
        if self.digits > 0:
            size = np.maximum(np.abs(x.low), np.abs(x.high))
            with np.errstate(all="ignore"):
                power = np.floor(np.log10(np.where(np.isfinite(size) & (size > 0), size, 1.0)))
            last = np.where(size > 0, 10.0 ** (power - self.digits + 1), 0.0)
            reach = np.maximum(reach, share * last)
        return reach * (1 + 1e-9)

    def widened(self, x: Interval) -> Interval:
        """The bounds of what was rounded."""
        reach = self.reach(x)
        return Interval(x.low - reach, x.high + reach)
