"""The source's own outputs, and its own gradient by autograd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.importers.chain import Chain
from clearprop.formulas import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    HalfSquaredError,
    Huber,
    Loss,
    Poisson,
    Quantile,
    SquaredError,
    loss_function,
)

MEAN_OF_OUTPUTS = "PyTorch's {} divides by the number of outputs too; here loss and gradient are of their sum"
OF_TORCH: Mapping[str, Callable[[Any], Loss]] = {
    "MSELoss": lambda c: SquaredError(),
    "L1Loss": lambda c: AbsoluteError(),
    "HuberLoss": lambda c: Huber(float(c.delta)),
    "CrossEntropyLoss": lambda c: CrossEntropy(),
    "NLLLoss": lambda c: CrossEntropy(),
    "BCELoss": lambda c: BinaryCrossEntropy(),
    "BCEWithLogitsLoss": lambda c: BinaryCrossEntropy(),
    "PoissonNLLLoss": lambda c: Poisson(),
}
SUMS_OUTPUTS = ("CrossEntropyLoss", "NLLLoss")


def loss_of(given: Any, chain: Chain) -> tuple[Loss | None, tuple[str, ...]]:
    """The loss that was given, as clearprop's name or as a module of torch.nn, and what differs."""
    if given is None or not type(given).__module__.startswith("torch."):
        return (None if given is None else loss_function(given)), ()
    kind = type(given).__name__
    if kind not in OF_TORCH:
        raise InputError(f"the loss {kind} is not known here; it can be {', '.join(OF_TORCH)}")
    if getattr(given, "weight", None) is not None or getattr(given, "pos_weight", None) is not None:
        raise InputError(f"{kind} has weights of classes, which a loss has not here; give class weights to fit")
    if getattr(given, "log_input", True) is False or getattr(given, "full", False):
        raise InputError("of PoissonNLLLoss the form with log_input=True and full=False is read")
    notes = []
    width = chain.layers[-1].weights.shape[1]
    if kind not in SUMS_OUTPUTS and given.reduction == "mean" and width > 1:
        notes.append(MEAN_OF_OUTPUTS.format(kind))
    if getattr(given, "label_smoothing", 0.0):
        notes.append(f"the label smoothing of {kind}, {given.label_smoothing:g}, is a setting of training here")
    return OF_TORCH[kind](given), tuple(notes)


def reference_and_gradient(
    module: Any, graph: Any, chain: Chain, loss: Loss | None, evaluating: Callable[[Any], Any]
) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any] | None]:
    """The source's outputs of rows X, and its gradient at rows X and targets Y, or None where there is no loss."""
    import torch

    like = next(module.parameters(), torch.zeros(1))

    def tensor(X: Any) -> Any:
        return torch.as_tensor(np.ascontiguousarray(X)).to(dtype=like.dtype, device=like.device)

    def reference(X: Any) -> Any:
        with evaluating(module), torch.no_grad():
            found = module(tensor(X)).detach().cpu()
        return found.to(torch.float64).numpy().reshape(len(X), -1)

    def gradient(X: Any, Y: Any) -> Any:
        with evaluating(module):
            return _gradient(graph, chain, cost, tensor(X), tensor(Y))  # type: ignore[arg-type]

    last = chain.layers[-1].activation
    is_doubled = any(layer.is_doubled for layer in chain.layers)
    cost = None if loss is None or is_doubled else cost_of(loss, "identity" if last is None else last.name)
    return reference, None if cost is None else gradient


def _gradient(graph: Any, chain: Chain, cost: Callable[[Any, Any], Any], X: Any, Y: Any) -> list[tuple[Any, Any]]:
    """∂C/∂W and ∂C/∂b of every layer: autograd's ∂C/∂z, and with the values that it met, BP3 and BP4.

    It is autograd's own gradient of a Linear's weight too; through ∂C/∂z it is there for folded layers as well.
    """
    import torch

    values: dict[Any, Any] = {}

    class Recording(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, n: Any) -> Any:
            values[n] = super().run_node(n)
            return values[n]

    output = Recording(graph).run(X.requires_grad_())
    total = cost(output.reshape(len(X), -1), Y)
    z = [values[layer.z_at] for layer in chain.layers]
    deltas = torch.autograd.grad(total, z)
    pairs = []
    for layer, delta in zip(chain.layers, deltas, strict=True):
        x = values[layer.x_at].reshape(len(X), -1)
        delta = delta.reshape(len(X), -1) / torch.as_tensor(layer.z_scale, dtype=X.dtype, device=X.device)
        W, b = (x.T @ delta).detach().cpu().numpy(), delta.sum(dim=0).detach().cpu().numpy()
        pairs.append((W, None if layer.biases is None else b))
    return pairs


def cost_of(loss: Loss, output: str) -> Callable[[Any, Any], Any] | None:
    """The mean over rows of a loss, by PyTorch's own functions, from what the module gives; None where it has none."""
    from torch.nn import functional as F

    each: Callable[[Any, Any], Any]
    match loss, output:
        case CrossEntropy(), "identity":
            return lambda a, y: F.cross_entropy(a, y)
        case CrossEntropy(), "log_softmax":
            each = lambda a, y: -y * a  # noqa: E731
        case CrossEntropy(), "softmax":
            each = lambda a, y: -y * a.log()  # noqa: E731
        case BinaryCrossEntropy(), "identity":
            each = lambda a, y: F.binary_cross_entropy_with_logits(a, y, reduction="none")  # noqa: E731
        case BinaryCrossEntropy(), "logistic":
            each = lambda a, y: F.binary_cross_entropy(a, y, reduction="none")  # noqa: E731
        case Poisson(), "identity":
            each = lambda a, y: F.poisson_nll_loss(a, y, log_input=True, reduction="none")  # noqa: E731
        case Poisson(), _:
            each = lambda a, y: F.poisson_nll_loss(a, y, log_input=False, eps=0.0, reduction="none")  # noqa: E731
        case SquaredError(), _:
            each = lambda a, y: F.mse_loss(a, y, reduction="none")  # noqa: E731
        case HalfSquaredError(), _:
            each = lambda a, y: F.mse_loss(a, y, reduction="none") / 2  # noqa: E731
        case AbsoluteError(), _:
            each = lambda a, y: F.l1_loss(a, y, reduction="none")  # noqa: E731
        case Huber(), _:
            each = lambda a, y: F.huber_loss(a, y, delta=loss.delta, reduction="none")  # noqa: E731
        case Quantile(), _:
            q = loss.quantile
            each = lambda a, y: q * (y - a).clamp(min=0) + (1 - q) * (a - y).clamp(min=0)  # noqa: E731
        case _:
            return None
    return lambda a, y: each(a, y).sum(dim=1).mean()
