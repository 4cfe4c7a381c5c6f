"""What is exported of a network that took an array takes an array, whatever scales its numbers first."""

import runpy
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from clearprop import from_onnx, from_sklearn
from clearprop.estimators.exporting import program_of
from compiled_c import Compiled, needs_gcc, self_tested
from run_in_node import needs_node, run


@cache
def scaled():
    """A network behind two scalers that was fitted to an array, rows of it, and what it says of them."""
    X, y = load_wine(return_X_y=True)
    theirs = make_pipeline(StandardScaler(), MinMaxScaler(clip=True), MLPClassifier((6,), max_iter=60, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(X, y)
    return from_sklearn(theirs), X, theirs.predict_proba(X)


def test_python_and_onnx_take_the_array(tmp_path):
    ours, X, expected = scaled()
    ours.export(tmp_path / "wine.py")
    wine = runpy.run_path(str(tmp_path / "wine.py"))
    assert np.abs(wine["predict_proba"](X) - expected).max() < 1e-12
    with pytest.raises(ValueError, match="rows of 13 numbers are expected"):
        wine["predict"](X[:, :5])
    ours.export(tmp_path / "wine.onnx")
    back = from_onnx(tmp_path / "wine.onnx", loss="cross_entropy")
    assert np.abs(back.outputs(X) - expected).max() < 1e-12
    assert back.source.feature_names is None
    assert all(np.array_equal(W, V) for W, V in zip(back.parameters.W, ours.parameters.W, strict=True))


@needs_node
def test_javascript_takes_the_array(tmp_path):
    ours, X, expected = scaled()
    program = program_of(ours)
    assert (
        np.abs(np.array(run(tmp_path, program, "say(m.predictProba(rows));", rows=X.tolist())) - expected).max() < 1e-12
    )
    assert run(tmp_path, program, "say(m.predict(rows[0]));", rows=X.tolist()) == int(expected[0].argmax())


@needs_gcc
def test_c_takes_the_array_in_double(tmp_path):
    ours, X, expected = scaled()
    chosen, found = Compiled(program_of(ours), tmp_path).predict([{"x": X}])
    assert np.abs(found - expected).max() < 2e-6
    np.testing.assert_array_equal(chosen, expected.argmax(axis=1))
    assert "int model_predict(const double row[13], float probabilities[3]);" in (tmp_path / "model.h").read_text()
    assert "0 wrong classes" in self_tested(program_of(ours), tmp_path)
    assert "0 wrong classes" in self_tested(program_of(ours), tmp_path, calibration=ours.inputs(X))


def test_names_of_columns_stay_where_the_source_had_them_or_may_lack_a_value():
    X, y = load_wine(return_X_y=True, as_frame=True)
    network = MLPClassifier((3,), solver="lbfgs", max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        named = from_sklearn(make_pipeline(StandardScaler(), network).fit(X, y))
        filled = from_sklearn(make_pipeline(SimpleImputer(), network).fit(X.to_numpy(), y))
    assert isinstance(X, pd.DataFrame)
    assert [column.name for column in program_of(named).columns] == list(X)
    assert len(program_of(filled).columns) == 13
