"""Sets of classes: their coverage by simulation, their file, estimators, the command line, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from clearprop import TabularClassifier, TabularRegressor
from clearprop.cli.app import exit_code
from clearprop.errors import InputError
from clearprop.tables import from_frame
from clearprop.tabular import TableModel
from clearprop.tabular.conformal import MOST_KEPT, Conformity, conformity_of

SHORT = {"random_state": 0, "hidden_layer_sizes": (8,), "engine": "reference", "max_iter": 60, "ensemble": 1}


def drawn(random, n, k=4):
    """Probabilities that are too sure of themselves, and classes that follow gentler ones."""
    z = random.normal(size=(n, k)) * 1.5
    gentle, sure = (np.exp(each) / np.exp(each).sum(1, keepdims=True) for each in (z, 2 * z))
    codes = (gentle.cumsum(axis=1) > random.random((n, 1))).argmax(axis=1)
    return sure.astype(np.float32), codes


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [60, 1000])
def test_the_true_class_is_covered_as_often_as_asked(n, coverage):
    """Over 400 draws of validation rows and new ones: as the theory says, and hardly more."""
    random, covered, n_new = np.random.default_rng(4), 0, 50
    for _ in range(400):
        kept = Conformity.of(*drawn(random, n))
        probabilities, codes = drawn(random, n_new)
        covered += kept.sets(probabilities, coverage)[np.arange(n_new), codes].sum()
    found, error = covered / (400 * n_new), 4 * np.sqrt(coverage * (1 - coverage) * (1 / n + 1 / n_new) / 400)
    assert found > coverage - error
    assert found < coverage + error + 1 / n + 1 / MOST_KEPT or coverage == 0.5  # one class is always in it


def test_few_rows_leave_no_class_out_and_an_example_by_hand():
    probabilities = np.array([[0.7, 0.3], [0.4, 0.6], [0.8, 0.2]])
    kept = Conformity.of(probabilities, np.array([0, 0, 0]))
    np.testing.assert_allclose(kept.scores, [0.2, 0.3, 0.6])
    assert kept.least(0.9) == 0.0
    assert kept.sets(np.array([[1.0, 0.0]]), 0.9).tolist() == [[True, True]]
    assert kept.least(0.5) == pytest.approx(0.7)
    assert kept.sets(np.array([[0.75, 0.25], [0.5, 0.5]]), 0.5).tolist() == [[True, False], [True, False]]


def test_of_many_rows_some_ranks_are_kept_and_none_covers_less():
    probabilities, codes = drawn(np.random.default_rng(0), 5000)
    kept = Conformity.of(probabilities, codes)
    own = np.sort(1 - probabilities[np.arange(5000), codes].astype(float))
    assert (kept.n_rows, len(kept.scores)) == (5000, MOST_KEPT)
    for coverage in np.linspace(0.01, 0.99, 99):
        rank = int(np.ceil(5001 * coverage - 1e-9))
        least = 1 - own[rank - 1]
        assert 1 - own[min(4999, rank + 13)] - 2e-5 <= kept.least(coverage) <= least + 1e-12


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(1)
    X = pd.DataFrame({"x": random.normal(size=600), "kind": random.choice(["a", "b"], 600)})
    z = np.column_stack([X["x"], -X["x"], 0.5 * (X["kind"] == "b")]) * 1.5
    y = np.array(["up", "down", "flat"])[(z + random.gumbel(size=z.shape)).argmax(axis=1)]
    return TabularClassifier(**SHORT).fit(X[:400], y[:400]), X, y


def test_a_classifier_covers_new_rows_and_is_the_same_from_its_file(fitted, tmp_path):
    model, X, y = fitted
    sets = model.predict_set(X[400:], coverage=0.9)
    assert sets.dtype == bool
    assert sets.shape == (200, 3)
    assert (sets.argmax(axis=1) >= 0).all()
    assert sets.any(axis=1).all()
    assert sets[np.arange(200), np.searchsorted(model.classes_, y[400:])].mean() > 0.82
    assert sets.sum() < model.predict_set(X[400:], coverage=0.99).sum()
    model.save(tmp_path / "model.clearprop")
    again = TabularClassifier.load(tmp_path / "model.clearprop")
    assert (again.predict_set(X[400:], coverage=0.9) == sets).all()
    np.testing.assert_array_equal(model.predict_set(X[400:401], coverage=0.9), sets[:1])


def test_damaged_scores_are_refused(fitted, tmp_path):
    kept = {"rows": 3, "scores": [0.1, 0.2, 0.9]}
    assert conformity_of(kept) == Conformity(3, (0.1, 0.2, 0.9))
    assert conformity_of(None) is None
    for damage in ({"rows": 4}, {"rows": 0, "scores": []}, {"scores": [0.2, 0.1, 0.9]}, {"scores": [0.1, 0.2, 2.0]},
                   {"scores": [0.1, 0.2, "a"]}, {"scores": [0.1, 0.2, float("nan")]}):  # fmt: skip
        with pytest.raises(InputError, match="what it keeps for sets of classes is"):
            conformity_of(kept | damage)


def test_what_cannot_be_is_refused(fitted):
    model, X, _ = fitted
    for wrong in (0, 1, 90, -0.1, True, "0.9", None):
        with pytest.raises(InputError, match=r"the coverage must be between 0 and 1, as 0\.9, not"):
            model.predict_set(X[:3], coverage=wrong)
    table = from_frame(X[:3])
    number = TabularRegressor(**SHORT).fit(X[["x"]], X["x"]).model_
    with pytest.raises(InputError, match="sets are of classes, and this model predicts numbers"):
        number.predict_set(table)
    assert not hasattr(TabularRegressor, "predict_set")


def test_the_command_line_says_sets(fitted, tmp_path, capsys):
    model, X, _ = fitted
    model.save(tmp_path / "m.clearprop")
    X[:20].to_csv(tmp_path / "rows.csv", index=False)
    from_model = ["predict", str(tmp_path / "m.clearprop"), str(tmp_path / "rows.csv")]
    assert exit_code([*from_model, "--sets", "0.9", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["predictions"]
    expected = [", ".join(model.classes_[row]) for row in model.predict_set(X[:20])]
    assert [row["set_of_y"] for row in rows] == expected
    assert exit_code([*from_model, "--sets", "0.9", "--rows", "3"]) == 0
    assert "set of y" in capsys.readouterr().out
    assert exit_code([*from_model, "--sets", "90"]) == 2
    assert "--sets is the share of rows whose set holds the true class, as 0.9" in capsys.readouterr().err
    old = TableModel.load(tmp_path / "m.clearprop")
    object.__setattr__(old, "conformity", None)
    old.save(tmp_path / "old.clearprop")
    assert exit_code(["predict", str(tmp_path / "old.clearprop"), str(tmp_path / "rows.csv"), "--sets", "0.9"]) == 1
    assert "keeps no scores of validation rows to make sets by" in " ".join(capsys.readouterr().err.split())
