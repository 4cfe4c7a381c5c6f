"""How much memory a fit needs, known before any of it is taken; the same for every engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from clearprop.formulas import UpdateRule
from clearprop.job.job import Job
from clearprop.job.one_hot import OneHot
from clearprop.network import Network
from clearprop.network.memory import check_room, in_words

MOST_AT_ONCE = 256 * 2**20  # bytes of activations; a batch that has more is taken through the network in chunks
ROWS_AT_ONCE, NUMBERS_AT_ONCE = 4096, 2**24  # of a block of rows that is predicted, or whose loss is computed
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
    predictions : int
        Outputs for validation rows, where a score needs all of them at once.
    """

    data: int
    parameters: int
    activations: int
    predictions: int = 0


def needs(job: Job, n_samples: int, dtype: Any, *, copied: int = 0, in_chunks: bool = True) -> Needs:
    """What training on so many rows will take.

    Parameters
    ----------
    job : Job
    n_samples : int
    dtype : dtype
        That training computes in.
    copied : int
        Bytes that `bytes_copied` says.
    in_chunks : bool
        Whether the engine takes a long batch through the network in chunks.
    """
    itemsize, network = np.dtype(dtype).itemsize, job.network
    # L-BFGS also keeps where its search began.
    remembered = len(job.update_rule.memory) if isinstance(job.update_rule, UpdateRule) else 2 * PAIRS_OF_LBFGS + 1
    activations = 3 * min(job.batch_size, n_samples) * sum(network.widths) * itemsize
    return Needs(
        data=copied,
        parameters=(4 + remembered) * network.n_parameters * itemsize,
        activations=min(MOST_AT_ONCE, activations) if in_chunks else activations,
    )


def check_memory(
    job: Job,
    n_samples: int,
    dtype: Any,
    *,
    copied: int = 0,
    in_chunks: bool = True,
    networks: int = 1,
    predicted: int = 0,
) -> None:
    """Refuse a fit that memory has no room for; parameters as of `needs`, and how many networks are trained at once.

    `predicted` is how many outputs for validation rows there are at once.

    Raises
    ------
    InputError
        With the bytes needed, what for, and what to change.
    """
    found = Needs(*(networks * size for size in needs(job, n_samples, dtype, copied=copied, in_chunks=in_chunks)))
    found = found._replace(predictions=predicted * np.dtype(dtype).itemsize)
    parts = ", ".join(f"{in_words(size)} for {name}" for name, size in found._asdict().items() if size)
    check_room(
        sum(found),
        f"training {networks * job.network.n_parameters:,} parameters on {n_samples:,} rows ({parts})",
        "take float32, fewer rows at a time (partial_fit), smaller batches or smaller layers",
    )


def n_rows(array: Any) -> int:
    """The number of rows; 0 for what is no array yet, and so takes more memory already than its array will."""
    shape = getattr(array, "shape", None)
    return int(shape[0]) if shape else 0


def bytes_copied(arrays: Iterable[Any], dtype: Any) -> int:
    """Bytes of the copies that are made of a user's arrays, as they were given."""
    return sum(_copied(array, dtype) for array in arrays)


def rows_at_once(widths: Sequence[int]) -> int:
    """How many rows are taken through a network at once where that changes nothing: activations stay in the cache.

    Examples
    --------
    >>> from clearprop.job.memory import rows_at_once
    >>> rows_at_once([784, 128, 10]), rows_at_once([200_000, 100, 2])
    (4096, 83)
    """
    return max(1, min(ROWS_AT_ONCE, NUMBERS_AT_ONCE // sum(widths)))


def check_outputs(network: Network, n_samples: int, dtype: Any) -> None:
    """Refuse predictions that memory has no room for; raises InputError with the bytes."""
    check_room(
        n_samples * network.widths[-1] * np.dtype(dtype).itemsize,
        f"predicting {network.widths[-1]:,} outputs for {n_samples:,} rows",
        "predict fewer rows at a time",
    )


def _copied(array: Any, dtype: Any) -> int:
    """Bytes of the copy that is made of an array; 0 where it is used as it is."""
    itemsize: int = np.dtype(dtype).itemsize
    if isinstance(array, OneHot):
        return 0
    if hasattr(array, "toarray"):  # sparse: its numbers alone
        return 0 if array.dtype == dtype else int(array.nnz) * itemsize
    if isinstance(array, np.ndarray) and array.dtype == dtype and array.flags.c_contiguous:
        return 0
    return math.prod(int(n) for n in getattr(array, "shape", (0,))) * itemsize
