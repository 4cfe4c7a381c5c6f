"""Backward: all δ's from the output back, then the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.formulas import Activation, Expression
from clearprop.network import shares
from clearprop.trace.arithmetic import computed
from clearprop.trace.builder import Notes, agree
from clearprop.trace.equations import CarriedBack, Elementwise, Equation, OuterProduct, Product, SumOverSamples
from clearprop.trace.jacobian import ErrorThroughJacobian, Jacobian


def record_backward(notes: Notes) -> None:
    """Errors, slopes and δ's of all layers, from the last to the first; then the gradients of all parameters."""
    network, L = notes.network, notes.network.depth
    sites = {"a": f"a{L}", "y": notes.target, "share": "share"}
    notes.formula(
        f"error{L}", notes.shared(network.loss.slope_tree()), sites, "BP1", parameters=network.loss.parameters
    )
    for l in range(L, 0, -1):
        if l < L:
            _record_error(notes, l)
        _record_delta(notes, l)
    for l in range(L, 0, -1):
        notes.keep(f"dW{l}", OuterProduct(notes.passed(l - 1), f"delta{l}"))
        notes.keep(f"db{l}", SumOverSamples(f"delta{l}"))


def _record_error(notes: Notes, l: int) -> None:
    """∂C/∂a of a hidden layer; what dropout had stopped on the way forward it stops on the way back."""
    back = CarriedBack(f"delta{l + 1}", f"W{l + 1}")
    if notes.has(f"mask{l}"):
        notes.keep(f"carried{l}", back)
        notes.keep(f"error{l}", Product(f"carried{l}", f"mask{l}", "BP2"))
    else:
        notes.keep(f"error{l}", back)


def _record_delta(notes: Notes, l: int) -> None:
    """σ′ (or the Jacobian of a coupled activation) and δ of layer l."""
    shape, L = notes.network.layers[l - 1].activation, notes.network.depth
    law = "BP1" if l == L else "BP2"
    if shape.is_coupled():
        notes.keep(f"jacobian{l}", Jacobian(shape.pullback_tree(), f"a{l}", f"z{l}", shape.parameters))
        equation: Equation = ErrorThroughJacobian(f"error{l}", f"jacobian{l}")
    else:
        tree = slope_tree(shape, notes.rows(f"z{l}"), notes.rows(f"a{l}"))
        notes.formula(f"slope{l}", tree, {"z": f"z{l}", "a": f"a{l}"}, law, parameters=shape.parameters)
        equation = Product(f"error{l}", f"slope{l}", law)
    notes.keep(f"delta{l}", (_short_form(notes, equation) if l == L else None) or equation)


def _short_form(notes: Notes, equation: Equation) -> Equation | None:
    """δ of a named pair, a − y, where the long form loses its digits (0 times infinity, or targets off by a little)."""
    setting, L, pair = notes.setting, notes.network.depth, notes.network.head.pair
    if pair is None:
        return None
    short = pair.compute("delta", a=notes.rows(f"a{L}"), y=setting.target) * shares(setting.Y, setting.weight)
    if agree(equation.compute(notes.arrays), short if setting.is_batch else short[0]):
        return None
    sites = {"a": f"a{L}", "y": notes.target} | ({"share": "share"} if notes.has("share") else {})
    return Elementwise(notes.shared(pair.tree("delta")), sites, law="BP1")


def slope_tree(activation: Activation, z: Any, a: Any) -> Expression:
    """The tree of σ′ of the textbook, or the stable one where the textbook's loses its digits at these z."""
    tree = activation.slope_tree()
    assert tree is not None
    if activation.has("stable_slope"):
        found = computed(tree, {**activation.parameters, "z": z, "a": a})
        if not agree(found, activation.backward(np.ones_like(a), z, a)):
            return activation.tree("stable_slope")
    return tree
