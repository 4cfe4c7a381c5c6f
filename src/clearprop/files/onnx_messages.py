"""The messages of an ONNX file that networks need, with the numbers of their fields.

The names and numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), and a test
compares them with it. Descriptions and metadata are not among them: they are neither read nor written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clearprop.files.protobuf import many, maybe, one

FLOAT, UINT8, INT8, UINT16, INT16, INT32, INT64, STRING, BOOL, FLOAT16, DOUBLE, UINT32, UINT64, BFLOAT16 = (
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16
)  # fmt: skip
ATTRIBUTE_TYPES = {"f": 1, "i": 2, "s": 3, "t": 4, "floats": 6, "ints": 7, "strings": 8}
IN_ANOTHER_FILE = 1  # data_location of a tensor


@dataclass
class Entry:
    """StringStringEntryProto."""

    key: str = one(1, "text")
    value: str = one(2, "text")


@dataclass
class Tensor:
    """TensorProto: its numbers are in one of the `..._data`, or in a file beside this one."""

    dims: Sequence[int] = many(1, "int")
    data_type: int = one(2, "int")
    segment: Any = one(3, "bytes")
    float_data: Any = many(4, "floats")
    int32_data: Sequence[int] = many(5, "int")
    string_data: Sequence[Any] = many(6, "bytes")
    int64_data: Sequence[int] = many(7, "int")
    name: str = one(8, "text")
    raw_data: Any = one(9, "bytes")
    double_data: Any = many(10, "doubles")
    uint64_data: Sequence[int] = many(11, "int")
    external_data: Sequence[Entry] = many(13)
    data_location: int = one(14, "int")


@dataclass
class Attribute:
    """AttributeProto; graphs and sparse tensors are only noticed."""

    name: str = one(1, "text")
    f: float | None = maybe(2, "float")
    i: int | None = maybe(3, "int")
    s: Any = maybe(4, "bytes")
    t: Tensor | None = one(5)
    g: Any = maybe(6, "bytes")
    floats: Any = many(7, "floats")
    ints: Sequence[int] = many(8, "int")
    strings: Sequence[Any] = many(9, "bytes")
    graphs: Sequence[Any] = many(11, "bytes")
    type: int = one(20, "int")
    ref_attr_name: str = one(21, "text")
    sparse_tensor: Any = maybe(22, "bytes")


@dataclass
class Node:
    """NodeProto."""

    input: Sequence[str] = many(1, "text")
    output: Sequence[str] = many(2, "text")
    name: str = one(3, "text")
    op_type: str = one(4, "text")
    attribute: Sequence[Attribute] = many(5)
    domain: str = one(7, "text")
    overload: str = one(8, "text")


@dataclass
class Dimension:
    """TensorShapeProto.Dimension: a size, a name, or neither."""

    dim_value: int | None = maybe(1, "int")
    dim_param: str = one(2, "text")


@dataclass
class Shape:
    """TensorShapeProto."""

    dim: Sequence[Dimension] = many(1)


@dataclass
class TensorType:
    """TypeProto.Tensor."""

    elem_type: int = one(1, "int")
    shape: Shape | None = one(2)


@dataclass
class Type:
    """TypeProto; what is no tensor is only noticed."""

    tensor_type: TensorType | None = one(1)
    sequence_type: Any = maybe(4, "bytes")
    map_type: Any = maybe(5, "bytes")


@dataclass
class ValueInfo:
    """ValueInfoProto."""

    name: str = one(1, "text")
    type: Type | None = one(2)


@dataclass
class Graph:
    """GraphProto."""

    node: Sequence[Node] = many(1)
    name: str = one(2, "text")
    initializer: Sequence[Tensor] = many(5)
    input: Sequence[ValueInfo] = many(11)
    output: Sequence[ValueInfo] = many(12)
    sparse_initializer: Sequence[Any] = many(15, "bytes")


@dataclass
class OperatorSet:
    """OperatorSetIdProto."""

    domain: str = one(1, "text")
    version: int = one(2, "int")


@dataclass
class Function:
    """FunctionProto: nodes under a name of their own."""

    name: str = one(1, "text")
    input: Sequence[str] = many(4, "text")
    output: Sequence[str] = many(5, "text")
    attribute: Sequence[str] = many(6, "text")
    node: Sequence[Node] = many(7)
    opset_import: Sequence[OperatorSet] = many(9)
    domain: str = one(10, "text")
    attribute_proto: Sequence[Attribute] = many(11)
    overload: str = one(13, "text")


@dataclass
class Model:
    """ModelProto."""

    ir_version: int = one(1, "int")
    producer_name: str = one(2, "text")
    producer_version: str = one(3, "text")
    graph: Graph | None = one(7)
    opset_import: Sequence[OperatorSet] = many(8)
    functions: Sequence[Function] = many(25)
