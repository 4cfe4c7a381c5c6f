"""Every door once, quickly: what `make test-versions` runs with the oldest and the newest libraries and Pythons.

What each door does in full is tested elsewhere. Here it is opened, so that a library that behaves otherwise is seen.
"""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from clearprop import (
    MLPClassifier,
    MLPRegressor,
    Network,
    TabularClassifier,
    TabularRegressor,
    backward,
    check_gradient,
    forward,
    load,
    save,
    train,
)
from clearprop.cli.app import exit_code
from clearprop.explain import case
from clearprop.formulas import Activation, exp
from sample_tables import flats, pets, write

QUICK = ["--hidden", "4", "--epochs", "3", "--ensemble", "2"]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:No better than")


class Bump(Activation):
    def value(z):
        return exp(-(z**2))


@pytest.fixture
def model(tmp_path, capfd):
    write(tmp_path / "pets.csv", pets())
    target = ["--target", "kind", "--output", str(tmp_path / "m.clearprop")]
    assert exit_code(["train", str(tmp_path / "pets.csv"), *target, *QUICK]) == 0
    assert "Saved" in capfd.readouterr().out
    return tmp_path / "m.clearprop"


def test_the_commands_of_a_table(model, tmp_path, capfd):
    pyarrow.parquet.write_table(pets(20), tmp_path / "new.parquet")
    for command, file in (("predict", "new.parquet"), ("evaluate", "pets.csv"), ("inspect", None)):
        files = [str(model), *([str(tmp_path / file)] if file else [])]
        assert exit_code([command, *files]) == 0
        assert "predicted_kind" in capfd.readouterr().out or command != "predict"
        assert exit_code([command, *files, "--json"]) == 0
        assert json.loads(capfd.readouterr().out)
    for ending in ("csv", "parquet"):
        output = tmp_path / f"p.{ending}"
        assert exit_code(["predict", str(model), str(tmp_path / "new.parquet"), "--output", str(output)]) == 0
        assert output.stat().st_size > 100


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["check", "--help"]])
def test_help(arguments, capfd):
    assert exit_code(arguments) == 0
    assert capfd.readouterr().out


def test_wrong_usage_is_said(capfd):
    assert exit_code(["trian"]) == 2
    assert "train" in capfd.readouterr().err


@pytest.mark.parametrize("format", ["text", "markdown", "latex", "html", "json", "svg"])
def test_an_explanation_in_every_medium(format, capfd):
    assert exit_code(["explain", "--case", "case_study", "--format", format, "--section", "forward"]) == 0
    assert len(capfd.readouterr().out) > 300


def test_an_exercise_and_a_check(tmp_path, capfd):
    assert exit_code(["exercise", "--case", "mazur", "--output", str(tmp_path / "sheet.md")]) == 0
    assert exit_code(["check", str(tmp_path / "sheet-key.md")]) == 0
    assert exit_code(["check", str(tmp_path / "sheet.md")]) != 0
    assert case("mazur").trace()["loss"].value > 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_both_engines_in_both_precisions(engine, dtype):
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier((8,), max_iter=60, learning_rate_init=0.05, random_state=0, engine=engine).fit(
        X.astype(dtype), y
    )
    assert model.engine_ == engine
    assert model.score(X.astype(dtype), y) > 0.8


def test_a_formula_of_ones_own_is_compiled():
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier((8,), activation=Bump(), max_iter=5, random_state=0, engine="compiled").fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_every_solver(solver):
    X, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    model = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), solver=solver, max_iter=60, random_state=0)
    )
    assert np.isfinite(cross_val_score(model, X, y, cv=3)).all()


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_of_every_library(library):
    columns = {name: flats(80)[name].to_pylist() for name in ("size", "district", "balcony")}
    y = flats(80)["rent"].to_numpy()
    options = {"hidden_layer_sizes": 4, "max_iter": 3, "ensemble": 1, "random_state": 0}
    model = TabularRegressor(**options, quantiles=(0.1, 0.9)).fit(library(columns), y)
    assert np.isfinite(model.predict(library(columns))).all()
    classes = TabularClassifier(**options).fit(library(columns), np.where(y > np.median(y), "dear", "cheap"))
    assert set(classes.predict(library(columns))) <= {"dear", "cheap"}


def test_a_network_its_gradient_its_training_and_its_file(tmp_path):
    network = Network.mlp([2, 3, 1], hidden="tanh")
    parameters = network.initial(seed=0)
    X, Y = np.array([[0.5, 0.3], [0.1, -0.2]]), np.array([[0.8], [0.1]])
    assert backward(network, parameters, forward(network, parameters, X), Y).delta[2].shape == (2, 1)
    assert check_gradient(network, parameters, X, Y).passed
    trained = train(network, parameters, X, Y, epochs=3)
    save(tmp_path / "m", network, trained.parameters)
    np.testing.assert_array_equal(load(tmp_path / "m").parameters.theta, trained.parameters.theta)


def test_the_files_of_estimators(tmp_path):
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier((4,), max_iter=3, random_state=0).fit(X, y)
    model.save(tmp_path / "m")
    np.testing.assert_array_equal(MLPClassifier.load(tmp_path / "m").predict_proba(X), model.predict_proba(X))
