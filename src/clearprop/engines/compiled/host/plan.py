"""A plan: everything that compiled code needs for one kind of call, laid out and owned by one object.

All memory is taken here, before anything runs; the compiled code takes none.
"""

from __future__ import annotations

import ctypes
from itertools import pairwise
from typing import Any

import numpy as np

from clearprop.engines.compiled.codegen import job_kernels
from clearprop.engines.compiled.codegen.addresses import CLOCK, GIVE_WAY, STEADY, address_of
from clearprop.engines.compiled.codegen.fixed_kernels import entry, kernels, tiles
from clearprop.engines.compiled.compiler.machine import tile
from clearprop.engines.compiled.host.partition import Cut, is_apart, pieces, split_of, stride_of
from clearprop.engines.compiled.host.plan_base import Own, PlanBase
from clearprop.engines.compiled.kernels.layout import (
    CACHE_LINE,
    DEPTH_AT_ONCE,
    PENALTY_UNIFORMS,
    SCRATCH,
    Piece,
    Span,
    Task,
    Waits,
)
from clearprop.formulas import L1, L2, ClipByNorm, Identity, UpdateRule
from clearprop.formulas.printers.text import to_text
from clearprop.job.job import Job, dropout_rates
from clearprop.job.randomness import threshold
from clearprop.network import Block, Network, NumberEmbedding
from clearprop.network.embedding import embedded_inputs

PANEL_NUMBERS = 2 * DEPTH_AT_ONCE * tile().vectors * 16  # room for a panel and the next, at the widest vectors


class Plan(PlanBase):
    """What one kind of call needs; see `layout` for the meaning of its values.

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
    sparse : bool
        Whether X is sparse: compressed rows, of which nothing is gathered. Then a batch is not cut into shards, whose
        gradients would be as large as W.
    """

    def __init__(
        self, network: Network, dtype: Any, task: Task, cut: Cut, rows: int, threads: int, job: Job | None = None,
        *, sparse: bool = False,
    ) -> None:  # fmt: skip
        self.cut, self.task, self.sparse = cut._replace(shards=0) if sparse else cut, task, sparse
        fractions = dropout_rates(job) if job is not None and task == Task.STEPS else (0.0,) * network.depth
        self.split = self._split(network, np.dtype(dtype).itemsize, fractions)
        self.is_apart = task == Task.STEPS and is_apart(network, self.cut, rows, self.split)
        super().__init__(network, dtype, min(threads, 2) if self.is_apart else threads, job)
        self.learns = task in (Task.STEPS, Task.GRADIENT)
        self.run = entry(self.dtype.name)
        self._sizes()
        self._system()
        self._layer_formulas()
        if task != Task.OUTPUTS:
            self._loss_formulas()
        if job is not None:
            self._training_formulas(job)
        self._dropout(fractions)
        self._pieces()
        self._buffers(fractions, -(-rows // self.cut.block))
        if self.is_apart and job is not None:
            self._own_updates(job)
        self._keep_constants()

    def _split(self, network: Network, itemsize: int, fractions: Any) -> int:
        """The input at which the sums of the first layer are cut in two; 0: they are not."""
        if embedded_inputs(network) is not None:
            return 0
        if self.task != Task.STEPS or self.sparse or self.cut.shards or fractions[0] or network.widths[1] == 1:
            return 0
        return split_of(network.widths[0], itemsize)

    def _sizes(self) -> None:
        """Sizes, and where W and b are."""
        network, job, widths = self.network, self.job, self.network.widths
        job.task, job.depth, job.inputs, job.outputs = self.task, network.depth, widths[0], widths[-1]
        job.n_parameters, job.itemsize = network.n_parameters, self.dtype.itemsize
        job.chunk, job.block, job.shards = self.cut
        job.zeros = self._room(max(widths))
        for layer, spec, (W, b) in zip(self.layers, network.layers, self._blocks_of_layers(), strict=True):
            layer.inputs, layer.outputs, layer.weights, layer.bias = spec.inputs, spec.outputs, W.start, b.start
            if isinstance(spec, NumberEmbedding):
                layer.waves, layer.n_columns = spec.waves, len(spec.columns)
                layer.columns = self._keep(np.array(spec.columns, dtype=np.int64))

    def _blocks_of_layers(self) -> list[tuple[Block, Block]]:
        """W and b of each layer; of an embedding the frequencies and the phases."""
        return list(zip(self.network.blocks[::2], self.network.blocks[1::2], strict=True))

    def _system(self) -> None:
        """Kernels that depend on no formula, functions of the operating system, and what threads share."""
        job = self.job
        for name, address in kernels(self.dtype.name).items():
            setattr(job, name, address)
        job.microkernels = self._keep(tiles(self.dtype.name))
        job.give_way, job.clock, job.clock_id = address_of(GIVE_WAY), address_of(CLOCK), STEADY
        job.shards_taken, job.waits = self._room(1, np.int64), self._room(ctypes.sizeof(Waits), np.uint8)

    def _layer_formulas(self) -> None:
        """Activations and their pullbacks, and which of them need z."""
        dtype, constants = self.dtype.name, self.constants
        # 1/(1 − fraction) of each layer comes first; filled in by `_dropout`
        constants.numbers += [1.0] * self.network.depth
        self.needs_z = [False] * self.network.depth
        for l, (layer, spec) in enumerate(zip(self.layers, self.network.layers, strict=True)):
            activation = job_kernels.activation_of(spec)
            if type(activation) is Identity:
                continue
            forward = job_kernels.forward_kernel(activation, dtype)
            layer.forward = job_kernels.address(f"{activation.name}_forward", forward)
            layer.forward_uniforms = constants.add(forward.uniforms, activation.parameters)
            if self.learns:
                backward = job_kernels.backward_kernel(activation, dtype)
                layer.backward = job_kernels.address(f"{activation.name}_backward", backward)
                layer.backward_uniforms = constants.add(backward.uniforms, activation.parameters)
                self.needs_z[l] = "z" in backward.reads

    def _loss_formulas(self) -> None:
        """The loss, and δᴸ or ∂C/∂a."""
        network, job, dtype, constants = self.network, self.job, self.dtype.name, self.constants
        source = network.head.computed
        value = job_kernels.loss_kernel(network, dtype)
        job.loss = job_kernels.address(f"{source.name}_loss", value)
        job.loss_uniforms = constants.add(value.uniforms, source.parameters)
        self.needs_z[-1] |= "z" in value.reads and type(network.layers[-1].activation) is not Identity
        if self.learns:
            error = job_kernels.output_error_kernel(network, dtype)
            job.output_error = job_kernels.address(f"{source.name}_error", error)
            job.output_error_uniforms = constants.add(error.uniforms, source.parameters)
            job.pulls_back = not network.head.gives_delta

    def _training_formulas(self, asked: Job) -> None:
        """Update rule, penalties, clipping and smoothing."""
        job, dtype, constants = self.job, self.dtype.name, self.constants
        if asked.label_smoothing:
            kernel = job_kernels.smoothing_kernel(dtype)
            job.smoothing = job_kernels.address("label_smoothing", kernel)
            values = {"smoothing": asked.label_smoothing, "n_classes": asked.smoothing_classes}
            job.smoothing_uniforms = constants.add(kernel.uniforms, values)
        for penalty in (L2(asked.l2), L1(asked.l1)):
            if penalty.strength:
                self._penalty(penalty)
        if self.task == Task.STEPS:
            assert isinstance(asked.update_rule, UpdateRule)
            update = job_kernels.update_kernel(asked.update_rule, dtype)
            self.uniforms = job_kernels.UpdateUniforms(asked.update_rule, update.uniforms, self.kinds)
            job.update = job_kernels.address(f"{asked.update_rule.name}_update", update)
            job.n_update_uniforms, job.seed = max(1, len(update.uniforms)), asked.seed
            if asked.clip_norm is not None:
                clip = job_kernels.clip_kernel(dtype)
                job.clip = job_kernels.address("clip_by_norm", clip)
                job.clip_uniforms = constants.add(clip.uniforms, ClipByNorm(asked.clip_norm).parameters)
        constants.numbers += [0.0] * PENALTY_UNIFORMS  # kernels copy those of a penalty without counting them

    def _penalty(self, penalty: Any) -> None:
        """One penalty more."""
        value, slope = job_kernels.penalty_kernels(penalty, self.dtype.name)
        entry = self.job.penalties[self.job.n_penalties]
        self.job.n_penalties += 1
        entry.value = job_kernels.address(f"{penalty.name}_value", value)
        entry.value_uniforms = self.constants.add(value.uniforms, penalty.parameters)
        entry.slope = job_kernels.address(f"{penalty.name}_slope", slope)
        entry.slope_uniforms = self.constants.add(slope.uniforms, {**penalty.parameters, "factor": 0.0})
        entry.factor = [to_text(tree) for tree in slope.uniforms].index("factor")
        assert len(slope.uniforms) <= PENALTY_UNIFORMS

    def _dropout(self, fractions: Any) -> None:
        """Thresholds of the hash, and 1/(1 − fraction)."""
        for l, fraction in enumerate(fractions):
            if fraction:
                self.layers[l].drop_below = threshold(fraction)
                self.constants.numbers[l] = float(self.dtype.type(1) / self.dtype.type(1 - fraction))

    def _pieces(self) -> None:
        """θ cut into pieces, and into spans with the same factors."""
        network, job = self.network, self.job
        kinds = dict(zip(network.named_blocks, self.kinds_of_blocks(), strict=True))
        found: list[Piece] = []
        for l, (layer, (W, b)) in enumerate(zip(self.layers, self._blocks_of_layers(), strict=True), 1):
            inputs, outputs = W.shape if len(W.shape) == 2 else (1, *W.shape)  # all frequencies are one piece
            cuts = list(pairwise(pieces(inputs, outputs, network.n_parameters, self.split if l == 1 else 0)))
            layer.first_piece, layer.n_pieces = len(found), len(cuts)
            found += [
                Piece(
                    start=W.start + row * outputs, stop=W.start + stop * outputs, kind=kinds[W.name], first_row=row,
                    stop_row=stop,
                ) for row, stop in cuts
            ]  # fmt: skip
            found.append(Piece(start=b.start, stop=b.stop, kind=kinds[b.name]))
        spans = [Span(start=s.start, stop=s.stop, kind=self.kinds.index((s.rate, s.decay))) for s in self.spans]
        job.pieces = self._keep((Piece * len(found))(*found))
        job.spans, job.n_spans = self._keep((Span * len(spans))(*spans)), len(spans)
        job.n_kinds = len(self.kinds)
        job.decays = self._keep(np.array([block.decay for block in network.blocks], dtype=np.float64))
        job.norm_parts, job.penalty_parts = self._room(len(found), np.float64), self._room(len(found), np.float64)

    def _strides(self) -> list[int]:
        """For the inputs and each layer, how many numbers there are from one row to the next."""
        strides = [stride_of(width, self.dtype.itemsize) for width in self.network.widths]
        for l, layer in enumerate(self.network.layers, 1):
            if l == self.network.depth or layer.activation.is_coupled():
                strides[l] = layer.outputs  # outputs are handed over as they lie; a sum over a row takes all of it
        return strides

    def _buffers(self, dropout: Any, blocks: int) -> None:
        """Where the rows of a chunk lie, layer by layer, and room for them."""
        job, task, chunk, strides = self.job, self.task, self.cut.chunk, self._strides()
        widths, n_parameters = self.network.widths, self.network.n_parameters
        step = CACHE_LINE // self.dtype.itemsize
        top = 0

        def take(numbers: int) -> int:
            nonlocal top
            begin, top = top, -(-(top + numbers) // step) * step
            return begin

        take(chunk * strides[0] if task == Task.STEPS and not self.sparse else 0)
        job.gathered_stride = strides[0]
        job.target = take(chunk * widths[-1] if task != Task.OUTPUTS else 0)
        job.share = take(chunk if task != Task.OUTPUTS else 0)
        for l, layer in enumerate(self.layers):
            layer.stride = strides[l + 1]
            layer.a = take(chunk * layer.stride)
            layer.z = take(chunk * layer.stride) if self.needs_z[l] else layer.a
            if self.learns:
                layer.delta = take(chunk * layer.stride)
            if dropout[l]:
                layer.mask, layer.passed = take(chunk * strides[l]), take(chunk * strides[l])
        if self.split:
            job.split, job.second_part = self.split, take(chunk * strides[1])
        own = self.cut.shards > 0 or self.is_apart or task == Task.OUTPUTS
        turns = 2 if self.is_apart else 1
        job.thread_stride = top if own else 0
        job.buffers = self._room(top * (self.threads if own else 1))
        job.panel_numbers = PANEL_NUMBERS
        job.panels = self._room((PANEL_NUMBERS + SCRATCH) * self.threads)
        if task != Task.OUTPUTS:
            job.blocks, job.loss_parts = blocks, self._room(turns * blocks, np.float64)
        if task == Task.STEPS:
            job.gradient = self._room(n_parameters)
        if self.cut.shards and self.learns:
            job.shard_stride = -(-n_parameters // step) * step
            job.shard_gradients = self._room(turns * self.cut.shards * job.shard_stride)

    def _own_updates(self, asked: Job) -> None:
        """Room for the second thread to make updates in, and for what goes from one to the other."""
        assert isinstance(asked.update_rule, UpdateRule)
        job, n, double = self.job, self.network.n_parameters, np.float64
        n_pieces = sum(layer.n_pieces + 1 for layer in self.layers)
        own = {"theta": self._room(n), "gradient": self._room(n)}
        own |= {name: self._room(n_pieces, double) for name in ("norm_parts", "penalty_parts")}
        if self.split:
            line = CACHE_LINE // self.dtype.itemsize
            job.exchange_stride = (self.cut.chunk * self.layers[0].stride // line + 1) * line
            job.exchange, self.first_owners = self._room(4 * job.exchange_stride), 2
            own["loss_parts"] = self._room(2 * job.blocks, double)
        self.own = [Own(own, [self._room(n) for _ in asked.update_rule.memory])] * (self.threads - 1)
