"""A formula as JSON and back: by name if clearprop knows it, as its expression trees if it is the user's own.

What is read is treated as hostile: names, arities, sizes and numbers are checked before a tree is built, and a tree can
do nothing but arithmetic. No code is stored or run.
"""

from __future__ import annotations

import json
import keyword
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeGuard, TypeVar
from weakref import WeakValueDictionary

from clearprop.errors import ModelFileError, quoted
from clearprop.formulas.expressions import ARITY, Apply, Constant, Expression, Symbol, nodes, symbols
from clearprop.formulas.formula import Formula, kind_of

# Limits on a tree. Entries can be shared, so a short list could otherwise print as a text without end.
MOST_NODES = 10_000  # counted as often as they are used
MOST_LEVELS = 200
LONGEST_NAME = 100
MOST_PARAMETERS = 50

# What a class says of itself besides its forms, and is saved with its trees.
BOUNDS = ("range", "domain", "targets")  # pairs; null in JSON for an infinite bound
FLAGS = ("reaches_bounds", "is_distribution")
NAMES = ("initialiser", "natural_output")

Kind = TypeVar("Kind", bound=Formula)

# One class for one spec as long as anybody uses it, so that two loads of a model have equal networks.
CLASSES_OF_TREES: WeakValueDictionary[tuple[type, str], type[Any]] = WeakValueDictionary()


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
        When the list is not such a tree, holds more than 10,000 nodes or is more than 200 levels deep.

    Examples
    --------
    >>> from clearprop.formulas.saving import tree_from_json
    >>> print(tree_from_json(["z", 2, ["multiply", 0, 1]]))
    z·2
    """
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_NODES:
        raise ModelFileError(f"a formula must be a list of 1 to {MOST_NODES} entries")
    built: list[Expression] = []
    sizes: list[int] = []
    levels: list[int] = []
    for entry in entries:
        places: list[Any] = []
        match entry:
            case str() if _is_name(entry):
                built.append(Symbol(entry))
            case int() | float() if _is_number(entry):
                built.append(Constant(entry))
            case [str() as function, *places] if function in ARITY and len(places) == ARITY[function]:
                if not all(isinstance(p, int) and not isinstance(p, bool) and 0 <= p < len(built) for p in places):
                    raise ModelFileError(f"a formula uses an entry that does not come before it: {quoted(entry)}")
                built.append(Apply(function, tuple(built[p] for p in places)))
            case _:
                raise ModelFileError(f"a formula holds something that is not part of one: {quoted(entry)}")
        sizes.append(1 + sum(sizes[p] for p in places))
        levels.append(1 + max((levels[p] for p in places), default=0))
        if sizes[-1] > MOST_NODES or levels[-1] > MOST_LEVELS:
            raise ModelFileError(f"a formula may have {MOST_NODES} nodes on {MOST_LEVELS} levels at most")
    return built[-1]


def formula_to_json(formula: Formula, known: Mapping[str, type[Formula]]) -> dict[str, Any]:
    """The spec of a formula: its name and parameters, and its trees if it is not one of `known`.

    A class of the user's own is saved as trees even where it has the name of one that clearprop knows.

    Raises
    ------
    ModelFileError
        For a formula that could not be read back, because it is too large, say.

    Examples
    --------
    >>> from clearprop.formulas import ACTIVATIONS, LeakyRelu
    >>> from clearprop.formulas.saving import formula_to_json
    >>> formula_to_json(LeakyRelu(0.2), ACTIVATIONS)
    {'name': 'leaky_relu', 'parameters': {'negative_slope': 0.2}}
    """
    spec: dict[str, Any] = {"name": formula.name, "parameters": formula.parameters}
    cls = type(formula)
    if known.get(formula.name) is not cls:
        spec["trees"] = {form: tree_to_json(cls.tree(form)) for form in cls.forms if cls.has(form)}
        spec["facts"] = _facts_to_json(cls)
        formula_from_json(spec, kind_of(cls), known)
    return spec


def _facts_to_json(cls: type[Formula]) -> dict[str, Any]:
    facts: dict[str, Any] = {fact: getattr(cls, fact) for fact in (*BOUNDS, *FLAGS, *NAMES) if hasattr(cls, fact)}
    for fact in BOUNDS:
        if fact in facts:
            facts[fact] = [None if math.isinf(bound) else bound for bound in facts[fact]]
    return facts


def formula_from_json(spec: Any, base: type[Kind], known: Mapping[str, type[Kind]]) -> Kind:
    """The formula that `formula_to_json` wrote.

    Parameters
    ----------
    spec : object
        What was read; anything at all.
    base : type
        What the formula must be: Activation or Loss.
    known : mapping
        The names that this version knows, and their classes.

    Raises
    ------
    ModelFileError
        When the spec is damaged, or names a formula that this version does not know.

    Examples
    --------
    >>> from clearprop.formulas import ACTIVATIONS, Activation
    >>> from clearprop.formulas.saving import formula_from_json
    >>> formula_from_json({"name": "leaky_relu", "parameters": {"negative_slope": 0.2}}, Activation, ACTIVATIONS)
    LeakyRelu(negative_slope=0.2)
    """
    match spec:
        case {"name": str() as name, "parameters": dict() as parameters} if len(name) <= LONGEST_NAME:
            pass
        case _:
            raise ModelFileError("a formula must have a name and parameters")
    if len(parameters) > MOST_PARAMETERS:
        raise ModelFileError(f"{name!r}: a formula has at most {MOST_PARAMETERS} parameters, not {len(parameters):,}")
    if not all(_is_name(key) for key in parameters):
        raise ModelFileError(f"{name!r}: the names of the parameters are not names")
    if not all(_is_number(value) for value in parameters.values()):
        raise ModelFileError(f"{name!r}: the parameters are not finite numbers")
    if "trees" in spec:
        return _instance(_class_of_trees(name, parameters, spec, base), parameters)
    if name not in known:
        raise ModelFileError(f"the model uses {name!r}, which this version of clearprop does not know")
    return _instance(known[name], parameters)


def _class_of_trees(name: str, parameters: Mapping[str, Any], spec: Mapping[str, Any], base: type[Kind]) -> type[Kind]:
    """A class like the one that was saved, its forms being trees; the same class for the same spec."""
    made = _new_class_of_trees(name, parameters, spec, base)
    key = base, json.dumps([name, parameters, spec["trees"], spec.get("facts", {})], sort_keys=True)
    return CLASSES_OF_TREES.setdefault(key, made)


def _restored(base: type[Kind], spec: Any) -> Kind:
    """What pickle calls to make a formula that came from a file."""
    return formula_from_json(spec, base, {})


def _new_class_of_trees(
    name: str, parameters: Mapping[str, Any], spec: Mapping[str, Any], base: type[Kind]
) -> type[Kind]:
    """Check the spec and make the class."""
    trees, facts = spec["trees"], spec.get("facts", {})
    if not isinstance(trees, dict) or not set(trees) <= set(base.forms) or "value" not in trees:
        raise ModelFileError(f"the formula {name!r} must have a value and only forms of {', '.join(base.forms)}")
    inherited = {field.name for field in fields(base)}  # type: ignore[arg-type]
    taken = [key for key in parameters if hasattr(base, key) and key not in inherited]
    if taken:
        raise ModelFileError(
            f"the formula {name!r} has a parameter {taken[0]!r}, a name that formulas have for something else"
        )
    built = {form: tree_from_json(tree) for form, tree in trees.items()}
    for form, tree in built.items():
        unknown = symbols(tree) - {*base.forms[form], *parameters}
        if unknown:
            raise ModelFileError(f"{form} of the formula {name!r} uses {min(unknown)!r}, which has no value")
    if base.argument is not None and base.argument not in symbols(built["value"]):
        raise ModelFileError(f"the formula {name!r} does not depend on {base.argument}")
    members: dict[str, Any] = {"name": name, "saved_trees": built, "__doc__": "A formula that came from a file."}
    members["__annotations__"] = dict.fromkeys(parameters, "float")
    members["__reduce__"] = lambda formula: (_restored, (base, dict(spec) | {"parameters": formula.parameters}))
    return type(
        name if _is_name(name) else "Saved", (base,), members | _facts_from_json(name, facts, base) | dict(parameters)
    )


def _facts_from_json(name: str, facts: object, base: type[Formula]) -> dict[str, Any]:
    """The facts of a formula from a file as attributes of its class."""
    if not isinstance(facts, dict):
        raise ModelFileError(f"the formula {name!r} has facts that are not a mapping")
    found: dict[str, Any] = {}
    for fact, value in facts.items():
        match value:
            case [low, high] if fact in BOUNDS and all(b is None or _is_number(b) for b in value):
                found[fact] = (-math.inf if low is None else low, math.inf if high is None else high)
            case bool() if fact in FLAGS:
                found[fact] = value
            case str() if fact in NAMES and _is_name(value):
                found[fact] = value
            case _:
                raise ModelFileError(f"the formula {name!r} has an invalid {quoted(fact)}: {quoted(value)}")
        if not hasattr(base, fact):
            raise ModelFileError(f"the formula {name!r} has a {fact!r}, which only other formulas have")
    return found


def _is_name(text: object) -> bool:
    """Whether this can be the name of a symbol or a parameter."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME or text.startswith("_"):
        return False
    return text.isidentifier() and not keyword.iskeyword(text)


def _is_number(value: object) -> TypeGuard[int | float]:
    """Whether this is a finite number, and a whole one only if float64 holds it exactly."""
    if isinstance(value, bool):
        return False
    return abs(value) <= 2**53 if isinstance(value, int) else isinstance(value, float) and math.isfinite(value)


def _instance(cls: type[Kind], parameters: Mapping[str, Any]) -> Kind:
    try:
        return cls(**parameters)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"the parameters of {cls.name!r} are not right: {error}") from None
