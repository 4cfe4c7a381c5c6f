"""A model as one file of Python: it predicts what the model does, with NumPy alone."""

import ast
import datetime
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPClassifier as SklearnClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from clearprop import Activation, Network, from_sklearn
from clearprop.errors import InputError
from clearprop.estimators.exporting import program_of
from clearprop.files.export import python_values as values
from clearprop.files.export import write
from clearprop.files.export.program import plain_program
from clearprop.files.export.python import text_of
from clearprop.formulas import ACTIVATIONS, erf
from clearprop.tables import spelling
from evaluated_programs import answered
from exported_models import MODELS, TEN_THOUSAND, exported
from imported_tables import FRAME, STRANGE, strict, with_strange

ALONE = {"base64", "collections", "datetime", "math", "numpy", "re", "typing", "unicodedata", "__future__"}


def made(program):
    """The names of the exported file."""
    names = {}
    exec(compile(text_of(program), "exported.py", "exec"), names)
    return names


@pytest.mark.parametrize("name", TEN_THOUSAND)
def test_ten_thousand_rows_of_five_models(name):
    model = exported(name)
    file = made(model.program)
    says = file["predict_proba" if "predict_proba" in file else "predict"](model.rows)
    says = says if says.ndim == 2 else says[:, None]
    more = [file["predict_quantiles"](model.rows)] if "predict_quantiles" in file else []
    model.check(np.concatenate([says, *more], axis=1), "Python")


@pytest.mark.parametrize("name", MODELS)
def test_only_numpy_is_imported_and_the_file_is_the_same_twice(name):
    text = text_of(MODELS[name]().program)
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in found}
    assert {module.split(".")[0] for module in modules} <= ALONE
    assert text == text_of(MODELS[name]().program)


def test_the_file_runs_by_itself(tmp_path):
    exported = MODELS["own"]()
    write(exported.program, tmp_path / "pets.py", "python")
    asked = "import pets; print(pets.predict({'weight': [4.0, 480], 'says': [None, 'moo']}).tolist())"
    found = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout == "['cat', 'cow']\n"


@pytest.mark.parametrize("name", [name for name, cls in ACTIVATIONS.items() if name == cls.name])
def test_every_activation(name):
    net = Network.mlp([3, 5, 4, 2], hidden=[name, "tanh"])
    program = plain_program(net, [net.initial(seed).theta for seed in (0, 1)])
    X = np.random.default_rng(0).normal(0, 3, (20, 3))
    np.testing.assert_allclose(made(program)["predict"](X), answered(program, X), rtol=1e-12)


def test_two_activations_of_one_name_and_names_that_are_taken():
    class Predict(Activation):
        def value(z):
            return z * erf(z)

    net = Network.mlp(
        [2, 3, 3, 1], hidden=[Predict(), Network.mlp([1, 1, 1], hidden="leaky_relu").layers[0].activation]
    )
    program = plain_program(net, [net.initial(0).theta])
    X = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_allclose(made(program)["predict"](X), answered(program, X)[:, 0], rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"weight": "heavy", "says": "moo"}, "column 'weight' holds 'heavy' in row 1: a number is expected"),
        ([{"weight": 1.0}], "row 1 has no 'says'"),
        ({"weight": [1.0, 2.0]}, "there is no column 'says'"),
        ({"weight": [1.0, 2.0], "says": ["moo"]}, "not of one length"),
        ({"weight": [1.0, np.inf], "says": ["moo", None]}, "row 2: more than can be computed with"),
        ({"weight": [1.0, "1_000"], "says": ["moo", None]}, "row 2: a number is expected"),
        ({"weight": [datetime.date(2020, 1, 1)], "says": ["moo"]}, "row 1: a number is expected"),
    ],
)
def test_bad_rows_get_a_sentence(rows, says):
    with pytest.raises(ValueError, match=says):
        made(MODELS["own"]().program)["predict"](rows)


def test_bad_rows_of_numbers_get_a_sentence():
    predict = made(MODELS["digits"]().program)["predict"]
    with pytest.raises(ValueError, match="rows of 64 numbers are expected, not an array of shape"):
        predict(np.zeros((2, 63)))
    with pytest.raises(ValueError, match="row 2 holds NaN"):
        predict(np.where(np.arange(128).reshape(2, 64) == 70, np.nan, 0))


def test_what_a_medium_does_not_know_is_refused_by_name(tmp_path):
    program = MODELS["digits"]().program
    with pytest.raises(InputError, match="the medium python cannot be asked for 'opset'"):
        write(program, tmp_path / "a.py", "python", opset=20)
    with pytest.raises(InputError, match=r"there is no medium 'pyton'; did you mean 'python'"):
        write(program, tmp_path / "a.py", "pyton")
    with pytest.raises(InputError, match=r"the ending of 'a\.txt' says no medium"):
        MODELS["digits"]().model.export(tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def test_no_rows_give_no_answers():
    assert made(MODELS["digits"]().program)["predict"](np.zeros((0, 64))).shape == (0,)
    assert len(made(MODELS["diamonds"]().program)["predict"](MODELS["diamonds"]().rows[:0])) == 0


@given(st.text(max_size=12) | st.floats(-1e20, 1e20).map(str) | st.integers().map(str) | st.sampled_from(
    ["1.10", "3.0", "1e-05", "0.00001", "-0.0", "TRUE", " red ", "01", "1e16", "1.5e+300", "é", "e\u0301"]
))  # fmt: skip
def test_texts_are_spelled_as_the_encoder_spells_them(text):
    if (
        not spelling._MOMENT.fullmatch(text)
        and not spelling._TIME.fullmatch(text)
        and not spelling._LENGTH.fullmatch(text)
    ):
        assert values.text_of(text) == spelling.spelled(text)


@given(st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.dates())
def test_values_are_spelled_as_the_encoder_spells_them(value):
    assert values.text_of(value) == spelling.of_object(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", 86400), ("1970-01-01T00:01", 60), ("1970-01-01 00:00:01.5Z", 1.5), ("0001-01-01", -62135596800),
        ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T22:30-0130", 0), ("1970-01-01T00:00:00,25 UTC", 0.25),
        (datetime.date(1970, 1, 2), 86400), (datetime.datetime(1970, 1, 1, 0, 1), 60), (90, 90),
        (np.datetime64("1970-01-01T00:00:02"), 2), (pd.Timestamp("1970-01-01 00:00:03"), 3),
    ],
)  # fmt: skip
def test_dates(text, seconds):
    assert values.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["2001-02-30", "2001-2-3", "01.02.2001", "today", "2001-01-01T25:00", "0000-01-01"])
def test_no_dates(text):
    with pytest.raises(ValueError, match="a date is expected, as 2025-12-31"):
        values.seconds_of(text)


@pytest.mark.parametrize(
    ("text", "notation", "number"),
    [
        ("1,234.5", {"thousands": ","}, 1234.5), ("1.234,5 €", {"decimal": ",", "thousands": ".", "unit": "€"}, 1234.5),
        ("12.5", {"decimal": ",", "thousands": "."}, 12.5), ("7%", {"unit": "%"}, 0.07), ("\u22123", {}, -3.0),
        ("1 234", {"thousands": " "}, 1234.0), (" 1e3 ", {}, 1000.0), (True, {}, 1.0), ("5", {"unit": "€"}, 5.0),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, notation, number):
    assert values.number_of(text, **notation) == number


def test_steps_before_an_imported_network_come_along_in_the_order_of_their_columns():
    rows = pd.DataFrame({"a": [1.0, 2.0, 4.0, 8.0] * 5, "b": ["u", "v", "w", "v"] * 5, "c": [0.5, -1.0, 2.0, 0.0] * 5})
    steps = make_column_transformer((OneHotEncoder(), ["b"]), (StandardScaler(), ["c", "a"]))
    theirs = make_pipeline(steps, SklearnClassifier((4,), max_iter=3000, random_state=0)).fit(rows, [0, 1, 1, 0] * 5)
    ours = from_sklearn(theirs, rows=rows)
    file = made(program_of(ours))
    np.testing.assert_allclose(file["predict_proba"](rows), theirs.predict_proba(rows), rtol=1e-9)
    with pytest.raises(ValueError, match="column 'a' is missing in row 2"):
        file["predict"]([{"a": 1, "b": "u", "c": 0}, {"a": None, "b": "u", "c": 0}])


@pytest.mark.parametrize("column", STRANGE)
@pytest.mark.parametrize("as_table", [False, True])
def test_what_the_source_of_a_network_refuses_is_refused(column, as_table):
    theirs, ours = strict()
    file = made(program_of(ours.table_model("sort") if as_table else ours))
    assert np.abs(file["predict_proba"](FRAME) - theirs.predict_proba(FRAME)).max() < 1e-12
    assert (file["predict"](FRAME.assign(colour="green")) == theirs.predict(FRAME.assign(colour="green"))).all()
    with pytest.raises(ValueError, match=f"column '{column}' holds .*{STRANGE[column]}.* in row 2, which training did"):
        file["predict"](with_strange(column))
