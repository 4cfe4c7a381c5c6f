"""What is listed as needed by a job is what its plan asks for: the one is compiled ahead, the other is used."""

import numpy as np
import pytest

from clearprop.engines.compiled.codegen import fixed_kernels, job_kernels
from clearprop.engines.compiled.compiler import kernel_cache
from clearprop.engines.compiled.host import plan
from clearprop.engines.compiled.host.refusals import uncompilable
from clearprop.engines.compiled.warmup import jobs
from clearprop.job.job import Job
from clearprop.network import Network


@pytest.fixture
def asked(monkeypatch):
    """The kernels of formulas that plans ask for; nothing is compiled."""
    found = {}
    monkeypatch.setattr(kernel_cache, "address", lambda name, source: found.setdefault(name, source) and 0)
    monkeypatch.setattr(plan, "kernels", lambda dtype: {})
    monkeypatch.setattr(plan, "tiles", lambda dtype: np.zeros(1))
    monkeypatch.setattr(plan, "entry", lambda dtype: None)
    return found


EVERYTHING = Job(
    Network.mlp([3, 4, 2], hidden="tanh", loss="cross_entropy"), l1=0.1, l2=0.1, clip_norm=1.0, label_smoothing=0.1
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", [True, False], ids=["training", "predicting"])
def test_a_plan_asks_for_what_is_needed_and_nothing_else(asked, dtype, rule):
    for job in [EVERYTHING, *(job for _, job in jobs())]:
        asked.clear()
        given = job.network, job.update_rule if rule else None, job_kernels.extras_of(job), dtype
        assert uncompilable.__wrapped__(*given) is None
        fixed = fixed_kernels.sources(dtype)
        listed = job_kernels.needed(*given)
        assert {name: source for name, source in listed.items() if name not in fixed} == asked
        assert fixed.items() <= listed.items()
