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
from clearprop.explain.derivations.lines import Line
from clearprop.formulas import Apply, Expression, Symbol
from clearprop.formulas.derivative import ONE, times
from clearprop.trace.arithmetic import computed, left_out_of, running_sum
from clearprop.trace.names import Reference, at, reference
from clearprop.trace.scalar_trees import Scope, plain_number
from clearprop.trace.trace import Trace

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
        What it runs through, from the loss on: "C", "a2[0]", "z2[0]", …, the parameter.
    factors : tuple of Factor
    line : Line
        Its product, under the name "path 1", or for a batch with one path for each sample "sample 1".
    """

    nodes: tuple[str, ...]
    factors: tuple[Factor, ...]
    line: Line

    @property
    def value(self) -> Any:
        """The product of its factors."""
        return self.line.value


@dataclass(frozen=True)
class Part:
    """What one sample adds to a partial derivative: its paths, their sum, and the folded form.

    Attributes
    ----------
    sample : int or None
        From 0; None where there is one sample.
    paths : tuple of Path
        Empty where only the folded form was asked for.
    total : Line
        The sum over its paths; the folded form where there are none.
    folded : Line
        The shared parts in boxes: each box is a δ. Of a batch under the name "sample 1".
    """

    sample: int | None
    paths: tuple[Path, ...]
    total: Line
    folded: Line


@dataclass(frozen=True)
class ChainRule:
    """∂C/∂(one parameter), written out and folded.

    Of a batch the parts of the samples add up. Each brings its share of the mean, 1/n or its weight over that of all,
    with its first factor ∂C/∂a.

    Attributes
    ----------
    parameter : str
    n_paths : int
        Of all samples together.
    parts : tuple of Part
        One for each sample; of a large batch whose folded form was asked for, those that are shown.
    total : Line
        The sum over the paths of a sample, or over the samples of a batch.
    named : Line
        The same with the names of the boxes: BP3 or BP4.
    """

    parameter: str
    n_paths: int
    parts: tuple[Part, ...]
    total: Line
    named: Line

    @property
    def paths(self) -> tuple[Path, ...]:
        """All paths, sample by sample; empty where only the folded form was asked for."""
        return tuple(path for part in self.parts for path in part.paths)

    @property
    def folded(self) -> Line:
        """The shared parts in boxes; of a batch the sum over its samples."""
        return self.parts[0].folded if self.parts[0].sample is None else self.total

    @property
    def value(self) -> Any:
        """The partial derivative."""
        return self.named.value


def path(trace: Trace, parameter: str, most: int = MOST_PATHS, *, only_folded: bool = False) -> ChainRule:
    """The chain rule for one weight or bias; see `Trace.path`."""
    found = parameter_of(trace, parameter)
    count = n_paths(trace, int(found.layer)) * trace.n_samples
    if not only_folded and count > most:
        raise InputError(
            f"{count:,} paths lead from the loss to {parameter}, and at most {most:,} are written out; "
            "ask for the folded form with only_folded=True, or raise `most`"
        )
    scope = Scope(trace.arrays)
    named = trace[f"d{found.site}"].equation.tree(scope, tuple(int(i) for i in found.indices))
    assert named is not None
    law = "BP3" if found.kind == "b" else "BP4"
    line = Line(Symbol(f"d{found}"), (named,), scope.values, trace.value_of(f"d{found}"), law)
    shown = _samples(trace, all_of_them=not only_folded)
    parts = tuple(_part(trace, found, sample, only_folded) for sample in shown)
    total = _sum_over_samples(trace, found, line.value) if trace.is_batch else parts[0].total
    return ChainRule(parameter, count, parts, total, line)


def _samples(trace: Trace, *, all_of_them: bool) -> list[int | None]:
    """The samples whose parts are made."""
    if not trace.is_batch:
        return [None]
    samples: list[int | None] = list(range(trace.n_samples))
    if not all_of_them and (left_out := left_out_of(len(samples))) is not None:
        del samples[left_out]
    return samples


def parameter_of(trace: Trace, parameter: str) -> Reference:
    """The reference of a weight or bias of a trace.

    Raises
    ------
    UnknownNameError, InputError
        When there is no such weight or bias.
    """
    found = reference(parameter)
    if found.kind not in ("W", "b") or found.after or found.memory:
        raise InputError(f"{parameter} is not a weight or bias; write for example W1[0,1] or b2[0]")
    trace.value_of(parameter)
    return found


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


def _part(trace: Trace, found: Reference, sample: int | None, only_folded: bool) -> Part:
    """What one sample adds."""
    gradient = Symbol(f"d{found}") if sample is None else Symbol(name_of_sample(sample))
    folded = _folded_line(trace, found, gradient, _of(sample))
    if only_folded:
        return Part(sample, (), folded, folded)
    layer, neuron = int(found.layer), int(found.indices[-1])
    ways = list(_neurons(trace, layer, neuron))
    names = [gradient] if len(ways) == 1 else [Symbol(f"~one_path {i + 1}") for i in range(len(ways))]
    paths = tuple(_path(trace, found, way, _of(sample), name) for way, name in zip(ways, names, strict=True))
    total = paths[0].line if len(ways) == 1 else _sum_over_paths(gradient, paths)
    return Part(sample, paths, total, folded)


def part_of(trace: Trace, parameter: str, sample: int) -> Part:
    """What one sample of a batch adds, with all its paths."""
    return _part(trace, parameter_of(trace, parameter), sample, only_folded=False)


def name_of_sample(sample: int) -> str:
    """The name of what a sample adds, as a symbol: "sample 1" in the reader's language."""
    return f"~one_sample {sample + 1}"


def _of(sample: int | None) -> tuple[int, ...]:
    """The first index of what belongs to a sample; none where there is one sample."""
    return () if sample is None else (sample,)


def _path(
    trace: Trace, found: Reference, neurons: tuple[tuple[int, int], ...], sample: tuple[int, ...], name: Symbol
) -> Path:
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
            step(at(f"a{l}", *sample, k), f"error{l}", *sample, k)
        else:
            above = neurons[L - l - 1][1]
            weight = scope.symbol(f"W{l + 1}", k, above)
            step(at(trace.passed(l), *sample, k), f"W{l + 1}", k, above, form=weight)
            if f"mask{l}" in trace:
                step(at(f"a{l}", *sample, k), f"mask{l}", *sample, k, form=scope.symbol(f"mask{l}", *sample, k))
        if f"jacobian{l}" in trace:
            step(at(f"z{l}", *sample, j), f"jacobian{l}", *sample, k, j)
        else:
            step(at(f"z{l}", *sample, j), f"slope{l}", *sample, j)
    if found.kind == "W":
        signal, source = trace.passed(int(found.layer) - 1), int(found.indices[0])
        step(str(found), signal, *sample, source, form=scope.symbol(signal, *sample, source))
    else:
        step(str(found), "", form=ONE)
    symbols: list[Expression] = [factor.partial for factor in factors]
    forms = reduce(times, (factor.form for factor in factors))
    line = Line(
        name, (reduce(times, symbols), forms), scope.values, plain_number(computed(forms, scope.values)), "path"
    )
    return Path(tuple(nodes), tuple(factors), line)


def _sum_over_paths(gradient: Symbol, paths: tuple[Path, ...]) -> Line:
    """The sum of the paths' products, each as one number; those in the middle of many as one.

    Its value is what these numbers add up to: that of the folded form, but for the last digits.
    """
    scope = Scope({})
    products = np.array([path.value for path in paths])

    def term(i: int) -> Expression:
        return scope.named(f"~one_path {i + 1}", products[i])

    total = scope.sum_of(len(paths), term, lambda left_out: running_sum(products[left_out]))
    return Line(gradient, (total,), scope.values, plain_number(computed(total, scope.values)), "path")


def added_by(trace: Trace, found: Reference) -> Any:
    """What each sample of a batch adds to a partial derivative: shape (n_samples,)."""
    delta = trace[f"delta{found.layer}"].value[:, int(found.indices[-1])]
    return delta if found.kind == "b" else trace[trace.passed(int(found.layer) - 1)].value[
        :, int(found.indices[0])] * delta  # fmt: skip


def _sum_over_samples(trace: Trace, found: Reference, value: Any) -> Line:
    """The sum of what the samples add."""
    scope, added = Scope({}), added_by(trace, found)

    def term(i: int) -> Expression:
        return scope.named(name_of_sample(i), added[i])

    total = scope.sum_of(len(added), term, lambda left_out: running_sum(added[left_out]))
    return Line(Symbol(f"d{found}"), (total,), scope.values, value, "path")


def _folded_line(trace: Trace, found: Reference, gradient: Symbol, sample: tuple[int, ...]) -> Line:
    """The partial derivative, or what a sample adds to it, with the shared parts in nested boxes."""
    scope = Scope(trace.arrays)
    l, j = int(found.layer), int(found.indices[-1])
    tree = boxed_delta(trace, scope, l, (*sample, j), depth=2)
    value = trace.value_of(at(f"delta{l}", *sample, j))
    if found.kind == "W":
        place = (*sample, int(found.indices[0]))
        signal = scope.symbol(trace.passed(l - 1), *place)
        tree = tree * Apply(WEIGHT, (Symbol(f"∂{at(f'z{l}', *sample, j)}/∂{found}"), signal))
        value = value * trace.value_of(at(trace.passed(l - 1), *place))
    return Line(gradient, (tree,), scope.values, value, "fold")


def boxed_delta(trace: Trace, scope: Scope, l: int, place: tuple[int, ...], depth: int) -> Expression:
    """δˡⱼ spelled out inside its box; from `depth` layers on, the δ's beyond are only named.

    `place` is the neuron, in a batch (sample, neuron).
    """
    *sample, j = place
    label = Symbol(at(f"delta{l}", *place))
    if depth == 0:
        return scope.symbol(f"delta{l}", *place)
    if l == trace.network.depth or f"jacobian{l}" in trace:
        tree = trace[f"delta{l}"].equation.tree(scope, place)
        assert tree is not None
        return Apply(OUTPUT_DELTA if l == trace.network.depth else HIDDEN_DELTA, (label, tree))
    W, delta = trace.arrays[f"W{l + 1}"], trace.arrays[f"delta{l + 1}"][tuple(sample)]
    n = len(delta)
    further = depth - 1 if n <= MOST_IN_A_BOX else 0

    def term(m: int) -> Expression:
        return scope.symbol(f"W{l + 1}", j, m) * boxed_delta(trace, scope, l + 1, (*sample, m), further)

    error = scope.sum_of(n, term, lambda left_out: running_sum(W[j][left_out] * delta[left_out]))
    if f"mask{l}" in trace:
        error = error * scope.symbol(f"mask{l}", *place)
    return Apply(HIDDEN_DELTA, (label, error * scope.symbol(f"slope{l}", *place)))
