"""Different members, chosen: ensembles of several recipes, of which those stay that predict best together.

Each recipe has networks of its own, on the same rows as those of the others, so that all of them predict the same
validation rows. Recipes are taken greedily, each time the one that makes the mean of what is taken best, and no recipe
twice, so that all networks count the same: Caruana, Niculescu-Mizil, Crew & Ksikes (2004), Ensemble selection from
libraries of models. With weights, by taking one several times, it was no better (docs/decisions/0031).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from clearprop.engines import Job
from clearprop.formulas import AdamW
from clearprop.tabular.quality import LEVELS
from clearprop.tabular.settings import TableSettings
from clearprop.training.asked import dropout_per_layer


class Variant(NamedTuple):
    """What a recipe does otherwise than the default; what the user asked for stays in all of them.

    Attributes
    ----------
    rate, epochs : float
        Factors on the learning rate and on the number of epochs.
    decay, dropout, smoothing : float, optional
        Instead of the default's.
    """

    rate: float = 1.0
    epochs: float = 1.0
    decay: float | None = None
    dropout: float | None = None
    smoothing: float | None = None

    def __str__(self) -> str:
        said = {"learning rate ×": self.rate, "epochs ×": self.epochs}
        found = [f"{name} {value:g}" for name, value in said.items() if value != 1.0]
        instead = {"weight decay": self.decay, "dropout": self.dropout, "label smoothing": self.smoothing}
        found += [f"{name} {value:g}" for name, value in instead.items() if value is not None]
        return ", ".join(found) or "the default"


VARIANTS: Mapping[str, tuple[Variant, ...]] = {
    "classification": (
        Variant(),
        Variant(rate=1.5, dropout=0.35, smoothing=0.05),
        Variant(epochs=2.0, decay=0.12),
        Variant(rate=0.6, epochs=0.5, dropout=0.25),
        Variant(rate=1.2, decay=0.1, dropout=0.05, smoothing=0.0),
        Variant(epochs=2.0, dropout=0.25, smoothing=0.05),
    ),
    "regression": (
        Variant(),
        Variant(decay=0.2, dropout=0.25),
        Variant(rate=0.8, epochs=2.0, decay=0.1, dropout=0.05),
        Variant(rate=1.5, decay=0.1, dropout=0.0),
        Variant(epochs=2.0, dropout=0.15),
        Variant(rate=1.6, epochs=2.0, dropout=0.05),
    ),
}


def variants(task: str, settings: TableSettings) -> tuple[Variant, ...]:
    """The recipes of this task and quality; the default alone where the number of networks is given, or there are some.

    Examples
    --------
    >>> from clearprop.tabular.choosing import variants
    >>> from clearprop.tabular.settings import TableSettings
    >>> [len(variants("regression", TableSettings(quality=k))) for k in (3, 4, 5)]
    [1, 3, 6]
    >>> print(variants("regression", TableSettings(quality=4))[1])
    weight decay 0.2, dropout 0.25
    """
    is_alone = settings.ensemble is not None or settings.start is not None
    return VARIANTS[task][: 1 if is_alone else LEVELS[settings.quality].recipes]


def varied(job: Job, variant: Variant, settings: TableSettings) -> Job:
    """What a network is asked to do by this recipe; all that the settings give stays."""
    if variant == Variant():
        return job
    rule = job.update_rule
    assert isinstance(rule, AdamW)
    rate = rule.learning_rate if settings.learning_rate is not None else variant.rate * rule.learning_rate
    decay = variant.decay if variant.decay is not None and settings.weight_decay is None else rule.weight_decay
    dropout, smoothing, epochs = job.dropout, job.label_smoothing, job.epochs
    if variant.dropout is not None and settings.dropout is None:
        dropout = dropout_per_layer(job.network, variant.dropout if job.network.depth > 1 else 0.0)
    if variant.smoothing is not None and smoothing:
        smoothing = variant.smoothing
    if settings.epochs is None:
        epochs = max(1, round(variant.epochs * epochs))
    return replace(
        job,
        update_rule=replace(rule, learning_rate=rate, weight_decay=decay),
        dropout=dropout,
        label_smoothing=smoothing,
        epochs=epochs,
    )


def chosen(outputs: Sequence[Any], loss: Callable[[Any], float]) -> list[int]:
    """The places of the recipes that predict best together, in the order in which they were taken.

    Parameters
    ----------
    outputs : sequence of arrays
        What each predicts for the same rows.
    loss : callable
        Of the mean of some; lower is better.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.tabular.choosing import chosen
    >>> chosen([np.array([0.0]), np.array([3.0]), np.array([9.0])], lambda mean: abs(float(mean[0]) - 1.4))
    [0, 1]
    """
    left, taken, total = list(range(len(outputs))), list[int](), np.zeros(())
    best, n_best = np.inf, 1
    while left:
        losses = [loss((total + outputs[k]) / (len(taken) + 1)) for k in left]
        k = left.pop(place := int(np.argmin(losses)))
        taken.append(k)
        total = total + outputs[k]
        if losses[place] < best:
            best, n_best = losses[place], len(taken)
    return taken[:n_best]
