"""The builder of a graph: one node after the other, each under its name, with its equation and its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearprop.formulas import Expression, Symbol
from clearprop.formulas.expressions import symbols
from clearprop.trace.equations import Elementwise, Equation, Input
from clearprop.trace.graph import Graph, Node, Step, StepNames, shape_of
from clearprop.trace.kinds import Law
from clearprop.trace.names import reference


class Builder(StepNames):
    """Writes the nodes of a graph.

    Parameters
    ----------
    step : Step
    """

    def __init__(self, step: Step) -> None:
        self.step, self.job, self.network = step, step.job, step.network
        self.nodes: dict[str, Node] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def keep(self, name: str, equation: Equation, computed: Equation | None = None) -> None:
        """Add a node; `computed` is the form that keeps its digits, where that is another."""
        stable = None if computed == equation else computed
        self.nodes[name] = Node(name, shape_of(reference(name), self.step), equation, stable)

    def give(self, *names: str) -> None:
        """Add nodes that somebody gives."""
        for name in names:
            self.keep(name, Input())

    def formula(self, name: str, tree: Expression, sites: Mapping[str, str], law: Law, **more: Any) -> None:
        """Add a node that a formula gives, number by number."""
        self.keep(name, elementwise(tree, sites, law, **more))

    def shared(self, tree: Expression) -> Expression:
        """The tree times each sample's share in the mean, where there are several samples."""
        if "share" in self:
            return Symbol("share") * tree
        rows = self.step.rows
        return tree if rows is None else tree / (Symbol(rows) if isinstance(rows, str) else rows)

    def done(self) -> Graph:
        """The graph."""
        return Graph(self.step, self.nodes)


def elementwise(tree: Expression, sites: Mapping[str, str], law: Law, **more: Any) -> Elementwise:
    """The equation of a formula; `sites` may name more than the formula uses."""
    used = {symbol: site for symbol, site in sites.items() if symbol in symbols(tree)}
    return Elementwise(tree, used or dict([next(iter(sites.items()))]), law=law, **more)
