"""The steps of a module's forward, found by torch.fx: modules, functions and methods one after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

from clearprop.errors import InputError
from clearprop.files.importers.chain import refused

SHAPES = ("flatten", "view", "reshape", "squeeze", "contiguous", "float", "double", "to", "detach", "clone")
WRAPPERS = {
    "OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module",
    "AveragedModel": "module",
}  # fmt: skip


class Step(NamedTuple):
    """One step: its node in the graph, and the node whose value it takes."""

    node: Any
    before: Any


def unwrapped(module: Any) -> Any:
    """The module in torch.compile's, DataParallel's or AveragedModel's wrapper."""
    while (inner := WRAPPERS.get(type(module).__name__)) is not None and hasattr(module, inner):
        module = getattr(module, inner)
    return module


def traced(module: Any) -> Any:
    """The module's forward as a torch.fx.GraphModule, modules of torch.nn left whole.

    Raises
    ------
    InputError
        When it cannot be traced, because it branches by its data, say.
    """
    import torch

    class Tracer(torch.fx.Tracer):  # type: ignore[misc]
        def is_leaf_module(self, m: Any, name: str) -> bool:
            return not isinstance(m, torch.nn.Sequential) and type(m).__module__.startswith("torch.")

    try:
        return torch.fx.GraphModule(module, Tracer().trace(module))
    except Exception as error:
        raise InputError(
            f"the forward of {type(module).__name__} cannot be followed ({error}); from_torch takes nn.Sequential and "
            "modules whose forward is one chain of layers"
        ) from error


def steps_of(graph_module: Any) -> tuple[Any, list[Step]]:
    """The node of the input, and the steps from there to the output.

    Raises
    ------
    InputError
        When they are no chain.
    """
    graph = graph_module.graph
    inputs = [node for node in graph.nodes if node.op == "placeholder" and node.users]
    if len(inputs) != 1:
        raise InputError(f"its forward uses {len(inputs)} inputs; from_torch takes modules of one")
    depends = _depending(graph, inputs[0])
    (output,) = [node for node in graph.nodes if node.op == "output"]
    value = output.args[0]
    if not hasattr(value, "op"):
        raise InputError("its forward does not return one tensor; from_torch takes modules with one output")
    backwards: list[Step] = []
    while value is not inputs[0]:
        before = [node for node in _tensors_of(value) if node in depends]
        if len(set(before)) != 1:
            number = [node for node in graph.nodes if node in depends].index(value)  # the input is number 0
            raise refused(number, _called(graph_module, value), value.name, _why(before))
        backwards.append(Step(value, before[0]))
        value = before[0]
    return inputs[0], backwards[::-1]


def _why(before: list[Any]) -> str:
    if not before:
        return "it does not get what the layer before gives"
    names = " and ".join(dict.fromkeys(node.name for node in before))
    return f"it joins {names}; the network has a branch or a connection past a layer, and is no chain"


def _depending(graph: Any, start: Any) -> set[Any]:
    """The nodes whose tensors come from the input; a size of it is no tensor."""
    found = {start}
    for node in graph.nodes:
        is_size = node.op == "call_method" and node.target in ("size", "dim", "numel")
        is_attribute = node.op == "call_function" and getattr(node.target, "__name__", "") == "getattr"
        if any(n in found for n in node.all_input_nodes) and not is_size and not is_attribute:
            found.add(node)
    return found


def _tensors_of(node: Any) -> list[Any]:
    """The arguments of a step that can be what it takes: of a change of shape the first alone."""
    name = node.target if node.op == "call_method" else getattr(node.target, "__name__", "")
    if name in SHAPES:
        return [node.args[0]]
    return list(node.all_input_nodes)


def _called(graph_module: Any, node: Any) -> str:
    """What a step is called: the class of a module, the name of a function."""
    if node.op == "call_module":
        return type(graph_module.get_submodule(node.target)).__name__
    return str(getattr(node.target, "__name__", node.target))
