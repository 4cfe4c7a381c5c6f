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
from dataclasses import dataclass, field

from clearprop.errors import FormulaError
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, apply, nodes
from clearprop.formulas.printers.idioms import idiom

REDUCTIONS = ("row_sum", "row_max")
COMPARISONS: Mapping[str, str] = {"less": "<", "less_equal": "<=", "equal": "=="}
OPERATORS: Mapping[str, str] = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
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
    numbering = _Numbering(frozenset(variables))
    outputs = [numbering.add(tree) for tree in trees]
    passes = []
    for number in sorted(numbering.reductions):
        entry = numbering.entries[number]
        lines, results = numbering.lines([entry.arguments[0]])
        passes.append(Pass(lines, results, entry.function, f"t{number}"))
    passes.append(Pass(*numbering.lines(outputs)))
    return KernelText(tuple(passes), tuple(numbering.uniforms), tuple(n for n in variables if n in numbering.read))


@dataclass(frozen=True)
class _Entry:
    """A distinct value: a variable or uniform (`text`), or a function of earlier entries."""

    function: str
    arguments: tuple[int, ...] = ()
    text: str = ""
    is_condition: bool = False
    constant: float | None = None


@dataclass
class _Numbering:
    """Gives every distinct value a number, so that what is computed twice is computed once."""

    variables: frozenset[str]
    entries: list[_Entry] = field(default_factory=list)
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
                number[id(node)] = self._number(_Entry("variable", text=node.name))
                continue
            assert isinstance(node, Apply)
            if known := idiom(node, number):
                number[id(node)] = self._apply(known[0], [known[1]], node.arguments)
                continue
            function, trees = node.function, node.arguments
            if function == "divide" and is_uniform[id(trees[1])]:
                function, trees = "multiply", (trees[0], apply("divide", 1, trees[1]))
                is_uniform[id(trees[1])] = True
            arguments = [self._uniform(a) if is_uniform[id(a)] else number[id(a)] for a in trees]
            number[id(node)] = self._apply(function, arguments, trees)
        return self._uniform(tree) if is_uniform[id(tree)] else number[id(tree)]

    def _number(self, entry: _Entry) -> int:
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
            return self._number(_Entry("constant", text=repr(value), constant=value))
        if tree not in self.uniforms:
            self.uniforms.append(tree)
        return self._number(_Entry("uniform", text=f"u{self.uniforms.index(tree)}"))

    def _apply(self, function: str, arguments: list[int], trees: Sequence[Expression]) -> int:
        if function == "power":
            return self._power(arguments[0], trees[1], arguments[1])
        if function in ("maximum", "minimum") and self.entries[arguments[0]].function in ("constant", "uniform"):
            arguments = arguments[::-1]  # the number that cannot be NaN comes second
        if function != "where":
            arguments = [self._as_number(a) for a in arguments]
        return self._number(_Entry(function, tuple(arguments), is_condition=function in COMPARISONS))

    def _as_number(self, number: int) -> int:
        """A condition that is computed with counts as 1 or 0."""
        if not self.entries[number].is_condition:
            return number
        return self._number(_Entry("where", (number, self._uniform(Constant(1)), self._uniform(Constant(0)))))

    def _power(self, base: int, exponent: Expression, exponent_number: int) -> int:
        """Small whole powers as products, ½ as a root."""
        base = self._as_number(base)
        value = exponent.value if isinstance(exponent, Constant) else None
        if value == 0.5:
            return self._number(_Entry("sqrt", (base,)))
        if value is None or value != int(value) or not 1 <= abs(value) <= 16:
            return self._number(_Entry("power", (base, self._as_number(exponent_number))))
        result, square, left = None, base, int(abs(value))
        while left:
            if left % 2:
                result = square if result is None else self._number(_Entry("multiply", (result, square)))
            left //= 2
            square = self._number(_Entry("multiply", (square, square))) if left else square
        assert result is not None
        return result if value > 0 else self._number(_Entry("divide", (self._uniform(Constant(1)), result)))

    def lines(self, outputs: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The assignments that lead to `outputs`, and the names of those."""
        needed: set[int] = set()
        stack = list(outputs)
        while stack:
            number = stack.pop()
            if number not in needed:
                needed.add(number)
                if self.entries[number].function not in REDUCTIONS:
                    stack.extend(self.entries[number].arguments)
        variable = next((e.text for e in self.entries if e.function == "variable"), None)
        if variable is None and any(self.entries[n].function in REDUCTIONS for n in needed):
            raise FormulaError("a sum or maximum over a row needs something that differs along the row")
        users: dict[int, int] = {}
        for n in needed:
            for argument in self.entries[n].arguments:
                users[argument] = users.get(argument, 0) + 1
        for n in outputs:
            users[n] = users.get(n, 0) + 2  # an output is stored, so it must have a name
        written = _Writer(self.entries, users, variable or sorted(self.variables)[0])
        return written.lines(sorted(needed)), tuple(written.name(n) for n in outputs)


@dataclass(frozen=True)
class _Writer:
    """Writes entries as assignments."""

    entries: Sequence[_Entry]
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

    def _product(self, entry: _Entry) -> int | None:
        """The argument of a sum or difference that is a product used nowhere else."""
        if entry.function in ("add", "subtract"):
            for argument in reversed(entry.arguments):
                if self.entries[argument].function == "multiply" and self.users.get(argument, 0) == 1:
                    return argument
        return None

    def _call(self, entry: _Entry) -> str:
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
