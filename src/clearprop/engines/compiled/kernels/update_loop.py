"""A whole stretch of updates in one call: the loop over batches, its three phases, and where threads wait for another.

Each thread runs `entry.work` from beginning to end on the same job. Per update:

A  rows      each thread for its own rows: gather, forward, loss, BP1, BP2 (`forward_backward`);
             before it, the first layer of a network with many inputs, each thread for its own inputs
B  gradient  each thread for its own pieces of θ: BP3, BP4, penalties, norms (`gradient`)
C  update    each thread for its own pieces of θ, after all have looked at the norms (`update_rule`)

How the rows and gradients of a batch are shared out, or cut into shards, is in `batch_division`. What threads decide on
they compute for themselves from the same numbers in the same order, so they agree without asking each other.

Where a network is small, each thread has a θ of its own, and they wait for each other once in an update (`apart`).
"""

from __future__ import annotations

import math

from clearprop.engines.compiled.kernels.apart import is_apart, parts_and_gradient
from clearprop.engines.compiled.kernels.barrier import clock, only_wait, wait_for_all
from clearprop.engines.compiled.kernels.batch_division import rows_and_gradient
from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.epoch_ends import end_epoch
from clearprop.engines.compiled.kernels.gather import row_at
from clearprop.engines.compiled.kernels.gradient import finish_own
from clearprop.engines.compiled.kernels.pointers import is_null
from clearprop.engines.compiled.kernels.update_rule import update_own


@njit(error_model="numpy")
def batch_weight(job, first, rows):
    """The weight of a batch: Σw, or its number of rows."""
    if is_null(job.weight):
        return float(rows)
    total = 0.0
    for i in range(first, first + rows):
        total += job.weight[row_at(job, i)]
    return total


@njit(error_model="numpy")
def cost_and_norms(job, blocks, writes):
    """The cost, the squared norm of the gradient, and whether all is finite; the norms of layers, if it `writes`."""
    cost = whole = 0.0
    finite = True
    for i in range(blocks):
        cost += job.loss_parts[job.turn * job.blocks + i]
    for l in range(job.depth):
        square, first = 0.0, job.layers[l].first_piece
        for piece in range(first, first + job.layers[l].n_pieces + 1):
            square += job.norm_parts[piece]
            cost += job.penalty_parts[piece]
        finite = finite and math.isfinite(square)
        whole += square
        if writes:
            job.norms[l] = math.sqrt(square)
    return cost, whole, finite and math.isfinite(cost)


@njit(error_model="numpy")
def gradient_of_batch(job, panel, thread, s, first, count, total, tells):
    """Phases A and B of update s, after which a thread knows of the others' losses and norms what it has to."""
    if job.first_owners > job.owners:
        parts_and_gradient(job, panel, thread, first, count, total, s, tells or not is_null(job.weight))
        return
    rows_and_gradient(job, panel, thread, job.step + s, first, count, total)
    finish_own(job, panel, thread, total, 0)
    if not is_apart(job):
        wait_for_all(job, thread)


@njit(error_model="numpy")
def end_update(job, thread):
    """After θ has moved, the other thread may still read what this update left: wait, or write to the other set."""
    if is_apart(job):
        job.turn = 1 - job.turn
    else:
        wait_for_all(job, thread)


@njit(error_model="numpy")
def make_steps(job, panel, thread):
    """Every update of a stretch, until one is not finite, or until threads find that they only wait for each other."""
    result, waits, began, done = job.result, job.waits, clock(job), job.steps
    if thread == 0:
        waits.nanoseconds[0], waits.returns_early = 0, 0
        result.diverged = 0
    loss_sum, weight_sum = result.loss_sum, result.weight_sum  # of the epoch so far
    epoch, batch = 0, job.cursor
    for s in range(job.steps):
        if batch == job.batches:
            if thread == 0:
                end_epoch(job, epoch, loss_sum, weight_sum)
            epoch, batch, loss_sum, weight_sum = epoch + 1, 0, 0.0, 0.0
        count = min(job.batch_size, job.n_samples - batch * job.batch_size)
        first = epoch * job.n_samples + batch * job.batch_size  # where the batch begins in the order
        batch += 1
        total = batch_weight(job, first, count)
        if not total > 0.0:  # a batch whose weights are all zero says nothing
            continue
        if thread == 0 and only_wait(job, began):
            waits.returns_early = s + 1
        gradient_of_batch(job, panel, thread, s, first, count, total, batch == job.batches or s + 1 == job.steps)
        cost, whole, finite = cost_and_norms(job, (count + job.block - 1) // job.block, thread == 0)
        if not finite:
            if thread == 0:
                result.diverged, result.cost = 1, cost
            done, batch = s, batch - 1
            break
        update_own(job, panel, thread, s, whole)
        loss_sum += cost * total
        weight_sum += total
        end_update(job, thread)
        if waits.returns_early == s + 1:
            done = s + 1
            break
    if thread == 0:
        if batch == job.batches:
            end_epoch(job, epoch, loss_sum, weight_sum)
        result.steps_done, result.loss_sum, result.weight_sum = done, loss_sum, weight_sum
