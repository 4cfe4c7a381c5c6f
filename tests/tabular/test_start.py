"""Fine-tuning: training on a table goes on from a network that there is, imported or trained here."""

from dataclasses import replace

import numpy as np
import pytest

from clearprop import Network
from clearprop.cli.app import exit_code
from clearprop.estimators.imported import imported
from clearprop.files.importers.source import SourceLayer, SourceNetwork
from clearprop.job import Job
from clearprop.tabular import TableModel
from clearprop.tabular.start import Start

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(120, 3))
COLOUR = np.array(["red", "green", "blue"])[np.digitize(X[:, 0], [-0.5, 0.5])]


@pytest.fixture
def table(tmp_path):
    lines = ["x1,x2,x3,colour,length"]
    lines += [f"{a},{b},{c},{name},{a - b}" for (a, b, c), name in zip(X.tolist(), COLOUR, strict=True)]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "rows.csv"


def network_of(widths, loss, **more):
    network = Network.mlp(widths, hidden="tanh", loss=loss)
    params = network.initial(seed=0)
    layers = zip(params.W, params.b, network.layers, strict=True)
    source = SourceNetwork("a test", tuple(SourceLayer(W, b, layer.activation) for W, b, layer in layers))
    return imported(source, loss=loss, **more)


@pytest.fixture
def classes(tmp_path):
    path = tmp_path / "classes.clearprop"
    network_of([3, 6, 4, 3], "cross_entropy", classes=["blue", "green", "red"]).save(path, "colour")
    return path


def run(*arguments):
    return exit_code([*map(str, arguments)])


def test_frozen_layers_stay_and_the_others_learn(table, classes, tmp_path, capsys):
    output = tmp_path / "tuned.clearprop"
    asked = (
        "--freeze",
        "1",
        "--layer-rates",
        "1,0.5,1",
        "--epochs",
        30,
        "--learning-rate",
        0.05,
        "--engine",
        "reference",
    )
    assert run("train", table, "--from", classes, *asked, "--output", output) == 0
    said = capsys.readouterr().out
    assert "of its 3 layers 1 stay as they are" in said
    before, after = TableModel.load(classes), TableModel.load(output)
    assert np.allclose(before.parameters.W[1], after.parameters.W[1], atol=1e-6)
    assert not np.allclose(before.parameters.W[2], after.parameters.W[2], atol=1e-3)
    assert [block.rate for block in after.network.blocks] == [0, 0, 0.5, 0.5, 1, 1]
    assert after.target.classes == ("blue", "green", "red")
    assert after.held_out.accuracy > 0.5
    assert run("inspect", output) == 0
    assert "from classes.clearprop" in capsys.readouterr().out
    assert run("evaluate", output, table) == 0


def test_numbers_and_models_trained_here_go_on_too(table, tmp_path):
    path, first, second = tmp_path / "n.clearprop", tmp_path / "1.clearprop", tmp_path / "2.clearprop"
    network_of([3, 6, 1], "half_squared_error").save(path, "length")
    assert run("train", table, "--from", path, "--epochs", 3, "--engine", "reference", "--output", first) == 0
    assert run("train", table, "--from", first, "--epochs", 3, "--engine", "reference", "--output", second) == 0
    assert np.isfinite(TableModel.load(second).held_out.rmse)


REFUSED = {
    "layers 1 … 3": ("--freeze", "4"),
    "must be 3 numbers": ("--layer-rates", "1,1"),
    "nothing would be learned": ("--freeze", "1,2,3"),
    "numbers with commas between them": ("--freeze", "first"),
    "--hidden does not go with --from": ("--hidden", "10"),
    "--folds does not go with --from": ("--folds", "3"),
    "leave --ensemble out": ("--ensemble", "3"),
    "predicts 3 classes": ("--target", "length", "--task", "regression"),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_would_change_the_network_is_refused(said, table, classes, tmp_path, capsys):
    code = run("train", table, "--from", classes, *REFUSED[said], "--output", tmp_path / "o.clearprop")
    assert code != 0
    assert said in capsys.readouterr().err


def test_classes_that_the_network_has_not_are_told(table, classes, tmp_path, capsys):
    table.write_text(table.read_text().replace("blue", "pink"))
    assert run("train", table, "--from", classes, "--output", tmp_path / "o.clearprop") != 0
    assert "is of the class 'pink', which the network to go on from does not have" in capsys.readouterr().err
    assert run("train", table, "--freeze", "1", "--output", tmp_path / "o.clearprop") != 0
    assert "name it, as --from MODEL" in capsys.readouterr().err


def test_what_was_trained_without_dropout_goes_on_without(table, classes, tmp_path):
    model = TableModel.load(classes)
    assert Start(model, model.network).dropout == ()
    dropped = replace(model, jobs=(Job(model.network, dropout=(0.0, 0.2, 0.1)),))
    assert Start(dropped, model.network).dropout == (0.0, 0.2, 0.1)
    assert run("train", table, "--from", classes, "--output", tmp_path / "more.clearprop", "--epochs", 2) == 0
    assert not any(TableModel.load(tmp_path / "more.clearprop").jobs[0].dropout)


def test_a_model_of_a_logarithm_goes_on_with_it(tmp_path, capsys):
    rows = tmp_path / "rows.csv"
    rows.write_text("x,y\n" + "".join(f"{k / 10},{np.exp(k / 20)}\n" for k in range(100)))
    first, output = tmp_path / "first.clearprop", tmp_path / "tuned.clearprop"
    assert run("train", rows, "--target", "y", "--log-target", "--epochs", 3, "--output", first) == 0
    assert run("train", rows, "--from", first, "--epochs", 2, "--output", output) == 0
    assert TableModel.load(output).target.log
    capsys.readouterr()
    assert run("train", rows, "--from", first, "--log-target", "--output", tmp_path / "no.clearprop") == 2
    assert "--log-target does not go with --from" in " ".join(capsys.readouterr().err.split())
