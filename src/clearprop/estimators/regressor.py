"""The regressor: scikit-learn's MLPRegressor on clearprop's formulas and engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import RegressorMixin

from clearprop.errors import InputError, UnknownNameError
from clearprop.estimators.only_if import takes_parts
from clearprop.estimators.perceptron import MultilayerPerceptron, store
from clearprop.estimators.targets import NumberTargets, Targets
from clearprop.formulas import AbsoluteError, HalfSquaredError, Huber, Loss, Poisson, Quantile, loss_function

LOSSES_BY_SKLEARN_NAME: Mapping[str, type[Loss]] = {
    "squared_error": HalfSquaredError,
    "poisson": Poisson,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
}


class MLPRegressor(RegressorMixin, MultilayerPerceptron):  # type: ignore[misc]
    """A multi-layer network that predicts one or several numbers, trained by back-propagation.

    Parameters, defaults, attributes, errors and warnings are those of scikit-learn's class of the same name; those that
    scikit-learn does not have are marked with +.

    Parameters
    ----------
    loss : {"squared_error", "poisson"}, default="squared_error"
        "squared_error" is ½(y − a)², "poisson" half the Poisson deviance with an output eᶻ, each summed over the
        outputs and averaged over the rows. With k > 1 outputs, scikit-learn reports the mean over the outputs but
        descends the gradient of their sum; here the sum is what is reported, too: `loss_` is k times as large, what is
        learned is the same.
        + "absolute_error", "huber", "quantile", or a loss of `clearprop.formulas` or of one's own as a formula.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter
        As for `MLPClassifier`.
    shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum
        As for `MLPClassifier`.
    early_stopping, validation_fraction, n_iter_no_change
        As for `MLPClassifier`; the score is R².
    beta_1, beta_2, epsilon, max_fun
        As for `MLPClassifier`.
    l1, weight_decay, dropout, clip_norm, scoring, max_seconds, callbacks, n_threads, layer_rates, on_divergence
        + As for `MLPClassifier`.
    engine, device, precision
        + As for `MLPClassifier`.

    Attributes
    ----------
    out_activation_ : str
        The one natural for the loss: "identity", or "exp" for "poisson".
    coefs_, intercepts_, loss_, best_loss_, loss_curve_, t_, n_iter_, n_features_in_, n_layers_, n_outputs_
        As for `MLPClassifier`.
    validation_scores_, best_validation_score_
        As for `MLPClassifier`; R² over the rows held out.
    feature_names_in_, history_, network_, parameters_, stopping_reason_, engine_, engine_reason_
        As for `MLPClassifier`.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import MLPRegressor
    >>> X = np.linspace(-2, 2, 200)[:, None]
    >>> y = np.sin(2 * X[:, 0])
    >>> model = MLPRegressor(hidden_layer_sizes=20, activation="tanh", solver="lbfgs", max_iter=1000, random_state=0)
    >>> bool(model.fit(X, y).score(X, y) > 0.99)
    True
    >>> model.out_activation_, model.n_layers_
    ('identity', 3)
    """

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        l1: float = 0.0,
        weight_decay: float = 0.0,
        dropout: Any = 0.0,
        clip_norm: float | None = None,
        scoring: Any = None,
        max_seconds: float | None = None,
        callbacks: Any = None,
        n_threads: int | None = None,
        layer_rates: Any = None,
        on_divergence: str = "raise",
        engine: str = "auto",
        device: str = "cpu",
        precision: str = "float32",
    ) -> None:
        store(self, locals())

    loss: Any

    def _loss(self) -> Loss:
        """The loss as a formula; the squared error is the half one, as in scikit-learn."""
        if isinstance(self.loss, str):
            if self.loss not in LOSSES_BY_SKLEARN_NAME:
                raise UnknownNameError("loss", self.loss, LOSSES_BY_SKLEARN_NAME)
            return LOSSES_BY_SKLEARN_NAME[self.loss]()
        found = loss_function(self.loss)
        if found.natural_output in ("softmax", "logistic"):
            raise InputError(f"the loss {found.name!r} is for classes, not for numbers; MLPClassifier has it")
        return found

    def _learn_targets(self, y: Any) -> Targets:
        return NumberTargets(y, self._loss())

    def _same_targets(self, y: Any) -> Targets:
        before = self._run.targets
        if self._loss() != before.loss:
            raise InputError(
                f"the loss was {before.loss!r} and is now {self._loss()!r}: training can only go on with the "
                "same loss; fit anew with warm_start=False"
            )
        return before

    @takes_parts
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Make one pass over these rows, from where the last call ended, the optimizer's memory included.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self
        """
        return self._learn_a_part(X, y, sample_weight)
