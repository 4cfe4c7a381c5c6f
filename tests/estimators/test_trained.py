"""The explanation of a trained model: its inputs and classes by name, all its networks, and what `predict` answers."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from clearprop import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor
from clearprop.cli.app import exit_code

pytestmark = [
    pytest.mark.filterwarnings("ignore:No better than always saying:UserWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
FLOWERS = load_iris(as_frame=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[FLOWERS.target][::3]
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 3, "ensemble": 2, "random_state": 0}


@pytest.fixture(scope="module")
def table():
    found = pd.DataFrame(FLOWERS.data.to_numpy()[::3], columns=["a", "b", "c", "d"])
    found["site"] = np.where(found["a"] > 5.5, "shore", "hill")
    found.loc[5, "c"] = np.nan
    return found


@pytest.fixture(scope="module")
def classes(table):
    return TabularClassifier(**SMALL).fit(table, NAMES)


def text_of(trace, **options):
    return " ".join(trace.explained(**options).text(width=1000).split())


@pytest.mark.parametrize("row", [0, 5, 40])
@pytest.mark.parametrize("member", [0, 1])
def test_a_classifier_of_tables_ends_at_its_prediction(classes, table, row, member):
    one = table[row : row + 1]
    trace = classes.explain(one, NAMES[row], member=member)
    found = trace.trained
    assert found.answer == classes.predict(one)[0]
    np.testing.assert_array_equal(found.probabilities, classes.predict_proba(one)[0])
    whole = classes.explain(one, NAMES[row], member=member, optimizer="sgd")  # without the dropout of training
    np.testing.assert_allclose(whole["a2"].value, found.members[member], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.mean, found.members.mean(axis=0), rtol=1e-6)
    text = text_of(trace)
    assert "neurons dropped out" in text
    assert "neurons dropped out" not in text_of(whole)
    assert f"The one explained here is number {member + 1}." in text
    assert f"predict answers the class of the greatest probability: {found.answer}." in text
    assert [origin.name for origin in found.inputs] == list(classes.model_.encoder.names)
    assert "site: shore (or hill)" in text
    assert all(name in text for name in ("setosa", "versicolor", "virginica"))
    assert "c is missing" in text


@pytest.mark.parametrize("log", [True, False])
def test_numbers_come_back_in_their_unit(table, log):
    y = np.exp(table["a"].to_numpy())
    model = TabularRegressor(log_target=log, **SMALL).fit(table, y)
    for row in range(4):
        found = model.explain(table[row : row + 1], y[row]).trained
        assert found.answer == model.predict(table[row : row + 1])[0]
        (unit,) = found.units
        back = np.clip(unit.unbounded, unit.low, unit.high)
        assert unit.learned == back
        assert (np.exp(back) if log else back) == pytest.approx(found.answer, rel=1e-12)
    text = text_of(model.explain(table[:1], y[0]), sections=["answer"])
    assert ("e to the power" in text) == log
    assert text.endswith(f"y = {found_number(model.predict(table[:1])[0])}.")


def found_number(value):
    from clearprop.explain.writing.numbers import NumberFormat

    return NumberFormat(7).shown(float(value)).text()


def test_the_step_of_a_model_from_a_file_is_the_one_of_its_training(classes, table, tmp_path):
    classes.save(tmp_path / "flowers.clearprop")
    again = TabularClassifier.load(tmp_path / "flowers.clearprop")
    one = classes.explain(table[:1], NAMES[0], member=1), again.explain(table[:1], NAMES[0], member=1)
    assert one[0].job == one[1].job
    for name in ("W1_new", "b2_new", "mask1", "smoothed"):
        np.testing.assert_array_equal(one[0][name].value, one[1][name].value)
    assert one[1].trained.step == "known"
    assert "with the settings of that training" in text_of(one[1], sections=["model"])
    assert again.model_.jobs == classes.model_.jobs
    plain = again.explain(table[:1], NAMES[0], optimizer="sgd")
    assert "The step is one of gradient descent, as was asked." in text_of(plain, sections=["model"])


def test_a_file_that_does_not_say_how_it_was_trained(classes, table, tmp_path):
    """As those of earlier versions: it predicts as ever, and a plain step is shown, which says so."""
    replace(classes.model_, jobs=()).save(tmp_path / "old.clearprop")
    old = TabularClassifier.load(tmp_path / "old.clearprop")
    assert (old.predict(table) == classes.predict(table)).all()
    trace = old.explain(table[:1], NAMES[0])
    assert (trace.trained.step, trace.optimizer.name, trace.job.dropout) == ("assumed", "sgd", ())
    text = text_of(trace, sections=["model"])
    said = "The file does not say how the model was trained: the step shown is a plain one, of gradient descent."
    assert said in text


def test_the_command_explains_the_same_step_as_the_estimator(classes, table, tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    path, rows = tmp_path / "flowers.clearprop", tmp_path / "flowers.csv"
    table.assign(y=NAMES).to_csv(rows, index=False)
    silent = replace(classes.model_, jobs=())
    for saved, sentence in ((classes.model_, "by AdamW"), (silent, "a plain one, of gradient descent")):
        saved.save(path)
        own = TabularClassifier.load(path)
        for row in (0, 5):
            trace = own.explain(table[row : row + 1], NAMES[row])
            expected = trace.explained().text()
            assert exit_code(["explain", str(path), str(rows), "--row", str(row + 1), "--format", "text"]) == 0
            said = capfd.readouterr().out
            assert said == expected
            assert sentence in " ".join(said.split())


@pytest.mark.parametrize(
    ("label", "words"), [("", "'y' is missing in row 2"), ("tulip", "not one of the learned classes")]
)
def test_the_command_explains_no_row_whose_class_was_not_learned(classes, table, label, words, tmp_path, capfd):
    path, rows = tmp_path / "flowers.clearprop", tmp_path / "flowers.csv"
    classes.model_.save(path)
    table.assign(y=[NAMES[0], label, *NAMES[2:]]).to_csv(rows, index=False)
    assert exit_code(["explain", str(path), str(rows), "--row", "2"]) != 0
    said = " ".join(capfd.readouterr().err.split())
    assert f"in row 2 of {rows}" in said
    assert words in said
    assert "without a target there is no error" in said


def test_a_network_on_arrays(table):
    X = table[["a", "b", "d"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        three = MLPClassifier((3,), random_state=0, max_iter=5).fit(X, NAMES)
        two = MLPClassifier((3,), random_state=0, max_iter=5).fit(X, NAMES == "setosa")
        numbers = MLPRegressor(hidden_layer_sizes=(3,), random_state=0, max_iter=5).fit(X.to_numpy(), table["a"])
    trace = three.explain(X.iloc[30], NAMES[30])
    assert trace.trained.answer == three.predict(X[30:31])[0]
    assert [origin.name for origin in trace.trained.inputs] == ["a", "b", "d"]
    assert trace.trained.labels == ("setosa", "versicolor", "virginica")
    assert "The output is the probability of True." in text_of(two.explain(X.iloc[0], True))
    found = numbers.explain(X.to_numpy()[0], 5.0).trained
    assert found.answer == numbers.predict(X.to_numpy()[:1])[0]
    assert found.inputs == ()
    assert three.explain(X, NAMES).trained is None


def test_several_numbers_are_no_classes(table):
    X, Y = table[["a", "b", "d"]].to_numpy(), table[["a", "d"]].to_numpy()
    model = MLPRegressor(hidden_layer_sizes=(3,), random_state=0, max_iter=20).fit(X, Y)
    trace = model.explain(X[0], Y[0])
    np.testing.assert_array_equal(trace.trained.answer, model.predict(X[:1])[0])
    text = text_of(trace)
    assert "class" not in text
    assert text.endswith("predict answers these numbers.")


def test_several_labels_are_no_classes(table):
    X = table[["a", "b", "d"]].to_numpy()
    Y = np.stack([NAMES == "setosa", table["a"] > 5, NAMES != "virginica"], axis=1).astype(int)
    model = MLPClassifier((4,), solver="lbfgs", max_iter=200, random_state=0).fit(X, Y)
    text = text_of(model.explain(X[0], Y[0], optimizer="sgd"))
    told = ", ".join(str(k) for k in np.flatnonzero(model.predict(X[:1])[0])) or "none of the labels"
    assert "greatest" not in text
    assert text.endswith(f"predict answers the labels whose output is above ½: {told}.")


@pytest.mark.parametrize("log", [True, False])
def test_several_targets_come_back_each_in_its_unit(table, log, tmp_path, capfd):
    Y = np.exp(table[["a", "d"]].to_numpy())
    model = TabularRegressor(log_target=log, **SMALL).fit(table, Y)
    trace = model.explain(table[:1], Y[0])
    found = trace.trained
    np.testing.assert_array_equal(found.answer, model.predict(table[:1])[0])
    for unit, answer in zip(found.units, found.answer, strict=True):
        assert (np.exp(unit.learned) if log else unit.learned) == pytest.approx(answer, rel=1e-12)
    text = text_of(trace)
    assert ("the logarithm is undone" in text) == log
    assert all(found_number(value) in text.replace(",", "") for value in found.answer)
    assert text_of(trace, language="zh").endswith("predict 给出的就是这些数。")
    path, rows = tmp_path / "two.clearprop", tmp_path / "two.csv"
    model.save(path)
    table.assign(y0=Y[:, 0], y1=Y[:, 1]).to_csv(rows, index=False)
    assert exit_code(["explain", str(path), str(rows), "--row", "1", "--format", "text"]) == 0
    assert capfd.readouterr().out == trace.explained().text()


@pytest.mark.parametrize("medium", ["text", "markdown", "latex", "html", "json"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_medium_in_both_languages(classes, table, medium, language):
    page = classes.explain(table[5:6], NAMES[5]).explained(language=language)
    assert getattr(page, medium)()
