# ruff: noqa: E501 (a line of a calculation is one line)
"""Hand calculations with and without a mistake, worked out in NumPy alone: what `check` is measured with.

A calculation is a table of lines, each a function of those before; a mistake is another function for one of them. What
follows is worked out from what was made of it, as a person does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from clearprop.explain.checking.worksheets import Entry, WrittenNumber
from clearprop.trace.names import parse

OPTIMIZERS = {"sgd": {}, "momentum": {"mu": 0.9}, "nesterov": {"mu": 0.9}, "rmsprop": {"rho": 0.9, "eps": 1e-8},
              "adam": {"b1": 0.9, "b2": 0.999, "eps": 1e-8},
              "adamw": {"b1": 0.9, "b2": 0.999, "eps": 1e-8, "decay": 0.01}}  # fmt: skip
SPELLED = {"mu": "momentum", "b1": "beta1", "b2": "beta2", "eps": "epsilon", "rho": "rho", "decay": "weight_decay"}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a**2),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: (z > 0) * 1.0),
    "identity": (lambda z: z, lambda z, a: 1 + 0 * z),
    "softmax": (softmax, None),
}


@dataclass(frozen=True)
class Net:
    """A network, its numbers and its samples; all arrays of samples are matrices."""

    widths: tuple
    hidden: str
    output: str
    loss: str
    rate: float
    seed: int
    n: int = 1
    optimizer: str = "sgd"
    numbers: dict = field(default_factory=dict)
    constants: dict = field(default_factory=dict)

    @property
    def L(self):
        return len(self.widths) - 1

    def given(self):
        """Weights, biases and samples of two decimals."""
        if self.numbers:
            return dict(self.numbers)
        random = np.random.default_rng(self.seed)
        found = {}
        for l, (i, o) in enumerate(zip(self.widths, self.widths[1:], strict=False), start=1):
            found[f"W{l}"] = random.uniform(0.15, 0.95, (i, o)).round(2) * random.choice([-1, 1], (i, o), p=[0.3, 0.7])
            found[f"b{l}"] = random.uniform(0.05, 0.4, o).round(2) * random.choice([-1, 1], o, p=[0.3, 0.7])
        found["a0"] = random.uniform(0.2, 1.0, (self.n, self.widths[0])).round(2)
        if self.loss == "cross_entropy":
            found["y"] = np.eye(self.widths[-1])[
                random.permutation(max(self.n, self.widths[-1]))[: self.n] % self.widths[-1]
            ]
        elif self.loss == "binary_cross_entropy":
            found["y"] = (np.arange(self.n)[:, None] % 2 == 0) * np.ones((1, self.widths[-1]))
        else:
            found["y"] = random.uniform(0.05, 0.95, (self.n, self.widths[-1])).round(2)
        return found

    def settings(self):
        """The lines that describe it, every convention stated."""
        lines = [f"network: {'-'.join(map(str, self.widths))}", f"output: {self.output}", f"loss: {self.loss}",
                 f"optimizer: {self.optimizer}({', '.join(f'{SPELLED[key]}={value}' for key, value in self.constants.items())})", f"learning rate: {self.rate}", "delta: plus", "samples: mean",
                 "outputs: sum", "rows: inputs", "biases: updated", "given: exact"]  # fmt: skip
        if self.L > 1:
            lines.append(f"hidden: {self.hidden}")
        for name, values in self.given().items():
            rows = values if self.n > 1 or name[0] == "W" else values.reshape(-1)
            lines.append(f"{'x' if name == 'a0' else name} = {np.asarray(rows).tolist()}")
        return lines


def slope(net, l, z, a):
    """σ′ of layer l."""
    return ACTIVATIONS[net.output if l == net.L else net.hidden][1](z, a)


def losses(net, a, y):
    if net.loss == "squared_error":
        return (y - a) ** 2
    if net.loss == "half_squared_error":
        return (y - a) ** 2 / 2
    if net.loss == "cross_entropy":
        return -y * np.log(a)
    return -y * np.log(a) - (1 - y) * np.log(1 - a)


def right_lines(net):
    """Every line of a right calculation, a function of the dictionary of those before."""
    L, lines = net.L, {}
    for l in range(1, L + 1):
        lines[f"z{l}"] = lambda v, l=l: v[f"a{l - 1}"] @ v[f"W{l}"] + v[f"b{l}"]
        shape = ACTIVATIONS[net.output if l == L else net.hidden][0]
        lines[f"a{l}"] = lambda v, l=l, shape=shape: shape(v[f"z{l}"])
    lines["loss"] = lambda v: losses(net, v[f"a{L}"], v["y"]).sum() / net.n
    lines[f"delta{L}"] = lambda v: delta_out(net, v)
    for l in range(L - 1, 0, -1):
        lines[f"delta{l}"] = lambda v, l=l: (
            v[f"delta{l + 1}"] @ v[f"W{l + 1}"].T * slope(net, l, v[f"z{l}"], v[f"a{l}"])
        )
    for l in range(L, 0, -1):
        lines[f"dW{l}"] = lambda v, l=l: v[f"a{l - 1}"].T @ v[f"delta{l}"]
        lines[f"db{l}"] = lambda v, l=l: v[f"delta{l}"].sum(axis=0)
    for l in range(1, L + 1):
        for p in (f"W{l}", f"b{l}"):
            lines |= optimizer_lines(net, p)
    lines["loss_new"] = lambda v: afterwards(net, v)
    return lines


def delta_out(net, v):
    """δ of the output, the mean over samples in it."""
    a, y = v[f"a{net.L}"], v["y"]
    if net.loss.endswith("cross_entropy"):
        return (a - y) / net.n
    factor = 2 if net.loss == "squared_error" else 1
    return factor * (a - y) * slope(net, net.L, v[f"z{net.L}"], a) / net.n


def optimizer_lines(net, p):
    """New memory and new parameters, from a memory of zeros."""
    k, rate, name = {**OPTIMIZERS[net.optimizer], **net.constants}, net.rate, net.optimizer
    g = f"d{p}"
    if name == "sgd":
        return {f"{p}_new": lambda v: v[p] - rate * v[g]}
    if name in ("momentum", "nesterov"):
        memory = {f"v_{p}_new": lambda v: k["mu"] * v.get(f"v_{p}", 0) - rate * v[g]}
        if name == "momentum":
            return memory | {f"{p}_new": lambda v: v[p] + v[f"v_{p}_new"]}
        return memory | {f"{p}_new": lambda v: v[p] + k["mu"] * v[f"v_{p}_new"] - rate * v[g]}
    if name == "rmsprop":
        return {f"v_{p}_new": lambda v: k["rho"] * v.get(f"v_{p}", 0) + (1 - k["rho"]) * v[g] ** 2,
                f"{p}_new": lambda v: v[p] - rate * v[g] / (np.sqrt(v[f"v_{p}_new"]) + k["eps"])}  # fmt: skip
    decay = k.get("decay", 0) if p[0] == "W" else 0
    return {
        f"m_{p}_new": lambda v: k["b1"] * v.get(f"m_{p}", 0) + (1 - k["b1"]) * v[g],
        f"v_{p}_new": lambda v: k["b2"] * v.get(f"v_{p}", 0) + (1 - k["b2"]) * v[g] ** 2,
        f"{p}_new": lambda v: v[p] * (1 - rate * decay) - rate * (v[f"m_{p}_new"] / (1 - k["b1"])) / (
            np.sqrt(v[f"v_{p}_new"] / (1 - k["b2"])) + k["eps"]),
    }  # fmt: skip


def afterwards(net, v, updated=None):
    """The loss with the new parameters."""
    a = v["a0"]
    for l in range(1, net.L + 1):
        W, b = (v[f"{p}{l}_new"] if updated is None or f"{p}{l}" in updated else v[f"{p}{l}"] for p in "Wb")
        a = ACTIVATIONS[net.output if l == net.L else net.hidden][0](a @ W + b)
    return losses(net, a, v["y"]).sum() / net.n


def worked_out(net, changed=None, rounding=None):
    """All lines of a calculation; `changed` are the lines done wrongly, `rounding` what a person does to every result."""
    values = net.given()
    for name, line in {**right_lines(net), **(changed or {})}.items():
        if name in right_lines(net):
            with np.errstate(all="ignore"):
                values[name] = np.asarray(line(values), dtype=float)
            if rounding is not None:
                values[name] = rounding(values[name])
    return values


def significant(value, digits):
    """The text of a number rounded to so many significant digits."""
    if value == 0 or not np.isfinite(value):
        return f"{0:.{digits - 1}f}"
    exponent = int(np.floor(np.log10(abs(value))))
    if abs(round(value, digits - 1 - exponent)) >= 10.0 ** (exponent + 1):
        exponent += 1
    return f"{value:.{max(0, digits - 1 - exponent)}f}" if exponent > -6 else f"{value:.{digits - 1}e}"


def rounded_to(digits):
    """Rounding of arrays to significant digits."""

    def rounded(value):
        return float(significant(value, digits)) if np.isfinite(value) else value

    return lambda x: np.vectorize(rounded, otypes=[float])(x)


def sheet(net, values, digits, names=None):
    """The sheet of a calculation: the network, and the lines with these names."""
    lines = net.settings()
    for name in names or [name for name in right_lines(net)]:
        texts = ", ".join(significant(float(value), digits) for value in np.ravel(values[name]))
        lines.append(f"{name} = {texts}")
    return "\n".join(lines)


def entries(trace, values, digits, names):
    """The lines with these names as `check` has them once they are read, for many sheets of one network."""
    found = []
    for name in names:
        whole = parse(name)
        places = np.ndindex(np.shape(trace[name].value))
        texts = [significant(value, digits) for value in np.ravel(values[name]).tolist()]
        numbers = [(whole._replace(indices=tuple(map(str, place))), WrittenNumber.read(text))
                   for place, text in zip(places, texts, strict=True)]  # fmt: skip
        found.append(Entry(f"{name} = {', '.join(texts)}", 0, tuple(numbers)))
    return found
