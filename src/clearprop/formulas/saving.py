"""A formula as JSON and back: by name if clearprop knows it, as its expression trees if it is the user's own.

What is read is treated as hostile: names, arities, sizes and numbers are checked before a tree is built, and a tree can
do nothing but arithmetic. No code is stored or run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from clearprop.errors import ModelFileError, quoted
from clearprop.formulas.expressions import ARITY, Apply, Constant, Expression, Symbol, nodes, symbols
from clearprop.formulas.formula import Formula, form_tree, kind_of
from clearprop.formulas.saved_facts import LONGEST_NAME, facts_from_json, facts_to_json, is_name, is_number
from clearprop.formulas.update_rules import UPDATE_RULES

# Limits on a tree. Entries can be shared, so a short list could otherwise print as a text without end.
MOST_NODES = 10_000  # counted as often as they are used
MOST_LEVELS = 200
MOST_PARAMETERS = 50
MOST_RESULTS = 10  # of a form: of an update θ, and what the rule remembers

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
            case str() if is_name(entry):
                built.append(Symbol(entry))
            case int() | float() if is_number(entry):
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
    if _class_of(formula.name, known) is not cls:
        spec["trees"] = {form: _form_to_json(form_tree(cls, form)) for form in cls.forms if cls.has(form)}
        spec["facts"] = facts_to_json(cls)
        formula_from_json(spec, kind_of(cls), known)
    return spec


def _class_of(name: str, known: Mapping[str, type[Kind]]) -> type[Kind] | None:
    """The class of a name; the update rules of other libraries are imported when one of theirs is not among ours."""
    if name not in known and known is UPDATE_RULES:
        from clearprop.formulas.library_update_rules import LIBRARY_UPDATE_RULES

        return LIBRARY_UPDATE_RULES.get(name)  # type: ignore[return-value]
    return known.get(name)


def _form_to_json(trees: Expression | tuple[Expression, ...]) -> list[Any]:
    """The tree of a form, or a list of them where it has several results."""
    return list(map(tree_to_json, trees)) if isinstance(trees, tuple) else tree_to_json(trees)


def _form_from_json(form: str, entries: Any) -> Expression | tuple[Expression, ...]:
    """What `_form_to_json` wrote: no tree begins with a call, so a list of lists is one of trees, of an update."""
    if form != "update" or not (isinstance(entries, list) and entries and isinstance(entries[0], list)):
        return tree_from_json(entries)
    if len(entries) > MOST_RESULTS:
        raise ModelFileError(f"a formula has at most {MOST_RESULTS} results, not {len(entries):,}")
    return tuple(map(tree_from_json, entries))


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
    if not all(is_name(key) for key in parameters):
        raise ModelFileError(f"{name!r}: the names of the parameters are not names")
    if not all(is_number(value) for value in parameters.values()):
        raise ModelFileError(f"{name!r}: the parameters are not finite numbers")
    if "trees" in spec:
        return _instance(_class_of_trees(name, parameters, spec, base), parameters)
    found = _class_of(name, known)
    if found is None:
        raise ModelFileError(f"the model uses {name!r}, which this version of clearprop does not know")
    return _instance(found, parameters)


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
    trees, facts = spec["trees"], facts_from_json(name, spec.get("facts", {}), base)
    needed = next(iter(base.forms))  # a value, or an update
    if not isinstance(trees, dict) or not set(trees) <= set(base.forms) or needed not in trees:
        raise ModelFileError(f"the formula {name!r} must have its {needed} and only forms of {', '.join(base.forms)}")
    inherited = {field.name for field in fields(base)}  # type: ignore[arg-type]
    taken = [key for key in parameters if hasattr(base, key) and key not in inherited]
    if taken:
        raise ModelFileError(
            f"the formula {name!r} has a parameter {taken[0]!r}, a name that formulas have for something else"
        )
    built = _built(name, trees, base, {*parameters}, facts.get("memory", ()))
    if base.argument is not None and base.argument not in symbols(built[needed]):  # type: ignore[arg-type]
        raise ModelFileError(f"the formula {name!r} does not depend on {base.argument}")
    members: dict[str, Any] = {"name": name, "saved_trees": built, "__doc__": "A formula that came from a file."}
    members["__annotations__"] = dict.fromkeys(parameters, "float")
    members["__reduce__"] = lambda formula: (_restored, (base, dict(spec) | {"parameters": formula.parameters}))
    return type(name if is_name(name) else "Saved", (base,), members | facts | dict(parameters))


def _built(
    name: str, trees: Mapping[str, Any], base: type[Formula], parameters: set[str], memory: tuple[str, ...]
) -> dict[str, Expression | tuple[Expression, ...]]:
    """The trees of every form, of which each symbol has a value and an update as many as it gives."""
    if set(memory) & parameters:
        raise ModelFileError(f"the formula {name!r} remembers something that is called as a parameter is")
    built = {form: _form_from_json(form, tree) for form, tree in trees.items()}
    for form, found in built.items():
        n_results = 1 + len(memory) if form == "update" else 1
        results = found if isinstance(found, tuple) else (found,)
        if len(results) != n_results:
            raise ModelFileError(
                f"{form} of the formula {name!r} has {len(results)} results, and should have {n_results}"
            )
        unknown = set().union(*map(symbols, results)) - {*base.forms[form], *parameters, *memory}
        if unknown:
            raise ModelFileError(f"{form} of the formula {name!r} uses {min(unknown)!r}, which has no value")
    return built


def _instance(cls: type[Kind], parameters: Mapping[str, Any]) -> Kind:
    try:
        return cls(**parameters)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"the parameters of {cls.name!r} are not right: {error}") from None
