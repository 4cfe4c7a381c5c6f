"""Exported ONNX files: onnx's checker takes them, ONNX Runtime computes what the model does, and they come back."""

import numpy as np
import pytest

from clearprop import Activation, Network
from clearprop.errors import InputError
from clearprop.files.export.onnx import bytes_of
from clearprop.files.export.program import Answer, Column, Program, members_of, plain_program
from clearprop.files.importers.onnx import read
from clearprop.formulas import ACTIVATIONS, Symbol, cos, exp, floor, minimum, sin, where
from clearprop.formulas.vocabulary import equal
from evaluated_programs import answered, inputs_of

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

EVERY = [name for name, cls in ACTIVATIONS.items() if name == cls.name]


class Wave(Activation):
    """An activation of a user's own that no library has."""

    steepness: float = 2.0

    def value(z, steepness):
        return sin(z) + cos(steepness * z) * exp(-(z**2)) + floor(z) / 8


def session(content):
    """The file in ONNX Runtime, after onnx's checker."""
    onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*EVERY, Wave])
def test_every_activation_and_back(name, dtype, tmp_path):
    net = Network.mlp([4, 16, 3], hidden=name)
    params = net.initial(seed=1, dtype=dtype)
    rows = (4 * np.random.default_rng(0).standard_normal((300, 4))).astype(dtype)
    program = plain_program(net, [params.theta])
    content = bytes_of(program)
    (found,) = session(content).run(None, {"x": rows})
    exact = answered(program, rows)
    scale = np.maximum(1, np.abs(exact).max(axis=1, keepdims=True))
    assert (np.abs(found - exact) / scale).max() <= (3e-6 if dtype == "float32" else 1e-14)
    (tmp_path / "net.onnx").write_bytes(content)
    back = read(tmp_path / "net.onnx")
    assert back.dtype == dtype
    for layer, W, b in zip(back.layers, params.W, params.b, strict=True):
        assert np.array_equal(layer.weights, W)
        assert np.array_equal(layer.biases, b)
    z = np.linspace(-9, 9, 101) if not net.layers[0].activation.is_coupled() else rows.astype(float)
    ours, theirs = net.layers[0].activation.forward(z), back.layers[0].activation.forward(z)
    assert np.abs(ours - theirs).max() <= (2e-6 if dtype == "float32" else 1e-11) * max(1, np.abs(ours).max())


def test_a_network_of_float32_is_written_in_float64_and_the_other_way_round():
    net = Network.mlp([4, 6, 2], hidden="gelu")
    rows = np.random.default_rng(0).standard_normal((50, 4))
    for kind, wanted, bound in (("float32", "float64", 1e-13), ("float64", "float32", 1e-6)):
        program = plain_program(net, [net.initial(seed=1, dtype=kind).theta])
        (found,) = session(bytes_of(program, wanted)).run(None, {"x": rows.astype(wanted)})
        assert found.dtype == wanted
        assert np.abs(found - answered(program, rows.astype(wanted))).max() < bound
    with pytest.raises(InputError, match="dtype must be float32 or float64, not 'float16'"):
        bytes_of(program, "float16")


def test_log_probabilities_reach_where_onnx_runtimes_own_sigmoid_is_zero():
    net = Network.mlp([1, 1], loss="binary_cross_entropy")
    params = net.parameters([[1.0]], [0.0], dtype=np.float32)
    program = plain_program(net, [params.theta], answer=Answer("class", ("y",), ("no", "yes")))
    label, p, logs = session(bytes_of(program)).run(
        ["label", "probabilities", "log_probabilities"], {"x": np.array([[-80.0], [-20.0], [30.0]], dtype=np.float32)}
    )
    assert label.tolist() == ["no", "no", "yes"]
    assert p[1, 1] == pytest.approx(np.exp(-20.0), rel=1e-6)
    assert logs[:, 1] == pytest.approx([-80.0, -20.0, -np.exp(-30.0)], rel=1e-6)


def test_the_messages_are_those_of_onnx():
    """Names, numbers and kinds of the fields, as onnx's own classes have them."""
    from clearprop.files import onnx_messages as ours
    from clearprop.files.protobuf import _fields

    theirs = {
        ours.Entry: onnx.StringStringEntryProto, ours.Tensor: onnx.TensorProto, ours.Attribute: onnx.AttributeProto,
        ours.Node: onnx.NodeProto, ours.Dimension: onnx.TensorShapeProto.Dimension, ours.Shape: onnx.TensorShapeProto,
        ours.TensorType: onnx.TypeProto.Tensor, ours.Type: onnx.TypeProto, ours.ValueInfo: onnx.ValueInfoProto,
        ours.Graph: onnx.GraphProto, ours.OperatorSet: onnx.OperatorSetIdProto, ours.Function: onnx.FunctionProto,
        ours.Model: onnx.ModelProto,
    }  # fmt: skip
    for cls, proto in theirs.items():
        described = proto.DESCRIPTOR.fields_by_name
        for number, item in _fields(cls).items():
            assert described[item.name].number == number, (cls, item.name)
            assert described[item.name].is_repeated == item.many, (cls, item.name)
    for name in ("FLOAT", "STRING", "BOOL", "FLOAT16", "DOUBLE", "BFLOAT16", "UINT64", "INT64"):
        assert getattr(ours, name) == getattr(onnx.TensorProto, name)


def test_columns_of_a_table():
    """Numbers, moments, truths and texts with missing and unknown values, two networks, a logarithm undone."""
    x, code, missing, a = (Symbol(name) for name in ("x", "code", "missing", "a"))
    year = 365.25 * 86400
    columns = (
        Column("size", "number", (where(missing > 0, 0.5, (x - 70) / 20), missing), missing_words=("", "?", "-1")),
        Column("since", "moment", (where(missing > 0, 0, sin(2 * np.pi * x / year)),)),
        Column("balcony", "truth", (where(missing > 0, 0, x),)),
        Column("heating", "category", (where(equal(code, 0), 1, 0), where(equal(code, 1), 1, 0),
               where(missing > 0, 0, where(code < 0, 1, 0))), categories=("gas", "Öl")),
    )  # fmt: skip
    net = Network.mlp([7, 5, 1], hidden="gelu")
    members = members_of(net, [net.initial(seed=k, dtype="float32").theta for k in (0, 1)])
    answer = Answer("numbers", ("rent",), decode=(minimum(a * 0.3 + 6, 9.0),), unit=exp(a))
    program = Program("rents", "clearprop", columns, members, answer, net)
    rows = [
        {"size": 80.0, "since": 1.7e9, "balcony": 1.0, "heating": "gas"},
        {"size": None, "since": None, "balcony": -1.0, "heating": "Öl"},
        {"size": None, "since": -3e8, "balcony": None, "heating": "wood"},
        {"size": 40.0, "since": 0.0, "balcony": 1.0, "heating": None},
    ]
    given = {
        "size": np.array([[80], [np.nan], [-1], [40]], dtype=float),
        "since": np.array([[1.7e9], [np.nan], [-3e8], [0]]),
        "balcony": np.array([["true"], ["No"], [""], ["1"]], dtype=object),
        "heating": np.array([["gas"], ["Öl"], ["wood"], [""]], dtype=object),
    }
    (found,) = session(bytes_of(program)).run(None, given)
    wanted = answered(program, inputs_of(program, rows))
    assert found.dtype == np.float64
    assert found == pytest.approx(wanted, rel=2e-6)
