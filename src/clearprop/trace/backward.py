"""Backward: all δ's from the output back, then the gradients."""

from __future__ import annotations

from clearprop.trace.builder import Builder, elementwise
from clearprop.trace.equations import Equation, Product
from clearprop.trace.jacobian import ErrorThroughJacobian, Jacobian
from clearprop.trace.kinds import Law
from clearprop.trace.layers import LAYERS


def build_backward(builder: Builder) -> None:
    """Errors, slopes and δ's of all layers, from the last to the first; then the gradients of all parameters."""
    network, L = builder.network, builder.network.depth
    sites = {"a": f"a{L}", "y": builder.target, "share": "share"}
    tree = builder.shared(network.loss.slope_tree())
    builder.formula(f"error{L}", tree, sites, Law.BP1, parameters=network.loss.parameters)
    for l in range(L, 0, -1):
        if l < L:
            _build_error(builder, l)
        _build_delta(builder, l)
    for l in range(L, 0, -1):
        for block, gradient in LAYERS[type(network.layers[l - 1])].gradients.items():
            builder.keep(f"d{block}{l}", gradient(builder.passed(l - 1), l))


def _build_error(builder: Builder, l: int) -> None:
    """∂C/∂a of a hidden layer; what dropout had stopped on the way forward it stops on the way back."""
    back = LAYERS[type(builder.network.layers[l])].back(l + 1)
    if f"mask{l}" in builder:
        builder.keep(f"carried{l}", back)
        builder.keep(f"error{l}", Product(f"carried{l}", f"mask{l}", Law.BP2))
    else:
        builder.keep(f"error{l}", back)


def _build_delta(builder: Builder, l: int) -> None:
    """σ′ (or the Jacobian of a coupled activation) and δ of layer l; of a named pair also its short form, a − y."""
    shape, head, L = builder.network.layers[l - 1].activation, builder.network.head, builder.network.depth
    law = Law.BP1 if l == L else Law.BP2
    if shape.is_coupled():
        builder.keep(f"jacobian{l}", Jacobian(shape.pullback_tree(), f"a{l}", f"z{l}", shape.parameters))
        equation: Equation = ErrorThroughJacobian(f"error{l}", f"jacobian{l}")
    else:
        sites, slope = {"z": f"z{l}", "a": f"a{l}"}, shape.slope_tree()
        assert slope is not None
        textbook, stable = (
            elementwise(tree, sites, law, parameters=shape.parameters) for tree in (slope, shape.computed_slope_tree())
        )
        builder.keep(f"slope{l}", textbook, stable)
        equation = Product(f"error{l}", f"slope{l}", law)
    short = None
    if l == L and head.gives_delta:  # where the long form would be 0 times infinity, or targets are off by a little
        sites = {"a": f"a{L}", "y": builder.target, "share": "share"}
        short = elementwise(builder.shared(head.error_tree()), sites, Law.BP1)
    builder.keep(f"delta{l}", equation, short)
