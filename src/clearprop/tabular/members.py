"""From the ensembles of several recipes to the one that predicts: which of them stay, and what follows for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from clearprop.tabular.choosing import Variant, chosen, varied
from clearprop.tabular.learning import Learned, scaled, validation_targets
from clearprop.tabular.planning import EnsemblePlan


def of_recipes(main: EnsemblePlan, found: Sequence[Learned | None], recipes: Sequence[Variant]) -> Learned:
    """The networks of the recipes that predict the validation rows best together, those taken first before others.

    Parameters
    ----------
    main : EnsemblePlan
        Of the first recipe.
    found : sequence of Learned or None
        Of each recipe; None of one that diverged.
    recipes : sequence of Variant
        As many or more: training may have been interrupted.
    """
    whole = {k: one for k, one in enumerate(found) if one is not None and one.outputs is not None}
    first = found[0]
    assert first is not None
    if len(whole) < 2:
        return first._replace(outputs=None)
    actual, weight = validation_targets(main)
    places, outputs = list(whole), [one.outputs for one in whole.values()]
    taken = [places[k] for k in chosen(outputs, _loss(main, actual, weight))]
    each = [whole[k] for k in taken]
    jobs = ([varied(job, recipes[k], main.settings) for job in main.jobs] for k in taken)
    together = each[0]._replace(
        thetas=np.concatenate([one.thetas for one in each]),
        outputs=None,
        jobs=tuple(chain.from_iterable(jobs)),
        recipes=tuple(f"{'taken' if k in taken else 'left out'}: {recipes[k]}" for k in places),
    )
    return scaled(main, together, np.mean([one.outputs for one in each], axis=0))


def _loss(main: EnsemblePlan, actual: Any, weight: Any) -> Callable[[Any], float]:
    """What the choice lowers: of classes the log loss, which tells more of few rows than mistakes do, unless asked."""
    scoring, metric = main.scoring, main.settings.metric
    watched = scoring.watched(main.settings)
    is_own = metric is not None or main.target.task == "regression"
    name, sign = (watched.name, -1 if watched.higher_is_better else 1) if is_own else ("validation_loss", 1)
    return lambda outputs: sign * scoring.of_epoch(outputs, actual, weight, metric)[name]
