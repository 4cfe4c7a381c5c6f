"""Phases A and B of an update: how the rows of a batch, and its gradient, are shared out to threads.

Rows, and then pieces of θ; or *shards* of the batch, each with a gradient of its own, for which a thread does both
phases: many where the batch is long (`sharded`), two where it is short and its gradient small (`halved`). Gradients of
shards are added up afterwards, piece by piece in a fixed order. Which way is taken, `partition.cut` decides.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.barrier import wait_for_all
from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import arguments_of, call_kernel
from clearprop.engines.compiled.kernels.elementwise import clear
from clearprop.engines.compiled.kernels.forward_backward import first_layer, train_rows
from clearprop.engines.compiled.kernels.gather import inputs_of
from clearprop.engines.compiled.kernels.gradient import (
    gradient_of_layer,
    gradient_of_shard,
    owns_bias,
    weight_pieces,
)
from clearprop.engines.compiled.kernels.layout import CACHE_LINE, Task
from clearprop.engines.compiled.kernels.pointers import atomic_add, offset
from clearprop.engines.compiled.kernels.sparse_rows import is_sparse, sparse_gradient
from clearprop.engines.compiled.kernels.vector_memory import prefetch

FirstLayer, TrainRows = arguments_of(first_layer), arguments_of(train_rows)
GradientOfLayer = arguments_of(gradient_of_layer)


@njit(error_model="numpy")
def rows_of_thread(job, thread, rows):
    """The rows of a chunk that belong to a thread, whole blocks: from, to."""
    blocks = (rows + job.block - 1) // job.block
    begin = min(blocks * thread // job.n_threads * job.block, rows)
    return begin, min(blocks * (thread + 1) // job.n_threads * job.block, rows)


@njit(error_model="numpy")
def prefetch_all(buffers, begin, end, itemsize):
    """Prefetch numbers that another core has: waited for one after the other they would take longer."""
    for i in range(begin, end, CACHE_LINE // itemsize):
        prefetch(buffers, i)


@njit(error_model="numpy")
def first_layer_own(job, buffers, panel, thread, first, chunk, rows):
    """A thread's share of the two parts of a first layer that is cut in two, for the rows of a chunk."""
    block = job.block
    blocks = (rows + block - 1) // block
    low, high = 2 * blocks * thread // job.n_threads, 2 * blocks * (thread + 1) // job.n_threads
    for second in range(2):
        begin = min(max(low - second * blocks, 0) * block, rows)
        end = min(min(high - second * blocks, blocks) * block, rows)
        if end > begin:
            arguments = FirstLayer(
                job=job, buffers=buffers, panel=panel, second=second, first=first, row=chunk + begin,
                rows=end - begin, shift=begin,
            )  # fmt: skip
            call_kernel(job.first_layer, arguments)


@njit(error_model="numpy")
def rows_own(job, buffers, panel, thread, step, first, chunk, rows, total):
    """Phase A for the rows of a chunk that belong to a thread, after its share of a first layer that is cut in two."""
    if job.split > 0:
        first_layer_own(job, buffers, panel, thread, first, chunk, rows)
        wait_for_all(job, thread)
    begin, end = rows_of_thread(job, thread, rows)
    if job.split > 0 and job.n_threads > 1:
        layer = job.layers[0]
        for part in (layer.z, job.second_part):
            prefetch_all(buffers, part + begin * layer.stride, part + end * layer.stride, job.itemsize)
    if end > begin:
        arguments = TrainRows(
            job=job, buffers=buffers, panel=panel, step=step, first=first, row=chunk + begin, rows=end - begin,
            shift=begin, total=total,
        )  # fmt: skip
        call_kernel(job.train_rows, arguments)


@njit(error_model="numpy")
def gradient_own(job, buffers, first, thread, rows, begins, panel):
    """BP4 and BP3 of a chunk, which begins at position `first`, for the pieces of a thread; added unless `begins`."""
    x = inputs_of(job, buffers, first)
    for l in range(job.depth):
        low, high = weight_pieces(job, l, thread)
        first_row, stop_row = 0, 0
        if high > low:
            first_row, stop_row = job.pieces[low].first_row, job.pieces[high - 1].stop_row
        if l == 0 and is_sparse(job):
            sparse_gradient(job, buffers, first, rows, first_row, stop_row, begins)
            stop_row = first_row  # the dense product has nothing left to do
        arguments = GradientOfLayer(
            job=job, buffers=buffers, x=x, l=l, gradient=job.gradient, first_row=first_row, stop_row=stop_row,
            bias=int(owns_bias(job, l, thread)), shift=0, rows=rows, begins=begins, panel=panel,
        )  # fmt: skip
        call_kernel(job.gradient_of_layer, arguments)


@njit(error_model="numpy")
def prefetch_errors(job, buffers, thread, rows):
    """Prefetch the δ that other threads have computed."""
    begin, end = rows_of_thread(job, thread, rows)
    for l in range(job.depth):
        delta, stride = job.layers[l].delta, job.layers[l].stride
        prefetch_all(buffers, delta, delta + begin * stride, job.itemsize)
        prefetch_all(buffers, delta + end * stride, delta + rows * stride, job.itemsize)


@njit(error_model="numpy")
def shared_out(job, panel, thread, step, first, count, total):
    """Phases A and B where threads share out rows, and then the outputs of each product, chunk by chunk."""
    buffers = job.buffers
    for chunk in range(0, count, job.chunk):
        rows = min(job.chunk, count - chunk)
        rows_own(job, buffers, panel, thread, step, first, chunk, rows, total)
        wait_for_all(job, thread)
        if job.task != Task.LOSS:
            prefetch_errors(job, buffers, thread, rows)
            gradient_own(job, buffers, first + chunk, thread, rows, int(chunk == 0), panel)
            if chunk + rows < count:
                wait_for_all(job, thread)


@njit(error_model="numpy")
def add_gradient(job, buffers, x, gradient, shift, rows, begins, panel):
    """BP4 and BP3 of all layers for some rows of the buffers, added to a gradient unless `begins`."""
    for l in range(job.depth):
        arguments = GradientOfLayer(
            job=job, buffers=buffers, x=x, l=l, gradient=gradient, first_row=0, stop_row=job.layers[l].inputs, bias=1,
            shift=shift, rows=rows, begins=begins, panel=panel,
        )  # fmt: skip
        call_kernel(job.gradient_of_layer, arguments)


@njit(error_model="numpy")
def train_shard_rows(job, buffers, panel, step, first, row, rows, total):
    """Phase A for the rows of a thread's own buffers."""
    arguments = TrainRows(
        job=job, buffers=buffers, panel=panel, step=step, first=first, row=row, rows=rows, shift=0, total=total
    )
    call_kernel(job.train_rows, arguments)


@njit(error_model="numpy")
def own_buffers(job, thread):
    """The buffers that a thread has to itself."""
    return offset(job.buffers, thread * job.thread_stride)


@njit(error_model="numpy")
def halved(job, panel, thread, step, first, count, total):
    """Phases A and B of a short batch: a block is a shard, and a thread takes what follows each other of them.

    Of a and δ nothing goes from one core to another, only gradients do, which are smaller.
    """
    shards, block = job.shards, job.block
    low, high = shards * thread // job.n_threads, shards * (thread + 1) // job.n_threads
    begin, end = min(low * block, count), min(high * block, count)
    buffers = own_buffers(job, thread)
    if end > begin:
        train_shard_rows(job, buffers, panel, step, first, begin, end - begin, total)
    if job.task != Task.LOSS:
        x = inputs_of(job, buffers, first + begin)
        for shard in range(low, high):
            row = shard * block
            if row < count:
                rows = min(block, count - row)
                add_gradient(job, buffers, x, gradient_of_shard(job, shard), row - begin, rows, 1, panel)
            else:
                clear(gradient_of_shard(job, shard), job.n_parameters)
    wait_for_all(job, thread)


@njit(error_model="numpy")
def sharded(job, panel, thread, step, first, count, total):
    """Phases A and B where threads take the shards of the batch as they come, each with a gradient of its own."""
    shards, chunk_rows, taken = job.shards, job.chunk, job.shards_taken
    buffers = own_buffers(job, thread)
    chunks = (count + chunk_rows - 1) // chunk_rows
    shard = atomic_add(taken, 1)
    while shard < shards:
        gradient = gradient_of_shard(job, shard)
        begins = True
        for chunk in range(chunks * shard // shards, chunks * (shard + 1) // shards):
            row = chunk * chunk_rows
            rows = min(chunk_rows, count - row)
            train_shard_rows(job, buffers, panel, step, first, row, rows, total)
            if job.task != Task.LOSS:
                x = inputs_of(job, buffers, first + row)
                add_gradient(job, buffers, x, gradient, 0, rows, int(begins), panel)
            begins = False
        if begins:  # fewer chunks than shards: this one has no rows
            clear(gradient, job.n_parameters)
        shard = atomic_add(taken, 1)
    wait_for_all(job, thread)
    if thread == 0:  # for the next time, before which all wait for each other again
        taken[0] = 0


@njit(error_model="numpy")
def rows_and_gradient(job, panel, thread, step, first, count, total):
    """Phases A and B, in the way that the batch is partitioned."""
    if job.shards == 0:
        shared_out(job, panel, thread, step, first, count, total)
    elif job.shards * job.block <= job.chunk:  # all shards fit into one chunk, a block each
        halved(job, panel, thread, step, first, count, total)
    else:
        sharded(job, panel, thread, step, first, count, total)
