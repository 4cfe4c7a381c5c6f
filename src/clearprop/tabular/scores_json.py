"""Scores as a model file holds them, and back."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from clearprop.errors import ModelFileError
from clearprop.tabular.scores import ClassScores, NumberScores, QuantileScores, Scores, SeveralScores

MAY_BE_NONE = (
    "_log",
    "_error",
    "roc_auc",
    "average_precision",
    "trivial_log_loss",
    "trivial_r2",
    "trivial_balanced_accuracy",
)
TUPLES = ("f1", "trivial_f1")


def scores_from_json(spec: object) -> Scores:
    """The scores that `to_json` wrote; raises ModelFileError for anything else."""
    match spec:
        case {"task": SeveralScores.task, "n_rows": int() as n_rows, "targets": dict() as targets} if targets:
            found = {str(column): scores_from_json(scores) for column, scores in targets.items()}
            return SeveralScores(n_rows, {name: each for name, each in found.items() if isinstance(each, NumberScores)})
    kinds: dict[str, Any] = {cls.task: cls for cls in (ClassScores, NumberScores)}
    if not isinstance(spec, dict) or not isinstance(spec.get("task"), str) or spec["task"] not in kinds:
        raise ModelFileError("the description of the scores is damaged")
    cls = kinds[spec["task"]]
    given = {name: value for name, value in spec.items() if name != "task"}
    needed = {field.name for field in fields(cls) if field.default is MISSING}
    if not needed <= set(given) <= {field.name for field in fields(cls)}:
        raise ModelFileError("the description of the scores is damaged")
    return cls(**{name: _checked(name, value) for name, value in given.items()})  # type: ignore[no-any-return]


def _checked(name: str, value: Any) -> Any:
    if name == "confusion":
        square = isinstance(value, list) and all(isinstance(row, list) and len(row) == len(value) for row in value)
        if not square or not all(isinstance(n, int) for row in value for n in row):
            raise ModelFileError("the confusion matrix is damaged")
        return tuple(map(tuple, value))
    if name == "mistakes":
        if not isinstance(value, list) or not all(_is_numbers(item) and len(item) == 3 for item in value):
            raise ModelFileError("the most frequent mistakes are damaged")
        return tuple(map(tuple, value))
    if name == "quantiles":
        if not isinstance(value, list) or not all(_is_numbers(item) and len(item) == 4 for item in value):
            raise ModelFileError("the scores of the quantiles are damaged")
        return tuple(QuantileScores(*item) for item in value)
    if name in TUPLES:
        if not _is_numbers(value):
            raise ModelFileError(f"the score {name!r} is damaged")
        return tuple(value)
    if not isinstance(value, int | float) and not (value is None and name.endswith(MAY_BE_NONE)):
        raise ModelFileError(f"the score {name!r} is damaged")
    return value


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, int | float) for item in value)
