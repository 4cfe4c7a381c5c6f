"""What a fit came to."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.job import Epoch, History, Retry


@dataclass(frozen=True)
class Fit:
    """What a fit came to.

    Attributes
    ----------
    history : History
        Reads as a tuple of Epoch.
    reason : str
        A sentence saying why it ended.
    stopped_by : str
        "epochs", "no_improvement", "rate", "time", "callback", "interrupt", "divergence" or, when whoever read the
        epochs left, "reader"; of lbfgs also "minimum", "evaluations" or "line_search".
    best : Epoch or None
        The epoch whose weights the states hold, where the best were put back.
    retries : tuple of Retry
        How often it diverged and went on, and with which rate.
    """

    history: History
    reason: str
    stopped_by: str
    best: Epoch | None
    retries: tuple[Retry, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether training ended because nothing got better, rather than because it was cut off."""
        return self.stopped_by in ("no_improvement", "minimum", "rate")
