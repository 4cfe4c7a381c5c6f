"""What an imported network learns: classes or numbers, as many outputs as its source has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from clearprop.errors import InputError, ShapeError, quoted
from clearprop.files.importers.source import SourceNetwork
from clearprop.formulas import Loss
from clearprop.network import Network, Parameters


@dataclass(frozen=True)
class ImportedTargets:
    """How y becomes the matrix Y that a network learns, and its outputs what they mean.

    Attributes
    ----------
    classes : tuple or None
        None for numbers.
    is_multilabel : bool
        Whether each output is a label of its own.
    n_outputs : int
    """

    classes: tuple[Any, ...] | None
    is_multilabel: bool
    n_outputs: int

    def encode(self, y: Any) -> Any:
        """Y, float64 (n_rows, n_outputs).

        Raises
        ------
        InputError
            When y holds something that is no class.
        ShapeError
            When it has another number of columns.
        """
        given = np.asarray(y)
        if self.classes is not None and not self.is_multilabel and given.ndim == 1:
            return self._coded(given)
        try:
            found = given.astype(np.float64).reshape(len(given), -1)
        except ValueError:
            raise InputError(f"y must hold numbers, not such as {quoted(given.ravel()[0])}") from None
        if found.shape[1] != self.n_outputs:
            raise ShapeError(f"y must have {self.n_outputs} numbers in each row, not {found.shape[1]}")
        return found

    def _coded(self, y: Any) -> Any:
        assert self.classes is not None
        place = {label: k for k, label in enumerate(self.classes)}
        codes = []
        for row, label in enumerate(y.tolist()):
            if label not in place:
                known = ", ".join(map(repr, self.classes[:10])) + (", …" if len(self.classes) > 10 else "")
                raise InputError(f"y is {quoted(label)} in row {row}, which is none of the classes: {known}")
            codes.append(place[label])
        if self.n_outputs == 1:
            return np.array(codes, dtype=np.float64)[:, None]
        return np.eye(self.n_outputs)[codes]

    def decode(self, a: Any) -> Any:
        """What the network predicts for activations a (n_rows, n_outputs): classes, labels, or numbers."""
        if self.classes is None:
            return a[:, 0] if self.n_outputs == 1 else a
        if self.is_multilabel:
            return (a > 0.5).astype(int)
        codes = (a[:, 0] > 0.5).astype(int) if self.n_outputs == 1 else a.argmax(axis=1)
        return np.array(self.classes)[codes]

    @property
    def labels(self) -> list[str]:
        """A name for each output."""
        if self.classes is None:
            return [f"y{k + 1}" for k in range(self.n_outputs)]
        return [str(label) for label in self.classes[-self.n_outputs :]]


class ImportedNetwork(Protocol):
    """What is asked of an imported network; see `clearprop.estimators.imported.Imported`."""

    @property
    def source(self) -> SourceNetwork: ...
    @property
    def loss(self) -> Loss: ...
    @property
    def classes(self) -> tuple[Any, ...] | None: ...
    @property
    def network(self) -> Network: ...
    @property
    def parameters(self) -> Parameters: ...
    @property
    def targets(self) -> ImportedTargets: ...
    def inputs(self, X: Any) -> Any: ...
    def outputs(self, X: Any) -> Any: ...
