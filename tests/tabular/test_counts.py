"""The Poisson loss for tables: counts and other amounts of at least 0, from the target to the command line."""

import importlib.util
import json

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from sklearn.metrics import mean_poisson_deviance

from clearprop import MLPRegressor, TabularRegressor
from clearprop.cli.app import exit_code
from clearprop.errors import InputError, ModelFileError, TableError
from clearprop.tables import CountTarget, NumberTarget, Reading, from_frame
from clearprop.tables.several import target_from_json
from clearprop.tabular import TableModel, TableSettings, prepare
from clearprop.tabular.metrics import poisson_deviance

RANDOM = np.random.default_rng(2)
X = pd.DataFrame({"size": RANDOM.uniform(0, 1, 400), "kind": RANDOM.choice(["a", "b"], 400)})
MEAN = np.exp(2 * X["size"] - 1 + (X["kind"] == "b"))
Y = RANDOM.poisson(MEAN).astype(float)
SHORT = {"random_state": 0, "hidden_layer_sizes": (8,), "engine": "reference", "max_iter": 100, "ensemble": 1}
pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying")


@pytest.fixture(scope="module")
def fitted():
    return TabularRegressor(loss="poisson", **SHORT).fit(X, Y)


def test_the_deviance_is_scikit_learns():
    found, weight = np.exp(RANDOM.normal(size=50)), RANDOM.uniform(0, 2, 50)
    for w in (None, weight):
        expected = mean_poisson_deviance(Y[:50], found, sample_weight=w)
        assert poisson_deviance(found, Y[:50], w) == pytest.approx(expected, rel=1e-12)
    assert poisson_deviance(np.array([0.0]), np.array([0.0])) == pytest.approx(0, abs=1e-30)
    assert np.isfinite(poisson_deviance(np.array([0.0]), np.array([3.0])))


def test_means_of_counts_are_learned_and_never_negative(fitted):
    found = fitted.predict(X)
    assert found.min() >= 0
    assert np.corrcoef(found, MEAN)[0, 1] > 0.95
    assert mean_poisson_deviance(MEAN, found) < 0.25 * mean_poisson_deviance(MEAN, np.full(400, Y.mean()))
    assert found.mean() == pytest.approx(Y.mean(), rel=0.1)
    network = fitted.model_.network
    assert (network.loss.name, network.layers[-1].activation.name) == ("poisson", "exp")
    extreme = fitted.predict(pd.DataFrame({"size": [-1e9, 1e9], "kind": ["a", "z"]}))
    assert (extreme >= 0).all()
    assert extreme.max() <= Y.max()


def test_the_best_epoch_is_that_of_the_least_deviance(fitted):
    validated = [epoch.scores["validation_poisson_deviance"] for epoch in fitted.history_]
    assert f"the weights of epoch {int(np.argmin(validated)) + 1}, the best" in fitted.stopping_reason_
    assert all("validation_rmse" in epoch.scores for epoch in fitted.history_)


def test_what_is_learned_does_not_depend_on_the_unit(fitted):
    other = TabularRegressor(loss="poisson", **SHORT).fit(X, 1024 * Y)
    np.testing.assert_allclose(other.predict(X), 1024 * fitted.predict(X), rtol=1e-4)


def test_rates_with_exposures_are_counts():
    exposure = RANDOM.uniform(0.5, 3, 400)
    rate = RANDOM.poisson(MEAN * exposure) / exposure
    found = TabularRegressor(loss="poisson", **SHORT).fit(X, rate, sample_weight=exposure).predict(X)
    assert np.corrcoef(found, MEAN)[0, 1] > 0.9


def test_a_gradient_is_that_of_the_deviance(fitted):
    checked = fitted.explain(X.iloc[:1], Y[0]).explained().text()
    assert "divided by its mean in training" in " ".join(checked.split())


def test_it_is_saved_and_exported(fitted, tmp_path):
    fitted.model_.save(tmp_path / "model.clearprop")
    again = TableModel.load(tmp_path / "model.clearprop")
    assert again.target == fitted.model_.target
    assert isinstance(again.target, CountTarget)
    fitted.model_.export(tmp_path / "model.py")
    spec = importlib.util.spec_from_file_location("model", tmp_path / "model.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    rows = {"size": X["size"][:9].tolist(), "kind": X["kind"][:9].tolist()}
    np.testing.assert_allclose(np.ravel(made.predict(rows)), fitted.predict(X[:9]), rtol=1e-5)
    again.export(tmp_path / "model.c")
    again.export(tmp_path / "model.mjs")


def test_damaged_targets_are_refused():
    whole = CountTarget.of(NumberTarget("y", False, 2.0, 1.0, 0.0, 9.0), 2.0).to_json()
    assert target_from_json(json.loads(json.dumps(whole))).scale == 2.0
    for damage in ({"low": -1.0}, {"centre": 1.0}, {"log": True}, {"scale": 0.0}):
        with pytest.raises(ModelFileError, match="the description of the target is damaged"):
            target_from_json(whole | damage)


def test_what_cannot_be_is_refused_in_sentences():
    reading = Reading(from_frame(X.assign(y=np.where(np.arange(400) == 7, -2.0, Y))))
    with pytest.raises(TableError, match="the target 'y' is -2 in row 8, and the Poisson loss is of counts"):
        prepare(reading, TableSettings(target="y", loss="poisson"))
    with pytest.raises(InputError, match="y is -1 in row 1, and the Poisson loss is of counts"):
        TabularRegressor(loss="poisson", **SHORT).fit(X, Y - 1 - Y[0])
    with pytest.raises(InputError, match="loss='poisson' is of one target"):
        TabularRegressor(loss="poisson", **SHORT).fit(X, np.column_stack([Y, Y]))
    for more in ({"log_target": True}, {"quantiles": (0.5,)}, {"task": "classification"}, {"target": ("a", "b")}):
        with pytest.raises(InputError, match="--loss poisson is of one number, and"):
            TableSettings(loss="poisson", **more)
    with pytest.raises(InputError, match="poisson_deviance is of amounts of at least 0: add --loss poisson"):
        TableSettings(metric="poisson_deviance")
    with pytest.raises(InputError, match="did you mean 'poisson'"):
        TabularRegressor(loss="possion", **SHORT).fit(X, Y)
    with pytest.raises(TableError, match="where a number is expected"):
        prepare(Reading(from_frame(X)), TableSettings(target="kind", loss="squared_error"))


def test_scikit_learns_regressor_has_it_too():
    model = MLPRegressor(hidden_layer_sizes=(8,), loss="poisson", random_state=0, max_iter=50, tol=1.0).fit(
        X[["size"]], Y
    )
    assert model.out_activation_ == "exp"
    assert model.predict(X[["size"]]).min() > 0


@pytest.mark.parametrize("stream", [False, True])
def test_the_command_line_trains_and_scores_it(tmp_path, capsys, stream):
    """Whole numbers of few values too, which are otherwise classes; from the disk as well."""
    pyarrow.parquet.write_table(from_frame(X.assign(visits=Y.astype(int))), tmp_path / "visits.parquet")
    output = tmp_path / "visits.clearprop"
    train = ["train", tmp_path / "visits.parquet", "--target", "visits", "--loss", "poisson", "--epochs", 100]
    train += ["--hidden", "8", "--output", output, "--engine", "reference", *(["--stream"] if stream else [])]
    assert exit_code([*map(str, train)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Poisson deviance of visits" in said
    assert "the loss poisson is of numbers" in said
    model = TableModel.load(output)
    assert model.held_out.poisson_deviance < model.held_out.trivial_poisson_deviance
    assert exit_code(["evaluate", str(output), str(tmp_path / "visits.parquet"), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["scores"]["poisson_deviance"] < scores["scores"]["trivial_poisson_deviance"]
