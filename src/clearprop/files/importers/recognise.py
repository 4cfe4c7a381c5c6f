"""Which activation a formula is, however it was written down.

Exporters write the same activation in many ways: GELU with its factors in one order or another, softplus with a
`where`, softsign as a quotient. Here a formula is computed on some hundred numbers and compared with every activation
that clearprop knows, the numbers in the formula standing for its parameters. What is none of them stays the formula
that it is: it is trained, explained and saved as an activation of one's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.formulas import ACTIVATIONS, Activation, evaluate
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, nodes
from clearprop.formulas.saving import formula_from_json, tree_to_json

CLOSE = {"float32": 1e-6, "float64": 1e-12}  # how far two formulas may be apart, beside 1 or their value
MOST_NUMBERS = 10  # of a formula that are tried as parameters


def recognised(tree: Expression, dtype: str) -> Activation | None:
    """The activation that this tree in z computes to the accuracy of `dtype`, or None.

    Examples
    --------
    >>> from clearprop.files.importers.recognise import recognised
    >>> from clearprop.formulas import Symbol, absolute, maximum
    >>> z = Symbol("z")
    >>> recognised((z + absolute(z)) / 2, "float32")
    Relu()
    >>> recognised(maximum(z, 0) - 0.2 * maximum(-z, 0), "float32")
    LeakyRelu(negative_slope=0.2)
    >>> recognised(z * absolute(z), "float32") is None
    True
    """
    return _recognised(_Written(json.dumps(tree_to_json(tree)), tree), dtype)


@dataclass(frozen=True)
class _Written:
    """A tree that is compared by how it is written, without walking shared parts again and again."""

    text: str
    tree: Expression = field(compare=False)


@lru_cache(maxsize=1000)
def _recognised(written: _Written, dtype: str) -> Activation | None:
    formula = written.tree
    constants = [float(item.value) for item in nodes(formula) if isinstance(item, Constant)]
    is_coupled = _uses(formula, "row_")
    z = _rows() if is_coupled else _points(constants)
    with np.errstate(all="ignore"):
        values = np.broadcast_to(evaluate(formula, {"z": z}), z.shape)
        if not np.isfinite(values).all():
            return None
        margin = CLOSE[dtype] * np.maximum(1, np.abs(values))
        for known in _candidates(is_coupled, constants):
            if (np.abs(known.forward(z) - values) <= margin).all():
                return known
    return None


def _uses(formula: Expression, function: str) -> bool:
    return any(isinstance(item, Apply) and item.function.startswith(function) for item in nodes(formula))


def _points(constants: list[float]) -> Any:
    """Numbers to compare at: everywhere, far out, near 0, and at both sides of the formula's own numbers."""
    near = [c + step for c in constants if abs(c) < 1e3 for step in (-0.01, 0.0, 0.01)]
    small = np.geomspace(1e-9, 1e-2, 8)
    return np.concatenate([np.linspace(-12.03, 12.01, 173), small, -small, [-80, -35, 35, 80], near])


def _rows() -> Any:
    return 4 * np.random.default_rng(18).standard_normal((60, 7))


def _candidates(is_coupled: bool, constants: list[float]) -> Iterator[Activation]:
    """Every known activation, with its own parameters first and then with numbers of the formula."""
    classes = [cls for cls in dict.fromkeys(ACTIVATIONS.values()) if cls.is_coupled() == is_coupled]
    classes.sort(key=lambda cls: _uses(cls.tree(), "erf"))  # those last: they bring SciPy
    yield from (cls() for cls in classes)
    there = list(dict.fromkeys(constants))[:MOST_NUMBERS]
    turned = [-c for c in there] + [1 / c for c in there if c]
    for cls in classes:
        names = list(cls().parameters)
        numbers = [*there, *turned] if len(names) == 1 else there
        for values in product(numbers, repeat=len(names)) if 1 <= len(names) <= 2 else ():
            try:
                yield cls(**dict(zip(names, values, strict=True)))
            except InputError:
                continue  # not in the range of the parameter


def agree(tree: Expression, other: Expression, values: Mapping[str, Any]) -> bool:
    """Whether two trees in z and other symbols are the same function, to the accuracy of float32.

    Parameters
    ----------
    tree, other : Expression
    values : mapping of str to array of shape (1,)
        Of the other symbols.
    """
    z = _points([])
    with np.errstate(all="ignore"):
        one, two = (np.broadcast_to(evaluate(item, {**values, "z": z}), z.shape) for item in (tree, other))
        return bool((np.abs(one - two) <= CLOSE["float32"] * np.maximum(1, np.abs(two))).all())


def own_formula(tree: Expression, name: str) -> Activation:
    """The tree in z as an activation, as a model file holds one that clearprop has no name for.

    Raises
    ------
    ModelFileError
        When it is too large, or does not depend on z.
    """
    return formula_from_json(
        {"name": name, "parameters": {}, "trees": {"value": tree_to_json(tree)}}, Activation, ACTIVATIONS
    )


def has_only(tree: Expression, symbol: str) -> bool:
    """Whether no other symbol is in a tree."""
    return all(item.name == symbol for item in nodes(tree) if isinstance(item, Symbol))
