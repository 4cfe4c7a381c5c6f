"""What a report is about: a training that has ended, and the model that came of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from clearprop.tabular.fit import TableFit
from clearprop.tabular.model import TableModel
from clearprop.tabular.preparation import Prepared
from clearprop.tabular.scores import Scores


class Told(NamedTuple):
    """What a report is about.

    Attributes
    ----------
    file : str
        The name of the table.
    shape : (int, int)
        How many rows and columns it has.
    ready : Prepared
    done : TableFit
    folds : tuple of Scores
        Of cross-validation; () where there was none.
    place : Path
        Of the model file.
    language : {"en", "zh"}
    """

    file: str
    shape: tuple[int, int]
    ready: Prepared
    done: TableFit
    folds: tuple[Scores, ...]
    place: Path
    language: str

    @property
    def has_rows(self) -> bool:
        """Whether the held-out rows are at hand: those of a table that was read in pieces are not."""
        return len(self.ready.parts.test) > 0 and self.ready.plan.stream is None

    @property
    def model(self) -> TableModel:
        """The trained model."""
        return self.done.model
