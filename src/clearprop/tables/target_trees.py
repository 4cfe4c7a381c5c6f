"""What is made of the outputs of networks to predict a target of numbers, as expression trees in ``a``.

`decode` and `in_unit` of the targets compute the same with NumPy, many rows at once.
"""

from __future__ import annotations

from clearprop.formulas import Expression, Symbol, exp, maximum, minimum
from clearprop.tables.number_target import Numbers, NumberTarget

A = Symbol("a")


def decoded(target: NumberTarget) -> Expression:
    """From an output of the network to the scale that is learned, within what training had.

    Examples
    --------
    >>> from clearprop.tables import NumberTarget
    >>> from clearprop.tables.target_trees import decoded
    >>> print(decoded(NumberTarget("price", False, centre=10.0, scale=2.0, low=5.0, high=20.0)))
    min(max(a·2.0 + 10.0, 5.0), 20.0)
    """
    found: Expression = minimum(maximum(A * target.scale + target.centre, target.low), target.high)
    return found


def in_unit(target: Numbers) -> Expression:
    """From the scale that is learned to the target's own unit."""
    found: Expression = exp(A) if target.each[0].log else A
    return found
