"""From an ONNX graph to what its outputs are functions of, node by node.

Only what an output needs is walked. A node is given values and makes values (`clearprop.files.importers.onnx_values`);
one that is in no table of operators, or is used as no dense chain uses it, is refused by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import InputError, ModelFileError, shortened
from clearprop.files import onnx_messages as onnx
from clearprop.files.importers.onnx_encoders import ENCODERS
from clearprop.files.importers.onnx_file import domain_of, opsets
from clearprop.files.importers.onnx_layers import LAYERS, along_rows, elementwise
from clearprop.files.importers.onnx_operators import ELEMENTWISE, ROWS, Settings, place_of
from clearprop.files.importers.onnx_shapes import MOVES
from clearprop.files.importers.onnx_tensors import Tensors
from clearprop.files.importers.onnx_values import MOST_COLUMNS, PER_NUMBER, Columns, Flow, Found, Raw, Tail
from clearprop.files.onnx_messages import Attribute, Function, Model, Node, ValueInfo
from clearprop.formulas.expressions import Symbol

MOST_CALLS = 10  # functions within functions
MOST_NODES = 20_000  # nodes walked, those of functions as often as they are called
ML = "ai.onnx.ml"
OF_ML = ("ArrayFeatureExtractor", "Binarizer", "FeatureVectorizer", "Imputer", "LabelEncoder", "Normalizer",
         "OneHotEncoder", "Scaler", "ZipMap")  # fmt: skip


class Walk:
    """Walks one graph.

    Parameters
    ----------
    model : Model
    tensors : Tensors
    """

    def __init__(self, model: Model, tensors: Tensors) -> None:
        assert model.graph is not None
        self.model, self.graph, self.tensors = model, model.graph, tensors
        self.opset = opsets(model)[""]
        self.functions = {(domain_of(f.domain), f.name, f.overload): f for f in model.functions}
        self.found, self.left = Found(), MOST_NODES
        self.files = {tensor.name: tensor for tensor in self.graph.initializer}
        self.inputs = [item for item in self.graph.input if item.name not in self.files]
        self.found.work += PER_NUMBER * sum(len(t.raw_data) + len(t.float_data) for t in self.graph.initializer)
        self.values: dict[str, Any] = {}
        self._columns()

    def value(self, name: str) -> Any:
        """What an output of the graph is a function of."""
        self._run(self.graph.node, self.values, self._needed(name), {}, 0)
        if name not in self.values and name in self.files:
            return self._tensor(name)
        if name not in self.values:
            raise ModelFileError(f"{self.tensors.path} has an output {shortened(name)!r} that no node makes")
        return self.values[name]

    def _needed(self, name: str) -> set[int]:
        """The nodes that an output depends on, by number, found from its end."""
        makers: dict[str, int] = {}
        for k, node in enumerate(self.graph.node):
            for made in node.output:
                if made in makers or made in self.files:
                    raise ModelFileError(f"{place_of(node)} makes {shortened(made)!r}, which is there already")
                if made:
                    makers[made] = k
        needed, open_names = set(), [name]
        while open_names:
            k = makers.get(open_names.pop(), -1)
            if k >= 0 and k not in needed:
                needed.add(k)
                open_names.extend(self.graph.node[k].input)
        return needed

    def _columns(self) -> None:
        """Make columns of the inputs."""
        for item in self.inputs:
            sizes, is_text, several = _declared(item), _is_text(item), len(self.inputs) > 1
            transposed = len(sizes) == 2 and sizes[1] < 0 < sizes[0]
            shape = tuple(sizes[:1] if transposed else sizes[1:]) or tuple(sizes)
            while len(shape) > 1 and shape[0] < 0:
                shape = shape[1:]  # more axes of rows
            if not shape or any(n < 1 for n in shape):
                shape = (self._width_taken(item),)
            count, start = int(np.prod(shape, dtype=object)), len(self.found.columns)
            if start + count > MOST_COLUMNS:
                raise InputError(f"the network has more than {MOST_COLUMNS:,} inputs")
            trees = np.array([Symbol(f"x{start + k}") for k in range(count)] + [None], dtype=object)[:-1]
            self.found.columns += [
                item.name if count == 1 and several else f"{item.name}[{k}]" if several else f"x{k + 1}"
                for k in range(count)
            ]
            self.found.raw += [Raw({} if is_text else None) for _ in range(count)]
            self.values[item.name] = Columns(trees.reshape(shape), transposed)

    def _width_taken(self, item: ValueInfo) -> int:
        """How many columns an input has whose declaration does not say it: what its first product takes."""
        same = {item.name}
        for node in self.graph.node:
            if not same & set(node.input):
                continue
            for place, name in enumerate(node.input):
                dims = self.files[name].dims if name in self.files else []
                if node.op_type in ("MatMul", "Gemm") and len(dims) == 2:
                    turned = node.op_type == "Gemm" and bool(Settings(node).get("transB" if place else "transA", 0))
                    return int(dims[turned if place else 1 - turned])
            same |= set(node.output)
        raise InputError(f"the input {shortened(item.name)!r} does not say how many columns it has")

    def _tensor(self, name: str) -> Any:
        return self.tensors.array(self.files[name], name)

    def _run(
        self, nodes: Sequence[Node], values: dict[str, Any], needed: set[int] | None, outer: Mapping[str, Attribute],
        depth: int,
    ) -> None:  # fmt: skip
        """Walk nodes in their order, which is one in which all inputs are there."""
        for k, node in enumerate(nodes):
            if needed is not None and (k not in needed or all(name in values for name in node.output if name)):
                continue
            self.left -= 1
            if self.left < 0:
                raise InputError(f"the graph runs more than {MOST_NODES:,} nodes")
            inputs = [self._input(node, name, values) for name in node.input]
            made = self._node(node, inputs, outer, depth)
            values.update({name: value for name, value in zip(node.output, made, strict=False) if name})

    def _input(self, node: Node, name: str, values: dict[str, Any]) -> Any:
        if not name:
            return None
        if name in values:
            return values[name]
        if values is self.values and name in self.files:
            values[name] = self._tensor(name)
            return values[name]
        raise ModelFileError(
            f"{place_of(node)} takes {shortened(name)!r}, which nothing before it makes: the graph has a cycle or is "
            "not in order"
        )

    def _node(self, node: Node, inputs: list[Any], outer: Mapping[str, Attribute], depth: int) -> list[Any]:
        """What a node makes of its inputs."""
        domain = domain_of(node.domain)
        function = self.functions.get((domain, node.op_type, node.overload))
        if function is not None:
            return self._call(function, node, inputs, outer, depth)
        s = Settings(node, outer)
        s.layer = self._layer_name(node)
        name = node.op_type
        if name == "Constant":
            return [self._constant(s)]
        if (domain == ML) != (name in OF_ML) or domain not in ("", ML) or any(a.g or a.graphs for a in node.attribute):
            raise InputError(f"{s.place} is not a dense layer, an activation or a step that clearprop reads")
        if name in ROWS:
            return [along_rows(self.found, s, name, inputs, self.opset)]
        table = {**MOVES, **LAYERS, **ENCODERS}
        if name not in table and name not in ELEMENTWISE:
            raise InputError(f"{s.place} is not a dense layer, an activation or a step that clearprop reads")
        try:
            if name in table:
                return [table[name](self.found, s, inputs)]
            if any(isinstance(value, Tail) for value in inputs):
                return [MOVES["ArgMax"](self.found, s, inputs)]
            return [elementwise(self.found, s, ELEMENTWISE[name], inputs)]
        except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
            if isinstance(error, InputError | ModelFileError):
                raise
            raise InputError(f"{s.place} has other inputs or settings than ONNX says ({error})") from None

    def _constant(self, s: Settings) -> Any:
        """The value of a Constant node."""
        for name in ("value_float", "value_int", "value_floats", "value_ints"):
            if name in s.given:
                kind = np.float32 if "float" in name else np.int64
                return np.array(s.get(name), dtype=kind)
        tensor = s.get("value")
        if not isinstance(tensor, onnx.Tensor):
            raise InputError(f"{s.place} holds no array of numbers")
        return self.tensors.array(tensor, s.place)

    def _layer_name(self, node: Node) -> str:
        """What a layer is called: as its weights are, where that is a name that somebody gave."""
        for name in node.input:
            for ending in (".weight", "/kernel", ".kernel"):
                if name.endswith(ending) and name in self.files:
                    return shortened(name.removesuffix(ending))
        return shortened(node.name or next(iter(node.output), ""))

    def _call(
        self, function: Function, node: Node, inputs: list[Any], outer: Mapping[str, Attribute], depth: int
    ) -> list[Any]:
        """A function that the file itself defines, walked with the inputs of the call."""
        if depth >= MOST_CALLS:
            raise ModelFileError(f"{place_of(node)} calls functions that call each other without end")
        given = {item.name: item for item in function.attribute_proto} | Settings(node, outer).given
        values: dict[str, Any] = dict(zip(function.input, inputs, strict=False))
        self._run(function.node, values, None, given, depth + 1)
        missing = [name for name in function.output if name not in values]
        if missing:
            raise ModelFileError(
                f"the function {shortened(function.name)!r} does not make its {shortened(missing[0])!r}"
            )
        return [values[name] for name in function.output]


def _declared(item: ValueInfo) -> list[int]:
    """The sizes of an input, −1 for what is not said."""
    tensor = item.type.tensor_type if item.type is not None else None
    if tensor is None:
        raise InputError(f"the input {shortened(item.name)!r} is not an array")
    sizes = [] if tensor.shape is None else [d.dim_value for d in tensor.shape.dim]
    if any(n is not None and n < 0 for n in sizes):
        raise ModelFileError(f"the input {shortened(item.name)!r} has the impossible shape {sizes}")
    return [n or -1 for n in sizes]


def _is_text(item: ValueInfo) -> bool:
    return (
        item.type is not None and item.type.tensor_type is not None and item.type.tensor_type.elem_type == onnx.STRING
    )


def is_output(value: Any) -> bool:
    """Whether a value is one that a network has."""
    return isinstance(value, Flow | Tail)
