"""What `train_many` returns: the networks in their order, and a table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

from clearprop.job import Epoch
from clearprop.network import Network
from clearprop.training.train import Trained


@dataclass(frozen=True)
class TrainedOne(Trained):
    """What became of one of the networks of `train_many`.

    Attributes
    ----------
    network : Network
    stopped_by : str
        As of `clearprop.training.Fit`; "divergence" where a loss was not finite any more.
    best : Epoch or None
        Its best epoch, by the loss of the validation rows or else of training. With validation rows its weights were
        put back.
    value : float
        That loss; NaN where there was no whole epoch.
    seconds : float
        From its first update to its last.
    error : str or None
        The sentence of a network that diverged; its parameters are then the best so far, or the last good ones.
    """

    network: Network = None  # type: ignore[assignment]  # fields of a subclass have defaults too
    stopped_by: str = ""
    best: Epoch | None = None
    value: float = float("nan")
    seconds: float = 0.0
    error: str | None = None

    @property
    def name(self) -> str:
        """The widths of its layers, as 784-30-10."""
        return "-".join(map(str, self.network.widths))

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.name} diverged"
        if self.best is None:
            return f"{self.name} {self.reason}"
        return f"{self.name}, loss {self.value:.6g} in epoch {self.best.n}, {self.seconds:.1f} s"


@dataclass(frozen=True)
class TrainedMany(Sequence[TrainedOne]):
    """What `train_many` returns: the networks, in the order in which they were given.

    Attributes
    ----------
    members : tuple of TrainedOne
    """

    members: tuple[TrainedOne, ...]

    def __len__(self) -> int:
        return len(self.members)

    @overload
    def __getitem__(self, place: int) -> TrainedOne: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[TrainedOne, ...]: ...
    def __getitem__(self, place: int | slice) -> TrainedOne | tuple[TrainedOne, ...]:
        return self.members[place]

    @property
    def best(self) -> TrainedOne | None:
        """The network of the least loss of those that did not diverge; None where none has a whole epoch."""
        whole = [member for member in self.members if member.error is None and member.value == member.value]
        return min(whole, key=lambda member: member.value, default=None)

    def table(self) -> list[dict[str, Any]]:
        """A row for each network, as `pandas.DataFrame` takes them."""
        return [
            {
                "network": k,
                "widths": member.name,
                "epochs": len(member.history),
                "best_epoch": None if member.best is None else member.best.n,
                "best_loss": member.value,
                "seconds": member.seconds,
                "stopped_by": member.stopped_by,
                "reason": member.error or member.reason,
            }
            for k, member in enumerate(self.members)
        ]

    def __str__(self) -> str:
        rows = [[_cell(value) for value in row.values()] for row in self.table()]
        headers = ["network", "widths", "epochs", "best epoch", "best loss", "seconds", "stopped by", "reason"]
        lines = [headers, *rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(headers))]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
