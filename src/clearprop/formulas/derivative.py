"""Derivatives of expression trees, by reverse-mode differentiation: back-propagation on a formula.

`pullback` walks a tree from its result to its symbols and carries an error back, exactly as a network does, one rule
per function of the vocabulary. It is used for formulas whose author wrote only ``value``. Results are not simplified
beyond leaving out factors 1, terms 0 and double signs, which would hide the formula in what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi, sqrt
from typing import TypeGuard

from clearprop.errors import FormulaError
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, apply, fold, nodes

ZERO, ONE = Constant(0), Constant(1)

# For f(x, …) and the error g at its result, the error at each argument. `None`: the argument is a condition, or f is
# flat wherever it has a slope at all. Source of every line: a table of elementary derivatives.
RULES: Mapping[str, Callable[..., tuple[Expression | None, ...]]] = {
    "add": lambda g, f, x, y: (g, g),
    "subtract": lambda g, f, x, y: (g, negative(g)),
    "multiply": lambda g, f, x, y: (times(g, y), times(g, x)),
    "divide": lambda g, f, x, y: (over(g, y), negative(over(times(g, f), y))),
    "power": lambda g, f, x, y: (times(g, times(y, power(x, y))), times(g, times(f, apply("log", x)))),
    "negative": lambda g, f, x: (negative(g),),
    "exp": lambda g, f, x: (times(g, f),),
    "expm1": lambda g, f, x: (times(g, f + 1),),
    "log": lambda g, f, x: (over(g, x),),
    "log1p": lambda g, f, x: (over(g, 1 + x),),
    "tanh": lambda g, f, x: (times(g, 1 - f**2),),
    "sqrt": lambda g, f, x: (over(g, 2 * f),),
    "cos": lambda g, f, x: (negative(times(g, apply("sin", x))),),
    "sin": lambda g, f, x: (times(g, apply("cos", x)),),
    "erf": lambda g, f, x: (times(g, 2 / sqrt(pi) * apply("exp", -(x**2))),),
    "absolute": lambda g, f, x: (times(g, apply("sign", x)),),
    "sign": lambda g, f, x: (None,),
    "floor": lambda g, f, x: (None,),
    "maximum": lambda g, f, x, y: (choose(y <= x, g, ZERO), choose(y <= x, ZERO, g)),
    "minimum": lambda g, f, x, y: (choose(x <= y, g, ZERO), choose(x <= y, ZERO, g)),
    "less": lambda g, f, x, y: (None, None),
    "less_equal": lambda g, f, x, y: (None, None),
    "equal": lambda g, f, x, y: (None, None),
    "where": lambda g, f, c, x, y: (None, choose(c, g, ZERO), choose(c, ZERO, g)),
    "row_sum": lambda g, f, x: (g,),
    "row_max": lambda g, f, x: (choose(apply("equal", x, f), g, ZERO),),
}


def pullback(expression: Expression, symbol: str, error: Expression) -> Expression:
    """The error at `symbol`, given the `error` at the value of `expression`.

    Parameters
    ----------
    expression : Expression
        The formula's tree.
    symbol : str
        The name of the symbol to differentiate by.
    error : Expression
        ∂C/∂(value), usually ``Symbol("g")``; ``Constant(1)`` gives the plain derivative of an elementwise formula.

    Returns
    -------
    Expression
        ∂C/∂symbol. At a kink (of where, maximum, absolute) the slope of one of its sides. It is one number per row
        where the symbol is seen through row_sum alone.

    Examples
    --------
    >>> from clearprop.formulas import Constant, Symbol, exp
    >>> from clearprop.formulas.derivative import pullback
    >>> z = Symbol("z")
    >>> print(pullback(1 / (1 + exp(-z)), "z", Constant(1)))
    1/(1 + exp(−z))/(1 + exp(−z))·exp(−z)
    """
    order = list(nodes(expression))
    depends = fold(expression, lambda leaf: leaf == Symbol(symbol), lambda _, __, below: any(below))
    if not depends:
        return ZERO
    is_row = _is_one_number_per_row(order)
    errors: dict[int, Expression] = {id(expression): error}
    total: Expression = ZERO
    for item in reversed(order):
        g = errors.get(id(item), ZERO)
        if g == ZERO:
            continue
        if item == Symbol(symbol):
            total = plus(total, g)
        if not isinstance(item, Apply):
            continue
        for argument, part in zip(item.arguments, RULES[item.function](g, item, *item.arguments), strict=True):
            if part is None or part == ZERO or isinstance(argument, Constant):
                continue
            if is_row[id(argument)] and not is_row[id(item)]:
                part = apply("row_sum", part)  # a number spread over a row collects the errors of the whole row
            errors[id(argument)] = plus(errors.get(id(argument), ZERO), part)
    return total


def _is_one_number_per_row(order: list[Expression]) -> dict[int, bool]:
    """For each node: whether it is the result of row_sum or row_max, or computed from nothing else."""
    found: dict[int, bool] = {}
    for item in order:
        if isinstance(item, Apply):
            reduces = item.function in ("row_sum", "row_max")
            varying = [a for a in item.arguments if not isinstance(a, Constant)]
            found[id(item)] = reduces or (bool(varying) and all(found[id(a)] for a in varying))
        else:
            found[id(item)] = False
    return found


def times(x: Expression, y: Expression) -> Expression:
    """x·y without factors 1, its sign in front."""
    if ZERO in (x, y):
        return ZERO
    if _is_negative(x):
        return negative(times(x.arguments[0], y))
    if _is_negative(y):
        return negative(times(x, y.arguments[0]))
    return y if x == ONE else x if y == ONE else x * y


def plus(x: Expression, y: Expression) -> Expression:
    """x + y without terms 0; x − y for x + (−y)."""
    if ZERO in (x, y):
        return y if x == ZERO else x
    return x - y.arguments[0] if _is_negative(y) else x + y


def over(x: Expression, y: Expression) -> Expression:
    """x / y, which is 0 where x is, its sign in front."""
    if x == ZERO:
        return ZERO
    return negative(over(x.arguments[0], y)) if _is_negative(x) else x / y


def negative(x: Expression) -> Expression:
    """−x, which is 0 where x is, and −(−x) = x."""
    if x == ZERO:
        return ZERO
    return x.arguments[0] if _is_negative(x) else -x


def _is_negative(x: Expression) -> TypeGuard[Apply]:
    return isinstance(x, Apply) and x.function == "negative"


def power(x: Expression, exponent: Expression) -> Expression:
    """x^(exponent − 1), the part of (x^n)′ = n·x^(n−1) that holds x."""
    if not isinstance(exponent, Constant):
        return x ** (exponent - 1)
    return x if exponent.value == 2 else x ** (exponent.value - 1)


def choose(condition: Expression, x: Expression, y: Expression) -> Expression:
    """where(condition, x, y), which is x where both are the same."""
    return x if x == y else apply("where", condition, x, y)


def branches(expression: Expression) -> list[Expression]:
    """The conditions on which the branches of a formula hang.

    Two inputs that make all of them equal lie on the same smooth piece of the formula; the gradient check uses this to
    tell a kink from a mistake.
    """
    found: list[Expression] = []
    for item in nodes(expression):
        if not isinstance(item, Apply):
            continue
        if item.function in ("less", "less_equal", "equal"):
            found.append(item)
        elif item.function in ("maximum", "minimum"):
            found.append(item.arguments[0] <= item.arguments[1])
        elif item.function in ("absolute", "sign"):
            found.append(item.arguments[0] <= 0)
        elif item.function == "row_max":
            found.append(apply("equal", item.arguments[0], item))
        elif item.function == "floor":
            raise FormulaError(f"{item} is not continuous: it has no derivative to check")
    return found
