"""What a model of a table returns."""

from __future__ import annotations

from typing import Any, NamedTuple

from clearprop.engines import Choice
from clearprop.tables import Remark
from clearprop.tabular.scores import Scores
from clearprop.tabular.seen import Outside

Remarks = tuple[Remark | Outside, ...]


class Predictions(NamedTuple):
    """What `TableModel.predict` returns.

    Attributes
    ----------
    values : list of class labels, or float64 array of shape (n_rows,)
        The most probable class, or the number in the target's own unit.
    probabilities : array of shape (n_rows, n_classes) or None
    remarks : tuple of Remark and Outside
        Values that training had not prepared for, and what was done.
    choice : Choice
        The engine that computed them.
    """

    values: Any
    probabilities: Any
    remarks: Remarks
    choice: Choice


class Evaluation(NamedTuple):
    """What `TableModel.evaluate` returns."""

    scores: Scores
    remarks: Remarks
    choice: Choice


class Outputs(NamedTuple):
    """What `TableModel.outputs` returns: float32 (n_rows, n_outputs), and how they came about."""

    values: Any
    remarks: Remarks
    choice: Choice
