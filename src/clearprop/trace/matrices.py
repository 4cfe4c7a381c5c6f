"""Matrix forms: a small vocabulary beside that of the formulas, for whole sites instead of single numbers.

These nodes are made and read by the explanations alone; no formula of a network holds one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.formulas import Apply, Constant, Expression, Symbol
from clearprop.formulas.expressions import fold
from clearprop.trace.arithmetic import IN_ORDER, product_in_order
from clearprop.trace.names import reference

MATRIX_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **IN_ORDER,
    "matmul": product_in_order,
    "hadamard": np.multiply,
    "quotient": np.divide,
    "transpose": lambda x: np.swapaxes(x, -1, -2),
}


def matmul(x: Expression, y: Expression) -> Expression:
    """The matrix product x y."""
    return Apply("matmul", (x, y))


def transpose(x: Expression) -> Expression:
    """xᵀ."""
    return Apply("transpose", (x,))


def hadamard(x: Expression, y: Expression) -> Expression:
    """x ⊙ y, element by element."""
    return Apply("hadamard", (x, y))


def grid(rows: Sequence[Sequence[Expression]]) -> Expression:
    """A matrix with an expression in every place."""
    return Apply(f"grid_{len(rows[0])}", tuple(cell for row in rows for cell in row))


def call(name: str, *arguments: Expression) -> Expression:
    """A function of another name, applied to each element: σ(z)."""
    return Apply(name, arguments)


def hadamard_tree(formula: Expression, sites: Mapping[str, str], parameters: Mapping[str, Any]) -> Expression:
    """A formula on whole sites: its variables named after them, · between two arrays written ⊙, and / by one ⊘."""

    def leaf(item: Symbol | Constant) -> tuple[Expression, bool]:
        if isinstance(item, Constant):
            return item, False
        site = sites.get(item.name)
        return (Symbol(item.name), False) if site is None else (Symbol(site), not reference(site).what.is_number)

    def node(function: str, _: Apply, arguments: list[tuple[Expression, bool]]) -> tuple[Expression, bool]:
        trees, are_arrays = [tree for tree, _ in arguments], [is_array for _, is_array in arguments]
        if function == "multiply" and all(are_arrays):
            function = "hadamard"
        elif function == "divide" and are_arrays[-1]:
            function = "quotient"
        return Apply(function, tuple(trees)), any(are_arrays)

    return fold(formula, leaf, node)[0]


def evaluate_matrices(tree: Expression, arrays: Mapping[str, Any], calls: Mapping[str, Callable[..., Any]]) -> Any:
    """The value of a matrix form, from two-dimensional arrays; `calls` are the functions of other names."""
    functions = {**MATRIX_FUNCTIONS, **calls}

    def leaf(item: Symbol | Constant) -> Any:
        return item.value if isinstance(item, Constant) else arrays[item.name]

    def node(function: str, _: Apply, arguments: list[Any]) -> Any:
        if function.startswith("grid_"):
            return np.array(arguments).reshape(-1, int(function.removeprefix("grid_")))
        return functions[function](*arguments)

    return fold(tree, leaf, node)
