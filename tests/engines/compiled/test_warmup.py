"""After a warm-up no job with built-in formulas compiles anything, and a second one has nothing to do."""

from functools import partial

import numpy as np
import pytest

import processes
from clearprop import Network, train
from clearprop.engines.compiled.compiler import kernel_cache, shipped
from clearprop.engines.compiled.warmup import DTYPES, jobs, warm_up
from clearprop.formulas import ACTIVATIONS, LOSSES, SCHEDULES, UPDATE_RULES, Activation, tanh


@pytest.fixture(scope="module", autouse=True)
def warm():
    """Compiled once for all tests here; on a machine that has it already, at once."""
    return warm_up()


def compiled_by(work):
    before = len(kernel_cache.compiled)
    work()
    return kernel_cache.compiled[before:]


def test_it_says_where_it_is_and_how_much(warm):
    assert warm.kept
    assert warm.n_kernels > 100
    if warm.came_along:
        assert warm.folder == shipped.FOLDER
        assert warm.n_bytes == sum(file.stat().st_size for file in warm.folder.glob(f"{shipped.level()}.so"))
    else:
        assert warm.folder == kernel_cache.folder()
        files = [*warm.folder.glob("*.o")]
        assert (warm.n_kernels, warm.n_bytes) == (len(files), sum(file.stat().st_size for file in files))


def test_a_second_one_has_nothing_to_do():
    told = []
    again = warm_up(tell=lambda *step: told.append(step))
    assert (again.n_compiled, told) == (0, [])


def test_its_jobs_have_every_built_in_formula():
    asked = [job for _, job in jobs()]
    layers = {type(layer.activation) for job in asked for layer in job.network.layers}
    assert layers == set(ACTIVATIONS.values())
    assert {type(job.network.loss) for job in asked} == set(LOSSES.values())
    assert {type(job.update_rule) for job in asked} == set(UPDATE_RULES.values())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", ["lbfgs", *UPDATE_RULES])
def test_no_rule_compiles_anything(rule, dtype):
    network = Network.mlp([3, 4, 5, 2], hidden=["silu", "gelu"], loss="cross_entropy")
    X, Y = np.eye(3), np.eye(3)[:, :2] + [[0, 0], [0, 0], [1, 0]]

    own = {"batch_size": 3} if rule == "lbfgs" else {"batch_size": 2, "clip_norm": 1.0, "dropout": 0.2}

    def work():
        train(
            network, network.initial(dtype=dtype), X, Y, optimizer=rule, epochs=2, l1=0.1, l2=0.1, label_smoothing=0.1,
            engine="compiled", validation=(X, Y), sample_weight=[1, 2, 3], **own,
        )  # fmt: skip

    assert compiled_by(work) == []


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_schedule_compiles_anything(schedule):
    network = Network.mlp([3, 4, 1])
    plateau = {"validation": (np.eye(3), np.ones((3, 1)))} if schedule == "reduce_on_plateau" else {}

    def work():
        train(
            network, network.initial(), np.eye(3), np.ones((3, 1)), learning_rate_schedule=schedule, epochs=3,
            engine="compiled", **plateau,
        )  # fmt: skip

    assert compiled_by(work) == []


@pytest.mark.parametrize("loss", LOSSES)
def test_no_activation_and_loss_compile_anything(loss):
    for name, activation in ACTIVATIONS.items():
        if LOSSES[loss].fits(activation):
            network = Network.mlp([2, 3, 2], hidden=name, output=name, loss=loss)
            fit = partial(train, network, network.initial(), np.eye(2), np.eye(2), epochs=1, engine="compiled")
            assert compiled_by(fit) == []


def test_a_formula_of_ones_own_is_counted():
    class Wobble(Activation):
        def value(z):
            return z + 0.125 * tanh(3.0625 * z)

    network = Network.mlp([2, 3, 1], hidden=Wobble)
    found = compiled_by(lambda: train(network, network.initial(), np.eye(2), np.ones((2, 1)), epochs=1))
    assert len(found) in (0, 2)  # forward and backward, the first time on a machine
    assert kernel_cache.is_compiled(*_forward(Wobble()))


def _forward(activation):
    from clearprop.engines.compiled.codegen.job_kernels import forward_kernel

    return f"{activation.name}_forward", forward_kernel(activation, "float64").source


def test_a_new_process_with_a_warm_cache_trains_without_numba():
    code = """
import sys
sys.modules["numba"] = None
import numpy as np
from clearprop import Network, train
for dtype in ("float32", "float64"):
    net = Network.mlp([2, 3, 2], hidden="mish", loss="cross_entropy")
    print(train(net, net.initial(dtype=dtype), np.eye(2), np.eye(2), epochs=1, optimizer="rmsprop").engine)
"""
    done = processes.python(code)
    assert done.stdout.split() == ["compiled", "compiled"], done.stderr
