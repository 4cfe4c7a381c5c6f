"""A plan hands addresses to compiled code, so it must own what lies there."""

import numpy as np

from clearprop import Network
from clearprop.engines.compiled.codegen.addresses import place
from clearprop.engines.compiled.host.partition import cut
from clearprop.engines.compiled.host.plan import Plan
from clearprop.engines.compiled.kernels.layout import Task


def test_a_plan_owns_the_table_of_microkernels():
    """Two threads that ask for the table at the same moment each make one, and only one of them stays in the cache."""
    network = Network.mlp([3, 4, 2])
    how = cut(network.widths, network.n_parameters, 8, 4)
    plan = Plan(network, np.dtype(np.float32), Task.OUTPUTS, how, 8, 1)
    assert plan.job.microkernels in [place(array) for array in plan.owned if isinstance(array, np.ndarray)]
