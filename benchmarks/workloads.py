"""What the peers are compared on in training: networks, update rules and batches, and the numbers that all get."""

from __future__ import annotations

from typing import Any, NamedTuple


class Workload(NamedTuple):
    """One network trained in one way. `floors`: by what factor each peer must be slower, and the share of the limit."""

    widths: tuple[int, ...]
    hidden: str
    output: str
    loss: str
    rule: str
    batch: int
    rows: int
    floors: dict[str, float]

    @property
    def flops(self) -> float:
        """Floating-point operations of the products of one update: three per weight and row, two for the first W."""
        pairs = list(zip(self.widths, self.widths[1:], strict=False))
        if self.rule == "predict":  # forward only
            return self.batch * sum(2.0 * a * b for a, b in pairs)
        return self.batch * sum(2.0 * a * b * (3 if l else 2) for l, (a, b) in enumerate(pairs))


WORKLOADS = {
    "2-2-1 sigmoid, SGD, batch 1": Workload(
        (2, 2, 1), "sigmoid", "sigmoid", "squared", "sgd", 1, 10_000,
        {"scikit-learn": 500, "torch": 700, "jax": 10},
    ),
    "784-30-10 sigmoid, SGD, batch 10": Workload(
        (784, 30, 10), "sigmoid", "sigmoid", "squared", "sgd", 10, 10_000,
        {"scikit-learn": 12, "torch": 22, "jax": 3.5, "limit": 0.25},
    ),
    "16-64-64-1 relu, Adam, batch 64": Workload(
        (16, 64, 64, 1), "relu", "identity", "squared", "adam", 64, 16_384,
        {"scikit-learn": 15, "torch": 25, "jax": 4, "limit": 0.36},
    ),
    "784-128-10 relu, Adam, batch 128": Workload(
        (784, 128, 10), "relu", "softmax", "cross_entropy", "adam", 128, 12_800,
        {"scikit-learn": 3, "torch": 2.8, "jax": 1.4, "limit": 0.70},
    ),
    "784-1024-1024-10 relu, Adam, batch 512": Workload(
        (784, 1024, 1024, 10), "relu", "softmax", "cross_entropy", "adam", 512, 5_120,
        {"scikit-learn": 1.7, "torch": 1.25, "jax": 1.1, "limit": 0.85},
    ),
    "4-32-16-4 tanh, Adam, batch 10,000": Workload(
        (4, 32, 16, 4), "tanh", "identity", "squared", "adam", 10_000, 20_000,
        {"scikit-learn": 16, "torch": 8, "jax": 11, "limit": 0.30},
    ),
    "4-32-16-4 tanh, Adam, all 10,000 rows": Workload(
        (4, 32, 16, 4), "tanh", "identity", "squared", "adam", 10_000, 10_000, {},
    ),
}  # fmt: skip
RATE = 0.001


def numbers(work: Workload) -> tuple[Any, Any, list[Any], list[Any]]:
    """X, Y, and the initial weights and biases, float32: the same for every contender."""
    import numpy as np

    random = np.random.default_rng(0)
    X = random.standard_normal((work.rows, work.widths[0]), dtype=np.float32)
    if work.loss == "cross_entropy":
        Y = np.eye(work.widths[-1], dtype=np.float32)[random.integers(0, work.widths[-1], work.rows)]
    else:
        Y = random.random((work.rows, work.widths[-1]), dtype=np.float32)
    weights, biases = [], []
    for a, b in zip(work.widths, work.widths[1:], strict=False):
        weights.append((random.standard_normal((a, b)) / a**0.5).astype(np.float32))
        biases.append(np.zeros(b, dtype=np.float32))
    return X, Y, weights, biases
