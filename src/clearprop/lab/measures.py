"""What is measured of a network at its present weights: losses, scores, norms, histograms; all by the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.job import Data
from clearprop.job.divergence import layer_norms
from clearprop.lab.project import Project
from clearprop.lab.rows import CLASSIFICATION
from clearprop.network import backward, forward

ROWS_OF_LOSS, ROWS_OF_NORMS = 2_000, 200  # at most so many are measured, the first ones


@dataclass(frozen=True)
class Point:
    """One point of the curves.

    Attributes
    ----------
    step, epoch : int
        Updates and whole epochs done.
    loss : float
        Over the training rows at these weights, without penalties.
    validation_loss : float or None
    rate : float
        Of the next update.
    gradient, delta : tuple of float
        ‖∂C/∂θ‖ and ‖δ‖ of each layer over the training rows.
    """

    step: int
    epoch: int
    loss: float
    validation_loss: float | None
    rate: float
    gradient: tuple[float, ...]
    delta: tuple[float, ...]


def first_rows(data: Data, n: int) -> Data:
    """The first so many rows."""
    return data if data.n_samples <= n else data.take(slice(0, n))


def point_at(project: Project, theta: Any, step: int, epoch: int, rate: float) -> Point:
    """The point of the curves at these weights."""
    engine, params = project.choice.engine, project.network.views(theta)
    held_out = project.rows.validation
    with np.errstate(all="ignore"):
        loss = engine.loss(project.network, params, first_rows(project.rows.training, ROWS_OF_LOSS))
        validation = (
            None
            if held_out is None
            else float(engine.loss(project.network, params, first_rows(held_out, ROWS_OF_LOSS)))
        )
        gradient, delta = norms(project, theta)
    return Point(step, epoch, float(loss), validation, rate, gradient, delta)


def norms(project: Project, theta: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """‖∂C/∂θ‖ and ‖δ‖ of each layer, of the mean loss over the first training rows."""
    network, params = project.network, project.network.views(theta)
    rows = first_rows(project.rows.training, ROWS_OF_NORMS)
    found = backward(network, params, forward(network, params, rows.X), rows.Y)
    of_gradient = tuple(layer_norms(network, found.theta).tolist())
    return of_gradient, tuple(float(np.linalg.norm(delta)) for delta in found.delta)


def scores_of(project: Project, theta: Any, data: Data) -> dict[str, Any]:
    """Loss, and accuracy or R², over rows.

    Whether the largest of the outputs or a threshold says the class follows from the output layer: several outputs or
    one.
    """
    network, params = project.network, project.network.views(theta)
    with np.errstate(all="ignore"):
        outputs = project.choice.engine.outputs(network, params, data.X)
        found: dict[str, Any] = {"loss": float(project.choice.engine.loss(network, params, data))}
    if project.rows.task == CLASSIFICATION:
        right = project.rows.labels(outputs) == project.rows.labels(data.Y)
        found["accuracy"] = float(np.mean(right & np.isfinite(outputs).all(axis=1)))
    else:
        around = float(np.sum((data.Y - data.Y.mean(axis=0)) ** 2))
        off = float(np.sum((data.Y - outputs) ** 2))
        found["r2"] = 1 - off / around if around > 0 else float("nan")
    return {**found, "rows": data.n_samples}


def activations(project: Project, theta: Any, l: int) -> tuple[Any, Any]:
    """z and a of a layer for the first training rows, each (n_rows, n_l)."""
    rows = first_rows(project.rows.training, ROWS_OF_NORMS)
    tape = forward(project.network, project.network.views(theta), rows.X)
    return tape.z[l], tape.a[l]
