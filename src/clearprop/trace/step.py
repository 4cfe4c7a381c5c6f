"""The graph of one step of training, from its job: forward, loss, backward, update, and the loss afterwards."""

from __future__ import annotations

from functools import lru_cache

from clearprop.formulas import Activation, LabelSmoothing, Symbol
from clearprop.job.job import dropout_rates
from clearprop.trace.builder import Builder, elementwise
from clearprop.trace.equations import Elementwise, Equation, Product
from clearprop.trace.graph import Graph, Step
from clearprop.trace.jacobian import ErrorThroughJacobian, Jacobian
from clearprop.trace.kinds import Law
from clearprop.trace.layers import equations_of
from clearprop.trace.penalties_and_weights import Penalty, RowWeight, TotalWeight, WeightedLoss, penalty_trees
from clearprop.trace.totals import FirstOrder, MeanLoss, SecondPass, SumOverOutputs
from clearprop.trace.update import build_clipping, build_gradients, build_update


@lru_cache(maxsize=64)
def graph_of(step: Step) -> Graph:
    """The graph of a step; kept, because step after step of a training has the same one.

    Examples
    --------
    >>> from clearprop import Network, sgd
    >>> from clearprop.job import Job
    >>> from clearprop.trace.graph import Step
    >>> from clearprop.trace.step import graph_of
    >>> graph = graph_of(Step(Job(Network.mlp([2, 3, 1]), sgd(0.1)), rows="n"))
    >>> graph.given
    ('a0', 'y', 'W1', 'b1', 'W2', 'b2', 'rate')
    >>> graph["z1"].shape, graph["z1"].inputs, graph["W1_new"].inputs
    (('n', 3), ('a0', 'W1', 'b1'), ('W1', 'dW1', 'rate'))
    >>> print(graph["delta2"].equation, "or", graph["delta2"].computed.formula)
    Product(error='error2', slope='slope2', law='BP1') or (a − y)/n
    """
    builder = Builder(step)
    _build_given(builder)
    _build_forward(builder)
    _build_loss(builder)
    _build_backward(builder)
    gradients = build_gradients(builder)
    build_update(builder, build_clipping(builder, gradients))
    builder.keep("prediction", FirstOrder(builder.minimised, gradients))
    names = tuple(block.name for block in step.network.blocks)
    builder.keep("loss_new", SecondPass(names))
    if builder.minimised == "cost":
        builder.keep("cost_new", SecondPass(names, "cost"))
    return builder.done()


def _build_given(builder: Builder) -> None:
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


def _build_forward(builder: Builder) -> None:
    """Weighted inputs and activations, layer by layer; with dropout also what is passed on."""
    dropout = dropout_rates(builder.job)
    for l, layer in enumerate(builder.network.layers, start=1):
        if dropout[l - 1]:
            builder.give(f"mask{l - 1}")
            builder.keep(f"passed{l - 1}", Product(f"a{l - 1}", f"mask{l - 1}", Law.DROPOUT))
        builder.keep(f"z{l}", equations_of(layer).forward(builder.passed(l - 1), l))
        shape = layer.activation
        textbook, stable = (
            Elementwise(tree, {"z": f"z{l}"}, shape.parameters, Law.ACTIVATION, called(shape))
            for tree in (shape.tree(), shape.computed_tree())
        )
        builder.keep(f"a{l}", textbook, stable)


def _build_loss(builder: Builder) -> None:
    """The loss of every output, from a as in the books or, of a named pair, from z; then the whole."""
    L, head = builder.network.depth, builder.network.head
    sites = {"z": f"z{L}", "a": f"a{L}", "y": builder.target}
    builder.keep(
        "losses",
        elementwise(head.loss.tree(), sites, Law.LOSS, parameters=head.loss.parameters),
        elementwise(head.loss_tree(), sites, Law.LOSS, parameters=head.computed.parameters),
    )
    losses = "losses"
    if builder.step.is_batch and builder.network.widths[-1] > 1:
        losses = "sample_loss"
        builder.keep(losses, SumOverOutputs("losses"))
    whole = MeanLoss(losses) if builder.step.is_batch else SumOverOutputs(losses)
    builder.keep("loss", WeightedLoss(losses, "share") if "share" in builder else whole)
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


def _build_backward(builder: Builder) -> None:
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
        for block, gradient in equations_of(network.layers[l - 1]).gradients.items():
            builder.keep(f"d{block}{l}", gradient(builder.passed(l - 1), l))


def _build_error(builder: Builder, l: int) -> None:
    """∂C/∂a of a hidden layer; what dropout had stopped on the way forward it stops on the way back."""
    back = equations_of(builder.network.layers[l]).back(l + 1)
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
