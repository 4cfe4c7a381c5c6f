"""Which kernels a job's formulas need: written as source, compiled or taken from the cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.codegen.formula_kernels import FormulaKernel, elementwise, summing
from clearprop.engines.compiled.compiler import kernel_cache
from clearprop.formulas import (
    L1,
    L2,
    LBFGS,
    Activation,
    ClipByNorm,
    Expression,
    Identity,
    LabelSmoothing,
    Penalty,
    UpdateRule,
    evaluate,
)
from clearprop.formulas.evaluation import prepare
from clearprop.formulas.expressions import symbols
from clearprop.job.job import Job
from clearprop.network import Network, NumberEmbedding
from clearprop.network.embedding import WAVE
from clearprop.network.layers import Layer

FEW, AHEAD = 16, 256  # steps whose uniforms are kept beforehand

kept = lru_cache(maxsize=256)  # fit after fit asks for the same few kernels, and to write one takes a thread's lock


@dataclass
class Constants:
    """The uniforms of all formulas of a job, one after the other, and where those of each begin."""

    numbers: list[float] = field(default_factory=list)

    def add(self, uniforms: tuple[Expression, ...], values: Mapping[str, Any]) -> int:
        """Append these uniforms; where they begin."""
        begin = len(self.numbers)
        self.numbers += [float(evaluate(tree, values)) for tree in uniforms]
        return begin


def activation_of(layer: Layer) -> Activation:
    """Whose formulas a layer's kernels are: its activation's, or of an embedding those of its waves."""
    return WAVE if isinstance(layer, NumberEmbedding) else layer.activation


def address(name: str, kernel: FormulaKernel) -> int:
    """Where the machine code of a formula is; compiled if the cache does not have it."""
    return kernel_cache.address(name, kernel.source)


@kept
def forward_kernel(activation: Activation, dtype: str) -> FormulaKernel:
    """a = σ(z): z is array 0, a array 1."""
    tree = activation.computed_tree()
    return elementwise({"z": 0, "a": 1}, {"a": tree}, dtype)


@kept
def backward_kernel(activation: Activation, dtype: str) -> FormulaKernel:
    """From ∂C/∂a to ∂C/∂z, in place in array 0; z is array 1, a array 2."""
    return elementwise({"g": 0, "z": 1, "a": 2}, {"g": activation.pullback_tree()}, dtype)


@kept
def loss_kernel(network: Network, dtype: str) -> FormulaKernel:
    """The sum of the loss: z, a and y are arrays 0, 1, 2, the rows' shares array 3."""
    return summing({"z": 0, "a": 1, "y": 2}, 3, network.head.loss_tree(), dtype)


@kept
def output_error_kernel(network: Network, dtype: str) -> FormulaKernel:
    """δᴸ of a named pair, or ∂C/∂a, into array 0; z, a and y are arrays 1, 2, 3."""
    return elementwise({"g": 0, "z": 1, "a": 2, "y": 3}, {"g": network.head.error_tree()}, dtype)


@kept
def update_kernel(rule: UpdateRule, dtype: str) -> FormulaKernel:
    """The update rule, decoupled decay included if there is any: θ is array 0, the gradient 1, the memory from 2 on."""
    trees = rule.computed_trees()
    slots = {"theta": 0, "g": 1, **{name: 2 + i for i, name in enumerate(rule.memory)}}
    return elementwise(slots, dict(zip(("theta", *rule.memory), trees, strict=True)), dtype)


@kept
def penalty_kernels(penalty: Penalty, dtype: str) -> tuple[FormulaKernel, FormulaKernel]:
    """The sum of a penalty over θ (array 0), and g ← g + factor·slope(θ) with g array 1."""
    return (
        summing({"theta": 0}, 3, penalty.tree("value"), dtype),
        elementwise({"theta": 0, "g": 1}, {"g": penalty.added_tree()}, dtype),
    )


@kept
def clip_kernel(dtype: str) -> FormulaKernel:
    """What the gradient is multiplied by (array 1), from its norm (array 0)."""
    return elementwise({"norm": 0, "factor": 1}, {"factor": ClipByNorm.tree("value")}, dtype)


@kept
def smoothing_kernel(dtype: str) -> FormulaKernel:
    """Label smoothing of targets, in place in array 0."""
    return elementwise({"y": 0}, {"y": LabelSmoothing.tree("value")}, dtype)


def extras_of(job: Job) -> tuple[bool, bool, bool, bool]:
    """Whether a job has label smoothing, l1, l2, a limit to the gradient's norm."""
    return job.label_smoothing > 0, job.l1 > 0, job.l2 > 0, job.clip_norm is not None


@kept
def needed(
    network: Network, rule: UpdateRule | LBFGS | None, extras: tuple[bool, bool, bool, bool], dtype: str
) -> Mapping[str, str]:
    """The sources of all kernels that a job needs, by name, those first that take longest to compile.

    Parameters
    ----------
    network : Network
    rule : UpdateRule, LBFGS or None
        None for predictions alone.
    extras : tuple of bool
        Of `extras_of`.
    dtype : {"float32", "float64"}
    """
    found = dict(fixed_kernels.sources(dtype))
    learns = rule is not None
    for activation in dict.fromkeys(map(activation_of, network.layers)):
        if type(activation) is not Identity:
            found[f"{activation.name}_forward"] = forward_kernel(activation, dtype).source
            if learns:
                found[f"{activation.name}_backward"] = backward_kernel(activation, dtype).source
    if learns:
        name = network.head.computed.name
        found[f"{name}_loss"] = loss_kernel(network, dtype).source
        found[f"{name}_error"] = output_error_kernel(network, dtype).source
    if isinstance(rule, UpdateRule):
        found[f"{rule.name}_update"] = update_kernel(rule, dtype).source
    smoothing, l1, l2, clips = extras
    for penalty in (L1(1.0), L2(1.0)):
        if learns and (l1 if isinstance(penalty, L1) else l2):
            value, slope = penalty_kernels(penalty, dtype)
            found |= {f"{penalty.name}_value": value.source, f"{penalty.name}_slope": slope.source}
    if isinstance(rule, UpdateRule) and clips:
        found["clip_by_norm"] = clip_kernel(dtype).source
    if learns and smoothing:
        found["label_smoothing"] = smoothing_kernel(dtype).source
    return found


class UpdateUniforms:
    """The uniforms of an update rule, step by step; those that never change are worked out once.

    Parameters
    ----------
    rule : UpdateRule
    uniforms : tuple of Expression
        As the kernel or the printed function of the rule lists them.
    kinds : list of (float, float)
        The factors on rate and decay that occur.
    """

    def __init__(self, rule: UpdateRule, uniforms: tuple[Expression, ...], kinds: list[tuple[float, float]]) -> None:
        self.fixed = np.zeros((len(kinds), max(1, len(uniforms))))
        self.changing: list[tuple[int, int, float, Callable[[Mapping[str, Any]], Any], dict[str, Any]]] = []
        self._ahead: tuple[int, float, Any] = (0, float("nan"), ())
        self._counts = any("t" in symbols(uniform) for uniform in uniforms)
        for k, (rate, decay) in enumerate(kinds):
            values = {**rule.parameters, "weight_decay": rule.weight_decay * decay}
            for i, uniform in enumerate(uniforms):
                if {"rate", "t"} & symbols(uniform):
                    self.changing.append((k, i, rate, prepare(uniform), values))
                else:
                    self.fixed[k, i] = evaluate(uniform, values)

    def of(self, rates: Any, step: int, dtype: Any) -> Any:
        """The numbers of these steps, (n_steps, n_kinds, n_uniforms).

        For a few steps it takes as long to work them out as for many. So those of the steps that follow are kept, as
        long as the rate stays the same.

        Parameters
        ----------
        rates : array of shape (n_steps,)
        step : int
            Updates done before the first of these.
        dtype : numpy dtype
        """
        if len(rates) > FEW or (rates != rates[0]).any():
            return self._of(rates, step, dtype)
        since, rate, numbers = self._ahead
        if rate != rates[0] or not since <= step <= since + len(numbers) - len(rates):
            numbers = self._of(np.full(AHEAD, rates[0]), step, dtype)
            since, *_ = self._ahead = step, rates[0], numbers
        return numbers[step - since : step - since + len(rates)]

    def _of(self, rates: Any, step: int, dtype: Any) -> Any:
        numbers = np.empty((len(rates), *self.fixed.shape), dtype=dtype)
        numbers[...] = self.fixed
        times = np.arange(step + 1.0, step + len(rates) + 1.0) if self._counts else None
        with np.errstate(all="ignore"):
            for k, i, rate, value, values in self.changing:
                numbers[:, k, i] = value({**values, "rate": rates if rate == 1.0 else rates * rate, "t": times})
        return numbers
