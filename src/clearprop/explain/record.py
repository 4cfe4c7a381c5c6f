"""`explain`: run one step of training on the reference engine and keep every number under its name.

The values come from the engine's own functions: forward and backward of `clearprop.network`, the formulas' computing
forms, the update rule's ``apply``. The equations beside them are what a person reads; the tests replay each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.engines import Job, TrainingState, prepared
from clearprop.errors import InputError, ShapeError
from clearprop.explain.equations import (
    CarriedBack,
    Elementwise,
    Equation,
    ErrorThroughJacobian,
    Given,
    Jacobian,
    OuterProduct,
    Product,
    SumOverSamples,
    WeightedSum,
)
from clearprop.explain.totals import FirstOrder, MeanLoss, SecondPass
from clearprop.explain.trace import Site, Trace
from clearprop.formulas import LBFGS, Activation, Apply, Expression, Symbol, UpdateRule, evaluate, update_rule
from clearprop.formulas.expressions import fold
from clearprop.network import Network, Parameters, backward, forward, loss, shares


def explain(
    network: Network,
    params: Parameters,
    x: Any,
    y: Any,
    optimizer: str | UpdateRule | LBFGS = "sgd",
    state: TrainingState | None = None,
) -> Trace:
    """Every number of one step of training: forward, loss, errors, gradients, update, and the loss afterwards.

    Parameters
    ----------
    network : Network
    params : Parameters
        Left as they are. Numbers of float32 are explained in float64.
    x : array of shape (n₀,) or (n_samples, n₀)
        One sample, or a batch whose mean loss is explained.
    y : array of shape (n_L,) or (n_samples, n_L)
        A number will do for one sample and one output.
    optimizer : update rule
        A name or the rule itself, ``sgd(0.1)``.
    state : TrainingState, optional
        Of the optimizer before this step (its memory and the number of steps done); a fresh one by default.

    Returns
    -------
    Trace

    Raises
    ------
    ShapeError, NotFiniteError, InputError
        When the sample does not fit the network, with row and column; when the optimizer is L-BFGS, which chooses its
        steps itself and has no update formula.

    Examples
    --------
    >>> from clearprop import Network, sgd
    >>> from clearprop.explain import explain
    >>> net = Network.mlp([2, 2, 1], hidden="sigmoid", output="sigmoid", loss="squared_error")
    >>> params = net.parameters([[[0.5, 0.3], [0.2, 0.4]], [0.6, 0.7]], [[0.1, 0.2], 0.3])
    >>> trace = explain(net, params, [0.5, 0.3], 0.8, optimizer=sgd(0.1))
    >>> trace["z1"].value.round(2), trace["delta2"].value.round(4)
    (array([0.41, 0.47]), array([-0.0193]))
    >>> trace.value_of("dW1[0,0]") < 0
    True
    """
    if optimizer == "lbfgs" or isinstance(optimizer, LBFGS):
        raise InputError(
            "L-BFGS chooses its steps itself and has no update formula to explain; explain a step of another "
            "optimizer, for example sgd(0.1) or adam()"
        )
    assert not isinstance(optimizer, LBFGS)
    X, Y, is_batch = _samples(network, x, y)
    rule = update_rule(optimizer)
    exact = network.views(np.array(params.theta, dtype=np.float64))
    recorder = Recorder(network, exact, X, Y, is_batch, rule, state)
    recorder.forward_pass()
    recorder.backward_pass()
    recorder.update()
    recorder.afterwards()
    return Trace(network, exact, rule, recorder.step, is_batch, recorder.sites)


def _samples(network: Network, x: Any, y: Any) -> tuple[Any, Any, bool]:
    """X and Y as matrices, checked, and whether they were a batch."""
    X = np.asarray(x, dtype=np.float64)
    is_batch = X.ndim == 2
    Y = np.asarray(y, dtype=np.float64)
    if not is_batch:
        if X.shape != network.widths[:1]:
            raise ShapeError(f"x must hold {network.widths[0]} numbers, one per input, not an array of shape {X.shape}")
        if Y.size != network.widths[-1] or Y.ndim > 1:
            raise ShapeError(
                f"y must hold {network.widths[-1]} number(s), one per output, not an array of shape {Y.shape}"
            )
        X, Y = X[None, :], Y.reshape(1, -1)
    data = prepared(Job(network), X, Y)
    return data.X, data.Y, is_batch


class Recorder:
    """Computes the sites in order. It writes `sites`; it is used once, by `explain`."""

    def __init__(
        self,
        network: Network,
        params: Parameters,
        X: Any,
        Y: Any,
        is_batch: bool,
        rule: UpdateRule,
        state: TrainingState | None,
    ) -> None:
        self.network, self.params, self.X, self.Y, self.is_batch, self.rule = network, params, X, Y, is_batch, rule
        self.state = TrainingState.start(Job(network, rule), params.theta) if state is None else state
        if len(self.state.memory) != len(rule.memory) or self.state.theta.shape != params.theta.shape:
            raise InputError(
                f"the state does not belong to this network and optimizer: {rule.name} keeps {len(rule.memory)} "
                f"vector(s) of {len(params.theta)} numbers"
            )
        self.step = self.state.step + 1
        self.sites: dict[str, Site] = {}

    def keep(self, name: str, equation: Equation, value: Any, *, per_sample: bool = False) -> None:
        """Add a site; a single sample loses its axis of samples."""
        found = np.array(value[0] if per_sample and not self.is_batch else value)
        found.flags.writeable = False
        self.sites[name] = Site(name, equation, found)

    def give(self, name: str, value: Any, *, per_sample: bool = False) -> None:
        """Add a site that somebody gave."""
        found = value[0] if per_sample and not self.is_batch else value
        self.keep(name, Given(np.array(found)), value, per_sample=per_sample)

    def forward_pass(self) -> None:
        network, params = self.network, self.params
        self.give("a0", self.X, per_sample=True)
        self.give("y", self.Y, per_sample=True)
        for l in range(1, network.depth + 1):
            self.give(f"W{l}", params.W[l])
            self.give(f"b{l}", params.b[l])
        self.tape = forward(network, params, self.X)
        for l, layer in enumerate(network.layers, start=1):
            shape = layer.activation
            self.keep(f"z{l}", WeightedSum(f"a{l - 1}", f"W{l}", f"b{l}"), self.tape.z[l], per_sample=True)
            value = Elementwise(
                shape_tree(shape, self.tape.z[l]), {"z": f"z{l}"}, shape.parameters, "activation", called(shape)
            )
            self.keep(f"a{l}", value, self.tape.a[l], per_sample=True)
        self._losses()

    def _losses(self) -> None:
        """The loss of every output, and the loss: from a as in the books, from z where only that is finite."""
        L, head = self.network.depth, self.network.head
        z, a = self.tape.z[L], self.tape.a[L]
        with np.errstate(all="ignore"):
            textbook = head.loss.compute("value", a=a, y=self.Y)
        value = head.value(z, a, self.Y)
        equation = Elementwise(head.loss.tree(), {"a": f"a{L}", "y": "y"}, head.loss.parameters, "loss")
        if head.pair is not None and not np.isfinite(textbook).all():
            equation = Elementwise(head.pair.tree(), {"z": f"z{L}", "y": "y"}, {}, "loss")
        self.keep("losses", equation, value, per_sample=True)
        self.keep("loss", MeanLoss("losses"), loss(self.network, self.params, self.X, self.Y))

    def backward_pass(self) -> None:
        network, tape = self.network, self.tape
        L = network.depth
        gradient = backward(network, self.params, tape, self.Y)
        with np.errstate(all="ignore"):
            error = shares(self.Y) * network.loss.backward(tape.a[L], self.Y)
        slope = network.loss.slope_tree()
        mean = slope / len(self.X) if self.is_batch else slope
        sites = {"a": f"a{L}", "y": "y"}
        self.keep(f"error{L}", Elementwise(mean, sites, network.loss.parameters, "BP1"), error, per_sample=True)
        for l in range(L, 0, -1):
            if l < L:
                carried = gradient.delta[l + 1] @ self.params.W[l + 1].T
                self.keep(f"error{l}", CarriedBack(f"delta{l + 1}", f"W{l + 1}"), carried, per_sample=True)
            self._delta(l, gradient.delta[l])
        for l in range(L, 0, -1):
            self.keep(f"dW{l}", OuterProduct(f"a{l - 1}", f"delta{l}"), gradient.W[l])
            self.keep(f"db{l}", SumOverSamples(f"delta{l}"), gradient.b[l])

    def _delta(self, l: int, delta: Any) -> None:
        """σ′ (or the Jacobian of a coupled activation) and δ of layer l."""
        shape, z, a = self.network.layers[l - 1].activation, self.tape.z[l], self.tape.a[l]
        law = "BP1" if l == self.network.depth else "BP2"
        sites = {"z": f"z{l}", "a": f"a{l}"}
        if shape.is_coupled():
            jacobian = Jacobian(shape.pullback_tree(), f"a{l}", f"z{l}", shape.parameters)
            self.keep(f"jacobian{l}", jacobian, jacobian.compute({f"a{l}": a, f"z{l}": z}), per_sample=True)
            equation: Equation = ErrorThroughJacobian(f"error{l}", f"jacobian{l}")
        else:
            tree = slope_tree(shape, z, a)
            used = {name: site for name, site in sites.items() if name in _names(tree)} or {"z": f"z{l}"}
            slope = shape.backward(np.ones_like(a), z, a)
            self.keep(f"slope{l}", Elementwise(tree, used, shape.parameters, law), slope, per_sample=True)
            equation = Product(f"error{l}", f"slope{l}", law)
        head = self.network.head
        if l == self.network.depth and head.pair is not None:
            error = self.sites[f"error{l}"].value
            if not (np.isfinite(error).all() and np.all(delta != 0) | np.all(a == self.Y)):
                tree = head.pair.tree("delta")
                tree = tree / len(self.X) if self.is_batch else tree
                equation = Elementwise(tree, {"a": f"a{l}", "y": "y"}, {}, "BP1")
        self.keep(f"delta{l}", equation, delta, per_sample=True)

    def update(self) -> None:
        """New parameters and new memory, block by block, by the update rule's formula."""
        rule, blocks = self.rule, self.network.blocks
        self.give("rate", rule.learning_rate)
        if any("t" in _names(tree) for tree in rule.trees("update")):
            self.give("t", float(self.step))
        for block in blocks:
            span, rate, decay = slice(block.start, block.stop), rule.learning_rate * block.rate, block.decay
            if block.rate != 1:
                self.give(f"rate_{block.name}", rate)
            memory = [vector[span].reshape(block.shape) for vector in self.state.memory]
            for name, vector in zip(rule.memory, memory, strict=True):
                self.give(f"{name}_{block.name}", vector)
            theta, g = self.sites[block.name].value, self.sites[f"d{block.name}"].value
            moved = rule.apply(theta, g, tuple(memory), rate=rate, t=self.step, decay=decay)
            trees = steps_of(rule, decays=bool(rule.weight_decay and decay))
            sites = self._update_sites(block.name, block.rate)
            parameters = {**rule.parameters, "weight_decay": rule.weight_decay * decay}
            for name, value in [*zip(rule.memory, moved[1:], strict=True), ("theta", moved[0])]:
                tree = trees[name]
                used = {symbol: site for symbol, site in sites.items() if symbol in _names(tree)}
                place = f"{block.name}_new" if name == "theta" else f"{name}_{block.name}_new"
                self.keep(place, Elementwise(tree, used, parameters, "update"), value)

    def _update_sites(self, block: str, rate_factor: float) -> Mapping[str, str]:
        names = {"theta": block, "g": f"d{block}", "rate": "rate" if rate_factor == 1 else f"rate_{block}", "t": "t"}
        for name in self.rule.memory:
            names |= {name: f"{name}_{block}", f"{name}_new": f"{name}_{block}_new"}
        return names

    def afterwards(self) -> None:
        """The loss that the gradient predicts for the new parameters, and the loss that they have."""
        network, X, Y = self.network, self.X, self.Y
        names = tuple(block.name for block in network.blocks)
        prediction = FirstOrder("loss", names)
        arrays = {name: site.value for name, site in self.sites.items()}
        self.keep("prediction", prediction, prediction.compute(arrays))
        again = SecondPass(lambda theta: loss(network, network.views(theta), X, Y), names)
        self.keep("loss_new", again, again.compute(arrays))


def shape_tree(activation: Activation, z: Any) -> Expression:
    """The tree of the textbook form, or of the stable one where the textbook form overflows at these z."""
    with np.errstate(all="ignore"):
        finite = np.isfinite(activation.compute("value", z=z)).all()
    tree: Expression = activation.tree("value" if finite or not activation.has("stable") else "stable")
    return tree


def called(activation: Activation) -> str:
    """How the activation is called as a function: σ for the one that the letter was made for, its name for others."""
    return "σ" if activation.name == "logistic" else activation.name


def slope_tree(activation: Activation, z: Any, a: Any) -> Expression:
    """The tree of σ′ of the textbook, or the stable one where the textbook's overflows at these z."""
    tree = activation.slope_tree()
    assert tree is not None
    with np.errstate(all="ignore"):
        finite = np.isfinite(evaluate(tree, {**activation.parameters, "z": z, "a": a})).all()
    return tree if finite or not activation.has("stable_slope") else activation.tree("stable_slope")


def steps_of(rule: UpdateRule, *, decays: bool) -> Mapping[str, Expression]:
    """The trees of one update: of each memory, and of theta in terms of the new memory.

    Adam's θ is written with the new moments as symbols (``m_new``), because a person computes those first.
    """
    trees = rule.full_trees() if decays else rule.trees("update")
    remembered = dict(zip(rule.memory, trees[1:], strict=True))
    names = {id(tree): Symbol(f"{name}_new") for name, tree in remembered.items()}

    def node(function: str, item: Apply, arguments: list[Expression]) -> Expression:
        return names[id(item)] if id(item) in names else Apply(function, tuple(arguments))

    return {**remembered, "theta": fold(trees[0], lambda leaf: leaf, node)}


def _names(tree: Expression) -> set[str]:
    from clearprop.formulas.expressions import symbols

    return symbols(tree)
