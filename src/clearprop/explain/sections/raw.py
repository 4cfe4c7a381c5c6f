"""From a row of a table to the inputs of the network: the formula of each input, with the row's own values put in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.sections.kit import Kit
from clearprop.explain.words import Words
from clearprop.explain.writing.document import Block, Derivation, Number
from clearprop.formulas import Apply, Constant, Expression, Symbol
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import fold, nodes
from clearprop.formulas.expressions import symbols as symbols_of
from clearprop.tables.origin import CODE, MISSING, Origin, X
from clearprop.trace.names import at
from clearprop.trace.trace import Trace

TURNING = re.compile(r" of its (year|week|day)$")
MOST_COLUMNS, MOST_OF_A_COLUMN = 20, 6  # columns, and inputs of each, that are written out
FINER, FINER_MOMENT = 3, 9  # digits more of a value of the row, and of seconds since 1970, which are ten digits long

# How the first numbers of a formula are called, in the order in which they stand in it.
NAMED: Mapping[str, tuple[str, ...]] = {
    "scaled": ("raw_median", "raw_spread"), "item": ("raw_mean", "raw_deviation"), "bin": ("raw_from", "raw_width"),
}  # fmt: skip


def inputs(trace: Trace, kit: Kit) -> list[Block]:
    """How the row became the inputs, column by column."""
    found = () if trace.trained is None else trace.trained.inputs
    if all(origin.formula is None for origin in found):
        return []
    say = kit.writer.say
    columns = [list(group) for _, group in groupby(enumerate(found), key=lambda item: item[1].column)]
    blocks: list[Block] = [kit.writer.heading("inputs"), say("inputs_words")]
    for group in columns[:MOST_COLUMNS]:
        first = group[0][1]
        if any(origin.kind == "circle" for _, origin in group) and not first.known["missing"]:
            blocks.append(say("raw_moment", column=first.column, value=Number(first.known["x"], FINER_MOMENT)))
        blocks.append(Derivation(list(_of_column(trace, group, kit.writer.words))))
    if len(columns) > MOST_COLUMNS:
        blocks.append(say("left_out", count=f"{len(columns) - MOST_COLUMNS:,}"))
    return blocks


def _of_column(trace: Trace, group: list[tuple[int, Origin]], words: Words) -> Iterator[Line | Omission]:
    """The lines of a column's inputs; of many those whose values are the rarest among them."""
    values = trace["a0"].value.ravel()
    often = Counter(float(values[k]) for k, _ in group)
    telling = sorted(group, key=lambda item: often[float(values[item[0]])])[:MOST_OF_A_COLUMN]
    shown = group if len(group) <= MOST_OF_A_COLUMN + 1 else sorted(telling)
    told: set[str] = set()
    for k, origin in shown:
        place = (0, k) if trace.is_batch else (k,)
        for line in lines_of_input(origin, Symbol(at("a0", *place)), float(values[k]), words):
            if str(line.target) not in told:  # sine and cosine take the same part of a year
                yield line
            told.add(str(line.target))
    if len(shown) < len(group):
        yield Omission(len(group) - len(shown))


def lines_of_input(origin: Origin, target: Symbol, value: float, words: Words) -> list[Line]:
    """The formula of one input; what it says first of a number or a time has a line of its own.

    Parameters
    ----------
    origin : Origin
        With its formula.
    target : Symbol
        The input.
    value : float
        Of the input.
    words : Words
        In which the numbers of the formula are called.
    """
    assert origin.formula is not None
    known = dict(origin.known)
    tree = _without_far(_present(origin.formula, known, origin.kind), known)
    name = origin.name if origin.kind == "item" else origin.column
    if origin.kind == "mean":
        mean = Symbol(f"~{origin.name}")
        return [Line(target, (mean,), {mean.name: float(evaluate(tree, known))}, value, "forward")]
    if isinstance(tree, Constant):
        return [Line(target, (tree,), {}, value, "forward")]
    if origin.kind not in ("scaled", "item", "circle"):
        return [_line(target, tree, value, origin, known, name, words)]
    inner, called = _inner(tree, origin.kind)
    if origin.kind == "circle":
        called = words[f"name_{turning.group(1)}"] if (turning := TURNING.search(origin.name)) else words["raw_turn"]
    part = Symbol(f"~{called}({name})")
    first = _line(part, inner, float(evaluate(inner, known)), origin, known, name, words)
    return [first, Line(target, (_replaced(tree, {inner: part}),), {part.name: first.value}, value, "forward")]


def _inner(tree: Expression, kind: str) -> tuple[Expression, str]:
    """The part of a formula that has a line of its own: how far a number is, or where in its period a time is."""
    assert isinstance(tree, Apply)
    if kind != "circle":
        return tree.arguments[0], "d"
    angle = tree.arguments[0]
    assert isinstance(angle, Apply)
    return angle.arguments[1], ""


def _line(
    target: Symbol, tree: Expression, value: float, origin: Origin, known: Mapping[str, float], name: str, words: Words
) -> Line:
    """A formula in which column, categories and what training found have their names."""
    column = f"~{name}"
    values = {column: known.get("x", known.get("code", 0.0))}
    instead: dict[Expression, Expression] = {X: Symbol(column), CODE: Symbol(column)}
    if origin.kind == "missing":
        missing = f"~{words['model_missing']}"
        tree, values = _one_if(Symbol(column), Symbol(missing)), {column: known["missing"], missing: 1.0}
    elif origin.kind == "rare":
        another = f"~{words['raw_another']}"
        tree, values = _one_if(Symbol(column), Symbol(another)), values | {another: -1.0}
    elif origin.categories:
        tree, values = _with_categories(tree, origin.categories, column, values)
    elif origin.kind == "circle":
        period = max((item for item in nodes(tree) if isinstance(item, Constant)), key=lambda item: item.value)
        instead[period] = Symbol(f"~{words['raw_period']}")
        values[f"~{words['raw_period']}"] = float(period.value)
    elif origin.kind in NAMED:
        tree, constants = _with_names(tree, NAMED[origin.kind], words)
        values |= constants
    is_moment = abs(values[column]) > 1e8
    finer = dict.fromkeys(values, FINER_MOMENT) if is_moment else {column: FINER}
    return Line(target, (_replaced(tree, instead),), values, value, "forward", finer=finer)


def _one_if(x: Expression, y: Expression) -> Expression:
    return Apply("where", (Apply("equal", (x, y)), Constant(1), Constant(0)))


def _present(tree: Expression, known: dict[str, float], kind: str) -> Expression:
    """The branch for a value that is there or is not; where a number stands in, it is the value from then on."""

    def node(function: str, item: Apply, arguments: list[Expression]) -> Expression:
        if function == "where" and symbols_of(item.arguments[0]) == {MISSING.name}:
            stand_in, otherwise = arguments[1:]
            if not known["missing"]:
                return otherwise
            if kind in ("scaled", "bin") and isinstance(stand_in, Constant):
                known[X.name] = float(stand_in.value)
                return otherwise
            return stand_in
        return Apply(function, tuple(arguments))

    return fold(tree, lambda leaf: leaf, node)


def _without_far(tree: Expression, known: Mapping[str, float]) -> Expression:
    """The tree without the bound that only keeps squares from overflowing, where the value is within it."""

    def node(function: str, _: Apply, arguments: list[Expression]) -> Expression:
        if function == "minimum" and isinstance(inner := arguments[0], Apply) and inner.function == "maximum":
            (x, low), high = inner.arguments, arguments[1]
            bounds = [item.value for item in (low, high) if isinstance(item, Constant)]
            if len(bounds) == 2 and bounds[0] == -bounds[1] and abs(evaluate(x, known)) < bounds[1]:
                return x
        return Apply(function, tuple(arguments))

    return fold(tree, lambda leaf: leaf, node)


def _replaced(tree: Expression, instead: Mapping[Expression, Expression]) -> Expression:
    def node(function: str, _: Apply, arguments: list[Expression]) -> Expression:
        made = Apply(function, tuple(arguments))
        return instead.get(made, made)

    return fold(tree, lambda leaf: instead.get(leaf, leaf), node)


def _with_names(tree: Expression, names: tuple[str, ...], words: Words) -> tuple[Expression, dict[str, float]]:
    """The tree with its first numbers called by name, and what they are."""
    values: dict[str, float] = {}

    def walked(item: Expression) -> Expression:
        if isinstance(item, Constant) and len(values) < len(names):
            name = f"~{words[names[len(values)]]}"
            values[name] = float(item.value)
            return Symbol(name)
        return Apply(item.function, tuple(map(walked, item.arguments))) if isinstance(item, Apply) else item

    return walked(tree), values


def _with_categories(
    tree: Expression, categories: tuple[str, ...], column: str, values: dict[str, float]
) -> tuple[Expression, dict[str, float]]:
    """The tree with the words of the table in place of their numbers."""
    known = dict(values)

    def node(function: str, _: Apply, arguments: list[Expression]) -> Expression:
        if function == "equal" and isinstance(place := arguments[1], Constant):
            name = f"~“{categories[int(place.value)]}”"
            known[name] = float(place.value)
            return Apply(function, (arguments[0], Symbol(name)))
        return Apply(function, tuple(arguments))

    return fold(tree, lambda leaf: leaf, node), known
