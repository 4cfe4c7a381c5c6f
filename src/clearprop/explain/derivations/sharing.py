"""The error shared out in proportion to the weights, beside the exact rule.

Many books lead to back-propagation by this picture: an output's error is shared among the arrows that point to it in
proportion to their weights, each hidden neuron collects its shares, the denominators are dropped, and what is left is
the transposed weight matrix times the error. Dropping them does not keep the proportions in general, and the result is
not yet δ: σ′ is missing. Here all three stand side by side, with what each of them conserves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import acos, degrees
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.derivations.lines import Line, oriented, turned
from clearprop.formulas import Expression, Symbol
from clearprop.formulas.derivative import plus
from clearprop.formulas.expressions import symbols
from clearprop.trace.arithmetic import add_up, computed, product_in_order
from clearprop.trace.equations import Elementwise
from clearprop.trace.matrices import grid, matmul, transpose
from clearprop.trace.names import at
from clearprop.trace.scalar_trees import Scope
from clearprop.trace.trace import Trace

NEARLY_NOTHING = 0.05  # Σw below this part of Σ|w|: shares are many times the error itself


@dataclass(frozen=True)
class Sharing:
    """What the picture and the exact rule make of an error, for the hidden neurons of layer l.

    Of a batch every array but the last two has an axis of samples in front, and an error is the sample's share of the
    mean (1/n, or its weight over that of all) times y − a, as the δ's of a batch are.

    Attributes
    ----------
    layer : int
    error : array of shape (n_{l+1},)
        What is shared: the difference y − a of the outputs, or for hidden layers the shares that they collected.
    unshared : array of shape (n_{l+1},)
        What the form without denominators carries back: y − a of the outputs, or what it came to in the layer above.
    shares : array of shape (n_l, n_{l+1})
        Share of neuron k in the error of neuron j: w/Σw · error.
    by_shares : array of shape (n_l,)
        e of layer l: Σ of each neuron's shares.
    without_denominators : array of shape (n_l,)
        u of layer l: W times the error, the transposed matrix of the books.
    exact : array of shape (n_l,)
        −δ of the exact rule, so that its sign is that of y − a.
    sums_of_weights : array of shape (n_{l+1},)
        Σw of the arrows that point to each neuron.
    blown_up : tuple of int
        The neurons of layer l + 1 whose weights nearly cancel.
    """

    layer: int
    error: Any
    unshared: Any
    shares: Any
    by_shares: Any
    without_denominators: Any
    exact: Any
    sums_of_weights: Any
    blown_up: tuple[int, ...]

    @property
    def total(self) -> tuple[float, float, float]:
        """The totals: of the error, of the shares (the same, where no Σw is 0), and without denominators."""
        return settled_sum(self.error), settled_sum(self.by_shares), settled_sum(self.without_denominators)

    @property
    def summed(self) -> tuple[Any, Any, Any]:
        """`by_shares`, `without_denominators` and `exact` of each neuron, summed over the samples of a batch."""
        found = (self.by_shares, self.without_denominators, self.exact)
        by_shares, without, exact = (part if part.ndim == 1 else add_up(len(part), part.__getitem__) for part in found)
        return by_shares, without, exact

    @property
    def angles(self) -> tuple[float, float]:
        """Between the exact δ and the shares, and between it and the form without denominators, in degrees."""
        by_shares, without, exact = self.summed
        return angle(exact, by_shares), angle(exact, without)


def settled_sum(numbers: Any) -> float:
    """Their sum; 0 where only what their rounding left over keeps it from being 0."""
    total, size = float(np.sum(numbers)), float(np.abs(numbers).sum())
    return 0.0 if abs(total) <= np.size(numbers) * np.finfo(float).eps * size else total


def share(trace: Trace, layer: int | None = None) -> Sharing:
    """Share the output error out to a hidden layer, by default the last one.

    Parameters
    ----------
    trace : Trace
    layer : int, optional
        A hidden layer; through several layers the shares are shared on.

    Raises
    ------
    InputError
        For a network without a hidden layer: there nothing has to be shared out.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.derivations.sharing import share_out
    >>> [part.tolist() for part in share_out([[1, 3], [1, 1]], [1, 1])[1:]]
    [[1.25, 0.75], [4.0, 2.0]]
    """
    L = trace.network.depth
    if L == 1:
        raise InputError("the network has no hidden layer: the output error is at every weight already")
    layer = L - 1 if layer is None else layer
    if not 1 <= layer < L:
        raise InputError(f"layer {layer} is not a hidden layer; those are: {', '.join(map(str, range(1, L)))}")
    error = plainly = output_error(trace).compute(trace.arrays)
    for l in range(L, layer, -1):
        W = trace[f"W{l}"].value
        shared, unshared = error, plainly
        shares, error, _ = share_out(W, shared)
        plainly = product_in_order(plainly, W.T)
    sums = add_up(len(W), lambda i: W[i])
    blown = tuple(int(j) for j in np.flatnonzero(np.abs(sums) < NEARLY_NOTHING * np.abs(W).sum(axis=0)))
    return Sharing(layer, shared, unshared, shares, error, plainly, -trace[f"delta{layer}"].value, sums, blown)


def output_error(trace: Trace) -> Elementwise:
    """The error that is shared out: y − a, of a batch times the sample's share of the mean."""
    tree: Expression = Symbol("y") - Symbol("a")
    sites = {"y": trace.target, "a": f"a{trace.network.depth}"}
    if "share" in trace:
        return Elementwise(Symbol("share") * tree, {**sites, "share": "share"})
    return Elementwise(tree / trace.n_samples if trace.is_batch else tree, sites)


def share_out(W: Any, error: Any) -> tuple[Any, Any, Any]:
    """The shares w/Σw · error (from, to), their sums, and W·error; NaN where Σw is 0 and there is no share.

    `error` may have an axis of samples in front; then so have all three.
    """
    W, error = np.asarray(W, dtype=float), np.asarray(error, dtype=float)
    sums = add_up(len(W), lambda i: W[i])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(sums != 0, W / sums * error[..., None, :], np.nan)
    n = W.shape[1]
    return shares, add_up(n, lambda j: shares[..., j]), add_up(n, lambda j: W[:, j] * error[..., j, None])


def share_line(trace: Trace, found: Sharing, place: tuple[int, ...], law: str) -> Line:
    """How a hidden neuron comes to its error, by shares ("share", e) or without denominators ("transpose", u).

    `place` is the neuron, of a batch (sample, neuron).
    """
    l, scope = found.layer, Scope(trace.arrays)
    *sample, k = place
    n_from, n_to = found.shares.shape[-2:]
    kind = "e" if law == "share" or l + 1 == trace.network.depth else "u"
    errors = found.error if law == "share" else found.unshared

    def term(j: int) -> Expression:
        weights: list[Expression] = [scope.symbol(f"W{l + 1}", i, j) for i in range(n_from)]
        error = scope.named(at(f"{kind}{l + 1}", *sample, j), float(errors[(*sample, j)]))
        if law == "transpose":
            return weights[k] * error
        return weights[k] / reduce(plus, weights) * error

    form = reduce(lambda x, y: x + y, map(term, range(n_to)))
    target = Symbol(at(f"{'e' if law == 'share' else 'u'}{l}", *place))
    values = {name: value for name, value in scope.values.items() if name in symbols(form)}
    return Line(target, (form,), values, computed(form, values), law)


def share_matrix_lines(trace: Trace, found: Sharing, columns: bool) -> list[Line]:
    """All shares at once: the matrix of w/Σw times the error, and without its denominators, which is Wᵀ times it."""
    l, L = found.layer, trace.network.depth
    n_from, n_to = found.shares.shape[-2:]
    scope, W = Scope(trace.arrays), Symbol(f"W{l + 1}")
    weights: list[list[Expression]] = [[scope.symbol(f"W{l + 1}", k, j) for j in range(n_to)] for k in range(n_from)]
    sums = [reduce(plus, (row[j] for row in weights)) for j in range(n_to)]
    fractions = [[weights[k][j] / sums[j] for j in range(n_to)] for k in range(n_from)]
    lines = []
    for law, cells, target, errors, value in (
        ("share", fractions, "e", found.error, found.by_shares),
        ("transpose", weights, "u", found.unshared, found.without_denominators),
    ):
        error = Symbol(f"{'e' if law == 'share' or l + 1 == L else 'u'}{l + 1}")
        forms = [matmul(grid(cells), error) if columns else matmul(error, grid(list(zip(*cells, strict=True))))]
        if law == "transpose":
            forms.append(matmul(transpose(W), error) if columns else matmul(error, transpose(W)))
        known = {**scope.values, error.name: turned(errors, columns), W.name: oriented(trace, W.name, columns)}
        used = {name: known[name] for form in forms for name in symbols(form)}
        lines.append(Line(Symbol(f"{target}{l}"), tuple(forms), used, turned(value, columns), law))
    return lines


def error_lines(trace: Trace, shown: Sequence[tuple[int, ...]]) -> list[Line]:
    """The errors of these outputs, of a batch (sample, output)."""
    equation, lines = output_error(trace), []
    for place in shown:
        scope = Scope(trace.arrays)
        form = equation.tree(scope, place)
        target = Symbol(at(f"e{trace.network.depth}", *place))
        lines.append(Line(target, (form,), scope.values, computed(form, scope.values), "share"))
    return lines


def angle(one: Any, other: Any) -> float:
    """The angle between two vectors in degrees; NaN where one of them is zero or not finite."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    if not np.isfinite(lengths) or lengths == 0:
        return float("nan")
    return degrees(acos(min(1.0, max(-1.0, float(one @ other) / lengths))))
