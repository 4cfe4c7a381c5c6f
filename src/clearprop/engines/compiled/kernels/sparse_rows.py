"""The first layer of a network whose rows are sparse: of X only what is not zero is read, forward and for ∂C/∂W.

X lies in compressed rows: `job.x` has the numbers, `job.columns` the column of each, rising within a row, and
`job.starts` where each row begins. A product of dense rows adds the same terms in the same order, and zeros between
them; where it is cut in parts for two threads (`partition.split_of`) its last bits can differ from these.
"""

from __future__ import annotations

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.elementwise import add_scaled, clear, copy_numbers
from clearprop.engines.compiled.kernels.gather import row_at
from clearprop.engines.compiled.kernels.pointers import is_null, offset


@njit(error_model="numpy")
def is_sparse(job):
    """Whether X lies in compressed rows."""
    return not is_null(job.columns)


@njit(error_model="numpy")
def sparse_product(job, target, first, rows):
    """z of the first layer for the rows from position `first` on: b + Σ x[j]·W[j], over what is not zero."""
    layer = job.layers[0]
    outputs, stride = layer.outputs, layer.stride
    W, b = offset(job.theta, layer.weights), offset(job.theta, layer.bias)
    for i in range(rows):
        z, row = offset(target, i * stride), row_at(job, first + i)
        copy_numbers(b, z, outputs)
        for k in range(job.starts[row], job.starts[row + 1]):
            add_scaled(offset(W, job.columns[k] * outputs), job.x[k], z, outputs)


@njit(error_model="numpy")
def sparse_gradient(job, buffers, first, rows, first_row, stop_row, begins):
    """BP4 for the rows `first_row` … `stop_row` of the first W, added to the gradient unless `begins`.

    Every thread goes through all rows of the batch and takes what belongs to its own rows of W.
    """
    layer = job.layers[0]
    outputs, stride = layer.outputs, layer.stride
    own = offset(job.gradient, layer.weights + first_row * outputs)
    if begins:
        clear(own, (stop_row - first_row) * outputs)
    for i in range(rows):
        delta, row = offset(buffers, layer.delta + i * stride), row_at(job, first + i)
        k, stop = position_of(job, row, first_row), job.starts[row + 1]
        while k < stop and job.columns[k] < stop_row:
            add_scaled(delta, job.x[k], offset(own, (job.columns[k] - first_row) * outputs), outputs)
            k += 1


@njit(error_model="numpy")
def position_of(job, row, column):
    """Where in a compressed row the columns from `column` on begin."""
    low, high = job.starts[row], job.starts[row + 1]
    while low < high:
        middle = (low + high) // 2
        if job.columns[middle] < column:
            low = middle + 1
        else:
            high = middle
    return low
