"""Waves of numbers in models of tables: the layer, its file, a search, going on, exports and explanations."""

import importlib.util

import numpy as np
import pandas as pd
import pytest

from clearprop import TabularClassifier, TabularRegressor
from clearprop.errors import InputError
from clearprop.estimators.exporting import program_of
from clearprop.network import Dense, NumberEmbedding
from clearprop.tabular import TableSettings, recipe
from clearprop.tabular.exporting import export
from clearprop.tabular.model import TableModel
from compiled_c import SANITIZED, needs_gcc, self_tested

RANDOM = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "size": RANDOM.uniform(20, 120, 150),
        "kind": RANDOM.choice(["a", "b", "c"], 150),
        "built": pd.Timestamp("2000-01-01") + pd.to_timedelta(RANDOM.integers(0, 9000, 150), "D"),
    }
)
Y = 8 * X["size"] + 100 * np.sin(X["size"]) + 50 * (X["kind"] == "b")
pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying the mean")
SHORT = {"max_iter": 3, "random_state": 0, "hidden_layer_sizes": (5,), "engine": "reference"}


@pytest.fixture(scope="module")
def fitted():
    return TabularRegressor(waves=3, ensemble=2, quantiles=(0.1, 0.9), **SHORT).fit(X, Y)


def test_the_first_layer_embeds_numbers_and_moments(fitted):
    first, *rest = fitted.model_.network.layers
    names = fitted.model_.encoder.names
    assert isinstance(first, NumberEmbedding)
    assert [names[i] for i in first.columns] == ["size", "built"]
    assert (first.waves, first.outputs) == (3, len(names) + 6)
    assert all(isinstance(layer, Dense) for layer in rest)
    assert fitted.model_.job(0).dropout == (0.0, 0.0, 0.15)  # none of waves


def test_by_default_there_are_none():
    network = recipe.network(4, 1, "half_squared_error", TableSettings(), (0, 1))
    assert all(isinstance(layer, Dense) for layer in network.layers)


def test_it_is_saved_and_loaded(fitted, tmp_path):
    fitted.model_.save(tmp_path / "model.clearprop")
    again = TableModel.load(tmp_path / "model.clearprop")
    assert again.network == fitted.model_.network
    assert (again.thetas == fitted.model_.thetas).all()


def test_a_fit_goes_on_from_a_checkpoint_to_the_same_bits(tmp_path):
    settings = {**SHORT, "waves": 4, "ensemble": 1}
    whole = TabularRegressor(**settings).fit(X, Y)
    kept = {"checkpoint": tmp_path, "checkpoint_seconds": 0}
    TabularRegressor(**settings).fit(X, Y, **kept)
    again = TabularRegressor(**settings).fit(X, Y, **kept, resume=True)
    assert (again.model_.thetas == whole.model_.thetas).all()


def test_it_is_exported_with_its_quantiles(fitted, tmp_path):
    export(fitted.model_, tmp_path / "model.py")
    spec = importlib.util.spec_from_file_location("model", tmp_path / "model.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    row = {"size": X["size"][4], "kind": X["kind"][4], "built": str(X["built"][4])}
    np.testing.assert_allclose(made.predict(row), fitted.predict(X.iloc[4:5]), rtol=1e-5)
    np.testing.assert_allclose(made.predict_quantiles(row), fitted.predict_quantiles(X.iloc[4:5]), rtol=1e-5)


@needs_gcc
def test_exported_c_answers_as_it_does(fitted, tmp_path):
    assert self_tested(program_of(fitted.model_), tmp_path, SANITIZED).startswith("model: 32 rows, greatest error")


def test_javascript_refuses_in_a_sentence(fitted, tmp_path):
    with pytest.raises(InputError, match=r"does not do so with an embedding of numbers \(NumberEmbedding\)"):
        export(fitted.model_, tmp_path / "model.js")


def test_it_is_explained(fitted):
    text = fitted.explain(X.iloc[:1], Y.iloc[0]).explained().text()
    assert "This layer embeds numbers" in text
    assert "= cos(f¹₆·x" in text
    assert "frequencies of the waves that embed" in text


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="no column holds numbers or dates that could be embedded"):
        TabularClassifier(waves=2, **SHORT).fit(X[["kind"]], X["kind"])
    with pytest.raises(InputError, match="waves must be None or a whole number of at least 0"):
        TabularRegressor(waves=-1, **SHORT).fit(X, Y)
    with pytest.raises(InputError, match="--waves does not go with --from"):
        TableSettings(start="model.clearprop", waves=4)
