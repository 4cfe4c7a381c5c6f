"""The step of training that is explained of a model of a table, the same for the command line and for estimators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.explain.explained import Trace, explain
from clearprop.explain.trained import TableModel, Trained, Unit, kind_of
from clearprop.formulas import LBFGS, UpdateRule
from clearprop.tables import ClassTarget, LabelTargets, Target
from clearprop.tables.origins import origins

PLAIN = "sgd"  # the rule where it is not known how a model was trained


def explain_row(
    model: TableModel,
    row: pa.Table,
    actual: Any,
    sample: Any,
    *,
    member: int = 0,
    optimizer: str | UpdateRule | LBFGS | None = None,
) -> Trace:
    """The first step that the training of a network would make with this row from where the network is now.

    Parameters
    ----------
    model : TableModel
    row : pyarrow.Table
        A table of this one row.
    actual : object
        What the row says of the target.
    sample : array of shape (n_outputs,)
        The same as the network learns it.
    member : int
        Which network, from 0.
    optimizer : update rule, optional
        With it the step is one of the plain loss. By default it is that of the training; where that is not known, as of
        a file that does not say it, one of plain sgd.

    Raises
    ------
    InputError
        When the training was by L-BFGS.
    """
    inputs = model.encoder.encode(row).X[0].astype(np.float64)
    parameters = model.network.views(model.thetas[member].astype(np.float64))
    job = model.job(member) if optimizer is None else None
    step = "asked" if optimizer is not None else "assumed" if job is None else "known"
    rule = PLAIN if step == "assumed" else optimizer
    trace = explain(model.network, parameters, inputs, sample, rule, job=job)
    return replace(trace, trained=trained_on_table(model, row, actual, member, step))


def trained_on_table(model: TableModel, row: pa.Table, actual: Any, member: int, step: str) -> Trained:
    """What network `member` of a model of a table belongs to, for a table of one row."""
    target = model.target
    found = model.predict(row)
    members, mean = model.member_outputs(row)[:, 0, :], model.mean_outputs(row)[0]
    are_labels = isinstance(target, LabelTargets)
    return Trained(
        inputs=origins(model.encoder, row),
        target=target.column,
        actual=actual,
        kind=kind_of(has_classes=are_labels or isinstance(target, ClassTarget), is_multilabel=are_labels),
        labels=tuple(map(str, target.labels)),
        members=members,
        member=member,
        mean=mean,
        probabilities=mean if found.probabilities is None else found.probabilities[0],
        temperature=model.temperature,
        answer=found.probabilities[0] > 0.5 if are_labels else found.values[0],  # of labels whether each holds
        units=_units(target, mean),
        step=step,
        threshold=target.threshold if isinstance(target, ClassTarget) else 0.5,
    )


def _units(target: Target, mean: Any) -> tuple[Unit, ...]:
    """The way back of each output that is a number; () where, as in an imported network, it is that number."""
    if isinstance(target, ClassTarget):
        return ()
    found = []
    for each, output in zip(target.each, mean, strict=True):
        unbounded = float(output.astype(np.float64) * each.scale + each.centre)
        learned = float(each.decode(output[None, None])[0])
        found.append(Unit(each.centre, each.scale, each.low, each.high, each.log, unbounded, learned))
    plain = all(
        (unit.centre, unit.scale, unit.log) == (0, 1, False) and unit.learned == unit.unbounded for unit in found
    )
    return () if plain else tuple(found)
