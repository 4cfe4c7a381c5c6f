"""Shuffling the rows of an epoch where there is no compiled code to do it."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.job.shuffling import exchange, partners


def shuffle_in_python(order: Any, key: int) -> None:
    """Bring an int64 array into the random order of a key, in place; see `Engine.shuffle`."""
    listed = order.tolist()  # Python is three times as quick with lists
    exchange(listed, partners(np.uint64(key), np.arange(1, len(order))).tolist(), 1, len(order))
    order[:] = listed
