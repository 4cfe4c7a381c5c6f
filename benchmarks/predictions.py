"""What predicting is compared on, and how each contender does it: the outputs of rows that lie in memory.

Here engines stand beside each other, without what an estimator adds (one_row.py has that): PyTorch in inference mode,
JAX under jit, scikit-learn by its public `predict_proba` or `predict`, which is the only way in.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from workloads import Workload, numbers

PREDICTIONS = {
    "predict 784-128-10 relu, 10,000 rows": Workload(
        (784, 128, 10), "relu", "softmax", "cross_entropy", "predict", 10_000, 10_000, {}
    ),
    "predict 16-64-64-1 relu, 1 row": Workload((16, 64, 64, 1), "relu", "identity", "squared", "predict", 1, 1_000, {}),
    "predict 16-64-64-1 relu, 100,000 rows": Workload(
        (16, 64, 64, 1), "relu", "identity", "squared", "predict", 100_000, 100_000, {}
    ),
}


def clearprop(work: Workload, threads: int) -> Callable[[int], None]:
    import numpy as np

    from clearprop.engines.compiled.engine import CompiledEngine
    from clearprop.network import Network

    X, _, weights, biases = numbers(work)
    loss = "cross_entropy" if work.loss == "cross_entropy" else "half_squared_error"
    network = Network.mlp(work.widths, work.hidden, work.output, loss)
    params = network.parameters(weights, biases, dtype=np.float32)
    engine = CompiledEngine(threads)
    return _over_rows(lambda x: engine.outputs(network, params, x), X, work)


def scikit_learn(work: Workload, threads: int) -> Callable[[int], None]:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.simplefilter("ignore")
    X, Y, weights, biases = numbers(work)
    is_class = work.loss == "cross_entropy"
    kind = MLPClassifier if is_class else MLPRegressor
    model = kind(hidden_layer_sizes=work.widths[1:-1], activation=work.hidden, max_iter=1)
    model.fit(X[:200], Y.argmax(1)[:200] if is_class else Y.ravel()[:200])
    model.coefs_, model.intercepts_ = weights, biases
    return _over_rows(model.predict_proba if is_class else model.predict, X, work)


def torch(work: Workload, threads: int, *, compiled: bool = False) -> Callable[[int], None]:
    import torch

    torch.set_num_threads(threads)
    X, _, weights, biases = numbers(work)
    layers: list[Any] = []
    for W, b in zip(weights, biases, strict=True):
        linear = torch.nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, torch.nn.ReLU()]
    layers[-1] = torch.nn.Softmax(dim=1) if work.output == "softmax" else torch.nn.Identity()
    model: Any = torch.nn.Sequential(*layers)
    if compiled:
        model = torch.compile(model)

    def outputs(x: Any) -> Any:
        with torch.inference_mode():
            return model(x)

    return _over_rows(outputs, torch.from_numpy(X), work)


def torch_compile(work: Workload, threads: int) -> Callable[[int], None]:
    return torch(work, threads, compiled=True)


def jax(work: Workload, threads: int) -> Callable[[int], None]:
    import jax
    import jax.numpy as jnp

    X, _, weights, biases = numbers(work)
    theta = [(jnp.asarray(W), jnp.asarray(b)) for W, b in zip(weights, biases, strict=True)]

    @jax.jit
    def outputs(p: Any, x: Any) -> Any:
        for W, b in p[:-1]:
            x = jax.nn.relu(x @ W + b)
        z = x @ p[-1][0] + p[-1][1]
        return jax.nn.softmax(z) if work.output == "softmax" else z

    return _over_rows(lambda x: outputs(theta, x).block_until_ready(), jnp.asarray(X), work)


def _over_rows(outputs: Callable[[Any], Any], X: Any, work: Workload) -> Callable[[int], None]:
    """One prediction after the other, of `batch` rows each, going round through X."""
    parts = [X[start : start + work.batch] for start in range(0, work.rows, work.batch)]

    def run(steps: int) -> None:
        for step in range(steps):
            outputs(parts[step % len(parts)])

    return run


CONTENDERS = {
    "clearprop": clearprop, "scikit-learn": scikit_learn, "torch": torch, "torch.compile": torch_compile, "jax": jax,
}  # fmt: skip
