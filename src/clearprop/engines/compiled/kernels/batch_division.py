"""Phases A and B of a step: how the rows of a batch, and its gradient, are shared out to threads.

Rows, and then pieces of θ; or *shards* of the batch, each with a gradient of its own, for which a thread does both
phases: many where the batch is long (`sharded`), two where it is short and its gradient small (`halved`). Gradients of
shards are added up afterwards, piece by piece in a fixed order. Which way is taken, `partition.cut` decides.
"""

from __future__ import annotations

from numba import njit

from clearprop.engines.compiled.kernels.barrier import wait_for_all
from clearprop.engines.compiled.kernels.gradient import clear, owns_bias, weight_rows
from clearprop.engines.compiled.kernels.layout import (
    CACHE_LINE,
    PIECE_FIRST_ROW,
    PIECE_LENGTH,
    PIECE_STOP_ROW,
    J,
    Task,
    Y,
)
from clearprop.engines.compiled.kernels.pointers import at, atomic_add, call_part, integers, offset
from clearprop.engines.compiled.kernels.vectors import prefetch


@njit(error_model="numpy")
def inputs_of(job, buffers, row):
    """Where the inputs of a chunk are: gathered in the buffers, or in X itself from `row` on."""
    if job[J.ORDER] != 0:
        return buffers
    return offset(at(job[J.X], buffers), row * job[J.INPUTS])


@njit(error_model="numpy")
def rows_of_thread(job, thread, rows):
    """The rows of a chunk that belong to a thread, whole blocks: from, to."""
    blocks = (rows + job[J.BLOCK] - 1) // job[J.BLOCK]
    begin = min(blocks * thread // job[J.THREADS] * job[J.BLOCK], rows)
    return begin, min(blocks * (thread + 1) // job[J.THREADS] * job[J.BLOCK], rows)


@njit(error_model="numpy")
def send_for(buffers, begin, end, itemsize):
    """Have numbers brought nearer that another core has: waited for one after the other they would take longer."""
    for i in range(begin, end, CACHE_LINE // itemsize):
        prefetch(buffers, i)


@njit(error_model="numpy")
def rows_own(job, layers, buffers, panel, thread, step, first, chunk, rows, total):
    """Phase A for the rows of a chunk that belong to a thread, after its share of a first layer that is cut in two."""
    block = job[J.BLOCK]
    if job[J.SPLIT] > 0:
        blocks = (rows + block - 1) // block
        low, high = 2 * blocks * thread // job[J.THREADS], 2 * blocks * (thread + 1) // job[J.THREADS]
        for second in range(2):
            begin = min(max(low - second * blocks, 0) * block, rows)
            end = min(min(high - second * blocks, blocks) * block, rows)
            if end > begin:
                arguments = job, layers, buffers, panel, second, first, chunk + begin, end - begin, begin
                call_part(job[J.FIRST_LAYER], arguments)
        wait_for_all(job, thread)
    begin, end = rows_of_thread(job, thread, rows)
    if job[J.SPLIT] > 0 and job[J.THREADS] > 1:
        for part in (layers[Y.Z], job[J.SECOND_PART]):
            send_for(buffers, part + begin * layers[Y.STRIDE], part + end * layers[Y.STRIDE], job[J.ITEMSIZE])
    if end > begin:
        arguments = job, layers, buffers, panel, step, first, chunk + begin, end - begin, begin, total
        call_part(job[J.TRAIN_ROWS], arguments)


@njit(error_model="numpy")
def gradient_own(job, layers, buffers, x, thread, rows, begins, panel):
    """BP4 and BP3 of a chunk for the pieces of a thread, added to the gradient unless `begins`."""
    table, gradient = integers(job[J.PIECES]), at(job[J.GRADIENT], panel)
    for l in range(job[J.DEPTH]):
        low, high = weight_rows(job, layers, l, thread, job[J.THREADS])
        first_row, stop_row = 0, 0
        if high > low:
            first_row = table[low * PIECE_LENGTH + PIECE_FIRST_ROW]
            stop_row = table[(high - 1) * PIECE_LENGTH + PIECE_STOP_ROW]
        bias = int(owns_bias(l, thread, job[J.THREADS]))
        arguments = (job, layers, buffers, x, l, gradient, first_row, stop_row, bias, 0, rows, begins, panel)
        call_part(job[J.GRADIENT_OF_LAYER], arguments)


@njit(error_model="numpy")
def send_for_errors(job, layers, buffers, thread, rows):
    """Send for the δ that other threads have computed."""
    begin, end = rows_of_thread(job, thread, rows)
    for l in range(job[J.DEPTH]):
        delta, stride = layers[l * Y.LENGTH + Y.DELTA], layers[l * Y.LENGTH + Y.STRIDE]
        send_for(buffers, delta, delta + begin * stride, job[J.ITEMSIZE])
        send_for(buffers, delta + end * stride, delta + rows * stride, job[J.ITEMSIZE])


@njit(error_model="numpy")
def shared_out(job, layers, like, panel, thread, step, first, count, total):
    """Phases A and B where threads share out rows, and then the outputs of each product, chunk by chunk."""
    buffers = at(job[J.BUFFERS], like)
    for chunk in range(0, count, job[J.CHUNK]):
        rows = min(job[J.CHUNK], count - chunk)
        rows_own(job, layers, buffers, panel, thread, step, first, chunk, rows, total)
        wait_for_all(job, thread)
        if job[J.TASK] != Task.LOSS:
            x = inputs_of(job, buffers, first + chunk)
            send_for_errors(job, layers, buffers, thread, rows)
            gradient_own(job, layers, buffers, x, thread, rows, int(chunk == 0), panel)
            if chunk + rows < count:
                wait_for_all(job, thread)


@njit(error_model="numpy")
def gradient_of_shard(job, like, shard):
    """Where the gradient of a shard of the batch is."""
    return offset(at(job[J.SHARD_GRADIENTS], like), shard * job[J.PARAMETERS])


@njit(error_model="numpy")
def add_gradient(job, layers, buffers, x, gradient, shift, rows, begins, panel):
    """BP4 and BP3 of all layers for some rows of the buffers, added to a gradient unless `begins`."""
    for l in range(job[J.DEPTH]):
        inputs = layers[l * Y.LENGTH + Y.INPUTS]
        arguments = (job, layers, buffers, x, l, gradient, 0, inputs, 1, shift, rows, begins, panel)
        call_part(job[J.GRADIENT_OF_LAYER], arguments)


@njit(error_model="numpy")
def halved(job, layers, like, panel, thread, step, first, count, total):
    """Phases A and B of a short batch: a block is a shard, and a thread takes what follows each other of them.

    Of a and δ nothing goes from one core to another, only gradients do, which are smaller.
    """
    shards, block = job[J.SHARDS], job[J.BLOCK]
    low, high = shards * thread // job[J.THREADS], shards * (thread + 1) // job[J.THREADS]
    begin, end = min(low * block, count), min(high * block, count)
    buffers = offset(at(job[J.BUFFERS], like), thread * job[J.THREAD_STRIDE])
    if end > begin:
        call_part(job[J.TRAIN_ROWS], (job, layers, buffers, panel, step, first, begin, end - begin, 0, total))
    if job[J.TASK] != Task.LOSS:
        x = inputs_of(job, buffers, first + begin)
        for shard in range(low, high):
            row = shard * block
            if row < count:
                rows = min(block, count - row)
                add_gradient(job, layers, buffers, x, gradient_of_shard(job, like, shard), row - begin, rows, 1, panel)
            else:
                clear(gradient_of_shard(job, like, shard), job[J.PARAMETERS])
    wait_for_all(job, thread)


@njit(error_model="numpy")
def sharded(job, layers, like, panel, thread, step, first, count, total):
    """Phases A and B where threads take the shards of the batch as they come, each with a gradient of its own."""
    shards, chunk_rows, taken = job[J.SHARDS], job[J.CHUNK], integers(job[J.SYNC])
    buffers = offset(at(job[J.BUFFERS], like), thread * job[J.THREAD_STRIDE])
    chunks = (count + chunk_rows - 1) // chunk_rows
    shard = atomic_add(taken, 1)
    while shard < shards:
        gradient = gradient_of_shard(job, like, shard)
        begins = True
        for chunk in range(chunks * shard // shards, chunks * (shard + 1) // shards):
            row = chunk * chunk_rows
            rows = min(chunk_rows, count - row)
            call_part(job[J.TRAIN_ROWS], (job, layers, buffers, panel, step, first, row, rows, 0, total))
            if job[J.TASK] != Task.LOSS:
                x = inputs_of(job, buffers, first + row)
                add_gradient(job, layers, buffers, x, gradient, 0, rows, int(begins), panel)
            begins = False
        if begins:  # fewer chunks than shards: this one has no rows
            clear(gradient, job[J.PARAMETERS])
        shard = atomic_add(taken, 1)
    wait_for_all(job, thread)
    if thread == 0:  # for the next time, before which all wait for each other again
        taken[0] = 0


@njit(error_model="numpy")
def rows_and_gradient(job, layers, like, panel, thread, step, first, count, total):
    """Phases A and B, in the way that the job is cut up."""
    if job[J.SHARDS] == 0:
        shared_out(job, layers, like, panel, thread, step, first, count, total)
    elif job[J.SHARDS] * job[J.BLOCK] <= job[J.CHUNK]:  # all shards fit into one chunk, a block each
        halved(job, layers, like, panel, thread, step, first, count, total)
    else:
        sharded(job, layers, like, panel, thread, step, first, count, total)
