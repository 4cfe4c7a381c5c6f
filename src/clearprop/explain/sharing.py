"""The error shared out in proportion to the weights, beside the exact rule.

Many books lead to back-propagation by this picture: an output's error is shared among the arrows that point to it in
proportion to their weights, each hidden neuron collects its shares, the denominators are dropped, and what is left is
the transposed weight matrix times the error. Dropping them does not keep the proportions in general, and the result is
not yet δ: σ′ is missing. Here all three stand side by side, with what each of them conserves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import acos, degrees
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.arithmetic import add_up, computed, product_in_order
from clearprop.explain.instances import Scope
from clearprop.explain.lines import Line
from clearprop.explain.references import at
from clearprop.explain.trace import Trace
from clearprop.formulas import Expression, Symbol
from clearprop.formulas.derivative import plus

NEARLY_NOTHING = 0.05  # Σw below this part of Σ|w|: shares are many times the error itself


@dataclass(frozen=True)
class Sharing:
    """What the picture and the exact rule make of an error, for the hidden neurons of layer l.

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
        Σ of each neuron's shares.
    without_denominators : array of shape (n_l,)
        W times the error: the transposed matrix of the books.
    exact : array of shape (n_l,)
        −δ of the exact rule, so that its sign is that of y − a.
    sums_of_weights : array of shape (n_{l+1},)
        Σw of the arrows that point to each neuron.
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
        return float(self.error.sum()), float(self.by_shares.sum()), float(self.without_denominators.sum())

    @property
    def angles(self) -> tuple[float, float]:
        """Between the exact δ and the shares, and between it and the form without denominators, in degrees."""
        return angle(self.exact, self.by_shares), angle(self.exact, self.without_denominators)


def share(trace: Trace, layer: int | None = None) -> Sharing:
    """Share the output error out to a hidden layer, by default the last one.

    Parameters
    ----------
    trace : Trace
        Of one sample.
    layer : int, optional
        A hidden layer; through several layers the shares are shared on.

    Raises
    ------
    InputError
        For a batch, or a network without a hidden layer: there nothing has to be shared out.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.sharing import share_out
    >>> [part.tolist() for part in share_out([[1, 3], [1, 1]], [1, 1])[1:]]
    [[1.25, 0.75], [4.0, 2.0]]
    """
    L = trace.network.depth
    if trace.is_batch:
        raise InputError("errors are shared out for one sample; take trace.sample(0)")
    if L == 1:
        raise InputError("the network has no hidden layer: the output error is at every weight already")
    layer = L - 1 if layer is None else layer
    if not 1 <= layer < L:
        raise InputError(f"layer {layer} is no hidden layer; hidden are the layers 1 … {L - 1}")
    error = plainly = trace[trace.target].value - trace[f"a{L}"].value
    for l in range(L, layer, -1):
        W = trace[f"W{l}"].value
        shared, unshared = error, plainly
        shares, error, _ = share_out(W, shared)
        plainly = product_in_order(plainly, W.T)
    sums = add_up(len(W), lambda i: W[i])
    blown = tuple(int(j) for j in np.flatnonzero(np.abs(sums) < NEARLY_NOTHING * np.abs(W).sum(axis=0)))
    return Sharing(layer, shared, unshared, shares, error, plainly, -trace[f"delta{layer}"].value, sums, blown)


def share_out(W: Any, error: Any) -> tuple[Any, Any, Any]:
    """The shares w/Σw · error (from, to), their sums, and W·error; NaN where Σw is 0 and there is no share."""
    W, error = np.asarray(W, dtype=float), np.asarray(error, dtype=float)
    sums = add_up(len(W), lambda i: W[i])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(sums != 0, W / sums * error, np.nan)
    n = W.shape[1]
    return shares, add_up(n, lambda j: shares[:, j]), add_up(n, lambda j: W[:, j] * error[j])


def share_lines(trace: Trace, found: Sharing) -> list[Line]:
    """How each hidden neuron comes to its error: by shares, and without denominators."""
    l = found.layer
    lines = []
    n_from, n_to = found.shares.shape
    for k in range(n_from):
        for law, errors in (("share", found.error), ("transpose", found.unshared)):
            scope = Scope(trace.arrays)

            def term(j: int, law: str = law, errors: Any = errors, scope: Scope = scope, k: int = k) -> Expression:
                weights: list[Expression] = [scope.symbol(f"W{l + 1}", i, j) for i in range(n_from)]
                error = scope.named(at(f"e{l + 1}", j), float(errors[j]))
                return weights[k] / reduce(plus, weights) * error if law == "share" else weights[k] * error

            form = reduce(lambda x, y: x + y, map(term, range(n_to)))
            lines.append(Line(Symbol(at(f"e{l}", k)), (form,), scope.values, computed(form, scope.values), law))
    return lines


def angle(one: Any, other: Any) -> float:
    """The angle between two vectors in degrees; NaN where one of them is zero or not finite."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    if not np.isfinite(lengths) or lengths == 0:
        return float("nan")
    return degrees(acos(min(1.0, max(-1.0, float(one @ other) / lengths))))
