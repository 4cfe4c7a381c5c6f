"""The step of training that is explained of a model of a table, the same for the command line and for estimators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError
from clearprop.explain.explained import Trace, explain
from clearprop.explain.trained import TableModel, trained_on_table
from clearprop.formulas import LBFGS, UpdateRule
from clearprop.tables import NumberTargets

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
        When several targets are predicted together, or the training was by L-BFGS.
    """
    if isinstance(model.target, NumberTargets):
        together = f"this model predicts {model.target.column} together"
        raise InputError(f"what is explained ends at one answer, and {together}")
    inputs = model.encoder.encode(row).X[0].astype(np.float64)
    parameters = model.network.views(model.thetas[member].astype(np.float64))
    job = model.job(member) if optimizer is None else None
    step = "asked" if optimizer is not None else "assumed" if job is None else "known"
    rule = PLAIN if step == "assumed" else optimizer
    trace = explain(model.network, parameters, inputs, sample, rule, job=job)
    return replace(trace, trained=trained_on_table(model, row, actual, member, step))
