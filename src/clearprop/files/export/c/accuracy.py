"""How near an int8 network comes to float, as a table on the rows that it was calibrated with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.errors import ShapeError
from clearprop.files.export.c.quantising import Int8Program, calibration_rows, chosen
from clearprop.files.export.evaluation import answered, mean_outputs, quantiles_of
from clearprop.files.export.program import Program


@dataclass(frozen=True)
class Calibration:
    """Rows that an int8 network is made with.

    Attributes
    ----------
    inputs : array of shape (n_rows, n_inputs)
        What the networks get of them.
    truth : array or None
        What is true of them, for scores: the numbers of the classes (n_rows,), −1 for another one; of labels or
        numbers (n_rows, n).
    """

    inputs: Any
    truth: Any = None


def accuracy_table(program: Program, int8: Int8Program, given: Calibration) -> list[str]:
    """Lines of text: a score in float and in int8 where the truth is known, and how far the two are apart.

    Raises
    ------
    ShapeError
        When there is not a truth for each row.
    """
    X = calibration_rows(program, given.inputs)
    truth = _truth(program, given)
    single = answered(program, mean_outputs(program.network, program.members, X, np.float32))
    small = answered(program, int8.mean_outputs(program, 0, X))
    title = f"on {len(X):,} calibration rows"
    lines = [] if truth is None else _table(title, _scores(program, (single, small), truth))
    lines += [f"int8 and float {title}:", *_apart(program, single, small)]
    for k, each in enumerate(program.quantiles, start=1):
        networks = mean_outputs(program.network, each.members, X, np.float32), int8.mean_outputs(program, k, X)
        first, second = (_quantile(program, k, outputs) for outputs in networks)
        lines.append(_distance(f"quantile {each.quantile:g} of {program.answer.names[0]}", first, second))
    return lines


def _truth(program: Program, given: Calibration) -> Any:
    if given.truth is None:
        return None
    truth, n = np.asarray(given.truth), len(given.inputs)
    if truth.shape[:1] != (n,):
        raise ShapeError(f"there are {n:,} calibration rows and {len(truth):,} true answers; give one for each")
    return truth[chosen(n)]


def _quantile(program: Program, k: int, outputs: Any) -> Any:
    """One quantile, not yet put in order with the others."""
    alone = replace(program, quantiles=program.quantiles[k - 1 : k])
    return quantiles_of(alone, [outputs])[:, 0]


def _scores(program: Program, both: Sequence[Any], truth: Any) -> list[tuple[str, ...]]:
    """The name of each score, and what it is in float and in int8."""
    kind = program.answer.kind
    if kind == "class":
        return [("accuracy", *(f"{100 * np.mean(found.argmax(1) == truth):.2f} %" for found in both))]
    truth = truth.reshape(both[0].shape)
    if kind == "labels":
        right = (f"{100 * np.mean((found > 0.5) == (truth > 0.5)):.2f} %" for found in both)
        return [("labels that are right", *right)]
    return [
        (f"RMSE of {name}", *(f"{_rms(found[:, k] - truth[:, k]):.4g}" for found in both))
        for k, name in enumerate(program.answer.names)
    ]


def _table(title: str, rows: Sequence[tuple[str, ...]]) -> list[str]:
    cells = [(title, "float", "int8"), *rows]
    widths = [max(len(row[k]) for row in cells) for k in range(3)]
    return [f"  {row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}" for row in cells]


def _apart(program: Program, single: Any, small: Any) -> list[str]:
    """How far the two are apart, where nobody knows what is true."""
    if program.answer.kind == "numbers":
        return [_distance(name, single[:, k], small[:, k]) for k, name in enumerate(program.answer.names)]
    if program.answer.kind == "class":
        same = f"  the same class in {100 * np.mean(single.argmax(1) == small.argmax(1)):.2f} % of the rows"
    else:
        same = f"  the same answer for {100 * np.mean((single > 0.5) == (small > 0.5)):.2f} % of the labels"
    return [same, _distance("probabilities", single, small)]


def _distance(name: str, single: Any, small: Any) -> str:
    apart = single - small
    return f"  {name}: {_rms(apart):.2g} apart (root mean square), {np.abs(apart).max():.2g} at most"


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
