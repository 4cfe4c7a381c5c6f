"""Factors on the weight of the rows of each class."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.tables.spelling import of_object

if TYPE_CHECKING:
    from clearprop.tables import ClassTarget, Target


def balanced(codes: Any, n_classes: int, weight: Any = None) -> Any:
    """Σw / (classes · Σw of the class), by which each class weighs the same; 1 for a class that no row has.

    Parameters
    ----------
    codes : int array of shape (n_rows,)
    n_classes : int
    weight : array of shape (n_rows,), optional

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tabular.class_weight import balanced
    >>> balanced(np.array([0, 0, 0, 1]), 2).round(3)
    array([0.667, 2.   ])
    """
    totals = np.bincount(codes, weight, minlength=n_classes)
    present = totals > 0
    share = np.where(present, totals, 1.0) * present.sum()
    return np.where(present, totals.sum() / share, 1.0)


def class_factors(
    asked: str | Mapping[Any, float] | None, target: Target, codes: Any, weight: Any = None
) -> tuple[float, ...] | None:
    """One factor per class, or None.

    Parameters
    ----------
    asked : "balanced" or mapping from class to factor, optional
        "balanced" gives every class the same weight in all, as scikit-learn's does; a class not named has 1.
    target : Target
    codes : int array of shape (n_rows,)
    weight : array of shape (n_rows,), optional

    Raises
    ------
    InputError
        For a class that there is not (the nearest is offered), or a factor that is not at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tables import ClassTarget
    >>> from clearprop.tabular.class_weight import class_factors
    >>> class_factors("balanced", ClassTarget("kind", ("cat", "dog")), np.array([0, 0, 0, 1]))
    (0.6666666666666666, 2.0)
    """
    if asked is None:
        return None
    target = cast("ClassTarget", target)  # whose file brings the libraries of tables, which weights do not need
    if isinstance(asked, str):
        if asked != "balanced":
            raise InputError(f"the class weight is 'balanced' or a weight for classes by name, not {asked!r}")
        return tuple(balanced(codes, target.n_outputs, weight).tolist())
    names = {of_object(label): place for place, label in enumerate(target.classes)}
    factors = [1.0] * target.n_outputs
    for label, factor in asked.items():
        if of_object(label) not in names:
            raise UnknownNameError(f"class of {target.column!r}", label, map(str, target.classes))
        if isinstance(factor, bool) or not isinstance(factor, Real) or not 0 <= factor < np.inf:
            raise InputError(f"the weight of the class {label!r} must be a number of at least 0, not {factor!r}")
        factors[names[of_object(label)]] = float(factor)
    if not any(factors):
        raise InputError("the weight of every class is 0: at least one must count")
    return tuple(factors)
