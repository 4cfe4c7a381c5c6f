"""The chain rule for one weight or bias: from the loss back until that parameter is in sight.

Every path from the loss to the parameter multiplies one factor per edge, and the paths add up. Written out like that, a
weight in front costs a product per path; folded, the part that paths share is computed once, and that part is δ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.arithmetic import computed, left_out_of, running_sum
from clearprop.explain.instances import Scope
from clearprop.explain.lines import Line, Omission
from clearprop.explain.references import Reference, at, reference
from clearprop.explain.trace import Trace
from clearprop.formulas import Apply, Expression, Symbol
from clearprop.formulas.derivative import ONE, times

MOST_PATHS = 1000  # that are written out one by one
MOST_IN_A_BOX = 4  # δ's that are spelled out inside the box of another; more are only named
OUTPUT_DELTA, HIDDEN_DELTA, WEIGHT = "box_output_delta", "box_hidden_delta", "box_weight"


@dataclass(frozen=True)
class Factor:
    """One edge of a path.

    Attributes
    ----------
    partial : Symbol
        What it is: ∂a²₁/∂z²₁.
    form : Expression
        What that comes to: a²₁·(1 − a²₁).
    value : float
    """

    partial: Symbol
    form: Expression
    value: Any


@dataclass(frozen=True)
class Path:
    """One way from the loss to the parameter.

    Attributes
    ----------
    nodes : tuple of str
        What it runs through, from the loss on: "loss", "a2[0]", "z2[0]", …, the parameter.
    factors : tuple of Factor
    line : Line
        Its product.
    """

    nodes: tuple[str, ...]
    factors: tuple[Factor, ...]
    line: Line

    @property
    def value(self) -> Any:
        """The product of its factors."""
        return self.line.value


@dataclass(frozen=True)
class ChainRule:
    """∂C/∂(one parameter), written out and folded.

    Attributes
    ----------
    parameter : str
    n_paths : int
    paths : tuple of Path
        All of them; empty where only the folded form was asked for.
    total : Line
        The sum over the paths; the folded form where there are none.
    folded : Line
        The shared parts in boxes: each box is a δ.
    named : Line
        The same with the names of the boxes: BP3 or BP4.
    """

    parameter: str
    n_paths: int
    paths: tuple[Path, ...]
    total: Line
    folded: Line
    named: Line

    @property
    def value(self) -> Any:
        """The partial derivative."""
        return self.named.value

    @property
    def lines(self) -> list[Line | Omission]:
        """All of it in order: every path, the sum, the folded form, the named form."""
        shown: list[Line | Omission] = [path.line for path in self.paths]
        if (left_out := left_out_of(len(shown))) is not None:
            shown[left_out] = [Omission(left_out.stop - left_out.start)]
        return [*shown, *([self.total] if len(self.paths) > 1 else []), self.folded, self.named]


def path(trace: Trace, parameter: str, most: int = MOST_PATHS, *, only_folded: bool = False) -> ChainRule:
    """The chain rule for one weight or bias; see `Trace.path`."""
    found = _checked(trace, parameter)
    layer, neuron = int(found.layer), int(found.indices[-1])
    count = n_paths(trace, layer)
    if not only_folded and count > most:
        raise InputError(
            f"{count:,} paths lead from the loss to {parameter}, and at most {most:,} are written out; "
            "ask for the folded form with only_folded=True, or raise `most`"
        )
    gradient = f"d{found}"
    value = trace.value_of(gradient)
    folded = _folded_line(trace, found, gradient, value)
    scope = Scope(trace.arrays)
    named = trace[f"d{found.site}"].equation.tree(scope, tuple(int(i) for i in found.indices))
    assert named is not None
    law = "BP3" if found.kind == "b" else "BP4"
    named_line = Line(Symbol(gradient), (named,), scope.values, value, law)
    if only_folded:
        return ChainRule(parameter, count, (), folded, folded, named_line)
    paths = tuple(_path(trace, found, neurons) for neurons in _neurons(trace, layer, neuron))
    return ChainRule(parameter, count, paths, _sum_line(gradient, paths), folded, named_line)


def parameter_of(trace: Trace, parameter: str) -> Reference:
    """The reference of a weight or bias of a trace.

    Raises
    ------
    UnknownNameError, InputError
        When there is no such weight or bias.
    """
    found = reference(parameter)
    if found.kind not in ("W", "b") or found.after or found.memory:
        raise InputError(f"{parameter} is no weight or bias; write for example W1[0,1] or b2[0]")
    trace.value_of(parameter)
    return found


def _checked(trace: Trace, parameter: str) -> Reference:
    """The reference of a weight or bias of a single sample's trace."""
    if trace.is_batch:
        raise InputError("the chain rule is written out for one sample; take trace.sample(0).path(…)")
    return parameter_of(trace, parameter)


def n_paths(trace: Trace, layer: int) -> int:
    """How many paths lead from the loss to one parameter of a layer."""
    network = trace.network
    coupled = [network.widths[l] for l in range(layer, network.depth + 1) if f"jacobian{l}" in trace]
    return prod(network.widths[layer + 1 :]) * prod(coupled)


def _neurons(trace: Trace, layer: int, neuron: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """For every path the pairs (k, j) of activation and weighted input in each layer, from L down to `layer`.

    In a layer whose neurons depend on each other (softmax) a path may enter at activation k and leave at input j.
    """
    L = trace.network.depth

    def below(l: int, j: int) -> Iterator[tuple[tuple[int, int], ...]]:
        """The paths that reach zˡⱼ."""
        starts = range(trace.network.widths[l]) if f"jacobian{l}" in trace else (j,)
        for k in starts:
            if l == L:
                yield ((k, j),)
                continue
            for above in range(trace.network.widths[l + 1]):
                for head in below(l + 1, above):
                    yield (*head, (k, j))

    return below(layer, neuron)


def _path(trace: Trace, found: Reference, neurons: tuple[tuple[int, int], ...]) -> Path:
    """One path with its factors and their product."""
    scope = Scope(trace.arrays)
    L = trace.network.depth
    nodes, factors = ["C"], []

    def step(to: str, site: str, *index: int, form: Expression | None = None) -> None:
        partial = Symbol(f"∂{nodes[-1]}/∂{to}")
        tree = trace[site].equation.tree(scope, index) if form is None else form
        assert tree is not None
        value = trace.value_of(at(site, *index)) if site else 1.0
        scope.values[partial.name] = value
        factors.append(Factor(partial, tree, value))
        nodes.append(to)

    for l, (k, j) in zip(range(L, L - len(neurons), -1), neurons, strict=True):
        if l == L:
            step(at(f"a{l}", k), f"error{l}", k)
        else:
            above = neurons[L - l - 1][1]
            weight = scope.symbol(f"W{l + 1}", k, above)
            step(at(trace.passed(l), k), f"W{l + 1}", k, above, form=weight)
            if f"mask{l}" in trace:
                step(at(f"a{l}", k), f"mask{l}", k, form=scope.symbol(f"mask{l}", k))
        if f"jacobian{l}" in trace:
            step(at(f"z{l}", j), f"jacobian{l}", k, j)
        else:
            step(at(f"z{l}", j), f"slope{l}", j)
    l = int(found.layer)
    if found.kind == "W":
        source = int(found.indices[0])
        signal = trace.passed(l - 1)
        step(str(found), signal, source, form=scope.symbol(signal, source))
    else:
        step(str(found), "", form=ONE)
    symbols: list[Expression] = [factor.partial for factor in factors]
    partials = reduce(times, symbols)
    forms = reduce(times, (factor.form for factor in factors))
    target = Symbol(f"∂C/∂{found}")
    line = Line(target, (partials, forms), scope.values, computed(forms, scope.values), "path")
    return Path(tuple(nodes), tuple(factors), line)


def _sum_line(gradient: str, paths: tuple[Path, ...]) -> Line:
    """The sum of the paths' products, each as one number; those in the middle of many as one.

    Its value is what these numbers add up to: that of the folded form, but for the last digits.
    """
    scope = Scope({})
    products = np.array([path.value for path in paths])

    def term(i: int) -> Expression:
        return scope.named(f"~({i + 1})", products[i])

    total = scope.sum_of(len(paths), term, lambda left_out: running_sum(products[left_out]))
    return Line(Symbol(gradient), (total,), scope.values, computed(total, scope.values), "path")


def _folded_line(trace: Trace, found: Reference, gradient: str, value: Any) -> Line:
    """The partial derivative with the shared parts in nested boxes."""
    scope = Scope(trace.arrays)
    l, j = int(found.layer), int(found.indices[-1])
    tree = boxed_delta(trace, scope, l, j, depth=2)
    if found.kind == "W":
        signal = scope.symbol(trace.passed(l - 1), int(found.indices[0]))
        last = Apply(WEIGHT, (Symbol(f"∂z{l}[{j}]/∂{found}"), signal))
        tree = tree * last
    return Line(Symbol(gradient), (tree,), scope.values, value, "fold")


def boxed_delta(trace: Trace, scope: Scope, l: int, j: int, depth: int) -> Expression:
    """δˡⱼ spelled out inside its box; from `depth` layers on, the δ's beyond are only named."""
    label = Symbol(at(f"delta{l}", j))
    if depth == 0:
        return scope.symbol(f"delta{l}", j)
    if l == trace.network.depth:
        tree = trace[f"delta{l}"].equation.tree(scope, (j,))
        assert tree is not None
        return Apply(OUTPUT_DELTA, (label, tree))
    if f"jacobian{l}" in trace:
        tree = trace[f"delta{l}"].equation.tree(scope, (j,))
        assert tree is not None
        return Apply(HIDDEN_DELTA, (label, tree))
    W, delta = trace.arrays[f"W{l + 1}"], trace.arrays[f"delta{l + 1}"]
    n = len(delta)
    further = depth - 1 if n <= MOST_IN_A_BOX or left_out_of(n) is not None else 0

    def term(m: int) -> Expression:
        return scope.symbol(f"W{l + 1}", j, m) * boxed_delta(trace, scope, l + 1, m, further)

    error = scope.sum_of(n, term, lambda left_out: running_sum(W[j][left_out] * delta[left_out]))
    if f"mask{l}" in trace:
        error = error * scope.symbol(f"mask{l}", j)
    return Apply(HIDDEN_DELTA, (label, error * scope.symbol(f"slope{l}", j)))
