"""An imported network as a model file: it predicts and explains from tables; files of other kinds are told apart."""

import pickle
import runpy
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from clearprop import from_sklearn
from clearprop.cli.app import exit_code
from clearprop.errors import FileError, InputError, TableError
from clearprop.estimators.exporting import program_of
from clearprop.estimators.imported_files import from_file
from clearprop.tabular import TableModel

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(60, 3))
TABLE = pa.table({f"x{k + 1}": X[:, k] for k in range(3)})
COLOUR = np.array(["red", "green", "blue"])[np.digitize(X[:, 0], [-0.5, 0.5])]
FRAME = pd.DataFrame(
    {
        "age": np.where(np.arange(60) % 7 == 0, np.nan, 40 + 10 * X[:, 0]),
        "town": pd.Series([["Ulm", "Bonn", "NA"][k % 3] for k in range(60)], dtype=object),
    }
)


def fitted(model, rows, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, y)


def classifier(**settings):
    return MLPClassifier(hidden_layer_sizes=(4,), max_iter=8, random_state=0, **settings)


def saved(theirs, path, target=None):
    from_sklearn(theirs).save(path, target)
    return TableModel.load(path)


def test_classes_are_predicted_from_a_table(tmp_path):
    for y in (COLOUR, (X[:, 1] > 0).astype(int), np.array(["yes", "no"])[(X[:, 1] > 0).astype(int)]):
        theirs = fitted(classifier(), X, y)
        found = saved(theirs, tmp_path / "net.clearprop", "colour").predict(TABLE)
        assert np.abs(found.probabilities - theirs.predict_proba(X)).max() < 1e-12
        assert found.values == theirs.predict(X).tolist()


def test_numbers_and_labels_are_predicted_from_a_table(tmp_path):
    theirs = fitted(MLPRegressor(max_iter=8, random_state=0), X, X[:, 0])
    assert np.abs(saved(theirs, tmp_path / "a").predict(TABLE).values - theirs.predict(X)).max() < 1e-12
    theirs = fitted(MLPRegressor(max_iter=8, random_state=0), X, X[:, :2])
    model = saved(theirs, tmp_path / "b", ["width", "height"])
    assert model.target.columns == ("width", "height")
    assert np.abs(model.predict(TABLE).values - theirs.predict(X)).max() < 1e-12
    theirs = fitted(classifier(), X, (X > 0).astype(int))
    model = saved(theirs, tmp_path / "c", ["warm", "wet", "windy"])
    found = model.predict(TABLE)
    assert np.abs(found.probabilities - theirs.predict_proba(X)).max() < 1e-12
    held = np.where(theirs.predict(X), ["warm", "wet", "windy"], "")
    assert found.values == [", ".join(filter(None, row)) for row in held]
    assert program_of(model).answer.labels == ("warm", "wet", "windy")


@pytest.mark.parametrize(("language", "ending"), [("en", "above ½: {}."), ("zh", "{}。")])
def test_labels_are_explained_on_the_command_line(language, ending, tmp_path, capfd):
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] > 9]).astype(int)
    model = saved(fitted(classifier(), X, Y), tmp_path / "m.clearprop", ["red", "green", "blue"])
    table = pd.DataFrame({"x1": X[:, 0], "x2": X[:, 1], "x3": X[:, 2], "red": Y[:, 0], "green": Y[:, 1], "blue": 0})
    table.to_csv(tmp_path / "rows.csv", index=False)
    said = model.predict(TABLE).values
    row = next(k for k, labels in enumerate(said) if labels)
    told = ("explain", str(tmp_path / "m.clearprop"), str(tmp_path / "rows.csv"), "--row", str(row + 1))
    assert exit_code([*told, "--language", language, "--format", "text"]) == 0
    text = capfd.readouterr().out
    assert text.rstrip().endswith(ending.format(said[row]))
    assert all(name in text for name in ("red", "green", "blue"))


def test_labels_are_named_on_the_command_line(tmp_path, capsys):
    theirs = fitted(classifier(), X, (X > 0).astype(int))
    from_sklearn(theirs).save(tmp_path / "net.clearprop", ["warm", "wet", "windy"])
    rows = pd.DataFrame(X, columns=["x1", "x2", "x3"]).assign(warm=X[:, 0] > 0, wet=X[:, 1] > 0, windy=X[:, 2] > 0)
    rows.astype(float).to_csv(tmp_path / "rows.csv", index=False)
    model, table = str(tmp_path / "net.clearprop"), str(tmp_path / "rows.csv")
    assert exit_code(["predict", model, table, "--rows", "3"]) == 0
    said = capsys.readouterr().out
    assert "predicted labels" in said
    assert "p(windy)" in said
    assert exit_code(["predict", model, table, "--output", str(tmp_path / "out.csv")]) == 0
    out = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert list(out) == ["predicted_labels", *(f"probability_{name}" for name in ("warm", "wet", "windy"))]
    assert exit_code(["evaluate", model, table]) == 0
    assert exit_code(["inspect", model]) == 0
    assert "warm, a label" in capsys.readouterr().out
    assert exit_code(["export", model, "--output", str(tmp_path / "net.py")]) == 0
    names = runpy.run_path(str(tmp_path / "net.py"))
    assert names["LABELS"].tolist() == ["warm", "wet", "windy"]
    assert (names["predict"](rows) == theirs.predict(X)).all()


@pytest.fixture
def pipeline():
    steps = ColumnTransformer(
        [
            ("age", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["age"]),
            ("town", OneHotEncoder(), ["town"]),
        ]
    )
    return fitted(Pipeline([("before", steps), ("network", classifier())]), FRAME, COLOUR)


def test_the_steps_of_a_pipeline_are_in_the_file(pipeline, tmp_path):
    model = saved(pipeline, tmp_path / "net.clearprop", "colour")
    table = pa.table({"town": FRAME.town.tolist(), "age": pa.array(FRAME.age, from_pandas=True)})
    with pytest.raises(TableError, match=r"'town': row 1 holds 'Aachen'.*knows 'Bonn', 'NA', 'Ulm'"):
        model.predict(table.set_column(0, "town", pa.array(["Aachen"] * 60)))
    known = np.flatnonzero(FRAME.town != "NA")
    found = model.predict(table.take(known))
    assert np.abs(found.probabilities - pipeline.predict_proba(FRAME.iloc[known])).max() < 1e-12


def test_every_command_takes_the_file(pipeline, tmp_path, capsys):
    path, table = tmp_path / "net.clearprop", tmp_path / "rows.csv"
    from_sklearn(pipeline, rows=FRAME).save(path, "colour")
    FRAME.assign(colour=COLOUR)[FRAME.town != "NA"].to_csv(table, index=False)
    assert exit_code(["predict", str(path), str(table), "--rows", "2"]) == 0
    assert exit_code(["evaluate", str(path), str(table)]) == 0
    assert exit_code(["inspect", str(path)]) == 0
    said = capsys.readouterr().out
    assert "from scikit-learn" in said
    assert "greatest difference" in said
    assert exit_code(["explain", str(path), str(table), "--row", "1"]) == 0
    assert "town: Bonn" in capsys.readouterr().out


def test_targets_must_be_as_many_as_the_outputs(tmp_path):
    theirs = fitted(MLPRegressor(max_iter=8, random_state=0), X, X[:, :2])
    with pytest.raises(InputError, match="target must name 2 different columns"):
        from_sklearn(theirs).save(tmp_path / "a", ["one"])


FILES = {
    "a.pkl": (pickle.dumps([1, 2]), "is a pickle, which runs code"),
    "a.pt": (pickle.dumps([1, 2]), "is a pickle, which runs code"),
    "a.onnx": (b"PK\x03\x04 a zip", "zip archive .of PyTorch or Keras., not ONNX"),
    "b.onnx": (b"\x89HDF\r\n\x1a\n", "HDF5 file .of Keras., not ONNX"),
    "c.onnx": (b"", "is empty"),
    "a.keras": (b"x,y\n1,2\n", "is a text, not a network"),
    "a.xyz": (b"\x00\x01\x02", "has an ending that no importer reads"),
    "a.h5": (b"PAR1....", "is a Parquet table"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_another_kind_are_told_apart(name, tmp_path, capsys):
    content, said = FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=said):
        from_file(tmp_path / name)
    assert exit_code(["import", str(tmp_path / name), "--output", str(tmp_path / "out.clearprop")]) != 0
    assert name in capsys.readouterr().err


def test_a_model_of_clearprop_is_known(tmp_path, capsys):
    from_sklearn(fitted(classifier(), X, COLOUR)).save(tmp_path / "net.clearprop")
    assert exit_code(["import", str(tmp_path / "net.clearprop"), "--output", str(tmp_path / "out.clearprop")]) != 0
    assert "is a model of clearprop already" in capsys.readouterr().err
    assert exit_code(["import", str(tmp_path / "no.onnx"), "--output", str(tmp_path / "out.clearprop")]) != 0


def test_activations_are_asked_for(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="say them, one for each layer, as --layers"):
        from_file(tmp_path / "a.pt")
    (tmp_path / "a.onnx").write_bytes(b"\x08\x0a")
    with pytest.raises(InputError, match="--layers is for files of PyTorch"):
        from_file(tmp_path / "a.onnx", layers=["relu"])
