"""ONNX files made by hand, of messages: legal ones that no exporter writes, and such as nobody should read."""

import numpy as np

from clearprop.files import onnx_messages as onnx
from clearprop.files.protobuf import written

NUMBERS = {np.dtype(np.float32): onnx.FLOAT, np.dtype(np.float64): onnx.DOUBLE, np.dtype(np.int64): onnx.INT64}


def tensor(name, array):
    array = np.asarray(array)
    if array.dtype == object or array.dtype.kind == "U":
        texts = [text.encode() for text in array.ravel()]
        return onnx.Tensor(list(array.shape), onnx.STRING, string_data=texts, name=name)
    return onnx.Tensor(
        list(array.shape), NUMBERS[array.dtype], name=name, raw_data=np.ascontiguousarray(array).tobytes()
    )


def attribute(name, value):
    if isinstance(value, float):
        return onnx.Attribute(name, f=value, type=1)
    if isinstance(value, int):
        return onnx.Attribute(name, i=value, type=2)
    if isinstance(value, str):
        return onnx.Attribute(name, s=value.encode(), type=3)
    if isinstance(value, onnx.Tensor):
        return onnx.Attribute(name, t=value, type=4)
    if value and isinstance(value[0], float):
        return onnx.Attribute(name, floats=np.array(value), type=6)
    if value and isinstance(value[0], str):
        return onnx.Attribute(name, strings=[item.encode() for item in value], type=8)
    return onnx.Attribute(name, ints=list(value), type=7)


def node(kind, inputs, output, domain="", **settings):
    """Inputs as words of a text, and outputs, too; "_" is an input that is left out."""
    names = ["" if name == "_" else name for name in inputs.split()]
    attributes = [attribute(name, value) for name, value in settings.items()]
    return onnx.Node(names, output.split(), f"the {kind}", kind, attributes, domain)


def declared(name, shape, kind=onnx.FLOAT):
    dims = [onnx.Dimension(n) if isinstance(n, int) else onnx.Dimension(None, n or "") for n in shape]
    return onnx.ValueInfo(name, onnx.Type(onnx.TensorType(kind, onnx.Shape(dims))))


def model(nodes, arrays, inputs=(("x", ("n", 3)),), outputs=("y",), opset=20, functions=(), ml=3):
    tensors = [item if isinstance(item, onnx.Tensor) else tensor(name, item) for name, item in arrays.items()]
    graph = onnx.Graph(
        list(nodes), "hand", tensors,
        [item if isinstance(item, onnx.ValueInfo) else declared(*item) for item in inputs],
        [declared(name, ("n", None)) for name in outputs],
    )  # fmt: skip
    sets = [onnx.OperatorSet("ai.onnx.ml", ml), onnx.OperatorSet("", opset)]
    return onnx.Model(8, "hand", "1", graph, sets, list(functions))


def write(path, message):
    path.write_bytes(message if isinstance(message, bytes) else written(message))
    return path
