"""Students who make no mistake: each rounds in a way of his own, writes some lines down and leaves others out."""

from __future__ import annotations

import numpy as np

from clearprop import Network
from clearprop.explain import explain
from clearprop.explain.convened import convened
from clearprop.explain.conventions import Conventions
from clearprop.explain.references import Reference, parse
from clearprop.explain.sheets import Entry, WrittenNumber
from clearprop.explain.worlds import Truth
from clearprop.formulas import update_rule
from clearprop.network import Dense

CONVENTIONS = [
    {}, {}, {}, {"delta": "minus"}, {"samples": "sum"}, {"outputs": "mean"}, {"biases": "shared"},
    {"delta": "minus", "samples": "sum"}, {"samples": "sum", "outputs": "mean"},
]  # fmt: skip
HEADS = [("sigmoid", "half_squared_error"), ("sigmoid", "squared_error"), ("identity", "half_squared_error"),
         ("tanh", "squared_error"), ("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")]  # fmt: skip
NOT_WRITTEN = ("", "rate", "prediction", "weight", "penalty")  # laws of sites that nobody is asked for


def random_truth(random):
    """A network with numbers of two decimals under some conventions; one to three samples."""
    depth = int(random.integers(1, 4))
    output, loss = HEADS[int(random.integers(len(HEADS)))]
    widths = [int(n) for n in random.integers(1, 4, depth + 1)]
    widths[-1] = max(widths[-1], 2) if output == "softmax" else widths[-1]
    hidden = str(random.choice(["sigmoid", "tanh", "relu"]))
    conventions = Conventions(**CONVENTIONS[int(random.integers(len(CONVENTIONS)))])
    network = Network.mlp(widths, hidden, output, loss)
    if random.random() < 0.2:
        network = Network(
            tuple(Dense(l.inputs, l.outputs, l.activation, bias_rate=0.0) for l in network.layers), network.loss
        )
    theta = random.uniform(-1.5, 1.5, network.n_parameters).round(2)
    n = int(random.integers(2, 4)) if random.random() < 0.4 else 0
    shape = (n,) if n else ()
    x = random.uniform(-1, 1, (*shape, widths[0])).round(2)
    if output == "softmax":
        y = np.eye(widths[-1])[random.integers(widths[-1], size=shape or None)]
    elif loss == "binary_cross_entropy":
        y = random.integers(0, 2, (*shape, widths[-1])).astype(float)
    else:
        y = random.uniform(0, 1, (*shape, widths[-1])).round(2)
    rule = update_rule(str(random.choice(["sgd", "sgd", "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])))
    return Truth(convened(explain(network, network.views(theta), x, y, rule), conventions)), conventions


def rounding(random):
    """A way of rounding: to 2 to 6 decimals, or significant digits, with or without the zeros at the end."""
    digits, is_decimals = int(random.integers(2, 7)), random.random() < 0.5

    def text(value):
        if is_decimals:
            return f"{value:.{digits}f}"
        if value == 0 or not np.isfinite(value):
            return "0." + "0" * digits
        shown = f"{value:.{digits - 1}e}"
        exponent = int(shown.split("e")[1])
        return f"{float(shown):.{max(0, digits - 1 - exponent)}f}" if exponent >= -5 else shown

    return text


def worked_out(truth, text, goes_on):
    """The texts of a right calculation in which every result is rounded; `goes_on()` says whether with all digits."""
    kept = {name: array for name, array in truth.arrays.items() if not truth.trace.sites[name].inputs}
    written, texts = dict(kept), {}
    for name, site in truth.trace.sites.items():
        if not site.inputs:
            continue
        inputs = {key: (kept if goes_on() else written)[key] for key in site.inputs}
        with np.errstate(all="ignore"):
            value = np.array(site.equation.compute({**written, **inputs}), dtype=float)
        texts[name] = [text(float(item)) for item in value.ravel()]
        if site.equation.law in NOT_WRITTEN:
            written[name] = kept[name] = value
            del texts[name]
            continue
        kept[name] = value
        written[name] = np.array([float(item) for item in texts[name]]).reshape(value.shape)
    return texts


def entries(truth, texts, share, random):
    """The lines that are written down, each with the probability `share`."""
    found = []
    for name, numbers in texts.items():
        if random.random() > share or any("inf" in text or "nan" in text for text in numbers):
            continue
        reference = parse(name)
        assert isinstance(reference, Reference)
        places = np.ndindex(np.shape(truth.arrays[name]))
        read = [(reference._replace(indices=tuple(map(str, place))), WrittenNumber.read(text))
                for place, text in zip(places, numbers, strict=True)]  # fmt: skip
        found.append(Entry(f"{name} = {', '.join(numbers)}", 0, tuple(read)))
    return found
