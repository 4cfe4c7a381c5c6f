"""From the parameters of a table estimator to the settings of a training."""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier
from sklearn.utils import check_random_state

from clearprop.errors import InputError, UnknownNameError
from clearprop.estimators.ranges import is_count
from clearprop.estimators.tabular_data import hidden, of_values, positive
from clearprop.tabular.metrics import METRICS
from clearprop.tabular.settings import TableSettings

PASSED_ON = ("quality", "activation", "on_divergence", "engine", "device", "precision")  # checked by the settings
COUNTS = {  # and the least of each
    "ensemble": 1, "max_iter": 1, "batch_size": 1, "n_threads": 1, "waves": 0, "target_means": 0,
}  # fmt: skip


def settings_of(estimator: Any) -> TableSettings:
    """The settings that the parameters of a TabularEstimator ask for.

    Raises
    ------
    InputError
        For a parameter that is none of what it can be, by its name.
    """
    for name, least in COUNTS.items():
        given = getattr(estimator, name)
        if given is not None and not is_count(given, least):
            raise InputError(f"{name} must be None or a whole number of at least {least}, not {given!r}")
    counts: Any = {name: _whole(getattr(estimator, name)) for name in COUNTS if name != "max_iter"}
    return TableSettings(
        hidden=hidden(estimator.hidden_layer_sizes),
        epochs=_whole(estimator.max_iter),
        time_limit=positive("max_seconds", estimator.max_seconds),
        **counts | {name: getattr(estimator, name) for name in PASSED_ON},
        learning_rate=positive("learning_rate_init", estimator.learning_rate_init),
        metric=_metric(estimator),
        seed=int(check_random_state(estimator.random_state).randint(2**31 - 1)),
        read=of_values(estimator.read),
        **estimator._options(),
    )


def _metric(estimator: Any) -> str | None:
    """The metric, which must be one for this task."""
    task = "classification" if is_classifier(estimator) else "regression"
    fitting = [name for name, each in METRICS.items() if each.task == task]
    if estimator.metric is not None and estimator.metric not in fitting:
        raise UnknownNameError(f"metric of {type(estimator).__name__}", estimator.metric, fitting)
    return None if estimator.metric is None else str(estimator.metric)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
