"""Optimizers of PyTorch: their settings as an update rule, and what they remember."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.errors import InputError, quoted
from clearprop.files.importers.chain import Chain
from clearprop.files.importers.source import OptimizerMemory
from clearprop.files.importers.torch_layers import array
from clearprop.formulas import (
    SGD,
    Adam,
    AdamW,
    RMSProp,
    TorchAdam,
    TorchMomentum,
    TorchNesterov,
    TorchRMSProp,
    UpdateRule,
)

Found = tuple[UpdateRule | None, OptimizerMemory | None, tuple[str, ...]]
# What each rule remembers, by torch's names of it.
MEMORY = {"Adam": {"m": "exp_avg", "v": "exp_avg_sq"}, "AdamW": {"m": "exp_avg", "v": "exp_avg_sq"},
          "RMSprop": {"v": "square_avg"}, "SGD": {"v": "momentum_buffer"}}  # fmt: skip
WITHOUT = ("amsgrad", "centered", "maximize", "dampening")


def rule_of(optimizer: Any, module: Any, chain: Chain) -> Found:
    """The update rule of an optimizer, its memory, and what differs; all empty for None.

    Raises
    ------
    InputError
        When it is no optimizer of torch.
    """
    if optimizer is None:
        return None, None, ()
    kind = type(optimizer).__name__
    if not hasattr(optimizer, "param_groups"):
        raise InputError(f"optimizer must be one of torch.optim, not {quoted(optimizer)}")
    group, *more = optimizer.param_groups
    without = (*WITHOUT, "momentum") if kind == "RMSprop" else WITHOUT
    strange = [name for name in without if group.get(name)]
    if kind not in MEMORY or strange:
        named = f"{kind} with {', '.join(strange)}" if strange else kind
        return None, None, (f"the optimizer {named} has no counterpart here and was not taken along",)
    rule, notes = _rule(kind, group)
    if any(_settings(other) != _settings(group) for other in more):
        notes.append("its optimizer has several groups of parameters; the settings are those of the first")
    memory = _memory(kind, optimizer, module, chain, rule)
    if memory is None and optimizer.state:
        notes.append("the memory of its optimizer was not taken along: layers were folded, shared or are not its own")
    return rule, memory, tuple(notes)


def _settings(group: Any) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name != "params"}


def _rule(kind: str, group: Any) -> tuple[UpdateRule, list[str]]:
    """The rule in PyTorch's own form, and what differs all the same."""
    rate, decay = float(group["lr"]), float(group["weight_decay"])
    if kind in ("Adam", "AdamW"):
        beta1, beta2 = map(float, group["betas"])
        numbers = (beta1, beta2, float(group["eps"]))
        if kind == "AdamW" or group.get("decoupled_weight_decay"):
            notes = ["PyTorch's AdamW lets biases decay too; here they do not"] if decay else []
            return AdamW(rate, decay, *numbers), notes
        return (TorchAdam(rate, 0.0, *numbers, decay) if decay else Adam(rate, 0.0, *numbers)), []
    if kind == "RMSprop":
        rho, epsilon = float(group["alpha"]), float(group["eps"])
        return (TorchRMSProp(rate, 0.0, rho, epsilon, decay) if decay else RMSProp(rate, 0.0, rho, epsilon)), []
    momentum = float(group["momentum"])
    if not momentum and not decay:
        return SGD(rate), []
    return (TorchNesterov if group["nesterov"] else TorchMomentum)(rate, 0.0, momentum, decay), []


def _memory(kind: str, optimizer: Any, module: Any, chain: Chain, rule: UpdateRule) -> OptimizerMemory | None:
    """What is remembered for each layer's weights and biases, transposed as the weights are."""
    tensors = dict(module.named_parameters())
    vectors: dict[str, list[tuple[Any, Any]]] = {name: [] for name in rule.memory}
    step = 0
    for layer in chain.layers:
        weight = tensors.get(f"{layer.name}.weight" if layer.name else "weight")
        bias = tensors.get(f"{layer.name}.bias" if layer.name else "bias")
        if (
            layer.is_folded
            or weight not in optimizer.state
            or (layer.biases is not None and bias not in optimizer.state)
        ):
            return None
        for ours in rule.memory:
            theirs = MEMORY[kind][ours]
            kept = [optimizer.state[t].get(theirs) for t in (weight, bias) if t is not None]
            if any(tensor is None for tensor in kept):
                return None
            W, *b = map(array, kept)
            vectors[ours].append((np.ascontiguousarray(W.T), b[0] if b else None))
        step = int(optimizer.state[weight].get("step", 0))
    if len({layer.name for layer in chain.layers}) < len(chain.layers):
        return None
    return OptimizerMemory(step, {name: tuple(pairs) for name, pairs in vectors.items()}) if rule.memory else None
