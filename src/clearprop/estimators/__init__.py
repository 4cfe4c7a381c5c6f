"""The scikit-learn door: `MLPClassifier` and `MLPRegressor`, to be used like scikit-learn's classes of that name.

`TabularClassifier` and `TabularRegressor` take data frames as they are.
"""

from clearprop.estimators.classifier import MLPClassifier
from clearprop.estimators.regressor import MLPRegressor
from clearprop.estimators.tabular_classifier import TabularClassifier
from clearprop.estimators.tabular_regressor import TabularRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"]
