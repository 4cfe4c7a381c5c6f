"""Traces as JSON, for other programs: a versioned schema with every site, its equation and its numbers.

Format 1::

    format       "clearprop-trace"
    version      1; a reader should refuse a higher one
    clearprop    the version that wrote it
    network      as in a model file: inputs, layers, loss
    optimizer    name and parameters
    job          what else the fit asks for: l1, l2, label smoothing, clipping, dropout, class weights, the schedule
    step         number of the update
    is_batch     whether arrays of layers have an axis of samples
    sites        in the order of computation: name, law, inputs, value, and for one of its numbers the equation
                 (text, LaTeX, and the tree as a flat list)

A value is a number, a nested list, or for more than 4,096 numbers {"shape", "float64"}: base64 of little-endian
doubles in row order.
"""

from __future__ import annotations

import base64
import json
from fractions import Fraction
from typing import Any

import numpy as np

from clearprop.explain.derivations.lines import taken
from clearprop.explain.writing.pen import Pen
from clearprop.files.network_json import network_to_json
from clearprop.formulas import Symbol
from clearprop.formulas.saving import tree_to_json
from clearprop.trace.names import at
from clearprop.trace.scalar_trees import Scope
from clearprop.trace.trace import Trace
from clearprop.version import __version__

FORMAT, VERSION = "clearprop-trace", 1
MOST_IN_A_LIST = 4096


def to_json(trace: Trace, text: Pen, latex: Pen, indent: int | None = None) -> str:
    """The trace as JSON; the pens write the equations."""
    sites = [_site(trace, name, text, latex) for name in trace]
    document = {
        "format": FORMAT,
        "version": VERSION,
        "clearprop": __version__,
        "network": network_to_json(trace.network),
        "optimizer": {"name": trace.optimizer.name, "parameters": trace.optimizer.parameters},
        "job": _job(trace),
        "step": trace.step,
        "is_batch": trace.is_batch,
        "notation": text.notation.name,
        "sites": sites,
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent)


def _job(trace: Trace) -> dict[str, Any]:
    """What the fit asks for beyond the plain loss."""
    job = trace.job
    return {
        "l1": job.l1, "l2": job.l2, "label_smoothing": job.label_smoothing, "clip_norm": job.clip_norm,
        "dropout": list(job.dropout), "seed": job.seed,
        "class_weight": None if job.class_weight is None else list(job.class_weight),
        "schedule": {"name": job.schedule.name, "parameters": job.schedule.parameters},
    }  # fmt: skip


def _site(trace: Trace, name: str, text: Pen, latex: Pen) -> dict[str, Any]:
    site = trace[name]
    found: dict[str, Any] = {"name": name, "law": site.equation.law, "inputs": list(site.inputs)}
    first = (0,) * np.ndim(site.value)
    scope = Scope(trace.arrays)
    tree = site.equation.tree(scope, first)
    if tree is not None:
        label = Symbol(at(name, *first) if first else name)
        found["equation"] = {
            "of": label.name,
            "text": f"{text.formula(label)} = {text.formula(tree)}",
            "latex": f"{latex.formula(label)} = {latex.formula(tree)}",
            "tree": tree_to_json(taken(tree, scope.values)),
            "values": {key: number(value) for key, value in scope.values.items()},
        }
    return {**found, "value": array(site.value)}


def array(value: Any) -> Any:
    """An array as JSON holds it."""
    values = np.asarray(value)
    if values.dtype == object:
        return np.vectorize(str, otypes=[object])(values).tolist() if values.ndim else str(values[()])
    if values.size > MOST_IN_A_LIST:
        packed = np.ascontiguousarray(values, dtype="<f8").tobytes()
        return {"shape": list(values.shape), "float64": base64.b64encode(packed).decode()}
    return _finite(values.tolist())


def number(value: Any) -> Any:
    """A number as JSON holds it; an exact fraction as text."""
    return str(value) if isinstance(value, Fraction) else _finite(float(value))


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value if np.isfinite(value) else None
