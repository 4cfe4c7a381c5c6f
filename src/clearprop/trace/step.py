"""The graph of one step of training, from its job: forward, loss, backward, update, and the loss afterwards."""

from __future__ import annotations

from functools import lru_cache

from clearprop.trace.backward import build_backward
from clearprop.trace.builder import Builder
from clearprop.trace.forward import build_forward, build_given, build_loss
from clearprop.trace.graph import Graph, Step
from clearprop.trace.totals import FirstOrder, SecondPass
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
    build_given(builder)
    build_forward(builder)
    build_loss(builder)
    build_backward(builder)
    gradients = build_gradients(builder)
    build_update(builder, build_clipping(builder, gradients))
    builder.keep("prediction", FirstOrder(builder.minimised, gradients))
    names = tuple(block.name for block in step.network.blocks)
    builder.keep("loss_new", SecondPass(names))
    if builder.minimised == "cost":
        builder.keep("cost_new", SecondPass(names, "cost"))
    return builder.done()
