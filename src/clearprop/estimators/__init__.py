"""The scikit-learn door: `MLPClassifier` and `MLPRegressor`, to be used like scikit-learn's classes of that name.

`TabularClassifier` and `TabularRegressor` take data frames as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearprop.estimators.classifier import MLPClassifier
from clearprop.estimators.regressor import MLPRegressor
from clearprop.late import late_names

if TYPE_CHECKING:
    from clearprop.estimators.tabular_classifier import TabularClassifier
    from clearprop.estimators.tabular_regressor import TabularRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"]

__getattr__, __dir__ = late_names(
    __name__,
    {"tabular_classifier": ("TabularClassifier",), "tabular_regressor": ("TabularRegressor",)},
    what="estimators of tables need",
    extra="tables",
)
