"""Every distinct value of some formulas under a number of its own, so that what is used twice is computed once.

The printers of kernels and of source code number trees here and write what comes out, each in its own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clearprop.errors import FormulaError
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, apply, nodes
from clearprop.formulas.printers.idioms import idiom

REDUCTIONS = ("row_sum", "row_max")
COMPARISONS: Mapping[str, str] = {"less": "<", "less_equal": "<=", "equal": "=="}
OPERATORS: Mapping[str, str] = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


@dataclass(frozen=True)
class Entry:
    """A distinct value: a variable or uniform (`text`), or a function of earlier entries."""

    function: str
    arguments: tuple[int, ...] = ()
    text: str = ""
    is_condition: bool = False
    constant: float | None = None


@dataclass
class Numbering:
    """Gives every distinct value a number, so that what is computed twice is computed once.

    Parameters
    ----------
    variables : frozenset of str
        The symbols that stand for arrays; what depends on none of them is a *uniform*.
    as_written : bool
        Divide where the formula divides, and know no word for a whole formula: what is printed rounds as the formula
        computed by NumPy does. Otherwise a division by a uniform is a product with its reciprocal.
    """

    variables: frozenset[str]
    as_written: bool = False
    entries: list[Entry] = field(default_factory=list)
    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    uniforms: list[Expression] = field(default_factory=list)
    reductions: set[int] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def add(self, tree: Expression) -> int:
        """The number of a tree's value."""
        is_uniform: dict[int, bool] = {}
        number: dict[int, int] = {}
        for node in nodes(tree):
            is_uniform[id(node)] = (
                all(is_uniform[id(a)] for a in node.arguments)
                if isinstance(node, Apply)
                else not (isinstance(node, Symbol) and node.name in self.variables)
            )
        for node in nodes(tree):
            if is_uniform[id(node)]:
                continue
            if isinstance(node, Symbol):
                self.read.add(node.name)
                number[id(node)] = self._number(Entry("variable", text=node.name))
                continue
            assert isinstance(node, Apply)
            if not self.as_written and (known := idiom(node, number)):
                number[id(node)] = self._apply(known[0], [known[1]], node.arguments)
                continue
            function, trees = node.function, node.arguments
            if function == "divide" and is_uniform[id(trees[1])] and not self.as_written:
                function, trees = "multiply", (trees[0], apply("divide", 1, trees[1]))
                is_uniform[id(trees[1])] = True
            arguments = [self._uniform(a) if is_uniform[id(a)] else number[id(a)] for a in trees]
            number[id(node)] = self._apply(function, arguments, trees)
        return self._uniform(tree) if is_uniform[id(tree)] else number[id(tree)]

    def _number(self, entry: Entry) -> int:
        key = (entry.function, entry.arguments, entry.text)
        if key not in self.numbers:
            self.numbers[key] = len(self.entries)
            self.entries.append(entry)
            if entry.function in REDUCTIONS:
                self.reductions.add(self.numbers[key])
        return self.numbers[key]

    def _uniform(self, tree: Expression) -> int:
        """A number known before the kernel runs: written into it if it is a constant of the formula."""
        if not any(isinstance(node, Symbol) for node in nodes(tree)):
            value = float(evaluate(tree, {}))
            return self._number(Entry("constant", text=repr(value), constant=value))
        if tree not in self.uniforms:
            self.uniforms.append(tree)
        return self._number(Entry("uniform", text=f"u{self.uniforms.index(tree)}"))

    def _apply(self, function: str, arguments: list[int], trees: Sequence[Expression]) -> int:
        if function == "power":
            return self._power(arguments[0], trees[1], arguments[1])
        if function in ("maximum", "minimum") and self.entries[arguments[0]].function in ("constant", "uniform"):
            arguments = arguments[::-1]  # the number that cannot be NaN comes second
        if function != "where":
            arguments = [self.as_number(a) for a in arguments]
        return self._number(Entry(function, tuple(arguments), is_condition=function in COMPARISONS))

    def as_number(self, number: int) -> int:
        """A condition that is computed with counts as 1 or 0."""
        if not self.entries[number].is_condition:
            return number
        return self._number(Entry("where", (number, self._uniform(Constant(1)), self._uniform(Constant(0)))))

    def _power(self, base: int, exponent: Expression, exponent_number: int) -> int:
        """Small whole powers as products, ½ as a root."""
        base = self.as_number(base)
        value = exponent.value if isinstance(exponent, Constant) else None
        if value == 0.5:
            return self._number(Entry("sqrt", (base,)))
        if value is None or value != int(value) or not 1 <= abs(value) <= 16:
            return self._number(Entry("power", (base, self.as_number(exponent_number))))
        result, square, left = None, base, int(abs(value))
        while left:
            if left % 2:
                result = square if result is None else self._number(Entry("multiply", (result, square)))
            left //= 2
            square = self._number(Entry("multiply", (square, square))) if left else square
        assert result is not None
        return result if value > 0 else self._number(Entry("divide", (self._uniform(Constant(1)), result)))

    def needed(self, outputs: Iterable[int]) -> set[int]:
        """The numbers of what has to be computed for `outputs`; what a reduction gives is known."""
        found: set[int] = set()
        stack = list(outputs)
        while stack:
            number = stack.pop()
            if number not in found:
                found.add(number)
                if self.entries[number].function not in REDUCTIONS:
                    stack.extend(self.entries[number].arguments)
        return found

    def users(self, needed: Iterable[int], outputs: Iterable[int]) -> dict[int, int]:
        """How often each value is used; an output counts twice more, since it is stored and must have a name."""
        found: dict[int, int] = {}
        for number in needed:
            for argument in self.entries[number].arguments:
                found[argument] = found.get(argument, 0) + 1
        for number in outputs:
            found[number] = found.get(number, 0) + 2
        return found

    def check_reductions(self, needed: Iterable[int]) -> None:
        """Raise FormulaError where something is summed over a row that is the same in all of it."""
        if any(e.function == "variable" for e in self.entries):
            return
        if any(self.entries[n].function in REDUCTIONS for n in needed):
            raise FormulaError("a sum or maximum over a row needs something that differs along the row")
