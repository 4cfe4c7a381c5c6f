"""Devices and precisions by name, also where PyTorch is not installed."""

import re

import numpy as np
import pytest

from clearprop import MLPRegressor, Network, TabularRegressor, train
from clearprop.cli.app import exit_code
from clearprop.engines import Job, choose
from clearprop.engines.hardware import Hardware
from clearprop.engines.torch.engine import TorchEngine
from clearprop.errors import EngineRefusal, InputError, MissingExtra, UnknownNameError
from clearprop.job import Layout

JOB, LAYOUT = Job(Network.mlp([1, 1])), Layout.dense(4, "float32")
X = np.linspace(-1, 1, 8, dtype=np.float32)[:, None]


@pytest.mark.parametrize(
    ("device", "precision", "error", "says"),
    [
        ("cudo", "float32", UnknownNameError, "there is no device 'cudo'; did you mean 'cuda'?"),
        ("cuda:x", "float32", UnknownNameError, "there is no device 'cuda:x'"),
        (0, "float32", InputError, "device must be one of auto, cpu, cuda, mps, not 0"),
        ("cpu", "bf61", UnknownNameError, "there is no precision 'bf61'; did you mean 'bf16'?"),
        ("cpu", None, InputError, "precision must be one of float32, tf32, bf16, not None"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_at_every_door(device, precision, error, says):
    asked = {"device": device, "precision": precision}
    network = Network.mlp([1, 1])
    for call in (
        lambda: Hardware.asked(device, precision),
        lambda: train(network, network.initial(), X, X, **asked),
        lambda: MLPRegressor(**asked).fit(X, X[:, 0]),
        lambda: TabularRegressor(**asked).fit(X, X[:, 0]),
    ):
        with pytest.raises(error, match=re.escape(says)):
            call()


@pytest.mark.parametrize("name", ["compiled", "reference"])
def test_another_engine_has_no_devices(name):
    for hardware in (Hardware("cuda"), Hardware("cpu", "bf16")):
        with pytest.raises(EngineRefusal, match=f"the engine '{name}' computes on the CPU"):
            choose(name, JOB, LAYOUT, hardware=hardware)
    assert choose(name, JOB, LAYOUT, hardware=Hardware("auto")).engine.name == name


def test_without_pytorch_the_command_that_installs_it_is_said(monkeypatch):
    def not_there(what, extra):
        raise MissingExtra(f"{what} torch: pip install 'clearprop[{extra}]'")

    monkeypatch.setattr("clearprop.engines.torch.engine.require", not_there)
    choose.__globals__["why_missing"].cache_clear()
    for name, hardware in (("torch", Hardware()), ("auto", Hardware("cuda"))):
        with pytest.raises(EngineRefusal, match=r"the torch engine needs torch: pip install 'clearprop\[torch\]'"):
            choose(name, JOB, LAYOUT, hardware=hardware)
    choose.__globals__["why_missing"].cache_clear()
    assert "pip install" in TorchEngine().missing("float32")


def test_the_command_line_refuses_a_device_that_does_not_exist(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{k},{2 * k}\n" for k in range(40)))
    command = ["train", str(tmp_path / "t.csv"), "--target", "y", "--engine", "torch", "--device", "cuda:x"]
    assert exit_code([*command, "--output", str(tmp_path / "m")]) == 2
    assert "there is no device 'cuda:x'" in capsys.readouterr().err
