"""What a notebook shows of an estimator: scikit-learn's own display and, once there are weights, pictures below it.

The pictures are images inside the page, so that a notebook which nobody trusts, where scripts, styles and SVG are taken
away, shows them too; scikit-learn's display falls back there to the estimator as text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from clearprop.network import Network, Parameters
from clearprop.training import Epoch


class Displayed(ABC):
    """An estimator that draws its network and how its loss fell."""

    __sklearn_is_fitted__: Callable[[], bool]  # of a base that comes later

    @abstractmethod
    def _displayed(self) -> tuple[Network, Parameters, Sequence[Epoch]]:
        """The network that is drawn, its numbers, and the records of its training, where there are any."""

    def _html_repr(self) -> str:
        """scikit-learn's display, and once there are weights the pictures below it."""
        shown: str = super()._html_repr()  # type: ignore[misc]
        return shown + pictures(*self._displayed()) if self.__sklearn_is_fitted__() else shown


def pictures(network: Network, params: Parameters, history: Sequence[Epoch]) -> str:
    """The network and the curve of its loss, beside each other where there is room."""
    from clearprop.estimators.curve_drawing import curves  # they take the colours of the glass box
    from clearprop.estimators.drawing import drawing
    from clearprop.explain.drawings.image import as_image

    drawn = [drawing(network, params), curves(history) if history else ""]
    return f"<div>{' '.join(as_image(svg) for svg in drawn if svg)}</div>"
