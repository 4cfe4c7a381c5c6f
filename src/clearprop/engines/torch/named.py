"""Formulas for which PyTorch has one call, where the tree would take several. Each is tested against its formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from clearprop.engines.torch.program import Slot
from clearprop.engines.torch.trees import MINUS, Formulas, Term
from clearprop.formulas import Activation, Identity, Logistic, Relu, Tanh
from clearprop.formulas.heads import Head, SoftmaxCrossEntropy


def _sigmoid_back(error: Any, a: Any, *, out: Any) -> None:
    torch.ops.aten.sigmoid_backward.grad_input(error, a, grad_input=out)


def _tanh_back(error: Any, a: Any, *, out: Any) -> None:
    torch.ops.aten.tanh_backward.grad_input(error, a, grad_input=out)


def _relu_back(error: Any, a: Any, *, out: Any) -> None:
    torch.ops.aten.threshold_backward.grad_input(error, a, 0, grad_input=out)


VALUES: Mapping[type[Activation], Callable[..., Any]] = {Logistic: torch.sigmoid}  # a from z
PULLBACKS: Mapping[type[Activation], Callable[..., Any]] = {  # δ from ∂C/∂a and a
    Logistic: _sigmoid_back, Tanh: _tanh_back, Relu: _relu_back
}  # fmt: skip


def value(formulas: Formulas, activation: Activation, z: Slot) -> Term:
    """a = σ(z)."""
    function = VALUES.get(type(activation))
    if function is None:
        return formulas.term(activation.computed_tree(), {"z": z, **activation.parameters})
    return formulas.call(function, z)


def pullback(formulas: Formulas, activation: Activation, error: Term, z: Slot, a: Slot) -> Term:
    """δ = ∂C/∂z from ∂C/∂a."""
    if type(activation) is Identity:
        return error
    function = PULLBACKS.get(type(activation))
    if function is None:
        return formulas.term(activation.pullback_tree(), {"g": error, "z": z, "a": a, **activation.parameters})
    return formulas.call(function, formulas.tensor(error), a)


def has_logarithms(head: Head) -> bool:
    """Whether outputs and loss come from the logarithms of the outputs: softmax and cross-entropy."""
    return isinstance(head.pair, SoftmaxCrossEntropy)


def softmax(formulas: Formulas, z: Slot) -> Slot:
    """a = exp(log a), the logarithm by one call."""
    return formulas.tensor(formulas.call(torch.exp, _log_softmax(formulas, z)))


def loss(formulas: Formulas, head: Head, z: Slot, a: Slot, y: Slot) -> Term:
    """The loss of every output; of softmax and cross-entropy −y·log a."""
    if has_logarithms(head):
        return Term(MINUS, y, _log_softmax(formulas, z))
    return formulas.term(head.loss_tree(), {"z": z, "a": a, "y": y, **head.computed.parameters})


def _log_softmax(formulas: Formulas, z: Slot) -> Slot:
    return formulas.program.emit(torch.log_softmax, z, shape=z.shape, dim=1)
