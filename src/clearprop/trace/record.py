"""The recorder: runs one step of training and keeps every number of it under its name.

The step is that of the reference engine: its job, its formulas, its dropout masks, its order of things. Each site's
value is what its equation gives in the printed order (`clearprop.trace.arithmetic`), so that every line replays to
the last bit; the tests hold all of them against the engine's own forward, backward and step.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from clearprop.errors import InputError
from clearprop.network import Parameters
from clearprop.trace.backward import record_backward
from clearprop.trace.builder import Notes
from clearprop.trace.forward import record_forward, record_given, record_loss
from clearprop.trace.setting import Setting, setting_of
from clearprop.trace.totals import FirstOrder, SecondPass
from clearprop.trace.trace import Trace
from clearprop.trace.update import record_clipping, record_gradients, record_update

Kind = TypeVar("Kind", bound=Trace)


def trace_of(setting: Setting, params: Parameters, kind: type[Kind]) -> Kind:
    """The trace of a setting, of this kind: `Trace`, or a room's own."""
    network = setting.network
    exact = network.views(np.array(params.theta, dtype=np.float64))
    notes = Notes(setting, exact)
    with np.errstate(all="ignore"):  # what becomes infinite is shown as ∞, or refused
        record_given(notes)
        record_forward(notes)
        record_loss(notes)
        record_backward(notes)
        gradients = record_gradients(notes)
        record_update(notes, record_clipping(notes, gradients))
        minimised = "cost" if notes.has("cost") else "loss"
        notes.keep("prediction", FirstOrder(minimised, gradients))
        names = tuple(block.name for block in network.blocks)
        notes.keep("loss_new", SecondPass(setting.loss, names))
        if minimised == "cost":
            notes.keep("cost_new", SecondPass(setting.cost, names, "cost"))
    return kind(setting, exact, notes.sites)


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
    if alone.is_penalised and not alone.total_weight:
        raise InputError(f"sample {i} has the weight 0, by which the penalty is divided: it cannot be taken alone")
    return trace_of(alone, trace.params, type(trace))
