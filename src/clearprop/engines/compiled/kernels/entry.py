"""What one thread does for a job: updates (`update_loop`), a gradient or a loss over all rows, or outputs."""

from __future__ import annotations

from clearprop.engines.compiled.kernels.apart import copy_first, give_back, is_apart
from clearprop.engines.compiled.kernels.barrier import wait_for_all
from clearprop.engines.compiled.kernels.batch_division import rows_and_gradient
from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import arguments_of, call_kernel
from clearprop.engines.compiled.kernels.forward_backward import forward_rows
from clearprop.engines.compiled.kernels.gradient import finish_own
from clearprop.engines.compiled.kernels.layout import SCRATCH, Job, Task
from clearprop.engines.compiled.kernels.pointers import offset
from clearprop.engines.compiled.kernels.sparse_rows import is_sparse, sparse_product
from clearprop.engines.compiled.kernels.update_loop import cost_and_norms, make_steps

ForwardRows = arguments_of(forward_rows)


@njit(error_model="numpy")
def evaluate(job, panel, thread):
    """The loss over all rows, and the gradient if that is the task."""
    total, count = job.total, job.n_samples
    rows_and_gradient(job, panel, thread, 0, 0, count, total)
    if job.task == Task.GRADIENT:
        finish_own(job, panel, thread, total, 0)
        wait_for_all(job, thread)
    if thread == 0:
        blocks = (count + job.block - 1) // job.block
        cost = 0.0
        if job.task == Task.GRADIENT:
            cost, _, _ = cost_and_norms(job, blocks, False)
        else:
            for i in range(blocks):
                cost += job.loss_parts[i]
        job.result.cost = cost


@njit(error_model="numpy")
def predict(job, panel, thread):
    """The outputs of all rows, block by block, each thread for its own blocks."""
    threads, rows_at_once = job.n_threads, job.chunk
    buffers = offset(job.buffers, thread * job.thread_stride)
    blocks = (job.n_samples + rows_at_once - 1) // rows_at_once
    for block in range(blocks * thread // threads, blocks * (thread + 1) // threads):
        row = block * rows_at_once
        rows = min(rows_at_once, job.n_samples - row)
        if is_sparse(job):
            first = job.layers[0]
            to = offset(job.outputs_to, row * job.outputs)
            z = to if job.depth == 1 and first.z == first.a else offset(buffers, first.z)
            sparse_product(job, z, row, rows)
        arguments = ForwardRows(
            job=job, buffers=buffers, x=offset(job.x, row * job.inputs), step=0, batch_row=row, rows=rows, shift=0,
            last=offset(job.outputs_to, row * job.outputs), panel=panel,
        )  # fmt: skip
        call_kernel(job.forward_rows, arguments)


@njit(error_model="numpy")
def work(thread: int, job: Job) -> None:
    """What one thread does for a job.

    All threads leave together: the one that called has not to ask Python whether the others are done.
    """
    panel = offset(job.panels, thread * (job.panel_numbers + SCRATCH))
    if job.task == Task.STEPS:
        own = job[thread] if is_apart(job) else job
        copy_first(own, thread)
        make_steps(own, panel, thread)
        give_back(own, thread)
    elif job.task == Task.OUTPUTS:
        predict(job, panel, thread)
    else:
        evaluate(job, panel, thread)
    wait_for_all(job, thread)
