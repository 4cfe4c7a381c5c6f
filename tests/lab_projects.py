"""Networks at work in a lab: softmax, several outputs, a table, two hidden layers, none; batches of every size."""

import numpy as np
import pyarrow as pa

from clearprop.formulas import SGD, Adam
from clearprop.job import Job
from clearprop.lab.making import made_data, of_classes, of_numbers
from clearprop.lab.opening import project_of_table
from clearprop.lab.project import Project
from clearprop.network import Network
from clearprop.tables import Reading

NETWORKS = ("softmax", "several_outputs", "table", "two_hidden_layers", "no_hidden_layer")


def table(n=24):
    random = np.random.default_rng(3)
    rooms, kind = random.integers(1, 6, n), random.choice(["flat", "house"], n)
    price = 100.0 * rooms + 50 * (kind == "house") + random.standard_normal(n)
    return Reading(pa.table({"rooms": rooms, "kind": kind, "price": price}))


def project(name, batch_size=2):
    """One of `NETWORKS`, its rows in batches of this size."""
    random = np.random.default_rng(5)
    X = np.round(random.standard_normal((7, 2)), 2)
    if name == "softmax":
        rows, shape = (
            of_classes("drawn", "d", X, np.arange(7) % 3, 0.0, {}),
            {"hidden": "tanh", "loss": "cross_entropy"},
        )
        widths, rule = [2, 4, 3], Adam(0.05)
    elif name == "several_outputs":
        rows, shape = (
            of_numbers("drawn", "d", X, random.random((7, 2)), 0.0, {}),
            {"hidden": "sigmoid", "output": "sigmoid"},
        )
        widths, rule = [2, 3, 2], SGD(0.5)
    elif name == "two_hidden_layers":
        rows, shape = of_numbers("drawn", "d", X, X[:, 0] ** 2, 0.0, {}), {"hidden": ["silu", "tanh"], "loss": "huber"}
        widths, rule = [2, 3, 3, 1], SGD(0.1)
    elif name == "no_hidden_layer":
        rows, shape = made_data("xor", {"n": 9, "validation": 0.0}), {"loss": "binary_cross_entropy"}
        widths, rule = [2, 1], SGD(0.1)
    else:
        made = project_of_table(table(), "houses.csv", "price")
        return made.with_job({"batch_size": batch_size})
    network = Network.mlp(widths, **shape)
    job = Job(network, rule, epochs=50, batch_size=batch_size, seed=1)
    return Project.of(rows, network, network.initial(2).theta, job)
