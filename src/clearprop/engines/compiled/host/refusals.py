"""Why a job cannot be compiled, in a sentence."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from clearprop.engines.compiled.host.partition import cut
from clearprop.engines.compiled.host.plan import Plan
from clearprop.engines.compiled.kernels.layout import Task
from clearprop.errors import EngineRefusal, FormulaError
from clearprop.formulas import LBFGS, UpdateRule
from clearprop.formulas.printers.kernel import to_kernel
from clearprop.job.job import Job
from clearprop.network import Dense, Network, NumberEmbedding


@lru_cache(maxsize=256)
def uncompilable(
    network: Network, rule: UpdateRule | LBFGS | None, extras: tuple[bool, bool, bool, bool], dtype: str
) -> str | None:
    """Why the kernels of a job cannot be compiled, if that fails; a plan for one row asks for all of them."""
    smoothing, l1, l2, clip = extras
    how = cut(network.widths, network.n_parameters, 1, np.dtype(dtype).itemsize)
    try:
        if rule is None:
            Plan(network, dtype, Task.OUTPUTS, how._replace(chunk=1, shards=0), 1, 1)
        else:
            clip_norm = 1.0 if clip else None
            job = Job(network, rule, label_smoothing=0.1 * smoothing, l1=float(l1), l2=float(l2), clip_norm=clip_norm)
            Plan(network, dtype, Task.GRADIENT if isinstance(rule, LBFGS) else Task.STEPS, how, 1, 1, job)
    except EngineRefusal as error:
        return str(error)
    return None


@lru_cache(maxsize=256)
def unprintable(network: Network, rule: UpdateRule | LBFGS) -> str | None:
    """Why a layer or a formula of a job cannot be compiled, if one cannot."""
    for l, layer in enumerate(network.layers, start=1):
        if isinstance(layer, NumberEmbedding) and l > 1:
            return f"it embeds numbers in the first layer only, and layer {l} is a {type(layer).__name__}"
        if not isinstance(layer, Dense | NumberEmbedding):
            return f"it has kernels for dense layers only, and layer {l} is a {type(layer).__name__}"
    if not isinstance(network.layers[-1], Dense):
        return "it needs a dense layer behind an embedding of numbers, and there is none"
    try:
        for layer in network.layers:
            to_kernel([layer.activation.computed_tree()], ["z"])
            to_kernel([layer.activation.pullback_tree()], ["g", "z", "a"])
        to_kernel([network.head.loss_tree(), network.head.error_tree()], ["z", "a", "y"])
        if isinstance(rule, UpdateRule):
            to_kernel(rule.computed_trees(), ["theta", "g", *rule.memory])
    except FormulaError as error:
        return str(error)
    return None
