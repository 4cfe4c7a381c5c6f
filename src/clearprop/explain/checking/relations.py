"""What is known of a wrong number that no mistake explains: a multiple of the right one, or it and something more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.explain.checking.checked import CheckedNumber, Relation
from clearprop.explain.checking.rounding import significant_digits
from clearprop.explain.checking.worlds import Truth
from clearprop.trace.names import at

NICE = (-1.0, 2.0, 0.5, 4.0, 0.25, 3.0, 1 / 3, 10.0, 0.1, 100.0, 0.01, -2.0, -0.5)
ENOUGH = 3  # significant digits


def relation_of(truth: Truth, world: Mapping[str, Any], numbers: Sequence[CheckedNumber]) -> Relation | None:
    """What all these numbers have in common; None where nothing can be said for certain."""
    digits = sum(significant_digits(number.written) for number in numbers)
    if digits < ENOUGH:
        return None
    for attribute in ("own", "exact"):
        right = np.array([getattr(number, attribute) for number in numbers])
        written = np.array([number.written.value for number in numbers])
        reach = np.array([number.written.unit for number in numbers]) * 0.5000001
        factor = _factor(written, right, reach)
        if factor is not None:
            return Relation("factor", factor, of=attribute)
        found = _difference(truth, world, numbers[0].reference.site, written - right, reach)
        if found is not None:
            return found
    return None


def _factor(written: Any, right: Any, reach: Any) -> float | None:
    """The factor that takes all the right values to what was written; of a single number only a plain one."""
    if not right.all() or not np.isfinite(right).all():
        return None
    bounds = np.sort(np.stack([(written - reach) / right, (written + reach) / right]), axis=0)
    low, high = float(bounds[0].max()), float(bounds[1].min())
    if low > high or low <= 1 <= high or low <= 0 <= high:
        return None
    nice = [value for value in NICE if low <= value <= high]
    if nice and (high - low) < 0.02 * abs(nice[0]):
        return nice[0]
    return (low + high) / 2 if len(written) > 1 and (high - low) < 0.005 * abs(low) else None


def _difference(truth: Truth, world: Mapping[str, Any], site: str, difference: Any, reach: Any) -> Relation | None:
    """The difference: a number that the site is computed from, a bias of another layer, of a loss the penalty."""
    if (np.abs(difference) < 10 * reach).any():
        return None
    biases = [name for name in truth.trace.sites if name[0] == "b" and name[1:].isdigit() and site[0] == "z"]
    penalty = ["penalty"] if site == "loss" and "penalty" in truth.trace.sites else []
    for name in dict.fromkeys([*truth.trace.sites[site].inputs, *biases, *penalty]):
        for place in np.ndindex(truth.arrays[name].shape):
            value = float(np.asarray(world[name])[place])
            for sign in (1.0, -1.0):
                if value and (np.abs(difference - sign * value) <= reach).all():
                    return Relation("difference", sign * value, at(name, *place) if place else name)
    return None
