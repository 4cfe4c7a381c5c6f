"""ONNX files made now by PyTorch, Keras and skl2onnx give the outputs of the networks that they were made of."""

import contextlib
import io
import logging
import warnings
from copy import deepcopy

import numpy as np
import pytest

from clearprop import from_onnx
from clearprop.errors import InputError
from near_exact import assert_near

RANDOM = np.random.default_rng(18)


@contextlib.contextmanager
def quietly():
    """Without the warnings of exporters, and without their words on the screen."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(io.StringIO()):
            yield


def torch_file(tmp_path, module, x, dynamo, **options):
    """The file that torch writes of a module, without its words on the screen."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if dynamo:
        pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    path = tmp_path / "net.onnx"
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with quietly():
        torch.onnx.export(module.eval(), (x,), str(path), dynamo=dynamo, **options)
    return path


def modules():
    """Networks of PyTorch with rows for each, by name."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    nn = torch.nn
    torch.manual_seed(0)
    norm = nn.BatchNorm1d(6)
    norm.running_mean, norm.running_var = torch.randn(6), torch.rand(6) + 0.3
    slopes = nn.PReLU(6)
    slopes.weight.data = torch.linspace(-0.3, 0.6, 6)
    return {
        "pieces": (
            nn.Sequential(
                nn.Linear(4, 6), nn.GELU("tanh"), norm, nn.Linear(6, 6), slopes, nn.Linear(6, 6), nn.Softplus(2, 5),
                nn.Linear(6, 6, bias=False), nn.Hardswish(), nn.Linear(6, 5), nn.LogSigmoid(), nn.Linear(5, 3),
                nn.Softmax(dim=-1),
            ),
            torch.randn(5, 4),
            "gelu_tanh relu softplus_threshold hard_swish log_sigmoid softmax",
        ),
        "double": (
            nn.Sequential(nn.Flatten(), nn.Linear(12, 6), nn.ELU(0.7), nn.Linear(6, 3), nn.Mish()).double(),
            torch.randn(5, 3, 4, dtype=torch.float64),
            "elu mish",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("dynamo", [True, False])
@pytest.mark.parametrize("name", ["pieces", "double"])
def test_networks_of_pytorch(name, dynamo, tmp_path):
    module, x, activations = modules()[name]
    ours = from_onnx(torch_file(tmp_path, module, x, dynamo), loss="half_squared_error")
    wanted = module(x).detach().numpy()
    bound = 1e-12 if name == "double" else 1e-6
    assert np.abs(ours.outputs(x.numpy().reshape(5, -1)) - wanted).max() <= bound
    found = [layer.activation.name for layer in ours.network.layers]
    if not dynamo:  # the older exporter drops what softplus does beyond its threshold
        found = ["softplus_threshold" if name == "softplus" else name for name in found]
    if found[2:3] == ["from_onnx"]:
        found[2] = "softplus_threshold"
    assert found == activations.split()
    assert ours.proof is None or ours.proof.greatest <= 1e-6
    assert ours.check_gradient(x.numpy().reshape(5, -1), wanted).passed
    if name != "double":
        many = x.new_tensor(RANDOM.standard_normal((500, 4)))
        assert_near(ours, many.numpy(), deepcopy(module).double()(many.double()).detach().numpy())


def test_what_torch_writes_of_other_networks_is_refused(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    nn = torch.nn
    x = torch.randn(5, 3, 4)
    module = nn.Sequential(nn.Conv1d(3, 2, 2), nn.Flatten(), nn.Linear(6, 3))
    with pytest.raises(InputError, match=r"\(Conv\) is not a dense layer"):
        from_onnx(torch_file(tmp_path, module, x, dynamo=False), loss="half_squared_error")


def test_a_network_of_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("torch", reason="torch is not installed")
    keras = pytest.importorskip("keras", reason="keras is not installed")
    if keras.backend.backend() != "torch":
        pytest.skip("Keras was imported with another backend than torch")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    with quietly():  # Keras' own calls of NumPy are deprecated
        layers = keras.layers
        model = keras.Sequential(
            [layers.Input((4,)), layers.Dense(6, "selu"), layers.BatchNormalization(), layers.Dense(5), layers.PReLU(),
             layers.Dense(4, "swish"), layers.Dense(3, "softmax")]
        )  # fmt: skip
        model.layers[3].set_weights([RANDOM.uniform(-0.5, 0.5, 5)])
        model.layers[1].set_weights([RANDOM.uniform(0.5, 2, 6) for _ in range(4)])
        rows = RANDOM.standard_normal((7, 4)).astype(np.float32)
        wanted = model.predict(rows, verbose=0)
        model.export(str(tmp_path / "net.onnx"), format="onnx", verbose=False)
    ours = from_onnx(tmp_path / "net.onnx", loss="cross_entropy")
    assert np.abs(ours.outputs(rows) - wanted).max() <= 1e-6
    assert [layer.activation.name for layer in ours.network.layers[1:]] == ["relu", "silu", "softmax"]


def sklearn_models():
    """Fitted models with rows, what the file takes, options, and their own outputs."""
    pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X = RANDOM.standard_normal((200, 4)).astype(np.float32)
    quick = {"hidden_layer_sizes": (6, 5), "max_iter": 3, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pair = MLPClassifier(**quick).fit(X, np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)])
        several = MLPClassifier(**quick).fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
        labels = MLPClassifier(activation="tanh", **quick).fit(X, X[:, :2] > 0)
        targets = MLPRegressor(activation="logistic", **quick).fit(X, X[:, :2])
        far = X.astype(np.float64) * 10 + 1000
        scaled = make_pipeline(StandardScaler(), MLPRegressor(**quick)).fit(far, X[:, 0])
        gaps = np.where(RANDOM.random(X.shape) < 0.1, np.nan, X).astype(np.float32)
        filled = make_pipeline(SimpleImputer(), MLPRegressor(**quick)).fit(gaps, X[:, 0])
    return {
        "two classes": (pair, X, pair.predict_proba(X)[:, 1:], "binary_cross_entropy"),
        "three classes": (several, X, several.predict_proba(X), "cross_entropy"),
        "labels": (labels, X, labels.predict_proba(X), "binary_cross_entropy"),
        "two targets": (targets, X, targets.predict(X), "half_squared_error"),
        "a scaler in double": (scaled, far, scaled.predict(far)[:, None], "half_squared_error"),
        "an imputer": (filled, gaps, filled.predict(gaps)[:, None], "half_squared_error"),
    }


@pytest.mark.parametrize(
    "name", ["two classes", "three classes", "labels", "two targets", "a scaler in double", "an imputer"]
)
def test_networks_of_scikit_learn(name, tmp_path):
    model, X, wanted, loss = sklearn_models()[name]
    from skl2onnx import to_onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (tmp_path / "net.onnx").write_bytes(to_onnx(model, X[:1]).SerializeToString())
    ours = from_onnx(tmp_path / "net.onnx", loss=loss)
    bound = 1e-12 if X.dtype == np.float64 else 2e-6
    assert np.abs(ours.outputs(X) - wanted).max() <= bound * max(1, np.abs(wanted).max())
    if name == "two classes":
        assert ours.source.classes == ("no", "yes")
        assert any("1 − p and p" in note for note in ours.source.notes)
    if name == "two targets":
        assert any("into one column" in note for note in ours.source.notes)
    if name == "labels":
        assert ours.source.is_multilabel
