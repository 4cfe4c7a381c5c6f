"""What hidden neurons answer: histograms of activations, with the neurons counted through which no error passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from clearprop.errors import InputError
from clearprop.network import Network, Tape, forward
from clearprop.network.flow import stuck
from clearprop.plots import style
from clearprop.plots.opened import opened


class ActivationHistogramDisplay:
    """How often a hidden layer's activations have which size, and how many of its neurons are stuck.

    A neuron is stuck if hardly any of an error passes through it on any row: its slope σ′(z) is below a hundredth of
    the steepest. It is dead where it answers next to nothing, as relu below 0, and saturated where it is held at an end
    of its range (`clearprop.network.flow.stuck`).

    Parameters
    ----------
    edges : array of shape (n_bins + 1,)
    counts : sequence of int arrays of shape (n_bins,)
        Of each hidden layer.
    names : sequence of str
        Of their activations.
    n_neurons, n_dead, n_saturated : sequence of int
        Of each hidden layer.
    estimator_name : str, optional

    Attributes
    ----------
    steps_ : list of matplotlib.patches.StepPatch
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import MLPRegressor
    >>> from clearprop.plots import ActivationHistogramDisplay
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=(4,), random_state=0).initialize(X, X[:, 0])
    >>> model.coefs_[0][:] = [[1.0, -1.0, 2.0, 0.5]]
    >>> model.intercepts_[0][:] = [0.0, 0.0, -3.0, 0.0]
    >>> display = ActivationHistogramDisplay.from_estimator(model, X)
    >>> display.n_dead, int(display.counts[0].sum())
    ([1], 200)
    """

    def __init__(
        self,
        edges: Any,
        counts: Sequence[Any],
        *,
        names: Sequence[str],
        n_neurons: Sequence[int],
        n_dead: Sequence[int],
        n_saturated: Sequence[int],
        estimator_name: str | None = None,
    ) -> None:
        self.edges = edges
        self.counts = counts
        self.names = names
        self.n_neurons = n_neurons
        self.n_dead = n_dead
        self.n_saturated = n_saturated
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, *, bins: int = 40, member: int = 0, ax: Any = None, **step: Any
    ) -> Self:
        """Draw the activations of the hidden layers on these rows.

        Parameters
        ----------
        estimator : estimator or Imported
            Fitted; or a pipeline that ends in one.
        X : as `predict` takes it
        bins : int
            The same for all layers, between the smallest and the largest activation.
        member : int
            Which network of an ensemble, from 0.
        ax : matplotlib.axes.Axes, optional
        **step
            Go to `matplotlib.axes.Axes.stairs`.

        Returns
        -------
        ActivationHistogramDisplay

        Raises
        ------
        NotFittedError, InputError
            Before `fit`, or of a network without a hidden layer.
        """
        if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
            raise InputError(f"bins must be a whole number of at least 1, not {bins!r}")
        found = opened(estimator, member)
        network = found.network
        if network.depth < 2:
            raise InputError(f"this {found.name} has no hidden layer, so there are no activations between to draw")
        tape = forward(network, found.params, found.inputs(X))
        return cls.from_tape(network, tape, bins=bins, estimator_name=found.name, ax=ax, **step)

    @classmethod
    def from_tape(
        cls,
        network: Network,
        tape: Tape,
        *,
        bins: int = 40,
        estimator_name: str | None = None,
        ax: Any = None,
        **step: Any,
    ) -> Self:
        """Draw the activations of the hidden layers that a forward pass computed.

        Parameters
        ----------
        network : Network
            With a hidden layer.
        tape : Tape
            Of `clearprop.forward`.
        bins, ax, **step
            As for `from_estimator`.
        estimator_name : str, optional
        """
        hidden = [np.asarray(a) for a in tape.a[1:-1]]
        edges = np.histogram_bin_edges(np.concatenate([a.ravel() for a in hidden]), bins)
        found = [stuck(network.layers[l - 1].activation, tape.z[l], tape.a[l]) for l in range(1, network.depth)]
        made = cls(
            edges,
            [np.histogram(a, edges)[0] for a in hidden],
            names=[layer.summary for layer in network.layers[:-1]],
            n_neurons=list(network.widths[1:-1]),
            n_dead=[int(layer.dead.sum()) for layer in found],
            n_saturated=[int(layer.saturated.sum()) for layer in found],
            estimator_name=estimator_name,
        )
        return made.plot(ax=ax, **step)

    def plot(self, ax: Any = None, **step: Any) -> Self:
        """Draw a histogram for each hidden layer: the share of its activations in each bin.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        **step
            Go to `matplotlib.axes.Axes.stairs`.

        Returns
        -------
        self
        """
        self.ax_ = style.axes(ax)
        self.figure_ = self.ax_.figure
        self.steps_ = []
        for place, counts in enumerate(self.counts):
            options = {"color": f"C{place}", "linestyle": style.LINES[place % len(style.LINES)], "linewidth": 1.6}
            shares = counts / max(1, counts.sum())
            self.steps_.append(self.ax_.stairs(shares, self.edges, **{**options, "label": self._named(place), **step}))
        self.ax_.set(xlabel="activation", ylabel="share of the layer's activations", ylim=(0, None))
        style.legend(self.ax_)
        return self

    def _named(self, place: int) -> str:
        n = f"{self.n_neurons[place]:,}"
        counts = ((self.n_dead[place], "dead"), (self.n_saturated[place], "saturated"))
        told = [f"{count:,} {word}" for count, word in counts if count]
        return f"layer {place + 1}, {self.names[place]}: of {n} neurons {' and '.join(told) or 'none stuck'}"
