"""The update rule alone, as compiled code: θ moves by a gradient that was computed elsewhere."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from clearprop.engines.compiled.codegen.addresses import place
from clearprop.engines.compiled.codegen.job_kernels import UpdateUniforms, address, update_kernel
from clearprop.engines.compiled.kernels.layout import FORMULA_ARRAYS
from clearprop.formulas import UpdateRule
from clearprop.job.job import Job
from clearprop.job.state import TrainingState
from clearprop.network.parameters import Vector, spans

POINTER, WHOLE = ctypes.c_void_p, ctypes.c_int64
FORMULA = ctypes.CFUNCTYPE(ctypes.c_double, *[POINTER] * FORMULA_ARRAYS, WHOLE, WHOLE, POINTER)  # does not hold the GIL


class Move:
    """The update of a job, span by span of θ whose factors on rate and decay are the same.

    Parameters
    ----------
    job : Job
    dtype : numpy dtype
    """

    def __init__(self, job: Job, dtype: Any) -> None:
        rule = job.update_rule
        assert isinstance(rule, UpdateRule)
        kernel = update_kernel(rule, np.dtype(dtype).name)
        self._spans = spans(job.network.blocks, decays=rule.weight_decay > 0)
        kinds = list(dict.fromkeys((span.rate, span.decay) for span in self._spans))
        self._kinds = [kinds.index((span.rate, span.decay)) for span in self._spans]
        self._uniforms = UpdateUniforms(rule, kernel.uniforms, kinds)
        self._call = FORMULA(address(f"{rule.name}_update", kernel))

    def by(self, gradient: Vector, state: TrainingState, rate: float) -> None:
        """Move θ and the memory of a state, whose arrays are contiguous and of this type, in place."""
        uniforms = np.ascontiguousarray(self._uniforms.of(np.array([rate]), state.step, gradient.dtype)[0])
        arrays = [place(each) for each in (state.theta, gradient, *state.memory)]
        for span, kind in zip(self._spans, self._kinds, strict=True):
            begin = span.start * gradient.itemsize
            given = [each + begin for each in arrays] + [0] * (FORMULA_ARRAYS - len(arrays))
            self._call(*given, 1, span.stop - span.start, place(uniforms[kind]))
