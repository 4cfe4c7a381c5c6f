"""The glass box of a fitted estimator: every number of a step, the gradient, and a drawing of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from clearprop.engines import Data, Job
from clearprop.errors import InputError
from clearprop.estimators.checking import checked_gradient
from clearprop.estimators.display import Displayed
from clearprop.estimators.kinds import checked_rows
from clearprop.estimators.preparing import Preparation
from clearprop.estimators.rows import weighed, weights_of
from clearprop.estimators.targets import ClassTargets
from clearprop.formulas import UpdateRule
from clearprop.job.one_hot import dense_targets
from clearprop.network import Gradient, Network, Parameters, backward, forward
from clearprop.network.gradient_check import GradientCheck
from clearprop.network.integrated_gradients import Integrated, input_gradient, integrated_gradients
from clearprop.training import Epoch

if TYPE_CHECKING:
    from clearprop.explain import Trace
    from clearprop.explain.trained import Trained


class GlassBox(Displayed, Preparation):
    """What can be seen of a fitted network."""

    def gradients(self, X: Any, y: Any, sample_weight: Any = None) -> Gradient:
        """The gradient, at the weights as they are, of what training lowers: loss and penalties over these rows.

        Class weights, label smoothing, alpha and l1 are in it, dropout, weight decay and clipping are not.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        Gradient
            ``W[l]`` of shape (n_{l−1}, n_l) and ``b[l]`` of shape (n_l,) for the layers 1 … L, all of it as one vector
            ``theta``, and ``delta[l]`` of shape (n_samples, n_l), the errors of the loss that it came from.

        Raises
        ------
        NotFittedError
            Before `fit` or `initialize`.
        ValueError
            As `fit`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((3,), alpha=0.0, random_state=0).initialize(X, y)
        >>> gradient = model.gradients(X, y)
        >>> gradient.W[1].shape, gradient.b[2].shape, gradient.delta[2].shape
        ((4, 3), (3,), (150, 3))
        """
        job, data = self._objective(X, y, sample_weight)
        params = self.parameters_
        found = backward(self.network_, params, forward(self.network_, params, data.X), data.Y, data.weight)
        job.add_penalties(params.theta, found.theta, data.total_weight)
        return found

    def check_gradient(
        self, X: Any, y: Any, sample_weight: Any = None, *, n_parameters: int | None = 500, tolerance: float = 1e-6
    ) -> GradientCheck:
        """Compare the back-propagated gradient of this fit with central differences, in float64.

        What is differentiated is what training lowers: the loss of these rows with their weights and those of their
        classes, label smoothing, alpha and l1. Dropout, which draws anew at every step, is not in it.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        n_parameters : int or None
            How many weights and biases are checked, drawn at random, the same ones every time; None for all. Each takes
            two forward passes of X.
        tolerance : float
            The relative error that passes.

        Returns
        -------
        clearprop.network.gradient_check.GradientCheck
            ``print`` it for a summary.

        Raises
        ------
        NotFittedError
            Before `fit` or `initialize`.
        ValueError
            As `fit`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((3,), class_weight="balanced", random_state=0).initialize(X, y)
        >>> model.check_gradient(X, y).passed
        True
        """
        job, data = self._objective(X, y, sample_weight)
        return checked_gradient(job, self._run.state.theta, data, n_parameters, tolerance)

    def _objective(self, X: Any, y: Any, sample_weight: Any) -> tuple[Job, Data]:
        """What training lowers: its job, and the rows with smoothed targets and the weight of each."""
        check_is_fitted(self)
        settings = self._settings()
        X, y = self._checked(X, y, reset=False)
        dtype = self._run.state.theta.dtype
        weight = weights_of(sample_weight, X, "sample_weight")
        rows = weighed(X, y, self._run.targets.encode(y, dtype), weight, self._run.factors)
        job = settings.job(self.network_, X.shape[0], 1, 0)
        data = Data(
            (X.toarray() if hasattr(X, "toarray") else X).astype(dtype, copy=False),
            job.smoothed(dense_targets(rows.Y)),
            None if rows.weight is None else rows.weight.astype(dtype, copy=False),
        )
        return job, data

    def attributions(self, X: Any, baseline: Any, *, output: int = 0) -> Integrated:
        """The part of each feature in an output: integrated gradients, which add up to its difference from a baseline.

        Sundararajan, Taly & Yan (2017), by the δ's of back-propagation, in float64.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        baseline : array-like of shape (n_features,) or (n_rows, n_features)
            Where the line to each row begins; of several rows, as those of training, the median of each feature.
        output : int
            Which output of the network, from 0: the probability of a class (of two classes there is one, that of the
            second), or a target.

        Returns
        -------
        Integrated
            ``parts`` (n_samples, n_features), ``outputs`` and ``baseline`` (n_samples,), and ``gap``, by how much the
            parts miss the difference of the two.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When X or the baseline does not fit, or there is no such output.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((3,), random_state=0, max_iter=500, tol=0.01).fit(X, y)
        >>> found = model.attributions(X[:2], X, output=0)
        >>> found.parts.shape, bool(found.gap.max() < 1e-6)
        ((2, 4), True)
        """
        check_is_fitted(self)
        rows, beginnings = (checked_rows(self, each, reset=False) for each in (X, np.atleast_2d(np.asarray(baseline))))
        start = np.median(beginnings, axis=0)
        network, params = self.network_, self.network_.views(self.parameters_.theta.astype(np.float64))
        n = network.widths[-1]
        if isinstance(output, bool) or not isinstance(output, Integral) or not 0 <= output < n:
            raise InputError(f"output must be a whole number from 0 to {n - 1}, not {output!r}")

        def function(x: Any, _: Any) -> tuple[Any, Any]:
            tape = forward(network, params, x)
            slope = np.zeros(tape.a[-1].shape)
            slope[:, output] = 1.0
            return tape.a[-1][:, output], input_gradient(network, params, tape.z, tape.a, slope)

        return integrated_gradients(function, rows.toarray() if hasattr(rows, "toarray") else rows, start)

    def explain(self, X: Any, y: Any, optimizer: str | UpdateRule | None = None, sample_weight: Any = None) -> Trace:
        """Every number of the step that `partial_fit` would make next of these rows: forward, loss, errors, update.

        All that the last fit was asked for is part of it: penalties, dropout, smoothing, weights, clipping, schedule.

        Parameters
        ----------
        X : array-like of shape (n_features,) or (n_samples, n_features)
            One row, or a batch whose mean loss is explained.
        y : target of the row, or array-like of shape (n_samples,) or (n_samples, n_outputs)
            As `fit` takes it: the class itself, or numbers.
        optimizer : update rule, optional
            A name or a formula, without any memory. By default that of the fit, with what it remembers.
        sample_weight : number or array-like of shape (n_samples,), optional

        Returns
        -------
        clearprop.explain.Trace
            ``print(trace.explained().text())`` shows it.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When the row does not fit the network, y is no class that was learned, or the fit was by lbfgs, which has
            no update formula, and no other optimizer is named.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from clearprop import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((3,), random_state=0, max_iter=500, tol=0.01).fit(X, y)
        >>> trace = model.explain(X[0], y[0])
        >>> trace["a2"].value.sum().round(6)
        np.float64(1.0)
        """
        from clearprop.explain import explain  # the glass box is not needed to train and predict

        check_is_fitted(self)
        run = self._run
        rows, is_batch = np.asarray(X, dtype=np.float64), np.ndim(X) > 1
        targets = dense_targets(run.targets.encode(np.asarray(y) if is_batch else np.asarray(y)[None], np.float64))
        weight = None if sample_weight is None else np.atleast_1d(np.asarray(sample_weight, dtype=np.float64))
        if run.factors is not None:
            factors = run.factors.of_rows(targets)
            weight = factors if weight is None else weight * factors
        if weight is not None and not is_batch:
            weight = weight[0]
        trace = explain(
            self.network_,
            self.parameters_,
            rows,
            targets if is_batch else targets[0],
            optimizer,
            run.state if optimizer is None else None,
            job=replace(run.job, epochs=max(run.job.epochs, run.state.epoch + 1)),
            sample_weight=weight,
            n_samples=run.n_samples,
        )
        return (
            trace
            if is_batch
            else replace(trace, trained=self._trained(rows, y, "known" if optimizer is None else "asked"))
        )

    def _trained(self, row: Any, y: Any, step: str) -> Trained:
        """What the trace of one row belongs to: names of inputs and classes, and what `predict` answers."""
        from clearprop.explain.trained import kind_of, trained_on_arrays

        run = self._run
        outputs = run.engine.outputs(run.network, self.parameters_, row[None].astype(run.state.theta.dtype))
        labels, of_classes = [f"y{k + 1}" for k in range(outputs.shape[1])], run.targets
        kind = kind_of(has_classes=False, is_multilabel=False)
        if isinstance(of_classes, ClassTargets):
            kind = kind_of(has_classes=True, is_multilabel=of_classes.is_multilabel)
            labels = list(of_classes.classes[-len(labels) :])  # of two, the one output is the probability of the second
        names = getattr(self, "feature_names_in_", ())
        actual = y.tolist() if hasattr(y, "tolist") else y
        return trained_on_arrays(names, row, kind, labels, actual, outputs[0], run.targets.decode(outputs)[0], step)

    def _displayed(self) -> tuple[Network, Parameters, Sequence[Epoch]]:
        return self.network_, self.parameters_, self.history_
