"""Which columns matter: how much worse rows that judged are predicted when the values of one column are shuffled.

Permutation importance, Breiman (2001), Random Forests, section 10; Fisher, Rudin & Dominici (2019). It says what the
networks use, not what causes what; of two columns that say the same, each can seem to matter little.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.tables import ClassTarget, Encoder, comparable
from clearprop.tabular.calibration import at_temperature, log_loss
from clearprop.tabular.learning import Learned, Plan
from clearprop.tabular.metrics import rmse

SHARE = 0.05  # of the work of training, at most
MOST_ROWS, FEWEST_ROWS = 2000, 20
MOST_REPEATS = 5


def importances(plan: Plan, done: Learned, encoder: Encoder) -> dict[str, Any] | None:
    """The rise of the log loss, or the fall of R², by column.

    Each row is predicted by a network that did not learn from it. The work is bounded: fewer rows are taken where there
    are many columns.

    Parameters
    ----------
    plan : Plan
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
    affordable = int(3 * SHARE * learned_rows / len(encoder.steps))  # learning takes three times what predicting does
    random = np.random.Generator(np.random.Philox(key=plan.settings.seed))
    rows = _drawn(plan, min(MOST_ROWS, affordable), random)
    n_rows = sum(map(len, rows))
    if n_rows < FEWEST_ROWS:
        return None
    repeats = max(1, min(MOST_REPEATS, affordable // n_rows))
    inputs = [plan.rows.X[part] for part in rows]
    loss = _loss(plan, done, rows)
    before, found, start = loss(inputs), {}, 0
    for step in encoder.steps:
        block = slice(start, start + step.n_inputs)
        found[step.column] = float(np.mean([loss(_shuffled(inputs, block, random)) for _ in range(repeats)]) - before)
        start += step.n_inputs
    return {"rows": n_rows, "columns": found} if np.isfinite(list(found.values())).all() else None


def _drawn(plan: Plan, most: int, random: np.random.Generator) -> list[Any]:
    """Rows for each network, of those that it did not learn from, each row once."""
    count, folds = len(plan.folds), plan.folds
    same = all(fold.judge is folds[0].judge for fold in folds)
    each = [fold.judge[k::count] if same else fold.judge for k, fold in enumerate(folds)]
    return [np.sort(random.permutation(rows)[: max(1, most // count)]) for rows in each]


def _shuffled(inputs: list[Any], block: slice, random: np.random.Generator) -> list[Any]:
    """The inputs of all networks with those of one column exchanged among all rows."""
    values = np.concatenate([X[:, block] for X in inputs])
    values = values[random.permutation(len(values))]
    changed, start = [], 0
    for X in inputs:
        X = X.copy()
        X[:, block] = values[start : start + len(X)]
        changed.append(X)
        start += len(X)
    return changed


def _loss(plan: Plan, done: Learned, rows: list[Any]) -> Any:
    """From the inputs of each network's rows to the log loss, or the share of the variance that is not explained."""
    places = np.concatenate(rows)
    actual = plan.rows.learned[places]
    weight = None if plan.rows.weight is None else plan.rows.weight[places]
    weight = weight if weight is not None and weight.any() else None
    engine, network, target = plan.choice.engine, plan.network, plan.target

    def loss(inputs: list[Any]) -> float:
        outputs = np.concatenate(
            [engine.outputs(network, network.views(theta), X) for theta, X in zip(done.thetas, inputs, strict=True)]
        )
        if isinstance(target, ClassTarget):
            return log_loss(at_temperature(outputs, done.temperature), actual, weight)
        found, true, weights = comparable(target, target.decode(outputs), actual, weight)
        spread = np.average((true - np.average(true, weights=weights)) ** 2, weights=weights)
        return rmse(found, true, weights) ** 2 / (float(spread) or 1.0)

    return loss
