"""The order of the rows in an epoch: which rows change places, decided by random numbers that are drawn beforehand.

The numbers come from NumPy; the exchanging is written once, here, and each engine runs it in its own way: the
reference engine as it stands, the compiled engine as machine code made from it. So the order is the same everywhere.
For batches of one row it is a noticeable part of training, and NumPy's own `permutation` takes three times as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def shuffle(order: Any, numbers: Any, count: int) -> None:
    """Bring `count` items into a random order, in place: every order is equally likely.

    Knuth, The Art of Computer Programming, volume 2, section 3.4.2, algorithm P.

    Parameters
    ----------
    order : indexable
    numbers : indexable of float
        Independent and uniform in [0, 1), one for each item; the first is not used.
    count : int

    Examples
    --------
    >>> order = [10, 11, 12, 13]
    >>> shuffle(order, [0.5, 0.9, 0.0, 0.25], 4)
    >>> order
    [12, 13, 10, 11]
    """
    for i in range(count - 1, 0, -1):
        j = int(numbers[i] * (i + 1))  # at most i, rounded too, as numbers are at most 1 − 2⁻⁵³
        order[i], order[j] = order[j], order[i]


def random_numbers(seed: int, epoch: int, count: int) -> Any:
    """`count` numbers in [0, 1), float64, that belong to one epoch of one seed."""
    source = np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(epoch,)))
    return np.random.Generator(source).random(count)
