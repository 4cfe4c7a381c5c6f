"""The scikit-learn door: `MLPClassifier` and `MLPRegressor`, to be used like scikit-learn's classes of that name."""

from clearprop.estimators.classifier import MLPClassifier
from clearprop.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
