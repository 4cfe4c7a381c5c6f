"""Whether probabilities mean what they say: scikit-learn's reliability diagram, for several classes too."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn import calibration
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import InputError
from clearprop.plots import style


class CalibrationDisplay(calibration.CalibrationDisplay):  # type: ignore[misc]
    """scikit-learn's `CalibrationDisplay`, which also takes more than two classes and keeps to a dark style.

    Of more than two classes the most probable class of each row counts: how probable it is said to be, and how often it
    is right, as in the expected calibration error. `pos_label` draws one class against the others.

    Parameters
    ----------
    prob_true, prob_pred, y_prob, estimator_name, pos_label
        As scikit-learn's.

    Attributes
    ----------
    line_ : matplotlib.lines.Line2D
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from clearprop import MLPClassifier
    >>> from clearprop.plots import CalibrationDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> display = CalibrationDisplay.from_estimator(model, X, y)
    >>> bool((display.y_prob == model.predict_proba(X).max(axis=1)).all())
    True
    """

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, pos_label: Any = None, **options: Any) -> Self:
        """Draw how often a classifier is right, by how sure it is.

        Parameters
        ----------
        estimator : classifier
            With `predict_proba`; of an imported network its `estimator()`.
        X, y
            Rows that it has not learned from, as `predict` takes them, and their classes.
        pos_label : class, optional
            By default the second of two classes, and of more the most probable one of each row.
        **options
            `n_bins`, `strategy`, `name`, `ax`, `ref_line` and what goes to `matplotlib.axes.Axes.plot`, as
            scikit-learn's `CalibrationDisplay.from_estimator` has them.

        Returns
        -------
        CalibrationDisplay

        Raises
        ------
        NotFittedError, InputError
            Before `fit`; when the estimator is no classifier of single classes, or has no such class.
        """
        check_is_fitted(estimator)
        classes = getattr(estimator, "classes_", None)
        if not hasattr(estimator, "predict_proba") or not isinstance(classes, np.ndarray):
            raise InputError(
                f"calibration is of the probabilities of a classifier, not of a {type(estimator).__name__}"
                + ("; take one of its targets at a time" if isinstance(classes, list) else "")
            )
        probabilities = np.asarray(estimator.predict_proba(X))
        if probabilities.sum(axis=1).max(initial=0.0) > 1 + 1e-3:
            raise InputError("calibration is drawn of classes that rule each other out; take one column of y at a time")
        true = np.asarray(y).ravel()
        options = {"name": type(estimator).__name__, **options}
        if pos_label is None and len(classes) > 2:
            right = classes[probabilities.argmax(axis=1)] == true
            made: Self = cls.from_predictions(right.astype(int), probabilities.max(axis=1), **options)
            made.ax_.set(xlabel="probability of the most probable class", ylabel="share of rows where it is right")
            return made
        label = classes[-1] if pos_label is None else pos_label
        if label not in classes.tolist():
            raise InputError(f"pos_label {pos_label!r} is none of the classes {classes.tolist()!r}")
        own = probabilities[:, classes.tolist().index(label)]
        made = cls.from_predictions((true == label).astype(int), own, **options)
        made.ax_.set(
            xlabel=style.plain(f"probability of {label}"), ylabel=style.plain(f"share of rows that are {label}")
        )
        return made

    def plot(self, *, ax: Any = None, name: Any = None, ref_line: bool = True, **kwargs: Any) -> Self:
        """Draw it; parameters as of scikit-learn's. The line that it is held against has the colour of texts."""
        super().plot(ax=style.axes(ax), name=name, ref_line=ref_line, **kwargs)
        for line in self.ax_.lines:
            if line.get_label() == "Perfectly calibrated":
                line.set_color(style.ink())
        style.legend(self.ax_, loc="lower right")
        return self
