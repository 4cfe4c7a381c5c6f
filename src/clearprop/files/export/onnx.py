"""A program as one ONNX file, for ONNX Runtime and whatever else reads the format.

Inputs are the raw columns under their names (see `clearprop.files.export.onnx_columns`), or one matrix; outputs are
``label``, ``probabilities`` and ``log_probabilities``, or ``labels`` and ``probabilities``, or ``prediction`` and
``quantiles``. The file holds nothing but the model: no names of machines, folders or times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files import onnx_messages as onnx
from clearprop.files.export.onnx_columns import EXACT, inputs_of, side_by_side
from clearprop.files.export.onnx_graph import DTYPES, Graph
from clearprop.files.export.program import Answer, Layer, Member, Program
from clearprop.files.protobuf import written
from clearprop.files.writing import write_whole
from clearprop.formulas import (
    Activation,
    Identity,
    Logistic,
    LogSoftmax,
    Relu,
    Softmax,
    Softplus,
    Symbol,
    Tanh,
    evaluate,
)
from clearprop.version import __version__

IR, OPSET, ML_OPSET = 8, 18, 3  # what ONNX Runtime has read since version 1.14
LARGEST = 2**31 - 2**20  # bytes of one file
WORDS: Mapping[type[Activation], tuple[str, dict[str, Any]]] = {
    Relu: ("Relu", {}), Tanh: ("Tanh", {}), Softmax: ("Softmax", {"axis": -1}), LogSoftmax: ("LogSoftmax", {"axis": -1})
}  # fmt: skip
Z, A = Symbol("z"), Symbol("a")


def write(program: Program, path: Path, *, replace: bool = True, dtype: str | None = None) -> tuple[Path, ...]:
    """Write a program to an ONNX file; see `clearprop.files.export.write`.

    Parameters
    ----------
    program : Program
    path : Path
    replace : bool
        Whether a file of that name is replaced.
    dtype : {"float32", "float64"}, optional
        What the networks are computed in; by default what they were trained in.

    Raises
    ------
    InputError
        For another dtype, two columns of one name, or a model of more than 2 GB.
    """
    write_whole(path, bytes_of(program, dtype), replace=replace)
    return (path,)


def bytes_of(program: Program, dtype: str | None = None) -> bytes:
    """The ONNX file that predicts as this program says.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network
    >>> from clearprop.files.export.onnx import bytes_of
    >>> from clearprop.files.export.program import plain_program
    >>> net = Network.mlp([2, 3, 1])
    >>> len(bytes_of(plain_program(net, [net.initial(seed=0).theta]), "float32")) < 1000
    True
    """
    dtype = program.dtype if dtype is None else dtype
    if dtype not in DTYPES:
        raise InputError(f"dtype must be float32 or float64, not {dtype!r}")
    names = [column.name for column in program.columns]
    if len(set(names)) < len(names) or "" in names:
        raise InputError("an ONNX file needs a name for each column, and no name twice")
    graph = Graph(dtype)
    X = inputs_of(program, graph)
    a, last = _outputs(graph, X, program.members, "")
    if program.answer.kind == "numbers":
        _numbers(graph, program, X, a)
    else:
        _probabilities(graph, program, a, last)
    made = onnx.Graph(graph.nodes, program.name, list(graph.arrays.values()), graph.inputs, graph.outputs)
    sets = [onnx.OperatorSet("", OPSET), onnx.OperatorSet("ai.onnx.ml", ML_OPSET)]
    content = written(onnx.Model(IR, "clearprop", __version__, made, sets))
    if len(content) > LARGEST:
        raise InputError(f"the model takes {len(content):,} bytes, more than one ONNX file can hold (2 GB)")
    return content


def _layers(graph: Graph, X: str, member: Member, prefix: str) -> str:
    """The weighted inputs of the last layer of a network."""
    kind = DTYPES[graph.dtype][1]
    for l, layer in enumerate(member, start=1):
        if l > 1:
            X = _activation(graph, X, member[l - 2])
        arrays = ((layer.weights, "weight"), (layer.biases, "bias"))
        held = [graph.array(array.astype(kind, copy=False), f"{prefix}{l}.{name}") for array, name in arrays]
        X = graph.add("Gemm", [X, *held], f"{prefix}{l}.z")
    return X


def _activation(graph: Graph, z: str, layer: Layer) -> str:
    """What a layer makes of its weighted inputs."""
    if type(layer.activation) is Identity:
        return z
    word = WORDS.get(type(layer.activation))
    output = z.removesuffix("z") + "a"
    if word is not None:
        return graph.add(word[0], [z], output, **word[1])
    return graph.formula(layer.tree, {"z": z}, output=output)


def _outputs(graph: Graph, X: str, members: Sequence[Member], prefix: str) -> tuple[str, list[str]]:
    """The mean of what networks say, of several in float64, and the weighted inputs of their last layers."""
    last = [_layers(graph, X, member, f"{prefix}{k}.") for k, member in enumerate(members)]
    values = [_activation(graph, z, member[-1]) for z, member in zip(last, members, strict=True)]
    return (_mean(graph, [_exact(graph, value) for value in values]) if len(values) > 1 else values[0]), last


def _exact(graph: Graph, value: str) -> str:
    """A value of the networks in float64."""
    return value if graph.dtype == EXACT else graph.cast(value, EXACT)


def _mean(graph: Graph, values: Sequence[str]) -> str:
    """The mean of values in float64."""
    total = values[0]
    for value in values[1:]:
        total = graph.add("Add", [total, value])
    return graph.add("Div", [total, graph.number(len(values), EXACT)])


def _numbers(graph: Graph, program: Program, X: str, a: str) -> None:
    """Outputs of a regression: what is expected, and quantiles. What is decoded is so in float64."""
    answer, n = program.answer, len(program.answer.decode)
    is_plain = len(program.members) == 1 and not program.quantiles and {*answer.decode, answer.unit} == {A}
    if is_plain:
        graph.give(a, "prediction", n, DTYPES[graph.dtype][0])
        return
    a = _decoded(graph, answer, a if len(program.members) > 1 else _exact(graph, a))
    graph.give(graph.formula(answer.unit, {"a": a}, EXACT), "prediction", n, onnx.DOUBLE)
    if not program.quantiles:
        return
    made = []
    for k, each in enumerate(program.quantiles):
        found, _ = _outputs(graph, X, each.members, f"q{k}.")
        decoded = _decoded(graph, answer, found if len(each.members) > 1 else _exact(graph, found))
        made.append(graph.add("Add", [decoded, graph.number(each.shift, EXACT)]))
    whole = graph.add("Concat", made, axis=1)
    count = graph.array(np.array([len(made) * n]), "how_many")
    rising = graph.add("TopK", [whole, count], "rising", more=["places"], axis=1, largest=0)
    graph.give(graph.formula(answer.unit, {"a": rising}, EXACT), "quantiles", len(made) * n, onnx.DOUBLE)


def _decoded(graph: Graph, answer: Answer, a: str) -> str:
    """Outputs on the scale that is learned, in float64."""
    parts = side_by_side(answer.decode, {"a": a}, graph, EXACT, sliced=True)
    return graph.add("Concat", parts, axis=1) if len(parts) > 1 else parts[0]


def _probabilities(graph: Graph, program: Program, a: str, last: Sequence[str]) -> None:
    """Outputs of a classification."""
    answer, kind = program.answer, DTYPES[graph.dtype][0]
    several = len(program.members) > 1
    p = graph.formula(answer.row, {"a": a}, EXACT if several else "")
    if several and graph.dtype != EXACT:
        p = graph.cast(p, graph.dtype)
    if answer.kind == "labels":
        above = graph.add("Less", [graph.number(0.5), p])
        graph.give(graph.add("Cast", [above], to=onnx.INT64), "labels", len(answer.labels), onnx.INT64)
        graph.give(p, "probabilities", len(answer.labels), kind)
        return
    if program.is_pair:
        p = graph.add("Concat", [graph.add("Sub", [graph.number(1.0), p]), p], axis=1)
    best = graph.add("ArgMax", [p], axis=1, keepdims=0)
    labels, label_kind = _labels(answer)
    graph.give(graph.add("Gather", [graph.array(labels, "classes"), best]), "label", None, label_kind)
    graph.give(p, "probabilities", len(answer.labels), kind)
    logs = _log_probabilities(graph, program, last)
    if logs:
        graph.give(logs, "log_probabilities", len(answer.labels), kind)


def _labels(answer: Answer) -> tuple[Any, int]:
    """The classes as an array: whole numbers, numbers or, of anything else, texts."""
    if all(type(label) is int for label in answer.labels):
        return np.array(answer.labels, dtype=np.int64), onnx.INT64
    if all(type(label) is bool for label in answer.labels):
        return np.array(answer.labels), onnx.BOOL
    if all(type(label) is float for label in answer.labels):
        return np.array(answer.labels), onnx.DOUBLE
    return np.array([str(label) for label in answer.labels], dtype=object), onnx.STRING


def _log_probabilities(graph: Graph, program: Program, last: Sequence[str]) -> str:
    """Logarithms of the probabilities, from the weighted inputs, so that none is −∞; "" where they cannot be had so."""
    kinds = {type(member[-1].activation) for member in program.members}
    if kinds == {Softmax}:
        logs = [graph.add("LogSoftmax", [z], axis=-1) for z in last]
    elif kinds == {Logistic} and program.is_pair:
        stable: Any = Softplus.computed_tree()
        logs = []
        for z in last:
            parts = [graph.formula(-_of_sign(stable, sign), {"z": z}) for sign in (1, -1)]
            logs.append(graph.add("Concat", parts, axis=1))
    else:
        return ""
    return _at_temperature(graph, program, _log_mean(graph, logs))


def _of_sign(tree: Any, sign: int) -> Any:
    """A formula of z as one of −z."""
    return tree if sign > 0 else evaluate(tree, {"z": -Z})


def _log_mean(graph: Graph, logs: Sequence[str]) -> str:
    """log of the mean of e to the power of each."""
    if len(logs) == 1:
        return logs[0]
    logs = [_exact(graph, value) for value in logs]
    greatest = logs[0]
    for value in logs[1:]:
        greatest = graph.add("Max", [greatest, value])
    total = _mean(graph, [graph.add("Exp", [graph.add("Sub", [value, greatest])]) for value in logs])
    found = graph.add("Add", [greatest, graph.add("Log", [total])])
    return found if graph.dtype == EXACT else graph.cast(found, graph.dtype)


def _at_temperature(graph: Graph, program: Program, logs: str) -> str:
    """log p divided by the temperature, brought back to probabilities that sum to 1."""
    temperature = temperature_of(program.answer)
    if temperature == 1:
        return logs
    return graph.add("LogSoftmax", [graph.add("Div", [logs, graph.number(temperature)])], axis=-1)


def temperature_of(answer: Answer) -> float:
    """T of p^(1/T): what it makes of two probabilities says it."""
    p, q = np.ravel(evaluate(answer.row, {"a": np.array([[0.9, 0.1]])}))
    return 1.0 if answer.row == A else float(np.log(0.9 / 0.1) / np.log(p / q))
