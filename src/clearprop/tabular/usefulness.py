"""Whether a network is any better than a predictor that looks at no column, and the sentence that says so.

What counts is the score by which the best epoch was chosen: the one that was asked for, otherwise the accuracy of
classes (the log loss, where probabilities were asked for) and the RMSE of numbers. Of classes the log loss counts as
well. It is a proper score: probabilities that beat the shares of the classes say something even where the most probable
class of every row is the most frequent one, and those that do not beat them are not to be used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from clearprop.tables import ClassTarget, CountTarget, Target
from clearprop.tabular.metrics import METRICS
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.thresholds import SCORES

DEFAULTS = {"classification": "accuracy", "regression": "rmse"}
OF_COUNTS = "poisson_deviance"
CONSTANT = {"roc_auc": 0.5, "r2": 0.0}  # what a predictor that always says the same gets


def main_metric(target: Target, settings: TableSettings | Mapping[str, Any]) -> str:
    """The name of the score by which the best epoch was chosen; `settings` may be those that a file holds."""
    kept = vars(settings) if isinstance(settings, TableSettings) else settings
    asked, probabilities = kept.get("metric"), kept.get("probabilities")
    if isinstance(asked, str) and asked in METRICS and METRICS[asked].task == target.task:
        return asked
    if isinstance(target, CountTarget):
        return OF_COUNTS
    return "log_loss" if probabilities and target.task == "classification" else DEFAULTS[target.task]


def judged_by(target: Target, settings: TableSettings | Mapping[str, Any]) -> str:
    """The score that says whether classes, or numbers, are of use: the one that their threshold is tuned for."""
    kept = vars(settings) if isinstance(settings, TableSettings) else settings
    if isinstance(target, ClassTarget) and (kept.get("threshold") in SCORES or target.is_tuned):
        return str(kept.get("threshold") or "balanced_accuracy")
    return main_metric(target, settings)


def no_better(values: Mapping[str, Any], metrics: Collection[str]) -> tuple[str, ...]:
    """Which of these scores are no better than the trivial predictor's.

    Parameters
    ----------
    values : mapping
        Scores by name, as `to_json` or `averages` give them, the trivial predictor's beside each.
    metrics : collection of str

    Examples
    --------
    >>> from clearprop.tabular.usefulness import no_better
    >>> no_better({"accuracy": 0.9, "trivial_accuracy": 0.9, "log_loss": 0.2, "trivial_log_loss": 0.3}, ["accuracy"])
    ('accuracy',)
    """
    found = tuple(metric for metric in metrics if _is_no_better(values, metric))
    if values.get("trivial_log_loss") == 0:  # all rows are of one class: nothing can have a smaller log loss
        return tuple(metrics) if set(found) - {"log_loss"} else ()
    return found


def _is_no_better(values: Mapping[str, Any], metric: str) -> bool:
    name = f"{metric}_log" if values.get(f"{metric}_log") is not None else metric  # the logarithm was learned
    trivial = values.get(f"trivial_{name}", CONSTANT.get(metric))
    network, always = _mean(values.get(name)), _mean(trivial)
    if network is None or always is None:
        return False
    return network <= always if METRICS[metric].higher_is_better else network >= always


def _mean(given: Any) -> float | None:
    """A score; of one for each class, their mean."""
    if isinstance(given, list | tuple):
        return sum(given) / len(given) if given else None
    return None if given is None else float(given)


def metrics_of(target: Target, settings: TableSettings | Mapping[str, Any]) -> tuple[str, ...]:
    """The scores that say whether a network is any use: the main one and, of classes, the log loss."""
    main = judged_by(target, settings)
    return (main,) if target.task == "regression" or main == "log_loss" else (main, "log_loss")


def sentences(
    target: Target, trivial: Any, useless: Collection[str], settings: TableSettings | Mapping[str, Any]
) -> tuple[str, ...]:
    """What to say of a network whose scores of these names are no better than the trivial predictor's."""
    main = judged_by(target, settings)
    always = target.usual if target.task == "regression" else f"{target.usual}, {trivial!s}"
    if main in useless and (target.task == "regression" or "log_loss" in useless):
        return (f"No better than always saying {always}: do not use it.",)
    if main in useless:
        return (
            f"No better than always saying {always}, by {main.replace('_', ' ')}: do not use its classes. Its "
            "probabilities say more than how frequent each class is.",
        )
    if "log_loss" in useless:
        return ("No better than always saying how frequent each class is, by log loss: do not use its probabilities.",)
    return ()
