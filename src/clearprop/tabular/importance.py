"""Which columns matter: how much worse validation rows are predicted when the values of one column are shuffled.

Permutation importance, Breiman (2001), Random Forests, section 10; Fisher, Rudin & Dominici (2019). It says what the
networks use, not what causes what; of two columns that say the same, each can seem to matter little.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from clearprop.tables import Encoder
from clearprop.tabular.learning import Learned
from clearprop.tabular.planning import EnsemblePlan
from clearprop.training.crew import Crew

SHARE = 0.02  # of the work of training, at most
ALWAYS = 1000  # rows that may be predicted however short training was: some milliseconds
MOST_ROWS, FEWEST_ROWS = 2000, 20
MOST_REPEATS = 5


def importances(plan: EnsemblePlan, done: Learned, encoder: Encoder) -> dict[str, Any] | None:
    """The rise of the log loss, or the fall of R², by column.

    Each row is predicted by a network that did not learn from it. The work is bounded: fewer rows are taken where there
    are many columns.

    Parameters
    ----------
    plan : EnsemblePlan
        Of the main networks.
    done : Learned
    encoder : Encoder

    Returns
    -------
    dict or None
        "rows", on how many it was measured, and "columns", from name to importance. None where it would take too long
        or say nothing: of one column, after an interrupted training, or with hardly a row to measure on.
    """
    if len(encoder.steps) < 2 or done.fit.stopped_by == "interrupt":
        return None
    learned_rows = sum(len(fold.learn) for fold in plan.folds) * max(1, len(done.fit.history))
    predicted = max(3 * SHARE * learned_rows, ALWAYS)  # learning from a row takes three times what predicting it does
    affordable = int(predicted / len(encoder.steps))
    random = np.random.Generator(np.random.Philox(key=plan.settings.seed))
    rows = _drawn(plan, min(MOST_ROWS, affordable), random)
    n_rows = sum(map(len, rows))
    if n_rows < FEWEST_ROWS:
        return None
    repeats = max(1, min(MOST_REPEATS, affordable // n_rows))
    with Shuffling(plan, done, rows) as shuffling:
        before, found = shuffling.loss(), {}
        for column, inputs in _inputs_of(encoder).items():
            losses = [shuffling.loss(inputs, random.permutation(n_rows)) for _ in range(repeats)]
            found[column] = float(np.mean(losses) - before)
    return {"rows": n_rows, "columns": found} if np.isfinite(list(found.values())).all() else None


def _inputs_of(encoder: Encoder) -> dict[str, list[int]]:
    """The numbers of the inputs of each column; an imported network may have them apart."""
    found: dict[str, list[int]] = {}
    start = 0
    for step in encoder.steps:
        found.setdefault(step.column, []).extend(range(start, start + step.n_inputs))
        start += step.n_inputs
    return found


def _drawn(plan: EnsemblePlan, most: int, random: np.random.Generator) -> list[Any]:
    """Rows for each network, of those that it did not learn from, each row once."""
    count, folds = len(plan.folds), plan.folds
    same = all(fold.validation is folds[0].validation for fold in folds)
    each = [fold.validation[k::count] if same else fold.validation for k, fold in enumerate(folds)]
    return [np.sort(random.permutation(rows)[: max(1, most // count)]) for rows in each]


class Shuffling:
    """The loss over rows drawn for each network, as they are or with the inputs of one column exchanged among all.

    The networks predict side by side, each by a thread and an engine of its own; nothing depends on how many there are.

    Parameters
    ----------
    plan : EnsemblePlan
    done : Learned
    rows : list of int arrays
        For each network.
    """

    def __init__(self, plan: EnsemblePlan, done: Learned, rows: list[Any]) -> None:
        places = np.concatenate(rows)
        self.plan, self.done = plan, done
        self.inputs = plan.rows.X[places]
        ends = np.cumsum([0, *map(len, rows)])
        self.parts = [slice(*pair) for pair in pairwise(ends)]
        self.engines = [copy(plan.choice.engine) for _ in rows]
        self.actual = plan.rows.y[places]
        weight = None if plan.rows.weight is None else plan.rows.weight[places]
        self.weight = weight if weight is not None and weight.any() else None
        self.crew = Crew(min(plan.n_threads, len(rows)) if len(rows) > 1 else 0)

    def __enter__(self) -> Shuffling:
        return self

    def __exit__(self, *_: object) -> None:
        self.crew.end()

    def loss(self, inputs: Sequence[int] = (), order: Any = None) -> float:
        """The log loss, or the share of the variance that is not explained, with these inputs in this order."""
        block = list(inputs)
        kept = self.inputs[:, block]
        if order is not None:
            self.inputs[:, block] = kept[order]
        outputs = np.concatenate(self.crew.did([partial(self._outputs, k) for k in range(len(self.parts))]))
        self.inputs[:, block] = kept
        return self.plan.scoring.unexplained(outputs, self.done.temperature, self.actual, self.weight)

    def _outputs(self, k: int) -> Any:
        network = self.plan.network
        return self.engines[k].outputs(network, network.views(self.done.thetas[k]), self.inputs[self.parts[k]])
