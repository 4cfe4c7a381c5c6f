"""A trace under other conventions: the same step with its loss summed, its δ's turned round, its bias shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.explain.checking.conventions import Conventions
from clearprop.formulas import Constant, Expression
from clearprop.formulas.derivative import plus, times
from clearprop.trace.arithmetic import total_of
from clearprop.trace.equations import Arrays, Elementwise, Equation, SumOverSamples
from clearprop.trace.kinds import Law
from clearprop.trace.scalar_trees import Scope
from clearprop.trace.totals import SecondPass
from clearprop.trace.trace import Site, Trace


@dataclass(frozen=True)
class Scaled(Equation):
    """An equation times a constant: 1/n or its absence, the sign of δ."""

    inner: Equation
    factor: float

    @property
    def law(self) -> Law:  # type: ignore[override]
        return self.inner.law

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.inner.inputs

    def compute(self, arrays: Arrays) -> Any:
        return self.inner.compute(arrays) * self.factor

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression | None:
        tree = self.inner.tree(scope, index)
        return None if tree is None else times(Constant(self.factor), tree)


@dataclass(frozen=True)
class SharedBias(Equation):
    """∂C/∂b = Σⱼ δⱼ: of a bias that all neurons of a layer share; the same number for each of them."""

    each: SumOverSamples
    law = Law.BP3

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.each.inputs

    def compute(self, arrays: Arrays) -> Any:
        found = self.each.compute(arrays)
        return found * 0 + total_of(found)

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        n = np.shape(scope.arrays[self.each.delta])[-1]
        found = self.each.tree(scope, (0,))
        for j in range(1, n):
            found = plus(found, self.each.tree(scope, (j,)))
        return found


@dataclass(frozen=True, kw_only=True)
class CostOnceMore(SecondPass):
    """J with the updated parameters: the loss and the penalties once more, each times what the conventions say."""

    loss: Equation
    cost: Equation
    factors: tuple[float, float]

    def compute(self, arrays: Arrays) -> Any:
        loss, cost = self.loss.compute(arrays), self.cost.compute(arrays)
        return loss * self.factors[0] + (cost - loss) * self.factors[1]


def convened(trace: Trace, conventions: Conventions) -> Trace:
    """The trace with its equations as the conventions have them, and every number computed anew.

    Rows, indices and roundings change how numbers are written and not the numbers: they leave a trace as it is.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.checking.convened import convened
    >>> from clearprop.explain.checking.conventions import Conventions
    >>> trace = case("case_study").trace()
    >>> turned = convened(trace, Conventions(delta="minus"))
    >>> bool(turned["delta1"].value[0] == -trace["delta1"].value[0]), bool((turned["dW1"].value == trace["dW1"]).all())
    (True, True)
    """
    total = float(trace["total_weight"].value) if "total_weight" in trace.sites else float(trace.n_samples)
    factors = conventions.factors(
        total, trace.network.widths[-1], has_shares="share" in trace.sites, of_samples="sample_loss" in trace.sites
    )
    if all(factor == 1 for factor in factors.values()) and conventions.biases != "shared":
        return trace
    L = trace.network.depth
    sites: dict[str, Site] = {}
    arrays: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        for name, site in trace.sites.items():
            equation = site.equation
            if conventions.biases == "shared" and isinstance(equation, SumOverSamples):
                equation = SharedBias(equation)
            if name == "cost_new" and isinstance(equation, SecondPass):
                again = trace.sites["loss_new"].equation
                scales = (factors["loss_new"], 1 / factors["total_weight"])
                equation = CostOnceMore(blocks=equation.blocks, of="cost", loss=again, cost=equation, factors=scales)
            factor = _factor(name, equation, factors, L)
            if factor != 1:
                equation = Scaled(equation, factor)
            value = np.array(equation.compute(arrays))
            value.flags.writeable = False
            arrays[name] = value
            sites[name] = Site(name, equation, value)
    return Trace(trace.setting, trace.params, sites)


def _factor(name: str, equation: Equation, factors: dict[str, float], L: int) -> float:
    if name in ("sample_loss", "loss", "loss_new", "total_weight"):
        return factors[name]
    if name == f"error{L}" or (name == f"delta{L}" and isinstance(equation, Elementwise)):
        return factors["error"]
    return factors["gradient"] if name.startswith(("dW", "db")) else 1.0
