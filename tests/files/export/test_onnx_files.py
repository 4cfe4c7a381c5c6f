"""ONNX files of programs, as our own reader has them; tests/frameworks runs them in ONNX Runtime."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clearprop import Network, TabularClassifier, TabularRegressor, from_onnx
from clearprop.errors import InputError
from clearprop.files.export.onnx import bytes_of, temperature_of, write
from clearprop.files.export.program import A, Answer, Column, Program, members_of, numbers, plain_program
from clearprop.files.importers.onnx import read
from clearprop.formulas import ACTIVATIONS, Activation, Symbol, cos, exp, sin
from clearprop.tabular import TableModel
from clearprop.tabular.calibration import at_temperature
from imported_tables import FRAME, SORT, STRANGE, strict, with_strange
from onnx_made import model, node
from onnx_made import write as hand

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


@cache
def ensembles():
    """Tables that three networks were trained on: a logarithm, several numbers, classes at a temperature."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame({
        "size": np.where(random.random(300) < 0.1, np.nan, random.uniform(20, 120, 300)),
        "heating": random.choice(["gas", "oil", "wood"], 300),
    })  # fmt: skip
    rent = np.exp(5 + 0.01 * np.nan_to_num(frame["size"], nan=60.0) + 0.1 * (frame["heating"] == "oil"))
    given = {"ensemble": 3, "max_iter": 60, "hidden_layer_sizes": (6, 4), "random_state": 0}
    both = pd.DataFrame({"rent": rent, "tax": 0.1 * rent + random.normal(0, 3, 300)})
    kind = np.where(rent > 250, "dear", np.where(rent > 180, "fair", "cheap"))
    models = {
        "logarithm": TabularRegressor(log_target=True, **given).fit(frame, rent),
        "several": TabularRegressor(**given).fit(frame, both),
        "classes": TabularClassifier(probabilities=True, **given).fit(frame, kind),
    }
    return frame, models


@pytest.mark.parametrize(("name", "target"), [("logarithm", "rent"), ("several", ["rent", "tax"]), ("classes", "kind")])
def test_an_ensemble_comes_back_to_the_bit_and_is_saved_and_exported(name, target, tmp_path):
    frame, models = ensembles()
    model = models[name]
    expected = model.predict_proba(frame) if name == "classes" else model.predict(frame).reshape(len(frame), -1)
    for turn in ("once", "again"):
        model.export(tmp_path / f"{turn}.onnx")
        back = from_onnx(tmp_path / f"{turn}.onnx", loss="cross_entropy" if name == "classes" else "half_squared_error")
        assert len(back.members) == 3
        assert "the outputs of 3 networks are averaged" in back.report
        for member, theta in zip(back.members, models[name].model_.thetas, strict=True):
            assert np.array_equal(member.parameters.theta, theta)
        assert np.abs(back.outputs(frame) / expected - 1).max() < 2e-6
        back.save(tmp_path / "net.clearprop", target)
        kept = TableModel.load(tmp_path / "net.clearprop")
        assert np.array_equal(kept.thetas, models[name].model_.thetas)
        assert kept.temperature == pytest.approx(models[name].model_.temperature, rel=1e-9)
        found = kept.predict(pa.Table.from_pandas(frame, preserve_index=False))
        found = found.probabilities if name == "classes" else found.values.reshape(len(frame), -1)
        assert np.abs(found / expected - 1).max() < 2e-6
        model = back
    with pytest.raises(AttributeError, match="the mean of 3 networks has no 'check_gradient'; each of its `members`"):
        back.check_gradient()


def _joined(last, *more):
    """Two networks of one form, and what is made of them."""
    random = np.random.default_rng(0)
    arrays = {name: random.normal(size=(3, 4) if name < "C" else (4, 2)) for name in "ABCD"}
    arrays |= {"two": np.array(2.0), "F": random.normal(size=(3, 2)), "E": random.normal(size=(2, 1))}
    nodes = [node("MatMul", "x A", "p"), node("MatMul", "x B", "q"), node("Tanh", "p", "r"), node("Tanh", "q", "s")]
    nodes += [node("MatMul", "r C", "t"), node("MatMul", "s D", "u"), *last, *more]
    return model(nodes, arrays)


def test_only_a_mean_of_networks_beside_each_other_is_an_ensemble(tmp_path):
    mean = [node("Mean", "t u", "y")]
    back = from_onnx(hand(tmp_path / "m.onnx", _joined(mean)), loss="half_squared_error")
    assert len(back.members) == 2
    rows = np.random.default_rng(1).normal(size=(5, 3))
    assert np.allclose(back.outputs(rows), sum(each.outputs(rows) for each in back.members) / 2, rtol=1e-12)
    for last, said in (
        ([node("Add", "t u", "y")], "the output 'y' is made of the outputs of 2 networks, and is not a"),
        ([node("Mul", "t u", "v"), node("Div", "v two", "y")], "not a function of their mean"),
        ([node("Tanh", "t", "v"), node("Add", "v u", "w"), node("Div", "w two", "y")], "not a function of"),
        ([node("Mean", "t u", "v"), node("MatMul", "v E", "y")], "goes on with what several branches make"),
        (
            [node("MatMul", "x F", "v"), node("Add", "v t", "y")],
            "has branches or a connection",
        ),
        ([node("Add", "r s", "v"), node("MatMul", "v C", "w"), node("Add", "w t", "y")], "goes on with what several"),
    ):
        with pytest.raises(InputError, match=said):
            from_onnx(hand(tmp_path / "m.onnx", _joined(last)), loss="half_squared_error")
