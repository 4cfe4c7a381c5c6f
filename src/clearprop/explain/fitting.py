"""Whether what was written fits a value: its rounding, its first digits, or what rounded inputs can come to."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import floor, inf, isfinite, prod

import numpy as np

from clearprop.explain.sheets import WrittenNumber
from clearprop.formulas import Expression, evaluate

HALF = 0.5 * (1 + 1e-9)  # how far a rounding may be off, in units of its last digit
MOST_CORNERS = 1024  # combinations of written and carried values that a line may have been computed from


def fits(value: float, number: WrittenNumber) -> bool:
    """Whether what was written is the rounding of this value (halves either way)."""
    return bool(abs(value - number.value) <= HALF * number.unit + 1e-12 * abs(value))


def is_cut_off(value: float, number: WrittenNumber) -> bool:
    """Whether what was written is this value with its further digits left off."""
    if not isfinite(value) or value * number.value < 0:
        return False
    return bool(abs(floor(abs(value) / number.unit + 1e-9) * number.unit - abs(number.value)) < 1e-6 * number.unit)


def explains(value: float, number: WrittenNumber) -> bool:
    """Whether a value is what was written, rounded or cut off."""
    return isfinite(value) and (fits(value, number) or is_cut_off(value, number))


def extremes(tree: Expression, choices: Mapping[str, tuple[float, ...]]) -> tuple[float, float]:
    """The least and the largest value of a tree over the values that each of its symbols may have.

    All combinations are tried where they are few; otherwise one symbol after the other takes the value that moves the
    result furthest, which finds the ends of sums and products.
    """
    open_names = [name for name, values in choices.items() if len(values) > 1]
    base = {name: values[0] for name, values in choices.items()}

    def value(values: Mapping[str, float]) -> float:
        with np.errstate(all="ignore"):
            return float(evaluate(tree, values))

    found = [value(base)]
    if prod(len(choices[name]) for name in open_names) <= MOST_CORNERS:
        every = product(*(choices[name] for name in open_names))
        found += [value({**base, **dict(zip(open_names, picked, strict=True))}) for picked in every]
    else:
        for sign in (1.0, -1.0):
            values = dict(base)
            for name in open_names:
                tried = {option: sign * value({**values, name: option}) for option in choices[name]}
                values[name] = max(tried, key=lambda option: tried[option] if isfinite(tried[option]) else -inf)
            found.append(value(values))
    finite = [item for item in found if isfinite(item)]
    return (min(finite), max(finite)) if finite else (inf, -inf)
