"""The scikit-learn door: `MLPClassifier` and `MLPRegressor`, to be used like scikit-learn's classes of that name.

`TabularClassifier` and `TabularRegressor` take data frames as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearprop.estimators.classifier import MLPClassifier
from clearprop.estimators.regressor import MLPRegressor
from clearprop.late import LateNames

if TYPE_CHECKING:
    from clearprop.estimators.tabular_classifier import TabularClassifier
    from clearprop.estimators.tabular_regressor import TabularRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"]

_late = LateNames(
    "clearprop.estimators",
    {"tabular_classifier": ("TabularClassifier",), "tabular_regressor": ("TabularRegressor",)},
    what="estimators of tables need",
    extra="tables",
)


def __getattr__(name: str) -> Any:
    """An estimator of tables, imported now."""
    return _late.get(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
