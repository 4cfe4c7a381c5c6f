"""Phase A of a step, on some rows of a batch: gather, forward, loss, BP1 and BP2.

A thread does this for rows of its own, so nothing here waits for another thread. Rows in buffers follow each other at
the stride of their layer, which is more than its width where the caches want it (`partition.stride_of`). Padding
between rows is written by elementwise formulas, never read.
"""

from __future__ import annotations

from numba import njit

from clearprop.engines.compiled.kernels.dropout_masks import draw_mask
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.layout import CACHE_LINE, J, Task, Y
from clearprop.engines.compiled.kernels.pointers import (
    at,
    call_part,
    call_unit,
    copy_sixteen,
    doubles,
    integers,
    is_null,
    null,
    offset,
)
from clearprop.engines.compiled.kernels.vector_functions import multiply_add, sum_across
from clearprop.engines.compiled.kernels.vectors import load, load_first, prefetch, splat, store, store_first

SENT_FOR = 512  # bytes of the longest rows of X that are sent for ahead


@njit(error_model="numpy")
def copy_numbers(source, target, count):
    """target[:count] = source[:count]."""
    lanes = n_lanes(source)
    whole = count - count % lanes
    for i in range(0, whole, lanes):
        store(target, i, load(source, i))
    if whole < count:
        store_first(target, whole, count - whole, load_first(source, whole, count - whole, splat(source, 0.0)))


@njit(error_model="numpy")
def scale_numbers(values, count, factor):
    """values[:count] *= factor."""
    lanes = n_lanes(values)
    by = splat(values, factor)
    whole = count - count % lanes
    for i in range(0, whole, lanes):
        store(values, i, load(values, i) * by)
    if whole < count:
        part = load_first(values, whole, count - whole, by) * by
        store_first(values, whole, count - whole, part)


@njit(error_model="numpy")
def multiply_numbers(values, factors, target, count):
    """target[:count] = values[:count] * factors[:count]."""
    lanes = n_lanes(values)
    whole = count - count % lanes
    for i in range(0, whole, lanes):
        store(target, i, load(values, i) * load(factors, i))
    if whole < count:
        left = count - whole
        zero = splat(values, 0.0)
        part = load_first(values, whole, left, zero) * load_first(factors, whole, left, zero)
        store_first(target, whole, left, part)


@njit(error_model="numpy")
def stride_below(job, layers, l):
    """How many numbers there are from one row of what layer l takes to the next."""
    if l > 0:
        return layers[(l - 1) * Y.LENGTH + Y.STRIDE]
    return job[J.GATHERED_STRIDE] if job[J.ORDER] != 0 else job[J.INPUTS]


@njit(error_model="numpy")
def dot_rows(a, stride, w, bias, z, rows, depth):
    """z[i] = bias + Σₚ a[i, p]·w[p]: the product for a layer of one neuron."""
    lanes = n_lanes(a)
    whole = depth - depth % lanes
    for i in range(rows):
        row = offset(a, i * stride)
        total = splat(a, 0.0)
        for p in range(0, whole, lanes):
            total = multiply_add(load(row, p), load(w, p), total)
        if whole < depth:
            zero, left = splat(a, 0.0), depth - whole
            total = multiply_add(load_first(row, whole, left, zero), load_first(w, whole, left, zero), total)
        z[i] = sum_across(total) + bias[0]


@njit(error_model="numpy")
def add_numbers(values, more, count):
    """values[:count] += more[:count]."""
    lanes = n_lanes(values)
    whole = count - count % lanes
    for i in range(0, whole, lanes):
        store(values, i, load(values, i) + load(more, i))
    if whole < count:
        left, zero = count - whole, splat(values, 0.0)
        store_first(values, whole, left, load_first(values, whole, left, zero) + load_first(more, whole, left, zero))


@njit(error_model="numpy")
def gather(job, source, width, target, stride, first, rows, begin, count):
    """Copy `count` numbers from `begin` on of the rows of the batch from position `first` on.

    Those of the next batch are sent for if they are short. The processor itself notices that a long row is being read
    and fetches ahead; short ones it cannot foresee.
    """
    order, later = integers(job[J.ORDER]), job[J.BATCH]
    sent_for = job[J.SAMPLES] - later if width * job[J.ITEMSIZE] <= SENT_FOR else 0
    lanes, in_sixteen = n_lanes(target), 16 // job[J.ITEMSIZE]
    if count == in_sixteen:  # a masked vector would take three times as long
        for i in range(rows):
            if first + i < sent_for:
                prefetch(source, order[first + i + later] * width)
            copy_sixteen(source, order[first + i] * width + begin, target, i * stride + begin)
        return
    if count <= lanes:
        nothing = splat(target, 0.0)
        for i in range(rows):
            if first + i < sent_for:
                prefetch(source, order[first + i + later] * width)
            row = load_first(source, order[first + i] * width + begin, count, nothing)
            store_first(target, i * stride + begin, count, row)
        return
    for i in range(rows):
        if first + i < sent_for:
            for j in range(0, width, CACHE_LINE // job[J.ITEMSIZE]):
                prefetch(source, order[first + i + later] * width + j)
        copy_numbers(offset(source, order[first + i] * width + begin), offset(target, i * stride + begin), count)


@njit(error_model="numpy")
def write_classes(job, target, outputs, first, rows):
    """Y of some rows of a batch from the numbers of their classes: a 1 in each row."""
    codes, order = integers(job[J.CODES]), integers(job[J.ORDER])
    for i in range(rows * outputs):
        target[i] = 0
    for i in range(rows):
        row = order[first + i] if job[J.ORDER] != 0 else first + i
        target[i * outputs + codes[row]] = 1


@njit(error_model="numpy")
def first_layer(job, layers, buffers, panel, second, first, row, rows, shift):
    """One of the two parts of the first layer's z, from a part of the inputs, for some rows of a batch.

    The part that a thread takes of x it needs again for ∂C/∂W, and the rows of W that belong to it are its own to move.
    So neither x nor W goes from one core to the other.
    """
    inputs, outputs, stride = layers[Y.INPUTS], layers[Y.OUTPUTS], layers[Y.STRIDE]
    begin, end = (job[J.SPLIT], inputs) if second else (0, job[J.SPLIT])
    x_stride = stride_below(job, layers, 0)
    x = offset(buffers, shift * x_stride)
    gather(job, at(job[J.X], panel), inputs, x, x_stride, first + row, rows, begin, end - begin)
    theta = at(job[J.THETA], panel)
    z, start = offset(buffers, layers[Y.Z]), offset(theta, layers[Y.B])
    if second:
        z, start = offset(buffers, job[J.SECOND_PART]), at(job[J.ZEROS], panel)
    arguments = (
        integers(job[J.TILES]), 0, offset(x, begin), x_stride, offset(theta, layers[Y.W] + begin * outputs), outputs,
        offset(z, shift * stride), stride, start, 0, rows, end - begin, outputs, panel,
    )  # fmt: skip
    call_part(job[J.PRODUCT], arguments)


@njit(error_model="numpy")
def forward_rows(job, layers, buffers, x, step, batch_row, rows, row_shift, last, panel):
    """z and a of every layer. `last` is where the outputs go, or null for their buffer."""
    theta, constants, empty = at(job[J.THETA], x), at(job[J.CONSTANTS], x), null(x)
    source = x
    for l in range(job[J.DEPTH]):
        inputs, outputs = layers[l * Y.LENGTH + Y.INPUTS], layers[l * Y.LENGTH + Y.OUTPUTS]
        below, stride = stride_below(job, layers, l), layers[l * Y.LENGTH + Y.STRIDE]
        if job[J.TASK] == Task.STEPS and layers[l * Y.LENGTH + Y.DROP_BELOW] > 0:
            mask = offset(buffers, layers[l * Y.LENGTH + Y.MASK] + row_shift * below)
            passed = offset(buffers, layers[l * Y.LENGTH + Y.PASSED] + row_shift * below)
            kept, threshold = constants[l], layers[l * Y.LENGTH + Y.DROP_BELOW]
            draw_mask(job[J.SEED], step, l, batch_row, rows, inputs, below, threshold, kept, mask)
            multiply_numbers(source, mask, passed, rows * below)
            source = passed
        W, b = offset(theta, layers[l * Y.LENGTH + Y.W]), offset(theta, layers[l * Y.LENGTH + Y.B])
        z = offset(buffers, layers[l * Y.LENGTH + Y.Z] + row_shift * stride)
        a = offset(buffers, layers[l * Y.LENGTH + Y.A] + row_shift * stride)
        if l == job[J.DEPTH] - 1 and not is_null(last):
            if layers[l * Y.LENGTH + Y.Z] == layers[l * Y.LENGTH + Y.A]:
                z = last
            a = last
        if l == 0 and job[J.SPLIT] > 0:
            add_numbers(z, offset(buffers, job[J.SECOND_PART] + row_shift * stride), rows * stride)
        elif outputs == 1:
            dot_rows(source, below, W, b, z, rows, inputs)
        else:
            arguments = (
                integers(job[J.TILES]), 0, source, below, W, outputs, z, stride, b, 0, rows, inputs, outputs, panel,
            )  # fmt: skip
            call_part(job[J.PRODUCT], arguments)
        if layers[l * Y.LENGTH + Y.FORWARD] != 0:
            numbers = offset(constants, layers[l * Y.LENGTH + Y.FORWARD_NUMBERS])
            call_unit(layers[l * Y.LENGTH + Y.FORWARD], z, a, empty, empty, empty, empty, rows, stride, numbers)
        source = a


@njit(error_model="numpy")
def loss_of_rows(job, layers, buffers, like, y, share, rows, row_shift):
    """Σ over these rows of loss times share (`share` null: times 1)."""
    last = job[J.DEPTH] - 1
    outputs = job[J.OUTPUTS]
    z = offset(buffers, layers[last * Y.LENGTH + Y.Z] + row_shift * outputs)
    a = offset(buffers, layers[last * Y.LENGTH + Y.A] + row_shift * outputs)
    numbers = offset(at(job[J.CONSTANTS], like), job[J.LOSS_NUMBERS])
    empty = null(like)
    return call_unit(job[J.LOSS], z, a, y, share, empty, empty, rows, outputs, numbers)


@njit(error_model="numpy")
def output_errors(job, layers, buffers, like, y, share, mean, rows, row_shift):
    """BP1: δᴸ of these rows, times each row's share in the mean."""
    last = job[J.DEPTH] - 1
    outputs = job[J.OUTPUTS]
    z = offset(buffers, layers[last * Y.LENGTH + Y.Z] + row_shift * outputs)
    a = offset(buffers, layers[last * Y.LENGTH + Y.A] + row_shift * outputs)
    delta = offset(buffers, layers[last * Y.LENGTH + Y.DELTA] + row_shift * outputs)
    constants, empty = at(job[J.CONSTANTS], like), null(like)
    numbers = offset(constants, job[J.LOSS_SLOPE_NUMBERS])
    call_unit(job[J.LOSS_SLOPE], delta, z, a, y, empty, empty, rows, outputs, numbers)
    if job[J.PULLS_BACK] and layers[last * Y.LENGTH + Y.BACKWARD] != 0:
        numbers = offset(constants, layers[last * Y.LENGTH + Y.BACKWARD_NUMBERS])
        call_unit(layers[last * Y.LENGTH + Y.BACKWARD], delta, z, a, empty, empty, empty, rows, outputs, numbers)
    if is_null(share):
        scale_numbers(delta, rows * outputs, mean)
    else:
        for i in range(rows):
            scale_numbers(offset(delta, i * outputs), outputs, share[i])


@njit(error_model="numpy")
def hidden_errors(job, layers, buffers, like, rows, row_shift, panel):
    """BP2: δˡ of these rows for the hidden layers, the last first."""
    theta, constants, empty = at(job[J.THETA], like), at(job[J.CONSTANTS], like), null(like)
    zeros = at(job[J.ZEROS], like)
    for l in range(job[J.DEPTH] - 2, -1, -1):
        width, next_width = layers[l * Y.LENGTH + Y.OUTPUTS], layers[(l + 1) * Y.LENGTH + Y.OUTPUTS]
        stride, next_stride = layers[l * Y.LENGTH + Y.STRIDE], layers[(l + 1) * Y.LENGTH + Y.STRIDE]
        delta = offset(buffers, layers[l * Y.LENGTH + Y.DELTA] + row_shift * stride)
        above = offset(buffers, layers[(l + 1) * Y.LENGTH + Y.DELTA] + row_shift * next_stride)
        W = offset(theta, layers[(l + 1) * Y.LENGTH + Y.W])
        arguments = (
            integers(job[J.TILES]), above, next_stride, W, next_width, delta, stride, zeros, rows, next_width, width,
            panel,
        )  # fmt: skip
        call_part(job[J.TIMES_TRANSPOSED], arguments)
        if job[J.TASK] == Task.STEPS and layers[(l + 1) * Y.LENGTH + Y.DROP_BELOW] > 0:
            mask = offset(buffers, layers[(l + 1) * Y.LENGTH + Y.MASK] + row_shift * stride)
            multiply_numbers(delta, mask, delta, rows * stride)
        if layers[l * Y.LENGTH + Y.BACKWARD] != 0:
            z = offset(buffers, layers[l * Y.LENGTH + Y.Z] + row_shift * stride)
            a = offset(buffers, layers[l * Y.LENGTH + Y.A] + row_shift * stride)
            numbers = offset(constants, layers[l * Y.LENGTH + Y.BACKWARD_NUMBERS])
            call_unit(layers[l * Y.LENGTH + Y.BACKWARD], delta, z, a, empty, empty, empty, rows, stride, numbers)


@njit(error_model="numpy")
def train_rows(job, layers, buffers, panel, step, first, row, rows, shift, total):
    """Phase A for the rows `row` … of a batch that begins at `first`; their buffers begin `shift` rows on."""
    inputs, outputs, like = job[J.INPUTS], job[J.OUTPUTS], buffers
    if job[J.ORDER] != 0:
        stride = stride_below(job, layers, 0)
        x, y = offset(buffers, shift * stride), offset(buffers, job[J.TARGET] + shift * outputs)
        if job[J.SPLIT] == 0:
            gather(job, at(job[J.X], like), inputs, x, stride, first + row, rows, 0, inputs)
        if job[J.CODES] == 0:
            gather(job, at(job[J.Y], like), outputs, y, outputs, first + row, rows, 0, outputs)
    else:
        x = offset(at(job[J.X], like), (first + row) * inputs)
        y = offset(at(job[J.Y], like), (first + row) * outputs)
        if job[J.SMOOTHING] != 0 or job[J.CODES] != 0:
            target = offset(buffers, job[J.TARGET] + shift * outputs)
            if job[J.CODES] == 0:
                copy_numbers(y, target, rows * outputs)
            y = target
    if job[J.CODES] != 0:
        write_classes(job, y, outputs, first + row, rows)
    empty = null(like)
    constants = at(job[J.CONSTANTS], like)
    if job[J.SMOOTHING] != 0:
        numbers = offset(constants, job[J.SMOOTHING_NUMBERS])
        call_unit(job[J.SMOOTHING], y, empty, empty, empty, empty, empty, rows, outputs, numbers)
    forward_rows(job, layers, buffers, x, step, row, rows, shift, empty, panel)
    share = empty
    if job[J.WEIGHT] != 0:
        share = offset(buffers, job[J.SHARE] + shift)
        weight, order = at(job[J.WEIGHT], like), integers(job[J.ORDER])
        for i in range(rows):
            share[i] = weight[order[first + row + i] if job[J.ORDER] != 0 else first + row + i] / total
    for r in range(0, rows, job[J.BLOCK]):
        part = min(job[J.BLOCK], rows - r)
        share_here = share if job[J.WEIGHT] == 0 else offset(share, r)
        cost = loss_of_rows(job, layers, buffers, like, offset(y, r * outputs), share_here, part, shift + r)
        doubles(job[J.LOSS_PARTS])[(row + r) // job[J.BLOCK]] = cost if job[J.WEIGHT] != 0 else cost / total
    if job[J.TASK] != Task.LOSS:
        output_errors(job, layers, buffers, like, y, share, 1.0 / total, rows, shift)
        hidden_errors(job, layers, buffers, like, rows, shift, panel)
