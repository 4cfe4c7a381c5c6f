"""Where the built-in activations have a kink, or a jump in the second derivative."""

import numpy as np

KINKS = {
    "relu": (0,), "leaky_relu": (0,), "elu": (0,), "selu": (0,), "celu": (0,), "squared_relu": (0,), "softsign": (0,),
    "relu6": (0, 6), "hard_tanh": (-1, 1), "hard_sigmoid": (-3, 3), "hard_swish": (-3, 3), "softplus_threshold": (20,),
    "threshold": (0,), "shrink": (-0.5, 0.5), "sparse_plus": (-1, 1),
}  # fmt: skip


def away_from_kinks(formula, z, by=1e-3, kinks=None):
    """z, but what is nearer than `by` to a kink of this activation moved by 0.25."""
    for kink in KINKS.get(formula.name, ()) if kinks is None else kinks:
        z = np.where(np.abs(z - kink) < by, z + 0.25, z)
    return z
