"""The regressor for tables: a data frame in, numbers and intervals out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from clearprop.errors import InputError
from clearprop.estimators.only_if import OnlyIf
from clearprop.estimators.perceptron import store
from clearprop.estimators.tabular import TabularEstimator
from clearprop.estimators.tabular_data import one_number, several_numbers
from clearprop.estimators.tabular_files import in_pieces
from clearprop.tables import CountTarget, NumberTarget, NumberTargets, Target
from clearprop.tabular.quality import DEFAULT


def _refuses_quantiles(estimator: Any) -> str | None:
    if len(estimator.quantiles):
        return None
    return "predict_quantiles needs the quantiles to be trained for, as TabularRegressor(quantiles=(0.05, 0.95))"


def _with_quantiles(method: Any) -> Any:
    return OnlyIf(method, _refuses_quantiles)


class TabularRegressor(RegressorMixin, TabularEstimator):  # type: ignore[misc]
    """Networks that predict a number for each row of a table, with everything about columns and target done inside.

    An ensemble of networks, each of which is trained on most of the rows and validated by the others; the target is
    standardised, and no prediction of the mean lies beyond the targets of training. Several targets, y of shape
    (n_samples, n_targets), are learned by one ensemble whose networks have an output for each. The recipe and what
    decided it: docs/decisions/0010.

    Parameters
    ----------
    quality : int, default=3
        As for `TabularClassifier`.
    ensemble : int, optional
        How many networks; their predictions are averaged. By default 4, and 1 above 20,000 rows.
    hidden_layer_sizes, max_iter
        As for `TabularClassifier`.
    log_target : bool, default=False
        Learn the natural logarithm of the target: for amounts above 0 that spread over orders of magnitude, as prices.
        Predictions are in the target's own unit. For other functions there is scikit-learn's
        `TransformedTargetRegressor`.
    loss : {"squared_error", "poisson"}, default="squared_error"
        What training lowers: half the squared error, or half the Poisson deviance of an output eᶻ, as scikit-learn's
        `PoissonRegressor`: for counts and other amounts of at least 0 (of rates with the exposure as `sample_weight`).
        No prediction is then below 0.
    quantiles : sequence of float, default=()
        Quantiles for `predict_quantiles`, rising and each between 0 and 1; (0.05, 0.95) bound an interval that is to
        hold nine tenths of the rows. Each has an ensemble of its own, so training takes that many times as long.
    learning_rate_init, activation, batch_size, waves, target_means
        As for `TabularClassifier`.
    metric : str, optional
        The score over the validation rows by which the best epoch is chosen: "rmse" (the default), "mae", "r2" or,
        which is the default with loss="poisson", "poisson_deviance".
    max_seconds, random_state, n_threads, verbose, on_divergence, engine, device, precision, read
        As for `TabularClassifier`.

    Attributes
    ----------
    n_features_in_, feature_names_in_, model_, ensemble_, history_, notices_
        As for `TabularClassifier`.
    feature_importances_ : array of shape (n_features_in_,)
        How much R² over validation rows falls when a column is shuffled.
    n_iter_, stopping_reason_, engine_, engine_reason_
        As for `MLPRegressor`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from clearprop import TabularRegressor
    >>> size = np.linspace(20, 120, 200)
    >>> frame = pd.DataFrame({"size": size, "south": np.arange(200) % 2 == 0})
    >>> rent = 10 * size + 200 * frame["south"]
    >>> model = TabularRegressor(random_state=0).fit(frame, rent)
    >>> bool(model.score(frame, rent) > 0.99)
    True
    """

    def __init__(
        self,
        *,
        quality: int = DEFAULT,
        ensemble: int | None = None,
        hidden_layer_sizes: Any = None,
        max_iter: int | None = None,
        log_target: bool = False,
        loss: str = "squared_error",
        quantiles: Any = (),
        learning_rate_init: float | None = None,
        activation: Any = "silu",
        batch_size: int | None = None,
        waves: int | None = None,
        target_means: int | None = None,
        metric: str | None = None,
        max_seconds: float | None = None,
        random_state: Any = None,
        n_threads: int | None = None,
        verbose: bool = False,
        on_divergence: str = "raise",
        engine: str = "auto",
        device: str = "cpu",
        precision: str = "float32",
        read: Mapping[str, Any] | None = None,
    ) -> None:
        store(self, locals())

    log_target: bool
    loss: str
    quantiles: Any

    def _options(self) -> Mapping[str, Any]:
        if not isinstance(self.log_target, bool | np.bool_):
            raise InputError(f"log_target must be True or False, not {self.log_target!r}")
        if not isinstance(self.quantiles, list | tuple | np.ndarray):
            raise InputError(f"quantiles must be a sequence of numbers, as (0.05, 0.95), not {self.quantiles!r}")
        return {
            "loss": None if self.loss == "squared_error" else self.loss,
            "log_target": bool(self.log_target),
            "quantiles": tuple(q.item() if isinstance(q, np.generic) else q for q in self.quantiles),
        }

    def _learn_target(self, y: Any) -> tuple[Target, Any]:
        values = self._y_of(y, "y")
        if values.ndim == 1:
            target = self._fitted("y", values)
            return CountTarget.of(target, target.centre) if self.loss == "poisson" else target, values
        if self.loss == "poisson":
            raise InputError("loss='poisson' is of one target; fit one regressor for each")
        if len(self.quantiles):
            raise InputError("quantiles are predicted of one target; fit one regressor for each")
        return NumberTargets(tuple(self._fitted(f"y{k}", column) for k, column in enumerate(values.T))), values

    def _fitted(self, name: str, values: Any) -> NumberTarget:
        low, high = float(values.min()), float(values.max())
        scale = float(values.std()) or 1.0  # one number in every row: it is what is predicted
        return NumberTarget(name, bool(self.log_target), float(values.mean()), scale, low, high)

    def _y_of(self, y: Any, name: str) -> Any:
        values = several_numbers(y)
        if self.loss == "poisson" and (values < 0).any():
            row = int(np.argmax(values.reshape(len(values), -1).min(axis=1) < 0))
            raise InputError(
                f"{name} is {values[row].min():g} in row {row + 1}, and the Poisson loss is of counts and amounts of "
                "at least 0; use loss='squared_error', or leave out such rows"
            )
        if not self.log_target:
            return values
        bad = (values <= 0).reshape(len(values), -1).any(axis=1)
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(
                f"{name} is {values[row].min():g} in row {row + 1}, and only numbers above 0 have a logarithm; use "
                "log_target=False, or leave out such rows"
            )
        return np.log(values)

    @in_pieces
    def predict(self, X: Any) -> Any:
        """The mean of the target expected for every row (with `log_target`, e to the mean of its logarithm).

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Or the path of a file, as for `fit`.

        Returns
        -------
        array of shape (n_samples,), float64; (n_samples, n_targets) where several targets were learned
        """
        table = self._predicted(X)
        found = self.model_.predict(table, self.n_threads)
        self._warn(found.remarks)
        return found.values

    @_with_quantiles
    @in_pieces
    def predict_quantiles(self, X: Any) -> Any:
        """Each of the `quantiles` for every row.

        They never cross, and each is shifted so that of its networks' validation rows the right share lies below:
        conformalised quantile regression, Romano, Patterson & Candès (2019).

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Or the path of a file, as for `fit`.

        Returns
        -------
        array of shape (n_samples, n_quantiles), float64
        """
        table = self._predicted(X)
        learned = [each.quantile for each in self.model_.quantiles]
        if learned != [float(quantile) for quantile in self.quantiles]:
            raise InputError(
                f"the quantiles {learned} were learned, and {list(self.quantiles)} are asked for; fit anew"
            )
        found, remarks = self.model_.predict_quantiles(table, self.n_threads)
        self._warn(remarks)
        return found

    def _encoded_target(self, y: Any) -> Any:
        target = self.model_.target
        several = len(target.columns) > 1
        given = np.ravel(y) if several else [y]
        if len(given) != target.n_outputs:
            raise InputError(f"y must have {target.n_outputs} targets, not {len(given)}")
        values = np.array([[self._learn_log(value) for value in given]])
        encoded = target.encode(values if several else values[0])[0]
        return np.asarray(encoded, dtype=np.float64)

    def _learn_log(self, y: Any) -> float:
        value = one_number(y)
        if value is None:
            raise InputError(f"y must be a finite number, not {y!r}")
        if self.log_target and not value > 0:
            raise InputError(f"y must be above 0, because its logarithm was learned, not {y!r}")
        return float(np.log(value)) if self.log_target else value

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Quantiles and counts are of one target.
        tags.target_tags.multi_output = np.size(self.quantiles) == 0 and self.loss != "poisson"
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags
