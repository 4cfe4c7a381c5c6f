"""One step for a number of rows, as a program: from a batch to the gradient, and from the gradient to θ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import torch

from clearprop.engines.torch.masks import masks_of
from clearprop.engines.torch.passes import Passes, blocks_of
from clearprop.engines.torch.program import Program, Slot
from clearprop.engines.torch.rules import update
from clearprop.engines.torch.trees import ONE, Formulas, Term, number
from clearprop.formulas import L1, L2, ClipByNorm, LabelSmoothing, evaluate
from clearprop.formulas.expressions import Constant, Expression, Symbol
from clearprop.job.job import Job
from clearprop.network import Network

WEIGHT = Symbol("weight")  # Σw of the rows
COST, L2_PART, L1_PART, NORM = range(4)  # places in what a step tells; the norms of the layers follow


@dataclass(frozen=True)
class Places:
    """Where the numbers of a training lie on the device.

    Attributes
    ----------
    theta, gradient : tensors of shape (n_parameters,)
    memory : tuple of tensors of that shape
    told : tensor of shape (4 + L,)
        What a step tells: parts of its cost, ‖∂C/∂θ‖² and, where asked, that of each layer.
    keys : int32 tensor
        Of dropout, as `masks.keys_of` has them.
    half : bool
        Whether factors of products are rounded to bfloat16.
    numbers : bool
        Of `Program`.
    """

    theta: Any
    gradient: Any
    memory: tuple[Any, ...]
    told: Any
    keys: Any
    half: bool = False
    numbers: bool = True


class Batch:
    """The rows of a step on the device: x (n, n₀), y (n, n_L) and, where rows have weights, weight (n, 1)."""

    def __init__(self, network: Network, rows: int, places: Places, *, weighted: bool) -> None:
        def room(width: int) -> Any:
            return torch.zeros((rows, width), dtype=places.theta.dtype, device=places.theta.device)

        self.x, self.y = room(network.widths[0]), room(network.widths[-1])
        self.weight = room(1) if weighted else None


class Step:
    """The calls of one step.

    Parameters
    ----------
    job : Job
    batch : Batch
        What the calls read. Who runs them fills it.
    places : Places

    Attributes
    ----------
    gradient, update, norms : list of callable
        To be called in this order: the last ones where the norms of the layers are asked for, after the first.
    factors : tuple of float
        What the parts of the cost are multiplied by, and then divided by the weight of the rows.
    program : Program
    now : tensor of shape (1, n_changing)
        The numbers of the step under way, where they are tensors.
    """

    def __init__(self, job: Job, batch: Batch, places: Places) -> None:
        self.program = program = Program(places.theta.device, places.theta.dtype, numbers=places.numbers)
        rows = batch.x.shape[0]
        per_weight = Constant(1 / rows) if batch.weight is None else number("divide", ONE, WEIGHT)
        cost = gradient_calls(program, job, batch, places, per_weight, masks_of(program, job, rows, places.keys))
        formulas = Formulas(program)
        gradient, parts = _penalised(formulas, job, places, per_weight)
        told = program.given(places.told[NORM])
        formulas.total(Term(ONE, gradient, gradient), told)
        ends = len(program.ops)
        if job.clip_norm is not None:
            clip = ClipByNorm(job.clip_norm)
            norm = formulas.apply("sqrt", Term(ONE, told))
            factor = formulas.term(clip.tree(), {"norm": norm, **clip.parameters})
            clipped = formulas.tensor(formulas.apply("multiply", Term(ONE, gradient), factor))
        else:
            clipped = gradient
        whole = program.fixed(gradient)
        update(program, job, places.theta, clipped, places.memory)
        if not places.numbers:
            self.now = torch.zeros((1, len(program.changing)), dtype=places.theta.dtype, device=places.theta.device)
            program.row[:] = self.now[0].unbind() if program.changing else []
        self.gradient, self.update = program.ready(ends)
        self.norms = norm_calls(job.network, whole, places.told)
        self.factors = (float(evaluate(cost, {})), *parts)


def gradient_calls(
    program: Program,
    job: Job,
    batch: Batch,
    places: Places,
    per_weight: Expression,
    masks: Mapping[int, Slot],
) -> Expression:
    """Add the calls of the loss and its gradient, without penalties; the factor of the loss."""
    passes = Passes(program, job.network, blocks_of(job.network, places.theta, program), half=places.half)
    weight = None if batch.weight is None else program.given(batch.weight)
    y = program.given(batch.y)
    if job.label_smoothing:
        smoothing = LabelSmoothing(job.label_smoothing)
        values = {"y": y, "n_classes": job.smoothing_classes, **smoothing.parameters}
        y = passes.formulas.tensor(passes.formulas.term(smoothing.tree(), values))
    signals = passes.forward(program.given(batch.x), masks)
    factor = passes.loss(signals, y, weight, program.given(places.told[COST]))
    share = Term(per_weight) if weight is None else Term(per_weight, weight)
    passes.backward(signals, y, share, masks, blocks_of(job.network, places.gradient, program))
    return factor


def _penalised(formulas: Formulas, job: Job, places: Places, per_weight: Expression) -> tuple[Slot, list[float]]:
    """The gradient with the slopes of the penalties in it, and the factors of their values."""
    program, factors = formulas.program, [0.0, 0.0]
    theta, gradient = program.given(places.theta), program.given(places.gradient)
    for kind, strength, place in ((L2, job.l2, L2_PART), (L1, job.l1, L1_PART)):
        if not strength:
            continue
        of_each = torch.zeros_like(places.theta)
        for block in job.network.blocks:
            of_each[block.start : block.stop] = strength * block.decay
        values = {"theta": theta, "strength": program.given(of_each)}
        slope = formulas.tensor(formulas.term(kind.tree("slope"), values))
        formulas.total(Term(ONE, theta, slope), program.given(places.told[place]))  # Euler's theorem
        factors[place - L2_PART] = 1 / kind.degree
        gradient = formulas.tensor(formulas.apply("add", Term(ONE, gradient), Term(per_weight, slope)))
    return gradient, factors


def norm_calls(network: Network, gradient: Any, told: Any) -> list[Any]:
    """The calls that tell ‖∂C/∂θ‖² of each layer."""
    stops = {block.layer: block.stop for block in network.blocks}
    ends = [0, *(stops[l] for l in range(1, network.depth + 1))]
    parts = [gradient[a:b] for a, b in pairwise(ends)]
    return [partial(torch.dot, part, part, out=told[NORM + l]) for l, part in enumerate(parts, start=1)]
