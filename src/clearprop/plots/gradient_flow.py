"""How much of the error reaches each layer: norms of gradients, over the epochs of a training or in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.derivations.iterations import delta_norms
from clearprop.job import Epoch
from clearprop.network.flow import EXPLODING, VANISHING, flow
from clearprop.plots import style
from clearprop.plots.opened import opened
from clearprop.trace.trace import Trace


class GradientFlowDisplay:
    """Norms of the gradient of each layer.

    Use `from_estimator` for those of every epoch, a line for each layer, or `from_trace` for those of one step, a point
    for each layer.

    Parameters
    ----------
    places : array of shape (n_points,)
        The epochs, or the layers.
    lines : mapping of str to array of shape (n_points,)
        Norms by the name of their line.
    xlabel : str
    vanishing, exploding : mapping of int to float
        Layers whose gradient is at last a hundred times smaller, or larger, than that of the last layer, and how many
        times.
    estimator_name : str, optional

    Attributes
    ----------
    lines_ : dict of str to matplotlib.lines.Line2D
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.plots import GradientFlowDisplay
    >>> trace = case("case_study").trace()
    >>> display = GradientFlowDisplay.from_trace(trace)
    >>> display.lines_["‖δ‖"].get_ydata().round(5)
    array([0.00424, 0.01933])
    """

    def __init__(
        self,
        places: Any,
        lines: Mapping[str, Any],
        *,
        xlabel: str,
        vanishing: Mapping[int, float] | None = None,
        exploding: Mapping[int, float] | None = None,
        estimator_name: str | None = None,
    ) -> None:
        self.places = places
        self.lines = lines
        self.xlabel = xlabel
        self.vanishing = {} if vanishing is None else vanishing
        self.exploding = {} if exploding is None else exploding
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **line: Any) -> Self:
        """Draw ‖∂C/∂θ‖ of each layer at the last update of every epoch, as `history_` has them.

        Parameters
        ----------
        estimator : estimator
            As for `LossCurveDisplay`. Of an ensemble the records hold the means of its networks.
        ax : matplotlib.axes.Axes, optional
        **line
            Go to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        GradientFlowDisplay

        Raises
        ------
        NotFittedError, InputError
            Before `fit`, or when there is no record.
        """
        found = opened(estimator)
        return cls.from_history(found.records, estimator_name=found.name, ax=ax, **line)

    @classmethod
    def from_history(
        cls, history: Sequence[Epoch], *, estimator_name: str | None = None, ax: Any = None, **line: Any
    ) -> Self:
        """The same for the records of a training, as `clearprop.train` returns them.

        Parameters
        ----------
        history : sequence of Epoch
        estimator_name : str, optional
        ax : matplotlib.axes.Axes, optional
        **line
            Go to `matplotlib.axes.Axes.plot`.
        """
        if not history:
            raise InputError("there is no record of an epoch to draw")
        epochs = np.array([epoch.n for epoch in history])
        norms = np.array([epoch.gradient_norms for epoch in history])
        depth = norms.shape[1]
        vanishing, exploding = _verdicts(norms[-1])
        lines = {_named(l, vanishing, exploding, depth): norms[:, l - 1] for l in range(1, depth + 1)}
        made = cls(
            epochs, lines, xlabel="epoch", vanishing=vanishing, exploding=exploding, estimator_name=estimator_name
        )
        return made.plot(ax=ax, **line)

    @classmethod
    def from_trace(cls, trace: Trace, *, ax: Any = None, **line: Any) -> Self:
        """Draw ‖δ‖ and ‖∂C/∂W‖ of each layer in one step.

        Parameters
        ----------
        trace : Trace
            Of `clearprop.explain.explain`, or of an estimator's `explain`.
        ax : matplotlib.axes.Axes, optional
        **line
            Go to `matplotlib.axes.Axes.plot`.
        """
        layers = np.arange(1, trace.network.depth + 1)
        delta = np.array(delta_norms(trace))
        weights = np.array([np.linalg.norm(np.asarray(trace[f"dW{l}"].value, dtype=float)) for l in layers])
        vanishing, exploding = _verdicts(delta)
        lines = {"‖δ‖": delta, "‖∂C/∂W‖": weights}
        return cls(layers, lines, xlabel="layer", vanishing=vanishing, exploding=exploding).plot(ax=ax, **line)

    def plot(self, ax: Any = None, **line: Any) -> Self:
        """Draw the norms, on a logarithmic scale where all of a line are above 0.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        **line
            Go to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        self
        """
        self.ax_ = style.axes(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = {}
        for place, (name, norms) in enumerate(self.lines.items()):
            options = {**style.line_style(place, len(self.places)), "label": name, **line}
            (self.lines_[name],) = self.ax_.plot(self.places, norms, **options)
        if any((np.asarray(norms) > 0).any() for norms in self.lines.values()):
            self.ax_.set_yscale("log", nonpositive="mask")
        self.ax_.set(xlabel=self.xlabel, ylabel="norm of the gradient")
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        style.legend(self.ax_)
        return self


def _verdicts(norms: Any) -> tuple[dict[int, float], dict[int, float]]:
    """The layers whose gradient is much smaller, or larger, than that of the last, and how many times."""
    found = list(enumerate(flow(norms), start=1))
    vanishing, exploding = ({l: times for l, (name, times) in found if name == wanted} for wanted in
                            (VANISHING, EXPLODING))  # fmt: skip
    return vanishing, exploding


def _named(l: int, vanishing: Mapping[int, float], exploding: Mapping[int, float], depth: int) -> str:
    if l in vanishing:
        return f"layer {l}: vanishing, {_share(vanishing[l])} of layer {depth}"
    return f"layer {l}: exploding, {exploding[l]:,.0f} × layer {depth}" if l in exploding else f"layer {l}"


def _share(times: float) -> str:
    return "nothing" if np.isinf(times) else f"1/{times:,.0f}"
