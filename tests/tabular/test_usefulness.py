import pytest

from clearprop.tables import ClassTarget, NumberTarget
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.usefulness import main_metric, metrics_of, no_better, sentences

PETS = ClassTarget("pet", ("cat", "dog"))
PRICE = NumberTarget("price", False, 0.0, 1.0, 0.0, 1.0)
LIKE_ALWAYS = {"accuracy": 0.9, "trivial_accuracy": 0.9, "log_loss": 0.4, "trivial_log_loss": 0.4}


def said(target, values, **settings):
    found = no_better(values, metrics_of(target, settings))
    return " ".join(sentences(target, "dog", found, settings))


def test_what_is_no_better_by_any_score_is_not_to_be_used():
    assert said(PETS, LIKE_ALWAYS) == "No better than always saying the most frequent class, dog: do not use it."
    assert said(PRICE, {"rmse": 2.0, "trivial_rmse": 2.0}) == "No better than always saying the mean: do not use it."


def test_probabilities_can_be_worth_something_where_the_classes_are_not_and_the_other_way_round():
    assert "do not use its classes" in said(PETS, {**LIKE_ALWAYS, "log_loss": 0.3})
    assert "do not use its probabilities" in said(PETS, {**LIKE_ALWAYS, "accuracy": 0.95})
    assert said(PETS, {**LIKE_ALWAYS, "accuracy": 0.95, "log_loss": 0.3}) == ""


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        ({"roc_auc": 0.5}, {"metric": "roc_auc"}),
        ({"f1": (0.0, 0.4), "trivial_f1": (0.0, 0.5)}, {"metric": "f1"}),
        ({"balanced_accuracy": 0.5, "trivial_balanced_accuracy": 0.5}, {"metric": "balanced_accuracy"}),
        ({"accuracy": 0.95, "trivial_accuracy": 0.9}, {"probabilities": True}),
    ],
)
def test_the_score_that_chose_the_epoch_is_the_one_that_counts(values, settings):
    assert said(PETS, {**LIKE_ALWAYS, **values}, **settings).endswith("do not use it.")


def test_of_a_logarithm_the_error_of_the_logarithm_counts():
    values = {"rmse": 3.0, "trivial_rmse": 2.0, "rmse_log": 0.1, "trivial_rmse_log": 0.5}
    assert said(PRICE, values) == ""
    assert said(PRICE, {"mae": 3.0, "trivial_mae": 2.0, "rmse": 1.0, "trivial_rmse": 2.0}, metric="mae") != ""


def test_rows_of_a_single_class_say_nothing_of_the_probabilities():
    assert said(PETS, {"accuracy": 0.9, "trivial_accuracy": 0.0, "log_loss": 0.1, "trivial_log_loss": 0.0}) == ""
    assert said(PETS, {**LIKE_ALWAYS, "trivial_log_loss": 0.0}).endswith("do not use it.")


def test_a_score_that_is_not_known_says_nothing():
    assert said(PETS, {"accuracy": 0.9, "trivial_accuracy": None}) == ""
    assert main_metric(PETS, {"metric": ["x"]}) == main_metric(PETS, TableSettings()) == "accuracy"
