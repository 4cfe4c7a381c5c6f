"""Networks from ONNX files, whoever wrote them: PyTorch, Keras, skl2onnx, JAX, or clearprop itself.

The file is read as data by `clearprop.files.protobuf`; the library onnx is not needed, and nothing in the file is run.
`onnx_walk` follows the graph from its output back, `onnx_operators` reads what stands between layers as formulas, and
`onnx_chain` makes dense layers of it, with everything that scales or shifts folded into them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import ClearpropError, InputError, UnknownNameError, shortened
from clearprop.files.importers.onnx_chain import inputs_of, layers_of
from clearprop.files.importers.onnx_ensembles import mean_of
from clearprop.files.importers.onnx_file import opsets, read_model
from clearprop.files.importers.onnx_reference import reference_of
from clearprop.files.importers.onnx_tensors import Tensors
from clearprop.files.importers.onnx_values import Flow, Tail
from clearprop.files.importers.onnx_walk import Walk
from clearprop.files.importers.recognise import has_only, recognised
from clearprop.files.importers.source import SourceNetwork
from clearprop.files.onnx_messages import Model


def read(path: str | os.PathLike[str], output: str | None = None) -> SourceNetwork:
    """The network in an ONNX file.

    Parameters
    ----------
    path : path
        Files with its large tensors must lie beside it.
    output : str, optional
        Which output of the graph, where there are several networks to choose from.

    Raises
    ------
    ModelFileError
        When the file is another kind of file, damaged, cut off, or in a version that is not known.
    InputError
        When the network is not a chain of dense layers; the node that is none is named.
    UnknownNameError
        When there is no such output.
    OSError
        When a file cannot be read.
    """
    path = Path(path)
    model = read_model(path)
    walk = Walk(model, Tensors(path))
    flow, name, tails = _chosen(walk, output)
    dtype = _dtype(flow)
    mean = mean_of(flow, walk.found.vectors) if flow.others else None
    alone = [flow]
    if mean is not None:
        alone = [replace(flow, stage=stage, others=(), tree=mean.each) for stage in (flow.stage, *flow.others)]
    (layers, columns), *more = (layers_of(each, walk.found, dtype) for each in alone)
    classes = next((tail.classes for tail in tails if tail.of.stage is flow.stage and tail.classes), None)
    if columns.is_transposed:
        walk.found.note("the file has its rows along the last axis; here each sample is a row, as everywhere")
    if flow.form == "transposed":
        walk.found.note("the file has its outputs along the first axis; here each sample is a row, as everywhere")
    inputs = inputs_of(columns, walk.found)
    return SourceNetwork(
        source=_source(model),
        layers=layers,
        classes=_fitting(classes, layers[-1].weights.shape[1], walk),
        is_multilabel=any("(Binarizer)" in tail.what for tail in tails),
        feature_names=tuple(walk.found.columns) if len(walk.inputs) > 1 else None,
        inputs=inputs,
        reference=reference_of(path, walk, name, flow) if name else None,
        notes=tuple(walk.found.notes),
        others=tuple(layers for layers, _ in more),
        after=() if mean is None else mean.after,
    )


def _chosen(walk: Walk, output: str | None) -> tuple[Flow, str, list[Tail]]:
    """The output that is the network's, and what else is made of it."""
    names = [item.name for item in walk.graph.output]
    if output is not None and output not in names:
        raise UnknownNameError("output", output, names)
    flows: dict[str, Flow] = {}
    tails: list[Tail] = []
    failures: list[ClearpropError] = []
    for name in names if output is None else [output]:
        try:
            value = walk.value(name)
        except InputError as error:
            failures.append(error)
            continue
        if isinstance(value, Flow) and value.others and mean_of(value, walk.found.vectors) is None:
            failures.append(_no_mean(name, value))
        elif isinstance(value, Flow):
            flows[name] = value
        elif isinstance(value, Tail):
            tails.append(value)
            walk.found.note(f"the output {shortened(name)!r} is {value.what}, made of the network's outputs")
    if not flows and tails:
        return tails[-1].of, "", tails
    if not flows:
        raise failures[0] if failures else InputError(f"no output of {walk.tensors.path} depends on its inputs")
    if failures:
        walk.found.note(f"another output of the file was not read: {failures[0]}")
    last = _last_of(flows, walk)
    return flows[last], last, tails


def _no_mean(name: str, flow: Flow) -> InputError:
    return InputError(
        f"the output {shortened(name)!r} is made of the outputs of {1 + len(flow.others)} networks, and is not a "
        "function of their mean"
    )


def _last_of(flows: dict[str, Flow], walk: Walk) -> str:
    """Of several outputs the one that all others come before."""
    depth = {name: len(_stages(flow)) for name, flow in flows.items()}
    last = max(flows, key=lambda name: depth[name])  # of equal ones the first
    before = _stages(flows[last])
    other = next((name for name, flow in flows.items() if flow.stage not in before), None)
    if other is not None:
        raise InputError(
            f"the graph has the outputs {shortened(last)!r} and {shortened(other)!r}, each at the end of a branch: say "
            "which one with output="
        )
    if len(flows) > 1:
        same = [name for name, flow in flows.items() if flow.stage is flows[last].stage]
        last = next((name for name in same if _is_probability(flows[name], walk)), same[-1])
        walk.found.note(f"of the outputs {', '.join(map(shortened, flows))}, {shortened(last)} was taken")
    return last


def _is_probability(flow: Flow, walk: Walk) -> bool:
    """Whether an output is softmax's or the logistic function's, or made of their mean."""
    mean = mean_of(flow, walk.found.vectors) if flow.others else None
    tree = flow.tree if mean is None else mean.each
    known = recognised(tree, "float32") if has_only(tree, "z") else None
    return known is not None and (known.is_distribution or known.name == "logistic")


def _stages(flow: Flow) -> list[Any]:
    found, value = [], flow
    while isinstance(value, Flow):
        found.append(value.stage)
        value = value.stage.before
    return found


def _dtype(flow: Flow) -> str:
    """float64 where any matrix is, otherwise float32."""
    kinds = [np.asarray(stage.weights).dtype for stage in _stages(flow)]
    return "float64" if any(kind == np.float64 or kind.kind != "f" for kind in kinds) else "float32"


def _fitting(classes: tuple[Any, ...] | None, n_outputs: int, walk: Walk) -> tuple[Any, ...] | None:
    """Names of classes, where there are as many as outputs, or two for one output."""
    if classes is None or len(classes) == max(2, n_outputs):
        return classes
    walk.found.note(f"the file names {len(classes)} classes for {n_outputs} outputs; they are left out")
    return None


def _source(model: Model) -> str:
    written = " ".join(filter(None, (model.producer_name, model.producer_version)))
    return f"ONNX, opset {opsets(model)['']}" + (f", written by {shortened(written, 60)}" if written else "")
