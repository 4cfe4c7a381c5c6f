"""The threshold of two classes: the greatest score by trying all, the model's file, commands, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from clearprop import TabularClassifier, TabularRegressor
from clearprop.cli.app import exit_code
from clearprop.errors import InputError, ModelFileError
from clearprop.tables import ClassTarget
from clearprop.tables.several import target_from_json
from clearprop.tabular import TableModel, TableSettings
from clearprop.tabular.thresholds import SCORES, tuned

SKLEARNS = {"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score, "f1": f1_score}
RANDOM = np.random.default_rng(3)
X = pd.DataFrame({"x": RANDOM.normal(size=900), "kind": RANDOM.choice(["a", "b"], 900)})
SICK = RANDOM.random(900) < 1 / (1 + np.exp(3.2 - 1.8 * X["x"]))  # one in ten
Y = np.where(SICK, "sick", "healthy")
pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying the most frequent class, healthy")
SHORT = {"random_state": 0, "hidden_layer_sizes": (8,), "engine": "reference", "max_iter": 60, "ensemble": 1}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.integers(1, 3)), min_size=2, max_size=30),
    st.sampled_from(sorted(SCORES)),
)  # fmt: skip
def test_no_threshold_has_a_greater_score(rows, metric):
    step, is_second, weight = (np.array(part) for part in zip(*rows, strict=True))
    p, score = step / 8, SKLEARNS[metric]
    if is_second.all() or not is_second.any():
        assert tuned(p, is_second, metric, weight) == (0.5, 0.0, 0.0)
        return
    threshold, found, trivial = tuned(p, is_second, metric, weight)
    assert 0 < threshold < 1
    inside = (p > 0) & (p < 1)  # those at the very ends are on one side of any threshold between 0 and 1
    if inside.all():
        assert found == pytest.approx(score(is_second, p >= threshold, sample_weight=weight))
    tried = [score(is_second, p >= t, sample_weight=weight) for t in [*np.linspace(0, 1, 41), 1.1]]
    assert found == pytest.approx(max(tried))
    assert found >= trivial - 1e-12
    same = tuned(p, is_second, metric, 7.5 * weight)
    assert same[0] == threshold


def test_equally_good_thresholds_give_the_one_nearest_to_a_half():
    assert tuned(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]), "accuracy")[0] == 0.5


@pytest.fixture(scope="module")
def pair():
    plain = TabularClassifier(**SHORT).fit(X[:600], Y[:600])
    return plain, TabularClassifier(threshold="balanced_accuracy", **SHORT).fit(X[:600], Y[:600])


def test_it_finds_the_rare_class_and_leaves_the_probabilities(pair):
    plain, model = pair
    assert (model.predict_proba(X) == plain.predict_proba(X)).all()
    found = [balanced_accuracy_score(Y[600:], each.predict(X[600:])) for each in pair]
    assert found[1] > found[0] + 0.05
    target = model.model_.target
    assert 0.02 < target.threshold < 0.4
    second = model.predict_proba(X)[:, 1] >= target.threshold
    assert (model.predict(X) == np.where(second, "sick", "healthy")).all()
    assert plain.model_.target.threshold == 0.5


def test_it_is_saved_scored_and_explained(pair, tmp_path):
    _, model = pair
    model.save(tmp_path / "m.clearprop")
    again = TabularClassifier.load(tmp_path / "m.clearprop")
    assert (again.predict(X) == model.predict(X)).all()
    assert again.model_.target == model.model_.target
    text = " ".join(model.explain(X.iloc[:1], Y[0]).explained().text().split())
    assert "it says sick from the probability 0." in text
    with pytest.raises(InputError, match="an exported file says the most probable class, and this model says 'sick'"):
        model.model_.export(tmp_path / "m.py")


def test_files_keep_it_only_where_it_is_tuned():
    plain = ClassTarget("y", ("a", "b"))
    assert "threshold" not in plain.to_json()
    tuned_target = ClassTarget("y", ("a", "b"), 0.2)
    assert target_from_json(json.loads(json.dumps(tuned_target.to_json()))) == tuned_target
    for damage in ({"threshold": 0.0}, {"threshold": 1.5}, {"threshold": "x"}, {"classes": ["a", "b", "c"]}):
        with pytest.raises(ModelFileError, match="the description of the target is damaged"):
            target_from_json(tuned_target.to_json() | damage)


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="a threshold is of two classes, and 'y' is 3 classes"):
        TabularClassifier(threshold="f1", **SHORT).fit(X, np.where(X["kind"] == "a", Y, "dead"))
    with pytest.raises(InputError, match="there is no threshold 'f2'"):
        TabularClassifier(threshold="f2", **SHORT).fit(X, Y)
    with pytest.raises(InputError, match="there is no threshold"):
        TableSettings(threshold="roc_auc")
    assert "threshold" not in TabularRegressor().get_params()


def test_the_command_line_says_it(tmp_path, capsys):
    X.assign(state=Y).to_csv(tmp_path / "rows.csv", index=False)
    model = tmp_path / "m.clearprop"
    train = ["train", str(tmp_path / "rows.csv"), "--target", "state", "--threshold", "f1", "--hidden", "8"]
    train += ["--epochs", "60", "--ensemble", "1", "--engine", "reference", "--output", str(model)]
    assert exit_code(train) == 0
    said = capsys.readouterr().out
    threshold = TableModel.load(model).target.threshold
    assert threshold != 0.5
    assert f"sick is said from the probability {threshold:.3g} on" in " ".join(said.split())
    assert "do not use" not in said
    assert exit_code(["evaluate", str(model), str(tmp_path / "rows.csv"), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert scores["f1"][1] > scores["trivial_f1"][1]
    assert sum(row[1] for row in scores["confusion"]) > 0
    assert exit_code(["train", str(tmp_path / "rows.csv"), "--target", "x", "--threshold", "f1"]) != 0
    assert "a threshold is of two classes, and 'x' is a number" in " ".join(capsys.readouterr().err.split())
