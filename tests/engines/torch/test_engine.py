"""The torch engine's doors: what it refuses, what it leaves as it was, and the bits that it makes again."""

import copy
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from clearprop import MLPClassifier, train  # noqa: E402
from clearprop.engines import Data, Job, OneHot, TrainingState, choose  # noqa: E402
from clearprop.engines.hardware import Hardware  # noqa: E402
from clearprop.engines.torch import devices  # noqa: E402
from clearprop.engines.torch.engine import TorchEngine  # noqa: E402
from clearprop.errors import DivergenceError, EngineRefusal, InputError  # noqa: E402
from clearprop.formulas import SGD, Adam  # noqa: E402
from clearprop.job import Layout  # noqa: E402
from clearprop.job.records import Endings  # noqa: E402
from clearprop.job.state import rates as rates_of  # noqa: E402
from clearprop.network import Network  # noqa: E402
from clearprop.training.loop import epoch_order  # noqa: E402
from conforming import agrees, go_on, rows  # noqa: E402
from conforming import train as trained  # noqa: E402

NETWORK = Network.mlp([5, 17, 3], loss="cross_entropy")
JOB = Job(NETWORK, Adam(0.01), epochs=2, batch_size=8, dropout=(0.1, 0.2), seed=4)
HERE = devices.found()
X, Y = np.random.default_rng(0).random((40, 5), dtype=np.float32), np.eye(3, dtype=np.float32)[np.arange(40) % 3]


@pytest.mark.skipif(HERE != ["cpu"], reason="there is another device here")
@pytest.mark.parametrize(
    ("hardware", "dtype", "says"),
    [
        (Hardware("cuda"), "float32", "there is no device 'cuda' here; PyTorch .* finds cpu"),
        (Hardware("cuda:1"), "float32", "there is no device 'cuda:1' here"),
        (Hardware("mps"), "float32", "there is no device 'mps' here"),
        (Hardware("cpu", "tf32"), "float32", "cpu has no TF32"),
        (
            Hardware("auto", "bf16"),
            "float64",
            "precision='bf16' is for products of float32 .*float64",
        ),
    ],
)
def test_what_a_machine_without_a_gpu_cannot_do_is_refused_in_a_sentence(hardware, dtype, says):
    with pytest.raises(EngineRefusal, match=says):
        choose("torch", JOB, Layout.dense(40, dtype), hardware=hardware)


def test_what_devices_lack_is_found_out_from_what_pytorch_says(monkeypatch):
    monkeypatch.setattr(devices, "found", lambda: ["cuda:0", "cuda:1", "mps", "cpu"])
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda name: (7, 5) if name == "cuda:0" else (9, 0))
    assert "no TF32" in devices.refusal(Hardware("cuda", "tf32"), np.float32)
    assert "no products of bfloat16" in devices.refusal(Hardware("cuda", "bf16"), np.float32)
    assert devices.refusal(Hardware("cuda:1", "tf32"), np.float32) is None
    assert devices.refusal(Hardware("cuda:1", "bf16"), np.float32) is None
    assert "no float64" in devices.refusal(Hardware("mps"), np.float64)
    assert devices.chosen("auto", devices.found()) == devices.chosen("gpu", devices.found()) == "cuda:0"
    assert devices.chosen("cuda:2", devices.found()) is None


def test_sparse_rows_and_other_types_are_refused():
    assert "csr_array" in TorchEngine().refuses(JOB, Layout(3, np.dtype("f8"), np.dtype("f8"), "csr_array", False))
    assert "float16" in TorchEngine().refuses(JOB, Layout.dense(3, "float16"))


def test_auto_takes_the_cpu_where_there_is_nothing_else_and_says_why():
    small = choose("auto", JOB, Layout.dense(40, "float32"), hardware=Hardware("auto"))
    assert small.engine.name != "torch"
    assert "a GPU is worth it from about" in small.reason
    wide = Job(Network.mlp([1000, 1000, 1000]), batch_size=200)
    choice = choose("auto", wide, Layout.dense(1000, "float32"), hardware=Hardware("auto"))
    assert (choice.engine.name == "torch") == (HERE != ["cpu"])
    assert choose("torch", JOB, Layout.dense(40, "float32"), hardware=Hardware("auto")).engine.name == "torch"


def test_the_same_bits_again_in_any_stretch_across_epochs_and_from_a_copy():
    data = rows(NETWORK, 90)
    theta = NETWORK.initial(0).theta
    whole, _ = trained(TorchEngine(), JOB, data, theta)
    for stretch in (1, 5):
        state, _ = trained(TorchEngine(), JOB, data, theta, stretch=stretch)
        assert np.array_equal(state.theta, whole.theta)
        assert np.array_equal(state.gradient_norms, whole.gradient_norms)
    engine, state, ended = TorchEngine(), TrainingState.start(JOB, theta), Endings()
    order = np.concatenate([epoch_order(JOB, epoch, 90, engine) for epoch in range(2)])
    engine.steps(JOB, state, data, order, rates_of(JOB, state, 90, 24), ended)
    assert np.array_equal(state.theta, whole.theta)
    assert (len(ended), state.epoch, state.cursor, state.step) == (2, 2, 0, 24)
    half = TrainingState.start(JOB, theta)
    engine.steps(JOB, half, data, order[:90], rates_of(JOB, half, 90, 5))
    twin = copy.deepcopy(half)
    for one, epochs in ((pickle.loads(pickle.dumps(engine)), half), (engine, twin)):
        go_on(one, JOB, data, epochs, 0)
    assert np.array_equal(half.theta, twin.theta)


def test_known_classes_are_the_rows_of_their_matrix():
    dense = rows(NETWORK, 60)
    coded = dense._replace(Y=OneHot(dense.Y.argmax(axis=1), 3, "float64"))
    theta = NETWORK.initial(0).theta
    one, other = (trained(TorchEngine(), JOB, data, theta)[0] for data in (dense, coded))
    assert np.array_equal(one.theta, other.theta)
    agrees(TorchEngine, np.float64, Job(NETWORK, SGD(0.1), epochs=2, batch_size=99), dense)


def test_what_is_set_in_pytorch_stays_and_read_only_rows_are_read():
    frozen = X.copy()
    frozen.flags.writeable = False
    before = torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    torch.set_float32_matmul_precision("medium")
    try:
        network = Network.mlp([5, 4, 3], loss="cross_entropy")
        done = train(network, network.initial(dtype="float32"), frozen, Y, epochs=2, engine="torch", n_threads=1)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
    assert (torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == before
    assert done.engine == "torch"
    assert done.engine_reason == "it was asked for by name, on cpu"


def test_a_state_that_cannot_be_written_is_refused_and_divergence_is_told():
    state = TrainingState.start(JOB, NETWORK.initial(dtype="float32").theta)
    state.theta.flags.writeable = False
    with pytest.raises(InputError, match=r"TrainingState\.own copies them"):
        TorchEngine().steps(JOB, state, Data(X, Y), np.arange(40), np.ones(1))
    with pytest.raises(DivergenceError, match="diverged in epoch 1"):
        train(NETWORK, NETWORK.initial(dtype="float32"), X * 1e30, Y, optimizer=SGD(1e20), engine="torch")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimators_train_with_bfloat16_products_and_say_so(tmp_path):
    y = Y.argmax(axis=1)
    settings = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0, "engine": "torch", "tol": 0}
    exact, short = (MLPClassifier(**settings, precision=p).fit(X, y) for p in ("float32", "bf16"))
    assert short.engine_reason_ == "it was asked for by name, on cpu with products in bf16"
    assert 0 < abs(short.loss_ - exact.loss_) < 0.02
    short.partial_fit(X[:7], y[:7]).partial_fit(X[:9], y[:9])
    short.save(tmp_path / "m.clearprop")
    again = MLPClassifier.load(tmp_path / "m.clearprop")
    assert again.precision == "bf16"
    assert np.allclose(again.predict_proba(X), short.predict_proba(X), atol=0.02)
