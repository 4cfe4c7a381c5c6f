"""Networks of PyTorch brought in: the same outputs, autograd's gradient, optimizers; what is no chain is named."""

from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (make test-frameworks)")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.nn.utils import parametrizations  # noqa: E402

from clearprop import from_torch  # noqa: E402
from clearprop.errors import InputError  # noqa: E402
from clearprop.files.importers.torch_layers import ACTIVATIONS  # noqa: E402
from clearprop.formulas import Huber  # noqa: E402
from near_exact import assert_near  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:`torch.nn.utils.spectral_norm` is deprecated"
)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def batch_norm(n):
    """With numbers as training leaves them."""
    module = nn.BatchNorm1d(n)
    with torch.no_grad():
        module.running_mean.normal_()
        module.running_var.uniform_(0.5, 2)
        module.weight.normal_()
        module.bias.normal_()
    return module


def prelu(n):
    module = nn.PReLU(n)
    with torch.no_grad():
        module.weight.normal_()
    return module


class OwnForward(nn.Module):
    """Declared in another order than used; functions, a buffer, a dropout, a view."""

    def __init__(self):
        super().__init__()
        self.out, self.fc, self.drop = nn.Linear(5, 2), nn.Linear(4, 5), nn.Dropout(0.3)
        self.register_buffer("mean", torch.randn(4))
        self.register_buffer("std", torch.rand(4) + 0.5)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        x = (x - self.mean) / self.std
        return F.log_softmax(self.out(self.drop(F.leaky_relu(self.fc(x), 0.2))), dim=1)


class OwnMatrices(nn.Module):
    def __init__(self):
        super().__init__()
        self.W, self.b = nn.Parameter(torch.randn(4, 3)), nn.Parameter(torch.randn(3))

    def forward(self, x):
        return -torch.clamp(x @ self.W + self.b, min=0, max=6) * 2.0 + 1.0


def tied():
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.Softplus(2, 3))


NETWORKS = {
    "plain": lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)),
    "batch norm everywhere": lambda: nn.Sequential(
        batch_norm(4), nn.Linear(4, 5), batch_norm(5), nn.SiLU(), batch_norm(5),
        nn.Sequential(nn.Dropout(), nn.Linear(5, 3, bias=False), batch_norm(3), nn.Softmax(1)),
    ),
    "own forward": OwnForward,
    "own matrices": OwnMatrices,
    "tied": tied,
    "norms": lambda: nn.Sequential(
        parametrizations.weight_norm(nn.Linear(4, 5)), nn.GELU("tanh"),
        parametrizations.spectral_norm(nn.Linear(5, 2)), nn.Hardswish(),
    ),
    "old norms": lambda: nn.Sequential(nn.utils.spectral_norm(nn.Linear(4, 5)), nn.Softsign(), nn.Linear(5, 2)),
    "slopes for each unit": lambda: nn.Sequential(
        nn.Linear(4, 5), prelu(5), batch_norm(5), nn.Linear(5, 3), prelu(3)
    ),
    "double": lambda: nn.Sequential(nn.Linear(4, 5), prelu(1), batch_norm(5), nn.Linear(5, 1), nn.Sigmoid()).double(),
    "one layer": lambda: nn.Linear(4, 2),
    "activations alone": lambda: nn.Sequential(nn.ReLU(), nn.Linear(4, 2), nn.Tanh(), nn.ELU(0.5), nn.Softmin(1)),
    "averaged": lambda: torch.optim.swa_utils.AveragedModel(nn.Sequential(nn.Linear(4, 2), nn.Hardsigmoid())),
    "compiled": lambda: torch.compile(nn.Sequential(nn.Linear(4, 3), nn.CELU(0.7), nn.Linear(3, 2), nn.LogSigmoid())),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_and_gradients_are_the_sources_own(name):
    module = NETWORKS[name]()
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    ours = from_torch(module, loss="half_squared_error")
    assert ours.proof.passed, ours.report
    assert (ours.proof.n_rows, ours.proof.bound) == (1000, 1e-12 if name == "double" else 1e-6)
    X = np.random.default_rng(1).normal(size=(20, 4))
    Y = np.random.default_rng(2).normal(size=(20, ours.network.widths[-1])).squeeze()
    checked = ours.check_gradient(X, Y)
    assert checked.passed, checked
    assert (checked.tensors[0].source_error is None) == (name == "slopes for each unit")
    assert ours.explain(X[0], Y[0]).explained().text()
    assert all(torch.equal(tensor, before[key]) for key, tensor in module.state_dict().items())


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "double"])
def test_float32_costs_no_more_than_our_own_engine_twice(name):
    module = NETWORKS[name]()
    module = getattr(module, "_orig_mod", module).eval()
    ours = from_torch(module, loss="half_squared_error")
    X = np.random.default_rng(3).normal(size=(500, 4)).astype(np.float32)
    with torch.no_grad():
        exact = deepcopy(module).double()(torch.tensor(X, dtype=torch.float64)).numpy()
    assert_near(ours, X, exact)


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"exp", "rrelu", "threshold"}))
def test_every_activation(name):
    (kind,) = [item for item in dir(nn) if item.lower() == name]
    module = nn.Sequential(nn.Linear(4, 3), getattr(nn, kind)(), nn.Linear(3, 2)).double()
    if name in ("softmax", "logsoftmax"):
        module[1].dim = 1
    module[0].weight.data *= 20
    assert from_torch(module, loss="squared_error").proof.passed


def test_threshold_rrelu_and_functions_of_the_module():
    class Functions(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x):
            return torch.exp(F.elu(F.threshold(torch.sigmoid(self.fc(x)), 0.5, -0.25), alpha=0.5))

    assert from_torch(Functions(), loss="squared_error").proof.passed
    ours = from_torch(nn.Sequential(nn.Linear(4, 3), nn.RReLU()), loss="squared_error")
    assert ours.proof.passed
    assert "the mean of its bounds" in ours.report


def test_it_is_read_as_in_evaluation_and_left_as_it_was():
    module = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), batch_norm(3)).train()
    module[1].eval()
    ours = from_torch(module, loss="squared_error")
    assert [part.training for part in module] == [True, False, True]
    assert ours.proof.passed
    assert "Dropout '1', p = 0.5, does nothing in evaluation and was dropped" in ours.notes


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.fc(x)


class ByData(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Conv2d(1, 1, 1)),
         r"layer 3, Conv2d, is not a dense layer \('2'\)"),
        (lambda: nn.Sequential(nn.Linear(4, 5), nn.LayerNorm(5)), "layer 2, LayerNorm, .*normalises each row"),
        (lambda: nn.LSTM(3, 4), "layer 1, LSTM, is not a dense layer"),
        (lambda: nn.Sequential(nn.GRU(4, 8)), r"layer 1, GRU, is not a dense layer \('0'\)"),
        (Residual, "layer 2, add, is not a dense layer .*joins x and fc.*no chain"),
        (ByData, "forward of ByData cannot be followed"),
        (TwoInputs, "its forward uses 2 inputs"),
        (lambda: nn.Sequential(nn.Linear(4, 5), nn.Linear(4, 5)), "layer 2, Linear: .*gets 5 inputs.*do not chain"),
        (lambda: nn.Sequential(nn.LazyLinear(3)), "0.weight has no shape yet"),
        (lambda: nn.Linear(2, 3, device="meta"), "has no numbers"),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=False)), "keeps no running mean"),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.Softmax(0)), "works along axis 0"),
        (lambda: nn.Sequential(nn.ReLU()), "no dense layer"),
        (lambda: 3, "takes a torch.nn.Module, not 3"),
    ],
)  # fmt: skip
def test_what_is_no_chain_of_dense_layers_is_named(make, message):
    with pytest.raises(InputError, match=message):
        from_torch(make(), loss="squared_error")


def test_without_a_loss_one_is_asked_for():
    module = nn.Sequential(nn.Linear(4, 3))
    with pytest.raises(InputError, match=r"does not say what it was trained with; say loss="):
        from_torch(module)
    with pytest.raises(InputError, match="MultiMarginLoss is not known here; it can be MSELoss"):
        from_torch(module, loss=nn.MultiMarginLoss())
    with pytest.raises(InputError, match="has weights of classes"):
        from_torch(module, loss=nn.CrossEntropyLoss(weight=torch.ones(3)))


HEADS = [
    (nn.CrossEntropyLoss(), None, "classes"), (nn.NLLLoss(), nn.LogSoftmax(1), "classes"),
    ("cross_entropy", nn.Softmax(1), "classes"), (nn.BCEWithLogitsLoss(), None, "labels"),
    (nn.BCELoss(), nn.Sigmoid(), "labels"), (nn.MSELoss(), None, "numbers"), (nn.L1Loss(), None, "numbers"),
    (nn.HuberLoss(delta=0.7), None, "numbers"), (nn.PoissonNLLLoss(), None, "counts"),
    ("half_squared_error", nn.Tanh(), "numbers"), ("quantile", None, "numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "output", "targets"), HEADS, ids=lambda item: str(item)[:20])
def test_the_gradient_of_every_loss(loss, output, targets):
    module = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), *([] if output is None else [output])).double()
    X = np.random.default_rng(0).normal(size=(30, 4))
    y = {
        "classes": np.arange(30) % 3,
        "labels": (X[:, :3] > 0).astype(int),
        "numbers": X[:, :3] ** 2,
        "counts": np.floor(np.abs(X[:, :3])),
    }[targets]
    ours = from_torch(module, loss=loss)
    checked = ours.check_gradient(X, y)
    assert checked.passed, checked
    assert all(tensor.source_error < 1e-10 for tensor in checked.tensors)
    if isinstance(loss, nn.HuberLoss):
        assert ours.loss == Huber(0.7)
        assert any("here loss and gradient are of their sum" in note for note in ours.notes)


def test_an_estimator_goes_on():
    X = np.random.default_rng(0).normal(size=(80, 4))
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    ours = from_torch(module, loss=nn.CrossEntropyLoss(), classes=["a", "b", "c"])
    model = ours.estimator()
    logits = module(torch.tensor(X, dtype=torch.float32)).detach().numpy()
    assert (model.predict(X) == np.array(["a", "b", "c"])[logits.argmax(axis=1)]).all()
    np.testing.assert_allclose(ours.outputs(X), logits, rtol=1e-5, atol=1e-6)
    before = model.score(X, np.array(["a", "b", "c"])[y])
    for _ in range(20):
        model.partial_fit(X, np.array(["a", "b", "c"])[y])
    assert model.score(X, np.array(["a", "b", "c"])[y]) > before
