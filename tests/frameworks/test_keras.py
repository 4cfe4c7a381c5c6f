"""Models of Keras brought in, as files and in memory; a file is read without Keras."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch", reason="torch, on which Keras runs here, is not installed (make test-frameworks)")
keras = pytest.importorskip("keras", reason="keras is not installed (make test-frameworks)")
pytest.importorskip("pyfive", reason="pyfive is not installed (make test-frameworks)")

from clearprop import from_keras  # noqa: E402
from clearprop.errors import FileError, InputError  # noqa: E402
from clearprop.files.importers.keras import read  # noqa: E402
from clearprop.files.importers.keras_layers import BY_NAME  # noqa: E402
from clearprop.formulas import KerasAdam, KerasRMSProp, Momentum, Nesterov  # noqa: E402

L = keras.layers
CASE = Path(__file__).parent.parent / "importer_files" / "keras-sequential-names-crossed"
X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
pytestmark = pytest.mark.filterwarnings(  # of Keras itself
    "ignore:You are saving your model as an HDF5 file", "ignore::DeprecationWarning"
)


def within(ours, theirs):
    theirs = np.asarray(theirs)
    return (np.abs(ours - theirs) <= 1e-6 * np.maximum(1, np.abs(theirs).max(axis=1, keepdims=True))).all()


def test_the_file_of_the_real_exporter_without_keras():
    case = json.loads(CASE.with_suffix(".json").read_text())
    ours = from_keras(CASE.with_suffix(".keras"), loss="cross_entropy")
    assert within(ours.outputs(case["input"]), case["output"])
    code = f"import sys; from clearprop import from_keras; from_keras({str(CASE) + '.keras'!r}, loss='cross_entropy')"
    code += "; assert not {'keras', 'torch', 'h5py'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def sequential():
    adapted = L.Normalization()
    adapted.adapt(np.random.default_rng(1).normal(2, 3, (50, 4)))
    return keras.Sequential([
        keras.Input((4,)), adapted, L.Dense(6, "silu"), L.BatchNormalization(), L.Dropout(0.2),
        L.Dense(5, use_bias=False), L.PReLU(alpha_initializer="uniform"), L.Dense(3, "softmax"),
    ])  # fmt: skip


def functional():
    start = keras.Input((4,))
    twice = L.Dense(6, "tanh")
    inner = keras.Sequential([L.Dense(6, "relu", name="zz"), L.Rescaling(0.5, 1.0), L.Dense(6)], name="inner")
    end = L.ReLU(max_value=6)(inner(twice(L.LeakyReLU()(twice(L.Dense(6)(start))))))
    return keras.Model(start, L.Activation("log_softmax")(L.Dense(3)(end)))


def regression():
    return keras.Sequential([keras.Input((4,)), L.Dense(5, "gelu"), L.Dense(2, "softplus")])


def binary():
    return keras.Sequential([
        keras.Input((4,)), L.Normalization(mean=[0.0, 1, 2, 3], variance=[1.0, 2, 3, 4], invert=True), L.Flatten(),
        L.Dense(5), L.ELU(0.5), L.BatchNormalization(scale=False), L.Dense(1, "sigmoid"),
    ])  # fmt: skip


def twice():
    found = keras.Sequential([keras.Input((4,)), L.Dense(4, "tanh")])
    found.add(found.layers[0])
    found.add(L.Dense(2))
    return found


def half():
    return keras.Sequential([keras.Input((4,), dtype="float32"), L.Dense(3, "relu", dtype="mixed_float16")])


NETWORKS = (sequential, functional, regression, binary)


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("kind", ["memory", "keras", "h5"])
def test_outputs_are_the_sources_own(make, kind, tmp_path):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile("sgd", "mse")
    for layer in model.layers:  # off their zeros and ones
        layer.set_weights([w + 0.1 * (1 + np.arange(w.size).reshape(w.shape) % 3) for w in layer.get_weights()])
    path = tmp_path / f"m.{kind}"
    if kind != "memory":
        model.save(path)
    ours = from_keras(model if kind == "memory" else path, loss="squared_error")
    assert within(ours.outputs(X), model.predict(X, verbose=0))
    Y = np.abs(X[:, : ours.network.widths[-1]]).squeeze()
    checked = ours.check_gradient(X[:10], Y[:10])
    assert checked.passed, checked
    if kind == "memory":
        assert ours.proof.passed, ours.report
        assert (checked.tensors[0].source_error is not None) == (make is regression)
    assert ours.explain(X[0], Y[0]).explained().text()


def test_what_scales_the_inputs_stays_a_step_before_the_network(tmp_path):
    rows, y = load_breast_cancer(return_X_y=True)
    keras.utils.set_random_seed(0)
    adapted = L.Normalization()
    adapted.adapt(rows)
    model = keras.Sequential([keras.Input((30,)), adapted, L.Dense(8, "relu"), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    model.fit(rows, y, epochs=6, verbose=0)
    ours = from_keras(model, rows=rows)
    assert ours.proof.passed, ours.proof
    checked = ours.check_gradient(rows[:50], y[:50])
    assert checked.passed, checked
    assert checked.tensors[0].source_error is not None
    assert ours.source.memory is not None  # nothing was folded
    assert np.abs(ours.inputs(rows).mean(axis=0)).max() < 1e-4
    wide = keras.ops.convert_to_numpy(ours.to_keras()(rows.astype(np.float32)))
    assert np.abs(wide - ours.outputs(rows)).max() < 1e-4
    shown = ours.explain(rows[0], y[0]).trained.inputs[0].value
    assert shown == pytest.approx((rows[0, 0] - rows[:, 0].mean()) / rows[:, 0].std(), rel=1e-5)
    before = (ours.estimator().predict(rows) == y).mean()
    going_on = ours.estimator()
    for _ in range(3):
        going_on.steps[1][1].partial_fit(going_on.steps[0][1].transform(rows), y)
    assert before > 0.95
    assert (going_on.predict(rows) == y).mean() > before - 0.02
    ours.export(tmp_path / "m.py")
    found = runpy.run_path(str(tmp_path / "m.py"))["predict"](rows)
    assert list(found) == ours.estimator().predict(rows).tolist()


@pytest.mark.parametrize("name", BY_NAME)
def test_every_activation(name):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), L.Dense(5, name, kernel_initializer="random_normal"), L.Dense(2)])
    model.layers[0].set_weights([20 * model.layers[0].get_weights()[0], np.linspace(-1, 1, 5)])
    if name in ("exponential", "squareplus"):  # √(z² + b) + z as Keras computes it loses digits far below 0
        model.layers[0].set_weights([w / 10 for w in model.layers[0].get_weights()])
    assert from_keras(model, loss="squared_error").proof.passed


def test_a_layer_that_a_sequential_has_twice(tmp_path):
    model = twice()
    ours = from_keras(model, loss="squared_error")
    assert ours.proof.passed
    assert ours.network.depth == 3
    assert any("'dense" in note and "used 2 times" in note for note in ours.notes)
    model.save(tmp_path / "m.keras")
    with pytest.raises(FileError, match="numbered up to 2: a Sequential with a layer that is used twice"):
        from_keras(tmp_path / "m.keras", loss="squared_error")


def test_half_precision_is_said():
    ours = from_keras(half(), loss="squared_error")
    assert ours.source.dtype == np.float32
    assert any("mixed_float16" in note for note in ours.notes)


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(2)

    def call(self, x):
        return self.dense(x)


def branched():
    start = keras.Input((4,))
    return keras.Model(start, L.Add()([L.Dense(3, name="a")(start), L.Dense(3, name="b")(start)]))


def own():
    model = Own()
    model(np.zeros((1, 3), dtype=np.float32))
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (branched, r"Add, is not a dense layer \('add.*'\): it gets 'b' and 'a'; the model is no chain"),
        (lambda: keras.Sequential([keras.Input((4,)), L.Dense(3), L.LayerNormalization(name="n")]),
         r"layer 2, LayerNormalization, is not a dense layer \('n'\)"),
        (lambda: keras.Sequential([keras.Input((8, 8, 1)), L.Conv2D(2, 3), L.Flatten(), L.Dense(3)]),
         "layer 1, Conv2D, is not a dense layer"),
        (own, "'Own' is a class of its maker's own"),
        (lambda: keras.Sequential([L.Dense(3)]), "not built yet"),
        (lambda: keras.Sequential([keras.Input((4,)), L.Dense(3, "glu")]), "Dense 'dense.*': its activation 'glu'"),
        (lambda: 3, "takes a keras.Model or the path of a .keras file, not 3"),
    ],
)  # fmt: skip
def test_what_is_no_chain_of_dense_layers_is_named(make, message):
    with pytest.raises(InputError, match=message):
        from_keras(make(), loss="squared_error")


OPTIMIZERS = {
    "adam": (lambda: keras.optimizers.Adam(0.01, epsilon=1e-3), KerasAdam),
    "rmsprop": (lambda: keras.optimizers.RMSprop(0.01, epsilon=1e-3), KerasRMSProp),
    "momentum": (lambda: keras.optimizers.SGD(0.1, momentum=0.9), Momentum),
    "nesterov": (lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), Nesterov),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_going_on_with_an_optimizer_is_going_on_there(name, tmp_path):
    keras.utils.set_random_seed(0)
    make, kind = OPTIMIZERS[name]
    model, Y = keras.Sequential([keras.Input((4,)), L.Dense(5, "tanh"), L.Dense(1)]), X[:, :1]
    model.compile(make(), "mse")
    model.fit(X, Y, batch_size=40, epochs=3, verbose=0)
    model.save(tmp_path / "m.keras")
    source, there = read(tmp_path / "m.keras"), read(model)
    rule = source.update_rule
    assert type(rule) is kind
    assert source.memory.step == there.memory.step == 3
    theta = np.concatenate([a.ravel() for layer in source.layers for a in (layer.weights, layer.biases)])
    memory = tuple(
        np.concatenate([a.ravel() for pair in source.memory.vectors[key] for a in pair]) for key in rule.memory
    )
    g = np.concatenate([a.ravel() for pair in there.gradient(X, Y) for a in pair])
    moved, *_ = rule.apply(theta, g, memory, rate=rule.learning_rate, t=4)
    ours = from_keras(tmp_path / "m.keras")
    estimator = ours.estimator().set_params(engine="reference", shuffle=False).partial_fit(X, Y[:, 0])
    assert estimator.solver == ("sgd" if kind in (Momentum, Nesterov) else rule)
    assert ours.explain(X[0], Y[0]).explained().text()
    model.fit(X, Y, batch_size=40, epochs=1, verbose=0)
    after = np.concatenate([w.ravel() for w in model.get_weights()])
    np.testing.assert_allclose(moved, after, rtol=2e-5, atol=1e-6)
    own = np.concatenate(
        [a.ravel() for W, b in zip(estimator.coefs_, estimator.intercepts_, strict=True) for a in (W, b)]
    )
    np.testing.assert_allclose(own, after, rtol=2e-5, atol=1e-6)


def test_how_it_was_compiled():
    model = regression()
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.02, 10, 0.9), weight_decay=0.004),
                  keras.losses.Huber(delta=0.5))  # fmt: skip
    ours = from_keras(model)
    assert (ours.loss.name, ours.loss.delta) == ("huber", 1.0)  # its config has no delta
    assert any("does not write the delta" in note for note in ours.notes)
    assert ours.source.update_rule == KerasAdam(0.02, 0.004)
    assert any("schedule of the learning rate was not taken along" in note for note in ours.notes)
    model.compile(keras.optimizers.Lion(), "kl_divergence")
    with pytest.raises(InputError, match="does not say what it was trained with"):
        from_keras(model)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, kernel_regularizer="l2", name="held")])
    assert "kernel_regularizer of Dense 'held' was not taken along" in from_keras(model, loss="squared_error").notes
