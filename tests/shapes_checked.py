"""Holds the array types `Vector` and `Matrix` against every call of the rooms that use them, while the tests run.

`check_shapes` must come before those rooms are imported. A call that fails is left alone: doors say in words of their
own what is wrong with an array. What a call accepts and returns has as many axes as its annotations say.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, wraps

ROOMS = ("clearprop.network", "clearprop.job")
NAMES = ("Vector", "Matrix", "Mask", "Parameters", "Tape", "Gradient", "Data")  # types that say something
CHECKED = {}  # the functions that are held to their annotations, by their full names, and how often each was called


class WrongShape(AssertionError):
    """An array has another number of axes than its annotation says."""


def n_axes(kind):
    """The axes of a type, or None where it says nothing about them."""
    found = [each.n for each in getattr(kind, "__metadata__", ()) if type(each).__name__ == "Axes"]
    return found[0] if found else None


@cache
def fields_of(kind):
    """The types of the fields of a named tuple, or of one of `NAMES`, and of what it keeps, that say something."""
    if not (inspect.isclass(kind) and (hasattr(kind, "_fields") or kind.__name__ in NAMES)):
        return {}
    found = typing.get_type_hints(kind, include_extras=True)
    for name, each in vars(kind).items():
        if isinstance(each, cached_property):
            found[name] = typing.get_type_hints(each.func, include_extras=True)["return"]
    return {name: each for name, each in found.items() if says_something(each)}


def says_something(kind):
    """Whether a type says somewhere how many axes an array has."""
    if isinstance(kind, list) or typing.get_origin(kind) is Callable:  # of a function: it is held to types of its own
        return False
    return n_axes(kind) is not None or bool(fields_of(kind)) or any(map(says_something, typing.get_args(kind)))


def check(value, kind, where):
    """Raise WrongShape where a value, or one within it, has not the axes of its type."""
    axes = n_axes(kind)
    if axes is not None:
        if hasattr(value, "ndim") and value.ndim != axes:
            raise WrongShape(f"{where} has {value.ndim} axes, and its type says {axes}")
        return
    for name, each in fields_of(kind).items():
        check(getattr(value, name), each, f"{name} of {where}")
    parts = [each for each in typing.get_args(kind) if says_something(each)]
    if not parts or value is None or callable(value) or isinstance(value, Iterator):
        return
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        check(value, parts[0], where)
        return
    for item in value.values() if isinstance(value, Mapping) else value:
        check(item, parts[0], f"an item of {where}")


def held_to_its_types(function, name):
    """The function, with its arguments and its result checked after each call that does not fail."""
    signature = inspect.signature(function)
    hints = None

    @wraps(function)
    def checked(*arguments, **named):
        nonlocal hints
        result = function(*arguments, **named)
        if hints is None:
            found = typing.get_type_hints(function, include_extras=True)
            hints = {key: kind for key, kind in found.items() if says_something(kind)}
        for key, value in signature.bind(*arguments, **named).arguments.items():
            if key in hints:
                check(value, hints[key], f"{key} of {name}")
        if "return" in hints:
            check(result, hints["return"], f"what {name} returns")
        CHECKED[name] += 1
        return result

    CHECKED[name] = 0
    return checked


def mentions_shapes(function):
    """Whether the annotations of a function name one of the types."""
    return any(name in str(kind) for kind in function.__annotations__.values() for name in NAMES)


def hold(module):
    """Put the checked functions and methods of a module in the places of its own."""
    for name, item in list(vars(module).items()):
        if getattr(item, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(item) and mentions_shapes(item):
            setattr(module, name, held_to_its_types(item, f"{module.__name__}.{name}"))
        elif inspect.isclass(item):
            for key, member in list(vars(item).items()):
                if inspect.isfunction(member) and member.__module__ == module.__name__ and mentions_shapes(member):
                    setattr(item, key, held_to_its_types(member, f"{module.__name__}.{name}.{key}"))


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of one of the rooms and holds it to its types."""

    def exec_module(self, module):
        super().exec_module(module)
        hold(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of the rooms."""

    def find_spec(self, name, path, target=None):
        if not any(name.startswith(f"{room}.") for room in ROOMS):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def check_shapes():
    """From now on, hold the rooms to their types."""
    loaded = [name for name in sys.modules if any(name.startswith(f"{room}.") for room in ROOMS)]
    assert not loaded, f"{loaded[0]} is imported already"
    sys.meta_path.insert(0, Finder())
