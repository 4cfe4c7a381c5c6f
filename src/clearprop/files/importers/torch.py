"""Modules of PyTorch, read as data: their forward is followed, their tensors are copied, nothing of them is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from clearprop.errors import InputError, ShapeError, quoted, require
from clearprop.files.importers.chain import Chain, refused
from clearprop.files.importers.source import SourceNetwork
from clearprop.files.importers.torch_gradient import loss_of, reference_and_gradient
from clearprop.files.importers.torch_graph import SHAPES, Step, steps_of, traced, unwrapped
from clearprop.files.importers.torch_layers import (
    ACTIVATIONS,
    ARGUMENTS,
    NORMALISES_A_ROW,
    add_module,
    array,
    function_name,
)
from clearprop.files.importers.torch_optimizer import rule_of
from clearprop.formulas import HardTanh, Relu6


def read(module: Any, loss: Any = None, optimizer: Any = None) -> SourceNetwork:
    """The network of a torch.nn.Module whose forward is a chain of dense layers.

    Parameters
    ----------
    module : torch.nn.Module
        It is read as it computes in evaluation.
    loss : loss, or module of torch.nn such as CrossEntropyLoss()
        With it the source's own gradient can be computed.
    optimizer : torch.optim.Optimizer
        Of the module's parameters: its settings and its memory are taken along.

    Raises
    ------
    InputError
        When it is no module, or has a step that no dense layer does; the step is named.
    """
    require("networks of PyTorch need", "torch", "torch")
    import torch

    if not isinstance(module, torch.nn.Module):
        raise InputError(f"from_torch takes a torch.nn.Module, not {quoted(module)}")
    module = unwrapped(module)
    if type(module).__module__.startswith("torch.") and kind_of(module) not in ("Sequential", "Linear"):
        raise refused(1, kind_of(module), "")
    _check_tensors(module)
    with evaluating(module):
        graph = traced(module)
        start, steps = steps_of(graph)
        chain = Chain(_n_inputs(graph, steps), start)
        for number, step in enumerate(steps, start=1):
            _add(chain, graph, step, number)
        floats = {array(t).dtype for t in module.parameters()} or {np.dtype(np.float32)}
        layers = chain.finish(np.result_type(*floats))
    found, notes = loss_of(loss, chain)
    shared = [path for path in _weights(chain) if _weights(chain).count(path) > 1]
    if shared:
        notes += (f"the layers share the weights {shared[0]!r}; here each has its own, and training moves them apart",)
    if any(str(t.dtype) in ("torch.float16", "torch.bfloat16") for t in module.parameters()):
        notes += ("numbers of half precision were widened to float32; the source rounds every step to its own",)
    rule, memory, told = rule_of(optimizer, module, chain)
    reference, gradient = reference_and_gradient(module, graph, chain, found, evaluating)
    return SourceNetwork(
        source=f"PyTorch {torch.__version__.partition('+')[0]}, {type(module).__name__}",
        layers=layers,
        loss=found,
        update_rule=rule,
        memory=memory,
        inputs=chain.preprocessing(),
        notes=(*chain.notes, *notes, *told),
        reference=reference,
        gradient=gradient,
    )


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """The module in evaluation, and afterwards as it was."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


def _check_tensors(module: Any) -> None:
    for name, tensor in module.named_parameters():
        if type(tensor).__name__ == "UninitializedParameter":
            raise InputError(f"{name} has no shape yet: call the module once before it is imported")
        if tensor.is_meta:
            raise InputError(f"{name} has no numbers (device meta): load its weights first")


def _n_inputs(graph: Any, steps: list[Step]) -> int:
    """How many columns come in, from the first step that says so."""
    for step in steps:
        node = step.node
        if node.op == "call_module":
            module = graph.get_submodule(node.target)
            count = getattr(module, "in_features", getattr(module, "num_features", None))
            if isinstance(count, int):
                return count
        else:
            name = _name_of(node)
            for tensor in (_constant(graph, a) for a in node.args[1:] if _is_constant(a)):
                if getattr(tensor, "ndim", 0) >= 1 and name not in SHAPES:
                    return int(tensor.shape[1] if name == "linear" else tensor.shape[0 if tensor.ndim == 2 else -1])
    for number, step in enumerate(steps, start=1):
        _add(Chain(1), graph, step, number)  # which names what is none
    raise InputError("there is no dense layer in it: there is no network to import")


def _weights(chain: Chain) -> list[str]:
    """The modules that the layers take their weights from."""
    return [layer.name for layer in chain.layers if not layer.is_own]


def kind_of(module: Any) -> str:
    """The class of a module, also of one with a parametrization (weight_norm, spectral_norm)."""
    from torch.nn.utils import parametrize

    return str(parametrize.type_before_parametrizations(module).__name__)


def _add(chain: Chain, graph: Any, step: Step, number: int) -> None:
    """Add one step; InputError with its number and name for one that no dense chain has."""
    node = step.node
    is_module = node.op == "call_module"
    kind = kind_of(graph.get_submodule(node.target)) if is_module else _name_of(node)
    try:
        if is_module:
            known = add_module(chain, graph.get_submodule(node.target), kind, node.target, node)
        else:
            known = _add_function(chain, graph, step, function_name(kind))
    except ShapeError:
        raise
    except InputError as error:
        raise InputError(f"layer {number}, {kind}: {error}") from None
    if not known:
        why = "it normalises each row by itself" if kind in NORMALISES_A_ROW else ""
        raise refused(number, kind, node.target if is_module else node.name, why)


def _name_of(node: Any) -> str:
    return str(node.target if node.op == "call_method" else getattr(node.target, "__name__", node.target))


def _add_function(chain: Chain, graph: Any, step: Step, name: str) -> bool:
    """A function or method on what the layer before gives."""
    node, n = step.node, step.node.name
    if name in SHAPES or name == "dropout":
        if name == "dropout":
            chain.notes.append(f"{n} does nothing in evaluation and was dropped")
        return True
    if name in ACTIVATIONS:
        settings = dict(zip(ARGUMENTS.get(name, ()), node.args[1:], strict=False)) | dict(node.kwargs)
        chain.activation(ACTIVATIONS[name](settings), n, node)
        return True
    if name in ("clamp", "clip"):
        return _clamp(chain, node)
    others = [_constant(graph, a) for a in node.args if a is not step.before]
    others += [_constant(graph, a) for a in node.kwargs.values() if a is not step.before]
    if name == "linear":
        weights, *bias = [tensor for tensor in others if tensor is not None]
        chain.dense(array(weights).T, array(bias[0]) if bias else None, _path(node.args[1], n), node)
        return True
    if name in ("matmul", "mm") and node.args[0] is step.before:
        chain.dense(array(others[0]), None, _path(node.args[1], n), node)
        return True
    return _arithmetic(chain, step, name, others)


def _arithmetic(chain: Chain, step: Step, name: str, others: list[Any]) -> bool:
    """A scale or a shift: by one number, or by one for each unit."""
    n, first = step.node.name, step.node.args[0] is step.before
    if name == "neg":
        chain.affine(-1.0, 0.0, n, step.node)
        return True
    if name not in ("add", "sub", "mul", "truediv", "div") or len(others) != 1:
        return False
    number = others[0]
    other = array(number).astype(np.float64) if hasattr(number, "detach") else np.float64(number)
    other = other.ravel() if other.size == max(other.shape, default=1) else other
    if other.ndim > 1 or (name in ("truediv", "div") and not first):
        return False
    scale: Any = 1.0 if first or name == "add" else -1.0
    shift: Any = -other if first and name == "sub" else other
    if name not in ("add", "sub"):
        scale, shift = (other if name == "mul" else 1 / other), 0.0
    chain.affine(scale, shift, n, step.node, quietly=name == "add" and chain.width == other.size)
    return True


def _clamp(chain: Chain, node: Any) -> bool:
    low, high = (*node.args[1:], None, None)[:2]
    low, high = node.kwargs.get("min", low), node.kwargs.get("max", high)
    if not all(isinstance(bound, int | float) for bound in (low, high)):
        return False
    chain.activation(Relu6(float(high)) if low == 0 else HardTanh(float(low), float(high)), node.name, node)
    return True


def _path(node: Any, otherwise: str) -> str:
    """The layer that a weight belongs to, as its module's path."""
    is_tensor = getattr(node, "op", "") == "get_attr"
    return str(node.target).removesuffix("weight").removesuffix(".") if is_tensor else otherwise


def _is_constant(argument: Any) -> bool:
    """Whether an argument is one of the module's own tensors, or made of those alone."""
    if getattr(argument, "op", None) == "get_attr":
        return True
    is_call = getattr(argument, "op", None) in ("call_method", "call_function")
    return is_call and all(map(_is_constant, argument.all_input_nodes)) and bool(argument.all_input_nodes)


def _constant(graph: Any, argument: Any) -> Any:
    """A number as it is; the value of a node that does not depend on the input."""
    if not hasattr(argument, "op"):
        return argument
    if argument.op == "get_attr":
        *path, name = argument.target.split(".")
        return getattr(graph.get_submodule(".".join(path)), name)
    values = [_constant(graph, a) for a in argument.args]
    if argument.op == "call_method":
        return getattr(values[0], argument.target)(*values[1:])
    return argument.target(*values)
