"""Words for experts, all read from the same δ's: gradients per sample, their norms, the outputs' Jacobian, saliency."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.network import Network, Parameters, backward, forward
from clearprop.trace.trace import Trace


def per_sample_gradients(trace: Trace) -> Any:
    """∂Cᵢ/∂θ of every sample by itself, Cᵢ the loss of sample i alone.

    Returns
    -------
    array of shape (n_samples, n_parameters)
        In the order of θ. Their mean over the samples is the gradient of the batch.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.explain import case, per_sample_gradients
    >>> trace = case("xor").trace()
    >>> each = per_sample_gradients(trace)
    >>> each.shape, np.allclose(each.mean(axis=0)[:4], trace["dW1"].value.ravel())
    ((4, 9), True)
    """
    n = trace.n_samples
    pieces = []
    for l, delta in enumerate(_errors(trace), start=1):
        a = np.atleast_2d(trace[trace.passed(l - 1)].value)
        pieces += [(a[:, :, None] * delta[:, None, :]).reshape(n, -1), delta]
    return np.concatenate(pieces, axis=1)


def gradient_norms(trace: Trace) -> dict[str, float]:
    """‖∂C/∂W‖ and ‖∂C/∂b‖ of every layer, by name, and of all parameters together under "all".

    Examples
    --------
    >>> from clearprop.explain import case, gradient_norms
    >>> list(gradient_norms(case("mazur").trace()))
    ['W1', 'b1', 'W2', 'b2', 'all']
    """
    norms = {block.name: float(np.linalg.norm(trace[f"d{block.name}"].value)) for block in trace.network.blocks}
    return {**norms, "all": float(np.linalg.norm(list(norms.values())))}


def output_jacobian(network: Network, params: Parameters, x: Any) -> Any:
    """∂aᴸⱼ/∂xₖ: how every output answers to every input, by BP1 and BP2 with one output's own error 1 at a time.

    Parameters
    ----------
    network : Network
    params : Parameters
    x : array of shape (n₀,)

    Returns
    -------
    array of shape (n_L, n₀)

    Raises
    ------
    ShapeError
        When x does not fit the network.

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.explain import output_jacobian
    >>> net = Network.mlp([2, 1])
    >>> output_jacobian(net, net.parameters([[2.0, -1.0]], [0.0]), [1.0, 1.0]).tolist()
    [[2.0, -1.0]]
    """
    n = network.widths[-1]
    X = np.repeat(np.asarray(x, dtype=float)[None, ...], n, axis=0)
    tape = forward(network, params, X)
    error = np.eye(n)  # row j: output j alone has an error, of 1
    for l in range(network.depth, 0, -1):
        delta = network.layers[l - 1].activation.backward(error, tape.z[l], tape.a[l])
        error = delta @ params.W[l].T
    return error


def saliency(trace: Trace) -> Any:
    """∂C/∂x: which inputs the loss answers to, from δ of the first layer carried back once more.

    Returns
    -------
    array of the shape of x
        Of a batch for every sample, its loss taken by itself.

    Examples
    --------
    >>> from clearprop.explain import case, saliency
    >>> saliency(case("digits").trace()).shape
    (64,)
    """
    error = _errors(trace)[0] @ trace["W1"].value.T
    found = error * trace.setting.mask[0] if 0 in trace.setting.mask else error
    return found if trace.is_batch else found[0]


def _errors(trace: Trace) -> list[Any]:
    """δ of every layer, each sample's loss taken by itself: without its share in the mean."""
    n, layers = trace.n_samples, range(1, trace.network.depth + 1)
    if "share" not in trace:
        return [n * np.atleast_2d(trace[f"delta{l}"].value) for l in layers]
    setting = trace.setting  # a share may be 0, and then nothing can be read back from δ
    gradient = backward(
        trace.network, trace.params, forward(trace.network, trace.params, setting.X, setting.mask), setting.target
    )
    return [n * gradient.delta[l] for l in layers]
