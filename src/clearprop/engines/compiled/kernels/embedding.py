"""An embedding of numbers as the first layer: its rows forward, and the gradients of its frequencies and phases.

The numbers of a row are what came in, and the waves behind it. In place of W and b the layer has frequencies and
phases, in place of z the angles θ of the waves, and of δ only ∂C/∂θ is computed: nothing asks for the rest.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.calling import call_formula
from clearprop.engines.compiled.kernels.elementwise import copy_numbers
from clearprop.engines.compiled.kernels.kernel_vocabulary import n_lanes
from clearprop.engines.compiled.kernels.pointers import is_null, null, offset
from clearprop.engines.compiled.kernels.vector_functions import multiply_add
from clearprop.engines.compiled.kernels.vector_memory import load_first, splat, store_first


@njit(error_model="numpy")
def embed(job, layer, source, below, z, a, rows):
    """a of an embedding: each row of the source as it is, and cos(f·x + φ) behind it."""
    frequencies, phases = offset(job.theta, layer.weights), offset(job.theta, layer.bias)
    inputs, waves, lanes, zero = layer.inputs, layer.waves, n_lanes(source), splat(source, 0.0)
    uniforms = offset(job.constants, layer.forward_uniforms)
    for r in range(rows):
        x, row = offset(source, r * below), r * layer.stride
        angles, target = offset(z, row + inputs), offset(a, row + inputs)
        copy_numbers(x, offset(a, row), inputs)
        for i in range(layer.n_columns):
            number = splat(x, x[layer.columns[i]])
            for j in range(i * waves, (i + 1) * waves, lanes):
                left = (i + 1) * waves - j
                f, phase = load_first(frequencies, j, left, zero), load_first(phases, j, left, zero)
                store_first(angles, j, left, multiply_add(f, number, phase))
        call_formula(layer.forward, (angles, target), 1, layer.n_columns * waves, uniforms)


@njit(error_model="numpy")
def errors_of_waves(job, layer, z, a, delta, rows):
    """From ∂C/∂a to ∂C/∂θ of the waves, in place."""
    uniforms, inputs = offset(job.constants, layer.backward_uniforms), layer.inputs
    for r in range(rows):
        at = r * layer.stride + inputs
        call_formula(
            layer.backward, (offset(delta, at), offset(z, at), offset(a, at)), 1, layer.n_columns * layer.waves,
            uniforms,
        )  # fmt: skip


@njit(error_model="numpy")
def sum_with(errors, stride, x, below, target, start, stop, rows, begins):
    """target[start:stop] = Σ over rows of ∂C/∂θ, times x if there is one; added to what is there unless `begins`."""
    lanes, zero = n_lanes(errors), splat(errors, 0.0)
    for j in range(start, stop, lanes):
        left = stop - j
        total = zero if begins else load_first(target, j, left, zero)
        for r in range(rows):
            error = load_first(errors, r * stride + j, left, zero)
            total = total + error if is_null(x) else multiply_add(splat(errors, x[r * below]), error, total)
        store_first(target, j, left, total)


@njit(error_model="numpy")
def gradient_of_embedding(layer, delta, source, below, gradient, frequencies, phases, rows, begins):
    """∂C/∂f = Σ ∂C/∂θ·x if `frequencies`, and ∂C/∂φ = Σ ∂C/∂θ if `phases`; added unless `begins`."""
    waves, errors, target = layer.waves, offset(delta, layer.inputs), offset(gradient, layer.weights)
    if frequencies:
        for i in range(layer.n_columns):
            x = offset(source, layer.columns[i])
            sum_with(errors, layer.stride, x, below, target, i * waves, (i + 1) * waves, rows, begins)
    if phases:
        target = offset(gradient, layer.bias)
        sum_with(errors, layer.stride, null(errors), below, target, 0, layer.n_columns * waves, rows, begins)
