"""Training written by hand in PyTorch, as quick as it comes: no autograd, fused optimizers, on any device.

    run, loss = by_hand(work, device)

`run(steps)` makes so many updates, `loss()` is the mean loss over all rows. Also PyTorch as most write it, with
autograd, which `torch.compile` can be asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workloads import RATE, Workload, numbers

Run = tuple[Callable[[int], None], Callable[[], float]]


def _tensors(work: Workload, device: str) -> tuple[Any, Any, list[Any], list[Any]]:
    import torch

    X, Y, weights, biases = numbers(work)
    return (
        torch.from_numpy(X).to(device), torch.from_numpy(Y).to(device),
        [torch.from_numpy(W).to(device) for W in weights], [torch.from_numpy(b).to(device) for b in biases],
    )  # fmt: skip


class Batches:
    """The rows of one batch after the other, shuffled on the device once an epoch; all of them are None."""

    def __init__(self, work: Workload, device: str) -> None:
        self.work, self.device, self.left = work, device, iter(())

    def next(self) -> Any:
        import torch

        if self.work.batch == self.work.rows:  # a batch of all rows is the same in any order
            return None
        found = next(self.left, None)
        if found is None or len(found) < self.work.batch:
            self.left = iter(torch.randperm(self.work.rows, device=self.device).split(self.work.batch))
            found = next(self.left)
        return found


def _value(work: Workload, weights: list[Any], biases: list[Any], X: Any, Y: Any) -> float:
    """The mean over the rows of the loss that clearprop has: cross-entropy, or half the squared error."""
    import torch

    a = X
    for l, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        z = torch.addmm(b, a, W)
        a = _activated(work.hidden if l < len(weights) else work.output, z)
    if work.loss == "cross_entropy":
        return -float((Y * torch.log_softmax(z, 1)).sum()) / len(X)
    return float(((a - Y) ** 2).sum()) / 2 / len(X)


def _activated(name: str, z: Any) -> Any:
    import torch

    return {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}.get(name, lambda z: z)(z)


def by_hand(work: Workload, device: str) -> Run:
    """The two passes written out; θ moves by one fused call."""
    import torch

    X, Y, weights, biases = _tensors(work, device)
    L, batches, aten = len(weights), Batches(work, device), torch.ops.aten
    parameters = [p for pair in zip(weights, biases, strict=True) for p in pair]
    m, v = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    steps = [torch.zeros((), device=device) for _ in parameters]
    total = torch.zeros((), device=device)
    back = {
        "sigmoid": aten.sigmoid_backward,
        "tanh": aten.tanh_backward,
        "relu": lambda g, a: aten.threshold_backward(g, a, 0),
    }

    def one() -> None:
        rows = batches.next()
        x, y = (X, Y) if rows is None else (X[rows], Y[rows])
        a = [x]
        for l in range(L):
            z = torch.addmm(biases[l], a[-1], weights[l])
            a.append(_activated(work.hidden if l < L - 1 else work.output, z))
        if work.loss == "cross_entropy":
            logs = torch.log_softmax(z, 1)
            total.sub_(torch.dot(y.reshape(-1), logs.reshape(-1)))
            delta = logs.exp_().sub_(y).div_(len(x))
        else:
            error = a[-1] - y
            total.add_(torch.dot(error.reshape(-1), error.reshape(-1)))
            delta = error.div_(len(x))
            if work.output in back:
                delta = back[work.output](delta, a[-1])
        gradients: list[Any] = []
        for l in reversed(range(L)):
            gradients[:0] = [a[l].t() @ delta, delta.sum(0)]
            if l:
                delta = back[work.hidden](delta @ weights[l].t(), a[l])
        if work.rule == "sgd":
            torch._foreach_add_(parameters, gradients, alpha=-RATE)
            return
        torch._foreach_add_(steps, 1)
        torch._fused_adam_(
            parameters, gradients, m, v, [], steps, lr=RATE, beta1=0.9, beta2=0.999, weight_decay=0.0, eps=1e-8,
            amsgrad=False, maximize=False, grad_scale=None, found_inf=None,
        )  # fmt: skip

    @torch.inference_mode()
    def run(count: int) -> None:
        for _ in range(count):
            one()
        float(total)  # a GPU has done it all then

    return run, lambda: _value(work, weights, biases, X, Y)


def by_autograd(work: Workload, device: str, mode: str | None = None) -> Run:
    """As most write it: autograd and a fused optimizer; compiled in the mode of `torch.compile` that is given."""
    import torch

    X, Y, weights, biases = _tensors(work, device)
    parameters = [p.requires_grad_() for pair in zip(weights, biases, strict=True) for p in pair]
    kind = torch.optim.SGD if work.rule == "sgd" else torch.optim.Adam
    optimizer, batches = kind(parameters, lr=RATE, fused=True), Batches(work, device)

    def objective(x: Any, y: Any) -> Any:
        for l in range(len(weights)):
            z = torch.addmm(biases[l], x, weights[l])
            x = _activated(work.hidden if l < len(weights) - 1 else work.output, z)
        if work.loss == "cross_entropy":
            return torch.nn.functional.cross_entropy(z, y)
        return ((x - y) ** 2).sum(1).mean() / 2

    if mode is not None:
        objective = torch.compile(objective, mode=mode)

    def run(count: int) -> None:
        found = None
        for _ in range(count):
            rows = batches.next()
            optimizer.zero_grad(set_to_none=True)
            found = objective(*((X, Y) if rows is None else (X[rows], Y[rows])))
            found.backward()
            optimizer.step()
        float(found.detach())

    def loss() -> float:
        with torch.no_grad():
            return _value(work, weights, biases, X, Y)

    return run, loss
