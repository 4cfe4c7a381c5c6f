"""The promise of the design: one new class of a few lines, and it works in every room at once."""

import json

import numpy as np
import pytest

import processes
from clearprop import Activation, Loss, Network, backward, check_gradient, forward, load, loss, save, train
from clearprop.files.network_json import network_to_json
from clearprop.formulas import absolute, exp, log, where
from clearprop.formulas.printers.latex import to_latex


class Bump(Activation):
    """a = z·e^(−s·z²): rises, turns and comes back."""

    sharpness: float = 0.5

    def value(z, sharpness):
        return z * exp(-sharpness * z**2)


class LogSquare(Loss):
    """C = log(1 + (y − a)²/w²): outliers hardly count. Barron (2019), the Cauchy loss."""

    width: float = 1.0

    def value(a, y, width):
        return log(1 + ((y - a) / width) ** 2)


class Soft(Activation):
    """a = z/(1 + |z|), with its slope, which the tree need not find then."""

    range = (-1, 1)

    def value(z):
        return z / (1 + absolute(z))

    def slope(z, a):
        return where(z > 0, (1 - a) ** 2, (1 + a) ** 2)


NET = Network.mlp([2, 12, 12, 1], hidden=[Bump(0.3), Soft], loss=LogSquare(0.5))


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    X = random.uniform(-2, 2, (300, 2))
    return X, np.sin(X[:, :1]) * X[:, 1:]


@pytest.fixture(scope="module")
def trained(data):
    return train(NET, NET.initial(seed=1), *data, epochs=80, batch_size=20, patience=80, seed=2)


def test_it_trains(data, trained):
    X, Y = data
    before, after = loss(NET, NET.initial(seed=1), X, Y), loss(NET, trained.parameters, X, Y)
    assert after < before / 20
    residual = forward(NET, trained.parameters, X).a[-1] - Y
    assert 1 - residual.var() / Y.var() > 0.95


def test_its_gradient_is_right_before_and_after_training(data, trained):
    X, Y = data
    for params in (NET.initial(seed=1), trained.parameters):
        found = check_gradient(NET, params, X[:20], Y[:20], np.arange(20.0))
        assert found.passed, found
        assert found.relative_error[~found.at_kink].max() < 1e-6


def test_it_prints_as_text_and_latex():
    assert str(Bump.tree()) == "z·exp(−sharpness·z²)"
    assert to_latex(Bump.tree()) == r"z \cdot e^{-\mathrm{sharpness} \cdot {z}^{2}}"
    assert str(LogSquare.tree()) == "log(1 + ((y − a)/width)²)"
    assert to_latex(LogSquare.tree()) == (r"\log\left(1 + {\left(\frac{y - a}{\mathrm{width}}\right)}^{2}\right)")
    assert str(Soft.slope_tree()) == "{(1 − a)² if z > 0; (1 + a)² otherwise}"
    assert str(Bump.slope_tree()) == "exp(−sharpness·z²) − z·exp(−sharpness·z²)·sharpness·(2·z)"


def test_it_is_saved_and_loaded_in_a_process_that_has_never_seen_its_class(data, trained, tmp_path):
    X, Y = data
    path = tmp_path / "own.clearprop"
    save(path, NET, trained.parameters)
    code = f"""
import json, sys
import numpy as np
from clearprop import backward, check_gradient, forward, load, loss, train
model = load({str(path)!r})
random = np.random.default_rng(0)
X = random.uniform(-2, 2, (300, 2))
Y = np.sin(X[:, :1]) * X[:, 1:]
net, params = model.network, model.parameters
tape = forward(net, params, X)
assert "test_own_formulas" not in sys.modules
went_on = train(net, params, X, Y, epochs=2, batch_size=20, seed=5)
print(json.dumps([
    tape.a[-1].ravel().tolist(), loss(net, params, X, Y), backward(net, params, tape, Y).theta.tolist(),
    check_gradient(net, params, X[:20], Y[:20]).passed, str(net.layers[0].activation.tree()),
    went_on.parameters.theta.tolist(),
]))
"""
    done = processes.python(code)
    assert done.returncode == 0, done.stderr
    outputs, cost, gradient, passed, text, went_on = json.loads(done.stdout)
    tape = forward(NET, trained.parameters, X)
    assert outputs == tape.a[-1].ravel().tolist()
    assert cost == loss(NET, trained.parameters, X, Y)
    assert gradient == backward(NET, trained.parameters, tape, Y).theta.tolist()
    assert passed
    assert text == "z·exp(−sharpness·z²)"
    ours = train(NET, trained.parameters, X, Y, epochs=2, batch_size=20, seed=5)
    assert went_on == ours.parameters.theta.tolist()


def test_what_was_loaded_can_be_saved_again(trained, tmp_path):
    save(tmp_path / "one", NET, trained.parameters)
    once = load(tmp_path / "one")
    save(tmp_path / "two", once.network, once.parameters)
    twice = load(tmp_path / "two")
    X = np.array([[0.5, -1.0]])
    assert forward(twice.network, twice.parameters, X).a[-1] == forward(NET, trained.parameters, X).a[-1]
    assert network_to_json(twice.network) == network_to_json(once.network) == network_to_json(NET)
