"""A kind of layer of one's own, in the places that a kind has: its class, its equations, its name in files.

It is the periodic embedding of numbers: a_ik = cos(f_ik x_i), K frequencies for each input, and they are learned.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
import pytest

from clearprop import Network, adam, backward, check_gradient, forward, load, save, sgd, train
from clearprop.engines import ReferenceEngine, choose
from clearprop.errors import EngineRefusal, InputError, ModelFileError
from clearprop.explain import check, exercise, explain, multiplications, share
from clearprop.explain.sections import SECTIONS
from clearprop.files import network_json
from clearprop.formulas import cos, sin
from clearprop.job import Data, Job
from clearprop.network import Dense
from clearprop.network.layers import BlockSpec, Layer
from clearprop.trace import kinds, layers, names
from clearprop.trace.arithmetic import add_up
from clearprop.trace.equations import Equation
from clearprop.trace.graph import Step
from clearprop.trace.step import graph_of


@dataclass(frozen=True)
class Periodic(Layer):
    @property
    def blocks(self):
        return (BlockSpec("f", (self.inputs, self.outputs // self.inputs)),)

    def draw(self, rule, random):
        return {"f": random.normal(size=self.blocks[0].shape)}

    def forward(self, x, blocks):
        return np.cos(x[:, :, None] * blocks["f"]).reshape(len(x), -1)

    def back(self, delta, x, blocks):
        f = blocks["f"]
        return np.sum(delta.reshape(len(x), *f.shape) * -np.sin(x[:, :, None] * f) * f, axis=2)

    def gradients(self, delta, x, blocks):
        f = blocks["f"]
        slopes = -np.sin(x[:, :, None] * f) * x[:, :, None]
        return {"f": np.sum(delta.reshape(len(x), *f.shape) * slopes, axis=0)}


@dataclass(frozen=True)
class Waves(Equation):
    """zˡ of the embedding."""

    a: str
    f: str
    law = kinds.Law.FORWARD

    def compute(self, arrays):
        a, f = arrays[self.a], arrays[self.f]
        return np.cos(f * a[..., None]).reshape(*a.shape[:-1], -1)

    def tree(self, scope, index):
        *sample, j = index
        i, k = divmod(j, scope.arrays[self.f].shape[1])
        return cos(scope.symbol(self.f, i, k) * scope.symbol(self.a, *sample, i))


@dataclass(frozen=True)
class WavesBack(Equation):
    """∂C/∂a of what came into the embedding."""

    delta: str
    a: str
    f: str
    law = kinds.Law.BP2

    def compute(self, arrays):
        delta, a, f = (arrays[name] for name in self.inputs)
        each = delta.reshape(*a.shape, -1) * -np.sin(f * a[..., None]) * f
        return add_up(each.shape[-1], lambda k: each[..., k])

    def tree(self, scope, index):
        *sample, i = index
        n = scope.arrays[self.f].shape[1]
        x = scope.symbol(self.a, *sample, i)

        def term(k):
            f = scope.symbol(self.f, i, k)
            return scope.symbol(self.delta, *sample, i * n + k) * -sin(f * x) * f

        return scope.sum_of(np.zeros(n), term)


@dataclass(frozen=True)
class WavesGradient(Equation):
    """∂C/∂f of one sample or of a batch."""

    delta: str
    a: str
    f: str
    law = kinds.Law.BP4

    def compute(self, arrays):
        delta, a, f = (arrays[name] for name in self.inputs)
        each = delta.reshape(*a.shape, -1) * (-sin(f * a[..., None]) * a[..., None])
        return add_up(len(each), lambda n: each[n]) if a.ndim == 2 else each

    def tree(self, scope, index):
        i, k = index
        a, f = scope.arrays[self.a], scope.arrays[self.f]
        j = i * f.shape[1] + k

        def term(*sample):
            x = scope.symbol(self.a, *sample, i)
            return scope.symbol(self.delta, *sample, j) * (-sin(scope.symbol(self.f, i, k) * x) * x)

        return term() if a.ndim == 1 else scope.sum_of(np.zeros(len(a)), term)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The rows of the tables; a kind that ships writes them in their files."""
    names.parse.cache_clear()
    of_weights = {"has_layer": True}
    monkeypatch.setitem(kinds.KINDS, "f", kinds.Kind("f", ("from", "to"), is_parameter=True, **of_weights))
    monkeypatch.setitem(kinds.KINDS, "df", kinds.Kind("df", ("from", "to"), by="f", **of_weights))
    rows = layers.LayerEquations(
        forward=lambda signal, l: Waves(signal, f"f{l}"),
        back=lambda l: WavesBack(f"delta{l}", f"a{l - 1}", f"f{l}"),
        gradients={"f": lambda signal, l: WavesGradient(f"delta{l}", signal, f"f{l}")},
    )
    monkeypatch.setitem(layers.LAYERS, Periodic, rows)
    monkeypatch.setitem(network_json.LAYERS, "periodic", Periodic)
    yield
    names.parse.cache_clear()


def network():
    """Two inputs, four waves each, a hidden layer; and an embedding between two layers as well."""
    return Network(
        (Periodic(2, 8, "identity"), Dense(8, 3, "tanh"), Periodic(3, 6, "identity"), Dense(6, 1, "identity")),
        "half_squared_error",
    )


def rows(n=40, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 2))
    return X, np.sin(3 * X[:, :1]) * X[:, 1:]


def test_its_parameters_are_named_blocks():
    net = network()
    params = net.initial(3)
    assert [block.name for block in net.blocks] == ["f1", "W2", "b2", "f3", "W4", "b4"]
    assert net.n_parameters == sum(prod(block.shape) for block in net.blocks) == len(params.theta)
    assert params.named["f1"].shape == (2, 4)
    assert params.W[1] is None
    assert params.W[2] is params.named["W2"]
    assert list(params.of(2)) == ["W", "b"]
    with pytest.raises(InputError, match=r"the network has f1 beside weights and biases; fill .network.views"):
        net.parameters([None] * 4, [None] * 4)


def test_its_gradient_is_right_and_it_learns():
    net = network()
    X, Y = rows()
    params = net.initial(3)
    assert check_gradient(net, params, X, Y).passed
    trained = train(net, params, X, Y, optimizer=adam(0.02), epochs=60, batch_size=8)
    before, after = (np.mean((forward(net, p, X).a[-1] - Y) ** 2) for p in (params, trained.parameters))
    assert after < before / 2
    assert np.all(trained.parameters.named["f1"] != params.named["f1"])


def test_the_compiled_engine_refuses_it_in_a_sentence_and_the_reference_engine_serves():
    net, (X, Y) = network(), rows()
    choice = choose("auto", Job(net), Data(X, Y).layout)
    assert isinstance(choice.engine, ReferenceEngine)
    assert choice.reason == (
        "the compiled engine cannot do this job: it has kernels for dense layers only, and layer 1 is a Periodic"
    )
    with pytest.raises(EngineRefusal, match="it has kernels for dense layers only"):
        choose("compiled", Job(net), Data(X, Y).layout)


@pytest.mark.parametrize("batch", [False, True])
def test_it_is_traced_and_every_number_is_the_engines(batch):
    net, (X, Y) = network(), rows(3)
    params = net.initial(3)
    trace = explain(net, params, X if batch else X[0], Y if batch else Y[0], adam(0.1))
    tape = forward(net, params, X if batch else X[:1])
    gradient = backward(net, params, tape, Y if batch else Y[:1])
    for block in net.blocks:
        np.testing.assert_allclose(trace[f"d{block.name}"].value, gradient.named[block.name], rtol=1e-10, atol=1e-14)
    for name, value in trace.replay().items():
        assert np.array_equal(value, trace[name].value), name
    assert trace["m_f1_new"].inputs == ("df1", "m_f1")
    graph = graph_of(Step(trace.job, "n"))
    assert (graph["z1"].shape, graph["f1"].shape, graph["df3"].shape) == (("n", 8), (2, 4), (3, 2))
    assert trace.following()["f1"].value.tolist() == trace["f1_new"].value.tolist()


def test_it_is_explained_line_by_line():
    net, (X, Y) = network(), rows(1)
    trace = explain(net, net.initial(3), X[0], Y[0], sgd(0.1))
    text = trace.explained(sections=("given", "forward", "backward", "gradients", "update", "afterwards")).text()
    assert "z¹₁ = cos(f¹₁₁·x₁) ≈ cos(" in text
    assert "∂C/∂f¹₁₁ = δ¹₁·(−sin(f¹₁₁·x₁)·x₁)" in text
    assert "f¹₁₁⁺ = f¹₁₁ − η·∂C/∂f¹₁₁ ≈ " in text


def traced(batch=False):
    net, (X, Y) = network(), rows(3)
    return explain(net, net.initial(3), X if batch else X[0], Y if batch else Y[0], sgd(0.1))


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("the chain rule written out", lambda trace: trace.path("W2[0,0]")),
        ("the count of multiplications", multiplications),
        ("a check", lambda trace: check({"z1": "0.31"}, trace)),
        ("an exercise", exercise),
        (r"what needs W3 \(sharing, .*\)", lambda trace: share(trace, 2)),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_what_is_written_for_dense_layers_is_refused_in_a_sentence(what, asked, batch):
    with pytest.raises(InputError, match=f"{what} can be had for dense layers only, and layer 1 is a Periodic"):
        asked(traced(batch))


@pytest.mark.parametrize("batch", [False, True])
def test_a_section_of_the_explanation_is_right_or_refused(batch):
    refused = {}
    for section in SECTIONS:
        try:
            assert traced(batch).explained(sections=(section,)).text()
        except InputError as error:
            refused[section] = str(error)
    assert "the game is played by one neuron a layer" in refused.pop("game")
    assert set(refused) == {"symbols", "path", "boxes", "count", "proofs"}
    said = "can be had for dense layers only, and layer 1 is a Periodic"
    assert all(sentence.endswith(said) for sentence in refused.values()), refused


def test_it_is_saved_and_loaded(tmp_path):
    net = network()
    params = net.initial(3)
    save(tmp_path / "waves.clearprop", net, params)
    model = load(tmp_path / "waves.clearprop")
    assert model.network == net
    assert model.parameters.theta.tolist() == params.theta.tolist()


def test_a_kind_that_files_do_not_know_is_refused_both_ways(tmp_path, monkeypatch):
    net = network()
    save(tmp_path / "waves.clearprop", net, net.initial(3))
    monkeypatch.delitem(network_json.LAYERS, "periodic")
    with pytest.raises(ModelFileError, match="knows no layer of the kind 'periodic'; it knows dense"):
        load(tmp_path / "waves.clearprop")
    with pytest.raises(ModelFileError, match="a layer of the kind Periodic cannot be saved"):
        save(tmp_path / "again.clearprop", net, net.initial(3))


@pytest.mark.parametrize("kind", [[], {}, 5, None, "x" * 10_000])
def test_what_is_no_kind_of_layer_is_refused_in_a_short_sentence(kind):
    net = Network.mlp([2, 1])
    spec = network_json.network_to_json(net)
    spec["layers"][0]["kind"] = kind
    known = "dense, number_embedding, periodic"
    with pytest.raises(ModelFileError, match=f"knows no layer of the kind .*; it knows {known}") as caught:
        network_json.network_from_json(spec, net.n_parameters)
    assert len(str(caught.value)) < 200
