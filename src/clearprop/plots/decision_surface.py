"""What a network answers over two of its inputs: regions of classes, contours of numbers, or one neuron."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from clearprop.errors import InputError
from clearprop.network import forward
from clearprop.plots import style
from clearprop.plots.grid import Grid
from clearprop.plots.opened import opened

MOST_CLASSES = 8  # as many hatches as can be told apart
LEVELS = 10


class DecisionSurfaceDisplay:
    """A surface over two inputs.

    Of two classes it is the probability of the second, with the line where both are as probable; of more, the region of
    each, with its own hatch; of numbers, the prediction; of a neuron, its activation, with the line where its weighted
    input is 0. Contours carry their numbers.

    Parameters
    ----------
    x, y : array of shape (n_x,), (n_y,)
    response : array of shape (n_y, n_x)
        The probability, the number of the class, the prediction, or the activation.
    xlabel, ylabel, label : str
        What is on the axes, and what the surface is.
    classes : sequence, optional
        Of more than two classes, in the order of their numbers.
    line : (array of shape (n_y, n_x), float, str), optional
        The line that is drawn thick: where this is so much, and what is said of it.
    points : (array, array, array or None), optional
        Rows to draw into it, and the class of each or None.

    Attributes
    ----------
    surface_ : matplotlib.contour.QuadContourSet
    line_ : matplotlib.contour.QuadContourSet or None
    points_ : list of matplotlib.collections.PathCollection
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from clearprop import MLPClassifier
    >>> from clearprop.plots import DecisionSurfaceDisplay
    >>> X, y = make_moons(100, noise=0.1, random_state=0)
    >>> model = MLPClassifier((8,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> display = DecisionSurfaceDisplay.from_estimator(model, X, y, grid_resolution=20)
    >>> display.response.shape, len(display.points_)
    ((20, 20), 2)
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        response: Any,
        *,
        xlabel: str,
        ylabel: str,
        label: str,
        classes: Sequence[Any] | None = None,
        line: tuple[Any, float, str] | None = None,
        points: tuple[Any, Any, Any] | None = None,
    ) -> None:
        self.x = x
        self.y = y
        self.response = response
        self.xlabel = xlabel
        self.ylabel = ylabel
        self.label = label
        self.classes = classes
        self.line = line
        self.points = points

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        features: Sequence[int | str] = (0, 1),
        row: int | None = None,
        neuron: tuple[int, int] | None = None,
        member: int = 0,
        grid_resolution: int = 100,
        ax: Any = None,
    ) -> Self:
        """Draw what a fitted estimator answers over two columns of X.

        Parameters
        ----------
        estimator : estimator or Imported
            Fitted; or a pipeline that ends in one.
        X : as `predict` takes it
            The surface is drawn as far as these rows reach.
        y : array-like of shape (n_samples,), optional
            The classes of the rows; they are then drawn, each class with a marker of its own.
        features : (int or str, int or str)
            The columns, by position or by name.
        row : int, optional
            The row of X, from 0, whose other columns stay as they are; needed where there are others.
        neuron : (int, int), optional
            Layer, from 1, and number in it, from 0: this neuron's activation instead of the output.
        member : int
            Which network of an ensemble `neuron` is in, from 0.
        grid_resolution : int
            Points along each side.
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        DecisionSurfaceDisplay

        Raises
        ------
        NotFittedError, InputError
            Before `fit`; when there are no such columns, row or neuron; of several targets, or more than eight classes.
        """
        found = opened(estimator, member)
        grid = Grid(X, features, row, grid_resolution)
        shape = (len(grid.y), len(grid.x))
        if neuron is not None:
            made = _of_neuron(found, grid, neuron, shape)
        else:
            if member:
                raise InputError("member is of a neuron: what an ensemble predicts is of all its networks")
            made = _of_output(estimator.estimator() if found.name == "Imported" else estimator, grid, shape)
        points = None if y is None else (*grid.points, np.asarray(y).ravel())
        if points is not None and len(points[0]) != len(points[2]):
            raise InputError(f"X has {len(points[0]):,} rows, but y has {len(points[2]):,}; there must be one each")
        return cls(grid.x, grid.y, xlabel=grid.names[0], ylabel=grid.names[1], points=points, **made).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the surface.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.

        Returns
        -------
        self
        """
        self.ax_ = style.axes(ax)
        self.figure_ = self.ax_.figure
        self.line_: Any = None
        self.points_: list[Any] = []
        if self.classes is not None:
            self._regions(self.classes)
        else:
            self._heights()
        if self.points is not None:
            self._rows(*self.points)
        self.ax_.set(
            xlabel=style.plain(self.xlabel),
            ylabel=style.plain(self.ylabel),
            xlim=(self.x[0], self.x[-1]),
            ylim=(self.y[0], self.y[-1]),
        )
        if self.ax_.get_legend_handles_labels()[0]:  # on a dark ground, where lines are white
            style.legend(
                self.ax_, **({} if self.classes is not None else {"facecolor": "#333333", "labelcolor": "white"})
            )
        return self

    def _heights(self) -> None:
        self.surface_ = self.ax_.contourf(self.x, self.y, self.response, levels=LEVELS, cmap="cividis", alpha=0.9)
        self.figure_.colorbar(self.surface_, ax=self.ax_).set_label(style.plain(self.label, 60))
        if self.line is None:
            if np.ptp(self.response) > 0:
                lines = self.ax_.contour(self.surface_, colors="white", linewidths=0.7)
                self.ax_.clabel(lines, fontsize="x-small")
            return
        of, level, said = self.line
        if np.min(of) < level < np.max(of):
            self.line_ = self.ax_.contour(
                self.x, self.y, of, levels=[level], colors="white", linewidths=2.2, linestyles="--"
            )
            self.ax_.plot([], [], color="white", linestyle="--", linewidth=2.2, label=said)

    def _regions(self, classes: Sequence[Any]) -> None:
        from matplotlib.patches import Patch

        levels = np.arange(len(classes) + 1) - 0.5
        colours = [f"C{k}" for k in range(len(classes))]
        hatches = list(style.HATCHES[: len(classes)])
        self.surface_ = self.ax_.contourf(
            self.x, self.y, self.response, levels=levels, colors=colours, hatches=hatches, alpha=0.3
        )
        self.ax_.contour(self.x, self.y, self.response, levels=levels[1:-1], colors=[style.ink()], linewidths=1.0)
        if self.points is None:
            handles = [
                Patch(facecolor=colour, hatch=hatch, alpha=0.5, label=style.plain(label), edgecolor=style.ink())
                for label, colour, hatch in zip(classes, colours, hatches, strict=True)
            ]
            style.legend(self.ax_, handles=handles)

    def _rows(self, x: Any, y: Any, label: Any) -> None:
        """The rows, each class with its marker; of numbers all alike."""
        known = list(self.classes) if self.classes is not None else None
        values = known if known is not None else np.unique(label).tolist()
        if known is None and len(values) > len(style.MARKERS):
            self.points_.append(self.ax_.scatter(x, y, s=16, color="white", edgecolor="black", linewidth=0.6))
            return
        for place, value in enumerate(values):
            chosen = label == value
            look = {
                "marker": style.MARKERS[place % len(style.MARKERS)],
                "color": f"C{place}",
                "s": 22,
                "linewidth": 0.7,
            }
            edge = style.ink() if self.classes is not None else "white"
            name = style.plain(value)
            self.points_.append(self.ax_.scatter(x[chosen], y[chosen], edgecolor=edge, label=name, **look))


def _of_neuron(found: Any, grid: Grid, neuron: Any, shape: tuple[int, int]) -> dict[str, Any]:
    depth, widths = found.network.depth, found.network.widths
    match neuron:
        case (int() as l, int() as j) if 1 <= l <= depth and 0 <= j < widths[l]:
            pass
        case _:
            raise InputError(
                f"neuron is a layer from 1 to {depth} and a number in it from 0, as (1, 0), not {neuron!r}; the layers "
                f"have {', '.join(map(str, widths[1:]))} neurons"
            )
    tape = forward(found.network, found.params, found.inputs(grid.rows()))
    z = np.asarray(tape.z[l])[:, j].reshape(shape)
    return {
        "response": np.asarray(tape.a[l])[:, j].reshape(shape),
        "label": f"activation of neuron {j} of layer {l}",
        "line": (z, 0.0, "its weighted input z is 0"),
    }


def _of_output(estimator: Any, grid: Grid, shape: tuple[int, int]) -> dict[str, Any]:
    if not hasattr(estimator, "predict_proba"):
        predicted = np.asarray(estimator.predict(grid.rows()))
        if predicted.ndim > 1:
            raise InputError("a surface is of one target, and several are predicted; fit one regressor for each")
        return {"response": predicted.reshape(shape), "label": "prediction"}
    classes = estimator.classes_
    if not isinstance(classes, np.ndarray) or len(classes) > MOST_CLASSES:
        raise InputError(f"a surface is drawn of up to {MOST_CLASSES} classes that rule each other out")
    probabilities = np.asarray(estimator.predict_proba(grid.rows()))
    if probabilities.shape[1] == 2 and len(classes) == 2:
        found = probabilities[:, 1].reshape(shape)
        return {
            "response": found,
            "label": f"probability of {classes[1]}",
            "line": (found, 0.5, "both are as probable"),
        }
    return {
        "response": probabilities.argmax(axis=1).reshape(shape),
        "label": "class",
        "classes": classes.tolist(),
    }
