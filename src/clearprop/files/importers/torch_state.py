"""A state_dict in a file: tensors by name, and from whoever wrote the module what stands between them.

A .pt file is read by PyTorch's own weights_only reader, after its sizes were looked at; .safetensors needs no PyTorch.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import FileError, InputError, quoted
from clearprop.files.importers.chain import Chain, scale_and_shift
from clearprop.files.importers.source import SourceNetwork
from clearprop.files.importers.torch_file import tensors_of
from clearprop.files.importers.torch_layers import ACTIVATIONS, ARGUMENTS, DROPOUTS, NOTHING, function_name
from clearprop.formulas import Activation, LeakyRelu, activation

Tensors = dict[str, dict[str, Any]]  # by module and, in it, by name
IGNORED = {function_name(name) for name in (*NOTHING, *DROPOUTS)}
EXAMPLE = "for example layers=['Linear', 'ReLU', 'Linear'], or with the names in the file, layers=[{}]"
BATCH_NORM_EPSILON = 1e-5  # PyTorch's default; a state_dict does not hold it


def read(path: Any, layers: Sequence[Any] | str | None) -> SourceNetwork:
    """The network of a state_dict, saved by torch.save or as .safetensors.

    Parameters
    ----------
    path : path
    layers : sequence
        The steps in the order of use: "Linear" or, where the file has matrices that could follow each other in several
        orders, a layer's name in the file; between them activations, as PyTorch or clearprop call them
        ("LeakyReLU(0.2)") or as formulas. Activations alone, one for each matrix, will do: ["relu", "identity"].

    Raises
    ------
    FileError
        When the file is damaged, of another kind, or larger than it may be.
    InputError
        When the layers are not those of the file.
    """
    tensors, notes, writer = tensors_of(Path(path))
    modules = _by_module(tensors)
    if layers is None:
        raise InputError(
            "a state_dict holds no activations: say them in layers=, "
            + EXAMPLE.format(", ".join(repr(m) + ", 'ReLU'" for m, parts in modules.items() if _is_dense(parts)))
        )
    steps = _written_out(layers, modules)
    first = next((modules[s] for s in steps if isinstance(s, str) and s in modules), None)
    chain = Chain(_n_inputs(first))
    chain.notes += notes
    for number, step in enumerate(steps, start=1):
        _add(chain, step, modules, number)
    unused = set(modules) - {s for s in steps if isinstance(s, str)}
    if unused:
        raise InputError(
            f"the file has tensors of {', '.join(map(repr, sorted(unused)))}, which layers does not name; name all"
        )
    kinds = [array.dtype for parts in modules.values() for array in parts.values() if array.dtype.kind == "f"]
    layers_made = chain.finish(np.result_type(*kinds))
    return SourceNetwork(writer, layers_made, inputs=chain.preprocessing(), notes=tuple(chain.notes))


def _by_module(tensors: Mapping[str, Any]) -> Tensors:
    """The tensors by the modules that they belong to, without the prefixes of wrappers."""
    names = {name: name.replace("_orig_mod.", "") for name in tensors if name != "n_averaged"}
    while names and all(name.startswith("module.") for name in names.values()):
        names = {key: name.removeprefix("module.") for key, name in names.items()}
    found: Tensors = {}
    for key, name in names.items():
        if name.endswith(("num_batches_tracked", "embedding.weight")):
            continue
        if "_packed_params" in name:
            raise InputError(f"{name} is of a quantised module, whose weights are not numbers by themselves")
        module, _, part = re.sub(r"parametrizations\.weight\.(original\d?|0\._[uv])$", r"\1", name).rpartition(".")
        if part in ("_u", "_v"):
            module = module.removesuffix("0").removesuffix(".")
        found.setdefault(module or "module", {})[part] = tensors[key]  # "module": of a module that is one layer
    return {module: _without_norms(module, parts) for module, parts in found.items()}


def _without_norms(module: str, parts: dict[str, Any]) -> dict[str, Any]:
    """weight_norm's and spectral_norm's factors, new and old, multiplied out."""
    for g, v in (("original0", "original1"), ("weight_g", "weight_v")):
        if g in parts and v in parts and "weight_orig" not in parts:
            norm = np.sqrt((parts[v].astype(np.float64) ** 2).sum(axis=1, keepdims=True))
            weight = parts[v] * (parts[g] / norm)
            return {"weight": weight.astype(parts[v].dtype), **{k: a for k, a in parts.items() if k not in (g, v)}}
    for whole, u, v in (("original", "_u", "_v"), ("weight_orig", "weight_u", "weight_v")):
        if {whole, u, v} <= set(parts):
            W = parts[whole]
            sigma = parts[u].astype(np.float64) @ W.astype(np.float64) @ parts[v].astype(np.float64)
            rest = {k: a for k, a in parts.items() if k not in (whole, u, v)}
            return {"weight": (W / sigma).astype(W.dtype), **rest}
    if any(part.startswith(("original", "weight_")) for part in parts):
        raise InputError(f"{module!r} has a parametrization that is not known here: {', '.join(parts)}")
    return parts


def _is_dense(parts: Mapping[str, Any]) -> bool:
    return "weight" in parts and parts["weight"].ndim == 2


def _written_out(layers: Sequence[Any] | str, modules: Tensors) -> list[Any]:
    """The steps with the names of modules for "Linear", activations as formulas, and nothing else."""
    if isinstance(layers, str):
        layers = re.split(r",\s*(?![^(]*\))", layers)
    steps: list[Any] = [_step(item, modules) for item in layers]
    matrices = [m for m, parts in modules.items() if _is_dense(parts)]
    are_activations = (isinstance(step, Activation) or step == "" for step in steps)
    if matrices and len(steps) == len(matrices) and all(are_activations):
        steps = [step for formula in steps for step in (None, formula)]  # an activation for each layer
    wanted = sum(step is None for step in steps)
    if wanted:
        named = [s for s in steps if isinstance(s, str)]
        left = [m for m, parts in modules.items() if _is_dense(parts) and m not in named]
        if len(left) != wanted:
            names = ", ".join(left)
            raise InputError(f"layers has 'Linear' {wanted} times, and the file {len(left)} matrices: {names}")
        order = iter(_in_order(left, modules))
        steps = [next(order) if step is None else step for step in steps]
    return [step for step in steps if step != ""]


def _step(item: Any, modules: Tensors) -> Any:
    """A module's name, a formula, None for a "Linear", "" for what does nothing."""
    if not isinstance(item, str):
        return activation(item)
    if item in modules:
        return item
    name, settings = _call(item)
    plain = function_name(name)
    if plain == "linear":
        return None
    if plain in IGNORED:
        return ""
    if plain in ACTIVATIONS:
        return ACTIVATIONS[plain](dict(zip(ARGUMENTS.get(plain, ()), settings[0], strict=False)) | settings[1])
    if plain in ("batchnorm1d", "prelu"):
        names = ", ".join(repr(name) for name, parts in modules.items() if not _is_dense(parts))
        raise InputError(f"{item} has numbers of its own: call it by its name in the file, one of {names or 'none'}")
    try:
        return activation(item)
    except InputError:
        raise InputError(
            f"{quoted(item)} in layers is neither an activation nor a module of the file, which has "
            f"{', '.join(map(repr, modules))}"
        ) from None


def _call(item: str) -> tuple[str, tuple[list[Any], dict[str, Any]]]:
    """A name, and the numbers in brackets behind it, if there are any."""
    try:
        tree = ast.parse(item[:200], mode="eval").body
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            values = [ast.literal_eval(a) for a in tree.args]
            return tree.func.id, (values, {str(k.arg): ast.literal_eval(k.value) for k in tree.keywords})
    except (SyntaxError, ValueError):
        pass  # no call: a name as it stands
    return item, ([], {})


def _in_order(names: list[str], modules: Tensors) -> list[str]:
    """The order in which matrices follow each other: by their shapes, or by the numbers that a Sequential gives."""
    numbers = [re.fullmatch(r"(.*?)(\d+)", name) for name in names]
    if all(numbers) and len({match[1] for match in numbers if match}) == 1:
        return sorted(names, key=lambda name: int(re.sub(r".*?(\d+)$", r"\1", name)))
    shapes = {name: modules[name]["weight"].shape[::-1] for name in names}
    found: list[list[str]] = []
    _follow([], names, shapes, found)
    if len(found) != 1:
        how = "no order" if not found else "several orders"
        raise InputError(
            f"the matrices {', '.join(f'{n} {shapes[n][0]}→{shapes[n][1]}' for n in names)} can follow each other in "
            f"{how}, and a file has them as they were declared: name them in layers, " + EXAMPLE.format(repr(names[0]))
        )
    return found[0]


def _follow(done: list[str], left: list[str], shapes: Mapping[str, Any], found: list[list[str]]) -> None:
    """Every order in which what is left can follow, at most two."""
    if not left:
        found.append(done)
    for name in left:
        if len(found) < 2 and (not done or shapes[done[-1]][1] == shapes[name][0]):
            _follow([*done, name], [other for other in left if other != name], shapes, found)


def _n_inputs(parts: Mapping[str, Any] | None) -> int:
    if parts is None:
        raise InputError("layers names no layer with weights; " + EXAMPLE.format("'0', 'ReLU', '2'"))
    return int(max(parts.values(), key=lambda array: array.ndim).shape[-1])  # a file may have the biases first


def _add(chain: Chain, step: str | Activation, modules: Tensors, number: int) -> None:
    """Add one step to the chain."""
    if isinstance(step, Activation):
        chain.activation(step, f"step {number}")
        return
    parts = modules[step]
    if _is_dense(parts):
        chain.dense(parts["weight"].T, parts.get("bias"), step)
    elif {"running_mean", "running_var"} <= set(parts):
        scale, shift = scale_and_shift(
            parts["running_mean"], parts["running_var"], BATCH_NORM_EPSILON, parts.get("weight"), parts.get("bias")
        )
        chain.affine(scale, shift, f"the batch normalisation {step!r} (ε taken to be {BATCH_NORM_EPSILON:g})")
    elif set(parts) == {"weight"} and parts["weight"].ndim == 1:
        slopes = parts["weight"]
        if slopes.size == 1:
            chain.activation(LeakyRelu(float(slopes[0])), step)
        else:
            chain.slopes(slopes, f"the PReLU {step!r}")
    else:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in parts.items())
        raise FileError(f"step {number}, {step!r}, has {shapes}: it is not a dense layer, a normalisation or a PReLU")
