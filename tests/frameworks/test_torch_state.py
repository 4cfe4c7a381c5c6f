"""State dicts of real modules in files: names, strides, prefixes and parametrizations."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (make test-frameworks)")

from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.utils import parametrizations, spectral_norm  # noqa: E402

from clearprop import from_torch_state  # noqa: E402
from clearprop.errors import FileError, InputError  # noqa: E402

FILES = Path(__file__).parent.parent / "importer_files"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:`torch.nn.utils.spectral_norm`")
X = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
STEPS = ["a", "ReLU", "b", "p", "bn", "out", "LeakyReLU(0.2)"]


class Module(nn.Module):
    """Declared in another order than used."""

    def __init__(self, norm=parametrizations.spectral_norm):
        super().__init__()
        self.out, self.a = nn.Linear(5, 2), parametrizations.weight_norm(nn.Linear(4, 5))
        self.b, self.bn, self.p = norm(nn.Linear(5, 5)), nn.BatchNorm1d(5), nn.PReLU(5)
        self.p.weight.data.normal_()
        self.bn.running_mean.normal_()

    def forward(self, x):
        return nn.functional.leaky_relu(self.out(self.bn(self.p(self.b(torch.relu(self.a(x)))))), 0.2)


def made(**settings):
    torch.manual_seed(0)
    module = Module(**settings)
    with torch.no_grad():
        module(torch.randn(20, 4))
    return module.eval()


def agrees(ours, module):
    np.testing.assert_allclose(ours.outputs(X), module(torch.tensor(X)).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_the_file_of_the_real_exporter():
    case = json.loads((FILES / "torch-state-dict-strided.json").read_text())
    ours = from_torch_state(FILES / "torch-state-dict-strided.pt", case["layers"], loss="squared_error")
    theirs, found = np.array(case["output"]), ours.outputs(case["input"])
    assert (np.abs(found - theirs) <= 1e-6 * np.maximum(1, np.abs(theirs).max(axis=1, keepdims=True))).all()
    assert ours.report.startswith("a state_dict of PyTorch, torch-state-dict-strided.pt")


def test_pt_and_safetensors_of_a_module_with_everything(tmp_path):
    module = made()
    torch.save(module.state_dict(), tmp_path / "m.pt")
    save_file({name: t.contiguous() for name, t in module.state_dict().items()}, tmp_path / "m.safetensors")
    for name in ("m.pt", "m.safetensors"):
        ours = from_torch_state(tmp_path / name, STEPS, loss="squared_error")
        agrees(ours, module)
        assert "ε taken to be 1e-05" in ours.report


def test_a_file_that_has_the_biases_first_and_the_layers_in_no_order(tmp_path):
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    save_file(module.state_dict(), tmp_path / "m.safetensors")
    agrees(from_torch_state(tmp_path / "m.safetensors", ["relu", "identity"], loss="cross_entropy"), module)


def test_the_old_spectral_norm_and_the_prefixes_of_wrappers(tmp_path):
    module = made(norm=spectral_norm)
    wrapped = torch.optim.swa_utils.AveragedModel(torch.compile(module))
    torch.save({"epoch": 3, "model_state_dict": wrapped.state_dict()}, tmp_path / "m.pt")
    ours = from_torch_state(tmp_path / "m.pt", STEPS, loss="squared_error")
    agrees(ours, module)
    assert "the state_dict 'model_state_dict' of a checkpoint was read, and not epoch" in ours.notes


def test_the_order_of_use_comes_from_shapes_or_is_asked_for(tmp_path):
    class Declared(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.out, self.fc, self.between = nn.Linear(5, 2), nn.Linear(4, width), nn.Linear(width, 5)

    steps = ["Linear", "ReLU", "Dropout", "Linear", "Tanh", "Linear"]
    torch.save(Declared(3).state_dict(), tmp_path / "m.pt")
    found = from_torch_state(tmp_path / "m.pt", steps, loss="squared_error")
    assert [layer.name for layer in found.source.layers] == ["fc", "between", "out"]
    torch.save(nn.ModuleDict({"b": nn.Linear(4, 4), "a": nn.Linear(4, 4)}).state_dict(), tmp_path / "n.pt")
    with pytest.raises(InputError, match=r"can follow each other in several orders.*name them in layers"):
        from_torch_state(tmp_path / "n.pt", ["Linear", "ReLU", "Linear"], loss="squared_error")
    torch.save(nn.Sequential(*[nn.Linear(4, 4) for _ in range(12)]).state_dict(), tmp_path / "s.pt")
    found = from_torch_state(tmp_path / "s.pt", ["Linear"] * 12, loss="squared_error")
    assert [layer.name for layer in found.source.layers] == [str(n) for n in range(12)]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (None, "holds no activations: say them in layers="),
        (["a", "swoosh"], "'swoosh' in layers is neither an activation nor a module of the file"),
        (["a", "BatchNorm1d"], "BatchNorm1d has numbers of its own: call it by its name in the file, one of 'bn', 'p'"),
        (["a", "relu", "out"], "tensors of 'b', 'bn', 'p', which layers does not name"),
        (["Linear", "relu"], "layers has 'Linear' 1 times, and the file 3 matrices"),
    ],
)
def test_layers_that_are_not_those_of_the_file(tmp_path, layers, message):
    torch.save(made().state_dict(), tmp_path / "m.pt")
    with pytest.raises(InputError, match=message):
        from_torch_state(tmp_path / "m.pt", layers, loss="squared_error")


def test_what_is_no_state_dict(tmp_path):
    torch.save({"a": 1, "b": [2]}, tmp_path / "m.pt")
    with pytest.raises(FileError, match="the file holds no state_dict; it has 'a', 'b'"):
        from_torch_state(tmp_path / "m.pt", ["Linear"])
    torch.save(nn.Linear(2, 2), tmp_path / "m.pt")
    with pytest.raises(
        FileError, match=r"holds more than tensors, torch\.nn\.modules\.linear\.Linear among it.*from_torch"
    ):
        from_torch_state(tmp_path / "m.pt", ["Linear"])
    torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)).save(tmp_path / "m.pt")
    with pytest.raises(FileError, match=r"is TorchScript.*torch\.jit\.load"):
        from_torch_state(tmp_path / "m.pt", ["Linear"])
    torch.save({"weight": torch.zeros(1).expand(10**6, 10**3)}, tmp_path / "m.pt")
    with pytest.raises(FileError, match="'weight' has a shape of more numbers than the file holds for it"):
        from_torch_state(tmp_path / "m.pt", ["Linear"])
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "m.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(FileError, match=r"of PyTorch before 1\.6"):
        from_torch_state(tmp_path / "m.pt", ["Linear"])
