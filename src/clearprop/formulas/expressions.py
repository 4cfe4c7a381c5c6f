"""Expression trees: what a formula returns when it is called on symbols.

A tree is made of four things: a `Symbol` (a name), a `Constant` (a number), and `Apply` (a function of the vocabulary
applied to trees). Trees are immutable and compared by structure. They never decide anything: ``bool()`` of a tree is an
error, because which branch a formula takes is known only when numbers are there; write ``where`` instead of ``if``.

Printers (`clearprop.formulas.printers`) walk a tree with `children` or `fold`; nothing here simplifies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from clearprop.errors import FormulaError

T = TypeVar("T")

# How many arguments each function of a tree takes. The vocabulary defines what they compute.
ARITY: Mapping[str, int] = {
    "add": 2, "subtract": 2, "multiply": 2, "divide": 2, "power": 2, "negative": 1,
    "exp": 1, "expm1": 1, "log": 1, "log1p": 1, "tanh": 1, "sqrt": 1, "cos": 1, "sin": 1, "erf": 1,
    "absolute": 1, "sign": 1, "floor": 1, "maximum": 2, "minimum": 2,
    "less": 2, "less_equal": 2, "equal": 2, "where": 3,
    "row_sum": 1, "row_max": 1,
}  # fmt: skip


class Expression:
    """Base of the nodes; gives them + − × ÷ ** and comparisons."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy's numbers hand `number * tree` over to us, and np.exp(tree) is refused

    def __array_function__(self, function: Any, *_: Any) -> NoReturn:
        """Refuse np.sum(tree) and its kin, which would take the tree for a single object and give it back."""
        raise FormulaError(
            f"the formula calls {getattr(function, '__name__', function)} of NumPy; "
            "use the functions of clearprop.formulas.vocabulary (where, row_sum, maximum, …)"
        )

    def __add__(self, other: object) -> Expression:
        return apply("add", self, other)

    def __radd__(self, other: object) -> Expression:
        return apply("add", other, self)

    def __sub__(self, other: object) -> Expression:
        return apply("subtract", self, other)

    def __rsub__(self, other: object) -> Expression:
        return apply("subtract", other, self)

    def __mul__(self, other: object) -> Expression:
        return apply("multiply", self, other)

    def __rmul__(self, other: object) -> Expression:
        return apply("multiply", other, self)

    def __truediv__(self, other: object) -> Expression:
        return apply("divide", self, other)

    def __rtruediv__(self, other: object) -> Expression:
        return apply("divide", other, self)

    def __pow__(self, other: object) -> Expression:
        return apply("power", self, other)

    def __rpow__(self, other: object) -> Expression:
        return apply("power", other, self)

    def __neg__(self) -> Expression:
        return apply("negative", self)

    def __abs__(self) -> Expression:
        return apply("absolute", self)

    def __lt__(self, other: object) -> Expression:
        return apply("less", self, other)

    def __le__(self, other: object) -> Expression:
        return apply("less_equal", self, other)

    def __gt__(self, other: object) -> Expression:
        return apply("less", other, self)

    def __ge__(self, other: object) -> Expression:
        return apply("less_equal", other, self)

    def __bool__(self) -> NoReturn:
        raise FormulaError(
            f"the formula asks whether {self} is true, but a formula has no numbers yet; "
            "write where(condition, if_true, if_false) instead of `if`, `and`, `or`, `max()` or `min()`"
        )

    def __float__(self) -> NoReturn:
        raise FormulaError(
            f"the formula needs {self} as a number; use the functions of clearprop.formulas.vocabulary "
            "(exp, log, tanh, …) instead of those of math or numpy"
        )

    def __str__(self) -> str:
        from clearprop.formulas.printers.text import to_text

        return to_text(self)


@dataclass(frozen=True, slots=True, repr=False)
class Symbol(Expression):
    """A name that stands for an array or a parameter.

    Examples
    --------
    >>> from clearprop.formulas import Symbol
    >>> print(1 + Symbol("z") * 2)
    1 + z·2
    """

    name: str

    def __repr__(self) -> str:
        return f"Symbol({self.name!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Constant(Expression):
    """A number. Integers stay integers, so that ``x ** 2`` prints as it was written.

    Examples
    --------
    >>> from clearprop.formulas import Symbol
    >>> (Symbol("x") ** 2).arguments[1]
    Constant(2)
    """

    value: int | float

    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Apply(Expression):
    """A function of the vocabulary applied to its arguments.

    Examples
    --------
    >>> from clearprop.formulas import Symbol, tanh
    >>> tanh(Symbol("z"))
    Apply('tanh', (Symbol('z'),))
    """

    function: str
    arguments: tuple[Expression, ...]

    def __repr__(self) -> str:
        return f"Apply({self.function!r}, {self.arguments!r})"


def as_expression(value: object) -> Expression:
    """`value` itself if it is a tree, a `Constant` if it is a number.

    Raises
    ------
    FormulaError
        For anything else, an array above all: a formula holds no data.
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool):
        raise FormulaError(f"a formula cannot hold {value}; write equal(x, y) instead of x == y")
    if not hasattr(value, "__float__") or getattr(value, "ndim", 0) != 0:
        raise FormulaError(f"a formula is made of symbols and numbers, not of {type(value).__name__}: {value!r}")
    number = value if isinstance(value, int) and abs(value) <= 2**53 else float(value)
    if not math.isfinite(number):
        raise FormulaError(f"a formula is made of finite numbers, not of {number}")
    return Constant(number)


def apply(function: str, *arguments: object) -> Apply:
    """The node `function`(`arguments`), numbers among the arguments made `Constant`."""
    if len(arguments) != ARITY[function]:
        raise FormulaError(f"{function} takes {ARITY[function]} argument(s), not {len(arguments)}")
    return Apply(function, tuple(as_expression(argument) for argument in arguments))


def fold(
    expression: Expression,
    leaf: Callable[[Symbol | Constant], T],
    node: Callable[[str, Apply, list[T]], T],
    done: dict[int, T] | None = None,
) -> T:
    """Combine a tree from its leaves to its root; shared subtrees (the same object) are visited once.

    Parameters
    ----------
    expression : Expression
    leaf : callable
        Called with each symbol and constant.
    node : callable
        Called with (function name, the node, the results of its arguments).
    done : dict, optional
        What folds with the same functions over parts of a tree that is still there have found, by the id of each
        node: it is read and added to.

    Returns
    -------
    object
        What `node` (or `leaf`) returned for the root.

    Notes
    -----
    Walks with a stack of its own, so that a deep tree from a file cannot exhaust Python's.
    """
    done = {} if done is None else done
    stack: list[tuple[Expression, bool]] = [(expression, False)]
    while stack:
        current, ready = stack.pop()
        if id(current) in done:
            continue
        if isinstance(current, Apply):
            if ready:
                done[id(current)] = node(current.function, current, [done[id(a)] for a in current.arguments])
            else:
                stack.append((current, True))
                stack.extend((argument, False) for argument in reversed(current.arguments))
        else:
            assert isinstance(current, Symbol | Constant)
            done[id(current)] = leaf(current)
    return done[id(expression)]


def nodes(expression: Expression) -> Iterator[Expression]:
    """Every distinct node object of the tree, arguments before what uses them."""
    found: list[Expression] = []

    def keep_leaf(item: Symbol | Constant) -> None:
        found.append(item)

    def keep_node(_: str, item: Apply, __: list[None]) -> None:
        found.append(item)

    fold(expression, keep_leaf, keep_node)
    return iter(found)


def symbols(expression: Expression) -> set[str]:
    """The names of all symbols in the tree."""
    return {item.name for item in nodes(expression) if isinstance(item, Symbol)}
