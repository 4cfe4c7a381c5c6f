"""Phase A of an update, on some rows of a batch: gather, forward, loss, BP1 and BP2.

A thread does this for rows of its own, so nothing here waits for another thread. Rows in buffers follow each other at
the stride of their layer, which is more than its width where the caches want it (`partition.stride_of`). Padding
between rows is written by elementwise formulas, never read.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import Numbers, arguments_of, call_formula, call_kernel
from clearprop.engines.compiled.kernels.dropout_masks import draw_mask
from clearprop.engines.compiled.kernels.elementwise import (
    add_numbers,
    copy_numbers,
    dot_rows,
    multiply_numbers,
    scale_numbers,
)
from clearprop.engines.compiled.kernels.embedding import embed, errors_of_waves
from clearprop.engines.compiled.kernels.gather import gather, row_at, stride_below, write_classes
from clearprop.engines.compiled.kernels.layout import Job, Task
from clearprop.engines.compiled.kernels.pointers import is_null, null, offset
from clearprop.engines.compiled.kernels.products import product, times_transposed
from clearprop.engines.compiled.kernels.sparse_rows import is_sparse, sparse_product

Product, TimesTransposed = arguments_of(product), arguments_of(times_transposed)


@njit(error_model="numpy")
def first_layer(
    job: Job, buffers: Numbers, panel: Numbers, second: int, first: int, row: int, rows: int, shift: int
) -> None:
    """One of the two parts of the first layer's z, from a part of the inputs, for some rows of a batch.

    The part that a thread takes of x it needs again for ∂C/∂W, and the rows of W that belong to it are its own to move.
    So neither x nor W goes from one core to the other.
    """
    layer = job.layers[0]
    inputs, outputs, stride = layer.inputs, layer.outputs, layer.stride
    begin, end = (job.split, inputs) if second else (0, job.split)
    x_stride = stride_below(job, 0)
    x = offset(buffers, shift * x_stride)
    gather(job, job.x, inputs, x, x_stride, first + row, rows, begin, end - begin)
    z, start = offset(buffers, layer.z), offset(job.theta, layer.bias)
    if second:
        z, start = offset(buffers, job.second_part), job.zeros
    arguments = Product(
        tiles=job.microkernels, by_columns=0, a=offset(x, begin), a_stride=x_stride,
        b=offset(job.theta, layer.weights + begin * outputs), b_stride=outputs, c=offset(z, shift * stride),
        c_stride=stride, start=start, start_stride=0, rows=rows, depth=end - begin, columns=outputs, panel=panel,
    )  # fmt: skip
    call_kernel(job.product, arguments)


@njit(error_model="numpy")
def forward_rows(
    job: Job, buffers: Numbers, x: Numbers, step: int, batch_row: int, rows: int, shift: int, last: Numbers,
    panel: Numbers,
) -> None:  # fmt: skip
    """z and a of every layer. `last` is where the outputs go, or null for their buffer."""
    source = x
    for l in range(job.depth):
        layer = job.layers[l]
        inputs, outputs, stride = layer.inputs, layer.outputs, layer.stride
        below = stride_below(job, l)
        if job.task == Task.STEPS and layer.drop_below > 0:
            mask, passed = offset(buffers, layer.mask + shift * below), offset(buffers, layer.passed + shift * below)
            draw_mask(job.seed, step, l, batch_row, rows, inputs, below, layer.drop_below, job.constants[l], mask)
            multiply_numbers(source, mask, passed, rows * below)
            source = passed
        W, b = offset(job.theta, layer.weights), offset(job.theta, layer.bias)
        z, a = offset(buffers, layer.z + shift * stride), offset(buffers, layer.a + shift * stride)
        if l == job.depth - 1 and not is_null(last):
            if layer.z == layer.a:
                z = last
            a = last
        if layer.waves > 0:
            embed(job, layer, source, below, z, a, rows)
        elif l == 0 and is_sparse(job):
            pass  # `train_rows` has it
        elif l == 0 and job.split > 0:
            add_numbers(z, offset(buffers, job.second_part + shift * stride), rows * stride)
        elif outputs == 1:
            dot_rows(source, below, W, b, z, rows, inputs)
        else:
            arguments = Product(
                tiles=job.microkernels, by_columns=0, a=source, a_stride=below, b=W, b_stride=outputs, c=z,
                c_stride=stride, start=b, start_stride=0, rows=rows, depth=inputs, columns=outputs, panel=panel,
            )  # fmt: skip
            call_kernel(job.product, arguments)
        if layer.forward != 0 and layer.waves == 0:
            call_formula(layer.forward, (z, a), rows, stride, offset(job.constants, layer.forward_uniforms))
        source = a


@njit(error_model="numpy")
def loss_of_rows(job, buffers, y, share, rows, shift):
    """Σ over these rows of loss times share (`share` null: times 1)."""
    layer, outputs = job.layers[job.depth - 1], job.outputs
    z, a = offset(buffers, layer.z + shift * outputs), offset(buffers, layer.a + shift * outputs)
    return call_formula(job.loss, (z, a, y, share), rows, outputs, offset(job.constants, job.loss_uniforms))


@njit(error_model="numpy")
def output_errors(job, buffers, y, share, mean, rows, shift):
    """BP1: δᴸ of these rows, times each row's share in the mean."""
    layer, outputs = job.layers[job.depth - 1], job.outputs
    z, a = offset(buffers, layer.z + shift * outputs), offset(buffers, layer.a + shift * outputs)
    delta = offset(buffers, layer.delta + shift * outputs)
    uniforms = offset(job.constants, job.output_error_uniforms)
    call_formula(job.output_error, (delta, z, a, y), rows, outputs, uniforms)
    if job.pulls_back and layer.backward != 0:
        uniforms = offset(job.constants, layer.backward_uniforms)
        call_formula(layer.backward, (delta, z, a), rows, outputs, uniforms)
    if is_null(share):
        scale_numbers(delta, rows * outputs, mean)
    else:
        for i in range(rows):
            scale_numbers(offset(delta, i * outputs), outputs, share[i])


@njit(error_model="numpy")
def hidden_errors(job, buffers, rows, shift, panel):
    """BP2: δˡ of these rows for the hidden layers, the last first."""
    for l in range(job.depth - 2, -1, -1):
        layer, above = job.layers[l], job.layers[l + 1]
        stride, first = layer.stride, layer.inputs if layer.waves > 0 else 0
        delta = offset(buffers, layer.delta + shift * stride)
        arguments = TimesTransposed(
            tiles=job.microkernels, a=offset(buffers, above.delta + shift * above.stride),
            a_stride=above.stride, b=offset(job.theta, above.weights + first * above.outputs), b_stride=above.outputs,
            c=offset(delta, first), c_stride=stride, zeros=job.zeros, rows=rows, depth=above.outputs,
            columns=layer.outputs - first, panel=panel,
        )  # fmt: skip
        call_kernel(job.times_transposed, arguments)
        if job.task == Task.STEPS and above.drop_below > 0:
            multiply_numbers(delta, offset(buffers, above.mask + shift * stride), delta, rows * stride)
        if layer.waves > 0:
            z, a = offset(buffers, layer.z + shift * stride), offset(buffers, layer.a + shift * stride)
            errors_of_waves(job, layer, z, a, delta, rows)
        elif layer.backward != 0:
            z, a = offset(buffers, layer.z + shift * stride), offset(buffers, layer.a + shift * stride)
            uniforms = offset(job.constants, layer.backward_uniforms)
            call_formula(layer.backward, (delta, z, a), rows, stride, uniforms)


@njit(error_model="numpy")
def inputs_and_targets(job, buffers, first, rows, shift):
    """Where x and y of the rows from position `first` on are, after gathering, one-hot encoding and smoothing."""
    inputs, outputs = job.inputs, job.outputs
    target = offset(buffers, job.target + shift * outputs)
    if not is_null(job.order):
        stride = stride_below(job, 0)
        x, y = offset(buffers, shift * stride), target
        if job.split == 0 and not is_sparse(job):
            gather(job, job.x, inputs, x, stride, first, rows, 0, inputs)
        if is_null(job.classes):
            gather(job, job.y, outputs, y, outputs, first, rows, 0, outputs)
    else:
        x, y = offset(job.x, first * inputs), offset(job.y, first * outputs)
        if job.smoothing != 0 or not is_null(job.classes):
            if is_null(job.classes):
                copy_numbers(y, target, rows * outputs)
            y = target
    if not is_null(job.classes):
        write_classes(job, y, outputs, first, rows)
    if job.smoothing != 0:
        call_formula(job.smoothing, (y,), rows, outputs, offset(job.constants, job.smoothing_uniforms))
    return x, y


@njit(error_model="numpy")
def train_rows(
    job: Job, buffers: Numbers, panel: Numbers, step: int, first: int, row: int, rows: int, shift: int, total: float
) -> None:
    """Phase A for the rows `row` … of a batch that begins at `first`; their buffers begin `shift` rows on."""
    outputs, is_weighted = job.outputs, not is_null(job.weight)
    x, y = inputs_and_targets(job, buffers, first + row, rows, shift)
    if is_sparse(job):
        first_z = offset(buffers, job.layers[0].z + shift * job.layers[0].stride)
        sparse_product(job, first_z, first + row, rows)
    forward_rows(job, buffers, x, step, row, rows, shift, null(x), panel)
    share = null(x)
    if is_weighted:
        share = offset(buffers, job.share + shift)
        for i in range(rows):
            share[i] = job.weight[row_at(job, first + row + i)] / total
    for r in range(0, rows, job.block):
        part = min(job.block, rows - r)
        share_here = offset(share, r) if is_weighted else share
        cost = loss_of_rows(job, buffers, offset(y, r * outputs), share_here, part, shift + r)
        job.loss_parts[job.turn * job.blocks + (row + r) // job.block] = cost if is_weighted else cost / total
    if job.task != Task.LOSS:
        output_errors(job, buffers, y, share, 1.0 / total, rows, shift)
        hidden_errors(job, buffers, rows, shift, panel)
