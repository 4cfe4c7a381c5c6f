"""The pictures of the report, each drawn by a display of `clearprop.plots` or of scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.network import forward
from clearprop.plots import (
    ActivationHistogramDisplay,
    CalibrationDisplay,
    GradientFlowDisplay,
    LossCurveDisplay,
    NetworkDisplay,
    style,
)
from clearprop.plots.pictures import Pictured, pictured
from clearprop.tables.numeric import spread_evenly
from clearprop.tabular.dependence import Dependence
from clearprop.tabular.model import TableModel
from clearprop.training import Epoch

MOST_POINTS = 1000  # of a picture of residuals
MOST_BARS = 15
MOST_TICKS = 12
BINS = 10  # of calibration
MOST_ROWS = 2000  # whose activations are counted


def curves(history: Sequence[Epoch], scores: Sequence[str], best_epoch: int | None) -> Pictured:
    """Scores over the epochs."""
    return pictured(
        lambda ax: LossCurveDisplay.from_history(history, scores=scores, best_epoch=best_epoch, ax=ax), 6.4, 3.4
    )


def flow(history: Sequence[Epoch]) -> Pictured:
    """The gradient of each layer over the epochs."""
    return pictured(lambda ax: GradientFlowDisplay.from_history(history, ax=ax), 6.4, 3.4)


def confusion(matrix: Any, labels: Sequence[str]) -> Pictured:
    """The confusion matrix."""
    from sklearn.metrics import ConfusionMatrixDisplay

    matrix = np.asarray(matrix)
    shown = [style.plain(label, 16) for label in labels]
    size = min(9.0, 2.6 + 0.42 * len(labels))

    def draw(ax: Any) -> None:
        rotation = "horizontal" if sum(map(len, shown)) < 45 else "vertical"
        ConfusionMatrixDisplay(matrix, display_labels=shown).plot(
            ax=ax, cmap="cividis", colorbar=False, xticks_rotation=rotation, values_format="d"
        )

    return pictured(draw, size + 0.8, size)


def residuals(true: Any, predicted: Any) -> Pictured:
    """True minus predicted, over the prediction."""
    from sklearn.metrics import PredictionErrorDisplay

    def draw(ax: Any) -> None:
        PredictionErrorDisplay(y_true=true, y_pred=predicted).plot(
            ax=ax,
            kind="residual_vs_predicted",
            scatter_kwargs={"rasterized": True, "s": 10, "alpha": 0.6, "color": style.colour("link", ax)},
            line_kwargs={"color": style.ink(), "alpha": 1.0},
        )

    return pictured(draw, 6.4, 3.8)


def some(n_rows: int) -> Any:
    """The numbers of rows spread evenly over all, at most a thousand."""
    return spread_evenly(n_rows, MOST_POINTS)


class Calibration:
    """The reliability diagram, and the numbers in it.

    Parameters
    ----------
    is_true : int array of shape (n_rows,)
        Whether what the probability is of came true.
    probability : array of shape (n_rows,)
    """

    def __init__(self, is_true: Any, probability: Any, xlabel: str, ylabel: str) -> None:
        def draw(ax: Any) -> None:
            self.shown = CalibrationDisplay.from_predictions(is_true, probability, n_bins=BINS, ax=ax, pos_label=1)
            ax.set(xlabel=xlabel, ylabel=ylabel)

        self.picture = pictured(draw, 5.4, 4.2)


def importances(columns: Sequence[tuple[str, float]]) -> Pictured:
    """Bars of the columns that matter most, each with its number."""
    from clearprop.cli.words import number

    first = columns[:MOST_BARS][::-1]

    def draw(ax: Any) -> None:
        names, rises = [style.plain(name, 28) for name, _ in first], [rise for _, rise in first]
        bars = ax.barh(names, rises, color=style.colour("link", ax))
        ax.bar_label(bars, [number(rise, 3) for _, rise in first], padding=3, color=style.ink())
        ax.margins(x=0.15)

    return pictured(draw, 6.4, 1.0 + 0.3 * len(first))


def dependence(found: Dependence, labels: Sequence[str], ylabel: str) -> Pictured:
    """The mean predictions over the values of a column: lines of a number or a date, points of categories."""
    from clearprop.cli.words import number

    def draw(ax: Any) -> None:
        places = np.arange(len(found.values)) if found.places is None else found.places
        for k, label in enumerate(labels):
            drawn = style.line_style(k, len(places)) | ({"linestyle": ""} if found.places is None else {})
            ax.plot(places, found.mean[:, k], label=style.plain(label, 24), **drawn)
        shown = [style.plain(name, 14) for name in found.values]
        if found.places is None or shown[0] != number(float(places[0]), 6).replace(",", ""):
            at = spread_evenly(len(shown), MOST_TICKS)
            ax.set_xticks(places[at], [shown[k] for k in at], rotation=30 if len(at) > 4 else 0)
        ax.set(xlabel=style.plain(found.column), ylabel=style.plain(ylabel))
        if len(labels) > 1:
            style.legend(ax)

    return pictured(draw, 6.4, 3.4)


def network(model: TableModel) -> Pictured:
    """The first network."""
    names = tuple(model.encoder.names) if len(model.encoder.names) == model.network.widths[0] else ()
    return pictured(lambda ax: NetworkDisplay(model.network, model.parameters, input_names=names).plot(ax=ax), 7.2, 4.4)


def activations(model: TableModel, X: Any) -> Pictured | None:
    """What its hidden neurons answer to encoded rows; None where there are none."""
    if model.network.depth < 2:
        return None
    tape = forward(model.network, model.parameters, X)
    return pictured(lambda ax: ActivationHistogramDisplay.from_tape(model.network, tape, ax=ax), 6.4, 3.8)
