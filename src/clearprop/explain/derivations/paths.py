"""The chain rule for one weight or bias: from the loss back until that parameter is in sight.

Every path from the loss to the parameter multiplies one factor per edge, and the paths add up. Written out like that, a
weight in front costs a product per path; folded, the part that paths share is computed once, and that part is δ.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.derivations.boxes import folded_line
from clearprop.explain.derivations.chain_rule import ChainRule, Factor, Path, SamplePart
from clearprop.explain.derivations.lines import Line
from clearprop.formulas import Expression, Symbol
from clearprop.formulas.derivative import ONE, times
from clearprop.trace.arithmetic import computed, left_out_of
from clearprop.trace.names import Reference, at, reference
from clearprop.trace.scalar_trees import Scope, plain_number
from clearprop.trace.trace import Trace, check_dense

MOST_PATHS = 1000  # that are written out one by one


def path(trace: Trace, parameter: str, most: int = MOST_PATHS, *, only_folded: bool = False) -> ChainRule:
    """The chain rule for one weight or bias; see `Trace.path`."""
    check_dense(trace.network, "the chain rule written out")
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


def _part(trace: Trace, found: Reference, sample: int | None, only_folded: bool) -> SamplePart:
    """What one sample adds."""
    gradient = Symbol(f"d{found}") if sample is None else Symbol(name_of_sample(sample))
    folded = folded_line(trace, found, gradient, _of(sample))
    if only_folded:
        return SamplePart(sample, (), folded, folded)
    layer, neuron = int(found.layer), int(found.indices[-1])
    ways = list(_neurons(trace, layer, neuron))
    names = [gradient] if len(ways) == 1 else [Symbol(f"~one_path {i + 1}") for i in range(len(ways))]
    paths = tuple(_path(trace, found, way, _of(sample), name) for way, name in zip(ways, names, strict=True))
    total = paths[0].line if len(ways) == 1 else _sum_over_paths(gradient, paths)
    return SamplePart(sample, paths, total, folded)


def part_of(trace: Trace, parameter: str, sample: int, *, only_folded: bool = False) -> SamplePart:
    """What one sample of a batch adds, with all its paths."""
    return _part(trace, parameter_of(trace, parameter), sample, only_folded)


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

    total = scope.sum_of(products, term)
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

    total = scope.sum_of(added, term)
    return Line(Symbol(f"d{found}"), (total,), scope.values, value, "path")
