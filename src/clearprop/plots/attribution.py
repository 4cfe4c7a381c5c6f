"""The part of each column in a prediction, as bars that add up; or their mean size over many rows."""

from __future__ import annotations

from inspect import signature
from typing import Any, Self

import numpy as np

from clearprop.errors import InputError
from clearprop.plots import style
from clearprop.tabular.attribution import Attributions

MOST_BARS = 15


class AttributionDisplay:
    """The parts of columns in predictions, the largest above.

    Of one row: bars to the right raise the prediction above that of the usual row, bars to the left, which are hatched,
    lower it. Of all rows: the mean size of each column's part. The smallest of more than 15 are drawn as one.

    Parameters
    ----------
    attributions : Attributions
    row : int, optional
        Which row, from 0; by default all.

    Attributes
    ----------
    names_, values_ : list of str, float64 array
        Of the bars, the uppermost first.
    bars_ : matplotlib.container.BarContainer
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> import pandas as pd
    >>> from clearprop import TabularRegressor
    >>> from clearprop.plots import AttributionDisplay
    >>> X = pd.DataFrame({"size": range(60), "floor": [1, 2, 3] * 20})
    >>> model = TabularRegressor(hidden_layer_sizes=8, max_iter=30, engine="reference", random_state=0)
    >>> display = AttributionDisplay.from_estimator(model.fit(X, 3.0 * X["size"]), X[-1:], row=0)
    >>> display.names_
    ['size', 'floor']
    """

    def __init__(self, attributions: Attributions, *, row: int | None = None) -> None:
        self.attributions = attributions
        self.row = row

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, *, row: int | None = None, of: Any = None, against: Any = None, ax: Any = None
    ) -> Self:
        """Compute and draw the parts of a fitted table estimator.

        Parameters
        ----------
        estimator : TabularClassifier or TabularRegressor
        X : data frame or array-like
            As `predict` takes it.
        row : int, optional
            Which row of X, from 0; by default the mean size over all.
        of, against
            As for `attributions` of the estimator.
        ax : matplotlib.axes.Axes, optional

        Raises
        ------
        InputError
            When the estimator is none of tables.
        """
        if not hasattr(estimator, "attributions") or "against" not in signature(estimator.attributions).parameters:
            raise InputError(
                f"parts of columns are those of a TabularClassifier or TabularRegressor, not of a "
                f"{type(estimator).__name__}"
            )
        return cls(estimator.attributions(X, of=of, against=against), row=row).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the bars on these axes, or on new ones."""
        found, self.ax_ = self.attributions, style.axes(ax)
        if self.row is not None and not 0 <= self.row < len(found.parts):
            raise InputError(f"row must be from 0 to {len(found.parts) - 1}, not {self.row!r}")
        parts = np.abs(found.parts).mean(axis=0) if self.row is None else found.parts[self.row]
        order = np.argsort(-np.abs(parts), kind="stable")
        first, rest = order[:MOST_BARS], order[MOST_BARS:]
        self.names_, self.values_ = [found.columns[k] for k in first], parts[first]
        if len(rest):
            self.names_.append(f"{len(rest):,} others together")
            self.values_ = np.append(self.values_, parts[rest].sum())
        places = np.arange(len(self.names_))[::-1]
        self.bars_ = self.ax_.barh(places, self.values_, color=style.colour("link", self.ax_))
        for bar, value in zip(self.bars_, self.values_, strict=True):
            if value < 0:
                bar.set(hatch="///", facecolor="none", edgecolor=style.ink())
        sign = "" if self.row is None else "+"
        labels = [f"{value:{sign}.3g}" for value in self.values_]
        self.ax_.bar_label(self.bars_, labels, padding=3, color=style.ink())
        self.ax_.set_yticks(places, [style.plain(name, 28) for name in self.names_])
        self.ax_.axvline(0, color=style.ink(), linewidth=0.8)
        self.ax_.margins(x=0.2)
        self.ax_.set_xlabel(style.plain(self._title(), 80))
        self.figure_ = self.ax_.figure
        return self

    def _title(self) -> str:
        found = self.attributions
        if self.row is None:
            return f"mean size of the part, {found.unit}"
        of = f" of {found.of[self.row]}" if found.unit == "probability" else ""
        return f"{found.unit}{of}: from {found.baseline[self.row]:.4g} to {found.outputs[self.row]:.4g}"
