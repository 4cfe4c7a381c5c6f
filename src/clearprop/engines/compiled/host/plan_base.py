"""What every plan has: the argument block that compiled code reads and writes, and the arrays behind its addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ctypes import addressof, memmove, sizeof
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from clearprop.engines.compiled.codegen.addresses import place
from clearprop.engines.compiled.codegen.job_kernels import Constants, UpdateUniforms
from clearprop.engines.compiled.host.compressed import compressed, is_compressed
from clearprop.engines.compiled.kernels.layout import APART, CACHE_LINE, Layer, Result
from clearprop.engines.compiled.kernels.layout import Job as ArgumentBlock
from clearprop.engines.compiled.workers.thread_tuning import Pace
from clearprop.errors import ShapeError
from clearprop.formulas import UpdateRule
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.one_hot import OneHot
from clearprop.network import Network
from clearprop.network.parameters import spans

WORTH_COPYING = 8  # updates of a call from which the copies of θ that it begins with are made up for


class Own(NamedTuple):
    """The addresses of what a thread writes in place of the first thread's, where each makes updates for itself."""

    numbers: Mapping[str, int]
    memory: Sequence[int]


def _refers_to(reference: ref[Any], array: Any) -> bool:
    return reference() is array


class PlanBase:
    """A job as compiled code is told it (see `layout`), and the owner of all memory that it uses.

    Attributes
    ----------
    run : callable
        What each thread calls, with its number and `address`.
    address : int
        Of the argument block, `job`.
    uniforms : UpdateUniforms
        What the update rule needs at each step; only for updates.
    kinds : list of (float, float)
        The factors on rate and decay that occur.
    own : list of Own
        For each thread after the first, where it may make updates for itself; empty where it may not.
    first_owners : int
        The threads that then share out W[1].
    """

    run: Callable[..., None]
    uniforms: UpdateUniforms
    _copies: list[Any]

    def __init__(self, network: Network, dtype: Any, threads: int, job: Job | None) -> None:
        self.network, self.dtype, self.threads = network, np.dtype(dtype), threads
        self.blocks = (
            ArgumentBlock * threads
        )()  # the first is the job, the others are for threads with a θ of their own
        self.job, self.layers, self.result = self.blocks[0], (Layer * network.depth)(), Result()
        self.norms = np.zeros(network.depth)
        self.constants = Constants()
        self.owned: list[Any] = []
        self.own: list[Own] = []
        self.first_owners = 1
        self.pace = Pace()
        self._arrivals = np.zeros((threads + 1) * APART // 8, dtype=np.int64)
        self._described: list[ref[Any]] = []
        self.decays = bool(job is not None and isinstance(job.update_rule, UpdateRule) and job.update_rule.weight_decay)
        self.spans = spans(network.blocks, decays=self.decays)
        self.kinds = list(dict.fromkeys((span.rate, span.decay) for span in self.spans))
        self.job.layers, self.job.result = addressof(self.layers), addressof(self.result)
        self.job.norms = place(self.norms)
        self.job.arrivals = -(-place(self._arrivals) // APART) * APART
        self.job.n_threads = self.job.owners = self.job.first_owners = 1
        self.address = addressof(self.job)

    def kinds_of_blocks(self) -> Sequence[int]:
        """For each block of θ, the place in `kinds` of its factors."""
        return [self.kinds.index((b.rate, b.decay if self.decays else 0.0)) for b in self.network.blocks]

    def have(self, threads: int) -> None:
        """Be done by so many threads: those that were not there the last time have come to as many barriers as others.

        A helper of the last call may still look whether all have come to its last barrier, so numbers only rise.
        """
        job = self.job
        if threads != job.n_threads:
            self._arrivals[:] = self._arrivals.max()
            job.n_threads = threads
        job.owners = job.first_owners = threads
        job.turn = 0
        if self.own and threads > 1 and job.steps >= WORTH_COPYING:
            job.owners, job.first_owners = 1, self.first_owners
            for block, own in zip(self.blocks[1:threads], self.own, strict=False):
                memmove(addressof(block), addressof(job), sizeof(job))
                for name, address in own.numbers.items():
                    setattr(block, name, address)
                for k, address in enumerate(own.memory):
                    block.memory[k] = address

    def as_read(self, data: Data) -> Data:
        """The rows in the form that this plan's code reads them in."""
        return data

    def describe(self, data: Data, theta: Any, memory: Sequence[Any] = ()) -> None:
        """Where the rows and the parameters are; call after call they are mostly where they were."""
        codes = data.Y.codes if isinstance(data.Y, OneHot) else None
        targets = data.Y if codes is None else codes
        X = data.X.data if is_compressed(data.X) else data.X
        arrays = [array for array in (X, targets, theta, *memory, data.weight) if array is not None]
        if len(arrays) == len(self._described) and all(map(_refers_to, self._described, arrays)):
            return
        self._check(arrays if X is data.X else [None, *arrays[1:]], memory, data, codes)
        copies = self.describe_rows(data.X)
        # Weak: a plan may outlive the rows that it was made for; copies of their parts are of no use then.
        self._described = [ref(array, lambda _: copies.clear()) for array in arrays[:1]] + [ref(a) for a in arrays[1:]]
        job = self.job
        job.theta, job.n_memory = place(theta), len(memory)
        job.y, job.classes = (place(targets), 0) if codes is None else (0, place(codes))
        job.weight = 0 if data.weight is None else place(data.weight)
        for k, vector in enumerate(memory):
            job.memory[k] = place(vector)

    def describe_rows(self, X: Any) -> list[Any]:
        """Where X is; what had to be copied of sparse rows, which is kept as long as this plan reads them."""
        job = self.job
        job.n_samples, self._copies = X.shape[0], []
        if is_compressed(X):
            parts = compressed(X, self.network.widths[0], self.dtype)
            job.x, job.columns, job.starts = map(place, parts)
            self._copies = [
                part for part, given in zip(parts, (X.data, X.indices, X.indptr), strict=True) if part is not given
            ]
        else:
            job.x = place(X)
        return self._copies

    def _check(self, arrays: Sequence[Any], memory: Sequence[Any], data: Data, codes: Any) -> None:
        """Raise ShapeError for arrays that are not those of this plan: compiled code would read beyond their ends."""
        rows, widths, vector = data.n_samples, self.network.widths, (self.network.n_parameters,)
        targets = (rows, widths[-1]) if codes is None else (rows,)
        shapes = [(rows, widths[0]), targets, vector, *(vector for _ in memory), (rows,)]
        if codes is not None and not (codes.min(initial=0) >= 0 and codes.max(initial=0) < widths[-1]):
            raise ShapeError(f"classes are numbers from 0 to {widths[-1] - 1}")
        for array, shape in zip(arrays, shapes, strict=False):
            if array is None:  # sparse rows, which `compressed` looks at
                continue
            dtype = np.int64 if array is codes else self.dtype
            if array.shape != shape or array.dtype != dtype or not array.flags.c_contiguous:
                raise ShapeError(
                    f"an array of {np.dtype(dtype)} numbers of shape {shape} is needed, row by row, "
                    f"not one of {array.dtype} and {array.shape}"
                )

    def _keep(self, array: Any) -> int:
        """Own an array of NumPy's or of C structures; its address."""
        self.owned.append(array)
        return place(array) if isinstance(array, np.ndarray) else addressof(array)

    def _room(self, numbers: int, dtype: Any = None) -> int:
        """The address of room for so many numbers, aligned."""
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        raw = np.zeros(numbers * dtype.itemsize + CACHE_LINE, dtype=np.uint8)
        return -(-self._keep(raw) // CACHE_LINE) * CACHE_LINE

    def _keep_constants(self) -> None:
        """Hand over the uniforms that do not change."""
        self.job.constants = self._keep(np.array(self.constants.numbers, dtype=self.dtype))
