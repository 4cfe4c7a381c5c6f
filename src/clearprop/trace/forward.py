"""Forward: what is given, the signals layer by layer, the loss."""

from __future__ import annotations

from clearprop.formulas import Activation, LabelSmoothing, Symbol
from clearprop.job.job import dropout_rates
from clearprop.trace.builder import Builder, elementwise
from clearprop.trace.equations import Elementwise, Product
from clearprop.trace.kinds import Law
from clearprop.trace.layers import LAYERS
from clearprop.trace.penalties_and_weights import Penalty, RowWeight, TotalWeight, WeightedLoss, penalty_trees
from clearprop.trace.totals import MeanLoss


def build_given(builder: Builder) -> None:
    """The samples, the parameters, and what is asked of the loss."""
    job = builder.job
    builder.give("a0", "y", *(block.name for block in builder.network.blocks))
    if job.label_smoothing:
        known = {"smoothing": job.label_smoothing, "n_classes": job.smoothing_classes}
        builder.formula("smoothed", LabelSmoothing.tree(), {"y": "y"}, Law.LOSS, parameters=known)
    _build_weights(builder)


def _build_weights(builder: Builder) -> None:
    """The weight of each row, their sum, and each row's share in the mean."""
    step, job, weight = builder.step, builder.job, ""
    if step.is_weighted:
        builder.give("sample_weight")
        weight = "sample_weight"
    if job.class_weight is not None:
        builder.give("class_weight")
        builder.keep("row_weight", RowWeight(weight, "class_weight", "y"))
        weight = "row_weight"
    if weight:
        builder.keep("total_weight", TotalWeight(weight))
        if step.is_batch:
            tree = Symbol("weight") / Symbol("total_weight")
            builder.formula("share", tree, {"weight": weight, "total_weight": "total_weight"}, Law.WEIGHT)
    elif step.is_penalised:
        builder.give("total_weight")
    builder.give(*(name for name in ("l2", "l1") if getattr(job, name)))


def build_forward(builder: Builder) -> None:
    """Weighted inputs and activations, layer by layer; with dropout also what is passed on."""
    dropout = dropout_rates(builder.job)
    for l, layer in enumerate(builder.network.layers, start=1):
        if dropout[l - 1]:
            builder.give(f"mask{l - 1}")
            builder.keep(f"passed{l - 1}", Product(f"a{l - 1}", f"mask{l - 1}", Law.DROPOUT))
        builder.keep(f"z{l}", LAYERS[type(layer)].forward(builder.passed(l - 1), l))
        shape = layer.activation
        textbook, stable = (
            Elementwise(tree, {"z": f"z{l}"}, shape.parameters, Law.ACTIVATION, called(shape))
            for tree in (shape.tree(), shape.computed_tree())
        )
        builder.keep(f"a{l}", textbook, stable)


def build_loss(builder: Builder) -> None:
    """The loss of every output, from a as in the books or, of a named pair, from z; then the whole."""
    L, head = builder.network.depth, builder.network.head
    sites = {"z": f"z{L}", "a": f"a{L}", "y": builder.target}
    builder.keep(
        "losses",
        elementwise(head.loss.tree(), sites, Law.LOSS, parameters=head.loss.parameters),
        elementwise(head.loss_tree(), sites, Law.LOSS, parameters=head.computed.parameters),
    )
    builder.keep("loss", WeightedLoss("losses", "share") if "share" in builder else MeanLoss("losses"))
    if builder.step.is_penalised:
        _build_penalty(builder)


def _build_penalty(builder: Builder) -> None:
    """What l1 and l2 add to the loss."""
    known = {name: name for name in ("l1", "l2", "total_weight") if name in builder}
    blocks = {
        block.name: Elementwise(
            penalty_trees(builder.job, block.decay)["value"], {"theta": block.name, **known}, law=Law.PENALTY
        )
        for block in builder.network.blocks
        if block.decay
    }
    if blocks:
        builder.keep("penalty", Penalty(blocks))
        builder.formula("cost", Symbol("C") + Symbol("R"), {"C": "loss", "R": "penalty"}, Law.PENALTY)


def called(activation: Activation) -> str:
    """How the activation is called as a function: σ for the one that the letter was made for, its name for others."""
    return "σ" if activation.name == "logistic" else activation.name
