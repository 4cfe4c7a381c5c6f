"""A plan hands addresses to compiled code, so it must own what lies there."""

import numpy as np

from clearprop import Network
from clearprop.engines.compiled.codegen.addresses import place
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.engines.compiled.host.partition import cut, rows_of_prediction
from clearprop.engines.compiled.host.plan import Plan
from clearprop.engines.compiled.kernels.layout import Task


def test_a_plan_owns_the_table_of_microkernels():
    """Two threads that ask for the table at the same moment each make one, and only one of them stays in the cache."""
    network = Network.mlp([3, 4, 2])
    how = cut(network.widths, network.n_parameters, 8, 4)
    plan = Plan(network, np.dtype(np.float32), Task.OUTPUTS, how, 8, 1)
    assert plan.job.microkernels in [place(array) for array in plan.owned if isinstance(array, np.ndarray)]


def test_the_rows_that_are_predicted_at_once_do_not_follow_from_the_first_call():
    """A plan serves calls of any number of rows, so a first one of two rows must not leave all others in twos."""
    network, engine = Network.mlp([3, 16, 2]), CompiledEngine(1)
    X, parameters = np.zeros((1000, 3)), network.initial(0)
    chunks = []
    for rows in (2, 1000):
        engine.outputs(network, parameters, X[:rows])
        (plan,) = engine._local.other.values()
        chunks.append(plan.job.chunk)
    assert chunks == [rows_of_prediction(network.widths, 8)] * 2
