"""The recorder: runs the graph of one step on arrays and keeps every number of it under its name.

The step is that of the reference engine: its job, its formulas, its dropout masks, its order of things. Each site's
value is what its equation gives in the printed order (`clearprop.trace.arithmetic`), so that every line replays to
the last bit; the tests hold all of them against the engine's own forward, backward and step. Of a value with two forms
the textbook's is taken, unless it loses its digits on these numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from clearprop.errors import InputError, NotFiniteError
from clearprop.network import Parameters
from clearprop.trace.equations import Elementwise, Equation, Given
from clearprop.trace.graph import Graph
from clearprop.trace.setting import Setting, setting_of
from clearprop.trace.step import graph_of
from clearprop.trace.totals import EnginesPass, SecondPass
from clearprop.trace.trace import Site, Trace

Kind = TypeVar("Kind", bound=Trace)
AGREEING = 1e-9  # relative: a textbook form that is further from the stable one has lost too many digits


def trace_of(setting: Setting, params: Parameters, kind: type[Kind]) -> Kind:
    """The trace of a setting, of this kind: `Trace`, or a room's own."""
    network = setting.network
    exact = network.views(np.array(params.theta, dtype=np.float64))
    again = {"loss": setting.loss, "cost": setting.cost}
    with np.errstate(all="ignore"):  # what becomes infinite is shown as ∞, or refused
        sites = record(graph_of(setting.step), given_to(setting, exact), setting.clock, again)
    return kind(setting, exact, sites)


def given_to(setting: Setting, params: Parameters) -> dict[str, Any]:
    """The values that the graph of a setting asks for, by name; a single sample without its axis."""
    job, rule, state = setting.job, setting.rule, setting.state
    rows = {"a0": setting.X, "y": setting.Y, "sample_weight": setting.sample_weight}
    rows |= {f"mask{l}": mask for l, mask in setting.mask.items()}
    found = {name: array if setting.is_batch else array[0] for name, array in rows.items() if array is not None}
    found |= {"class_weight": job.class_weight, "total_weight": float(len(setting.X)), "l1": job.l1, "l2": job.l2}
    found |= {"rate": rule.learning_rate, "rate_start": rule.learning_rate, "t": float(state.step + 1)}
    for block in setting.network.blocks:
        vectors = {block.name: params.theta}
        vectors |= {f"{name}_{block.name}": vector for name, vector in zip(rule.memory, state.memory, strict=True)}
        found |= {name: vector[block.start : block.stop].reshape(block.shape) for name, vector in vectors.items()}
    return found


def record(
    graph: Graph, given: Mapping[str, Any], clock: Mapping[str, float], again: Mapping[str, Callable[[Any], float]]
) -> dict[str, Site]:
    """The sites of a step: every value of its graph, computed in order.

    Parameters
    ----------
    graph : Graph
    given : mapping of str to array
        The values that the graph asks for.
    clock : mapping of str to float
        What formulas leave open: where training stands.
    again : mapping of {"loss", "cost"} to callable
        Each from θ, by an engine, for the second pass.
    """
    sites: dict[str, Site] = {}
    arrays: dict[str, Any] = {}
    for name, node in graph.items():
        if node.is_given:
            equation: Equation = Given(_frozen(given[name]))
        elif isinstance(node.equation, SecondPass):
            equation = EnginesPass(node.equation.blocks, node.equation.of, again=again[node.equation.of])
        else:
            equation = _running(node.equation, clock)
        value = equation.compute(arrays)
        if node.computed is not None:
            stable = node.computed.compute(arrays)
            if not np.allclose(value, stable, rtol=AGREEING, atol=0.0):
                equation, value = node.computed, stable
        arrays[name] = _frozen(value)
        sites[name] = Site(name, equation, arrays[name])
        _check_finite(name, arrays)
    return sites


def _running(equation: Equation, clock: Mapping[str, float]) -> Equation:
    """The equation with numbers for what it left open."""
    if not isinstance(equation, Elementwise) or not equation.open:
        return equation
    known = {name: value for name, value in clock.items() if name in equation.open}
    return replace(equation, parameters={**equation.parameters, **known})


def _frozen(value: Any) -> Any:
    found = np.array(value)
    found.flags.writeable = False
    return found


def _check_finite(name: str, arrays: Mapping[str, Any]) -> None:
    """Raise NotFiniteError where the activations of a layer are not finite."""
    l = name.removeprefix("a")
    if not l.isdigit() or l == "0" or np.isfinite(arrays[name]).all():
        return
    raise NotFiniteError(
        f"the activations of layer {l} are not finite: their weighted inputs go up to "
        f"{np.abs(arrays[f'z{l}']).max():.3g}; scale the inputs or take smaller weights"
    )


def next_step(trace: Kind) -> Kind:
    """The trace of the next step: the same samples, the updated parameters, the optimizer's memory kept."""
    setting = trace.setting
    x, y, weight = trace["a0"].value, trace["y"].value, setting.sample_weight
    following = setting_of(trace.job, trace.updated, x, y, trace.state, weight, setting.n_samples)
    return trace_of(following, trace.updated, type(trace))


def one_sample(trace: Kind, i: int) -> Kind:
    """The trace of sample i of a batch, from 0, as a loss of its own: without its share of the mean.

    Raises
    ------
    InputError
        When there is no such sample, or it has no weight and a penalty would be divided by it.
    """
    if not trace.is_batch and i == 0:
        return trace
    if not 0 <= i < trace.n_samples:
        raise InputError(f"there is no sample {i}: the trace has samples 0 … {trace.n_samples - 1}")
    alone = trace.setting.alone(i)
    if alone.step.is_penalised and not alone.total_weight:
        raise InputError(f"sample {i} has the weight 0, by which the penalty is divided: it cannot be taken alone")
    return trace_of(alone, trace.params, type(trace))
