"""A hundred updates against an independent framework, PyTorch with its autograd and optimizers: float64, same start.

PyTorch is not needed to use or to test clearprop; without it these are skipped.
"""

import numpy as np
import pytest

from clearprop import Network, adam, adamw, forward, momentum, nesterov, rmsprop, sgd, train

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

torch.set_num_threads(1)  # its threads cost more than these small matrices do
UPDATES = 100
TOLERANCE = 1e-9
RULES = {
    "sgd": (sgd(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "sgd with momentum": (momentum(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "nesterov": (nesterov(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True)),
    "rmsprop": (rmsprop(0.003), lambda p: torch.optim.RMSprop(p, lr=0.003, alpha=0.9, eps=1e-8)),
    "adam": (adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    "adamw": (
        adamw(0.01, weight_decay=0.1),
        # decoupled decay moves weights, not biases
        lambda p: torch.optim.AdamW(
            [{"params": p[::2], "weight_decay": 0.1}, {"params": p[1::2], "weight_decay": 0}], lr=0.01
        ),
    ),
}  # fmt: skip
ACTIVATIONS = {
    "tanh": torch.tanh,
    "logistic": torch.sigmoid,
    "relu": torch.relu,
    "gelu": torch.nn.functional.gelu,
    "elu": torch.nn.functional.elu,
    "softplus": torch.nn.functional.softplus,
}


def squared(z, y):
    return (z - y) ** 2


LOSSES = {  # of every output, from the last weighted input z
    "half_squared_error": lambda z, y: squared(z, y) / 2,
    "squared_error": squared,
    "huber": lambda z, y: torch.nn.functional.huber_loss(z, y, reduction="none"),
    "cross_entropy": lambda z, y: -y * torch.log_softmax(z, dim=1),
    "binary_cross_entropy": lambda z, y: torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none"),
    "poisson": lambda z, y: torch.exp(z) - y * z,
}

random = np.random.default_rng(0)
X = random.standard_normal((60, 5))
WEIGHT = random.uniform(0.1, 3, 60)
TARGETS = {
    "cross_entropy": np.eye(3)[random.integers(0, 3, 60)],
    "binary_cross_entropy": (random.random((60, 3)) < 0.5).astype(float),
    "poisson": random.poisson(2.0, (60, 3)).astype(float),
}
REAL = random.standard_normal((60, 3))


def by_torch(start, optimizer, activation, loss, Y, weight, l2):
    """The parameters after the updates: batches of 20 rows in order, the loss a weighted mean over samples."""
    tensors = [torch.tensor(array, requires_grad=True) for pair in zip(start.W, start.b, strict=True) for array in pair]
    stepper = optimizer(tensors)
    for update in range(UPDATES):
        rows = slice(20 * (update % 3), 20 * (update % 3) + 20)
        x, y, w = (torch.tensor(array[rows]) for array in (X, Y, np.ones(60) if weight is None else weight))
        for W, b in zip(tensors[:-2:2], tensors[1:-2:2], strict=True):
            x = ACTIVATIONS[activation](x @ W + b)
        each = LOSSES[loss](x @ tensors[-2] + tensors[-1], y).sum(dim=1)
        penalty = l2 / 2 * sum((W**2).sum() for W in tensors[::2])
        stepper.zero_grad()
        (((w * each).sum() + penalty) / w.sum()).backward()
        stepper.step()
    return [tensor.detach().numpy() for tensor in tensors]


def by_us(network, start, rule, Y, weight, l2):
    """The same updates: 33 epochs of three batches, and one more batch that makes it a hundred."""
    options = {"optimizer": rule, "batch_size": 20, "shuffle": False, "sample_weight": weight, "l2": l2, "seed": 0}
    first = train(network, start, X, Y, epochs=33, tolerance=0, patience=np.inf, **options)
    options["sample_weight"] = None if weight is None else weight[:20]
    last = train(network, start, X[:20], Y[:20], epochs=34, state=first.state, **options)
    assert last.state.step == UPDATES
    return last.parameters


def compare(rule, activation="tanh", loss="cross_entropy", weight=None, l2=0.0, widths=(5, 8, 6, 3)):
    Y = TARGETS.get(loss, REAL)
    network = Network.mlp(widths, hidden=activation, loss=loss)
    start = network.initial(seed=3)
    ours, optimizer = RULES[rule]
    found = by_us(network, start, ours, Y, weight, l2)
    expected = by_torch(start, optimizer, activation, loss, Y, weight, l2)
    moved = max(float(np.abs(array - W).max()) for array, W in zip(expected[::2], start.W, strict=True))
    assert moved > 0.01  # there is something to compare
    for array, theirs in zip((a for pair in zip(found.W, found.b, strict=True) for a in pair), expected, strict=True):
        np.testing.assert_allclose(array, theirs, rtol=0, atol=TOLERANCE)
    assert np.isfinite(forward(network, found, X).a[-1]).all()


@pytest.mark.parametrize("rule", RULES)
def test_every_update_rule(rule):
    compare(rule)


@pytest.mark.parametrize("rule", ["sgd with momentum", "adam", "adamw"])
def test_with_sample_weights_and_l2(rule):
    compare(rule, loss="binary_cross_entropy", weight=WEIGHT, l2=0.5)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss):
    compare("adam", loss=loss)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rule", ["sgd with momentum", "adam", "adamw"])
def test_every_activation(activation, rule):
    compare(rule, activation, loss="half_squared_error")


@pytest.mark.parametrize("widths", [(5, 3), (5, 4, 3), (5, 6, 6, 6, 3)], ids=str)
def test_every_depth(widths):
    compare("sgd with momentum", widths=widths)
