"""The trials of a search over the settings of a table: the recipe, and others drawn around it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from clearprop.network import Dense
from clearprop.tabular import recipe
from clearprop.tabular.preparation import Prepared

DEPTHS = (1, 2, 3, 4)
WIDTHS = (32, 64, 96, 128, 192, 256, 384)
RATES = (0.1, 3.0)  # times the recipe's
DECAYS = (1e-3, 0.3)
DROPOUTS = (0.05, 0.4)
WITHOUT_DROPOUT = 1 / 3  # of the trials
BATCHES = (0.5, 1.0, 2.0)  # times the recipe's
SEED = 0x5EA7C4  # beside the seed of the settings, so that no rows are split by what draws the trials


class Trial(NamedTuple):
    """Settings that are tried.

    Attributes
    ----------
    number : int
        From 1, which is the recipe.
    asked : dict
        What is asked of the recipe beside the settings: hidden, learning_rate, batch_size, dropout, weight_decay.
    """

    number: int
    asked: dict[str, Any]


def drawn(ready: Prepared, n_trials: int) -> list[Trial]:
    """The trials of a search: the recipe, and others drawn around it; what was asked for stays.

    They depend on the table's seed and their number alone.
    """
    settings, job, network = ready.settings, ready.plan.jobs[0], ready.network
    size = job.batch_size
    own: dict[str, Any] = {
        "hidden": tuple(layer.outputs for layer in network.layers[:-1] if isinstance(layer, Dense)),
        "learning_rate": job.update_rule.learning_rate,  # type: ignore[union-attr]
        "batch_size": size,
        "dropout": max(job.dropout, default=0.0),
        "weight_decay": job.update_rule.weight_decay,  # type: ignore[union-attr]
    }
    kept = {name: own[name] for name in own if getattr(settings, name) is not None}
    trials = [Trial(1, own)]
    for number in range(2, n_trials + 1):
        random = np.random.default_rng([settings.seed, SEED, number])
        trials.append(Trial(number, {**_around(own, random), **kept}))
    return trials


def _around(own: dict[str, Any], random: Any) -> dict[str, Any]:
    """Settings around the recipe's."""
    depth, width = int(random.choice(DEPTHS)), int(random.choice(WIDTHS))
    size = max(recipe.SMALLEST_BATCH // 2, int(own["batch_size"] * random.choice(BATCHES)))
    rate = own["learning_rate"] * math.sqrt(size / own["batch_size"]) * _between(RATES, random)
    drops = random.random() >= WITHOUT_DROPOUT
    return {
        "hidden": (width,) * depth,
        "learning_rate": _rounded(rate),
        "batch_size": size,
        "dropout": _rounded(float(random.uniform(*DROPOUTS))) if drops else 0.0,
        "weight_decay": _rounded(_between(DECAYS, random)),
    }


def _between(ends: tuple[float, float], random: Any) -> float:
    """A number between these, evenly on the scale of its logarithm."""
    return float(np.exp(random.uniform(*np.log(ends))))


def _rounded(value: float) -> float:
    """To three digits, so that it can be typed."""
    return float(f"{value:.3g}")
