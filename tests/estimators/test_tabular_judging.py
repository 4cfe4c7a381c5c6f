"""What the estimators for tables can be told of rows that judge, and of the network and its training."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import SelectFromModel
from sklearn.metrics import log_loss, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV

from clearprop import TabularClassifier, TabularRegressor
from clearprop.tabular import learning

SMALL = {
    "ensemble": 2, "hidden_layer_sizes": 8, "max_iter": 8, "learning_rate_init": 0.1, "random_state": 0,
    "engine": "reference",
}  # fmt: skip


@pytest.fixture
def table():
    """120 rows: one column that matters, one that does not, a category; classes and numbers to predict."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, 120)
    noise = random.normal(size=120)
    kind = random.choice(["a", "b", "c"], 120)
    X = pd.DataFrame({"x": x, "noise": noise, "kind": kind})
    return X, np.where(x > 0, "yes", "no"), 10 * x + (kind == "a")


def test_given_rows_judge_and_all_of_X_is_learned_from(table):
    X, labels, numbers = table
    new = X.sample(40, random_state=1)
    for kind, y, score in ((TabularClassifier, labels, "validation_accuracy"), (TabularRegressor, numbers, None)):
        y = pd.Series(y, index=X.index)
        model = kind(**SMALL).fit(X, y, X_val=new, y_val=y[new.index])
        assert model.model_.settings["epochs_done"] == 8
        steps = model.history_[0].steps
        assert steps == 2 * -(-120 // 64)  # two networks, each of all rows
        if score is None:
            # Of the last epoch, over both networks.
            table_ = model._table(new, reset=False)
            each = [model.model_.target.decode(out) for out in model.model_.member_outputs(table_)]
            errors = [one - y[new.index].to_numpy() for one in each]
            best = min(epoch.scores["validation_rmse"] for epoch in model.history_)
            assert best == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-4)


def test_groups_stay_together(table, monkeypatch):
    X, labels, numbers = table
    groups = np.repeat([f"g{k}" for k in range(12)], 10)
    seen = []
    real = learning.member
    monkeypatch.setattr(learning, "member", lambda plan, k: seen.append(plan.folds[k]) or real(plan, k))
    for ensemble in (1, 3):
        for kind, y in ((TabularClassifier, labels), (TabularRegressor, numbers)):
            kind(**{**SMALL, "ensemble": ensemble}).fit(X, y, groups=groups)
    assert len(seen) == 8
    for fold in seen:
        assert len(fold.learn)
        assert len(fold.validation)
        assert not set(groups[fold.learn]) & set(groups[fold.validation])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"groups": [1, 2]}, "groups must have one value per row of X, 120, not 2"),
        ({"groups": [None] + [1] * 119}, "groups is missing in row 1"),
        ({"groups": [float("nan")] + [1] * 119}, "groups is missing in row 1"),
        ({"groups": [1] * 120}, "has 1 different values"),
        ({"y_val": ["yes"]}, "give X_val and y_val"),
        ({"X_val": "X"}, "give X_val and y_val"),
        ({"sample_weight_val": [1]}, "give X_val and y_val"),
        ({"X_val": "X", "y_val": ["yes"]}, "X_val has 120 rows, but y_val has 1"),
        ({"X_val": "X", "y_val": ["maybe"] * 120}, "y_val is 'maybe' in row 1, which is not a class of y"),
        ({"X_val": "X", "y_val": ["yes"] * 120, "sample_weight_val": [-1] * 120}, "sample_weight_val[0] is negative"),
    ],
)  # fmt: skip
def test_what_cannot_judge_is_refused(table, given, words):
    X, labels, _ = table
    given = {name: X if isinstance(value, str) else value for name, value in given.items()}
    with pytest.raises(ValueError, match=re.escape(words)):
        TabularClassifier(**SMALL).fit(X, labels, **given)


def test_one_group_cannot_be_parted_for_one_network_either(table):
    X, labels, _ = table
    with pytest.raises(ValueError, match=r"has only one value in these 120 rows.*leave the groups out"):
        TabularClassifier(**{**SMALL, "ensemble": 1}).fit(X, labels, groups=[1] * 120)


def test_a_logarithm_needs_numbers_above_zero_in_the_judging_rows_too(table):
    X, _, numbers = table
    with pytest.raises(ValueError, match="y_val is -1 in row 2"):
        TabularRegressor(**SMALL, log_target=True).fit(X, np.exp(numbers), X_val=X[:3], y_val=[1, -1, 2])


def test_rate_batch_and_activation(table):
    X, labels, _ = table
    model = TabularClassifier(**{**SMALL, "learning_rate_init": 0.02}, batch_size=10, activation="tanh").fit(X, labels)
    job = model.model_.job(0)
    assert (job.update_rule.learning_rate, job.batch_size) == (0.02, 10)
    assert model.model_.network.layers[0].activation.name == "tanh"


def test_they_can_be_searched_over(table):
    X, labels, _ = table
    found = GridSearchCV(TabularClassifier(**SMALL), {"activation": ["relu", "tanh"]}, cv=2).fit(X, labels)
    assert found.best_params_["activation"] in ("relu", "tanh")


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        (TabularClassifier, {"learning_rate_init": 0}, "learning_rate_init must be None or a number above 0"),
        (TabularClassifier, {"learning_rate_init": "fast"}, "learning_rate_init must be None or a number above 0"),
        (TabularClassifier, {"batch_size": 2.5}, "batch_size must be None or a whole number"),
        (TabularClassifier, {"activation": "rellu"}, "no activation 'rellu'; did you mean 'relu'"),
        (TabularClassifier, {"metric": "rmse"}, "no metric of TabularClassifier 'rmse'"),
        (TabularRegressor, {"metric": "r3"}, "no metric of TabularRegressor 'r3'"),
        (TabularClassifier, {"metric": "f1", "probabilities": True}, "leave it or the metric out"),
    ],
)
def test_parameters_that_cannot_be(table, kind, parameters, words):
    X, labels, numbers = table
    with pytest.raises(ValueError, match=re.escape(words)):
        kind(**SMALL).set_params(**parameters).fit(X, labels if kind is TabularClassifier else numbers)


def test_the_best_epoch_is_that_of_the_metric(table):
    X, labels, numbers = table
    model = TabularClassifier(**SMALL, metric="roc_auc").fit(X, labels, X_val=X[:50], y_val=labels[:50])
    best = max(epoch.scores["validation_roc_auc"] for epoch in model.history_)
    each = [out[:, 1] for out in model.model_.member_outputs(model._table(X[:50], reset=False))]
    assert best == pytest.approx(roc_auc_score(np.tile(labels[:50] == "yes", 2), np.concatenate(each)), rel=1e-6)
    model = TabularRegressor(**SMALL, metric="r2").fit(X, numbers, X_val=X[:50], y_val=numbers[:50])
    best = max(epoch.scores["validation_r2"] for epoch in model.history_)
    each = [model.model_.target.decode(out) for out in model.model_.member_outputs(model._table(X[:50], reset=False))]
    assert best == pytest.approx(r2_score(np.tile(numbers[:50], 2), np.concatenate(each)), rel=1e-4)


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_importances_tell_what_matters(table, kind, tmp_path):
    X, labels, numbers = table
    X = X.assign(constant=1.0)
    model = kind(**{**SMALL, "max_iter": 60}).fit(X, labels if kind is TabularClassifier else numbers)
    found = model.feature_importances_
    assert found.shape == (4,)
    assert found[0] > 5 * abs(found[1]) > 0
    assert found[3] == 0  # left out
    chosen = SelectFromModel(model, prefit=True, threshold="mean").get_support()
    assert chosen.tolist() == [True, False, False, False]
    model.save(tmp_path / "m")
    np.testing.assert_array_equal(kind.load(tmp_path / "m").feature_importances_, found)


def test_an_importance_is_the_rise_of_the_loss_on_rows_that_judge(table):
    """A column on which all depends, shuffled, leaves a log loss that is worse than chance by what a shuffle gives."""
    X, labels, _ = table
    model = TabularClassifier(**{**SMALL, "max_iter": 100}).fit(X, labels, X_val=X, y_val=labels)
    rises = []
    for seed in range(50):
        shuffled = X.assign(x=X["x"].sample(frac=1, random_state=seed).to_numpy())
        rises.append(log_loss(labels, model.predict_proba(shuffled)) - log_loss(labels, model.predict_proba(X)))
    assert model.feature_importances_[0] == pytest.approx(np.mean(rises), rel=0.35)


def test_one_column_has_no_importance_to_compare(table):
    X, labels, _ = table
    model = TabularClassifier(**SMALL).fit(X[["x"]], labels)
    assert not hasattr(model, "feature_importances_")
    with pytest.raises(AttributeError, match="it takes two columns"):
        model.feature_importances_  # noqa: B018


def test_columns_in_another_order_are_refused_with_the_cure(table):
    X, labels, _ = table
    model = TabularClassifier(**SMALL).fit(X, labels)
    turned = X[["kind", "x", "noise"]]
    with pytest.raises(ValueError, match=r"X\[list\(model.feature_names_in_\)\] puts them right"):
        model.predict(turned)
    assert (model.predict(turned[list(model.feature_names_in_)]) == model.predict(X)).all()
    with pytest.raises(ValueError, match="unseen at fit time") as caught:
        model.predict(X.rename(columns={"x": "z"}))
    assert "puts them right" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "y", "words"),
    [
        (
            TabularRegressor,
            [1.0, float("inf")] * 60,
            "contains infinity.* in row 2; correct it",
        ),
        (TabularClassifier, [1.0, float("-inf")] * 60, "contains infinity.* in row 2; correct it"),
        (TabularRegressor, ["1", "a"] * 60, r"'a' in row 2"),
    ],
)
def test_targets_that_cannot_be_are_named_with_their_row(table, kind, y, words):
    with pytest.raises(ValueError, match=words):
        kind(**SMALL).fit(table[0], y)
