"""Expression trees as the source of a kernel: straight lines over SIMD vectors, for the compiled engine.

Only text is made here; the words that it uses (`multiply_add`, `select`, `exp`, …) are the compiled engine's. What
depends on no variable (a parameter, 1 − β₁ᵗ, …) is left out of the kernel as a *uniform*: a number worked out once in
float64 before the kernel runs, as it is when NumPy computes the formula. A division by a uniform becomes a product with
its reciprocal.

A formula over rows (softmax) is taken apart at each `row_sum` and `row_max`: one pass over the row for each, and a last
one for the results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearprop.formulas.expressions import Expression
from clearprop.formulas.printers.numbering import COMPARISONS, OPERATORS, REDUCTIONS, Entry, Numbering

FUNCTIONS: Mapping[str, str] = {
    "sqrt": "square_root", "sin": "sine", "cos": "cosine", "exp": "exp", "expm1": "expm1", "log": "log",
    "log1p": "log1p", "tanh": "tanh", "erf": "erf", "absolute": "absolute", "sign": "sign", "floor": "floor",
    "logistic": "logistic",
}  # fmt: skip


@dataclass(frozen=True)
class Pass:
    """One walk along a row: the lines for one vector, and what becomes of their results.

    Attributes
    ----------
    lines : tuple of str
        Assignments; they may use the variables and the results of earlier passes.
    results : tuple of str
        The names (or variables) that hold the values of this pass.
    reduction : str
        "row_sum" or "row_max", or "" for the last pass.
    name : str
        The name that the reduced value has in later passes.
    """

    lines: tuple[str, ...]
    results: tuple[str, ...]
    reduction: str = ""
    name: str = ""


@dataclass(frozen=True)
class KernelText:
    """What a kernel computes, as text.

    Attributes
    ----------
    passes : tuple of Pass
        One without reductions; otherwise one for each, and the last.
    uniforms : tuple of Expression
        The numbers u0, u1, … that the lines use, in their order.
    variables : tuple of str
        The variables that the lines read.
    """

    passes: tuple[Pass, ...]
    uniforms: tuple[Expression, ...]
    variables: tuple[str, ...]


def to_kernel(trees: Sequence[Expression], variables: Sequence[str]) -> KernelText:
    """The kernel that computes `trees`.

    Parameters
    ----------
    trees : sequence of Expression
    variables : sequence of str
        The symbols that stand for arrays; all others are uniform.

    Raises
    ------
    FormulaError
        When a reduction is applied to something that is the same in the whole row.

    Examples
    --------
    >>> from clearprop.formulas import Logistic, Softmax
    >>> from clearprop.formulas.printers.kernel import to_kernel
    >>> print(*to_kernel([Logistic.tree("slope")], ["z", "a"]).passes[0].lines, sep="\\n")
    t2 = constant(a, 1.0) - a
    t3 = a * t2
    >>> [step.reduction for step in to_kernel([Softmax.tree("stable")], ["z"]).passes]
    ['row_max', 'row_sum', '']
    """
    numbering = Numbering(frozenset(variables))
    outputs = [numbering.add(tree) for tree in trees]
    passes = []
    for number in sorted(numbering.reductions):
        entry = numbering.entries[number]
        lines, results = _lines(numbering, [entry.arguments[0]])
        passes.append(Pass(lines, results, entry.function, f"t{number}"))
    passes.append(Pass(*_lines(numbering, outputs)))
    return KernelText(tuple(passes), tuple(numbering.uniforms), tuple(n for n in variables if n in numbering.read))


def _lines(numbering: Numbering, outputs: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The assignments that lead to `outputs`, and the names of those."""
    needed = numbering.needed(outputs)
    numbering.check_reductions(needed)
    variable = next((e.text for e in numbering.entries if e.function == "variable"), None)
    like = variable or sorted(numbering.variables)[0]
    written = _Writer(numbering.entries, numbering.users(needed, outputs), like)
    return written.lines(sorted(needed)), tuple(written.name(n) for n in outputs)


@dataclass(frozen=True)
class _Writer:
    """Writes entries as assignments."""

    entries: Sequence[Entry]
    users: Mapping[int, int]
    like: str  # any variable, for the type of constants

    def lines(self, numbers: Sequence[int]) -> tuple[str, ...]:
        found = []
        for number in numbers:
            entry = self.entries[number]
            if entry.arguments and entry.function not in REDUCTIONS and not self._is_folded(number, numbers):
                found.append(f"t{number} = {self._call(entry)}")
        return tuple(found)

    def name(self, number: int) -> str:
        entry = self.entries[number]
        if entry.function == "constant":
            return f"constant({self.like}, {entry.text})"
        return entry.text or f"t{number}"

    def _is_folded(self, number: int, numbers: Sequence[int]) -> bool:
        """Whether a product becomes part of the one sum that uses it."""
        if self.entries[number].function != "multiply" or self.users.get(number, 0) != 1:
            return False
        user = next(n for n in numbers if number in self.entries[n].arguments)
        return self._product(self.entries[user]) == number

    def _product(self, entry: Entry) -> int | None:
        """The argument of a sum or difference that is a product used nowhere else."""
        if entry.function in ("add", "subtract"):
            for argument in reversed(entry.arguments):
                if self.entries[argument].function == "multiply" and self.users.get(argument, 0) == 1:
                    return argument
        return None

    def _call(self, entry: Entry) -> str:
        names = [self.name(a) for a in entry.arguments]
        product = self._product(entry)
        if product is not None:
            x, y = (self.name(a) for a in self.entries[product].arguments)
            other = names[1 - entry.arguments.index(product)]
            if entry.function == "add":
                return f"multiply_add({x}, {y}, {other})"
            if entry.arguments[1] == product:
                return f"multiply_add(-({x}), {y}, {other})"
            return f"multiply_add({x}, {y}, -({other}))"
        if entry.function in OPERATORS:
            return f"{names[0]} {OPERATORS[entry.function]} {names[1]}"
        if entry.function in COMPARISONS:
            return f"{names[0]} {COMPARISONS[entry.function]} {names[1]}"
        if entry.function == "negative":
            return f"-{names[0]}"
        if entry.function == "power":
            return f"power({names[0]}, {names[1]})"
        if entry.function == "where":
            condition = entry.arguments[0]
            if not self.entries[condition].is_condition:  # a number counts as true unless it is 0
                return f"select({names[0]} == constant({self.like}, 0.0), {names[2]}, {names[1]})"
            return f"select({names[0]}, {names[1]}, {names[2]})"
        if entry.function in ("maximum", "minimum"):
            bounded = {"maximum": "at_least", "minimum": "at_most"}[entry.function]
            is_number = self.entries[entry.arguments[1]].function in ("constant", "uniform")
            return f"{bounded if is_number else entry.function}({names[0]}, {names[1]})"
        return f"{FUNCTIONS[entry.function]}({names[0]})"
