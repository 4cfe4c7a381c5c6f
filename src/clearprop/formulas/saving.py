"""A formula as JSON and back: by name if clearprop knows it, as its expression trees if it is the user's own.

What is read is treated as hostile: names, arities, sizes and numbers are checked before a tree is built, and a tree can
do nothing but arithmetic. No code is stored or run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

from clearprop.errors import ModelFileError
from clearprop.formulas.expressions import ARITY, Apply, Constant, Expression, Symbol, nodes
from clearprop.formulas.formula import Formula

MOST_NODES = 10_000
MOST_SYMBOLS_IN_A_NAME = 100
# What a class says of itself in pairs of bounds, and what an infinite bound (null in JSON) means in each place.
FACTS: Mapping[str, tuple[float, float]] = dict.fromkeys(("range", "domain", "targets"), (-math.inf, math.inf))

Kind = TypeVar("Kind", bound=Formula)


def tree_to_json(expression: Expression) -> list[Any]:
    """A tree as a flat list: numbers, symbol names, and calls ``[function, position, …]`` on earlier entries.

    Examples
    --------
    >>> from clearprop.formulas import Symbol
    >>> from clearprop.formulas.saving import tree_to_json
    >>> tree_to_json(Symbol("z") * 2)
    ['z', 2, ['multiply', 0, 1]]
    """
    place: dict[int, int] = {}
    entries: list[Any] = []
    for item in nodes(expression):
        place[id(item)] = len(entries)
        if isinstance(item, Symbol):
            entries.append(item.name)
        elif isinstance(item, Constant):
            entries.append(item.value)
        elif isinstance(item, Apply):
            entries.append([item.function, *(place[id(argument)] for argument in item.arguments)])
    return entries


def tree_from_json(entries: object) -> Expression:
    """The tree that `tree_to_json` wrote.

    Raises
    ------
    ModelFileError
        When the list is not such a tree, or holds more than 10,000 nodes.
    """
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_NODES:
        raise ModelFileError(f"a formula must be a list of 1 to {MOST_NODES} entries")
    built: list[Expression] = []
    for entry in entries:
        match entry:
            case str() if entry.isidentifier() and len(entry) <= MOST_SYMBOLS_IN_A_NAME:
                built.append(Symbol(entry))
            case int() | float() if not isinstance(entry, bool) and math.isfinite(entry):
                built.append(Constant(entry))
            case [str() as function, *places] if function in ARITY and len(places) == ARITY[function]:
                if not all(isinstance(p, int) and not isinstance(p, bool) and 0 <= p < len(built) for p in places):
                    raise ModelFileError(f"a formula uses an entry that does not come before it: {entry!r}")
                built.append(Apply(function, tuple(built[p] for p in places)))
            case _:
                raise ModelFileError(f"a formula holds something that is not part of one: {str(entry)[:80]}")
    return built[-1]


def formula_to_json(formula: Formula, known: Mapping[str, type[Formula]]) -> dict[str, Any]:
    """The spec of a formula: its name and parameters, and its trees if it is not one of `known`."""
    spec: dict[str, Any] = {"name": formula.name, "parameters": formula.parameters}
    if known.get(formula.name) is not type(formula):
        cls = type(formula)
        spec["trees"] = {form: tree_to_json(cls.tree(form)) for form in cls.forms if cls.has(form)}
        spec["facts"] = {
            fact: [None if math.isinf(bound) else bound for bound in getattr(cls, fact)]
            for fact in FACTS
            if hasattr(cls, fact)
        }
    return spec


def formula_from_json(spec: Any, base: type[Kind], known: Mapping[str, type[Kind]]) -> Kind:
    """The formula that `formula_to_json` wrote.

    Raises
    ------
    ModelFileError
        When the spec is damaged, or names a formula that this version does not know.
    """
    match spec:
        case {"name": str() as name, "parameters": dict() as parameters}:
            pass
        case _:
            raise ModelFileError("a formula must have a name and parameters")
    if not all(isinstance(key, str) and key.isidentifier() for key in parameters):
        raise ModelFileError(f"{name[:80]!r}: the names of the parameters are not names")
    if "trees" not in spec:
        if name not in known:
            raise ModelFileError(f"the model uses {name[:80]!r}, which this version of clearprop does not know")
        return _instance(known[name], parameters)
    return _instance(_class_of_trees(name, parameters, spec, base), parameters)


def _class_of_trees(name: str, parameters: Mapping[str, Any], spec: Mapping[str, Any], base: type[Kind]) -> type[Kind]:
    trees = spec["trees"]
    if not isinstance(trees, dict) or not set(trees) <= set(base.forms) or "value" not in trees:
        raise ModelFileError(f"the formula {name[:80]!r} must have a value and only forms of {', '.join(base.forms)}")
    built = {form: tree_from_json(tree) for form, tree in trees.items()}
    members: dict[str, Any] = {"name": name, "saved_trees": built, "__doc__": "A formula that came from a file."}
    members["__annotations__"] = dict.fromkeys(parameters, "float")
    facts: dict[str, Any] = {fact: _bounds(name, fact, bounds) for fact, bounds in spec.get("facts", {}).items()}
    return type(name if name.isidentifier() else "Saved", (base,), members | facts | dict(parameters))


def _bounds(name: str, fact: str, bounds: object) -> tuple[float, ...]:
    """A pair of bounds of a formula from a file."""
    if fact not in FACTS or not isinstance(bounds, list) or len(bounds) != 2:
        raise ModelFileError(f"the formula {name[:80]!r} has a {fact[:80]!r} that is not a pair of bounds")
    if not all(bound is None or isinstance(bound, int | float) for bound in bounds):
        raise ModelFileError(f"the formula {name[:80]!r} has a {fact} that is not made of numbers")
    return tuple(unbounded if bound is None else bound for bound, unbounded in zip(bounds, FACTS[fact], strict=True))


def _instance(cls: type[Kind], parameters: Mapping[str, Any]) -> Kind:
    try:
        return cls(**parameters)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"the parameters of {cls.name!r} are not right: {error}") from None
