"""The base of every formula: a frozen spec (its parameters' values) around pure functions written once.

A formula is a class. Its *forms* are plain functions of named variables and parameters; its annotated attributes are
the parameters, with their defaults::

    class LeakyRelu(Activation):
        negative_slope: float = 0.01

        def value(z, negative_slope):
            return where(z > 0, z, negative_slope * z)

`LeakyRelu(0.2)` is then a frozen value that can be computed (`compute`) and, as an expression tree (`tree`), printed,
compiled, exported and saved.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from functools import cache, wraps
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

import numpy as np

from clearprop.errors import FormulaError, InputError, UnknownNameError
from clearprop.formulas.evaluation import prepare
from clearprop.formulas.expressions import Apply, Expression, Symbol, as_expression, symbols
from clearprop.formulas.parameter_values import check_range, checked_number
from clearprop.formulas.vocabulary import array_namespace

Formulas = TypeVar("Formulas", bound="Formula")
Function = TypeVar("Function", bound=Callable[..., Any])


def once_per_class(function: Function) -> Function:
    """Work out once what `function` says of a class, its first argument, and keep it with the class."""
    name = f"_{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def remembered(cls: type, *arguments: Any) -> Any:
        found = vars(cls).get(name)  # of this very class, not of its base
        if found is None:
            found = {}
            setattr(cls, name, found)
        if arguments not in found:
            found[arguments] = function(cls, *arguments)
        return found[arguments]

    return cast(Function, remembered)


@dataclass_transform(frozen_default=True)
class Formula:
    """Base of activations, losses, update rules, schedules and initialisers.

    Attributes
    ----------
    name : str
        The name users write; the class name in snake case unless the class says otherwise.
    forms : mapping of str to tuple of str
        The functions that a subclass may define and, for each, the variables that it may ask for besides the
        parameters.
    parameter_ranges : mapping of str to str
        The interval that the value of a parameter must lie in, as "[0, 1)" or "(0, inf)", where not every number will
        do; a subclass adds to those of its base.

    Raises
    ------
    FormulaError
        Where the class is written, when one of its forms does what a formula cannot (`if`, NumPy's functions) or asks
        for something that is neither a variable nor a parameter.
    InputError
        For a parameter that is not a finite number, or outside its interval.
    """

    name: ClassVar[str] = ""
    forms: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    parameter_ranges: ClassVar[Mapping[str, str]] = {}
    # The variable that the value must depend on, if there is one.
    argument: ClassVar[str | None] = None
    # The trees of the forms, for a formula that comes from a file and has no Python functions.
    saved_trees: ClassVar[Mapping[str, Expression | tuple[Expression, ...]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        for form in cls.forms:
            function = vars(cls).get(form)
            if inspect.isfunction(function):
                setattr(cls, form, staticmethod(function))
        own = [vars(base).get("parameter_ranges", {}) for base in reversed(cls.__mro__)]
        cls.parameter_ranges = {name: interval for ranges in own for name, interval in ranges.items()}
        if _has_fields(cls):
            dataclass(frozen=True)(cls)
        for form in cls.forms:
            if form in vars(cls):
                form_tree(cls, form)
        if cls.argument is not None and "value" in vars(cls) and cls.argument not in symbols(cls.tree()):
            raise FormulaError(f"{cls.__name__}.value does not depend on {cls.argument}")

    def __post_init__(self) -> None:
        for name, value in self.parameters.items():
            # frozen forbids the plain assignment; a NumPy number is kept as Python's, which JSON can hold
            object.__setattr__(self, name, checked_number(f"{self.name}: {name}", value))
        for name, interval in self.parameter_ranges.items():
            check_range(f"{self.name}: {name}", getattr(self, name), interval)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {name!r}: a formula is a value; make another one")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete {name!r}: a formula is a value; make another one")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters and their values, in the order they were declared."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def variables(cls, form: str) -> tuple[str, ...]:
        """The variables that `form` may ask for."""
        return cls.forms[form]

    @classmethod
    def has(cls, form: str) -> bool:
        """Whether the formula defines this form."""
        return form in cls.saved_trees or callable(getattr(cls, form, None))

    def compute(self, form: str, **variables: Any) -> Any:
        """The number or array that `form` gives for these variables and the parameters' values.

        The result has the floating type of the variables: ``where(z > 0, 1, 0)`` of a float32 `z` is float32.
        """
        result = callable_form(type(self), form)(self, variables)
        like = next((v for v in variables.values() if hasattr(v, "dtype")), None)
        if like is None or getattr(result, "dtype", like.dtype) == like.dtype:
            return result
        return _of_floating_type(result, variables.values())

    @classmethod
    def tree(cls, form: str = "value") -> Expression:
        """The expression tree of `form`, in symbols named like the function's arguments.

        Raises
        ------
        FormulaError
            When the form does not exist or has several results.
        """
        result = form_tree(cls, form)
        if isinstance(result, tuple):
            raise FormulaError(f"{cls.name}.{form} has {len(result)} results; ask `trees` for them")
        return result

    @classmethod
    def trees(cls, form: str) -> tuple[Expression, ...]:
        """The trees of a form that returns several values (an update rule)."""
        result = form_tree(cls, form)
        return result if isinstance(result, tuple) else (result,)


def _has_fields(cls: type[Formula]) -> bool:
    """Whether a class may have parameters that its one base has not: then, alone, is it a dataclass of its own.

    To make one takes a millisecond, most of what a class takes.
    """
    is_annotated = any(name.startswith("__annot") for name in vars(cls))  # Python 3.14 keeps a function that gives them
    return is_annotated or len(cls.__bases__) > 1 or cls.__bases__[0] is Formula


@once_per_class
def form_arguments(cls: type[Formula], form: str) -> tuple[str, ...]:
    """The names of the variables and parameters that a form asks for."""
    return tuple(inspect.signature(getattr(cls, form)).parameters)


@once_per_class
def form_tree(cls: type[Formula], form: str) -> Expression | tuple[Expression, ...]:
    """Call a form on symbols; made once per class."""
    if form in cls.saved_trees:
        return cls.saved_trees[form]
    if not cls.has(form):
        raise FormulaError(f"{cls.name} defines no {form!r}")
    known = (*cls.variables(form), *(field.name for field in fields(cls)))  # type: ignore[arg-type]
    unknown = [name for name in form_arguments(cls, form) if name not in known]
    if unknown:
        raise FormulaError(
            f"{cls.__name__}.{form} asks for {unknown[0]!r}, but it can have only {', '.join(known)}; "
            f"a parameter is declared in the class, as in `{unknown[0]}: float = 1.0`"
        )
    try:
        result = getattr(cls, form)(*map(Symbol, form_arguments(cls, form)))
        return tuple(map(_as_value, result)) if isinstance(result, tuple) else _as_value(result)
    except FormulaError as error:
        raise FormulaError(f"{cls.__name__}.{form}: {error}") from None
    except (AttributeError, TypeError) as error:
        raise FormulaError(
            f"{cls.__name__}.{form} uses something that only works on numbers ({error}); "
            "write it with the functions of clearprop.formulas.vocabulary"
        ) from error


def _as_value(result: object) -> Expression:
    """A result of a form as a tree of numbers; FormulaError for a condition."""
    found = as_expression(result)
    if isinstance(found, Apply) and found.function in ("less", "less_equal", "equal"):
        raise FormulaError(f"{found} is a condition, not a number; write where({found}, if_true, if_false)")
    return found


@once_per_class
def callable_form(cls: type[Formula], form: str) -> Callable[[Formula, Mapping[str, Any]], Any]:
    """How to compute a form: by calling its Python function, or by walking a tree that came from a file."""
    if form in cls.saved_trees:
        saved = cls.saved_trees[form]
        if isinstance(saved, tuple):
            values = [prepare(tree) for tree in saved]
            return lambda formula, variables: tuple(each({**formula.parameters, **variables}) for each in values)
        value = prepare(saved)
        return lambda formula, variables: value({**formula.parameters, **variables})
    if not cls.has(form):
        raise FormulaError(f"{cls.name} defines no {form!r}")
    function, arguments = getattr(cls, form), form_arguments(cls, form)

    def call(formula: Formula, variables: Mapping[str, Any]) -> Any:
        return function(*[variables[name] if name in variables else getattr(formula, name) for name in arguments])

    return call


@cache
def _default(cls: Any) -> Any:
    """The formula with its default parameters; it is a value, so one is enough."""
    return cls()


def by_name(kind: str, given: object, known: Mapping[str, type[Formulas]]) -> Formulas:
    """A formula from what a user writes: its name, the class or an instance.

    Parameters
    ----------
    kind : str
        What the formula is, in words, for messages.
    given : str, formula or class of one
    known : mapping
        The names and their classes; all of one kind, so a loss cannot be given for an activation.

    Raises
    ------
    UnknownNameError
        For a name that is not in `known`.
    InputError
        For anything that is neither.
    """
    if isinstance(given, str):
        if given not in known:
            raise UnknownNameError(kind, given, known)
        named: Any = known[given]
        return cast(Formulas, _default(named))
    base = kind_of(next(iter(known.values())))
    if isinstance(given, type) and issubclass(given, base):
        return _with_defaults(kind, given)
    if isinstance(given, base):
        return given
    raise InputError(f"the {kind} must be a name ({', '.join(known)}) or a formula, not {given!r}")


def kind_of(cls: type[Formulas]) -> type[Formulas]:
    """The class right below `Formula` that this one descends from: Activation, Loss, …"""
    return cls.__mro__[cls.__mro__.index(Formula) - 1]


def _with_defaults(kind: str, cls: type[Formulas]) -> Formulas:
    """An instance of a class that was given in place of one."""
    lacking = [field.name for field in fields(cls) if field.default is MISSING]  # type: ignore[arg-type]
    if lacking:
        raise InputError(
            f"the {kind} {cls.__name__} needs a value for {lacking[0]!r}: give {cls.__name__}({lacking[0]}=…)"
        )
    return cls()


def _of_floating_type(result: Any, variables: Iterable[Any]) -> Any:
    """`result` with the type of the first variable that is of a floating type."""
    for variable in variables:
        if not hasattr(variable, "dtype"):
            continue
        xp = array_namespace(variable)
        if xp.isdtype(variable.dtype, "real floating"):
            return result.astype(variable.dtype) if xp is np else xp.astype(result, variable.dtype)
    return result
