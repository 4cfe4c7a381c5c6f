"""Forward: what is given, the signals layer by layer, the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.errors import NotFiniteError
from clearprop.formulas import Activation, Expression, LabelSmoothing, Symbol
from clearprop.trace.arithmetic import computed
from clearprop.trace.builder import Notes, agree
from clearprop.trace.equations import Elementwise, Product, WeightedSum
from clearprop.trace.penalties_and_weights import Penalty, RowWeight, TotalWeight, WeightedLoss, penalty_trees
from clearprop.trace.totals import MeanLoss


def record_given(notes: Notes) -> None:
    """The samples, the parameters, and what is asked of the loss."""
    setting, job = notes.setting, notes.setting.job
    notes.give("a0", setting.X, per_sample=True)
    notes.give("y", setting.Y, per_sample=True)
    for l in range(1, notes.network.depth + 1):
        notes.give(f"W{l}", notes.params.W[l])
        notes.give(f"b{l}", notes.params.b[l])
    if job.label_smoothing:
        known = {"smoothing": job.label_smoothing, "n_classes": job.smoothing_classes}
        notes.formula("smoothed", LabelSmoothing.tree(), {"y": "y"}, "loss", parameters=known)
    _record_weights(notes)


def _record_weights(notes: Notes) -> None:
    """The weight of each row, their sum, and each row's share in the mean."""
    setting, job = notes.setting, notes.setting.job
    weight = ""
    if setting.sample_weight is not None:
        notes.give("sample_weight", setting.sample_weight, per_sample=True)
        weight = "sample_weight"
    if job.class_weight is not None:
        notes.give("class_weight", np.array(job.class_weight))
        notes.keep("row_weight", RowWeight(weight, "class_weight", "y"))
        weight = "row_weight"
    if weight:
        notes.keep("total_weight", TotalWeight(weight))
        if setting.is_batch:
            tree = Symbol("weight") / Symbol("total_weight")
            notes.formula("share", tree, {"weight": weight, "total_weight": "total_weight"}, "weight")
    elif setting.is_penalised:
        notes.give("total_weight", float(len(setting.X)))
    for name in ("l2", "l1"):
        if getattr(job, name):
            notes.give(name, getattr(job, name))


def record_forward(notes: Notes) -> None:
    """Weighted inputs and activations, layer by layer; with dropout also what is passed on."""
    for l, layer in enumerate(notes.network.layers, start=1):
        _record_dropout(notes, l - 1)
        notes.keep(f"z{l}", WeightedSum(notes.passed(l - 1), f"W{l}", f"b{l}"))
        shape, z = layer.activation, notes.rows(f"z{l}")
        engines = shape.forward(z)
        if not np.isfinite(engines).all():
            raise NotFiniteError(
                f"the activations of layer {l} are not finite: their weighted inputs go up to "
                f"{np.abs(z).max():.3g}; scale the inputs or take smaller weights"
            )
        tree = shape_tree(shape, z, engines)
        notes.keep(f"a{l}", Elementwise(tree, {"z": f"z{l}"}, shape.parameters, "activation", called(shape)))


def _record_dropout(notes: Notes, l: int) -> None:
    """What dropout leaves of the activations of a layer."""
    if l in notes.setting.mask:
        notes.give(f"mask{l}", notes.setting.mask[l], per_sample=True)
        notes.keep(f"passed{l}", Product(f"a{l}", f"mask{l}", "dropout"))


def record_loss(notes: Notes) -> None:
    """The loss of every output, from a as in the books, or from z where only that keeps its digits; then the whole."""
    L, head = notes.network.depth, notes.network.head
    z, a = notes.rows(f"z{L}"), notes.rows(f"a{L}")
    tree, sites, parameters = head.loss.tree(), {"a": f"a{L}", "y": notes.target}, head.loss.parameters
    known = {"a": a, "y": notes.setting.target, **parameters}
    if head.pair is not None and not agree(computed(tree, known), head.value(z, a, notes.setting.target)):
        tree, sites, parameters = head.pair.tree(), {"z": f"z{L}", "y": notes.target}, {}
    notes.formula("losses", tree, sites, "loss", parameters=parameters)
    notes.keep("loss", WeightedLoss("losses", "share") if notes.has("share") else MeanLoss("losses"))
    if notes.setting.is_penalised:
        record_penalty(notes)


def record_penalty(notes: Notes) -> None:
    """What l1 and l2 add to the loss."""
    known = {name: name for name in ("l1", "l2", "total_weight") if notes.has(name)}
    blocks = {
        block.name: Elementwise(
            penalty_trees(notes.setting.job, block.decay)["value"], {"theta": block.name, **known}, law="penalty"
        )
        for block in notes.network.blocks
        if block.decay
    }
    if blocks:
        notes.keep("penalty", Penalty(blocks))
        notes.formula("cost", Symbol("C") + Symbol("R"), {"C": "loss", "R": "penalty"}, "penalty")


def shape_tree(activation: Activation, z: Any, engines: Any) -> Expression:
    """The tree of the textbook form, or of the stable one where the textbook form loses its digits at these z."""
    tree: Expression = activation.tree()
    if activation.has("stable") and not agree(computed(tree, {"z": z, **activation.parameters}), engines):
        return activation.tree("stable")
    return tree


def called(activation: Activation) -> str:
    """How the activation is called as a function: σ for the one that the letter was made for, its name for others."""
    return "σ" if activation.name == "logistic" else activation.name
