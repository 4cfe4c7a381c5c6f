"""The weights of a layer: squares by size and sign, or for each neuron a picture of what it looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from clearprop.errors import InputError
from clearprop.plots import style
from clearprop.plots.opened import opened

MOST_SQUARES = 1600  # weights that are each drawn as a square; more are points of a picture
MOST_NAMED = 40  # inputs that are named beside their row


class WeightsDisplay:
    """The weights of one layer.

    Up to 1,600 are drawn as squares whose area is the weight's size, filled where it is positive and hollow where it is
    negative (Hinton & Shallice, 1991). More are points of a picture, dark for the most negative and light for the most
    positive. Where the inputs are the pixels of an image, `image_shape` draws one small image for each neuron.

    Parameters
    ----------
    weights : array of shape (n_inputs, n_neurons)
    layer : int
        From 1.
    input_names : sequence of str
        () for none.
    image_shape : (int, int), optional
        Rows and columns of the images that the inputs are pixels of.
    estimator_name : str, optional

    Attributes
    ----------
    positive_, negative_ : matplotlib.collections.PatchCollection or None
        The squares, row by row, of weights that are not negative and of those that are.
    image_ : matplotlib.image.AxesImage or None
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from clearprop import MLPClassifier
    >>> from clearprop.plots import WeightsDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((5,), random_state=0).initialize(X, y)
    >>> display = WeightsDisplay.from_estimator(model)
    >>> len(display.positive_.get_paths()) + len(display.negative_.get_paths())
    20
    """

    def __init__(
        self,
        weights: Any,
        *,
        layer: int = 1,
        input_names: Sequence[str] = (),
        image_shape: tuple[int, int] | None = None,
        estimator_name: str | None = None,
    ) -> None:
        self.weights = weights
        self.layer = layer
        self.input_names = input_names
        self.image_shape = image_shape
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        layer: int = 1,
        *,
        image_shape: tuple[int, int] | None = None,
        member: int = 0,
        ax: Any = None,
    ) -> Self:
        """Draw W[layer] of a fitted estimator.

        Parameters
        ----------
        estimator : estimator or Imported
            Fitted; or a pipeline that ends in one.
        layer : int
            From 1, the first that has weights.
        image_shape : (int, int), optional
            Rows and columns, where the layer's inputs are the pixels of an image, row by row.
        member : int
            Which network of an ensemble, from 0.
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        WeightsDisplay

        Raises
        ------
        NotFittedError, InputError
            Before `fit`; when there is no such layer, or its inputs are not so many pixels.
        """
        found = opened(estimator, member)
        depth = found.network.depth
        if isinstance(layer, bool) or not isinstance(layer, int) or not 1 <= layer <= depth:
            raise InputError(f"layer must be from 1 to {depth}, not {layer!r}")
        weights = found.params.W[layer]
        if weights is None:
            raise InputError(f"layer {layer} is a {type(found.network.layers[layer - 1]).__name__} and has no matrix W")
        names = found.input_names if layer == 1 else ()
        return cls(
            np.array(weights), layer=layer, input_names=names, image_shape=image_shape, estimator_name=found.name
        ).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the weights.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.

        Returns
        -------
        self

        Raises
        ------
        InputError
            When the layer's inputs are not as many as the image has pixels.
        """
        n_inputs, _n_neurons = self.weights.shape
        if self.image_shape is not None and math.prod(self.image_shape) != n_inputs:
            rows, columns = self.image_shape
            raise InputError(
                f"image_shape {rows} × {columns} is {rows * columns} pixels, and layer {self.layer} has {n_inputs} "
                "inputs"
            )
        self.ax_ = style.axes(ax)
        self.figure_ = self.ax_.figure
        self.positive_: Any = None
        self.negative_: Any = None
        self.image_: Any = None
        if self.image_shape is not None:
            self._images(*self.image_shape)
            return self
        if self.weights.size <= MOST_SQUARES:
            self._squares()
        else:
            self._picture(self.weights)
        self.ax_.set(xlabel=f"neuron of layer {self.layer}", ylabel=self._of_inputs())
        if self.input_names and n_inputs <= MOST_NAMED:
            self.ax_.set_yticks(range(n_inputs), list(map(style.plain, self.input_names)))
        else:
            self.ax_.yaxis.get_major_locator().set_params(integer=True)
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        return self

    def _of_inputs(self) -> str:
        return "input" if self.layer == 1 else f"neuron of layer {self.layer - 1}"

    def _squares(self) -> None:
        n_inputs, n_neurons = self.weights.shape
        largest = float(np.abs(self.weights).max()) or 1.0
        patches: dict[bool, list[Rectangle]] = {True: [], False: []}
        for k in range(n_inputs):
            for j in range(n_neurons):
                weight = float(self.weights[k, j])
                side = 0.92 * math.sqrt(abs(weight) / largest)
                patches[weight >= 0].append(Rectangle((j - side / 2, k - side / 2), side, side))
        violet, amber = style.colour("positive", self.ax_), style.colour("negative", self.ax_)
        self.positive_ = PatchCollection(patches[True], facecolor=violet, edgecolor=violet, linewidth=0.8)
        self.negative_ = PatchCollection(patches[False], facecolor="none", edgecolor=amber, linewidth=1.2)
        for squares in (self.positive_, self.negative_):
            self.ax_.add_collection(squares)
        self.ax_.set(
            xlim=(-0.6, n_neurons - 0.4),
            ylim=(n_inputs - 0.4, -0.6),
            aspect="equal",
            title=f"the largest square is {largest:.4g}; filled: positive, hollow: negative",
        )
        self.ax_.title.set_fontsize("small")

    def _picture(self, values: Any) -> None:
        largest = float(np.nanmax(np.abs(values))) or 1.0
        shown = np.ma.masked_invalid(values)
        self.image_ = self.ax_.imshow(
            shown, cmap="cividis", vmin=-largest, vmax=largest, aspect="auto", interpolation="nearest"
        )
        bar = self.figure_.colorbar(self.image_, ax=self.ax_)
        bar.set_label("weight")

    def _images(self, rows: int, columns: int) -> None:
        """A small image for each neuron, with a gap between them."""
        n_neurons = self.weights.shape[1]
        across = math.ceil(math.sqrt(n_neurons))
        down = math.ceil(n_neurons / across)
        sheet = np.full((down * (rows + 1) - 1, across * (columns + 1) - 1), np.nan)
        for j in range(n_neurons):
            top, left = j // across * (rows + 1), j % across * (columns + 1)
            sheet[top : top + rows, left : left + columns] = self.weights[:, j].reshape(rows, columns)
        self._picture(sheet)
        self.ax_.set(
            xticks=[], yticks=[], aspect="equal",
            title=f"the weights into each of the {n_neurons} neurons of layer {self.layer}",
        )  # fmt: skip
        self.ax_.title.set_fontsize("small")
