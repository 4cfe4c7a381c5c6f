"""Forward and backward: the file to put beside the four equations.

Legend: X (n_samples, n₀) inputs · Y (n_samples, n_L) targets · z[l] weighted inputs and a[l] activations of layer l,
a[0] = X · W[l] (n_{l−1}, n_l), b[l] (n_l,) · delta[l] = ∂C/∂z[l] · C the weighted mean over samples of the loss summed
over outputs. Rows are samples, so Nielsen's (Wˡ⁺¹)ᵀ δˡ⁺¹ for one column is ``delta[l + 1] @ W[l + 1].T`` for all rows.

Source: Nielsen, Neural Networks and Deep Learning, chapter 2, BP1–BP4; dropout: Srivastava et al. (2014), scaled in
training. Nothing here remembers a batch, changes its arguments or knows of an engine. All that comes in are arrays of
one library of the array API (NumPy, PyTorch, …), and so is what goes out. Layers that are not dense bring theirs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from clearprop.formulas import array_namespace
from clearprop.network.layers import Dense
from clearprop.network.parameters import Blocks, FromOne, Mask, Matrix, Parameters, Vector
from clearprop.network.sample_weights import shares
from clearprop.network.specs import Network


class Tape(NamedTuple):
    """What forward propagation computed, for `backward` to read; every array is (n_samples, n_l)."""

    z: FromOne[Matrix]  # weighted inputs of layers 1 … L
    a: tuple[Matrix, ...]  # activations of layers 0 … L; a[0] is X
    mask: Mask  # dropout: what a[l] is multiplied by on its way to layer l + 1; absent where nothing drops


class Gradient(NamedTuple):
    """∂C/∂θ with its windows, in the form of Parameters, and the errors that it came from."""

    theta: Vector  # (n_parameters,)
    W: FromOne[Matrix]  # ∂C/∂W[l], (n_{l−1}, n_l)
    b: FromOne[Vector]  # ∂C/∂b[l], (n_l,)
    named: Blocks  # all of them by the names of their blocks: "W1", "b1", …
    delta: FromOne[Matrix]  # ∂C/∂z[l], (n_samples, n_l)


def forward(network: Network, params: Parameters, X: Matrix, mask: Mask | None = None) -> Tape:
    """Propagate signals from the input to the output; ShapeError unless X is (n_samples, n₀).

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, forward
    >>> net = Network.mlp([2, 1], output="sigmoid", loss="squared_error")
    >>> tape = forward(net, net.parameters([[0.6, 0.7]], [0.3]), np.array([[0.5, 0.3]]))
    >>> tape.z[1], tape.a[1].round(4)
    (array([[0.81]]), array([[0.6921]]))
    """
    network.check_parameters(params)
    network.check_inputs(X)
    mask, z, a = mask or {}, [], [X]
    for l, layer in enumerate(network.layers, start=1):
        x = dropped_out(a[l - 1], mask, l - 1)
        z.append(x @ params.W[l] + params.b[l] if isinstance(layer, Dense) else layer.forward(x, params.of(l)))
        a.append(layer.activation.forward(z[-1]))
    return Tape(FromOne("z", z), tuple(a), mask)


def backward(network: Network, params: Parameters, tape: Tape, Y: Matrix, sample_weight: Vector = None) -> Gradient:
    """Propagate the error from the output to every weight; all δ's are there before any weight could change.

    ShapeError unless Y is (n_samples, n_L) and `sample_weight`, where there is one, (n_samples,).

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, backward, forward
    >>> net = Network.mlp([2, 1])
    >>> params, X, Y = net.parameters([[1.0, 2.0]], [0.5]), np.array([[3.0, 1.0]]), np.array([[5.0]])
    >>> gradient = backward(net, params, forward(net, params, X), Y)
    >>> gradient.delta[1], gradient.W[1].ravel(), gradient.b[1]
    (array([[0.5]]), array([1.5, 0.5]), array([0.5]))
    """
    network.check_targets(Y, tape.a[0].shape[0])
    L, W, z, a, mask = network.depth, params.W, tape.z, tape.a, tape.mask
    delta: dict[int, Any] = {L: shares(Y, sample_weight) * network.head.delta(z[L], a[L], Y)}  # BP1
    x = FromOne("x", [dropped_out(a[l], mask, l) for l in range(L)])  # what came into each layer
    for l in range(L - 1, 0, -1):
        own = None if isinstance(network.layers[l], Dense) else network.layers[l]  # a layer of another kind
        error = own.back(delta[l + 1], x[l + 1], params.of(l + 1)) if own else delta[l + 1] @ W[l + 1].T
        error = dropped_out(error, mask, l)
        delta[l] = network.layers[l - 1].activation.backward(error, z[l], a[l])  # BP2
    xp, gradient = array_namespace(a[L]), {}
    for l, layer in enumerate(network.layers, start=1):
        if isinstance(layer, Dense):
            gradient[f"b{l}"] = xp.sum(delta[l], axis=0)  # BP3
            gradient[f"W{l}"] = x[l].T @ delta[l]  # BP4
        else:
            gradient |= {f"{name}{l}": found for name, found in layer.gradients(delta[l], x[l], params.of(l)).items()}
    g = network.views(xp.concat([xp.reshape(gradient[block.name], (-1,)) for block in network.blocks]))
    return Gradient(g.theta, g.W, g.b, g.named, FromOne("delta", [delta[l] for l in range(1, L + 1)]))


def loss(
    network: Network, params: Parameters, X: Matrix, Y: Matrix, sample_weight: Vector = None, mask: Mask | None = None
) -> float:
    """C, the weighted mean over samples of the loss summed over outputs: the number that the gradient belongs to.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network, loss
    >>> net = Network.mlp([2, 1])
    >>> loss(net, net.parameters([[1.0, 2.0]], [0.5]), np.array([[3.0, 1.0]]), np.array([[5.0]]))
    0.125
    """
    tape = forward(network, params, X, mask)
    network.check_targets(Y, X.shape[0])
    each = network.head.value(tape.z[network.depth], tape.a[network.depth], Y)
    return float(array_namespace(each).sum(shares(Y, sample_weight) * each))


def dropped_out(values: Matrix, mask: Mask, l: int) -> Matrix:
    """What crosses between layers l and l + 1, forward or backward, after dropout."""
    return values * mask[l] if l in mask else values
