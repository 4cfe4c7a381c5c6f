"""Explanations as JSON: the whole trace, and formulas that another program can evaluate."""

import base64
import json

import numpy as np
import pytest

from clearprop import Network
from clearprop.explain import Explanation, case, explain

EVERYTHING = ("step", "ideas")


def test_json_holds_the_whole_trace():
    trace = case("digits").trace()
    document = json.loads(Explanation(trace).json())
    assert (document["format"], document["version"]) == ("clearprop-trace", 1)
    assert [site["name"] for site in document["sites"]] == list(trace)
    for site in document["sites"]:
        value = site["value"]
        if isinstance(value, dict):
            value = np.frombuffer(base64.b64decode(value["float64"]), "<f8").reshape(value["shape"])
        assert np.array_equal(np.asarray(value, dtype=float), trace[site["name"]].value)
        if site["inputs"]:
            assert set(site["inputs"]) <= set(trace)
    network = Network.mlp([100, 50, 1], "tanh")
    large = json.loads(Explanation(explain(network, network.initial(0), np.ones(100), 1.0)).json())
    packed = next(site["value"] for site in large["sites"] if site["name"] == "W1")
    assert packed["shape"] == [100, 50]
    restored = np.frombuffer(base64.b64decode(packed["float64"]), "<f8").reshape(packed["shape"])
    assert np.array_equal(restored, network.initial(0).W[1])


def test_a_json_formula_can_be_evaluated_again():
    from clearprop.formulas import evaluate
    from clearprop.formulas.expressions import Apply, Constant, Symbol

    trace = case("mazur").trace()
    for site in json.loads(Explanation(trace).json())["sites"]:
        if "equation" not in site:
            continue
        built = []
        for entry in site["equation"]["tree"]:
            if isinstance(entry, list):
                built.append(Apply(entry[0], tuple(built[i] for i in entry[1:])))
            else:
                built.append(Symbol(entry) if isinstance(entry, str) else Constant(entry))
        value = evaluate(built[-1], site["equation"]["values"])
        assert value == pytest.approx(trace.value_of(site["equation"]["of"]), rel=1e-12)
