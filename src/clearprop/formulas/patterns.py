"""Trees that differ in nothing but their numbers, as one tree and a table of the numbers.

A column with thirty bins has thirty formulas of one form: an exporter prints that form once, in a loop over the edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from clearprop.formulas.expressions import Constant, Expression, Symbol, apply, fold


@dataclass(frozen=True)
class Pattern:
    """Several trees of one form.

    Attributes
    ----------
    tree : Expression
        Their form; numbers in which they differ are symbols, c0, c1, …
    numbers : mapping of str to tuple of float
        For each of those symbols its number in every one of the trees.
    count : int
        How many trees there are.
    """

    tree: Expression
    numbers: Mapping[str, tuple[float, ...]]
    count: int


def patterns(trees: Iterable[Expression]) -> tuple[Pattern, ...]:
    """The trees in their order, neighbours of one form put together.

    Examples
    --------
    >>> from clearprop.formulas import Symbol
    >>> from clearprop.formulas.patterns import patterns
    >>> x = Symbol("x")
    >>> found = patterns([x, (x - 1) / 2, (x - 3) / 2, (x - 5) / 2])
    >>> [(str(each.tree), dict(each.numbers), each.count) for each in found]
    [('x', {}, 1), ('(x − c0)/2', {'c0': (1, 3, 5)}, 3)]
    """
    made = []
    for _, group in groupby(((*_form(tree), tree) for tree in trees), key=lambda found: found[0]):
        members = list(group)
        made.append(_pattern(members[0][2], [numbers for _, numbers, _ in members]))
    return tuple(made)


def with_values(tree: Expression, values: Mapping[str, Any]) -> Expression:
    """The tree with these numbers, or trees, in place of the symbols of these names.

    Examples
    --------
    >>> from clearprop.formulas import LeakyRelu
    >>> from clearprop.formulas.patterns import with_values
    >>> print(with_values(LeakyRelu.tree(), LeakyRelu(0.2).parameters))
    {z if z > 0; 0.2·z otherwise}
    """

    def leaf(item: Symbol | Constant) -> Expression:
        given = values.get(item.name, item) if isinstance(item, Symbol) else item
        return given if isinstance(given, Expression) else Constant(given)

    return fold(tree, leaf, lambda function, _, arguments: apply(function, *arguments))


def _form(tree: Expression) -> tuple[Any, list[float]]:
    """What a tree is but for its numbers, and those in their order."""
    numbers: list[float] = []

    def leaf(item: Symbol | Constant) -> Any:
        if isinstance(item, Symbol):
            return item.name
        numbers.append(item.value)
        return len(numbers) - 1

    return fold(tree, leaf, lambda function, _, arguments: (function, *arguments)), numbers


def _pattern(tree: Expression, tables: Sequence[list[float]]) -> Pattern:
    """One tree for all: a number that is the same in each of them stays a number."""
    names: dict[int, str] = {}
    for place, numbers in enumerate(zip(*tables, strict=True)):
        if len(set(numbers)) > 1:
            names[place] = f"c{len(names)}"
    place = -1

    def leaf(item: Symbol | Constant) -> Expression:
        nonlocal place
        if isinstance(item, Symbol):
            return item
        place += 1
        return Symbol(names[place]) if place in names else item

    made = fold(tree, leaf, lambda function, _, arguments: apply(function, *arguments))
    return Pattern(made, {name: tuple(row[n] for row in tables) for n, name in names.items()}, len(tables))
