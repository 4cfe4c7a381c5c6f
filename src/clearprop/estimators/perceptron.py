"""What the two estimators are: learners with a glass box that predict."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from clearprop.engines import finite
from clearprop.engines.blas_threads import BLAS
from clearprop.estimators.exports import Exports
from clearprop.estimators.fitted import check_fitted
from clearprop.estimators.glass import GlassBox
from clearprop.estimators.kinds import checked_rows
from clearprop.estimators.learning import Learning
from clearprop.estimators.plain import is_plain
from clearprop.estimators.saving import load_estimator, save_estimator
from clearprop.estimators.to_libraries import ToLibraries
from clearprop.job.memory import NUMBERS_AT_ONCE
from clearprop.network import Parameters
from clearprop.network.layers import Layer


def store(estimator: Any, arguments: Mapping[str, Any]) -> None:
    """Keep the arguments of an ``__init__`` as they came, which is all that scikit-learn lets it do."""
    for name, value in arguments.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


class MultilayerPerceptron(Learning, GlassBox, Exports, ToLibraries, BaseEstimator):  # type: ignore[misc]
    """Base of `MLPClassifier` and `MLPRegressor`."""

    n_threads: Any

    def _layers_and_parameters(self) -> tuple[Sequence[Layer], Parameters]:
        check_fitted(self)
        network = self._run.network
        return network.layers, network.views(self._run.state.theta)

    def _outputs(self, X: Any) -> Any:
        """The activations of the last layer, (n_samples, n_outputs)."""
        return self._computed(self._inputs(X))

    def _inputs(self, X: Any) -> Any:
        """Rows to predict for, checked and of the type that is computed in."""
        check_fitted(self)
        if not is_plain(self, X):
            X = checked_rows(self, X, reset=False)
        return X.astype(self._run.state.theta.dtype, copy=False)

    def _computed(self, X: Any, first: int = 0) -> Any:
        held = self._run.engine.uses_blas and self.n_threads is not None
        with BLAS.at_most(self.n_threads) if held else nullcontext():
            return finite(self._run.engine.outputs(self.network_, self.network_.views(self._run.state.theta), X), first)

    def predict(self, X: Any) -> Any:
        """Predict for every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_outputs)

        Raises
        ------
        NotFiniteError
            When an output is NaN or infinite, as those of damaged weights are; a ValueError.
        """
        X = self._inputs(X)
        size = max(1, NUMBERS_AT_ONCE // self.n_outputs_)
        if X.shape[0] <= size or not self._run.targets.is_exclusive:
            return self._run.targets.decode(self._computed(X))
        # Of many classes one number is kept of each row, so that 100,000 of them do not fill the memory.
        blocks = range(0, X.shape[0], size)
        return np.concatenate([self._run.targets.decode(self._computed(X[i : i + size], i)) for i in blocks])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a model file, which holds no code and is read without running any.

        Left out are the history, what the optimizer remembers, callbacks, a scorer of one's own and a RandomState.
        `clearprop.load` and the command line read the network in it.

        Parameters
        ----------
        path : path
            Usually ending in ``.clearprop``; replaced at the end, in one step.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ModelFileError
            When a formula of one's own is too large to be read back.
        OSError
            When the file cannot be written.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "iris.clearprop"
        >>> model.save(path)
        >>> bool((MLPClassifier.load(path).predict(X) == model.predict(X)).all())
        True
        """
        check_fitted(self)
        save_estimator(path, self)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote: an estimator that predicts, and that can be trained further.

        Raises
        ------
        ModelFileError
            When the file is damaged, not one of clearprop's, or holds another estimator or none.
        OSError
            When it cannot be read.
        """
        return load_estimator(path, cls)  # type: ignore[no-any-return]

    def to_sklearn(self) -> Any:
        """scikit-learn's own estimator of the same name, fitted: the same weights, settings and optimizer's memory.

        Returns
        -------
        sklearn.neural_network.MLPClassifier or MLPRegressor

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            When the network is one that scikit-learn has not: another activation, or another loss.

        Warns
        -----
        UserWarning
            When it was trained with something that scikit-learn has not, such as dropout: that is left out.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((5,), random_state=0).initialize(X, y)
        >>> theirs = model.to_sklearn()
        >>> bool((theirs.coefs_[0] == model.coefs_[0]).all())
        True
        """
        from clearprop.estimators.to_sklearn import sklearn_of

        return sklearn_of(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
