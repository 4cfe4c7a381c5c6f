"""The weights of samples: whether they can be used, and each sample's share in the mean."""

from __future__ import annotations

from typing import Any

from clearprop.errors import InputError, ShapeError
from clearprop.formulas import array_namespace
from clearprop.network.parameters import Matrix, Vector, shape_of


def check_weights(sample_weight: Any, n_samples: int) -> None:
    """Raise an InputError unless the weights are an array of shape (n_samples,), all of at least 0."""
    if not hasattr(sample_weight, "shape") or tuple(sample_weight.shape) != (n_samples,):
        raise ShapeError(
            f"sample_weight must be an array of shape ({n_samples},), one per row, not {shape_of(sample_weight)}"
        )
    if bool(array_namespace(sample_weight).any(sample_weight < 0)):
        raise InputError("sample_weight must be at least 0 in every row")


def shares(Y: Matrix, sample_weight: Vector = None) -> Any:
    """Each sample's share in the mean, wᵢ / Σw, as a column (n_samples, 1) or, all being equal, the number 1/n."""
    if sample_weight is None:
        return 1 / Y.shape[0]
    check_weights(sample_weight, Y.shape[0])
    xp = array_namespace(sample_weight)
    total = float(xp.sum(sample_weight))
    return xp.reshape(sample_weight, (-1, 1)) / (total if total > 0 else 1.0)  # all weights zero: no share at all
