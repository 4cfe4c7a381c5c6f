"""What the two estimators are: learners with a glass box that predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from clearprop.estimators.glass import GlassBox
from clearprop.estimators.learning import Learning


def store(estimator: Any, arguments: Mapping[str, Any]) -> None:
    """Keep the arguments of an ``__init__`` as they came, which is all that scikit-learn lets it do."""
    for name, value in arguments.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


class MultilayerPerceptron(Learning, GlassBox, BaseEstimator):  # type: ignore[misc]
    """Base of `MLPClassifier` and `MLPRegressor`."""

    def _outputs(self, X: Any) -> Any:
        """The activations of the last layer, (n_samples, n_outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        return self._engine.outputs(self.network_, self.parameters_, X.astype(self._state.theta.dtype, copy=False))

    def predict(self, X: Any) -> Any:
        """Predict for every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
        """
        outputs = self._outputs(X)
        return self._targets.decode(outputs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
