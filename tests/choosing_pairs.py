"""Parameters of which a part runs each time, so that every value stands beside every value of the other lists once."""

import pytest

LONG = pytest.mark.torture


def alternating(*lists):
    """All combinations of these lists; those whose places do not add up evenly run with ``make torture`` alone.

    Of two lists every value runs; the other half of their pairs is left to the long form.
    """
    first, *others = lists
    every = [((value,), i) for i, value in enumerate(first)]
    for values in others:
        every = [((*known, value), total + i) for known, total in every for i, value in enumerate(values)]
    return [pytest.param(*values, marks=LONG if total % 2 else ()) for values, total in every]


def covering(rows, columns, depths):
    """All combinations; each time those run in which every two values of two lists meet, where the lists allow it."""
    return [
        pytest.param(row, column, depth, marks=() if k == (i + j) % len(depths) else LONG)
        for i, row in enumerate(rows) for j, column in enumerate(columns) for k, depth in enumerate(depths)
    ]  # fmt: skip
