"""A new activation is one class: it appears everywhere without another line."""

import json
import re

import numpy as np
import pytest

from clearprop import Activation, Network, check_gradient, load, save, sgd, train
from clearprop.explain import Explanation, check, exercise, explain
from clearprop.explain.derivations.lines import line_of
from clearprop.explain.words import LANGUAGES
from clearprop.explain.writing.notation import NOTATIONS
from clearprop.formulas import exp


class Bump(Activation):
    """a = height·e^(−z²)."""

    height: float = 1.5

    def value(z, height):
        return height * exp(-(z**2))


@pytest.fixture
def trace():
    network = Network.mlp([2, 2, 1], Bump(1.2), loss="squared_error")
    params = network.parameters([[[0.5, 0.3], [0.2, 0.4]], [0.6, 0.7]], [[0.1, 0.2], 0.3])
    return explain(network, params, [0.5, 0.3], 0.8, sgd(0.1))


def test_it_trains_and_its_gradient_is_right(trace):
    X, Y = np.array([[0.5, 0.3], [-1.0, 0.2]]), np.array([[0.8], [0.1]])
    assert check_gradient(trace.network, trace.params, X, Y).passed
    trained = train(trace.network, trace.params, X, Y, optimizer=sgd(0.1), epochs=50, patience=50)
    assert trained.history[-1].loss < trained.history[0].loss


def test_it_is_explained_in_both_languages_and_all_notations(trace):
    assert line_of(trace, "a1[0]").replay() == pytest.approx(1.2 * np.exp(-(0.41**2)))
    assert line_of(trace, "slope1[0]").replay() == pytest.approx(trace.value_of("slope1[0]"))
    for language in LANGUAGES:
        for notation in NOTATIONS:
            found = Explanation(trace, notation, language, sections=("step", "ideas"))
            text = found.text()
            assert "height·exp(−z²)" in text  # in the conventions, in symbols
            assert re.search(r"1\.2·exp\(−0\.41²\)", text)  # and with the numbers
            assert "bump(" in text  # in the matrix form
            assert r"\mathrm{height} \cdot e^{-{z}^{2}}" in found.latex()
            assert r"\operatorname{bump}" in found.latex()
            assert "<msup><mi>e</mi>" in found.html()


def test_it_is_in_the_json(trace):
    document = json.loads(Explanation(trace).json())
    layer = document["network"]["layers"][0]["activation"]
    assert layer["name"] == "bump"
    assert layer["parameters"] == {"height": 1.2}
    assert "trees" in layer


def test_it_is_checked(trace):
    found = check({"a1": "1.014, 0.962", "delta1": "0.5, 0.5"}, trace)
    assert [number.status for number in found.numbers][:2] == ["right", "right"]
    assert found.first_wrong is not None


def test_a_sheet_that_could_not_name_it_says_so(trace):
    from clearprop.errors import InputError

    with pytest.raises(InputError, match="a sheet cannot name Bump"):
        exercise(trace)


def test_it_is_explained_after_being_read_from_a_file(trace, tmp_path):
    save(tmp_path / "net.clearprop", trace.network, trace.params)
    model = load(tmp_path / "net.clearprop")
    again = explain(model.network, model.parameters, [0.5, 0.3], 0.8, sgd(0.1))
    assert "1.2·exp(−0.41²)" in Explanation(again).text()
    np.testing.assert_allclose(again["delta1"].value, trace["delta1"].value, rtol=1e-12)
