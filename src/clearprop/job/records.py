"""Records of epochs. Of short epochs, which are made many at a time, they are columns until somebody asks for one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, overload

import numpy as np

from clearprop.network.parameters import Matrix, Vector


@dataclass(frozen=True)
class Epoch:
    """What one pass over the rows did.

    Attributes
    ----------
    n : int
        Its number, from 1.
    loss : float
        Mean training loss with penalties, over the epoch's batches as they came.
    gradient_norms : tuple of float
        ‖∂C/∂θ‖ of each layer at the epoch's last update.
    learning_rate : float
        Of the epoch's last update.
    seconds : float
        Time since training began.
    steps : int
        Updates since training began.
    scores : mapping of str to float
        What was measured at its end, for example "validation_loss".
    complete : bool
        False for a pass that was cut short by a time limit.
    """

    n: int
    loss: float
    gradient_norms: tuple[float, ...]
    learning_rate: float
    seconds: float
    steps: int
    scores: Mapping[str, float] = field(default_factory=dict)
    complete: bool = True


class Ended(NamedTuple):
    """What an epoch came to: Σ(batch loss × batch weight), Σ(batch weight), and ‖∂C/∂θ‖ of each layer at its end."""

    loss_sum: float
    weight_sum: float
    gradient_norms: Any

    @property
    def loss(self) -> float:
        """The mean over its batches; 0 where no row had a weight."""
        return self.loss_sum / self.weight_sum if self.weight_sum > 0 else 0.0


class Endings:
    """What the epochs came to that ended in one call of an engine.

    Attributes
    ----------
    rows : list of arrays of shape (n_epochs, 2 + L)
        For each epoch Σ(batch loss × batch weight), Σ(batch weight), and ‖∂C/∂θ‖ of each layer at its end.
    """

    def __init__(self) -> None:
        self.rows: list[Matrix] = []

    def __len__(self) -> int:
        return sum(map(len, self.rows))

    def append(self, ended: Ended) -> None:
        """One more."""
        self.rows.append(np.array([[ended.loss_sum, ended.weight_sum, *ended.gradient_norms]]))

    @property
    def losses(self) -> Vector:
        """The mean of each over its batches; 0 where no row had a weight."""
        sums, weights = (np.concatenate([rows[:, k] for rows in self.rows]) for k in (0, 1))
        return np.divide(sums, weights, out=np.zeros(len(sums)), where=weights > 0)

    @property
    def gradient_norms(self) -> Matrix:
        """‖∂C/∂θ‖ of each layer at the end of each, (n_epochs, L)."""
        return np.concatenate([rows[:, 2:] for rows in self.rows])


@dataclass(frozen=True, eq=False)
class Records(Sequence[Epoch]):
    """The records of whole epochs that were made in one call; an `Epoch` is made when it is asked for.

    Attributes
    ----------
    losses : array of shape (n_epochs,)
    gradient_norms : array of shape (n_epochs, L)
    learning_rate : float
        Of all of them.
    before : Epoch-like (int, float, int)
        The epochs, seconds and updates before the first of these.
    each : (float, int)
        Seconds and updates of each.
    """

    losses: Vector
    gradient_norms: Matrix
    learning_rate: float
    before: tuple[int, float, int]
    each: tuple[float, int]

    @property
    def first(self) -> int:
        """The number of the first of them."""
        return self.before[0] + 1

    def __len__(self) -> int:
        return len(self.losses)

    @overload
    def __getitem__(self, place: int) -> Epoch: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Epoch, ...]: ...
    def __getitem__(self, place: int | slice) -> Epoch | tuple[Epoch, ...]:
        if isinstance(place, slice):
            return tuple(map(self.__getitem__, range(*place.indices(len(self)))))
        k = range(1, len(self) + 1)[place]
        (n, began, steps), (seconds, updates) = self.before, self.each
        norms = tuple(self.gradient_norms[k - 1].tolist())
        loss = float(self.losses[k - 1])
        return Epoch(n + k, loss, norms, self.learning_rate, began + k * seconds, steps + k * updates)


class History(Sequence[Epoch]):
    """The records of a fit, in their order; it reads as a tuple of Epoch does.

    Examples
    --------
    >>> from clearprop.training import Epoch
    >>> from clearprop.job import History
    >>> history = History([Epoch(1, 0.5, (1.0,), 0.1, 0.0, 1)])
    >>> history.append(Epoch(2, 0.25, (1.0,), 0.1, 0.0, 2))
    >>> len(history), history[-1].loss, history.losses
    (2, 0.25, [0.5, 0.25])
    """

    def __init__(self, records: Iterable[Epoch] = ()) -> None:
        # Where each part begins, and the part; a part is added in one go, as Ctrl-C may come at any call.
        self._parts: list[tuple[int, Sequence[Epoch]]] = [(0, list(records))]

    def append(self, record: Epoch) -> None:
        """Add the record of one more epoch."""
        last = self._parts[-1][1]
        if isinstance(last, list):
            last.append(record)
        else:
            self._parts.append((len(self), [record]))

    def extend(self, records: Iterable[Epoch]) -> None:
        """Add the records of several."""
        if isinstance(records, Records):
            self._parts.append((len(self), records))
        elif isinstance(records, History):
            for _, part in records._parts:
                self.extend(part)
        else:
            for record in records:
                self.append(record)

    def copy(self) -> History:
        """One that does not change when this one does."""
        found = History()
        found._parts = [(start, list(part) if isinstance(part, list) else part) for start, part in self._parts]
        return found

    @property
    def losses(self) -> list[float]:
        """The training loss of every epoch."""
        found: list[float] = []
        for _, part in self._parts:
            found += part.losses.tolist() if isinstance(part, Records) else [epoch.loss for epoch in part]
        return found

    def __len__(self) -> int:
        start, last = self._parts[-1]
        return start + len(last)

    def __iter__(self) -> Iterator[Epoch]:
        for _, part in self._parts:
            yield from part

    @overload
    def __getitem__(self, place: int) -> Epoch: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Epoch, ...]: ...
    def __getitem__(self, place: int | slice) -> Epoch | tuple[Epoch, ...]:
        if isinstance(place, slice):
            first, stop, step = place.indices(len(self))
            if step != 1:
                return tuple(map(self.__getitem__, range(first, stop, step)))
            parts = [part[max(0, first - start) : stop - start] for start, part in self._parts if start < stop]
            return tuple(chain.from_iterable(parts))
        place = range(len(self))[place]
        start, part = self._parts[bisect_right(self._parts, place, key=itemgetter(0)) - 1]
        return part[place - start]

    def __add__(self, other: Iterable[Epoch]) -> tuple[Epoch, ...]:
        return (*self, *other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History | tuple | list):
            return NotImplemented
        return self is other or (len(self) == len(other) and tuple(self) == tuple(other))

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return repr(tuple(self))
