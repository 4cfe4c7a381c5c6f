"""Expression trees as lines of source code, for files that compute without clearprop: Python, JavaScript, C.

What differs between languages is a `Dialect`: how a number is written, how a function is called, how a value gets a
name. Everything else (what is computed once, what is a number of its own before the loop, where a formula over rows is
cut into passes) is the numbering that kernels are printed from too. Nothing is rearranged: a line computes what the
formula says, in the order in which it says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from clearprop.errors import FormulaError
from clearprop.formulas.expressions import Expression, Symbol, symbols
from clearprop.formulas.printers.kernel import Pass
from clearprop.formulas.printers.numbering import COMPARISONS, OPERATORS, REDUCTIONS, Entry, Numbering
from clearprop.formulas.printers.text import ATOM, COMPARISON, PRODUCT, SIGN, SUM, Printed, bracket


@dataclass(frozen=True)
class Dialect:
    """A language in which formulas are written.

    Attributes
    ----------
    name : str
        For messages: "JavaScript".
    number : callable
        A float as a literal of the language.
    assign : str
        A line that gives a value a name, with ``{name}`` and ``{value}``.
    functions : mapping of str to str
        For each function of the vocabulary how it is called, with ``{0}``, ``{1}``, … for its arguments. What is
        missing here, and is no operator, the language cannot say. Where `row_sum` and `row_max` are here, a formula
        over rows needs no passes.

    Examples
    --------
    >>> from clearprop.formulas import Softplus
    >>> from clearprop.formulas.printers.code import Dialect, to_code
    >>> script = Dialect("JavaScript", repr, "const {name} = {value};", {
    ...     "exp": "Math.exp({0})", "log1p": "Math.log1p({0})", "absolute": "Math.abs({0})",
    ...     "maximum": "Math.max({0}, {1})",
    ... })
    >>> code = to_code([Softplus.tree("stable")], {"z": "z[j]"}, script)
    >>> code.passes[0].results
    ('Math.max(z[j], 0.0) + Math.log1p(Math.exp(-Math.abs(z[j])))',)
    """

    name: str
    number: Callable[[float], str]
    assign: str
    functions: Mapping[str, str] = field(default_factory=dict)

    def can_say(self, function: str) -> bool:
        """Whether the language has a function of the vocabulary; reductions are passes where it has none for them."""
        known = (*self.functions, *OPERATORS, *COMPARISONS, *REDUCTIONS, "negative")
        return function in known


@dataclass(frozen=True)
class Code:
    """What computes some trees, as text.

    Attributes
    ----------
    before : tuple of str
        Lines for what is the same along the row, to be computed once.
    passes : tuple of Pass
        For each reduction one walk along the row, and one for the results, which are expressions: see
        `clearprop.formulas.printers.kernel.Pass`. The value that a reduction gives has the name ``Pass.name``.
    """

    before: tuple[str, ...]
    passes: tuple[Pass, ...]

    @property
    def result(self) -> str:
        """The one expression of code that needs neither lines nor passes; FormulaError where it needs any."""
        (last, *others) = self.passes
        if self.before or others or last.lines or len(last.results) != 1:
            raise FormulaError("this code is more than one expression")
        return last.results[0]


def to_code(
    trees: Sequence[Expression],
    variables: Mapping[str, str],
    dialect: Dialect,
    scalars: Mapping[str, str] | None = None,
) -> Code:
    """The code that computes `trees`.

    Parameters
    ----------
    trees : sequence of Expression
    variables : mapping of str to str
        What differs along the row: the names of symbols, and how the code writes each.
    dialect : Dialect
    scalars : mapping of str to str, optional
        The other symbols.

    Raises
    ------
    FormulaError
        For a function that the language does not have, a symbol that is neither, or a reduction of what is the same in
        the whole row.

    Examples
    --------
    >>> from clearprop.formulas import Softmax
    >>> from clearprop.formulas.printers.code import Dialect, to_code
    >>> plain = Dialect("C", repr, "double {name} = {value};", {"exp": "exp({0})"})
    >>> for step in to_code([Softmax.tree("stable")], {"z": "z[j]"}, plain).passes:
    ...     print(step.reduction, step.name, *step.lines, *step.results)
    row_max t1 z[j]
    row_sum t4 exp(z[j] - t1)
      exp(z[j] - t1) / t4
    """
    scalars = scalars or {}
    unknown = set[str]().union(*map(symbols, trees)) - {*variables, *scalars}
    if unknown:
        raise FormulaError(f"nothing says how the code writes {', '.join(sorted(unknown))}")
    numbering = Numbering(frozenset(variables), as_written=True)
    outputs = [numbering.as_number(numbering.add(tree)) for tree in trees]
    plain = {f"u{k}": scalars[tree.name] for k, tree in enumerate(numbering.uniforms) if isinstance(tree, Symbol)}
    writer = _Writer(numbering, {**variables, **plain}, dialect)
    passes = []
    if not set(REDUCTIONS) <= set(dialect.functions):
        for number in sorted(numbering.reductions):
            entry = numbering.entries[number]
            passes.append(Pass(*writer.lines(entry.arguments), entry.function, f"t{number}"))
    passes.append(Pass(*writer.lines(outputs)))
    return Code(_uniforms(numbering.uniforms, scalars, dialect), tuple(passes))


def _uniforms(trees: Sequence[Expression], scalars: Mapping[str, str], dialect: Dialect) -> tuple[str, ...]:
    """Lines that compute u0, u1, …"""
    found: list[str] = []
    for place, tree in enumerate(trees):
        if isinstance(tree, Symbol):  # it has a name already
            continue
        numbering = Numbering(frozenset(scalars), as_written=True)
        output = numbering.as_number(numbering.add(tree))
        if numbering.reductions:
            raise FormulaError("a sum or maximum over a row needs something that differs along the row")
        lines, results = _Writer(numbering, scalars, dialect, prefix=f"u{place}_").lines([output])
        found.extend((*lines, dialect.assign.format(name=f"u{place}", value=results[0])))
    return tuple(found)


@dataclass
class _Writer:
    """Writes values as expressions; what is used more than once gets a line and a name."""

    numbering: Numbering
    names: Mapping[str, str]
    dialect: Dialect
    prefix: str = "t"

    def lines(self, outputs: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The lines that lead to `outputs`, and the expressions of those."""
        entries = self.numbering.entries
        needed = self.numbering.needed(outputs) if self._has_passes else set(range(len(entries)))
        self.numbering.check_reductions(needed)
        done = self.numbering.reductions if self._has_passes else set()  # in passes before this one
        users = self.numbering.users(needed - done, ())
        for output in outputs:
            users[output] = users.get(output, 0) + 1
        written: dict[int, Printed] = {}
        found = []
        for number in sorted(needed):
            entry = entries[number]
            text = self._written(number, entry, written)
            if users.get(number, 0) > 1 and entry.arguments and number not in done:
                found.append(self.dialect.assign.format(name=f"{self.prefix}{number}", value=text[0]))
                text = f"{self.prefix}{number}", ATOM
            written[number] = text
        return tuple(found), tuple(written[number][0] for number in outputs)

    @property
    def _has_passes(self) -> bool:
        return not set(REDUCTIONS) <= set(self.dialect.functions)

    def _written(self, number: int, entry: Entry, written: Mapping[int, Printed]) -> Printed:
        if entry.constant is not None:
            return self.dialect.number(entry.constant), SIGN if entry.constant < 0 else ATOM
        if not entry.arguments:
            return self.names.get(entry.text, entry.text), ATOM
        if entry.function in REDUCTIONS and self._has_passes:
            return f"t{number}", ATOM
        return self._call(entry, [written[argument] for argument in entry.arguments])

    def _call(self, entry: Entry, arguments: list[Printed]) -> Printed:
        function = entry.function
        if function in OPERATORS:
            level = SUM if function in ("add", "subtract") else PRODUCT
            left, right = (
                bracket(arguments[0], level),
                bracket(arguments[1], level + 1 if level == PRODUCT else PRODUCT),
            )
            return f"{left} {OPERATORS[function]} {right}", level
        if function in COMPARISONS:
            return f"{bracket(arguments[0], SUM)} {COMPARISONS[function]} {bracket(arguments[1], SUM)}", COMPARISON
        if function == "negative":
            return f"-{bracket(arguments[0], ATOM)}", SIGN
        if function not in self.dialect.functions:
            raise FormulaError(f"{self.dialect.name} has no {function}")
        texts = [text for text, _ in arguments]
        if function == "where" and not self.numbering.entries[entry.arguments[0]].is_condition:
            texts[0] = f"{bracket(arguments[0], SUM)} != {self.dialect.number(0.0)}"
        return self.dialect.functions[function].format(*texts), ATOM
