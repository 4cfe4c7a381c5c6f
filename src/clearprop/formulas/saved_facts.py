"""What a class of formulas says of itself besides its forms, as JSON and back, and what names and numbers may be."""

from __future__ import annotations

import keyword
import math
from typing import Any, TypeGuard

from clearprop.errors import ModelFileError, quoted
from clearprop.formulas.formula import Formula

LONGEST_NAME = 100
MOST_NAMES = 10  # of what a rule remembers
BOUNDS = ("range", "domain", "targets")  # pairs; null in JSON for an infinite bound
FLAGS = ("reaches_bounds", "is_distribution")
NAMES = ("initialiser", "natural_output")
LISTS = ("memory",)  # of names


def facts_to_json(cls: type[Formula]) -> dict[str, Any]:
    """Those that it states, or inherits."""
    stated = (*BOUNDS, *FLAGS, *NAMES, *LISTS)
    facts: dict[str, Any] = {fact: getattr(cls, fact) for fact in stated if hasattr(cls, fact)}
    for fact in LISTS:
        if fact in facts:
            facts[fact] = list(facts[fact])
    for fact in BOUNDS:
        if fact in facts:
            facts[fact] = [None if math.isinf(bound) else bound for bound in facts[fact]]
    return facts


def facts_from_json(name: str, facts: object, base: type[Formula]) -> dict[str, Any]:
    """The facts of a formula from a file as attributes of its class."""
    if not isinstance(facts, dict):
        raise ModelFileError(f"the formula {name!r} has facts that are not a mapping")
    found: dict[str, Any] = {}
    for fact, value in facts.items():
        match value:
            case [low, high] if fact in BOUNDS and all(b is None or is_number(b) for b in value):
                found[fact] = (-math.inf if low is None else low, math.inf if high is None else high)
            case bool() if fact in FLAGS:
                found[fact] = value
            case str() if fact in NAMES and is_name(value):
                found[fact] = value
            case list() if fact in LISTS and len(set(map(str, value))) == len(value) < MOST_NAMES:
                taken = {variable for form in base.forms.values() for variable in form}
                if not all(map(is_name, value)) or set(value) & taken:
                    raise ModelFileError(f"the formula {name!r} remembers {quoted(value)}, which cannot be names")
                found[fact] = tuple(value)
            case _:
                raise ModelFileError(f"the formula {name!r} has an invalid {quoted(fact)}: {quoted(value)}")
        if not hasattr(base, fact):
            raise ModelFileError(f"the formula {name!r} has a {fact!r}, which only other formulas have")
    return found


def is_name(text: object) -> bool:
    """Whether this can be the name of a symbol or a parameter."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME or text.startswith("_"):
        return False
    return text.isidentifier() and not keyword.iskeyword(text)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether this is a finite number, and a whole one only if float64 holds it exactly."""
    if isinstance(value, bool):
        return False
    return abs(value) <= 2**53 if isinstance(value, int) else isinstance(value, float) and math.isfinite(value)
