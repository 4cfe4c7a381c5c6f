"""Forward and backward: the file to put beside the four equations.

Legend: X (n_samples, n₀) inputs · Y (n_samples, n_L) targets · z[l] weighted inputs and a[l] activations of layer l,
a[0] = X · W[l] (n_{l−1}, n_l), b[l] (n_l,) · delta[l] = ∂C/∂z[l] · C the weighted mean over samples of the loss summed
over outputs. Rows are samples, so Nielsen's (Wˡ⁺¹)ᵀ δˡ⁺¹ for one column is ``delta[l + 1] @ W[l + 1].T`` for all rows.

Source: Nielsen, Neural Networks and Deep Learning, chapter 2, BP1–BP4; dropout: Srivastava et al. (2014), scaled in
training. Nothing here remembers a batch, changes its arguments or knows of an engine. Any array that follows the array
API will do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from clearprop.formulas import array_namespace
from clearprop.network.parameters import FromOne, Parameters
from clearprop.network.specs import Network


class Tape(NamedTuple):
    """What forward propagation computed, for `backward` to read.

    Attributes
    ----------
    z : FromOne of arrays of shape (n_samples, n_l)
        Weighted inputs of layers 1 … L.
    a : tuple of arrays of shape (n_samples, n_l)
        Activations of layers 0 … L; a[0] is X.
    mask : mapping of l to array of shape (n_samples, n_l)
        Dropout: what a[l] is multiplied by on its way to layer l + 1; layers without dropout are absent.
    """

    z: FromOne[Any]
    a: tuple[Any, ...]
    mask: Mapping[int, Any]

    def passed_on(self, l: int) -> Any:
        """What layer l + 1 receives: a[l], dropped out where the mask says so."""
        return self.a[l] * self.mask[l] if l in self.mask else self.a[l]


class Gradient(NamedTuple):
    """∂C/∂θ with its windows, in the form of Parameters, and the errors that it came from."""

    theta: Any  # (n_parameters,)
    W: FromOne[Any]  # ∂C/∂W[l], (n_{l−1}, n_l)
    b: FromOne[Any]  # ∂C/∂b[l], (n_l,)
    delta: FromOne[Any]  # ∂C/∂z[l], (n_samples, n_l)


def forward(network: Network, params: Parameters, X: Any, mask: Mapping[int, Any] | None = None) -> Tape:
    """Propagate signals from the input to the output.

    Raises
    ------
    ShapeError
        When X does not have shape (n_samples, n₀).

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, forward
    >>> net = Network.mlp([2, 1], output="sigmoid", loss="squared_error")
    >>> tape = forward(net, net.parameters([[0.6, 0.7]], [0.3]), np.array([[0.5, 0.3]]))
    >>> tape.z[1], tape.a[1].round(4)
    (array([[0.81]]), array([[0.6921]]))
    """
    network.check_inputs(X)
    tape = Tape(FromOne("z", ()), (X,), mask or {})
    for l, layer in enumerate(network.layers, start=1):
        z = tape.passed_on(l - 1) @ params.W[l] + params.b[l]
        tape = Tape(FromOne("z", (*tape.z, z)), (*tape.a, layer.activation.forward(z)), tape.mask)
    return tape


def backward(network: Network, params: Parameters, tape: Tape, Y: Any, sample_weight: Any = None) -> Gradient:
    """Propagate the error from the output to every weight; all δ's are there before any weight could change.

    Raises
    ------
    ShapeError
        When Y does not have shape (n_samples, n_L).
    """
    network.check_targets(Y, tape.a[0].shape[0])
    L, W, z, a = network.depth, params.W, tape.z, tape.a
    delta: dict[int, Any] = {L: shares(Y, sample_weight) * network.head.delta(z[L], a[L], Y)}  # BP1
    for l in range(L - 1, 0, -1):
        error = delta[l + 1] @ W[l + 1].T
        error = error * tape.mask[l] if l in tape.mask else error
        delta[l] = network.layers[l - 1].activation.backward(error, z[l], a[l])  # BP2
    xp = array_namespace(Y)
    db = [xp.sum(delta[l], axis=0) for l in range(1, L + 1)]  # BP3
    dW = [tape.passed_on(l - 1).T @ delta[l] for l in range(1, L + 1)]  # BP4
    pieces = [xp.reshape(piece, (-1,)) for pair in zip(dW, db, strict=True) for piece in pair]
    gathered = network.views(xp.concat(pieces))
    return Gradient(*gathered, FromOne("delta", [delta[l] for l in range(1, L + 1)]))


def loss(
    network: Network,
    params: Parameters,
    X: Any,
    Y: Any,
    sample_weight: Any = None,
    mask: Mapping[int, Any] | None = None,
) -> float:
    """C, the weighted mean over samples of the loss summed over outputs: the number that the gradient belongs to."""
    tape = forward(network, params, X, mask)
    network.check_targets(Y, X.shape[0])
    each = network.head.value(tape.z[network.depth], tape.a[network.depth], Y)
    return float(array_namespace(Y).sum(shares(Y, sample_weight) * each))


def shares(Y: Any, sample_weight: Any = None) -> Any:
    """Each sample's share in the mean, wᵢ / Σw, as a column (n_samples, 1) or, all being equal, the number 1/n."""
    if sample_weight is None:
        return 1 / Y.shape[0]
    xp = array_namespace(Y)
    total = float(xp.sum(sample_weight))
    return xp.reshape(sample_weight, (-1, 1)) / (total if total > 0 else 1.0)  # all weights zero: no share at all
