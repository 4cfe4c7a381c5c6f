"""The chain rule for one parameter as data: factors along a path, paths of a sample, samples of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clearprop.explain.derivations.lines import Line
from clearprop.formulas import Expression, Symbol


@dataclass(frozen=True)
class Factor:
    """One edge of a path.

    Attributes
    ----------
    partial : Symbol
        What it is: ∂a²₁/∂z²₁.
    form : Expression
        What that comes to: a²₁·(1 − a²₁).
    value : float
    """

    partial: Symbol
    form: Expression
    value: Any


@dataclass(frozen=True)
class Path:
    """One way from the loss to the parameter.

    Attributes
    ----------
    nodes : tuple of str
        What it runs through, from the loss on: "C", "a2[0]", "z2[0]", …, the parameter.
    factors : tuple of Factor
    line : Line
        Its product, under the name "path 1", or for a batch with one path for each sample "sample 1".
    """

    nodes: tuple[str, ...]
    factors: tuple[Factor, ...]
    line: Line

    @property
    def value(self) -> Any:
        """The product of its factors."""
        return self.line.value


@dataclass(frozen=True)
class SamplePart:
    """What one sample adds to a partial derivative: its paths, their sum, and the folded form.

    Attributes
    ----------
    sample : int or None
        From 0; None where there is one sample.
    paths : tuple of Path
        Empty where only the folded form was asked for.
    total : Line
        The sum over its paths; the folded form where there are none.
    folded : Line
        The shared parts in boxes: each box is a δ. Of a batch under the name "sample 1".
    """

    sample: int | None
    paths: tuple[Path, ...]
    total: Line
    folded: Line


@dataclass(frozen=True)
class ChainRule:
    """∂C/∂(one parameter), written out and folded.

    Of a batch the parts of the samples add up. Each brings its share of the mean, 1/n or its weight over that of all,
    with its first factor ∂C/∂a.

    Attributes
    ----------
    parameter : str
    n_paths : int
        Of all samples together.
    parts : tuple of SamplePart
        One for each sample; of a large batch whose folded form was asked for, those that are shown.
    total : Line
        The sum over the paths of a sample, or over the samples of a batch.
    named : Line
        The same with the names of the boxes: BP3 or BP4.
    """

    parameter: str
    n_paths: int
    parts: tuple[SamplePart, ...]
    total: Line
    named: Line

    @property
    def paths(self) -> tuple[Path, ...]:
        """All paths, sample by sample; empty where only the folded form was asked for."""
        return tuple(path for part in self.parts for path in part.paths)

    @property
    def folded(self) -> Line:
        """The shared parts in boxes; of a batch the sum over its samples."""
        return self.parts[0].folded if self.parts[0].sample is None else self.total

    @property
    def value(self) -> Any:
        """The partial derivative."""
        return self.named.value
