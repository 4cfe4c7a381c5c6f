"""Loops over arrays that need no formula: copies, sums, products; in whole vectors, and then what is left."""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.pointers import offset
from clearprop.engines.compiled.kernels.vector_functions import multiply_add, sum_across
from clearprop.engines.compiled.kernels.vector_memory import load, load_first, splat, store, store_first


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
def add_scaled(values, factor, target, count):
    """target[:count] += factor · values[:count]."""
    lanes, by = n_lanes(target), splat(target, factor)
    whole = count - count % lanes
    for i in range(0, whole, lanes):
        store(target, i, multiply_add(by, load(values, i), load(target, i)))
    if whole < count:
        left = count - whole
        total = multiply_add(by, load_first(values, whole, left, by), load_first(target, whole, left, by))
        store_first(target, whole, left, total)


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
def column_sums(delta, stride, target, rows, width, begins):
    """BP3: target[j] = Σᵢ delta[i, j], added to what is there unless `begins`; four running sums hide the latency."""
    lanes = n_lanes(delta)
    if width == 1:
        total = splat(delta, 0.0)
        for i in range(0, rows - rows % lanes, lanes):
            total = total + load(delta, i)
        left = rows % lanes
        if left:
            total = total + load_first(delta, rows - left, left, splat(delta, 0.0))
        if not begins:
            total = total + load_first(target, 0, 1, splat(delta, 0.0))
        target[0] = sum_across(total)
        return
    zero = splat(delta, 0.0)
    for j in range(0, width, lanes):
        left = width - j
        s0, s1, s2, s3 = zero, zero, zero, zero
        if not begins:
            s0 = load_first(target, j, left, zero)
        i = 0
        while i + 4 <= rows:
            s0 = s0 + load_first(delta, i * stride + j, left, zero)
            s1 = s1 + load_first(delta, (i + 1) * stride + j, left, zero)
            s2 = s2 + load_first(delta, (i + 2) * stride + j, left, zero)
            s3 = s3 + load_first(delta, (i + 3) * stride + j, left, zero)
            i += 4
        while i < rows:
            s0 = s0 + load_first(delta, i * stride + j, left, zero)
            i += 1
        store_first(target, j, left, (s0 + s1) + (s2 + s3))


@njit(error_model="numpy")
def sum_of_squares(values, count):
    """Σ values², in numbers of their own type: it overflows where NumPy's norm does."""
    lanes = n_lanes(values)
    zero = splat(values, 0.0)
    s0, s1, s2, s3 = zero, zero, zero, zero
    i = 0
    while i + 4 * lanes <= count:
        x0, x1 = load(values, i), load(values, i + lanes)
        x2, x3 = load(values, i + 2 * lanes), load(values, i + 3 * lanes)
        s0, s1 = multiply_add(x0, x0, s0), multiply_add(x1, x1, s1)
        s2, s3 = multiply_add(x2, x2, s2), multiply_add(x3, x3, s3)
        i += 4 * lanes
    while i < count:
        x = load_first(values, i, count - i, zero)
        s0 = multiply_add(x, x, s0)
        i += lanes
    return float(sum_across((s0 + s1) + (s2 + s3)))


@njit(error_model="numpy")
def transpose(source, rows, columns, target, begins):
    """target[j, i] = source[i, j], added to what is there unless `begins`."""
    for j in range(columns):
        for i in range(rows):
            number = source[i * columns + j]
            target[j * rows + i] = number if begins else target[j * rows + i] + number


@njit(error_model="numpy")
def clear(gradient, count):
    """gradient[:count] = 0."""
    for i in range(count):
        gradient[i] = 0
