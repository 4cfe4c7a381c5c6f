"""A network together with the table it was trained on: fit, predict, evaluate, save, load. It prints nothing.

The command line uses it, and so can whoever has a table and wants no scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearprop.late import late_names

if TYPE_CHECKING:
    from clearprop.tabular.attribution import Attributions, attributions
    from clearprop.tabular.cross_validation import CrossValidated, averages, cross_validate
    from clearprop.tabular.dependence import Dependence, partial_dependence
    from clearprop.tabular.drifting import Drift, drift
    from clearprop.tabular.fit import TableFit, train
    from clearprop.tabular.model import TableModel
    from clearprop.tabular.preparation import Prepared, prepare
    from clearprop.tabular.quantiles import expected_seconds
    from clearprop.tabular.results import Evaluation, Predictions
    from clearprop.tabular.scores import ClassScores, NumberScores, Scores
    from clearprop.tabular.settings import TableSettings

__all__ = [
    "Attributions",
    "ClassScores",
    "CrossValidated",
    "Dependence",
    "Drift",
    "Evaluation",
    "NumberScores",
    "Predictions",
    "Prepared",
    "Scores",
    "TableFit",
    "TableModel",
    "TableSettings",
    "attributions",
    "averages",
    "cross_validate",
    "drift",
    "expected_seconds",
    "partial_dependence",
    "prepare",
    "train",
]

__getattr__, __dir__ = late_names(
    __name__,
    {
        "attribution": ("Attributions", "attributions"),
        "cross_validation": ("CrossValidated", "averages", "cross_validate"),
        "dependence": ("Dependence", "partial_dependence"),
        "drifting": ("Drift", "drift"),
        "fit": ("TableFit", "train"),
        "model": ("TableModel",),
        "preparation": ("Prepared", "prepare"),
        "quantiles": ("expected_seconds",),
        "results": ("Evaluation", "Predictions"),
        "scores": ("ClassScores", "NumberScores", "Scores"),
        "settings": ("TableSettings",),
    },
    what="tables of columns need",
    extra="tables",
)
