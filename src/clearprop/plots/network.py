"""The network drawn: neurons, and weights by size and sign; of one row also what every neuron answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from matplotlib.collections import LineCollection

from clearprop.errors import InputError
from clearprop.network import Network, Parameters, forward
from clearprop.plots import style
from clearprop.plots.opened import opened
from clearprop.trace.trace import Trace

MOST_NODES = 9  # of a layer; of a wider one the first ones and the last
MOST_VALUES = 60  # neurons whose numbers are written into the drawing


class NetworkDisplay:
    """A network as a drawing: signals run to the right.

    A line is the thicker the larger its weight is in its layer, solid where the weight is positive and dashed where it
    is negative. Of wide layers the first neurons and the last are drawn.

    Parameters
    ----------
    network : Network
    params : Parameters
    activations : sequence of arrays of shape (n_l,), optional
        What the neurons of the layers 0 … L answer to one row.
    input_names : sequence of str
        () for none.
    estimator_name : str, optional

    Attributes
    ----------
    positive_, negative_ : list of matplotlib.collections.LineCollection
        Of the layers 1 … L; their `get_array()` is the weights.
    nodes_ : list of matplotlib.collections.PathCollection
        Of the layers 0 … L.
    texts_ : dict of (int, int) to matplotlib.text.Text
        The answer of a neuron, by its layer and its number, from 0.
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.plots import NetworkDisplay
    >>> display = NetworkDisplay.from_trace(case("case_study").trace())
    >>> display.texts_[2, 0].get_text()
    '0.7486'
    >>> display.positive_[0].get_array().tolist()
    [0.5, 0.3, 0.2, 0.4]
    """

    def __init__(
        self,
        network: Network,
        params: Parameters,
        *,
        activations: Sequence[Any] | None = None,
        input_names: Sequence[str] = (),
        estimator_name: str | None = None,
    ) -> None:
        self.network = network
        self.params = params
        self.activations = activations
        self.input_names = input_names
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(cls, estimator: Any, x: Any = None, *, member: int = 0, ax: Any = None) -> Self:
        """Draw the network of a fitted estimator.

        Parameters
        ----------
        estimator : estimator or Imported
            Fitted; or a pipeline that ends in one.
        x : one row as `predict` takes it, optional
            Then every neuron has what it answers to it.
        member : int
            Which network of an ensemble, from 0.
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        NetworkDisplay

        Raises
        ------
        NotFittedError, InputError
            Before `fit`; when x is not one row.
        """
        found = opened(estimator, member)
        activations = None
        if x is not None:
            row = found.inputs(x)
            if len(row) != 1:
                raise InputError(f"a drawing has the numbers of one row, and x has {len(row):,}; take one, as X[:1]")
            activations = [np.asarray(a)[0] for a in forward(found.network, found.params, row).a]
        return cls(
            found.network,
            found.params,
            activations=activations,
            input_names=found.input_names,
            estimator_name=found.name,
        ).plot(ax=ax)

    @classmethod
    def from_trace(cls, trace: Trace, *, ax: Any = None) -> Self:
        """Draw the network of a trace with what its neurons answer; of a batch, to its first row."""
        values = [np.asarray(trace[f"a{l}"].value, dtype=float) for l in range(trace.network.depth + 1)]
        return cls(trace.network, trace.params, activations=[a[0] if trace.is_batch else a for a in values]).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the network.

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
        self._shown = [_shown(n) for n in self.network.widths]
        self.positive_: list[Any] = []
        self.negative_: list[Any] = []
        self.nodes_: list[Any] = []
        self.texts_: dict[tuple[int, int], Any] = {}
        for l in range(1, self.network.depth + 1):
            self._edges(l)
        for l in range(len(self._shown)):
            self._nodes(l)
        tallest = max(map(len, self._shown))
        self.ax_.set(xlim=(-0.6, self.network.depth + 0.6), ylim=(-tallest / 2 - 1.1, tallest / 2 + 0.3))
        self.ax_.set_axis_off()
        return self

    def _place(self, l: int, i: int) -> tuple[float, float]:
        """Where the i-th of the places of a layer is."""
        return float(l), (len(self._shown[l]) - 1) / 2 - i

    def _edges(self, l: int) -> None:
        """The weights of a layer between the neurons that are drawn."""
        W = self.network.layers[l - 1].arrows(self.params.of(l))
        ends = [
            (i, k, n, j)
            for i, k in enumerate(self._shown[l - 1])
            for n, j in enumerate(self._shown[l])
            if k is not None and j is not None and (W is None or not np.isnan(W[k, j]))
        ]
        values = np.array([1.0 if W is None else float(W[k, j]) for _, k, _, j in ends])
        lines = np.array([(self._place(l - 1, i), self._place(l, n)) for i, _, n, _ in ends]).reshape(-1, 2, 2)
        widths = 0.3 + 2.7 * np.abs(values) / (np.abs(values).max(initial=0.0) or 1.0)
        for is_chosen, name, dashes, made in (
            (values >= 0, "positive", "solid", self.positive_),
            (values < 0, "negative", (0, (4, 2)), self.negative_),
        ):
            colour = "grey" if W is None else style.colour(name, self.ax_)
            drawn = LineCollection(
                list(lines[is_chosen]), linewidths=widths[is_chosen], linestyles=[dashes], alpha=0.75, zorder=1
            )
            drawn.set_array(values[is_chosen])
            drawn.set_cmap(_one_colour(colour))
            made.append(self.ax_.add_collection(drawn))

    def _nodes(self, l: int) -> None:
        shown = self._shown[l]
        places = [self._place(l, i) for i, j in enumerate(shown) if j is not None]
        ink, ground = style.ink(), self.ax_.get_facecolor()
        with_values = self.activations is not None and sum(map(len, self._shown)) <= MOST_VALUES
        self.nodes_.append(
            self.ax_.scatter(*zip(*places, strict=True), s=90, facecolor=ground, edgecolor=ink, linewidth=1.2, zorder=2)
        )
        for i, j in enumerate(shown):
            x, y = self._place(l, i)
            if j is None:
                self.ax_.text(x, y, "⋮", ha="center", va="center", color=ink)
                continue
            if with_values:
                assert self.activations is not None
                value = f"{float(self.activations[l][j]):.4g}".replace("-", "−")
                under = {"facecolor": ground, "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
                self.texts_[l, j] = self.ax_.text(
                    x, y - 0.36, value, ha="center", va="center", fontsize="small", color=ink, bbox=under
                )
            if l == 0 and self.input_names:
                self.ax_.text(
                    x - 0.1,
                    y,
                    style.plain(self.input_names[j], 24),
                    ha="right",
                    va="center",
                    fontsize="small",
                    color=ink,
                )
        name = "inputs" if l == 0 else self.network.layers[l - 1].activation.name
        bottom = -max(map(len, self._shown)) / 2 - 0.6
        self.ax_.text(
            l, bottom, f"{self.network.widths[l]:,}\n{name}", ha="center", va="center", fontsize="small", color=ink
        )


def _shown(n: int) -> list[int | None]:
    return list(range(n)) if n <= MOST_NODES else [*range(MOST_NODES - 2), None, n - 1]


def _one_colour(name: str) -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([name])
