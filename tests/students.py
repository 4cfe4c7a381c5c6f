"""Students who make no mistake: each rounds in a way of his own, writes some lines down and leaves others out."""

from __future__ import annotations

import numpy as np

from clearprop import Network
from clearprop.explain import explain
from clearprop.explain.checking.convened import convened
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.velocities import velocities_of, with_velocity
from clearprop.explain.checking.worksheets import Entry, WrittenNumber
from clearprop.explain.checking.worlds import Truth
from clearprop.formulas import update_rule
from clearprop.job import Job
from clearprop.network import Dense
from clearprop.trace.names import Reference, parse

CONVENTIONS = [
    {}, {}, {}, {"delta": "minus"}, {"samples": "sum"}, {"outputs": "mean"}, {"biases": "shared"},
    {"biases": "none"}, {"delta": "minus", "samples": "sum"}, {"samples": "sum", "outputs": "mean"},
]  # fmt: skip
HEADS = [("sigmoid", "half_squared_error"), ("sigmoid", "squared_error"), ("identity", "half_squared_error"),
         ("tanh", "squared_error"), ("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")]  # fmt: skip
WIDE = 0.3  # share of networks with up to six neurons in a layer and up to six samples
PENALTIES = [{}, {}, {}, {"l2": 0.1}, {"l1": 0.05}, {"l1": 0.02, "l2": 0.01}]
NOT_WRITTEN = ("", "rate", "prediction", "weight")  # laws of sites that nobody is asked for


def random_truth(random):
    """A network with numbers of two decimals under some conventions; one sample or several."""
    depth, is_wide = int(random.integers(1, 4)), random.random() < WIDE
    output, loss = HEADS[int(random.integers(len(HEADS)))]
    widths = [int(n) for n in random.integers(1, 7 if is_wide else 4, depth + 1)]
    widths[-1] = max(widths[-1], 2) if output == "softmax" else widths[-1]
    hidden = str(random.choice(["sigmoid", "tanh", "relu"]))
    conventions = Conventions(**CONVENTIONS[int(random.integers(len(CONVENTIONS)))])
    network = Network.mlp(widths, hidden, output, loss)
    if conventions.biases == "none" or random.random() < 0.2:
        network = Network(
            tuple(Dense(l.inputs, l.outputs, l.activation, bias_rate=0.0) for l in network.layers), network.loss
        )
    theta = random.uniform(-1.5, 1.5, network.n_parameters).round(2)
    if conventions.biases == "none":
        for l in range(1, network.depth + 1):
            network.views(theta).b[l][:] = 0.0
    n = int(random.integers(2, 7 if is_wide else 4)) if random.random() < (0.7 if is_wide else 0.4) else 0
    shape = (n,) if n else ()
    x = random.uniform(-1, 1, (*shape, widths[0])).round(2)
    if output == "softmax":
        y = np.eye(widths[-1])[random.integers(widths[-1], size=shape or None)]
    elif loss == "binary_cross_entropy":
        y = random.integers(0, 2, (*shape, widths[-1])).astype(float)
    else:
        y = random.uniform(0, 1, (*shape, widths[-1])).round(2)
    rule = update_rule(str(random.choice(["sgd", "sgd", "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])))
    velocity = str(random.choice(["steps", *velocities_of(rule)]))
    conventions = conventions.under(velocity=velocity)
    job = Job(network, with_velocity(rule, velocity), **PENALTIES[int(random.integers(len(PENALTIES)))])
    return Truth(convened(explain(network, network.views(theta), x, y, job=job), conventions)), conventions


def rounding(random):
    """A way of rounding: to 2 to 6 decimals, or significant digits, with or without the zeros at the end."""
    digits, is_decimals = int(random.integers(2, 7)), random.random() < 0.5

    def text(value):
        if is_decimals or not np.isfinite(value):
            return f"{value:.{digits}f}"
        if value == 0:
            return "0." + "0" * digits
        shown = f"{value:.{digits - 1}e}"
        exponent = int(shown.split("e")[1])
        return f"{float(shown):.{max(0, digits - 1 - exponent)}f}" if exponent >= -5 else shown

    return text


def worked_out(truth, text, goes_on, plant=None):
    """The texts of a calculation in which every result is rounded; `goes_on()` says whether with all digits.

    `plant(name, value, written)` may put a mistake in: it gives what is written for a site, and what is gone on from.
    """
    kept = {name: array for name, array in truth.arrays.items() if not truth.trace.sites[name].inputs}
    written, texts = dict(kept), {}
    with np.errstate(all="ignore"):
        for name, site in truth.trace.sites.items():
            if not site.inputs:
                continue
            inputs = {key: (kept if goes_on() else written)[key] for key in site.inputs}
            value = np.array(site.equation.compute(inputs), dtype=float)
            shown, value = (value, value) if plant is None else plant(name, value, written)
            written[name] = kept[name] = value
            if site.equation.law not in NOT_WRITTEN:
                texts[name] = [text(item) for item in shown.ravel().tolist()]
                carried = texts[name] if shown is value else [text(item) for item in value.ravel().tolist()]
                written[name] = np.array(list(map(float, carried))).reshape(value.shape)
    return texts


def references_of(truth):
    """For each site the references of its numbers."""
    found = {}
    for name, array in truth.arrays.items():
        whole = parse(name)
        assert isinstance(whole, Reference)
        found[name] = [whole._replace(indices=tuple(map(str, place))) for place in np.ndindex(array.shape)]
    return found


def entries(references, texts, share, random):
    """The lines that are written down, each with the probability `share`."""
    found = []
    for name, numbers in texts.items():
        if random.random() > share or any("n" in text for text in numbers):  # inf, nan
            continue
        read = tuple(zip(references[name], map(WrittenNumber.read, numbers), strict=True))
        found.append(Entry(f"{name} = {', '.join(numbers)}", 0, read))
    return found
