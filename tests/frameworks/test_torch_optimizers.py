"""Optimizers of PyTorch: going on here, with their settings and memory, is going on there."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (make test-frameworks)")

from torch import nn  # noqa: E402

from clearprop import from_torch  # noqa: E402
from clearprop.errors import InputError  # noqa: E402
from clearprop.files.importers.torch import read  # noqa: E402
from clearprop.formulas import AdamW, TorchAdam, TorchMomentum, TorchNesterov, TorchRMSProp  # noqa: E402


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


OPTIMIZERS = {
    "sgd": (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01), TorchMomentum),
    "nesterov": (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1), TorchNesterov),
    "adam": (lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.1), TorchAdam),
    "adamw": (lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.0), AdamW),
    "rmsprop": (lambda p: torch.optim.RMSprop(p, 0.01, weight_decay=0.1), TorchRMSProp),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_going_on_with_an_optimizer_is_going_on_there(name):
    make, rule = OPTIMIZERS[name]
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    optimizer, X = make(module.parameters()), torch.randn(16, 4, dtype=torch.float64)

    def step():
        optimizer.zero_grad()
        ((module(X) - X[:, :1]) ** 2).mean().backward()
        optimizer.step()

    for _ in range(3):
        step()
    source = read(module, "squared_error", optimizer)
    assert type(source.update_rule) is rule
    ours = from_torch(module, loss="squared_error", optimizer=optimizer)
    estimator = ours.estimator().set_params(engine="reference", shuffle=False)
    assert estimator.solver == ("adam" if rule is AdamW else source.update_rule)
    assert source.memory.step == (3 if "step" in next(iter(optimizer.state.values())) else 0)
    gradient = source.gradient(X.numpy(), X.numpy()[:, :1])
    step()
    for l, layer in enumerate(source.layers):
        vectors = [source.memory.vectors[key][l] for key in source.update_rule.memory]
        theta = np.concatenate([layer.weights.ravel(), layer.biases])
        memory = tuple(np.concatenate([W.ravel(), b]) for W, b in vectors)
        g, rule = np.concatenate([a.ravel() for a in gradient[l]]), source.update_rule
        moved, *_ = rule.apply(theta, g, memory, rate=rule.learning_rate, t=source.memory.step + 1)
        there = [t.detach().numpy().T.ravel() for t in (module[2 * l].weight, module[2 * l].bias)]
        np.testing.assert_allclose(moved, np.concatenate(there), rtol=1e-12)
    for _ in range(5):
        step()
    for _ in range(6):
        estimator.partial_fit(X.numpy(), X.numpy()[:, 0])
    for l in range(2):
        np.testing.assert_allclose(estimator.coefs_[l], module[2 * l].weight.detach().numpy().T, rtol=1e-11)
        np.testing.assert_allclose(estimator.intercepts_[l], module[2 * l].bias.detach().numpy(), rtol=1e-11)


def test_what_of_an_optimizer_has_no_counterpart_is_said():
    module = nn.Sequential(nn.Linear(4, 3))
    for optimizer, said in (
        (torch.optim.Adam(module.parameters(), amsgrad=True), "Adam with amsgrad has no counterpart"),
        (torch.optim.Adagrad(module.parameters()), "Adagrad has no counterpart"),
    ):
        source = read(module, "squared_error", optimizer)
        assert source.update_rule is None
        assert said in source.notes[0]
    with pytest.raises(InputError, match=r"one of torch.optim, not 'adam'"):
        read(module, "squared_error", "adam")
