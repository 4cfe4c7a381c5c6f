"""ONNX files of real exporters, and legal ones that none of them writes."""

import json
from math import erf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network
from clearprop import forward as forward_of
from clearprop.errors import InputError, UnknownNameError
from clearprop.estimators.imported import imported
from clearprop.files import onnx_messages as onnx
from clearprop.files.importers.onnx import read
from clearprop.network import Dense
from onnx_made import declared, model, node, tensor, write

FILES = Path(__file__).parents[2] / "importer_files"
RANDOM = np.random.default_rng(18)


def normal(*shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).astype(dtype)


def outputs(source, X):
    """What the layers make of rows."""
    layers = [Dense(*layer.weights.shape, layer.activation) for layer in source.layers]
    network = Network(tuple(layers), "half_squared_error")
    biases = [0 * layer.weights[0] if layer.biases is None else layer.biases for layer in source.layers]
    params = network.parameters([layer.weights for layer in source.layers], biases, source.dtype)
    rows = X if source.inputs is None else source.inputs.apply(X)
    return forward_of(network, params, np.asarray(rows, dtype=source.dtype)).a[-1]


@pytest.mark.parametrize(
    ("name", "activations"),
    [
        ("torch-2d", "relu tanh softmax"),
        ("torch-3d-same-network", "relu tanh softmax"),
        ("torch-legacy-batchnorm", "leaky_relu log_sigmoid"),
        (
            "torch-opset18-decomposed",
            "gelu mish silu gelu_tanh softplus_threshold hard_swish leaky_relu relu6 softsign identity",
        ),
        ("keras-torch-onnx", "relu gelu silu softmax"),
        ("skl2onnx-scaler-classifier-strings", "tanh tanh softmax"),
    ],
)
def test_files_of_exporters_give_their_frameworks_outputs(name, activations):
    source = read(FILES / f"{name}.onnx")
    said = json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))
    wanted = np.array(said.get("probabilities", said["output"]))
    found = outputs(source, np.array(said["input"]).reshape(-1, source.layers[0].weights.shape[0]))
    wanted = wanted.reshape(found.shape)
    assert (np.abs(found - wanted) <= 1e-6 * np.maximum(1, np.abs(wanted).max(axis=1, keepdims=True))).all()
    assert [layer.activation.name for layer in source.layers] == activations.split()
    assert source.dtype == np.float32
    ours = imported(source, loss="cross_entropy" if activations.endswith("softmax") else "half_squared_error")
    X = np.array(said["input"]).reshape(len(found), -1)
    y = 0.5 * found if ours.classes is None else np.resize(np.array(ours.classes), len(X))
    assert ours.check_gradient(X, y).passed
    assert "One step of back-propagation" in ours.explain(X[0], y[0]).explained().text()


def test_the_report_says_what_was_folded_and_what_was_not_taken():
    batchnorm = read(FILES / "torch-legacy-batchnorm.onnx")
    assert [note for note in batchnorm.notes if "BatchNormalization" in note and "folded" in note]
    labelled = read(FILES / "skl2onnx-scaler-classifier-strings.onnx")
    assert labelled.classes == ("high", "low", "middle")
    assert [note for note in labelled.notes if "output_label" in note]
    assert labelled.source == "ONNX, opset 21, written by skl2onnx 1.20.0"
    assert str(labelled.inputs.inputs[1].tree).startswith("(x − ")


@settings(max_examples=40, deadline=None)
@given(
    st.booleans(), st.booleans(), st.sampled_from([1.0, 0.5, -2.0]), st.sampled_from([1.0, 0.0, 3.0]),
    st.sampled_from([None, (), (1,), (4,), (1, 4)]), st.booleans(),
)  # fmt: skip
def test_gemm_in_all_its_forms(tmp_path_factory, turn_a, turn_b, alpha, beta, c_shape, weights_first):
    W, C = normal(3, 4), None if c_shape is None else normal(*c_shape)
    rows = normal(5, 3)
    settings_of = {"alpha": alpha, "beta": beta, "transA": int(turn_a), "transB": int(turn_b)}
    wanted = alpha * rows @ W + (0 if C is None else beta * C)
    if weights_first:  # units along the first axis, so C must be there, too
        arrays = {"w": W if turn_a else W.T}
        shape = ("n", 3) if turn_b else (3, "n")
        nodes = [node("Gemm", "w x" + ("" if C is None else " c"), "y", **settings_of)]
        arrays |= {} if C is None else {"c": C.reshape(-1, 1)} if C.size > 1 else {"c": C}
    else:
        arrays = {"w": W.T if turn_b else W} | ({} if C is None else {"c": C})
        shape = (3, "n") if turn_a else ("n", 3)
        nodes = [node("Gemm", "x w" + ("" if C is None else " c"), "y", **settings_of)]
    path = write(tmp_path_factory.mktemp("gemm") / "g.onnx", model(nodes, arrays, [("x", shape)]))
    assert outputs(read(path), rows) == pytest.approx(wanted, abs=1e-5)


W, B, V = normal(3, 4), normal(4), normal(4, 2)
CASES = {
    "bias before the product": (
        [node("MatMul", "x w", "p"), node("Add", "b p", "z"), node("Tanh", "z", "y")], {"w": W, "b": B},
        lambda x: np.tanh(x @ W + B),
    ),
    "weights on the left": (
        [node("Transpose", "x", "t", perm=[1, 0]), node("MatMul", "wt t", "p"), node("Add", "p bc", "z"),
         node("Relu", "z", "a"), node("Transpose", "a", "y")], {"wt": W.T, "bc": B[:, None]},
        lambda x: np.maximum(x @ W + B, 0),
    ),
    "weights behind Identity, Cast, Reshape and Transpose": (
        [node("Identity", "w", "i"), node("Cast", "i", "c", to=1), node("Transpose", "c", "t", perm=[1, 0]),
         node("Reshape", "t shape", "r"), node("Gemm", "x r", "y", transB=1)],
        {"w": W, "shape": np.array([4, -1])},
        lambda x: x @ W,
    ),
    "weights that are computed": (
        [node("Mul", "w two", "ww"), node("Sub", "ww one", "www"), node("MatMul", "x www", "y")],
        {"w": W, "two": np.float32(2), "one": np.float32(1)},
        lambda x: x @ (2 * W - 1),
    ),
    "a scale for each unit before and after an activation": (
        [node("MatMul", "x w", "p"), node("Mul", "b p", "z"), node("Sub", "z b", "zz"), node("Sigmoid", "zz", "a"),
         node("Div", "a s", "d"), node("Neg", "d", "n"), node("MatMul", "n v", "y")],
        {"w": W, "b": B, "v": V, "s": np.array([1, 2, 3, 4], dtype=np.float32)},
        lambda x: -(1 / (1 + np.exp(-(x @ W * B - B))) / [1, 2, 3, 4]) @ V,
    ),
    "the same at the end": (
        [node("MatMul", "x w", "p"), node("Tanh", "p", "a"), node("Mul", "a b", "y")], {"w": W, "b": B},
        lambda x: np.tanh(x @ W) * B,
    ),
    "two activations with a scale for each unit between": (
        [node("MatMul", "x w", "p"), node("Tanh", "p", "a"), node("Mul", "a b", "z"), node("Relu", "z", "y")],
        {"w": W, "b": B},
        lambda x: np.maximum(np.tanh(x @ W) * B, 0),
    ),
    "PReLU in pieces, as Keras writes it": (
        [node("MatMul", "x w", "p"), node("Relu", "p", "plus"), node("Neg", "p", "q"), node("Relu", "q", "minus"),
         node("Mul", "minus s", "scaled"), node("Add", "plus scaled", "a"), node("MatMul", "a v", "y")],
        {"w": W, "s": -B, "v": V},
        lambda x: np.where(x @ W > 0, x @ W, B * (x @ W)) @ V,
    ),
    "PReLU at the end": (
        [node("MatMul", "x w", "p"), node("PRelu", "p b", "y")], {"w": W, "b": B},
        lambda x: np.where(x @ W > 0, x @ W, B * (x @ W)),
    ),
    "numbers as constants of nodes": (
        [node("Constant", "", "w", value=tensor("w", W)), node("Constant", "", "two", value_float=2.0),
         node("MatMul", "x w", "p"), node("Pow", "p two", "y")], {},
        lambda x: (x @ W) ** 2,
    ),
    "an input of several rows": (
        [node("Flatten", "x", "f", axis=-1), node("MatMul", "f w", "y")], {"w": W}, lambda x: x @ W,
    ),
    "sizes that are computed": (
        [node("Shape", "x", "s"), node("Gather", "s zero", "n", axis=0), node("Unsqueeze", "n axes", "u"),
         node("Concat", "u rest", "to", axis=0), node("Reshape", "x to", "f"), node("MatMul", "f w", "y")],
        {"w": W, "zero": np.array(0), "axes": np.array([0]), "rest": np.array([-1])},
        lambda x: x @ W,
    ),
    "one unit, with numbers as vectors of one": (
        [node("MatMul", "x w", "p"), node("Add", "p b", "z"), node("Mul", "z half", "h"), node("Erf", "h", "e"),
         node("Add", "e one", "f"), node("Mul", "z f", "g"), node("MatMul", "g v", "q"), node("Add", "q c", "y")],
        {"w": W[:, :1], "b": B[:1], "half": np.array([2**-0.5], np.float32), "one": np.ones(1, np.float32),
         "v": V[:1, :1], "c": B[None, 1:2]},
        lambda x: (x @ W[:, :1] + B[0]) * (1 + np.vectorize(erf)((x @ W[:, :1] + B[0]) / 2**0.5)) * V[0, 0] + B[1],
    ),
    "a vector of weights": (
        [node("MatMul", "x w", "p"), node("Exp", "p", "y")], {"w": W[:, 0]}, lambda x: np.exp(x @ W[:, :1]),
    ),
    "columns picked and put together": (
        [node("Gather", "x places", "p", axis=1), node("Slice", "x one three axis", "q"),
         node("Concat", "p q", "c", axis=-1), node("MatMul", "c w", "y")],
        {"places": np.array([2]), "one": np.array([0]), "three": np.array([2]), "axis": np.array([1]), "w": W},
        lambda x: x[:, [2, 0, 1]] @ W,
    ),
    "softmax by hand, with a temperature and a prior": (
        [node("MatMul", "x w", "p"), node("Div", "p t", "d"), node("Add", "d b", "z"),
         node("ReduceMax", "z last", "m", keepdims=1), node("Sub", "z m", "s"), node("Exp", "s", "e"),
         node("ReduceSum", "e last", "sum", keepdims=1), node("Div", "e sum", "y")],
        {"w": W, "t": np.float32(2), "b": B, "last": np.array([-1])},
        lambda x: np.exp(x @ W / 2 + B) / np.exp(x @ W / 2 + B).sum(1, keepdims=True),
    ),
    "the logarithm of softmax": (
        [node("MatMul", "x w", "p"), node("Softmax", "p", "s", axis=-1), node("Log", "s", "y")],
        {"w": 60 * W},
        lambda x: 60 * x @ W - np.logaddexp.reduce(60 * x @ W, axis=1, keepdims=True),
    ),
    "1 − p and p": (
        [node("MatMul", "x w", "p"), node("Sigmoid", "p", "s"), node("Sub", "one s", "r"),
         node("Concat", "r s", "y", axis=1)], {"w": W[:, :1], "one": np.float32(1)},
        lambda x: 1 / (1 + np.exp(-x @ W[:, :1])),
    ),
    "two targets written into one column": (
        [node("MatMul", "x w", "p"), node("Reshape", "p shape", "y")], {"w": W, "shape": np.array([-1, 1])},
        lambda x: x @ W,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_legal_files_that_no_exporter_writes(case, tmp_path):
    nodes, arrays, formula = CASES[case]
    X = normal(6, 3)
    found = outputs(read(write(tmp_path / "net.onnx", model(nodes, arrays))), X)
    wanted = formula(X.astype(np.float64))
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= 2e-6 * max(1, np.abs(wanted).max())


def test_numbers_are_kept_to_the_bit(tmp_path):
    nodes = [node("Gemm", "x w b", "h"), node("Tanh", "h", "a"), node("MatMul", "a v", "p"), node("Add", "p c", "y")]
    for kind in (np.float32, np.float64):
        arrays = {"w": normal(3, 4, dtype=kind), "b": normal(4, dtype=kind)}
        arrays |= {"v": normal(4, 2, dtype=kind), "c": normal(1, 2, dtype=kind)}
        source = read(write(tmp_path / "net.onnx", model(nodes, arrays)))
        assert source.dtype == kind
        for layer, (weights, biases) in zip(source.layers, (("w", "b"), ("v", "c")), strict=True):
            assert np.array_equal(layer.weights, arrays[weights])
            assert np.array_equal(layer.biases, arrays[biases].ravel())
            assert layer.weights.flags.c_contiguous


def test_every_way_to_write_numbers(tmp_path):
    W = (normal(3, 4) * 8).round() / 8
    ways = {
        "float_data": onnx.Tensor([3, 4], onnx.FLOAT, float_data=W.ravel(), name="w"),
        "double_data": onnx.Tensor([3, 4], onnx.DOUBLE, double_data=W.ravel(), name="w"),
        "raw double": tensor("w", W.astype(np.float64)),
        "half": onnx.Tensor([3, 4], onnx.FLOAT16, raw_data=W.astype(np.float16).tobytes(), name="w"),
        "half in integers": onnx.Tensor(
            [3, 4], onnx.FLOAT16, int32_data=W.astype(np.float16).view(np.uint16).ravel().tolist(), name="w"
        ),
        "bfloat16": onnx.Tensor(
            [3, 4], onnx.BFLOAT16, raw_data=(W.view(np.uint32) >> 16).astype(np.uint16).tobytes(), name="w"
        ),
    }
    (tmp_path / "net.data").write_bytes(b"12345678" + W.tobytes())
    place = {"location": "net.data", "offset": "8", "length": str(W.nbytes)}
    ways["beside"] = onnx.Tensor(
        [3, 4], onnx.FLOAT, name="w", data_location=1, external_data=[onnx.Entry(*item) for item in place.items()]
    )
    for name, way in ways.items():
        source = read(write(tmp_path / "net.onnx", model([node("MatMul", "x w", "y")], {"w": way})))
        assert np.array_equal(source.layers[0].weights, W), name


def test_functions_of_the_file_are_walked_with_the_inputs_and_settings_of_the_call(tmp_path):
    leaky = onnx.Node(["p"], ["q"], "inner", "LeakyRelu", [onnx.Attribute("alpha", ref_attr_name="slope")])
    function = onnx.Function(
        "layer", ["x", "w"], ["q"], ["slope"], [node("MatMul", "x w", "p"), leaky], [onnx.OperatorSet("", 20)], "mine"
    )
    arrays = {"w": W, "v": V}
    nodes = [node("layer", "x w", "h", "mine", slope=0.25), node("layer", "h v", "y", "mine", slope=0.5)]
    source = read(write(tmp_path / "net.onnx", model(nodes, arrays, functions=[function])))
    assert [layer.activation.negative_slope for layer in source.layers] == [0.25, 0.5]
    assert np.array_equal(source.layers[1].weights, V)


def test_columns_of_text_and_with_missing_values(tmp_path):
    nodes = [
        node("OneHotEncoder", "cut", "hot", "ai.onnx.ml", cats_strings=["fair", "good"], zeros=1),
        node("Reshape", "hot two", "flat"),
        node("Imputer", "carat", "filled", "ai.onnx.ml", imputed_value_floats=[0.5], replaced_value_float=float("nan")),
        node("Concat", "flat filled", "all", axis=1),
        node("MatMul", "all w", "y"),
    ]
    inputs = [declared("cut", ("n", 1), onnx.STRING), declared("carat", ("n", 1))]
    source = read(write(tmp_path / "t.onnx", model(nodes, {"w": W, "two": np.array([-1, 2])}, inputs)))
    rows = np.array([["fair", 2.0], ["good", np.nan], ["?", 1.0]], dtype=object)
    wanted = np.array([[1, 0, 2.0], [0, 1, 0.5], [0, 0, 1.0]]) @ W
    assert outputs(source, rows) == pytest.approx(wanted, abs=1e-6)
    assert source.feature_names == ("cut", "carat")
    assert source.inputs.columns[0].categories == ("fair", "good")


def test_missing_values_that_a_graph_looks_for(tmp_path):
    nodes = [
        node("IsNaN", "x", "gone"), node("Cast", "gone", "missing", to=1), node("Less", "zero missing", "is"),
        node("Where", "is half x", "filled"), node("Concat", "filled missing", "all", axis=1),
        node("MatMul", "all w", "y"),
    ]  # fmt: skip
    arrays = {"w": normal(6, 2), "zero": np.float32(0), "half": np.float32(0.5)}
    source = read(write(tmp_path / "t.onnx", model(nodes, arrays)))
    rows = np.array([[1.0, np.nan, 3.0]])
    assert outputs(source, rows) == pytest.approx(np.array([[1, 0.5, 3, 0, 1, 0]]) @ arrays["w"], abs=1e-6)


def test_of_several_outputs_the_one_behind_the_others_is_taken(tmp_path):
    nodes = [node("MatMul", "x w", "z"), node("Softmax", "z", "y", axis=1), node("ArgMax", "y", "best", axis=1)]
    path = write(tmp_path / "net.onnx", model(nodes, {"w": W}, outputs=("z", "best", "y")))
    assert read(path).layers[-1].activation.name == "softmax"
    assert read(path, output="z").layers[-1].activation.name == "identity"
    with pytest.raises(UnknownNameError, match="there is no output 'zz'"):
        read(path, output="zz")
    nodes = [node("MatMul", "x w", "y"), node("MatMul", "x w", "z")]
    with pytest.raises(InputError, match="each at the end of a branch: say which one with output="):
        read(write(tmp_path / "net.onnx", model(nodes, {"w": W}, outputs=("y", "z"))))
