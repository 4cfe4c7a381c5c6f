"""How much memory a fit needs, known before any of it is taken; the same for every engine."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from clearprop.engines.job import Job
from clearprop.formulas import UpdateRule
from clearprop.network.memory import check_room, in_words

MOST_AT_ONCE = 256 * 2**20  # bytes of activations; a batch that has more is taken through the network in chunks
PAIRS_OF_LBFGS = 10  # of steps and differences of gradients, that SciPy remembers


class Needs(NamedTuple):
    """Bytes that a fit takes beside the arrays that it is given.

    Attributes
    ----------
    data : int
        Copies of X and Y: where they are of another type, or not row by row.
    parameters : int
        θ, the gradient, the update rule's memory, the best θ so far and room to compute an update.
    activations : int
        z, a and δ of a batch.
    """

    data: int
    parameters: int
    activations: int


def needs(job: Job, X: Any, Y: Any, dtype: Any, *, in_chunks: bool = True) -> Needs:
    """What training on these arrays will take.

    Parameters
    ----------
    job : Job
    X, Y : array-like
        As the user gave them.
    dtype : dtype
        That training computes in.
    in_chunks : bool
        Whether the engine takes a long batch through the network in chunks.
    """
    itemsize, network = np.dtype(dtype).itemsize, job.network
    remembered = len(job.update_rule.memory) if isinstance(job.update_rule, UpdateRule) else 2 * PAIRS_OF_LBFGS
    activations = 3 * min(job.batch_size, _rows(X)) * sum(network.widths) * itemsize
    return Needs(
        data=sum(_copied(array, dtype) for array in (X, Y)),
        parameters=(4 + remembered) * network.n_parameters * itemsize,
        activations=min(MOST_AT_ONCE, activations) if in_chunks else activations,
    )


def check_memory(job: Job, X: Any, Y: Any, dtype: Any, *, in_chunks: bool = True) -> None:
    """Refuse a fit that memory has no room for; parameters as of `needs`.

    Raises
    ------
    InputError
        With the bytes needed, what for, and what to change.
    """
    found = needs(job, X, Y, dtype, in_chunks=in_chunks)
    parts = ", ".join(f"{in_words(size)} for {name}" for name, size in found._asdict().items() if size)
    check_room(
        sum(found),
        f"training {job.network.n_parameters:,} parameters on {_rows(X):,} rows ({parts})",
        "take float32, fewer rows at a time (partial_fit), smaller batches or smaller layers",
    )


def _rows(array: Any) -> int:
    """The number of rows; 0 for what is no array yet, and so takes more memory already than its array will."""
    shape = getattr(array, "shape", None)
    return int(shape[0]) if shape else 0


def _copied(array: Any, dtype: Any) -> int:
    """Bytes of the copy that is made of an array; 0 where it is used as it is."""
    itemsize: int = np.dtype(dtype).itemsize
    if hasattr(array, "toarray"):  # sparse: its numbers alone
        return 0 if array.dtype == dtype else int(array.nnz) * itemsize
    if isinstance(array, np.ndarray) and array.dtype == dtype and array.flags.c_contiguous:
        return 0
    return math.prod(int(n) for n in getattr(array, "shape", (0,))) * itemsize
