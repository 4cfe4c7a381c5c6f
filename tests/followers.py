"""Students who follow conventions that their sheets do not state: whole sheets as text, nothing in them wrong."""

from __future__ import annotations

import numpy as np

from clearprop import Network, sgd
from clearprop.explain import explain
from clearprop.explain.checking.convened import convened
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.worlds import Truth
from clearprop.network import Dense
from clearprop.trace.names import parse
from students import rounding, worked_out

MOST = 3  # conventions that differ from the usual at once
UNNAMED = ("losses", "prediction")  # lines that hardly anybody writes


def drawn(random):
    """A sheet under one to three conventions that it does not state: its text, and what they are."""
    widths = [int(n) for n in random.integers(1, 4, int(random.integers(2, 5)))]
    n = int(random.integers(2, 4)) if random.random() < 0.4 else 0
    loss = str(random.choice(["squared_error", "half_squared_error"]))
    hidden, output = str(random.choice(["sigmoid", "tanh", "relu"])), str(random.choice(["sigmoid", "identity"]))
    open_to = ["delta", "rows", "biases", "given", "count_from", "loss"]
    open_to += (["samples"] if n else []) + (["outputs"] if widths[-1] > 1 else [])
    others = {"delta": "minus", "samples": "sum", "outputs": "mean", "rows": "outputs", "biases": "fixed",
              "count_from": "1", "given": "rounded", "loss": loss}  # fmt: skip
    chosen = [str(name) for name in random.permutation(open_to)[: int(random.integers(1, MOST + 1))]]
    follows = {name: others[name] for name in chosen}
    network = Network.mlp(widths, hidden, output, loss)
    if "biases" in follows:
        network = Network(tuple(Dense(l.inputs, l.outputs, l.activation, bias_rate=0.0) for l in network.layers),
                          network.loss)  # fmt: skip
    numbers = Numbers(random, follows)
    shape = (n,) if n else ()
    theta = numbers.given(random.uniform(-1.5, 1.5, network.n_parameters))
    x, y = (numbers.given(random.uniform(-1, 1, (*shape, widths[0]))),
            numbers.given(random.uniform(0, 1, (*shape, widths[-1]))))  # fmt: skip
    rate = float(random.choice([0.1, 0.5, 1.0]))
    conventions = Conventions(**{key: value for key, value in follows.items() if key != "loss"})
    truth = Truth(convened(explain(network, network.views(theta), x, y, sgd(rate)), conventions))
    head = [f"network: {'-'.join(map(str, widths))}", f"output: {output}", f"learning rate: {rate}"]
    head += [f"hidden: {hidden}"] if len(widths) > 2 else []
    head += [] if "loss" in follows else [f"loss: {loss}"]
    lines = numbers.lines(truth, conventions)
    return "\n".join([*head, *lines]), follows


class Numbers:
    """How one student writes numbers down."""

    def __init__(self, random, follows):
        self.random, self.follows = random, follows
        self.text = rounding(random)
        self.decimals = int(random.integers(4, 9)) if follows.get("given") else 2
        self.each = "count_from" in follows or random.random() < 0.3
        self.keeps = float(random.choice([0.0, 1.0]))
        self.share = float(random.choice([1.0, 0.5]))

    def given(self, values):
        """What is given, with more digits than are printed where it is printed rounded."""
        return values if "given" in self.follows else values.round(2)

    def lines(self, truth, conventions):
        """What is given, and the results that the student writes down."""
        texts = worked_out(truth, self.text, lambda: self.random.random() < self.keeps)
        found = []
        for name, site in truth.trace.sites.items():
            if not site.inputs and (name[0] in "Wb" or name in ("a0", "y")):
                shown = [f"{value:.{self.decimals}f}" for value in truth.arrays[name].ravel().tolist()]
                found.append(self.whole("x" if name == "a0" else name, name, shown, truth, conventions))
            elif name in texts and name not in UNNAMED and self.random.random() < self.share:
                is_finite = not any("n" in text for text in texts[name])
                found += self.results(name, texts[name], truth, conventions) if is_finite else []
        return found

    def results(self, name, texts, truth, conventions):
        """The line of a result, or one for each of its numbers."""
        if not (self.each and truth.arrays[name].ndim):
            return [self.whole(name, name, texts, truth, conventions)]
        start = int(conventions.count_from)
        found = []
        for place, text in zip(np.ndindex(truth.arrays[name].shape), texts, strict=True):
            turned = place[::-1] if conventions.is_turned(name, truth.arrays[name].shape) else place
            found.append(f"{name}[{','.join(str(i + start) for i in turned)}] = {text}")
        return found

    def whole(self, said, name, texts, truth, conventions):
        """A whole array on one line, a matrix in brackets in brackets."""
        array = np.array(texts, dtype=object).reshape(truth.arrays[name].shape)
        assert parse(name) is not None
        if array.ndim < 2:
            return f"{said} = {', '.join(array.ravel().tolist())}"
        turned = array.T if conventions.is_turned(name, array.shape) else array
        return f"{said} = [{', '.join('[' + ', '.join(row) + ']' for row in turned.tolist())}]"
