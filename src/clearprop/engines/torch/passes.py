"""Forward and backward as calls: the lines of `clearprop.network.backprop`, written down for a number of rows.

Each line here stands for the same line there: z = x @ W + b, a = σ(z), BP1 to BP4. What the formulas come to, `trees`
works out; where PyTorch has one call for a formula that takes several, `named` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from clearprop.engines.torch import named
from clearprop.engines.torch.program import Program, Seen, Slot, copied, transposed
from clearprop.engines.torch.trees import ONE, Formulas, Term
from clearprop.formulas.expressions import Expression
from clearprop.network import Network


class Signals(NamedTuple):
    """What forward propagation has computed: a[0] … a[L], z[1] … z[L] and x[0] … x[L − 1], what layers pass on."""

    z: Mapping[int, Slot]
    a: Mapping[int, Slot]
    x: Mapping[int, Slot]


class Products:
    """The matrix products of a step, in the precision asked for.

    Parameters
    ----------
    program : Program
    half : bool
        Whether their factors are rounded to bfloat16. What comes out is float32 again.
    """

    def __init__(self, program: Program, *, half: bool = False) -> None:
        self.program, self.half = program, half

    def of(self, one: Slot | Seen, other: Slot | Seen, into: Slot | None = None) -> Slot:
        """one @ other."""
        shape = _rows(one), _columns(other)
        if not self.half:
            return self.program.emit(torch.mm, one, other, shape=shape, into=into)
        found = self._short(one, other)
        return self.program.emit(copied, found, shape=shape, into=into)

    def affine(self, x: Slot, W: Slot, b: Slot) -> Slot:
        """z = x @ W + b."""
        shape = _rows(x), _columns(W)
        if not self.half:
            return self.program.emit(torch.addmm, b, x, W, shape=shape)
        return self.program.emit(torch.add, self._short(x, W), b, shape=shape)

    def _short(self, one: Slot | Seen, other: Slot | Seen) -> Slot:
        factors = [self._rounded(factor) for factor in (one, other)]
        return self.program.emit(torch.mm, *factors, shape=(_rows(one), _columns(other)), dtype=torch.bfloat16)

    def _rounded(self, factor: Slot | Seen) -> Slot | Seen:
        slot = factor.slot if isinstance(factor, Seen) else factor
        found = self.program.emit(copied, slot, shape=slot.shape, dtype=torch.bfloat16)
        return Seen(found, factor.how) if isinstance(factor, Seen) else found


def _rows(matrix: Slot | Seen) -> int:
    return matrix.slot.shape[1] if isinstance(matrix, Seen) else matrix.shape[0]


def _columns(matrix: Slot | Seen) -> int:
    return matrix.slot.shape[0] if isinstance(matrix, Seen) else matrix.shape[1]


class Passes:
    """Adds the calls of a network's two passes to a program.

    Parameters
    ----------
    program : Program
    network : Network
    blocks : mapping of str to Slot
        The parameters by the names of their blocks.
    half : bool
        Of `Products`.
    """

    def __init__(self, program: Program, network: Network, blocks: Mapping[str, Slot], *, half: bool = False) -> None:
        self.program, self.network, self.blocks = program, network, blocks
        self.formulas, self.products = Formulas(program), Products(program, half=half)

    def forward(self, x: Slot, masks: Mapping[int, Slot]) -> Signals:
        """Signals from the input to the output."""
        z: dict[int, Slot] = {}
        a, passed = {0: x}, {}
        for l, layer in enumerate(self.network.layers, start=1):
            passed[l - 1] = self.formulas.tensor(self._dropped(Term(ONE, a[l - 1]), masks, l - 1))
            z[l] = self.products.affine(passed[l - 1], self.blocks[f"W{l}"], self.blocks[f"b{l}"])
            is_last_of_pair = l == self.network.depth and named.has_logarithms(self.network.head)
            if is_last_of_pair:
                a[l] = named.softmax(self.formulas, z[l])
            else:
                a[l] = self.formulas.tensor(named.value(self.formulas, layer.activation, z[l]))
        return Signals(z, a, passed)

    def _dropped(self, term: Term, masks: Mapping[int, Slot], l: int) -> Term:
        return self.formulas.apply("multiply", term, Term(ONE, masks[l])) if l in masks else term

    def loss(self, signals: Signals, y: Slot, weight: Slot | None, into: Slot) -> Expression:
        """Write the loss, summed over the rows by their weights, but for a factor, which is what comes back."""
        L, head = self.network.depth, self.network.head
        each = named.loss(self.formulas, head, signals.z[L], signals.a[L], y)
        if weight is not None and each.y is not None and each.over is None:
            each = each._replace(y=self.formulas.tensor(Term(ONE, each.y, weight)))
        elif weight is not None:
            each = self.formulas.apply("multiply", each, Term(ONE, weight))
        return self.formulas.total(each, into)

    def backward(
        self, signals: Signals, y: Slot, share: Term, masks: Mapping[int, Slot], gradient: Mapping[str, Slot]
    ) -> None:
        """The error from the output to every weight, into the blocks of the gradient.

        Parameters
        ----------
        signals : Signals
        y : Slot
            The targets, smoothed.
        share : Term
            Of each sample in the mean: a column or a number.
        masks : mapping of int to Slot
        gradient : mapping of str to Slot
        """
        L, z, a = self.network.depth, signals.z, signals.a
        delta = {L: self._output_error(z[L], a[L], y, share)}  # BP1
        for l in range(L - 1, 0, -1):
            error = Term(ONE, self.products.of(delta[l + 1], Seen(self.blocks[f"W{l + 1}"], transposed)))
            error = self._dropped(error, masks, l)
            delta[l] = self._through(l, error, z[l], a[l])  # BP2
        for l in range(1, L + 1):
            bias = gradient[f"b{l}"]
            self.program.emit(torch.sum, delta[l], shape=bias.shape, into=bias, dim=0)  # BP3
            self.products.of(Seen(signals.x[l - 1], transposed), delta[l], into=gradient[f"W{l}"])  # BP4

    def _output_error(self, z: Slot, a: Slot, y: Slot, share: Term) -> Slot:
        head = self.network.head
        error = self.formulas.term(head.error_tree(), {"a": a, "y": y, **head.computed.parameters})
        shared = self.formulas.apply("multiply", error, share)
        if head.gives_delta:
            return self._whole(shared, z.shape)
        return self._through(self.network.depth, shared, z, a)

    def _through(self, l: int, error: Term, z: Slot, a: Slot) -> Slot:
        """δ from ∂C/∂a: through the activation of layer l."""
        found = named.pullback(self.formulas, self.network.layers[l - 1].activation, error, z, a)
        return self._whole(found, z.shape)

    def _whole(self, term: Term, shape: Sequence[int]) -> Slot:
        """A term as a tensor of this shape, also where it is one number for each row."""
        found = self.formulas.tensor(term)
        if found.shape == tuple(shape):
            return found
        return self.program.emit(copied, found, shape=tuple(shape))


def blocks_of(network: Network, vector: Any, program: Program) -> dict[str, Slot]:
    """The blocks of θ, or of a gradient, as given values of a program."""
    return {block.name: program.given(vector[block.start : block.stop].view(block.shape)) for block in network.blocks}
