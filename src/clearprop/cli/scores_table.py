"""Scores beside the trivial predictor's, as tables: of rows held out and of folds; and the confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clearprop.cli import words
from clearprop.tables import Target
from clearprop.tabular.cross_validation import Average
from clearprop.tabular.model import TableModel
from clearprop.tabular.scores import ClassScores, NumberScores, Scores, SeveralScores
from clearprop.tabular.usefulness import metrics_of, no_better, sentences

MOST_SHOWN_CLASSES = 20  # rows and columns of a confusion matrix
MOST_SHOWN_F1 = 10
SCORE_NAMES = {
    "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "log_loss": "log loss", "roc_auc": "ROC-AUC",
    "average_precision": "average precision", "calibration_error": "expected calibration error", "rmse": "RMSE",
    "mae": "mean absolute error", "r2": "R²", "rmse_log": "RMSE of the logarithm",
    "mae_log": "mean absolute error of the logarithm", "share_below": "share of rows below the prediction",
    "pinball_loss": "pinball loss",
    "poisson_deviance": "Poisson deviance",
}  # fmt: skip


def print_scores(model: TableModel, scores: Scores, out: Any) -> None:
    """The scores as a table, with the trivial predictor's in the last column."""
    words.table(("", "network", "trivial"), score_rows(model, scores), out)
    for sentence in below_scores(model, scores):
        out.print(sentence)


def score_rows(model: TableModel, scores: Scores) -> list[tuple[str, str, str]]:
    """The scores: name, the network's, the trivial predictor's."""
    if isinstance(scores, SeveralScores):
        return [row for column, each in scores.targets.items() for row in _number_rows(column, each, named=True)]
    if isinstance(scores, NumberScores):
        return _number_rows(model.target.column, scores)
    return _class_rows(model.target, scores)


def below_scores(model: TableModel, scores: Scores) -> list[str]:
    """What is to be said below them."""
    found = []
    if isinstance(scores, ClassScores) and scores.trivial_log_loss is not None:
        found.append("Of scores of probabilities, trivial is always giving each class its share of these rows.")
    each_scored = list(scores.targets.values()) if isinstance(scores, SeveralScores) else [scores]
    if each_scored[0].weighted:
        found.append("Each row counts as much as its weight.")
    return found + list(said_of(model, scores))


def said_of(model: TableModel, scores: Scores) -> tuple[str, ...]:
    """Sentences about a network that is no better than its trivial predictor."""
    target, settings, trivial = model.target, model.settings, model.trivial
    metrics = metrics_of(target, settings)
    if not isinstance(scores, SeveralScores):
        return sentences(target, trivial, no_better(scores.to_json(), metrics), settings)
    useless = [column for column, each in scores.targets.items() if no_better(each.to_json(), metrics)]
    if len(useless) == len(scores.targets):
        return sentences(target, trivial, metrics, settings)
    return tuple(f"Of {column} no better than always saying the mean: do not use it for that." for column in useless)


def _class_rows(target: Target, scores: ClassScores) -> list[tuple[str, str, str]]:
    show, share = words.number, words.share
    always = scores.trivial_balanced_accuracy
    if always is None:  # of a model file of an earlier version
        always = 1 / max(1, sum(map(any, scores.confusion)))
    rows = [
        ("accuracy", share(scores.accuracy), share(scores.trivial_accuracy)),
        ("balanced accuracy", share(scores.balanced_accuracy), share(always)),
        ("log loss", show(scores.log_loss), _or_nothing(scores.trivial_log_loss, show)),
    ]
    of = f" of {target.labels[1]}" if len(target.labels) == 2 else ", mean over the classes"
    if scores.roc_auc is not None:
        rows.append((f"ROC-AUC{of}", show(scores.roc_auc), "0.5"))
    if scores.average_precision is not None:
        share_of_class = _or_nothing(scores.trivial_average_precision, show)
        rows.append((f"average precision{of}", show(scores.average_precision), share_of_class))
    if scores.calibration_error is not None:
        rows.append(("expected calibration error", share(scores.calibration_error), share(0)))
    if len(scores.f1) <= MOST_SHOWN_F1:
        for label, one, always_one in zip(target.labels, scores.f1, scores.trivial_f1, strict=False):
            rows.append((f"F1 of {label}", show(one), show(always_one)))
    elif scores.f1:
        means = [sum(each) / len(each) for each in (scores.f1, scores.trivial_f1)]
        rows.append(("F1, mean over the classes", show(means[0]), show(means[1])))
    return rows


def _near_zero(value: float) -> str:
    return words.number(round(value, 3) + 0.0)


def _or_nothing(value: float | None, show: Callable[[float], str]) -> str:
    return "" if value is None else show(round(value, 9) + 0.0)  # what rounding leaves of 0 is 0


def _number_rows(column: str, scores: NumberScores, *, named: bool = False) -> list[tuple[str, str, str]]:
    show = words.number
    rows = [
        (f"RMSE of {column}", show(scores.rmse), show(scores.trivial_rmse)),
        (f"mean absolute error of {column}", show(scores.mae), show(scores.trivial_mae)),
        (f"R² of {column}" if named else "R²", show(scores.r2), _or_nothing(scores.trivial_r2, _near_zero)),
    ]
    if scores.rmse_log is not None:
        assert scores.mae_log is not None
        assert scores.trivial_rmse_log is not None
        assert scores.trivial_mae_log is not None
        rows += [
            (f"RMSE of log({column})", show(scores.rmse_log), show(scores.trivial_rmse_log)),
            (f"mean absolute error of log({column})", show(scores.mae_log), show(scores.trivial_mae_log)),
        ]
    if scores.poisson_deviance is not None:
        always = _or_nothing(scores.trivial_poisson_deviance, show)
        rows.append((f"Poisson deviance of {column}", show(scores.poisson_deviance), always))
    for each in scores.quantiles:
        share = words.share
        rows += [
            (f"rows below the quantile {each.quantile:g}", share(each.share_below), share(each.quantile)),
            (
                f"pinball loss of the quantile {each.quantile:g}",
                show(each.pinball_loss),
                show(each.trivial_pinball_loss),
            ),
        ]
    return rows


def print_folds(model: TableModel, found: Mapping[str, Average], n_folds: int, out: Any) -> None:
    """Mean ± standard deviation over the folds of cross-validation, beside the trivial predictor's mean."""
    out.print(f"\nScore by {n_folds}-fold cross-validation, mean ± standard deviation over the folds:")
    words.table(("", "network", "trivial"), fold_rows(found), out)
    for sentence in below_folds(model, found):
        out.print(sentence)


def fold_rows(found: Mapping[str, Average]) -> list[tuple[str, str, str]]:
    """The same as rows: name, the network's, the trivial predictor's mean."""
    rows = []
    for name, average in found.items():
        if not name.startswith("trivial_"):
            trivial = found.get(f"trivial_{name}")
            shown = f"{words.number(average.mean)} ± {words.number(average.sd, 2)}"
            score, of, column = name.partition(" of ")
            show = _near_zero if score == "r2" else words.number
            rows.append(
                (SCORE_NAMES.get(score, score) + of + column, shown, "" if trivial is None else show(trivial.mean))
            )
    return rows


def below_folds(model: TableModel, found: Mapping[str, Average]) -> list[str]:
    """What is to be said below them."""
    values = {name: average.mean for name, average in found.items()}
    return ["The model that is saved learned from all rows, by the same recipe.", *_said_of_folds(model, values)]


def _said_of_folds(model: TableModel, values: Mapping[str, float]) -> tuple[str, ...]:
    """The sentences about the means over the folds; of several targets only where none is predicted better."""
    target, settings = model.target, model.settings
    metrics = metrics_of(target, settings)
    each = [f" of {column}" for column in target.columns] if len(target.columns) > 1 else [""]
    useless = [
        no_better({name.removesuffix(of): value for name, value in values.items() if name.endswith(of)}, metrics)
        for of in each
    ]
    return sentences(target, model.trivial, useless[0], settings) if all(useless) else ()


def print_confusion(target: Target, scores: ClassScores, out: Any) -> None:
    """Rows the true classes, columns the predicted ones; for many classes, only those most often confused."""
    labels = [str(label) for label in target.labels]
    if len(labels) <= MOST_SHOWN_CLASSES:
        out.print("Rows are the true classes, columns the predicted ones:")
        rows = [[label, *(f"{n:,}" for n in row)] for label, row in zip(labels, scores.confusion, strict=True)]
        words.table(("", *labels), rows, out)
        return
    mistakes = mistakes_of(labels, scores)
    if scores.mistakes:
        out.print("The most frequent mistakes:")
    else:
        n_mistakes = words.plural(sum(n for n, _, _ in mistakes), "mistake")
        out.print(f"The most frequent mistakes of {n_mistakes} (--json has all):")
    words.table(("true", "predicted", "rows"), [(a, b, f"{n:,}") for n, a, b in mistakes[:20]], out, text_columns=2)


def mistakes_of(labels: list[str], scores: ClassScores) -> list[tuple[int, str, str]]:
    """What was taken for what, in how many rows, the most frequent first; of very many classes those that are known."""
    if scores.mistakes:
        return [(n, labels[int(i)], labels[int(j)]) for i, j, n in scores.mistakes]
    return sorted(
        (
            (n, labels[i], labels[j])
            for i, row in enumerate(scores.confusion)
            for j, n in enumerate(row)
            if i != j and n > 0
        ),
        key=lambda found: (-found[0], found[1], found[2]),
    )
