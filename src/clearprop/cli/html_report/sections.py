"""The sections of the report, each from a training to HTML; "" where there is nothing to say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.cli import words as shown
from clearprop.cli.html_report import pictures
from clearprop.cli.html_report.markup import Markup
from clearprop.cli.html_report.told import Told
from clearprop.cli.html_report.words import FACTS, RISES, score_named
from clearprop.cli.inspect import chosen_settings
from clearprop.cli.report import architecture, trivial_words
from clearprop.cli.scores_table import (
    MOST_SHOWN_CLASSES,
    SCORE_NAMES,
    below_folds,
    below_scores,
    fold_rows,
    mistakes_of,
    score_rows,
)
from clearprop.cli.training_report import facts_before
from clearprop.tables import ClassTarget
from clearprop.tables.formula_step import Computed
from clearprop.tables.numeric import spread_evenly
from clearprop.tables.vector_step import Vector
from clearprop.tabular.cross_validation import averages
from clearprop.tabular.dependence import MOST_ROWS, of_encoded
from clearprop.tabular.scores import ClassScores
from clearprop.training import Epoch

MOST_EPOCHS = 150  # rows of the table of a curve
MOST_LISTED = 500  # columns or importances
MOST_DEPENDENCES = 4  # columns whose partial dependence is drawn
MOST_DRAWN = 5  # classes in one picture of it
MOST_TARGETS = 6  # of several, that have a picture of their residuals
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def summary(told: Told, page: Markup) -> str:
    """What was understood, and what was trained."""
    pairs = facts_before(told.file, told.shape, told.ready)
    if told.language == "zh":
        pairs = [(FACTS[name], value) for name, value in pairs]
    return page.facts(pairs)


def scores(told: Told, page: Markup) -> str:
    """The scores beside those of the trivial predictor."""
    model, held_out = told.model, told.model.held_out
    if held_out is not None:
        trivial = trivial_words(model)
        head = page.say("scores_said", n=f"{held_out.n_rows:,}", trivial=trivial)
        rows, below = score_rows(model, held_out), below_scores(model, held_out)
    elif told.folds:
        found = averages(told.folds)
        head = page.say("folds_said", n=len(told.folds))
        rows, below = fold_rows(found), below_folds(model, found)
    else:
        return page.say("no_scores")
    named = [(score_named(name, told.language), *values) for name, *values in rows]
    names = [page.words[key] for key in ("score", "network", "trivial")]
    return head + page.table(names, named) + page.foreign(below)


def mistakes(told: Told, page: Markup) -> str:
    """The confusion matrix of the held-out rows."""
    scored = told.model.held_out
    if not isinstance(scored, ClassScores) or not scored.n_rows:
        return ""
    labels = [str(label) for label in told.model.target.labels]
    if len(labels) > MOST_SHOWN_CLASSES:
        found = mistakes_of(labels, scored)
        names = [page.words[key] for key in ("true", "predicted", "rows")]
        frequent = [(true, predicted, f"{n:,}") for n, true, predicted in found[:MOST_SHOWN_CLASSES]]
        total = f"{sum(n for n, _, _ in found):,}"
        return page.say("mistakes_said", n=total) + page.table(names, frequent, words_in=(0, 1))
    rows = [(label, *(f"{n:,}" for n in row)) for label, row in zip(labels, scored.confusion, strict=True)]
    table = page.table((page.words["corner"], *labels), rows)
    return page.picture(pictures.confusion(scored.confusion, labels), page.words["confusion_said"], table)


def residuals(told: Told, page: Markup) -> str:
    """Where the predictions of numbers miss, target by target."""
    model, test = told.model, told.ready.parts.test
    if isinstance(model.target, ClassTarget) or not told.has_rows:
        return ""
    outputs, actual = model.outputs_for(told.ready.X[test]), told.ready.y[test]
    predicted = model.target.in_unit(model.target.decode(outputs)).reshape(len(test), -1)
    true = model.target.in_unit(actual).reshape(len(test), -1)
    rows, found = pictures.some(len(test)), []
    for k, column in enumerate(model.target.columns[:MOST_TARGETS]):
        missed = np.quantile(true[:, k] - predicted[:, k], SHARES)
        table = page.table(
            (page.words["quantile"], page.words["residual"]),
            [(shown.share(share), shown.number(float(value))) for share, value in zip(SHARES, missed, strict=True)],
        )
        said = page.words["residuals_said"].format(shown=f"{len(rows):,}", n=f"{len(test):,}")
        if len(model.target.columns) > 1:
            said = f"{page.words['residuals_of'].format(column=column)}. {said}"
        found.append(page.picture(pictures.residuals(true[rows, k], predicted[rows, k]), said, table))
    return "".join(found)


def calibration(told: Told, page: Markup) -> str:
    """Whether the probabilities of the held-out rows came true."""
    model, test = told.model, told.ready.parts.test
    if not isinstance(model.target, ClassTarget) or not told.has_rows:
        return ""
    probabilities, codes = model.outputs_for(told.ready.X[test]), told.ready.y[test]
    if len(model.target.labels) == 2:
        said = page.words["calibration_two"].format(label=model.target.labels[1])
        is_true, probability = codes == 1, probabilities[:, 1]
    else:
        said = page.words["calibration_more"]
        is_true, probability = probabilities.argmax(axis=1) == codes, probabilities.max(axis=1)
    names = page.words["said_probability"], page.words["share_right"]
    made = pictures.Calibration(is_true.astype(int), np.clip(probability, 0.0, 1.0), *_english_axes())
    rows = [
        (shown.number(float(said_to_be)), shown.number(float(came)))
        for said_to_be, came in zip(made.shown.prob_pred, made.shown.prob_true, strict=True)
    ]
    error = getattr(model.held_out, "calibration_error", None)
    below = "" if error is None else page.say("calibration_error", error=shown.share(error))
    return page.picture(made.picture, said, page.table(names, rows, words_in=())) + below


def _english_axes() -> tuple[str, str]:
    return "mean predicted probability", "share of rows where it came true"


def curves(told: Told, page: Markup) -> str:
    """Loss, the score by which the best epoch was chosen, and the gradient of each layer, over the epochs."""
    fit = told.done.fit
    history, best = fit.history, None if fit.best is None else fit.best.n
    head = page.say("curves_said", reason=fit.reason)
    if not history:
        return head
    has_loss = "validation_loss" in history[0].scores
    drawn = ["loss", *(["validation_loss"] if has_loss else [])]
    said = page.words["curves_figure" if has_loss else "curves_training"]
    table = _epochs(history, page, told.language)
    found = page.picture(pictures.curves(history, drawn, best), said, table)
    watched = told.model.scoring.watched(told.ready.settings).name
    if watched in history[0].scores and watched not in drawn:
        said = page.words["watched_figure"].format(score=_score(watched, told.language))
        found += page.picture(pictures.curves(history, [watched], best), said)
    return head + found + page.picture(pictures.flow(history), page.words["flow_figure"], _norms(history, page))


def _score(name: str, language: str) -> str:
    """A score of the records in words: validation_rmse is RMSE over the validation rows."""
    score = name.removeprefix("validation_")
    known = score_named(SCORE_NAMES.get(score, score), language)
    return f"{known} of the validation rows" if language == "en" else f"验证行的{known}"


def _thinned(history: Sequence[Epoch]) -> list[Epoch]:
    """Epochs spread evenly, the first and the last among them."""
    return [history[place] for place in spread_evenly(len(history), MOST_EPOCHS)]


def _epochs(history: Sequence[Epoch], page: Markup, language: str) -> str:
    names = list(history[0].scores)
    head = [page.words["epoch"], page.words["loss"], *(_score(name, language) for name in names), page.words["rate"]]
    rows = [
        (
            f"{epoch.n:,}", shown.number(epoch.loss),
            *(shown.number(epoch.scores[name]) if name in epoch.scores else "" for name in names),
            shown.number(epoch.learning_rate),
        )
        for epoch in _thinned(history)
    ]  # fmt: skip
    return page.table(head, rows, words_in=())


def _norms(history: Sequence[Epoch], page: Markup) -> str:
    layers = range(1, len(history[0].gradient_norms) + 1)
    head = [page.words["epoch"], *(page.words["layer"].format(l=l) for l in layers)]
    rows = [(f"{epoch.n:,}", *map(shown.number, epoch.gradient_norms)) for epoch in _thinned(history)]
    return page.table(head, rows, words_in=())


def importance(told: Told, page: Markup) -> str:
    """Which columns matter."""
    kept = told.model.settings.get("importances")
    if not isinstance(kept, dict):
        return page.say("no_importance")
    columns = sorted(kept["columns"].items(), key=lambda item: -item[1])
    what = told.model.scoring.importance
    said = page.words["importance_said"].format(
        what=what if told.language == "en" else RISES[what], n=f"{kept['rows']:,}"
    )
    if len(columns) > pictures.MOST_BARS:
        said = f"{said} {page.words['importance_more'].format(n=pictures.MOST_BARS)}"
    rows = [(name, shown.number(rise, 3)) for name, rise in columns[:MOST_LISTED]]
    table = page.table((page.words["column"], page.words["importance_head"]), rows) + _more(columns, page)
    return page.picture(pictures.importances(columns), said, table)


def dependence(told: Told, page: Markup) -> str:
    """How the predictions go with the columns that matter most."""
    kept, model = told.model.settings.get("importances"), told.model
    if not isinstance(kept, dict):
        return ""
    known = {step.column for step in model.encoder.steps if not isinstance(step, Vector | Computed)}
    columns = [name for name, rise in sorted(kept["columns"].items(), key=lambda item: -item[1]) if rise > 0]
    found = [of_encoded(model, told.ready.X, name) for name in columns if name in known][:MOST_DEPENDENCES]
    if not found:
        return ""
    names, what, label = [str(each) for each in model.target.labels], page.words["probability"], "mean probability"
    drawn = range(min(len(names), MOST_DRAWN))
    if not isinstance(model.target, ClassTarget):
        drawn, what, label = range(1), names[0], f"mean {names[0]}"
    elif len(names) == 2:
        drawn, label = range(1, 2), f"mean probability of {names[1]}"
        what = page.words["probability_of"].format(label=names[1])
    parts = [page.say("dependence_said", n=f"{min(len(told.ready.X), MOST_ROWS):,}")]
    for one in found:
        rows = zip(one.values, one.mean[:, :MOST_LISTED].tolist(), strict=True)
        table = page.table((one.column, *names[:MOST_LISTED]), [(name, *map(shown.number, row)) for name, row in rows])
        made = pictures.dependence(one._replace(mean=one.mean[:, list(drawn)]), [names[k] for k in drawn], label)
        parts.append(page.picture(made, page.words["dependence_of"].format(what=what, column=one.column), table))
    return "".join(parts)


def network(told: Told, page: Markup) -> str:
    """The first network, and what its hidden neurons answer."""
    model, n = told.model, len(told.model.thetas)
    found = page.say("drawn_said", architecture=architecture(model.network))
    if n > 1:
        found += page.say("drawn_several", n=n)
    found += page.picture(pictures.network(model), page.words["drawn_figure"])
    rows = told.ready.X[: pictures.MOST_ROWS]
    made = pictures.activations(model, rows)
    return (
        found
        if made is None
        else found + page.picture(made, page.words["activations_figure"].format(n=f"{len(rows):,}"))
    )


def settings(told: Told, page: Markup) -> str:
    """The recipe's numbers, and what was asked for."""
    pairs = [line.partition(" ") for line in chosen_settings(told.model).splitlines()]
    return page.table(
        (page.words["setting"], page.words["value"]), [(name, value) for name, _, value in pairs], words_in=(0, 1)
    )


def columns(told: Told, page: Markup) -> str:
    """What became of every column."""
    encoder = told.model.encoder
    rows = [(step.column, f"{len(step.names):,}", step.describe()) for step in encoder.steps]
    rows += [(name, "0", page.words["not_used"].format(reason=reason)) for name, reason in encoder.left_out.items()]
    names = page.words["column"], page.words["inputs"], page.words["how"]
    return page.table(names, rows[:MOST_LISTED], words_in=(0, 2)) + _more(rows, page)


def notes(told: Told, page: Markup) -> str:
    """What was decided on the user's behalf."""
    return page.foreign(told.ready.notices) or page.say("no_notes")


def _more(rows: Sequence[Any], page: Markup) -> str:
    return page.say("more", n=f"{len(rows) - MOST_LISTED:,}") if len(rows) > MOST_LISTED else ""
