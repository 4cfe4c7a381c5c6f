"""A program computed by our own engine: rows drawn for it, their inputs, and what it answers.

Media put such rows into the self-tests that they write, and an int8 network is held against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.files.export.program import Column, Member, Program
from clearprop.formulas import Apply, Constant, Expression, evaluate
from clearprop.formulas.expressions import nodes
from clearprop.network import Network, Parameters, forward

Symbols = Mapping[str, Any]  # x, code and missing of a column; each (n_rows,), of a vector (n_rows, size)


def drawn(column: Column, n_rows: int, random: np.random.Generator) -> Symbols:
    """Values of a column as training may have had them, some of them missing, some unknown.

    Parameters
    ----------
    column : Column
    n_rows : int
    random : Generator

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.export.evaluation import drawn
    >>> from clearprop.files.export.program import Column
    >>> from clearprop.formulas import Symbol
    >>> column = Column("cut", "category", (Symbol("code"),), categories=("Fair", "Ideal"))
    >>> found = drawn(column, 6, np.random.default_rng(0))
    >>> found["code"].tolist(), found["missing"].tolist()
    ([1, 0, 0, -1, -1, -1], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    """
    found = _drawn(column, n_rows, random)
    while column.refused is not None and (taken := evaluate(column.refused, found) <= 0).mean() < 1:
        again = _drawn(column, n_rows, random)
        found = {name: np.where(taken, values, again[name]) for name, values in found.items()}
    return found


def _drawn(column: Column, n_rows: int, random: np.random.Generator) -> Symbols:
    if column.kind == "category":
        places = random.integers(-2, len(column.categories), n_rows)  # −2 for what is missing
        return {"code": np.maximum(places, -1), "missing": (places == -2).astype(float)}
    if column.kind == "truth":
        x = random.choice([1.0, -1.0, np.nan], n_rows)
    elif column.refused is not None:
        x = random.choice([node.value for node in nodes(column.refused) if isinstance(node, Constant)], n_rows)
    elif column.kind == "vector":
        each = [_measured([tree], n_rows, random) for tree in column.inputs]
        x = np.stack(each, axis=1)
    else:
        x = _measured(column.inputs, n_rows, random)
    if column.kind == "moment":
        x = np.round(x)
    if column.may_miss and column.kind in ("number", "moment"):
        x[random.random(n_rows) < 0.1] = np.nan
    return {"x": x, "missing": np.isnan(x).astype(float)}


def _measured(trees: Sequence[Expression], n_rows: int, random: np.random.Generator) -> Any:
    """Numbers about the centres that the formulas subtract, as far from them as they divide by; of nine digits."""
    pairs = [pair for tree in trees for node in nodes(tree) if (pair := _centre_and_scale(node)) is not None]
    centres, scales = np.array(pairs or [(0.0, 1.0)]).T
    chosen = random.integers(0, len(centres), n_rows)
    x = centres[chosen] + scales[chosen] * random.standard_normal(n_rows)
    return np.array([float(f"{value:.9g}") for value in x])


def _centre_and_scale(node: Expression) -> tuple[float, float] | None:
    match node:
        case Apply("divide", (Apply("subtract", (_, Constant(centre))), Constant(scale))):
            return centre, scale
    return None


def inputs_of(column: Column, symbols: Symbols) -> Any:
    """What the networks get of a column, float32 (n_rows, n_inputs)."""
    each: list[Symbols]
    if column.kind == "vector":
        each = [{name: values[:, i] for name, values in symbols.items()} for i in range(column.size)]
    else:
        each = [symbols] * len(column.inputs)
    n_rows = len(symbols["missing"])
    with np.errstate(all="ignore"):
        made = [np.broadcast_to(evaluate(tree, at), n_rows) for tree, at in zip(column.inputs, each, strict=True)]
        return np.stack(made, axis=1).astype(np.float32)


def parameters_of(network: Network, member: Member, dtype: Any) -> Parameters:
    """The parameters of one of the networks in this precision."""
    weights, biases = [layer.weights for layer in member], [layer.biases for layer in member]
    return network.parameters(weights, biases, dtype=dtype)


def mean_outputs(network: Network, members: Sequence[Member], X: Any, dtype: Any = np.float64) -> Any:
    """The mean of what the networks give, (n_rows, n_outputs)."""
    X = X.astype(dtype)
    total = sum(forward(network, parameters_of(network, member, dtype), X).a[-1] for member in members)
    return total / len(members)


def answered(program: Program, outputs: Any) -> Any:
    """What the answer makes of mean outputs: probabilities, of two classes of both, or numbers, (n_rows, n)."""
    answer = program.answer
    with np.errstate(all="ignore"):
        a = evaluate(answer.row, {"a": outputs})
        if answer.kind == "class" and a.shape[1] == 1:
            return np.concatenate([1 - a, a], axis=1)
        if answer.kind != "numbers":
            return a
        numbers = [evaluate(tree, {"a": a[:, k].astype(np.float64)}) for k, tree in enumerate(answer.decode)]
        return evaluate(answer.unit, {"a": np.stack(numbers, axis=1)})


def quantiles_of(program: Program, outputs: Sequence[Any]) -> Any:
    """The quantiles of each row, rising, (n_rows, n_quantiles), from the mean outputs of each one's networks."""
    (decode,) = program.answer.decode
    found = [
        evaluate(decode, {"a": each[:, 0].astype(np.float64)}) + quantile.shift
        for quantile, each in zip(program.quantiles, outputs, strict=True)
    ]
    with np.errstate(all="ignore"):
        return evaluate(program.answer.unit, {"a": np.sort(np.stack(found, axis=1), axis=1)})
