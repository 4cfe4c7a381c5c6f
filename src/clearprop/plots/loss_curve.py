"""How the loss fell: a line for every score of the records of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.job import Epoch
from clearprop.plots import style
from clearprop.plots.opened import opened

WORDS: Mapping[str, str] = {"loss": "training loss", "learning_rate": "learning rate"}


class LossCurveDisplay:
    """The loss of every epoch, of training rows and of validation rows, or other scores of the records.

    Use `from_estimator` or `from_history` to make one.

    Parameters
    ----------
    curves : mapping of str to (epochs, values)
        By what the records call them: two arrays of shape (n_epochs,).
    best_epoch : int, optional
        The epoch whose weights were put back.
    estimator_name : str, optional

    Attributes
    ----------
    lines_ : dict of str to matplotlib.lines.Line2D
    best_line_ : matplotlib.lines.Line2D or None
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from clearprop import MLPClassifier
    >>> from clearprop.plots import LossCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(model)
    >>> list(display.lines_["loss"].get_ydata()) == model.loss_curve_
    True
    """

    def __init__(
        self,
        curves: Mapping[str, tuple[Any, Any]],
        *,
        best_epoch: int | None = None,
        estimator_name: str | None = None,
    ) -> None:
        self.curves = curves
        self.best_epoch = best_epoch
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        scores: Sequence[str] | None = None,
        ax: Any = None,
        name: str | None = None,
        **line: Any,
    ) -> Self:
        """Draw the training of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            An `MLPClassifier`, `MLPRegressor`, `TabularClassifier` or `TabularRegressor`, or a pipeline that ends in
            one. An imported network has no record of its training, unless it was trained on.
        scores : sequence of str, optional
            What to draw, as the records of `history_` call it: "loss", "learning_rate", or a name in their `scores`.
            By default the loss and, where there were validation rows, their loss.
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        name : str, optional
            Stands before the names of the lines; by default nothing.
        **line
            Go to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        LossCurveDisplay

        Raises
        ------
        NotFittedError, InputError
            Before `fit`; when there is no such score, or no epoch.
        """
        found = opened(estimator)
        made = cls(curves_of(found.records, scores), best_epoch=found.best_epoch, estimator_name=found.name)
        return made.plot(ax=ax, name=name, **line)

    @classmethod
    def from_history(
        cls,
        history: Sequence[Epoch],
        *,
        scores: Sequence[str] | None = None,
        best_epoch: int | None = None,
        estimator_name: str | None = None,
        ax: Any = None,
        **line: Any,
    ) -> Self:
        """Draw the records of a training, as `clearprop.train` returns them.

        Parameters
        ----------
        history : sequence of Epoch
        scores, ax
            As for `from_estimator`.
        best_epoch, estimator_name
            As for the class.

        Raises
        ------
        InputError
            When there is no such score, or no epoch.
        """
        return cls(curves_of(history, scores), best_epoch=best_epoch, estimator_name=estimator_name).plot(ax=ax, **line)

    def plot(self, ax: Any = None, *, name: str | None = None, **line: Any) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        name : str, optional
            Stands before the names of the lines.
        **line
            Go to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        self
        """
        self.ax_ = style.axes(ax)
        self.figure_ = self.ax_.figure
        before = "" if name is None else f"{style.plain(name)}, "
        drawn = len(self.ax_.lines)
        self.lines_ = {}
        for place, (score, (epochs, values)) in enumerate(self.curves.items(), start=drawn):
            options = {**style.line_style(place, len(epochs)), "label": f"{before}{in_words(score)}", **line}
            (self.lines_[score],) = self.ax_.plot(epochs, values, **options)
        self.best_line_ = None
        if self.best_epoch is not None:
            label = f"{before}epoch {self.best_epoch}, whose weights were kept"
            self.best_line_ = self.ax_.axvline(
                self.best_epoch, color=style.ink(), linestyle=(0, (1, 4)), linewidth=1.2, label=label
            )
        self.ax_.set(xlabel="epoch", ylabel=_unit(list(self.curves)))
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        style.legend(self.ax_)
        return self


def curves_of(history: Sequence[Epoch], scores: Sequence[str] | None) -> dict[str, tuple[Any, Any]]:
    """The curves of these scores, by default of the loss and the validation loss; errors as of `from_history`."""
    if not history:
        raise InputError("there is no record of an epoch to draw")
    if isinstance(scores, str) or (scores is not None and not len(scores)):
        raise InputError(f"scores is a sequence of names, as scores=['loss'], not {scores!r}")
    measured = {name for epoch in history for name in epoch.scores}
    if scores is None:
        scores = ["loss", "validation_loss"] if "validation_loss" in measured else ["loss"]
    known = ("loss", "learning_rate", *sorted(measured))
    for score in scores:
        if score not in known:
            raise UnknownNameError("score in the records", score, known)
    return {score: curve(history, score) for score in scores}


def curve(history: Sequence[Epoch], score: str) -> tuple[Any, Any]:
    """Epochs and values of what the records call so, of those records that have it."""
    if score in ("loss", "learning_rate"):
        return np.array([epoch.n for epoch in history]), np.array([getattr(epoch, score) for epoch in history])
    found = [epoch for epoch in history if score in epoch.scores]
    return np.array([epoch.n for epoch in found]), np.array([epoch.scores[score] for epoch in found])


def in_words(score: str) -> str:
    """What the records call so, as a person says it.

    Examples
    --------
    >>> from clearprop.plots.loss_curve import in_words
    >>> in_words("loss"), in_words("validation_roc_auc")
    ('training loss', 'validation roc auc')
    """
    return WORDS.get(score, score.replace("_", " "))


def _unit(scores: Sequence[str]) -> str:
    """What the values of curves are: one score, the loss of several kinds of rows, or scores of several kinds."""
    if len(scores) == 1:
        return in_words(scores[0])
    kinds = {score.removeprefix("validation_") for score in scores}
    return in_words(kinds.pop()).removeprefix("training ") if len(kinds) == 1 else "score"
