"""The graph of a step, evaluated by a reader that knows NumPy and nothing of clearprop's recorder or engines."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from clearprop import Network, adam
from clearprop.engines import ReferenceEngine
from clearprop.explain import explain
from clearprop.formulas import Apply, Constant, Cosine, Symbol
from clearprop.job import Job, prepared
from clearprop.trace.equations import (
    CarriedBack,
    Elementwise,
    OuterProduct,
    Product,
    SumOverSamples,
    WeightedSum,
)
from clearprop.trace.graph import Step
from clearprop.trace.jacobian import ErrorThroughJacobian, Jacobian
from clearprop.trace.kinds import KINDS, Law
from clearprop.trace.names import parse
from clearprop.trace.penalties_and_weights import GradientNorm, Penalty, RowWeight, TotalWeight, WeightedLoss
from clearprop.trace.record import given_to, trace_of
from clearprop.trace.setting import setting_of
from clearprop.trace.step import graph_of
from clearprop.trace.totals import FirstOrder, MeanLoss, SecondPass, SumOverOutputs
from clearprop.trace.trace import Trace
from sample_networks import fits

WORDS = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "power": np.power,
    "negative": np.negative, "absolute": np.abs, "sign": np.sign, "maximum": np.maximum, "minimum": np.minimum,
    "less": np.less, "less_equal": np.less_equal, "equal": np.equal, "where": np.where, "exp": np.exp, "log": np.log,
    "expm1": np.expm1, "log1p": np.log1p, "tanh": np.tanh, "sqrt": np.sqrt, "cos": np.cos, "sin": np.sin,
    "erf": np.vectorize(math.erf), "floor": np.floor,
    "row_sum": lambda x: np.sum(x, axis=-1, keepdims=True), "row_max": lambda x: np.max(x, axis=-1, keepdims=True),
}  # fmt: skip


def of_tree(tree, values):
    match tree:
        case Constant(value):
            return np.float64(value)
        case Symbol(name):
            return values[name]
        case Apply(function, arguments):
            return WORDS[function](*(of_tree(argument, values) for argument in arguments))


def columns(value, *others):
    """A number for each sample as a column, beside matrices."""
    return value[:, None] if np.ndim(value) == 1 and any(np.ndim(other) == 2 for other in others) else value


def of_equation(equation, at, clock):
    match equation:
        case WeightedSum(a, W, b):
            return at[a] @ at[W] + at[b]
        case CarriedBack(delta, W):
            return at[delta] @ at[W].T
        case Product(error, slope):
            return at[error] * at[slope]
        case SumOverSamples(delta):
            return at[delta].sum(axis=0)
        case OuterProduct(a, delta):
            return at[a].T @ at[delta]
        case Elementwise(formula, sites, parameters):
            read = [at[site] for site in sites.values()]
            values = {name: columns(at[site], *read) for name, site in sites.items()}
            found = of_tree(formula, {**clock, **parameters, **values})
            return np.broadcast_to(found, np.broadcast_shapes(*map(np.shape, values.values())))
        case Jacobian(pullback, a, z, parameters):
            rows = np.eye(at[a].shape[-1])[:, None, :]
            whole = of_tree(pullback, {**parameters, "g": rows, "a": at[a], "z": at[z]})
            return np.moveaxis(whole, 0, 1)
        case ErrorThroughJacobian(error, jacobian):
            return np.einsum("nk,nkj->nj", at[error], at[jacobian])
        case SumOverOutputs(losses):
            return at[losses].sum(axis=-1)
        case MeanLoss(losses):
            return at[losses].sum() / len(at[losses])
        case WeightedLoss(losses, share):
            return (at[share] * at[losses].reshape(len(at[share]), -1).T).sum()
        case RowWeight(sample_weight, class_weight, y):
            return (at[sample_weight] if sample_weight else 1.0) * (at[y] @ at[class_weight])
        case TotalWeight(weight):
            return at[weight].sum()
        case Penalty(blocks):
            return sum(np.sum(of_equation(block, at, clock)) for block in blocks.values())
        case GradientNorm(gradients):
            return np.sqrt(sum(np.sum(at[name] ** 2) for name in gradients))
        case FirstOrder(loss, gradients):
            return at[loss] + sum(np.sum(at[g] * (at[f"{name}_new"] - at[name])) for name, g in gradients.items())
    raise AssertionError(equation)


def evaluated(graph, given_arrays, clock):
    """Every value of a graph, walked once in its order; each node reads only what came before."""
    at = {}
    for name, node in graph.items():
        if node.is_given:
            at[name] = np.asarray(given_arrays[name])
        elif isinstance(node.equation, SecondPass):
            again = {**at, **{block: at[f"{block}_new"] for block in node.equation.blocks}}
            for other, before in graph.items():
                if before.equation.law.is_forward:
                    again[other] = of_equation(before.stable, again, clock)
            at[name] = again[node.equation.of]
        else:
            at[name] = of_equation(node.stable, at, clock)
    return at


@settings(max_examples=60, deadline=None)
@given(fits(batch=True))
def test_a_reader_of_the_graph_alone_makes_the_step_of_the_reference_engine(fit):
    (network, params, X, Y), asked = fit
    job, state = asked["job"], asked["state"]
    setting = setting_of(job, params, X, Y, state, asked["sample_weight"], asked["n_samples"])
    graph = graph_of(Step(job, "n", setting.sample_weight is not None, state.rate_scale != 1))
    with np.errstate(all="ignore"):
        at = evaluated(graph, given_to(setting, params), {**setting.clock, "n": float(len(X))})
    for name, node in graph.items():
        assert np.shape(at[name]) == tuple(len(X) if size == "n" else size for size in node.shape), name

    theta, data = np.array(params.theta), prepared(job, setting.X, setting.Y, setting.sample_weight)
    moved = replace(state, theta=theta.copy(), memory=[vector.copy() for vector in state.memory], cursor=0)
    with np.errstate(all="ignore"):
        ReferenceEngine().steps(replace(job, batch_size=len(X)), moved, data, np.arange(len(X)), [at["rate"]])
    for k, (vector, prefix) in enumerate(zip([moved.theta, *moved.memory], ["", *rule_memory(job)], strict=True)):
        found = [np.ravel(at[f"{prefix}{block.name}_new"]) for block in network.blocks]
        np.testing.assert_allclose(np.concatenate(found), vector, rtol=1e-7, atol=1e-10, err_msg=str(k))
    with np.errstate(all="ignore"):
        assert at["loss_new"] == pytest.approx(setting.loss(moved.theta), rel=1e-7, nan_ok=True)


def rule_memory(job):
    return [f"{name}_" for name in job.update_rule.memory]


@settings(max_examples=30, deadline=None)
@given(fits())
def test_every_value_comes_after_what_it_reads_and_the_trace_has_the_shapes_of_its_graph(fit):
    (_, params, X, Y), asked = fit
    setting = setting_of(asked["job"], params, X, Y, asked["state"], asked["sample_weight"], asked["n_samples"])
    graph, trace, before = graph_of(setting.step), trace_of(setting, params, Trace), set()
    assert list(graph) == list(trace)
    for name, node in graph.items():
        assert {*node.inputs, *node.stable.inputs} <= before, name
        before.add(name)
        assert np.shape(trace[name].value) == node.shape, name
        assert node.is_given == (not trace[name].inputs), name


def test_a_graph_holds_no_numbers_of_the_rows_the_parameters_or_the_state():
    job = Job(Network.mlp([3, 4, 2]), adam(), Cosine(warmup=3), batch_size=5)
    graph = graph_of(Step(job, "n"))
    assert "array(" not in repr(graph)
    assert graph["rate"].equation.open == {"progress", "step"}
    assert graph["error2"].equation.open == {"n"}
    assert graph["a0"].shape == ("n", 3)
    assert graph.given == ("a0", "y", "W1", "b1", "W2", "b2", "rate_start", "t", *MEMORY_OF_ADAM)


MEMORY_OF_ADAM = tuple(f"{name}_{block}" for block in ("W1", "b1", "W2", "b2") for name in "mv")


def test_both_forms_stand_in_the_graph_and_the_recorder_takes_the_one_that_keeps_its_digits():
    network = Network.mlp([1, 1], output="sigmoid", loss="binary_cross_entropy")
    node = graph_of(Step(Job(network)))["losses"]
    assert (node.equation.inputs, node.computed.inputs) == (("a1", "y"), ("z1", "y"))
    for weight, form in ((1.0, node.equation), (400.0, node.computed)):
        trace = explain(network, network.parameters([[weight]], [0.0]), [2.0], [1.0])
        assert trace["losses"].equation == form


def test_the_table_of_kinds_knows_every_name_of_a_step():
    job = Job(
        Network.mlp([2, 3, 2], output="softmax", loss="cross_entropy"), adam(), Cosine(), l1=0.1, l2=0.1,
        label_smoothing=0.1, clip_norm=1.0, dropout=(0.1, 0.1), class_weight=(1.0, 2.0),
    )  # fmt: skip
    graph = graph_of(Step(job, 7, is_weighted=True, is_rescaled=True))
    for name, node in graph.items():
        assert str(parse(name)) == name
        assert node.kind in KINDS.values()
        assert node.kind.is_per_sample == (node.shape[:1] == (7,)), name
        assert node.kind.is_number == (node.shape == ()), name
        assert isinstance(node.equation.law, Law)
    with pytest.raises(KeyError):
        graph["z9"]


def test_the_steps_of_a_training_share_their_graph():
    network = Network.mlp([2, 3, 1])
    trace = explain(network, network.initial(1), [1.0, 2.0], [0.5], adam())
    assert graph_of(trace.setting.step) is graph_of(trace.following().setting.step)
    assert graph_of(trace.setting.step) is not graph_of(Step(trace.job, 2))
