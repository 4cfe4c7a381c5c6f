"""A whole stretch of updates in one call: the loop over batches, its three phases, and where threads wait for another.

Each thread runs `entry.work` from beginning to end on the same job. Per update:

A  rows      each thread for its own rows: gather, forward, loss, BP1, BP2 (`forward_backward`);
             before it, the first layer of a network with many inputs, each thread for its own inputs
B  gradient  each thread for its own pieces of θ: BP3, BP4, penalties, norms (`gradient`)
C  update    each thread for its own pieces of θ, after all have looked at the norms

How the rows and gradients of a batch are shared out, or cut into shards, is in `batch_division`. What threads decide on
they compute for themselves from the same numbers in the same order, so they agree without asking each other.
"""

from __future__ import annotations

import math

from numba import njit

from clearprop.engines.compiled.kernels.barrier import APART, WAITED, clock, only_wait, wait_for_all, waits
from clearprop.engines.compiled.kernels.batch_division import rows_and_gradient
from clearprop.engines.compiled.kernels.gradient import add_shards, owns_bias, weight_rows
from clearprop.engines.compiled.kernels.layout import (
    COST,
    LOSS_SUM,
    NORMS,
    PIECE_LENGTH,
    PIECE_START,
    PIECE_STOP,
    STATUS,
    STEPS_DONE,
    WEIGHT_SUM,
    J,
    Y,
)
from clearprop.engines.compiled.kernels.pointers import at, call_part, doubles, integers, offset
from clearprop.engines.compiled.kernels.update_rule import update_own


@njit(error_model="numpy")
def batch_weight(job, like, first, rows):
    """The weight of a batch: Σw, or its number of rows."""
    if job[J.WEIGHT] == 0:
        return float(rows)
    weight = at(job[J.WEIGHT], like)
    order = integers(job[J.ORDER])
    total = 0.0
    for i in range(first, first + rows):
        total += weight[order[i] if job[J.ORDER] != 0 else i]
    return total


@njit(error_model="numpy")
def finish_own(job, layers, like, panel, thread, total):
    """The end of phase B for the pieces of a thread: sum of shards, penalties, norms."""
    threads = job[J.THREADS]
    table = integers(job[J.PIECES])
    decays = doubles(job[J.DECAYS])
    own = offset(panel, job[J.PANEL_STRIDE] - 16)
    for l in range(job[J.DEPTH]):
        low, high = weight_rows(job, layers, l, thread, threads)
        bias = layers[l * Y.LENGTH + Y.FIRST_PIECE] + layers[l * Y.LENGTH + Y.N_PIECES]
        for piece in range(low, high + 1):
            if piece == high:
                if not owns_bias(l, thread, threads):
                    break
                piece = bias
            if job[J.SHARDS] > 0:
                add_shards(
                    job, like, table[piece * PIECE_LENGTH + PIECE_START], table[piece * PIECE_LENGTH + PIECE_STOP]
                )
            call_part(job[J.FINISH_PIECE], (job, decays[2 * l + (1 if piece == bias else 0)], piece, total, own))


@njit(error_model="numpy")
def judge(job, layers, like, blocks):
    """The cost, and the norm of each layer (into the result, by one thread); whether all is finite; ‖gradient‖."""
    cost = 0.0
    losses, norms, penalties = doubles(job[J.LOSS_PARTS]), doubles(job[J.NORM_PARTS]), doubles(job[J.PENALTY_PARTS])
    for i in range(blocks):
        cost += losses[i]
    whole = 0.0
    finite = True
    for l in range(job[J.DEPTH]):
        square = 0.0
        first = layers[l * Y.LENGTH + Y.FIRST_PIECE]
        for piece in range(first, first + layers[l * Y.LENGTH + Y.N_PIECES] + 1):
            square += norms[piece]
            cost += penalties[piece]
        finite = finite and math.isfinite(square)
        whole += square
    return cost, whole, finite and math.isfinite(cost)


@njit(error_model="numpy")
def write_norms(job, layers, result):
    """‖∂C/∂θ‖ of each layer into the result."""
    norms = doubles(job[J.NORM_PARTS])
    for l in range(job[J.DEPTH]):
        square = 0.0
        first = layers[l * Y.LENGTH + Y.FIRST_PIECE]
        for piece in range(first, first + layers[l * Y.LENGTH + Y.N_PIECES] + 1):
            square += norms[piece]
        result[NORMS + l] = math.sqrt(square)


@njit(error_model="numpy")
def make_steps(job, layers, like, panel, thread):
    """Every update of a stretch, until one is not finite, or until threads find that they only wait for each other."""
    result, shared = doubles(job[J.RESULT]), waits(job)
    began = clock(job)
    done = job[J.STEPS]
    if thread == 0:
        shared[WAITED], shared[APART] = 0, 0
    size, samples = job[J.BATCH], job[J.SAMPLES]
    loss_sum, weight_sum = 0.0, 0.0
    for s in range(job[J.STEPS]):
        first = (job[J.CURSOR] + s) * size
        count = min(size, samples - first)
        total = batch_weight(job, like, first, count)
        if not total > 0.0:  # a batch whose weights are all zero says nothing
            continue
        rows_and_gradient(job, layers, like, panel, thread, job[J.STEP] + s, first, count, total)
        finish_own(job, layers, like, panel, thread, total)
        wait_for_all(job, thread)
        cost, whole, finite = judge(job, layers, like, (count + job[J.BLOCK] - 1) // job[J.BLOCK])
        if thread == 0:
            write_norms(job, layers, result)
        if not finite:
            if thread == 0:
                result[STATUS], result[STEPS_DONE], result[COST] = 1.0, float(s), cost
                result[LOSS_SUM], result[WEIGHT_SUM] = loss_sum, weight_sum
            return
        update_own(job, layers, like, panel, thread, s, whole)
        loss_sum += cost * total
        weight_sum += total
        if thread == 0 and only_wait(job, began):
            shared[APART] = 1
        wait_for_all(job, thread)
        if shared[APART]:
            done = s + 1
            break
    if thread == 0:
        result[STATUS], result[STEPS_DONE] = 0.0, float(done)
        result[LOSS_SUM], result[WEIGHT_SUM] = loss_sum, weight_sum
