"""int8 networks in C: near to float, and to the last bit what is told of them."""

import re
import subprocess

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from clearprop import MLPClassifier, MLPRegressor, Network
from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.estimators.exporting import program_of
from clearprop.files.export.c.accuracy import Calibration, accuracy_of
from clearprop.files.export.c.quantising import MOST_ROWS, Int8Layer, as_factors, quantised
from clearprop.files.export.c.source import source_of, write
from clearprop.files.export.evaluation import mean_outputs
from clearprop.files.export.program import Answer, plain_program
from compiled_c import QUICK, SANITIZED, Compiled, needs_gcc, self_tested


@pytest.fixture(scope="module")
def digits():
    """Networks of several activations, their training rows, and rows that they were not trained or calibrated with."""
    X, y = load_digits(return_X_y=True)
    X, held_out, y, truth = train_test_split(X, y, random_state=0)
    return X, y, held_out, truth


def ending(epochs):
    """Settings with which training ends by itself after so many epochs."""
    return {"max_iter": epochs + 5, "tol": 9.0, "n_iter_no_change": epochs, "random_state": 0}


def fitted(digits, hidden=(32,), activation="relu", epochs=40):
    return program_of(MLPClassifier(hidden, activation, **ending(epochs)).fit(*digits[:2]))


@pytest.mark.parametrize(("hidden", "activation"), [((32,), "relu"), ((32, 16), "gelu"), ((32,), "identity")])
def test_digits_are_read_as_well_as_in_float(digits, hidden, activation):
    program, (X, _, held_out, truth) = fitted(digits, hidden, activation), digits
    single = mean_outputs(program.network, program.members, held_out)
    small = quantised(program, X).mean_outputs(program, 0, held_out)
    accuracy = [float(np.mean(found.argmax(axis=1) == truth)) for found in (single, small)]
    assert accuracy[0] > 0.9
    assert abs(accuracy[0] - accuracy[1]) <= 0.01
    assert np.sqrt(np.mean((single - small) ** 2)) < 0.01


def test_every_sum_stays_within_32_bits_whatever_comes_in(digits):
    program = fitted(digits, (32, 16), "tanh", 3)
    for layer in quantised(program, digits[0]).groups[0][0]:
        most = np.abs(layer.weights.astype(np.int64)).sum(axis=0) * 127 + np.abs(layer.biases.astype(np.int64))
        assert most.max() < 2**31
        assert np.abs(layer.weights).max() == 127


def test_a_sum_is_rescaled_as_exact_arithmetic_rounds_it():
    random = np.random.default_rng(0)
    ratios = 10 ** random.uniform(-9, 0, 50)
    factors, shifts = as_factors(ratios)
    np.testing.assert_allclose(factors / 2.0**shifts, ratios, rtol=2**-30)
    weights = np.ones((1, 50), dtype=np.int8)
    layer = Int8Layer(None, weights, np.zeros(50, dtype=np.int32), np.ones(50, dtype=np.float32), factors, shifts)
    q = random.integers(-127, 128, (200, 1)) * 1000
    exact = np.clip(np.floor(q * (factors / 2.0**shifts) + 0.5), -127, 127)
    np.testing.assert_array_equal(layer.outputs(q), exact)


def test_inputs_of_any_size_have_a_grid_of_their_own():
    random = np.random.default_rng(0)
    X = random.normal(0, 1, (500, 3)) * [1e-3, 1, 1e6] + [5, 0, 1e7]
    network = Network.mlp([3, 16, 1], hidden="tanh")
    params = network.initial(seed=0)
    params.W[1][:] *= np.array([[1e3], [1.0], [1e-6]])
    params.b[1][:] -= np.array([5, 0, 1e7]) @ params.W[1]
    program = plain_program(network, [params.theta])
    single, small = mean_outputs(network, program.members, X), quantised(program, X).mean_outputs(program, 0, X)
    assert np.sqrt(np.mean((single - small) ** 2)) < 0.02 * single.std()


@pytest.mark.parametrize("activation", ["relu", "tanh", "identity"])
@pytest.mark.parametrize("size", [0.0, 1e-38, 1e-20, 1e20])
def test_neurons_that_are_silent_or_loud_and_an_input_that_is_always_the_same(activation, size):
    network = Network.mlp([2, 3, 1], hidden=activation)
    params = network.initial(seed=0)
    params.W[1][:, 0] *= size
    params.W[2][0] = 0.0
    program = plain_program(network, [params.theta])
    X = np.stack([np.linspace(-1, 1, 50), np.full(50, 7.0)], axis=1)
    single, small = mean_outputs(network, program.members, X), quantised(program, X).mean_outputs(program, 0, X)
    assert np.isfinite(small).all()
    if size < 1:
        np.testing.assert_allclose(small, single, atol=0.05 * np.abs(single).max())


@needs_gcc
@pytest.mark.parametrize(("hidden", "activation"), [((32,), "relu"), ((140, 16), "silu")])
def test_the_c_computes_the_same_to_the_last_bit(digits, hidden, activation, tmp_path):
    program = fitted(digits, hidden, activation, 3)
    rows = digits[2].astype(np.float32)
    int8 = quantised(program, digits[0])
    chosen, found = Compiled(program, tmp_path, calibration=digits[0]).predict([{"x": rows}])
    small = int8.mean_outputs(program, 0, rows)
    np.testing.assert_allclose(found, small, rtol=0, atol=1e-6)  # the softmax is in float
    np.testing.assert_array_equal(chosen, small.argmax(axis=1))
    wild = rows * np.float32(1e30) * np.random.default_rng(0).choice([-1, 1], rows.shape).astype(np.float32)
    _, found = Compiled(program, tmp_path, SANITIZED, calibration=digits[0]).predict([{"x": wild}])
    np.testing.assert_allclose(found, int8.mean_outputs(program, 0, wild), rtol=0, atol=1e-6)


@needs_gcc
def test_the_self_test_of_int8_passes_with_and_without_sanitizers(digits, tmp_path):
    program = fitted(digits, epochs=3)
    for flags in (QUICK, SANITIZED):
        printed = self_tested(program, tmp_path, flags, calibration=Calibration(*digits[:2]))
        assert re.fullmatch(r"model: 32 rows, greatest error [\de.+-]+, allowed 1e-06, 0 wrong classes\n", printed)
    header = (tmp_path / "model.h").read_text()
    assert re.search(r"accuracy +\d\d\.\d\d % +\d\d\.\d\d %", header)
    assert "1 network of 64-32-10 in int8" in header


@needs_gcc
def test_the_self_test_tells_what_is_wrong(digits, tmp_path):
    self_tested(fitted(digits, epochs=3), tmp_path)
    code = (tmp_path / "model.c").read_text()
    spoilt = re.sub(r"(static const double expected\[32\]\[10\] = \{\n +\{\n +)[\d.e-]+", r"\g<1>0.987", code)
    assert spoilt != code
    (tmp_path / "model.c").write_text(spoilt)
    command = "gcc -std=c99 -DMODEL_SELF_TEST model.c -o model -lm && ./model"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert re.search(r"greatest error 0\.\d+", done.stdout)


def test_accuracy_of_numbers_is_told_in_their_unit():
    random = np.random.default_rng(0)
    X = random.standard_normal((400, 4))
    y = np.stack([X[:, 0] ** 2, X[:, 1]], axis=1)
    program = program_of(MLPRegressor(hidden_layer_sizes=(16,), **ending(20)).fit(X, y))
    lines = accuracy_of(program, quantised(program, X), Calibration(X, y)).lines
    single, small = map(float, re.search(r"RMSE of y0 +([\d.]+) +([\d.]+)", "\n".join(lines)).groups())
    assert single == pytest.approx(
        np.sqrt(np.mean((mean_outputs(program.network, program.members, X) - y)[:, 0] ** 2)), rel=1e-3
    )
    assert small == pytest.approx(single, rel=0.1)
    assert any(re.match(r"  y1: [\d.e-]+ apart \(root mean square\)", line) for line in lines)


def cancelling(size):
    """A network in whose second layer two neurons that are nearly alike are subtracted, and rows with what is true."""
    network = Network.mlp([2, 3, 1], hidden="tanh", output="logistic", loss="binary_cross_entropy")
    W2 = np.array([[size], [-size], [0.1]])
    params = network.parameters([[[0.5, 0.5 + 4 / size, 1], [0.5, 0.5, -1]], W2], [[0, 0, 0.2], [0.0]])
    X = np.random.default_rng(0).uniform(-1, 1, (3000, 2))
    program = plain_program(network, [params.theta], answer=Answer("class", ("y",), ("no", "yes")))
    return program, X, (mean_outputs(network, program.members, X)[:, 0] > 0.5).astype(int)


def test_a_network_that_eight_bits_spoil_is_refused_by_its_layer(tmp_path):
    program, X, truth = cancelling(400.0)
    with pytest.raises(InputError, match=r"accuracy falls from 100\.00 % to \d\d\.\d\d %.*comes in layer 2.*alpha"):
        write(program, tmp_path / "net.c", calibration=Calibration(X, truth))
    assert not list(tmp_path.iterdir())
    told = []
    write(program, tmp_path / "net.c", calibration=Calibration(X, truth), most_lost=50, tell=told.append)
    assert re.search(r"most of it comes in layer 2, which alone takes them [\d.]+ apart", "\n".join(told))
    write(program, tmp_path / "net.c", calibration=Calibration(X))  # nobody knows what is true
    with pytest.raises(InputError, match="most_lost is about whole numbers of eight bits"):
        write(program, tmp_path / "net.c", most_lost=2)


def test_numbers_that_eight_bits_spoil_are_refused_by_what_they_explain(tmp_path):
    program, X, _ = cancelling(400.0)
    program = plain_program(program.network, [np.concatenate([b.ravel() for pair in (
        (layer.weights, layer.biases) for layer in program.members[0]) for b in pair])])  # fmt: skip
    truth = mean_outputs(program.network, program.members, X)
    with pytest.raises(InputError, match=r"R² of y falls from 100\.00 % to"):
        write(program, tmp_path / "net.c", calibration=Calibration(X, truth))


def test_many_rows_are_taken_evenly(digits):
    program = fitted(digits, epochs=1)
    rows = np.repeat(digits[0], 10, axis=0)
    assert len(rows) > MOST_ROWS
    lines = source_of(program, "m", Calibration(rows, np.repeat(digits[1], 10))).accuracy.lines
    assert f"on {MOST_ROWS:,} calibration rows" in lines[0]


def test_calibration_rows_that_cannot_be_used_are_refused(digits):
    program = fitted(digits, epochs=1)
    with pytest.raises(ShapeError, match=r"calibration rows must be \(n_rows, 64\), not \(3, 5\)"):
        quantised(program, np.zeros((3, 5)))
    with pytest.raises(ShapeError, match="must be"):
        quantised(program, np.zeros((0, 64)))
    rows = digits[0].copy()
    rows[3, 7] = np.nan
    with pytest.raises(NotFiniteError, match=r"row 3 .*place 7"):
        quantised(program, rows)
    with pytest.raises(ShapeError, match="give one for each"):
        source_of(program, "m", Calibration(digits[0], digits[1][:5]))


def test_a_hidden_softmax_is_refused_by_its_layer():
    network = Network.mlp([2, 3, 1], hidden="softmax")
    program = plain_program(network, [network.initial(seed=0).theta])
    with pytest.raises(InputError, match="layer 1 has the activation softmax"):
        quantised(program, np.ones((2, 2)))
