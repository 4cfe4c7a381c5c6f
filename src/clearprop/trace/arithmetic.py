"""Arithmetic in the printed order, so that every printed line can be replayed to the last bit.

Adding floating-point numbers in another order changes the last digits, and a matrix product adds in an order of its
own. A trace is therefore computed as its lines are read: products added from left to right, one after the other. A sum
of more than `WIDEST_SUM` terms is printed without its middle, so its middle is added up by itself first and enters as
the one number that is printed for it. The engines compute the same to rounding, which the tests hold.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from clearprop.formulas import Constant, Expression, Symbol
from clearprop.formulas.expressions import fold
from clearprop.formulas.vocabulary import FUNCTIONS

WIDEST_SUM = 8  # terms; a wider sum keeps its first three and its last
KEPT_IN_FRONT = 3
NUMBERS = (int, float)


def left_out_of(n: int, widest: int = WIDEST_SUM) -> slice | None:
    """Which of `n` terms are printed as one number; None where all are written out.

    Examples
    --------
    >>> from clearprop.trace.arithmetic import left_out_of
    >>> left_out_of(8), left_out_of(784)
    (None, slice(3, 783, None))
    """
    return None if n <= widest else slice(KEPT_IN_FRONT, n - 1)


def running_sum(values: Any) -> Any:
    """The sum over the first axis, each number added to the sum of those before it (``np.sum`` adds in pairs)."""
    return np.add.accumulate(values, axis=0)[-1]


def add_up(n: int, term: Callable[[int], Any]) -> Any:
    """Σ of term(0) … term(n − 1), numbers or arrays, in the printed order.

    Examples
    --------
    >>> from clearprop.trace.arithmetic import add_up
    >>> add_up(3, lambda k: [0.1, 0.2, 0.3][k]) == (0.1 + 0.2) + 0.3
    True
    """
    left_out = left_out_of(n)
    if left_out is None:
        return reduce(operator.add, map(term, range(n)))
    middle = reduce(operator.add, map(term, range(n)[left_out]))
    front = map(term, range(left_out.start))
    return reduce(operator.add, [*front, middle, *map(term, range(left_out.stop, n))])


def total_of(values: Any) -> Any:
    """The sum of a vector in the printed order; as `add_up`, for many numbers."""
    left_out = left_out_of(len(values))
    if left_out is None:
        return running_sum(values)
    return running_sum(np.array([*values[: left_out.start], running_sum(values[left_out]), values[-1]]))


def product_in_order(x: Any, y: Any) -> Any:
    """The matrix product x y (or of a vector and a matrix), its sums in the printed order."""
    return add_up(x.shape[-1], lambda k: x[..., k, None] * y[k])


def sum_of_rows(x: Any) -> Any:
    """`row_sum` in the printed order."""
    return add_up(np.shape(x)[-1], lambda k: x[..., k, None]) if np.ndim(x) else x


def plain_sum_of_rows(x: Any) -> Any:
    """`row_sum` from left to right, nothing left out."""
    return reduce(operator.add, (x[..., k, None] for k in range(np.shape(x)[-1])))


def power(x: Any, exponent: Any) -> Any:
    """x to the power; a square is x·x, as it is read, so that a number and an array agree to the last bit."""
    if np.ndim(exponent) == 0 and exponent == 2:
        return x * x
    return x**exponent if np.asarray(x).dtype == object else np.power(x, exponent)


IN_ORDER: Mapping[str, Callable[..., Any]] = {**FUNCTIONS, "power": power, "row_sum": sum_of_rows}


@dataclass(frozen=True)
class Program:
    """A tree in the order in which it is computed: walked once, run as often as there are numbers.

    Attributes
    ----------
    steps : tuple of (str, ...)
        A constant as ("constant", its value), a symbol as ("symbol", its name), and an application as its function's
        name and the places of its arguments among the steps.
    """

    steps: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, tree: Expression) -> Program:
        """The program of a tree."""
        steps: list[tuple[str, Any]] = []

        def kept(name: str, what: Any) -> int:
            steps.append((name, what))
            return len(steps) - 1

        def leaf(item: Symbol | Constant) -> int:
            return kept("constant", item.value) if isinstance(item, Constant) else kept("symbol", item.name)

        fold(tree, leaf, lambda function, _, places: kept(function, tuple(places)))
        return cls(tuple(steps))

    def run(self, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = IN_ORDER) -> Any:
        """The value of the tree; see `computed`."""
        found: list[Any] = []
        for name, what in self.steps:
            if name == "constant":
                found.append(what)
            elif name == "symbol":
                found.append(values[what])
            else:
                arguments = [found[place] for place in what]
                if all(isinstance(argument, NUMBERS) for argument in arguments):  # as arrays: 1/0 is infinite
                    arguments = [np.float64(argument) for argument in arguments]
                found.append(functions[name](*arguments))
        return found[-1]


def computed(
    tree: Expression, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = IN_ORDER
) -> Any:
    """The value of a tree, from numbers or arrays for its symbols, the same to the last bit for both.

    Parameters
    ----------
    tree : Expression
    values : mapping of str to number or array
    functions : mapping of str to callable
        What each function of the tree computes.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.trace.arithmetic import computed
    >>> from clearprop.formulas import Logistic
    >>> z = np.linspace(-3, 3, 100)
    >>> array = computed(Logistic.tree(), {"z": z})
    >>> all(computed(Logistic.tree(), {"z": number}) == value for number, value in zip(z.tolist(), array))
    True
    """

    return Program.of(tree).run(values, functions)
