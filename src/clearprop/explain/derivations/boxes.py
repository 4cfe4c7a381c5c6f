"""The folded form of the chain rule: what paths share stands in boxes, one in the other, and each box is a δ."""

from __future__ import annotations

from clearprop.explain.derivations.lines import Line
from clearprop.formulas import Apply, Expression, Symbol
from clearprop.trace.names import Reference, at
from clearprop.trace.scalar_trees import Scope
from clearprop.trace.trace import Trace

MOST_IN_A_BOX = 4  # δ's that are spelled out inside the box of another; more are only named
OUTPUT_DELTA, HIDDEN_DELTA, WEIGHT = "box_output_delta", "box_hidden_delta", "box_weight"


def folded_line(trace: Trace, found: Reference, gradient: Symbol, sample: tuple[int, ...]) -> Line:
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

    error = scope.sum_of(W[j] * delta, term)
    if f"mask{l}" in trace:
        error = error * scope.symbol(f"mask{l}", *place)
    return Apply(HIDDEN_DELTA, (label, error * scope.symbol(f"slope{l}", *place)))
