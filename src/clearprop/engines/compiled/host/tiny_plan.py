"""The plan of a tiny network's updates, whose code is printed for that network (`unrolled`)."""

from __future__ import annotations

from typing import Any

from clearprop.engines.compiled.codegen.fixed_kernels import WORK
from clearprop.engines.compiled.codegen.job_kernels import UpdateUniforms
from clearprop.engines.compiled.codegen.unrolled import Printer
from clearprop.engines.compiled.compiler.kernel_cache import address
from clearprop.engines.compiled.host.plan_base import PlanBase
from clearprop.engines.compiled.kernels.layout import Task
from clearprop.formulas import UpdateRule
from clearprop.job.data import Data
from clearprop.job.job import Job
from clearprop.job.one_hot import OneHot


class TinyPlan(PlanBase):
    """What updates of a tiny network need.

    Parameters
    ----------
    job : Job
    dtype : numpy dtype
    weighted : bool
        Whether rows have weights.
    """

    def __init__(self, job: Job, dtype: Any, *, weighted: bool) -> None:
        super().__init__(job.network, dtype, 1, job)
        printer = Printer(
            job, self.dtype.name, weighted=weighted, kinds=self.kinds_of_blocks(), n_kinds=len(self.kinds)
        )
        widths = "_".join(map(str, job.network.widths))
        self.run = WORK(address(f"tiny_{widths}", printer.source()))
        self.constants = printer.constants
        assert isinstance(job.update_rule, UpdateRule)
        self.uniforms = UpdateUniforms(job.update_rule, printer.rule.uniforms, self.kinds)
        self.job.task = Task.STEPS
        self._keep_constants()
        self._dense: tuple[Any, Any] = (None, None)

    def as_read(self, data: Data) -> Data:
        """Printed code reads Y as a matrix, which is small for a network that is."""
        if not isinstance(data.Y, OneHot):
            return data
        if self._dense[0] is not data.Y:
            self._dense = data.Y, data.Y.dense()
        return data._replace(Y=self._dense[1])
