"""Formulas as functions of plain numbers, printed for one neuron, or for all neurons of a layer that a row couples.

The lines are those of `formula_kernels`, from the same printer; their words take a vector of one lane too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from clearprop.engines.compiled.codegen.formula_kernels import in_words, word
from clearprop.formulas.expressions import Expression
from clearprop.formulas.printers.kernel import KernelText, to_kernel


@dataclass(frozen=True)
class Called:
    """A formula as a function of the printed module: how to call it, and the uniforms that follow the variables."""

    name: str
    uniforms: tuple[Expression, ...]
    is_coupled: bool


@dataclass
class Functions:
    """The formulas of a network, each printed once as a function."""

    sources: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, trees: Sequence[Expression], variables: Sequence[str], width: int) -> Called:
        """A function for these formulas of `variables`; of all `width` neurons at once where a row couples them."""
        text = to_kernel([in_words(tree, variables) for tree in trees], [word(name) for name in variables])
        coupled = len(text.passes) > 1
        body = _coupled(text, variables, width) if coupled else _elementwise(text, variables)
        name = self.sources.setdefault(body, f"{what}_{len(self.sources)}")
        return Called(name, text.uniforms, coupled)

    def __str__(self) -> str:
        return "".join(f'\n\n@njit(error_model="numpy")\ndef {name}{body}' for body, name in self.sources.items())


def _elementwise(text: KernelText, variables: Sequence[str]) -> str:
    """Arguments and body of a function of one neuron."""
    (step,) = text.passes
    arguments = [*map(word, variables), *(f"u{i}" for i in range(len(text.uniforms)))]
    lines = [*step.lines, f"return {', '.join(step.results)}"]
    return f"({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in lines)


def _coupled(text: KernelText, variables: Sequence[str], width: int) -> str:
    """Arguments and body of a function of all neurons of a layer; it returns as many results."""
    shared = {step.name for step in text.passes}
    names = "|".join(map(word, variables))

    def of(neuron: int, line: str) -> str:
        return re.sub(rf"\b({names}|t\d+)\b", lambda m: m[0] if m[0] in shared else f"{m[0]}_{neuron}", line)

    arguments = [f"{word(name)}_{k}" for name in variables for k in range(width)]
    arguments += [f"u{i}" for i in range(len(text.uniforms))]
    lines: list[str] = []
    for step in text.passes:
        for k in range(width):
            lines += [of(k, line) for line in step.lines]
        values = [of(k, step.results[0]) for k in range(width)]
        if step.reduction:
            lines.append(f"{step.name} = {values[0]}")
            fold = "{0} + {1}" if step.reduction == "row_sum" else "maximum({0}, {1})"
            lines += [f"{step.name} = {fold.format(step.name, value)}" for value in values[1:]]
        else:
            lines.append(f"return {', '.join(values)},")
    return f"({', '.join(arguments)}):\n" + "".join(f"    {line}\n" for line in lines)
