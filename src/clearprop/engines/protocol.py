"""What an engine is: what it computes for a job, and what it says of itself.

`reference` is the readable one and the oracle; others do the same faster and are held to it by one conformance suite
(tests/engines/). The training loop knows only this protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from clearprop.job.data import Data, Layout, Place
from clearprop.job.job import Job
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState
from clearprop.network import Network, Parameters


class Engine(Protocol):
    """Computes outputs, gradients and stretches of updates for a `Job`."""

    name: str
    uses_blas: bool  # whether its matrix products are the BLAS's, whose threads must then be held to the job
    crosses_epochs: bool  # whether one call of `steps` can go on over the end of an epoch

    def refuses(self, job: Job, layout: Layout) -> str | None:
        """None if the engine can do this job with such rows, otherwise a sentence saying why not."""
        ...

    def missing(self, dtype: Any) -> str | None:
        """None if the libraries are there that it needs for numbers of this type, otherwise a sentence saying which."""
        ...

    def preparation(self, dtype: Any) -> str | None:
        """None if the engine can begin at once, otherwise a sentence on what it must do first and for how long."""
        ...

    def make_ready(
        self,
        job: Job,
        layout: Layout,
        *,
        predicts: bool = False,
        tell: Callable[[str], object] | None = None,
    ) -> str | None:
        """Do what such a job (or predictions of its network) needs first; a sentence where that cannot be done.

        What takes long is told from time to time.

        Raises
        ------
        InputError
            When memory has no room for it.
        """
        ...

    def remark(self, job: Job, layout: Layout) -> str:
        """What decides about the bits of the job's results beside the engine, to follow the reason for it; or ""."""
        ...

    def made_with(self, job: Job, layout: Layout) -> str:
        """What computes a job here, as far as the bits of its results depend on it, in a few words."""
        ...

    def shuffle(self, order: Any, key: int) -> None:
        """Bring an int64 array into a random order, in place, as `shuffling` does it for a key."""
        ...

    def outputs(self, network: Network, params: Parameters, X: Any) -> Any:
        """The activations of the last layer, (n_samples, n_L), computed in blocks of rows."""
        ...

    def loss(self, network: Network, params: Parameters, data: Data) -> float:
        """The loss over all rows, without penalties or dropout, computed in blocks of rows."""
        ...

    def loss_and_gradient(self, job: Job, theta: Any, data: Data) -> tuple[float, Any]:
        """The objective (loss and penalties, no dropout) over all rows of `data`, and its gradient (n_parameters,)."""
        ...

    def steps(
        self,
        job: Job,
        state: TrainingState,
        data: Data,
        order: Any,
        rates: Any,
        ended: Endings | None = None,
        place: Place | None = None,
    ) -> None:
        """Make ``len(rates)`` updates, from the state's cursor on; writes the state.

        Parameters
        ----------
        job : Job
        state : TrainingState
            Its θ, memory, step, cursor, sums and norms are moved on; epoch and samples only where epochs end.
        data : Data
        order : integer array of shape (n_samples,)
            The rows in the order of this epoch; batch number c is ``order[c·B : (c + 1)·B]``. With `ended`, the order
            of the next epochs follows, (k·n_samples,).
        rates : float64 array
            The learning rate of each update.
        ended : Endings, optional
            Empty. Of engines that cross epochs: takes what each epoch came to that ends here, also before an error.
        place : Place, optional
            Where `data` are only some of the epoch's rows: which. Batches are counted from `place.first` on, and
            the bits are those of a call that has all rows.

        Raises
        ------
        DivergenceError
            When a loss or gradient is not finite; θ is left as it was before that update.
        """
        ...


@runtime_checkable
class Updates(Protocol):
    """What an engine can do besides that takes part in a training of several processes."""

    def update(self, job: Job, state: TrainingState, gradient: Any, rate: float) -> None:
        """Move θ and the memory by the update rule, in place, by a gradient that was computed elsewhere.

        `gradient` is of θ's type, and like θ and the memory one piece of memory. Nothing else of the state is written.
        """
        ...
