"""One contender on one workload, in a process of its own; `peers` starts it and tells it when to run.

    python benchmarks/contenders.py CONTENDER WORKLOAD THREADS

It answers each line of its input with a line of JSON: the seconds per update of a burst. Each library is used in its
best honest form: PyTorch indexes a tensor (no DataLoader) and has its fused optimizers, JAX scans a whole epoch under
jit, scikit-learn runs its own loop (`partial_fit`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import predictions
from isa import used
from machine import set_threads
from predictions import PREDICTIONS
from workloads import RATE, WORKLOADS, Workload, numbers

BURST = 0.25  # seconds of a burst, about


def clearprop(work: Workload, threads: int) -> Callable[[int], None]:
    """The training loop, epoch by epoch."""
    import numpy as np

    from clearprop.engines import Data, Job, TrainingState
    from clearprop.engines.compiled.engine import CompiledEngine
    from clearprop.formulas import SGD, Adam
    from clearprop.network import Network
    from clearprop.training.loop import epochs

    X, Y, weights, biases = numbers(work)
    loss = "cross_entropy" if work.loss == "cross_entropy" else "half_squared_error"
    network = Network.mlp(work.widths, work.hidden, work.output, loss)
    theta = network.parameters(weights, biases, dtype=np.float32).theta
    job = Job(network, (SGD if work.rule == "sgd" else Adam)(RATE), epochs=10**9, batch_size=work.batch)
    records = epochs(job, TrainingState.start(job, theta), Data(X, Y), CompiledEngine(threads))
    per_epoch = job.steps_per_epoch(work.rows)

    def run(steps: int) -> None:
        for _ in range(max(1, steps // per_epoch)):
            next(records)

    run.unit = per_epoch  # type: ignore[attr-defined]
    return run


def scikit_learn(work: Workload, threads: int) -> Callable[[int], None]:
    import warnings

    import numpy as np
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.simplefilter("ignore")
    X, Y, *_ = numbers(work)
    is_class = work.loss == "cross_entropy"
    y = Y.argmax(1) if is_class else Y.ravel() if Y.shape[1] == 1 else Y
    settings: dict[str, Any] = {
        "hidden_layer_sizes": work.widths[1:-1], "activation": {"sigmoid": "logistic"}.get(work.hidden, work.hidden),
        "solver": work.rule, "batch_size": work.batch, "learning_rate_init": RATE, "alpha": 0.0, "momentum": 0.0,
        "nesterovs_momentum": False,
    }  # fmt: skip
    model = (MLPClassifier if is_class else MLPRegressor)(**settings)
    classes = {"classes": np.unique(y)} if is_class else {}
    model.partial_fit(X[: work.batch], y[: work.batch], **classes)

    def run(steps: int) -> None:
        left = steps * work.batch
        while left > 0:
            count = min(left, work.rows)
            model.partial_fit(X[:count], y[:count])
            left -= count

    return run


def torch(work: Workload, threads: int, *, compiled: bool = False) -> Callable[[int], None]:
    import torch

    torch.set_num_threads(threads)
    X, Y, weights, biases = numbers(work)
    x_all = torch.from_numpy(X)
    is_class = work.loss == "cross_entropy"
    y_all = torch.from_numpy(Y.argmax(1) if is_class else Y)
    kinds = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}
    layers: list[Any] = []
    for l, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        linear = torch.nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b))
        layers.append(linear)
        name = work.hidden if l < len(weights) else work.output
        if name in kinds:
            layers.append(kinds[name]())
    model = torch.nn.Sequential(*layers)
    kind = torch.optim.SGD if work.rule == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=RATE, fused=True)
    criterion = torch.nn.CrossEntropyLoss() if is_class else torch.nn.MSELoss()

    def objective(x: Any, y: Any) -> Any:
        return criterion(model(x), y)

    if compiled:
        objective = torch.compile(objective)
    order = [torch.randperm(work.rows), 0]

    def run(steps: int) -> None:
        for _ in range(steps):
            x, y = x_all, y_all
            if work.batch < work.rows:  # a batch of all rows is the same in any order
                if order[1] + work.batch > work.rows:
                    order[:] = [torch.randperm(work.rows), 0]
                rows = order[0][order[1] : order[1] + work.batch]
                order[1] += work.batch
                x, y = x_all[rows], y_all[rows]
            optimizer.zero_grad(set_to_none=True)
            objective(x, y).backward()
            optimizer.step()

    return run


def torch_compile(work: Workload, threads: int) -> Callable[[int], None]:
    return torch(work, threads, compiled=True)


def jax(work: Workload, threads: int) -> Callable[[int], None]:
    """Adam and SGD are written out, so that nothing stands between them and XLA."""
    import jax
    import jax.numpy as jnp

    X, Y, weights, biases = (jnp.asarray(v) if not isinstance(v, list) else v for v in numbers(work))
    theta = [(jnp.asarray(W), jnp.asarray(b)) for W, b in zip(weights, biases, strict=True)]
    act = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu, "tanh": jnp.tanh, "identity": lambda z: z}

    def objective(p: Any, x: Any, y: Any) -> Any:
        for W, b in p[:-1]:
            x = act[work.hidden](x @ W + b)
        z = x @ p[-1][0] + p[-1][1]
        if work.loss == "cross_entropy":
            return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(z), axis=1))
        return jnp.mean(jnp.sum((act[work.output](z) - y) ** 2, axis=1)) / 2

    def move(carry: Any, rows: Any) -> Any:
        p, m, v, t = carry
        x, y = (X, Y) if rows is None else (X[rows], Y[rows])
        cost, g = jax.value_and_grad(objective)(p, x, y)
        t = t + 1
        if work.rule == "sgd":
            return (jax.tree.map(lambda a, b: a - RATE * b, p, g), m, v, t), cost
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        scale, root = RATE / (1 - 0.9**t), 1 / (1 - 0.999**t)
        p = jax.tree.map(lambda a, b, c: a - scale * b / (jnp.sqrt(c * root) + 1e-8), p, m, v)
        return (p, m, v, t), cost

    per_epoch = work.rows // work.batch

    @jax.jit
    def epoch(carry: Any, key: Any) -> Any:
        if work.batch == work.rows:  # a batch of all rows is the same in any order
            return move(carry, None)
        rows = jax.random.permutation(key, work.rows)[: per_epoch * work.batch].reshape(per_epoch, work.batch)
        return jax.lax.scan(move, carry, rows)

    zero = jax.tree.map(jnp.zeros_like, theta)
    state = [(theta, zero, zero, jnp.float32(0)), jax.random.key(0)]

    def run(steps: int) -> None:
        for _ in range(max(1, steps // per_epoch)):
            state[1], key = jax.random.split(state[1])
            state[0], costs = epoch(state[0], key)
            costs.block_until_ready()

    run.unit = per_epoch  # type: ignore[attr-defined]
    return run


def limit(work: Workload, threads: int) -> Callable[[int], None]:
    """Not a contender: one large single-precision product of the BLAS library, whose rate is the limit."""
    import numpy as np

    a = np.random.default_rng(0).random((2048, 2048), dtype=np.float32)
    out = np.empty_like(a)

    def run(steps: int) -> None:
        for _ in range(steps):
            np.dot(a, a, out=out)

    return run


CONTENDERS = {
    "clearprop": clearprop, "scikit-learn": scikit_learn, "torch": torch, "torch.compile": torch_compile, "jax": jax,
    "limit": limit,
}  # fmt: skip


def main(name: str, workload: str, threads: int) -> None:
    set_threads(threads)
    began = time.perf_counter()
    if workload in PREDICTIONS:
        run = {**CONTENDERS, **predictions.CONTENDERS}[name](PREDICTIONS[workload], threads)
    else:
        run = CONTENDERS[name](WORKLOADS[workload], threads)
    unit = getattr(run, "unit", 1)
    run(unit)
    ready = time.perf_counter() - began
    steps, seconds = unit, 0.0
    while True:  # how many updates make a burst
        began = time.perf_counter()
        run(steps)
        seconds = time.perf_counter() - began
        if seconds > BURST / 2:
            break
        steps *= 2
    steps = max(unit, int(steps * BURST / seconds) // unit * unit)
    print(json.dumps({"seconds_to_first_update": ready, "isa": used(name)}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        run(steps)
        print(json.dumps({"seconds_per_update": (time.perf_counter() - began) / steps}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
