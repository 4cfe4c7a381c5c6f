"""The torch engine: the four equations and the formulas as calls of PyTorch, on a CPU, a GPU, or Apple's.

No autograd: forward, BP1 to BP4 and the update are the same formulas that every engine computes, written down as calls
once for a job (`step`) and then run, one after the other on a CPU (`host`), as captured graphs on a GPU (`device`).
PyTorch is imported when the engine is first asked for something.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.engines.cores import threads_asked, threads_granted
from clearprop.engines.epoch_order import shuffle_in_python
from clearprop.engines.hardware import HOST, Hardware
from clearprop.errors import InputError, MissingExtra, require
from clearprop.job.data import Data, Layout, Place
from clearprop.job.job import Job
from clearprop.job.memory import check_outputs
from clearprop.job.records import Endings
from clearprop.job.state import TrainingState
from clearprop.network import Dense, Network, Parameters

if TYPE_CHECKING:
    from clearprop.engines.torch.devices import Device
    from clearprop.engines.torch.evaluations import Evaluations

Shuffle = Callable[[Any, int], None]


class TorchEngine:
    """Computes with PyTorch.

    Parameters
    ----------
    n_threads : int, optional
        The most threads on a CPU; by default as many as PyTorch has.
    hardware : Hardware
        The device and the precision of products.
    shuffle : callable, optional
        Does what `Engine.shuffle` does, quicker than Python.

    Raises
    ------
    InputError
        When `n_threads` is not at least 1.
    """

    name = "torch"
    uses_blas = False
    crosses_epochs = True

    def __init__(self, n_threads: int | None = None, hardware: Hardware = HOST, shuffle: Shuffle | None = None) -> None:
        self.n_threads, self.hardware = threads_asked(n_threads), hardware
        self._shuffle = shuffle
        self._local = threading.local()  # what is made ready holds buffers, so each thread that calls has its own

    def __reduce__(self) -> Any:
        return _unpickled, (self.n_threads, self.hardware, self._shuffle)

    def refuses(self, job: Job, layout: Layout) -> str | None:
        if not layout.is_dense:
            return f"it reads dense NumPy arrays, and X is a {layout.kind}"
        if layout.dtype not in (np.float32, np.float64) or layout.target_dtype != layout.dtype:
            types = f"{layout.dtype} and {layout.target_dtype}"
            return f"it computes in float32 or float64, with X and Y of one type, not {types}"
        for l, layer in enumerate(job.network.layers, start=1):
            if not isinstance(layer, Dense):
                return f"it computes dense layers only, and layer {l} is a {type(layer).__name__}"
        from clearprop.engines.torch.devices import refusal

        return refusal(self.hardware, layout.dtype)

    def missing(self, dtype: Any) -> str | None:
        try:
            require("the torch engine needs", "torch")
        except MissingExtra as error:
            return str(error)
        return None

    def preparation(self, dtype: Any) -> str | None:
        return None

    def make_ready(
        self, job: Job, layout: Layout, *, predicts: bool = False, tell: Callable[[str], object] | None = None
    ) -> str | None:
        """Look whether memory has room for a whole batch, on a device of its own for all rows too."""
        self._device.check_memory(job, layout)
        return None

    def remark(self, job: Job, layout: Layout) -> str:
        return f", on {self._device.described}"

    def made_with(self, job: Job, layout: Layout) -> str:
        return f"the torch engine in {layout.dtype}, on {self._device.described}, {self._device.bits}"

    def shuffle(self, order: Any, key: int) -> None:
        (self._shuffle or shuffle_in_python)(order, key)

    def outputs(self, network: Network, params: Parameters, X: Any) -> Any:
        check_outputs(network, X.shape[0], params.theta.dtype)
        network.check_inputs(X)
        found = np.empty((X.shape[0], network.widths[-1]), dtype=params.theta.dtype)
        with self._computing():
            self._evaluations.outputs(Job(network), params.theta, X, found)
        return found

    def loss(self, network: Network, params: Parameters, data: Data) -> float:
        with self._computing():
            return self._evaluations.loss(Job(network), params.theta, data)

    def loss_and_gradient(self, job: Job, theta: Any, data: Data) -> tuple[float, Any]:
        with self._computing():
            return self._evaluations.loss_and_gradient(job, theta, data)

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
        vectors = [state.theta, *state.memory]
        if not all(vector.flags.writeable and vector.flags.c_contiguous for vector in vectors):
            raise InputError(
                "the parameters or the optimizer's memory are read-only or lie apart; TrainingState.own copies them"
            )
        order = np.ascontiguousarray(order, dtype=np.int64)
        from clearprop.engines.torch.stretches import Stretch

        first = 0 if place is None else place.first
        stretch = Stretch.of(job, state, data, order, rates, first, crosses=ended is not None)
        with self._computing():
            training = vars(self._local).get("training")
            if training is None or not training.is_for(job, state, data):
                training = self._local.training = self._device.training(job, state, data)
            training.run(state, order, stretch, ended)

    @property
    def _device(self) -> Device:
        """The device, found when it is first needed."""
        found = vars(self._local).get("device")
        if found is None:
            from clearprop.engines.torch.devices import Device

            found = self._local.device = Device.of(self.hardware)
        return found

    @property
    def _evaluations(self) -> Evaluations:
        found = vars(self._local).get("evaluations")
        if found is None:
            from clearprop.engines.torch.evaluations import Evaluations

            device = self._device
            found = self._local.evaluations = Evaluations(device.torch, half=device.half)
        return found

    def _computing(self) -> AbstractContextManager[None]:
        return self._device.computing(self.n_threads)


def _unpickled(n_threads: int | None, hardware: Hardware, shuffle: Shuffle | None) -> TorchEngine:
    """An engine that may come from a machine with more cores."""
    return TorchEngine(threads_granted(n_threads), hardware, shuffle)
