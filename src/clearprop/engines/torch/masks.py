"""Dropout masks on the device: the hashes of `clearprop.job.hashing` in PyTorch's whole numbers, the same bit for bit.

PyTorch has no arithmetic of unsigned numbers on every device. So a word of 32 bits is an int32 here, whose products
wrap around alike; what a shift to the right brings in from the sign is cut off, and words are compared with their
highest bit turned over, which puts unsigned numbers into the order of signed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from clearprop.engines.torch.memory import numpy_type
from clearprop.engines.torch.program import Program, Slot
from clearprop.job.hashing import MIX_FIRST, MIX_SECOND, ROW, UNIT, joined
from clearprop.job.job import Job, dropout_rates
from clearprop.job.randomness import WORD, threshold


def signed(word: Any) -> int:
    """A word of 32 bits as an int32 holds it."""
    found = int(word) & WORD
    return found - 2**32 if found >= 2**31 else found


class Drawing:
    """Draws the mask of one layer for a number of rows, into memory of its own.

    Parameters
    ----------
    rows, units : int
    fraction : float
        Of what is dropped.
    scale : tensor without axes
        What is kept is multiplied by it.
    device : torch.device
    """

    def __init__(self, rows: int, units: int, fraction: float, scale: Any, device: torch.device) -> None:
        def places(n: int, factor: Any) -> Any:
            return torch.arange(n, dtype=torch.int32, device=device) * signed(factor)

        self.rows, self.units = places(rows, ROW)[:, None], places(units, UNIT)
        self.scale = scale
        self.limit = signed(threshold(fraction) ^ 2**31)
        shapes = (rows, 1), (units,), (rows, units)
        self.words = [torch.empty(shape, dtype=torch.int32, device=device) for shape in shapes]
        self.shifted = [torch.empty_like(self.words[k]) for k in (0, 2)]
        self.kept = torch.empty((rows, units), dtype=torch.bool, device=device)

    def __call__(self, low: Any, high: Any, *, out: Any) -> None:
        """Write what activations are multiplied by: 0 or the scale."""
        of_rows, of_units, words = self.words
        mix(torch.add(self.rows, low, out=of_rows), self.shifted[0])
        torch.add(self.units, high, out=of_units)
        mix(torch.bitwise_xor(of_rows, of_units, out=words), self.shifted[1])
        torch.ge(words.bitwise_xor_(signed(2**31)), self.limit, out=self.kept)
        torch.mul(self.kept, self.scale, out=out)


def mix(words: Any, room: Any) -> None:
    """`clearprop.job.hashing.mix` of int32, in place; `room` is overwritten."""
    for shift, factor in ((16, MIX_FIRST), (13, MIX_SECOND), (16, None)):
        torch.bitwise_right_shift(words, shift, out=room)
        words.bitwise_xor_(room.bitwise_and_(WORD >> shift))
        if factor is not None:
            words.mul_(signed(factor))


def masks_of(program: Program, job: Job, rows: int, keys: Any) -> dict[int, Slot]:
    """The masks of a step as values of its program, by the number of the layer.

    Parameters
    ----------
    program : Program
    job : Job
    rows : int
    keys : int32 tensor of shape (2 · number of layers that drop,)
        Of the step, as `keys_of` has them.
    """
    found, of_type = {}, numpy_type(program.dtype)
    for k, (l, fraction) in enumerate(dropping(job).items()):
        units = job.network.widths[l]
        scale = program.constant(float(of_type(1) / of_type(1 - fraction)))
        drawing = Drawing(rows, units, fraction, scale.tensor, program.device)
        words = (program.given(keys[2 * k + half]) for half in (0, 1))
        found[l] = program.emit(drawing, *words, shape=(rows, units))
    return found


def dropping(job: Job) -> Mapping[int, float]:
    """The layers that drop, and which fraction."""
    return {l: fraction for l, fraction in enumerate(dropout_rates(job)) if fraction}


def keys_of(job: Job, steps: Any) -> Any:
    """The two words of each layer that drops, for each of these steps: int32 (n_steps, 2 · number of them)."""
    seed = np.full(len(steps), job.seed % 2**64, dtype=np.uint64)
    of_step = joined(seed, steps.astype(np.uint64))
    states = [joined(of_step, np.full_like(of_step, l)) for l in dropping(job)]
    words = [word for state in states for word in (state & np.uint64(WORD), state >> np.uint64(32))]
    return np.stack(words, axis=1).astype(np.uint32).view(np.int32) if words else np.empty((len(steps), 0), np.int32)
