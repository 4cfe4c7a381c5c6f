"""`explain`: one step of training, every number of it kept under its name.

The step is that of the reference engine: its job, its formulas, its dropout masks, its order of things. Each site's
value is what its equation gives in the printed order (`clearprop.explain.arithmetic`), so that every line replays to
the last bit; the tests hold all of them against the engine's own forward, backward and step.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.engines import Job, TrainingState
from clearprop.errors import InputError
from clearprop.explain.recording.backward import record_backward
from clearprop.explain.recording.forward import record_forward, record_given, record_loss
from clearprop.explain.recording.notes import Notes
from clearprop.explain.recording.update import record_clipping, record_gradients, record_update
from clearprop.explain.setting import Setting, setting_of
from clearprop.explain.totals import FirstOrder, SecondPass
from clearprop.explain.trace import Trace
from clearprop.formulas import LBFGS, UpdateRule, update_rule
from clearprop.network import Network, Parameters


def explain(
    network: Network,
    params: Parameters,
    x: Any,
    y: Any,
    optimizer: str | UpdateRule | LBFGS | None = None,
    state: TrainingState | None = None,
    *,
    job: Job | None = None,
    sample_weight: Any = None,
    n_samples: int | None = None,
) -> Trace:
    """Every number of one step of training: forward, loss, errors, gradients, update, and the loss afterwards.

    Parameters
    ----------
    network : Network
    params : Parameters
        Left as they are. Numbers of float32 are explained in float64.
    x : array of shape (n₀,) or (n_samples, n₀)
        One sample, or a batch whose mean loss is explained.
    y : array of shape (n_L,) or (n_samples, n_L)
        A number will do for one sample and one output.
    optimizer : update rule, optional
        A name or the rule itself, ``sgd(0.1)``; by default that of the job, or sgd.
    state : TrainingState, optional
        Before this step: the optimizer's memory and how far the fit has come. A fresh one by default.
    job : Job, optional
        What else the fit asks: penalties, dropout, label smoothing, clipping, class weights, a schedule. The step
        explained is then the one that the engine makes of these rows in this state.
    sample_weight : number or array of shape (n_samples,), optional
    n_samples : int, optional
        Rows of the whole fit, for schedules that go by epochs; by default the rows given.

    Returns
    -------
    Trace

    Raises
    ------
    ShapeError, NotFiniteError, InputError
        When the sample does not fit the network, with row and column; when the optimizer is L-BFGS, which chooses its
        steps itself and has no update formula; when the job is for another network.

    Examples
    --------
    >>> from clearprop import Network, sgd
    >>> from clearprop.explain import explain
    >>> net = Network.mlp([2, 2, 1], hidden="sigmoid", output="sigmoid", loss="squared_error")
    >>> params = net.parameters([[[0.5, 0.3], [0.2, 0.4]], [0.6, 0.7]], [[0.1, 0.2], 0.3])
    >>> trace = explain(net, params, [0.5, 0.3], 0.8, optimizer=sgd(0.1))
    >>> trace["z1"].value.round(2), trace["delta2"].value.round(4)
    (array([0.41, 0.47]), array([-0.0193]))
    >>> trace.value_of("dW1[0,0]") < 0
    True

    With a penalty and clipping, as the engine would make the step:

    >>> from clearprop.engines import Job
    >>> job = Job(net, sgd(0.1), l2=0.01, clip_norm=0.02)
    >>> trace = explain(net, params, [0.5, 0.3], 0.8, job=job)
    >>> trace["W1_new"].inputs, trace["clipped_W1"].inputs, trace["g_W1"].inputs
    (('W1', 'clipped_W1', 'rate'), ('g_W1', 'clip'), ('dW1', 'W1', 'l2', 'total_weight'))
    """
    if job is not None and job.network != network:
        raise InputError("the job is for another network than the one to be explained")
    if job is None:
        job = Job(network, _rule("sgd" if optimizer is None else optimizer))
    elif optimizer is not None:
        job = replace(job, update_rule=_rule(optimizer))
    return trace_of(setting_of(job, params, x, y, state, sample_weight, n_samples), params)


def _rule(optimizer: str | UpdateRule | LBFGS) -> UpdateRule | LBFGS:
    if optimizer == "lbfgs":
        return LBFGS()
    return optimizer if isinstance(optimizer, LBFGS) else update_rule(optimizer)


def trace_of(setting: Setting, params: Parameters) -> Trace:
    """The trace of a setting."""
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
    return Trace(setting, exact, notes.sites)
