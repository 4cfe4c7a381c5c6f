"""Where the built-in activations have a kink, or a jump in the second derivative."""

import numpy as np

from clearprop.formulas import HardSigmoid, HardTanh, SoftplusThreshold, Threshold

KINKS = {
    "relu": (0,), "leaky_relu": (0,), "elu": (0,), "selu": (0,), "celu": (0,), "squared_relu": (0,), "softsign": (0,),
    "relu6": (0, 6), "hard_tanh": (-1, 1), "hard_sigmoid": (-3, 3), "hard_swish": (-3, 3), "softplus_threshold": (20,),
    "threshold": (0,), "shrink": (-0.5, 0.5), "sparse_plus": (-1, 1),
}  # fmt: skip
ELSEWHERE = {  # with parameters that are not the usual ones
    HardSigmoid(0.2, 0.5): (-2.5, 2.5), HardTanh(-0.5, 2): (-0.5, 2), SoftplusThreshold(2.0, 3.0): (1.5,),
    Threshold(0.5, -0.25): (0.5,),
}  # fmt: skip


def away_from_kinks(formula, z, by=1e-3):
    """z, but what is nearer than `by` to a kink of this activation moved by 0.25."""
    for kink in ELSEWHERE.get(formula, KINKS.get(formula.name, ())):
        z = np.where(np.abs(z - kink) < by, z + 0.25, z)
    return z
