"""How near an int8 network comes to float, as a table on the rows that it was calibrated with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.errors import InputError, ShapeError
from clearprop.files.export.c.quantising import Int8Layer, Int8Program, calibration_rows, chosen
from clearprop.files.export.evaluation import answered, mean_outputs, quantiles_of
from clearprop.files.export.program import Member, Program
from clearprop.formulas import evaluate

MOST_LOST = 1.0  # points


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


@dataclass(frozen=True)
class Accuracy:
    """How near an int8 network comes to float.

    Attributes
    ----------
    lines : sequence of str
        A score in float and in int8 where the truth is known, and how far the two are apart.
    points : sequence of (str, float, float)
        What is known of the truth in percent, in float and in int8: rows whose class is right, labels that are, R² of
        each number.
    worst : str
        Which layer costs most, in words; "" for a network of one layer.
    """

    lines: Sequence[str]
    points: Sequence[tuple[str, float, float]] = ()
    worst: str = ""

    def check(self, most_lost: float) -> None:
        """Raise InputError where more points are lost than that."""
        lost = [(single - small, name, single, small) for name, single, small in self.points]
        worst, name, single, small = max(lost, default=(0.0, "", 0.0, 0.0))
        if not worst <= most_lost:
            raise InputError(
                f"in eight bits {name} falls from {single:.2f} % to {small:.2f} % on the calibration rows"
                f"{f'; {self.worst}' if self.worst else ''}. Export the networks in float, train with a larger penalty "
                f"(alpha), which keeps weights from cancelling each other, or say most_lost={np.ceil(worst):g} (points)"
            )


def accuracy_of(program: Program, int8: Int8Program, given: Calibration) -> Accuracy:
    """The table of what int8 costs.

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
    worst = _worst_layer(program, int8, X, single)
    lines += [f"int8 and float {title}:", *_apart(program, single, small), *([f"  {worst}"] if worst else [])]
    for k, each in enumerate(program.quantiles, start=1):
        networks = mean_outputs(program.network, each.members, X, np.float32), int8.mean_outputs(program, k, X)
        first, second = (_quantile(program, k, outputs) for outputs in networks)
        lines.append(_distance(f"quantile {each.quantile:g} of {program.answer.names[0]}", first, second))
    return Accuracy(lines, () if truth is None else _points(program, (single, small), truth), worst)


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


def _points(program: Program, both: Sequence[Any], truth: Any) -> list[tuple[str, float, float]]:
    """Scores in percent, in float and in int8."""
    kind, names = program.answer.kind, program.answer.names
    of = {"class": ["accuracy"], "labels": ["the share of right labels"]}.get(kind) or [f"R² of {n}" for n in names]
    single, small = (_percent(kind, found, truth) for found in both)
    return list(zip(of, single, small, strict=True))


def _percent(kind: str, found: Any, truth: Any) -> list[float]:
    if kind == "class":
        return [100 * float(np.mean(found.argmax(1) == truth))]
    truth = truth.reshape(found.shape)
    if kind == "labels":
        return [100 * float(np.mean((found > 0.5) == (truth > 0.5)))]
    spread = truth.var(axis=0)
    left = np.mean(np.square(found - truth), axis=0) / np.where(spread > 0, spread, 1.0)
    return [float(score) for score in 100 * (1 - left)]


def _worst_layer(program: Program, int8: Int8Program, X: Any, single: Any) -> str:
    """The layer which alone in eight bits takes the answers furthest from float, in words."""
    if len(program.members[0]) < 2:
        return ""
    groups = list(zip(int8.groups[0], program.members, strict=True))
    apart = []
    for l in range(len(program.members[0])):
        with np.errstate(all="ignore"):
            mean = sum(_with_one(network, member, l, X) for network, member in groups) / len(groups)
        apart.append(_rms(answered(program, mean) - single))
    worst = int(np.argmax(apart))
    return f"most of it comes in layer {worst + 1}, which alone takes them {apart[worst]:.2g} apart"


def _with_one(network: Sequence[Int8Layer], member: Member, l: int, X: Any) -> Any:
    """The outputs of a network that adds up in eight bits what comes into layer l, from 0, and nothing else."""
    a = X.astype(np.float32)
    for k, (int8, layer) in enumerate(zip(network, member, strict=True)):
        z = a @ layer.weights + layer.biases
        if k == l:
            found = int8.sums(int8.grid.nearest(a)) * int8.scales
            z = found + (z - found).mean(axis=0)  # a hidden layer's sums are counted from the middle of its grid
        a = evaluate(layer.tree, {"z": z})
    return a


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
