"""A plan: everything that compiled code needs for one kind of call, laid out and owned by one object.

All memory is taken here, before anything runs; the compiled code takes none.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from clearprop.engines.compiled.codegen import job_kernels
from clearprop.engines.compiled.codegen.addresses import CLOCK, STEADY, YIELD, address_of, place
from clearprop.engines.compiled.codegen.fixed_kernels import entry, parts, tiles
from clearprop.engines.compiled.compiler.machine import tile
from clearprop.engines.compiled.host.partition import Cut, pieces, split_of, stride_of
from clearprop.engines.compiled.host.plan_base import PlanBase
from clearprop.engines.compiled.kernels.layout import (
    CACHE_LINE,
    DEPTH_AT_ONCE,
    PIECE_LENGTH,
    J,
    Task,
    Y,
)
from clearprop.formulas import L1, L2, ClipByNorm, Identity, UpdateRule
from clearprop.formulas.printers.text import to_text
from clearprop.job.job import Job, dropout_rates
from clearprop.job.randomness import WORD
from clearprop.network import Network

PANEL_NUMBERS = 2 * DEPTH_AT_ONCE * tile().vectors * 16  # room for a panel and the next, at the widest vectors


class Plan(PlanBase):
    """What one kind of call needs; see `layout` for the meaning of the numbers.

    Parameters
    ----------
    network : Network
    dtype : numpy dtype
    task : Task
    cut : Cut
        How batches are gone through.
    rows : int
        The most rows of a batch.
    threads : int
        The most threads.
    job : Job, optional
        For updates and gradients.
    """

    def __init__(
        self, network: Network, dtype: Any, task: Task, cut: Cut, rows: int, threads: int, job: Job | None = None
    ) -> None:
        super().__init__(network, dtype, threads, job)
        self.cut = cut
        self.run = entry(self.dtype.name)
        dropout = dropout_rates(job) if job is not None and task == Task.STEPS else (0.0,) * network.depth
        self._describe(task)
        self._units(job, task)
        self._dropout(dropout, job)
        self._pieces()
        self._buffers(task, dropout, -(-rows // cut.block))
        self._keep_constants()

    def _describe(self, task: Task) -> None:
        """Sizes, and where W and b are."""
        network, widths = self.network, self.network.widths
        for where, value in (
            (J.TASK, task), (J.DEPTH, network.depth), (J.INPUTS, widths[0]), (J.OUTPUTS, widths[-1]),
            (J.PARAMETERS, network.n_parameters), (J.ITEMSIZE, self.dtype.itemsize), (J.CHUNK, self.cut.chunk),
            (J.BLOCK, self.cut.block), (J.SHARDS, self.cut.shards), (J.YIELD, address_of(YIELD)), (J.THREADS, 1),
            (J.SYNC, self._room(32, np.int64)), (J.CLOCK, address_of(CLOCK)),
            (J.CLOCK_ID, STEADY), (J.TOTAL, place(self.total)),
            (J.ZEROS, self._room(max(widths) + 64)), (J.TILES, self._keep(tiles(self.dtype.name))),
        ):  # fmt: skip
            self._set(where, value)
        for name, function in parts(self.dtype.name).items():
            self._set(J[name], function)
        for l in range(network.depth):
            W, b = network.named_blocks[f"W{l + 1}"], network.named_blocks[f"b{l + 1}"]
            self.layers[l, Y.INPUTS : Y.B + 1] = (*W.shape, W.start, b.start)

    def _units(self, job: Job | None, task: Task) -> None:
        """Addresses and uniforms of all formulas."""
        network, dtype, constants = self.network, self.dtype.name, self.constants
        # 1/(1 − fraction) of each layer comes first; filled in by `_dropout`
        constants.numbers += [1.0] * network.depth
        needs_z: list[bool] = []
        for l, layer in enumerate(network.layers):
            activation = layer.activation
            forward = job_kernels.forward_unit(activation, dtype)
            backward = job_kernels.backward_unit(activation, dtype)
            is_identity = type(activation) is Identity
            if not is_identity:
                self.layers[l, Y.FORWARD] = job_kernels.address(f"{activation.name}_forward", forward)
                self.layers[l, Y.FORWARD_NUMBERS] = constants.add(forward.uniforms, activation.parameters)
                if task in (Task.STEPS, Task.GRADIENT):
                    self.layers[l, Y.BACKWARD] = job_kernels.address(f"{activation.name}_backward", backward)
                    self.layers[l, Y.BACKWARD_NUMBERS] = constants.add(backward.uniforms, activation.parameters)
            needs_z.append(not is_identity and "z" in backward.reads and task in (Task.STEPS, Task.GRADIENT))
        head = network.head
        if task != Task.OUTPUTS:
            value = job_kernels.loss_unit(network, dtype)
            source = head.computed
            self._set(J.LOSS, job_kernels.address(f"{source.name}_loss", value))
            self._set(J.LOSS_NUMBERS, constants.add(value.uniforms, source.parameters))
            needs_z[-1] |= "z" in value.reads and type(network.layers[-1].activation) is not Identity
            if task != Task.LOSS:
                slope = job_kernels.output_error_unit(network, dtype)
                self._set(J.LOSS_SLOPE, job_kernels.address(f"{source.name}_error", slope))
                self._set(J.LOSS_SLOPE_NUMBERS, constants.add(slope.uniforms, source.parameters))
                self._set(J.PULLS_BACK, not head.gives_delta)
        self.needs_z = needs_z
        if job is not None:
            self._units_of_training(job, task)

    def _units_of_training(self, job: Job, task: Task) -> None:
        """Update rule, penalties, clipping and smoothing."""
        dtype, constants = self.dtype.name, self.constants
        if job.label_smoothing:
            unit = job_kernels.smoothing_unit(dtype)
            self._set(J.SMOOTHING, job_kernels.address("label_smoothing", unit))
            values = {"smoothing": job.label_smoothing, "n_classes": job.smoothing_classes}
            self._set(J.SMOOTHING_NUMBERS, constants.add(unit.uniforms, values))
        for penalty in (L2(job.l2), L1(job.l1)):
            if penalty.strength:
                value, slope = job_kernels.penalty_units(penalty, dtype)
                n = int(self.job[J.N_PENALTIES])
                names = [to_text(tree) for tree in slope.uniforms]
                self.job[J.PENALTY + 5 * n : J.PENALTY + 5 * n + 5] = (
                    job_kernels.address(f"{penalty.name}_value", value),
                    constants.add(value.uniforms, penalty.parameters),
                    job_kernels.address(f"{penalty.name}_slope", slope),
                    constants.add(slope.uniforms, {**penalty.parameters, "factor": 0.0}),
                    names.index("factor"),
                )
                self._set(J.N_PENALTIES, n + 1)
        if task == Task.STEPS:
            assert isinstance(job.update_rule, UpdateRule)
            update = job_kernels.update_unit(job.update_rule, dtype)
            self.numbers = job_kernels.UpdateNumbers(job.update_rule, update.uniforms, self.kinds)
            self._set(J.UPDATE, job_kernels.address(f"{job.update_rule.name}_update", update))
            self._set(J.N_UPDATE_NUMBERS, max(1, len(update.uniforms)))
            self._set(J.SEED, int(np.array(job.seed % 2**64, dtype=np.uint64).astype(np.int64)))
            if job.clip_norm is not None:
                clip = job_kernels.clip_unit(dtype)
                self._set(J.CLIP, job_kernels.address("clip_by_norm", clip))
                self._set(J.CLIP_NUMBERS, constants.add(clip.uniforms, ClipByNorm(job.clip_norm).parameters))
        constants.numbers += [0.0] * 8  # the compiled code copies a penalty's uniforms without counting them

    def _dropout(self, fractions: Any, job: Job | None) -> None:
        """Thresholds of the hash, and 1/(1 − fraction)."""
        for l, fraction in enumerate(fractions):
            if fraction:
                self.layers[l, Y.DROP_BELOW] = min(round(fraction * 2**32), WORD)
                self.constants.numbers[l] = float(self.dtype.type(1) / self.dtype.type(1 - fraction))

    def _pieces(self) -> None:
        """θ cut into pieces, and into spans with the same factors."""
        network, kinds = self.network, dict(zip(self.network.named_blocks, self.kinds_of_blocks(), strict=True))
        table: list[tuple[int, int, int, int, int]] = []
        for l in range(network.depth):
            W, b = network.named_blocks[f"W{l + 1}"], network.named_blocks[f"b{l + 1}"]
            inputs, outputs = W.shape
            kind, bias_kind = kinds[W.name], kinds[b.name]
            cuts = list(pairwise(pieces(inputs, outputs, network.n_parameters)))
            self.layers[l, Y.FIRST_PIECE], self.layers[l, Y.N_PIECES] = len(table), len(cuts)
            table += [(W.start + row * outputs, W.start + stop * outputs, kind, row, stop) for row, stop in cuts]
            table.append((b.start, b.stop, bias_kind, 0, 0))
        assert len(table[0]) == PIECE_LENGTH
        spans_table = np.array(
            [(s.start, s.stop, self.kinds.index((s.rate, s.decay))) for s in self.spans], dtype=np.int64
        )
        for where, value in (
            (J.PIECES, self._keep(np.array(table, dtype=np.int64))),
            (J.SPANS, self._keep(spans_table)), (J.N_SPANS, len(spans_table)), (J.N_KINDS, len(self.kinds)),
            (J.DECAYS, self._keep(np.array([block.decay for block in network.blocks], dtype=np.float64))),
            (J.NORM_PARTS, self._room(len(table), np.float64)), (J.PENALTY_PARTS, self._room(len(table), np.float64)),
        ):  # fmt: skip
            self._set(where, value)

    def _strides(self) -> list[int]:
        """For the inputs and each layer, how many numbers there are from one row to the next."""
        strides = [stride_of(width, self.dtype.itemsize) for width in self.network.widths]
        for l, layer in enumerate(self.network.layers, 1):
            if l == self.network.depth or layer.activation.is_coupled():
                strides[l] = layer.outputs  # outputs are handed over as they lie; a sum over a row takes all of it
        return strides

    def _buffers(self, task: Task, dropout: Any, blocks: int) -> None:
        """Where the rows of a chunk lie, layer by layer, and room for them."""
        chunk, widths, strides = self.cut.chunk, self.network.widths, self._strides()
        step = CACHE_LINE // self.dtype.itemsize
        top = 0

        def take(numbers: int) -> int:
            nonlocal top
            begin, top = top, -(-(top + numbers) // step) * step
            return begin

        gathers = task == Task.STEPS
        take(chunk * strides[0] if gathers else 0)
        self._set(J.GATHERED_STRIDE, strides[0])
        self._set(J.TARGET, take(chunk * widths[-1] if task != Task.OUTPUTS else 0))
        self._set(J.SHARE, take(chunk if task != Task.OUTPUTS else 0))
        for l in range(self.network.depth):
            row, numbers = self.layers[l], chunk * strides[l + 1]
            row[Y.STRIDE] = strides[l + 1]
            row[Y.A] = take(numbers)
            row[Y.Z] = take(numbers) if self.needs_z[l] else row[Y.A]
            if task in (Task.STEPS, Task.GRADIENT):
                row[Y.DELTA] = take(numbers)
            if dropout[l]:
                row[Y.MASK] = take(chunk * strides[l])
                row[Y.PASSED] = take(chunk * strides[l])
        split = split_of(widths[0], self.dtype.itemsize)
        if task == Task.STEPS and split and not self.cut.shards and not dropout[0] and widths[1] > 1:
            self._set(J.SPLIT, split)
            self._set(J.SECOND_PART, take(chunk * strides[1]))
        own = self.cut.shards > 0 or task == Task.OUTPUTS
        self._set(J.THREAD_STRIDE, top if own else 0)
        self._set(J.BUFFERS, self._room(top * (self.threads if own else 1)))
        stride = PANEL_NUMBERS + 64
        self._set(J.PANEL_STRIDE, stride)
        self._set(J.PANELS, self._room(stride * self.threads))
        if task != Task.OUTPUTS:
            self._set(J.LOSS_PARTS, self._room(blocks, np.float64))
        if task == Task.STEPS:
            self._set(J.GRADIENT, self._room(self.network.n_parameters))
        if self.cut.shards and task in (Task.STEPS, Task.GRADIENT):
            self._set(J.SHARD_GRADIENTS, self._room(self.network.n_parameters * self.cut.shards))
