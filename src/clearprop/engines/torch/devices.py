"""Which devices PyTorch finds here, what each of them can compute, and how it is set while it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from clearprop.engines.hardware import ANY_GPU, Hardware
from clearprop.engines.torch.device import DeviceTraining
from clearprop.engines.torch.host import HostTraining
from clearprop.errors import EngineRefusal, InputError
from clearprop.job.data import Data, Layout
from clearprop.job.job import Job
from clearprop.job.memory import check_memory, needs
from clearprop.job.state import TrainingState
from clearprop.network.memory import in_words

TENSOR_CORES = (8, 0)  # the first compute capability of NVIDIA's GPUs that has TF32 and bfloat16: Ampere


def found() -> list[str]:
    """The names of the devices that are here, "cpu" last.

    Examples
    --------
    >>> from clearprop.engines.torch.devices import found  # doctest: +SKIP
    >>> found()  # doctest: +SKIP
    ['cuda:0', 'cuda:1', 'cpu']
    """
    names = [f"cuda:{k}" for k in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*names, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def refusal(hardware: Hardware, dtype: Any) -> str | None:
    """None where a device is here and can compute so, otherwise a sentence."""
    here = found()
    name = chosen(hardware.device, here)
    if name is None:
        return f"there is no device {hardware.device!r} here; PyTorch {torch.__version__} finds {', '.join(here)}"
    if name == "mps" and np.dtype(dtype) == np.float64:
        return "Apple's GPUs have no float64: give the rows and the parameters as float32, or take device='cpu'"
    if hardware.precision == "float32":
        return None
    if np.dtype(dtype) != np.float32:
        return f"precision={hardware.precision!r} is for products of float32 numbers, and these are {np.dtype(dtype)}"
    if hardware.precision == "tf32" and not (name.startswith("cuda") and _capability(name) >= TENSOR_CORES):
        return f"{name} has no TF32, which NVIDIA's GPUs have from Ampere on: take precision='float32'"
    if hardware.precision == "bf16" and not _has_bfloat16(name):
        return f"{name} has no products of bfloat16: take precision='float32'"
    return None


def chosen(asked: str, here: list[str]) -> str | None:
    """The device that a name means, or None where it is not here; "auto" is the first there is."""
    if asked in ("auto", ANY_GPU):
        return here[0] if asked == "auto" or here[0] != "cpu" else None
    return next((name for name in here if asked in (name, name.partition(":")[0])), None)


def _capability(name: str) -> tuple[int, int]:
    return tuple(torch.cuda.get_device_capability(name))


def _has_bfloat16(name: str) -> bool:
    if name.startswith("cuda"):
        return _capability(name) >= TENSOR_CORES
    try:
        one = torch.ones((2, 2), dtype=torch.bfloat16, device=name)
        return bool((one @ one)[0, 0] == 2)
    except (RuntimeError, TypeError):
        return False


@dataclass(frozen=True)
class Device:
    """A device, and how products are computed on it.

    Attributes
    ----------
    torch : torch.device
    precision : str
        Of `Hardware`.
    replays : bool
        Whether a CPU trains as a GPU does, for the tests of that.
    """

    torch: Any
    precision: str
    replays: bool = False

    @classmethod
    def of(cls, hardware: Hardware) -> Device:
        """The device asked for.

        Raises
        ------
        EngineRefusal
            When it is not here.
        """
        name = chosen(hardware.device, found())
        if name is None:
            raise EngineRefusal(f"the engine 'torch' cannot do this job: {refusal(hardware, np.float32)}")
        return cls(torch.device(name), hardware.precision)

    @property
    def half(self) -> bool:
        """Whether factors of products are rounded to bfloat16."""
        return self.precision == "bf16"

    @property
    def described(self) -> str:
        """The device in words, with the precision of products where it is not that of the numbers."""
        name = str(self.torch)
        if self.torch.type == "cuda":
            name += f" ({torch.cuda.get_device_name(self.torch)})"
        return name if self.precision == "float32" else f"{name} with products in {self.precision}"

    @property
    def bits(self) -> str:
        """What else the bits of results depend on."""
        library = f"PyTorch {torch.__version__}"
        if self.torch.type != "cpu":
            return library
        return f"{library} for {torch.backends.cpu.get_cpu_capability()} on {torch.get_num_threads()} threads"

    def training(self, job: Job, state: TrainingState, data: Data) -> HostTraining | DeviceTraining:
        """What makes the updates of a job on this device."""
        if self.torch.type != "cpu" or self.replays:
            return DeviceTraining(job, state, data, self.torch, half=self.half)
        return HostTraining(job, state, data, half=self.half)

    def check_memory(self, job: Job, layout: Layout) -> None:
        """Raise InputError where there is no room for a whole batch or, beside the CPU's, for all rows."""
        check_memory(job, layout.n_samples, layout.dtype, in_chunks=False)
        if self.torch.type != "cuda":
            return
        free, _ = torch.cuda.mem_get_info(self.torch)
        rows = layout.n_samples * (job.network.widths[0] + job.network.widths[-1]) * layout.dtype.itemsize
        asked = rows + sum(needs(job, layout.n_samples, layout.dtype, in_chunks=False))
        if asked > free:
            raise InputError(
                f"training on {layout.n_samples:,} rows needs {in_words(asked)} on {self.described}, and "
                f"{in_words(free)} are free; take fewer rows at a time (partial_fit), smaller layers or device='cpu'"
            )

    @contextmanager
    def computing(self, n_threads: int | None) -> Iterator[None]:
        """PyTorch as this device needs it, for a while: no autograd, the precision, the threads."""
        wanted, precision = "high" if self.precision == "tf32" else "highest", torch.get_float32_matmul_precision()
        threads = torch.get_num_threads()
        most = threads if n_threads is None else min(n_threads, threads)
        try:
            if precision != wanted:
                torch.set_float32_matmul_precision(wanted)
            if most != threads:
                torch.set_num_threads(most)
            with torch.inference_mode():
                yield
        finally:
            if precision != wanted:
                torch.set_float32_matmul_precision(precision)
            if most != threads:
                torch.set_num_threads(threads)
