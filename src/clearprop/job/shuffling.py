"""The order of the rows in an epoch: a function of the job's seed and the epoch's number alone.

Both functions are written once, here, and each engine runs them in its own way: the reference engine as they stand,
the compiled engine as machine code made from them. So the order is the same everywhere. For batches of one row it is a
noticeable part of training: NumPy's own `permutation` takes seven times as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.job.hashing import GOLDEN, finalised


def partners(key: Any, i: Any) -> Any:
    """With which of the rows 0 … i row i changes places; each is equally likely.

    Number i of the generator SplitMix64 (Steele, Lea & Flood 2014), as a fraction of 2⁵³ in [0, 1), times i + 1. Also
    where that is rounded it is less than i + 1, as the fraction is at most 1 − 2⁻⁵³.

    Parameters
    ----------
    key : uint64
        What the numbers of an epoch begin with: `randomness.state_of` the seed and the epoch.
    i : array of int64
        One number in compiled code.

    Returns
    -------
    Of the same shape and type as `i`.

    Examples
    --------
    >>> partners(np.uint64(5), np.arange(8))
    array([0, 0, 2, 0, 0, 1, 2, 7])
    """
    fraction = (finalised(key + np.uint64(i) * GOLDEN) >> np.uint64(11)) * 2.0**-53
    return np.int64(fraction * (i + 1))


def exchange(order: Any, partner: Any, first: int, stop: int) -> None:
    """Have the rows `first` … `stop` − 1 change places with their partners, the last first: in place.

    Done for all rows but row 0, from the last on, it makes every order equally likely: Knuth, The Art of Computer
    Programming, volume 2, section 3.4.2, algorithm P.

    Parameters
    ----------
    order : indexable
    partner : indexable of int
        For each of these rows.
    first, stop : int

    Examples
    --------
    >>> order = [10, 11, 12, 13]
    >>> exchange(order, [1, 0, 1], 1, 4)
    >>> order
    [12, 13, 10, 11]
    """
    for i in range(stop - 1, first - 1, -1):
        j = partner[i - first]
        order[i], order[j] = order[j], order[i]
