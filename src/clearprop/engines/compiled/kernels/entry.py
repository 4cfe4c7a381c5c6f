"""What one thread does for a job: updates (`update_loop`), a gradient or a loss over all rows, or outputs."""

from __future__ import annotations

from numba import njit

from clearprop.engines.compiled.kernels.barrier import wait_for_all
from clearprop.engines.compiled.kernels.batch_division import rows_and_gradient
from clearprop.engines.compiled.kernels.layout import COST, J, Task
from clearprop.engines.compiled.kernels.pointers import at, call_part, doubles, offset
from clearprop.engines.compiled.kernels.update_loop import finish_own, judge, make_steps


@njit(error_model="numpy")
def evaluate(job, layers, like, panel, thread):
    """The loss over all rows, and the gradient if that is the task."""
    total = doubles(job[J.TOTAL])[0]
    count = job[J.SAMPLES]
    rows_and_gradient(job, layers, like, panel, thread, 0, 0, count, total)
    if job[J.TASK] == Task.GRADIENT:
        finish_own(job, layers, like, panel, thread, total)
        wait_for_all(job, thread)
    if thread == 0:
        result = doubles(job[J.RESULT])
        blocks = (count + job[J.BLOCK] - 1) // job[J.BLOCK]
        cost = 0.0
        if job[J.TASK] == Task.GRADIENT:
            cost, _, _ = judge(job, layers, like, blocks)
        else:
            for i in range(blocks):
                cost += doubles(job[J.LOSS_PARTS])[i]
        result[COST] = cost


@njit(error_model="numpy")
def predict(job, layers, like, panel, thread):
    """The outputs of all rows, block by block, each thread for its own blocks."""
    threads, rows_at_once = job[J.THREADS], job[J.CHUNK]
    buffers = offset(at(job[J.BUFFERS], like), thread * job[J.THREAD_STRIDE])
    blocks = (job[J.SAMPLES] + rows_at_once - 1) // rows_at_once
    for block in range(blocks * thread // threads, blocks * (thread + 1) // threads):
        row = block * rows_at_once
        rows = min(rows_at_once, job[J.SAMPLES] - row)
        x, out = offset(at(job[J.X], like), row * job[J.INPUTS]), offset(at(job[J.OUT], like), row * job[J.OUTPUTS])
        call_part(job[J.FORWARD_ROWS], (job, layers, buffers, x, 0, row, rows, 0, out, panel))


@njit(error_model="numpy")
def work(thread, job, layers, like):
    """What one thread does for a job. `like` is any array of the job's type.

    All threads leave together: the one that called has not to ask Python whether the others are done.
    """
    panel = offset(at(job[J.PANELS], like), thread * job[J.PANEL_STRIDE])
    if job[J.TASK] == Task.STEPS:
        make_steps(job, layers, like, panel, thread)
    elif job[J.TASK] == Task.OUTPUTS:
        predict(job, layers, like, panel, thread)
    else:
        evaluate(job, layers, like, panel, thread)
    wait_for_all(job, thread)
