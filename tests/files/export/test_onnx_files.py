"""ONNX files of programs, as our own reader has them; tests/frameworks runs them in ONNX Runtime."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clearprop import Network, TabularRegressor, from_onnx
from clearprop.errors import InputError
from clearprop.files.export.onnx import bytes_of, temperature_of, write
from clearprop.files.export.program import A, Answer, Column, Program, members_of, numbers, plain_program
from clearprop.files.importers.onnx import read
from clearprop.formulas import ACTIVATIONS, Activation, Symbol, cos, exp, sin
from clearprop.tabular import TableModel
from clearprop.tabular.calibration import at_temperature
from imported_tables import FRAME, SORT, STRANGE, strict, with_strange

EVERY = [name for name, cls in ACTIVATIONS.items() if name == cls.name]


class Wave(Activation):
    """An activation of a user's own that no library has."""

    steepness: float = 2.0

    def value(z, steepness):
        return sin(z) + cos(steepness * z) * exp(-(z**2))


@pytest.mark.parametrize("name", EVERY)
def test_networks_come_back_to_the_bit(name, tmp_path):
    net = Network.mlp([3, 5, 2], hidden=name)
    z = np.linspace(-9, 9, 60).reshape(20, 3)
    for dtype, bound in (("float32", 2e-6), ("float64", 1e-11)):
        params = net.initial(seed=2, dtype=dtype)
        write(plain_program(net, [params.theta]), tmp_path / "net.onnx")
        back = from_onnx(tmp_path / "net.onnx", loss="half_squared_error")
        assert np.array_equal(back.parameters.theta, params.theta)
        assert back.parameters.theta.dtype == dtype
        ours, theirs = (n.layers[0].activation.forward(z) for n in (net, back.network))
        assert np.abs(ours - theirs).max() <= bound * max(1, np.abs(ours).max())


def test_a_formula_of_ones_own_comes_back_as_its_tree(tmp_path):
    net = Network.mlp([3, 5, 2], hidden=Wave())
    params = net.initial(seed=2)
    write(plain_program(net, [params.theta]), tmp_path / "net.onnx")
    back = read(tmp_path / "net.onnx").layers[0].activation
    z = np.linspace(-9, 9, 101)
    assert np.abs(back.forward(z) - Wave().forward(z)).max() < 1e-11


def test_classes_come_back_with_their_names(tmp_path):
    for widths, loss in (([3, 4, 3], "cross_entropy"), ([3, 4, 1], "binary_cross_entropy")):
        net = Network.mlp(widths, loss=loss)
        params = net.initial(seed=0, dtype="float32")
        labels = ("yes", "no", "perhaps")[: max(2, widths[-1])]
        write(plain_program(net, [params.theta], answer=Answer("class", ("y",), labels)), tmp_path / "net.onnx")
        back = from_onnx(tmp_path / "net.onnx", loss=loss)
        assert back.source.classes == labels
        assert np.array_equal(back.parameters.theta, params.theta)


def test_what_a_file_cannot_hold_is_refused(tmp_path):
    net = Network.mlp([2, 1])
    thetas = [net.initial(seed=0).theta]
    with pytest.raises(InputError, match="dtype must be float32 or float64, not 'int8'"):
        bytes_of(plain_program(net, thetas), "int8")
    x = Symbol("x")
    twice = (Column("a", "number", (x,)), Column("a", "number", (x,)))
    program = Program("net", "clearprop", twice, members_of(net, thetas), numbers(1), net)
    with pytest.raises(InputError, match="needs a name for each column, and no name twice"):
        write(program, tmp_path / "net.onnx")
    assert not Path(tmp_path / "net.onnx").exists()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_read_from_its_formula(temperature):
    answer = Answer("class", ("y",), ("a", "b"), row=at_temperature(A, temperature))
    assert temperature_of(answer) == pytest.approx(temperature, rel=1e-12)


def test_no_word_of_the_machine_is_in_a_file():
    net = Network.mlp([2, 3, 1])
    content = bytes_of(plain_program(net, [net.initial(seed=0).theta]))
    assert content == bytes_of(plain_program(net, [net.initial(seed=0).theta]))
    for word in (str(Path.cwd()).encode(), str(Path.home()).encode(), b".py"):
        assert word not in content


def test_a_table_comes_back_whole_with_what_it_refuses(tmp_path):
    theirs, ours = strict()
    ours.export(tmp_path / "net.onnx")
    back = from_onnx(tmp_path / "net.onnx", loss="cross_entropy")
    assert back.source.classes == ("a", "b", "c")
    filled = FRAME.assign(colour=FRAME.colour.where(FRAME.index % 5 > 0, None))
    for rows in (FRAME, filled, FRAME.assign(colour="green")):
        assert np.abs(back.outputs(rows) - theirs.predict_proba(rows)).max() < 1e-12
    for column in STRANGE:
        with pytest.raises(InputError, match=rf"column '{column}' holds .*{STRANGE[column]}"):
            back.outputs(with_strange(column))
    assert back.check_gradient(FRAME, SORT).passed
    back.save(tmp_path / "net.clearprop", "sort")
    model = TableModel.load(tmp_path / "net.clearprop")
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    assert np.abs(model.predict(table).probabilities - theirs.predict_proba(FRAME)).max() < 1e-12
    model.export(tmp_path / "again.onnx")
    again = from_onnx(tmp_path / "again.onnx", loss="cross_entropy")
    assert np.abs(again.outputs(FRAME) - theirs.predict_proba(FRAME)).max() < 1e-12


def test_a_table_of_our_own_comes_back_whole(tmp_path):
    random = np.random.default_rng(1)
    frame = pd.DataFrame({
        "size": np.where(random.random(300) < 0.1, np.nan, random.uniform(20, 120, 300)),
        "heating": random.choice(["gas", "oil", "wood"], 300),
        "balcony": random.random(300) < 0.5,
    })  # fmt: skip
    rent = np.exp(5 + 0.01 * np.nan_to_num(frame["size"], nan=60.0) + 0.1 * frame["balcony"])
    model = TabularRegressor(log_target=True, ensemble=1, max_iter=60, hidden_layer_sizes=(6,), random_state=0)
    model.fit(frame, rent)
    model.export(tmp_path / "rent.onnx")
    back = from_onnx(tmp_path / "rent.onnx", loss="half_squared_error")
    texts = frame.assign(balcony=frame["balcony"].map({True: "true", False: "no"}))
    assert np.abs(back.outputs(texts)[:, 0] / model.predict(frame) - 1).max() < 1e-5
