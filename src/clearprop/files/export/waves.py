"""Learned waves of numbers as inputs: a network that begins with an embedding becomes one of dense layers.

No medium has to know an embedding. A wave cos(f·x + φ) is a formula of one column, and what an input is of a column is
a formula already. So each column gets the waves of all networks as further inputs, and the first dense layer of a
network has weights of 0 for those of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from clearprop.files.export.program import Column, Layer, Member, members_of
from clearprop.formulas import Constant, Expression
from clearprop.formulas.embeddings import Wave
from clearprop.formulas.evaluation import evaluate
from clearprop.formulas.expressions import as_expression
from clearprop.network import Network
from clearprop.network.embedding import FREQUENCIES, PHASES, embedded_inputs


class Unfolded(NamedTuple):
    """A program's columns with waves among their inputs, its networks without their embedding."""

    columns: tuple[Column, ...]
    members: tuple[Member, ...]
    network: Network


def unfolded(columns: Sequence[Column], network: Network, thetas: Any) -> Unfolded:
    """The columns and members of networks that may begin with an embedding.

    Parameters
    ----------
    columns : sequence of Column
        No vectors, where there is an embedding.
    network : Network
    thetas : array of shape (k, n_parameters)

    Raises
    ------
    InputError
        For a layer behind the first that is not dense.
    """
    first = embedded_inputs(network)
    if first is None:
        return Unfolded(tuple(columns), members_of(network, thetas), network)
    params = [network.views(np.asarray(theta)) for theta in thetas]
    made: list[Column] = []
    old, places = 0, np.empty(first.inputs, dtype=np.int64)  # where inputs were and are
    waves = np.empty((len(params), first.n_waves), dtype=np.int64)  # where those of each network are
    new = 0
    for column in columns:
        inputs, names = list(column.inputs), list(column.names)
        for i in range(len(column.inputs)):
            places[old + i] = new + i
            if old + i not in first.columns:
                continue
            start = first.columns.index(old + i) * first.waves
            for g, own in enumerate(params):
                for k in range(start, start + first.waves):
                    waves[g, k] = new + len(inputs)
                    inputs.append(_wave(column.inputs[i], own.named[f"{FREQUENCIES}1"][k], own.named[f"{PHASES}1"][k]))
                    names.append(f"{column.names[i]}, wave {k - start + 1} of network {g + 1}")
        old, new = old + len(column.inputs), new + len(inputs)
        made.append(replace(column, inputs=tuple(inputs), names=tuple(names)))
    dense = (replace(network.layers[1], inputs=new), *network.layers[2:])
    rest = Network(dense, network.loss)
    members_of(rest, ())  # raises for other kinds of layers
    members = tuple(_member(network, own, new, places, waves[g]) for g, own in enumerate(params))
    return Unfolded(tuple(made), members, rest)


def _wave(x: Expression, frequency: Any, phase: Any) -> Expression:
    """The tree of one wave of an input."""
    return as_expression(evaluate(Wave.tree(), {"z": Constant(float(frequency)) * x + Constant(float(phase))}))


def _member(network: Network, params: Any, n_inputs: int, places: Any, waves: Any) -> Member:
    """The dense layers of one network."""
    first = np.zeros((n_inputs, network.layers[1].outputs), dtype=params.theta.dtype)
    first[np.concatenate([places, waves])] = params.W[2]
    matrices = [first, *(np.ascontiguousarray(params.W[l]) for l in range(3, network.depth + 1))]
    biases = [np.ascontiguousarray(params.b[l]) for l in range(2, network.depth + 1)]
    layers = zip(matrices, biases, network.layers[1:], strict=True)
    return tuple(Layer(W, b, layer.activation) for W, b, layer in layers)
