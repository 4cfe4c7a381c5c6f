"""Networks beside each other in an ONNX graph, whose outputs are averaged: an ensemble.

A flow that is made of several networks is a formula in z, z1, z2, …, the weighted inputs of their last layers. It is an
ensemble's where it is f(z) of each, averaged, and then something that is made of the mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.importers.onnx_operators import Settings
from clearprop.files.importers.onnx_values import Columns, Flow, Stage, Z
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, fold, nodes

A = Symbol("a")
MOST_NETWORKS = 200


@dataclass(frozen=True)
class Mean:
    """What an ensemble computes.

    Attributes
    ----------
    each : Expression
        What every network makes of the weighted inputs of its last layer, in z.
    after : tuple of Expression
        What is made of the mean, in a: a tree for each output, the same one where they do not differ.
    """

    each: Expression
    after: tuple[Expression, ...]


def together(flows: Sequence[Flow], s: Settings) -> list[Flow]:
    """These flows as functions of the stages of all of them.

    Raises
    ------
    InputError
        Where they are no networks of one form that begin with the same inputs and share nothing else.
    """
    stages = list(dict.fromkeys(stage for flow in flows for stage in _stages(flow)))
    if len(stages) > MOST_NETWORKS:
        raise InputError(f"{s.place} joins more than {MOST_NETWORKS} networks")
    first, *others = stages
    chains = [list(_up_from(stage)) for stage in stages]
    share = len({*chain.from_iterable(chains)}) < sum(map(len, chains))
    odd = next((each for each in chains[1:] if share or not _are_alike(chains[0], each)), None)
    if odd is not None:
        raise InputError(
            f"{s.place} joins what the layers {first.name!r} and {odd[0].name!r} make: the network has branches or "
            "a connection past a layer, and is not a chain of dense layers"
        )
    place = {stage: k for k, stage in enumerate(stages)}
    made = []
    for flow in flows:
        names = {_letter(k): Symbol(_letter(place[stage])) for k, stage in enumerate(_stages(flow))}
        made.append(replace(flow, stage=first, others=tuple(others), tree=_renamed(flow.tree, names)))
    return made


def _stages(flow: Flow) -> tuple[Stage, ...]:
    return flow.stage, *flow.others


def _letter(k: int) -> str:
    return f"z{k}" if k else "z"


def _renamed(tree: Expression, names: Mapping[str, Expression]) -> Expression:
    if all(isinstance(item, Symbol) and item.name == name for name, item in names.items()):
        return tree
    return fold(
        tree,
        lambda item: names.get(item.name, item) if isinstance(item, Symbol) else item,
        lambda function, _, arguments: Apply(function, tuple(arguments)),
    )


def _are_alike(one: Sequence[Stage], other: Sequence[Stage]) -> bool:
    """Whether two networks, their last layers first, have layers of the same sizes and the same inputs."""
    mine, theirs = one[-1].before, other[-1].before
    sizes = [[stage.weights.shape for stage in each] for each in (one, other)]
    return sizes[0] == sizes[1] and mine.is_transposed == theirs.is_transposed and _are_same(mine, theirs)


def _up_from(stage: Stage) -> Iterator[Stage]:
    """A stage and those before it, up to the first."""
    yield stage
    while isinstance(stage.before, Flow):
        stage = stage.before.stage
        yield stage


def _are_same(one: Columns, other: Columns) -> bool:
    return one.trees is other.trees or bool(np.array_equal(one.trees, other.trees))


def mean_of(flow: Flow, vectors: Mapping[str, Any]) -> Mean | None:
    """The ensemble that a flow is; None where it is another function of several networks.

    Parameters
    ----------
    flow : Flow
        Of several networks.
    vectors : mapping of str to array of shape (n_units,)
        Constants that differ from unit to unit.
    """
    letters = [_letter(k) for k in range(1 + len(flow.others))]
    used: dict[int, frozenset[str]] = {}
    for part in nodes(flow.tree):
        if isinstance(part, Apply):
            used[id(part)] = frozenset().union(*(used[id(item)] for item in part.arguments))
        else:
            used[id(part)] = frozenset({part.name} & {*letters}) if isinstance(part, Symbol) else frozenset()
    for part in nodes(flow.tree):
        total = _divided(part, len(letters))
        terms = [] if total is None else list(_terms(total, used))
        if [used[id(term)] for term in terms] == [{letter} for letter in letters]:
            each = [_renamed(term, {letter: Z}) for term, letter in zip(terms, letters, strict=True)]
            after = _in_mean(flow.tree, part)
            if all(one == each[0] for one in each) and _symbols(after) <= {"a", *vectors}:
                return Mean(each[0], tuple(_of_unit(after, vectors, k) for k in range(flow.width)))
    return None


def _divided(part: Expression, n: int) -> Expression | None:
    """What is divided by n here, or multiplied by 1/n."""
    match part:
        case Apply("divide", (total, Constant(number))) if number == n:
            return total
        case Apply("multiply", (total, Constant(number)) | (Constant(number), total)) if abs(number * n - 1) < 1e-6:
            return total
    return None


def _terms(total: Expression, used: Mapping[int, frozenset[str]]) -> Iterator[Expression]:
    """The terms of a sum over networks, in its order."""
    if isinstance(total, Apply) and total.function == "add" and len(used[id(total)]) > 1:
        for item in total.arguments:
            yield from _terms(item, used)
    else:
        yield total


def _in_mean(tree: Expression, mean: Expression) -> Expression:
    """The tree with a in the place of the mean."""
    made: dict[int, Expression] = {}
    for part in nodes(tree):
        if part == mean:
            made[id(part)] = A
        elif isinstance(part, Apply):
            made[id(part)] = Apply(part.function, tuple(made[id(item)] for item in part.arguments))
        else:
            made[id(part)] = part
    return made[id(tree)]


def _symbols(tree: Expression) -> set[str]:
    return {item.name for item in nodes(tree) if isinstance(item, Symbol)}


def _of_unit(tree: Expression, vectors: Mapping[str, Any], k: int) -> Expression:
    """The tree with the constants of one unit."""
    return _renamed(tree, {"a": A, **{name: Constant(float(vectors[name][k])) for name in _symbols(tree) - {"a"}}})
