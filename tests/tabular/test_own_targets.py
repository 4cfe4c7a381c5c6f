"""Means of the target in models of tables: their parts, settings, files, exports, explanations, and what is refused."""

import importlib.util

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from clearprop import TabularClassifier, TabularRegressor
from clearprop.cli.app import exit_code
from clearprop.errors import InputError
from clearprop.tables import Fold, Reading, from_frame
from clearprop.tables.streaming import stored
from clearprop.tables.target_means import TargetMeans
from clearprop.tabular import TableModel, TableSettings, prepare
from clearprop.tabular.own_targets import parts_of
from clearprop.tabular.streamed_preparation import prepare_stream

RANDOM = np.random.default_rng(1)
CODE = RANDOM.integers(0, 60, 600)
EFFECT = RANDOM.normal(size=60)
X = pd.DataFrame({"street": [f"s{k:02}" for k in CODE], "size": RANDOM.uniform(0, 1, 600)})
Y = 3 * EFFECT[CODE] + X["size"].to_numpy() + RANDOM.normal(0, 0.3, 600)
SHORT = {"max_iter": 2, "random_state": 0, "hidden_layer_sizes": (4,), "engine": "reference"}
pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying")


def means_of(encoder):
    return [step.column for step in encoder.steps if isinstance(step, TargetMeans)]


@pytest.fixture(scope="module")
def fitted():
    return TabularRegressor(target_means=50, ensemble=2, **SHORT).fit(X, Y)


def ready_of(settings, frame=X, y=Y):
    return prepare(Reading(from_frame(frame.assign(y=y))), settings)


def test_no_row_has_its_own_target_and_rows_held_out_have_those_of_training():
    settings = TableSettings(target="y", target_means=50, ensemble=4, task="regression", epochs=1)
    ready = ready_of(settings)
    (k,) = (k for k, name in enumerate(ready.encoder.names) if name == "street: mean of y")
    plain = ready.encoder.encode(from_frame(X)).X
    test, train = ready.parts.test, ready.parts.train
    np.testing.assert_array_equal(ready.X[test], plain[test])
    others = np.setdiff1d(np.arange(plain.shape[1]), [k])
    np.testing.assert_array_equal(ready.X[:, others], plain[:, others])
    assert (ready.X[train, k] != plain[train, k]).mean() > 0.99
    moved = Y.copy()
    row = ready.plan.folds[0].validation[0]
    moved[row] += 1e-3
    again = ready_of(settings, y=moved)
    changed = np.abs(again.X[:, k] - ready.X[:, k])
    same_street = np.flatnonzero(CODE[row] == CODE)
    outside = np.setdiff1d(np.intersect1d(same_street, train), ready.plan.folds[0].validation)
    assert changed[row] < changed[outside].min() / 5  # what remains is the common spread


def test_validation_rows_of_each_network_are_a_part_and_the_rest_is_dealt_out():
    rows = np.arange(10, 110)
    folds = [Fold(rows[20:], rows[:20]), Fold(rows[:80], rows[80:])]
    parts = parts_of(rows, folds, seed=3)
    assert sorted(np.concatenate(parts).tolist()) == list(range(100))
    assert [part.tolist() for part in parts[:2]] == [list(range(20)), list(range(80, 100))]
    assert [len(part) for part in parts[2:]] == [12] * 5
    elsewhere = parts_of(rows, [Fold(rows, np.arange(500, 520))], seed=3)  # validated by rows of another file
    assert [len(part) for part in elsewhere] == [20] * 5
    groups = np.arange(110) // 7
    for part in parts_of(rows, [Fold(rows, rows[:0])], 3, groups=groups):
        inside = groups[rows[part]]
        assert not np.isin(inside, groups[np.delete(rows, part)]).any()


def test_which_categories_have_them():
    for asked, expected in ((50, ["street"]), (61, []), (0, []), (None, [])):
        model = TabularRegressor(target_means=asked, ensemble=1, **SHORT).fit(X, Y)
        assert means_of(model.model_.encoder) == expected
        assert any("mean of y" in notice for notice in model.notices_) == bool(expected)


def test_of_classes_there_is_a_mean_of_each_and_of_two_one():
    kind = np.digitize(Y, [-1, 1])
    settings = {"target_means": 50, "ensemble": 1, **SHORT}
    three = TabularClassifier(**settings).fit(X, np.array(["lo", "mid", "hi"])[kind])
    assert [name for name in three.model_.encoder.names if "mean of" in name] == [
        f"street: mean of y = {label}" for label in ("hi", "lo", "mid")
    ]
    two = TabularClassifier(**settings).fit(X, kind > 0)
    assert [name for name in two.model_.encoder.names if "mean of" in name] == ["street: mean of y = True"]
    several = TabularRegressor(**settings).fit(X, np.column_stack([Y, -Y, Y**2]))
    assert [name for name in several.model_.encoder.names if "mean of" in name] == [
        f"street: mean of y{k}" for k in range(3)
    ]


def test_too_many_classes_are_said():
    y = np.digitize(Y, np.quantile(Y, np.linspace(0, 1, 26)[1:-1]))
    model = TabularClassifier(target_means=50, ensemble=1, **SHORT).fit(X, y)
    assert "no category gets means of the target: there are 25 of them, and means are of 20 at most" in model.notices_


def test_they_help_where_a_category_has_hundreds_of_values():
    random = np.random.default_rng(0)
    code = random.integers(0, 300, 1500)
    rows, y = pd.DataFrame({"c": [f"v{k}" for k in code]}), random.normal(size=300)[code]
    error = {}
    for asked in (0, 100):
        model = TabularRegressor(target_means=asked, ensemble=1, max_iter=10, random_state=0, engine="reference")
        model.fit(rows[:1200], y[:1200])
        error[asked] = np.sqrt(np.mean((model.predict(rows[1200:]) - y[1200:]) ** 2))
    assert error[100] < 0.6 * error[0]


def test_it_is_saved_exported_and_explained(fitted, tmp_path):
    fitted.model_.save(tmp_path / "model.clearprop")
    again = TableModel.load(tmp_path / "model.clearprop")
    assert again.encoder == fitted.model_.encoder
    fitted.model_.export(tmp_path / "model.py")
    spec = importlib.util.spec_from_file_location("model", tmp_path / "model.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    rows = X[:20].assign(street=[*X["street"][:18], None, "nowhere"])
    expected = fitted.predict(rows)
    found = [made.predict({"street": row.street, "size": row.size_}) for row in rows.rename(
        columns={"size": "size_"}).itertuples()]  # fmt: skip
    np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-5)
    text = fitted.explain(X.iloc[:1], Y[0]).explained().text()
    assert "= street: mean of y ≈ " in text
    assert "its sum over n + m rows" in " ".join(text.split())


def test_a_rare_value_is_another_in_the_explanation_too():
    code = np.r_[CODE, RANDOM.integers(60, 160, 400)]
    rows = pd.DataFrame({"street": [f"s{k:03}" for k in code]})
    y = RANDOM.normal(size=160)[code]
    model = TabularRegressor(target_means=50, ensemble=1, **SHORT).fit(rows, y)
    (step,) = model.model_.encoder.steps
    rare = step.categories[-1]
    assert step.own == 100
    text = model.explain(pd.DataFrame({"street": [rare]}), y[0]).explained().text()
    assert "= {1 if street = another; 0 otherwise} = 1" in text.replace("\n", " ")


def test_what_cannot_be_is_refused(tmp_path):
    for wrong in (-1, 1, 2):
        with pytest.raises(InputError, match="target_means"):
            TabularRegressor(target_means=wrong, **SHORT).fit(X, Y)
    with pytest.raises(InputError, match="--target-means does not go with --from"):
        TableSettings(start="model.clearprop", target_means=50)
    pyarrow.parquet.write_table(pa.Table.from_pandas(X.assign(y=Y)), tmp_path / "rows.parquet")
    with pytest.raises(InputError, match="--target-means needs the whole table in memory"):
        prepare_stream(stored(tmp_path / "rows.parquet"), TableSettings(target="y", target_means=50))


def test_the_command_line_says_it_and_going_on_warns_of_it(tmp_path, capsys):
    X.assign(y=Y).to_csv(tmp_path / "rows.csv", index=False)
    train = ["train", tmp_path / "rows.csv", "--target", "y", "--epochs", 1, "--hidden", 4, "--ensemble", 1]
    asked = [*train, "--target-means", 50, "--output", tmp_path / "a.clearprop", "--engine", "reference"]
    assert exit_code([*map(str, asked)]) == 0
    assert "the mean of y over the rows of each of 60 values is an input too" in " ".join(
        capsys.readouterr().out.split()
    )
    on = ["train", tmp_path / "rows.csv", "--target", "y", "--from", tmp_path / "a.clearprop", "--epochs", 1]
    assert exit_code([*map(str, [*on, "--output", tmp_path / "b.clearprop", "--engine", "reference"])]) == 0
    assert "the means of the target by 'street' hold their own target" in " ".join(capsys.readouterr().out.split())
