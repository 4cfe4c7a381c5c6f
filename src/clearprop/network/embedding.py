"""An embedding of numbers: beside each chosen input x some waves cos(f·x + φ), whose f and φ are learned.

A dense layer answers to a number in straight pieces that are as fine as its neurons are many. Waves of several
frequencies let it bend within a narrow range of x without more layers. The layer hands its inputs on as they are and
puts the waves behind them. Legend, for a wave k of the input x: z[n + k] = cos θ, θ = f·x + φ (n inputs). So

    ∂C/∂θ = δ·(−sin θ),   ∂C/∂f = Σ ∂C/∂θ·x,   ∂C/∂φ = Σ ∂C/∂θ,   ∂C/∂x = δ + Σ ∂C/∂θ·f,

the sums over samples and, of the last, over the waves of x. That is BP2 to BP4 of a weighted sum of one input and the
activation cos, whose formula is `clearprop.formulas.embeddings.Wave`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.formulas import Identity, Initialiser, array_namespace
from clearprop.formulas.embeddings import Wave
from clearprop.network.layers import BlockSpec, Layer
from clearprop.network.parameters import Matrix, Vector

FREQUENCIES, PHASES = "freq", "phase"  # the letters of its blocks
MOST_WAVES = 1024  # of each input
WAVE = Wave()


@dataclass(frozen=True)
class NumberEmbedding(Layer):
    """Inputs as they are, and behind them `waves` waves of each of `columns`; `of` counts the outputs.

    Parameters
    ----------
    inputs, outputs : int
        The outputs are the inputs and ``len(columns) * waves`` more.
    activation : Activation
        Identity: what the layer makes of its waves is said by their formula.
    columns : tuple of int
        Which inputs are embedded, from 0, rising.
    waves : int
        Of each of them.
    scale : float
        Standard deviation of the frequencies that training starts from, in radians for each unit of the input.
    rate : float
        Factor on the learning rate of frequencies and phases. Neither decays.

    Raises
    ------
    InputError
        When columns are none of the inputs or do not rise, a count is no whole number of at least 1, the outputs are
        not as many as that makes, or the activation is not the identity.

    Examples
    --------
    >>> from clearprop.network import NumberEmbedding
    >>> layer = NumberEmbedding.of(3, columns=(0, 2), waves=4)
    >>> layer.outputs, [block.shape for block in layer.blocks]
    (11, [(8,), (8,)])
    """

    columns: tuple[int, ...] = ()
    waves: int = 1
    scale: float = 1.0
    rate: float = 1.0

    @classmethod
    def of(cls, inputs: int, columns: Sequence[int], waves: int, **others: float) -> NumberEmbedding:
        """The layer for so many inputs."""
        found = tuple(columns)
        return cls(inputs, inputs + len(found) * waves, Identity(), found, waves, **others)

    def __post_init__(self) -> None:
        if isinstance(self.waves, bool) or not isinstance(self.waves, int) or not 1 <= self.waves <= MOST_WAVES:
            raise InputError(f"waves must be a whole number from 1 to {MOST_WAVES}, not {self.waves!r}")
        super().__post_init__()
        object.__setattr__(self, "columns", tuple(self.columns))
        whole = [isinstance(c, int) and not isinstance(c, bool) and 0 <= c < self.inputs for c in self.columns]
        if not whole or not all(whole) or list(self.columns) != sorted(set(self.columns)):
            raise InputError(
                f"columns must be some of the inputs 0 … {self.inputs - 1}, each once and rising, not {self.columns!r}"
            )
        for name in ("scale", "rate"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < np.inf:
                raise InputError(f"{name} must be a number of at least 0, not {number!r}")
        if self.outputs != self.inputs + self.n_waves:
            raise InputError(
                f"an embedding of {self.inputs} inputs with {self.waves} waves of {len(self.columns)} of them has "
                f"{self.inputs + self.n_waves} outputs, not {self.outputs}"
            )
        if type(self.activation) is not Identity:
            raise InputError(f"the activation of an embedding is the identity, not {self.activation.name}")

    @property
    def n_waves(self) -> int:
        """Waves of all columns together."""
        return len(self.columns) * self.waves

    @property
    def summary(self) -> str:
        return f"{self.waves} waves of each of {len(self.columns)}"

    @cached_property
    def sources(self) -> Vector:
        """For each wave the input that it is of."""
        return np.repeat(np.array(self.columns), self.waves)

    @property
    def blocks(self) -> tuple[BlockSpec, ...]:
        return tuple(BlockSpec(letter, (self.n_waves,), self.rate, 0.0) for letter in (FREQUENCIES, PHASES))

    def arrows(self, blocks: Mapping[str, Any]) -> Matrix:
        """1 from each input to itself, and its frequency from an input to each of its waves."""
        found = np.full((self.inputs, self.outputs), np.nan)
        np.fill_diagonal(found, 1.0)
        found[self.sources, self.inputs + np.arange(self.n_waves)] = blocks[FREQUENCIES]
        return found

    def draw(self, rule: Initialiser, random: np.random.Generator) -> Mapping[str, Any]:
        """Frequencies from N(0, scale²) and phases from (−π, π), whatever the rule for weights is."""
        frequencies = self.scale * random.standard_normal(self.n_waves)
        return {FREQUENCIES: frequencies, PHASES: random.uniform(-pi, pi, self.n_waves)}

    def angles(self, x: Matrix, blocks: Mapping[str, Any]) -> Matrix:
        """θ = f·x + φ of every wave, (n_samples, n_waves)."""
        return x[:, self.sources] * blocks[FREQUENCIES] + blocks[PHASES]

    def forward(self, x: Matrix, blocks: Mapping[str, Any]) -> Matrix:
        return array_namespace(x).concat([x, WAVE.forward(self.angles(x, blocks))], axis=1)

    def back(self, delta: Matrix, x: Matrix, blocks: Mapping[str, Any]) -> Matrix:
        through = self._errors(delta, x, blocks) * blocks[FREQUENCIES]
        error = array_namespace(x).asarray(delta[:, : self.inputs], copy=True)
        for i, column in enumerate(self.columns):
            error[:, column] += through[:, i * self.waves : (i + 1) * self.waves].sum(axis=1)
        return error

    def gradients(self, delta: Matrix, x: Matrix, blocks: Mapping[str, Any]) -> Mapping[str, Any]:
        errors = self._errors(delta, x, blocks)
        return {FREQUENCIES: (errors * x[:, self.sources]).sum(axis=0), PHASES: errors.sum(axis=0)}

    def _errors(self, delta: Matrix, x: Matrix, blocks: Mapping[str, Any]) -> Matrix:
        """∂C/∂θ (n_samples, n_waves)."""
        angles = self.angles(x, blocks)
        return WAVE.backward(delta[:, self.inputs :], angles, WAVE.forward(angles))


def embedded_inputs(network: Any) -> NumberEmbedding | None:
    """The embedding that a network begins with, if it has one."""
    first = network.layers[0]
    return first if isinstance(first, NumberEmbedding) else None
