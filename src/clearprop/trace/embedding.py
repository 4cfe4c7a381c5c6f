"""The equations of an embedding of numbers: its waves, and BP2 to BP4 through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.formulas import Expression
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import as_expression
from clearprop.network.embedding import FREQUENCIES, PHASES, WAVE, NumberEmbedding
from clearprop.trace.arithmetic import add_up
from clearprop.trace.equations import Arrays, Equation
from clearprop.trace.kinds import Law
from clearprop.trace.scalar_trees import Scope

VALUE, SLOPE = WAVE.tree(), WAVE.tree("slope")


@dataclass(frozen=True)
class OfWaves(Equation):
    """Base: what is computed from the angles θ = f·x + φ of an embedding's waves.

    Attributes
    ----------
    layer : NumberEmbedding
    a, freq, phase : str
        What comes into the layer, and its blocks.
    """

    layer: NumberEmbedding
    a: str
    freq: str
    phase: str

    def angles(self, arrays: Arrays) -> Any:
        """θ of every wave, of one sample or of each."""
        x, blocks = arrays[self.a], {FREQUENCIES: arrays[self.freq], PHASES: arrays[self.phase]}
        return self.layer.angles(np.atleast_2d(x), blocks).reshape(*x.shape[:-1], self.layer.n_waves)

    def angle(self, scope: Scope, sample: list[int], k: int) -> Expression:
        """The tree of θ of wave k."""
        x = scope.symbol(self.a, *sample, int(self.layer.sources[k]))
        return scope.symbol(self.freq, k) * x + scope.symbol(self.phase, k)


@dataclass(frozen=True)
class Embedded(OfWaves):
    """zˡ: what comes in, and behind it cos(f·x + φ)."""

    law = Law.FORWARD

    def compute(self, arrays: Arrays) -> Any:
        return np.concatenate([arrays[self.a], WAVE.forward(self.angles(arrays))], axis=-1)

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        *sample, j = index
        if j < self.layer.inputs:
            return scope.symbol(self.a, *sample, j)
        return _of_angle(VALUE, self.angle(scope, sample, j - self.layer.inputs))


@dataclass(frozen=True)
class _WithErrors(OfWaves):
    """Base: what is computed from ∂C/∂θ = δ·(−sin θ) of the waves."""

    delta: str

    def errors(self, arrays: Arrays) -> Any:
        """∂C/∂θ of every wave."""
        angles = self.angles(arrays)
        return WAVE.backward(arrays[self.delta][..., self.layer.inputs :], angles, WAVE.forward(angles))

    def error(self, scope: Scope, sample: list[int], k: int) -> Expression:
        """The tree of ∂C/∂θ of wave k."""
        delta = scope.symbol(self.delta, *sample, self.layer.inputs + k)
        return delta * _of_angle(SLOPE, self.angle(scope, sample, k))


@dataclass(frozen=True)
class EmbeddedBack(_WithErrors):
    """∂C/∂x = δ + Σ ∂C/∂θ·f, over the waves of x; δ alone of what is not embedded. Part of BP2."""

    law = Law.BP2

    def compute(self, arrays: Arrays) -> Any:
        found = np.array(arrays[self.delta][..., : self.layer.inputs])
        through, n = self.errors(arrays) * arrays[self.freq], self.layer.waves
        for i, column in enumerate(self.layer.columns):
            found[..., column] += add_up(n, lambda k: through[..., i * n + k])  # noqa: B023
        return found

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        *sample, i = index
        own = scope.symbol(self.delta, *sample, i)
        if i not in self.layer.columns:
            return own
        first = self.layer.columns.index(i) * self.layer.waves
        own_waves = (*sample, slice(first, first + self.layer.waves))
        through = (self.errors(scope.arrays) * scope.arrays[self.freq])[own_waves]
        return own + scope.sum_of(
            through, lambda k: self.error(scope, sample, first + k) * scope.symbol(self.freq, first + k)
        )


@dataclass(frozen=True)
class PhaseGradient(_WithErrors):
    """∂C/∂φ = ∂C/∂θ, summed over the samples of a batch."""

    law = Law.BP3

    def of_sample(self, arrays: Arrays) -> Any:
        """What each sample adds."""
        return self.errors(arrays)

    def term(self, scope: Scope, sample: list[int], k: int) -> Expression:
        """The tree of what a sample adds."""
        return self.error(scope, sample, k)

    def compute(self, arrays: Arrays) -> Any:
        each = self.of_sample(arrays)
        return add_up(len(each), lambda n: each[n]) if each.ndim == 2 else each

    def tree(self, scope: Scope, index: tuple[int, ...]) -> Expression:
        (k,) = index
        each = self.of_sample(scope.arrays)
        if each.ndim == 1:
            return self.term(scope, [], k)
        return scope.sum_of(each[:, k], lambda n: self.term(scope, [n], k))


@dataclass(frozen=True)
class FrequencyGradient(PhaseGradient):
    """∂C/∂f = ∂C/∂θ·x, summed over the samples of a batch."""

    law = Law.BP4

    def of_sample(self, arrays: Arrays) -> Any:
        return self.errors(arrays) * arrays[self.a][..., self.layer.sources]

    def term(self, scope: Scope, sample: list[int], k: int) -> Expression:
        return self.error(scope, sample, k) * scope.symbol(self.a, *sample, int(self.layer.sources[k]))


def _of_angle(tree: Expression, angle: Expression) -> Expression:
    """A formula of z with the angle in its place."""
    return as_expression(evaluate(tree, {"z": angle}))
