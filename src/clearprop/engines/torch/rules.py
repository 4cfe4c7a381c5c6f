"""The update as calls: what the rule's formula comes to for every stretch of θ that one rate and one decay hold for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from clearprop.engines.torch.program import Program, Slot
from clearprop.engines.torch.trees import Formulas, Term, times
from clearprop.formulas import Adam, AdamW, UpdateRule
from clearprop.formulas.expressions import Constant, Symbol
from clearprop.job.job import Job
from clearprop.network.parameters import Block, spans

RATE, STEP = Symbol("rate"), Symbol("t")


def update(program: Program, job: Job, theta: Any, gradient: Slot, memory: Sequence[Any]) -> None:
    """Add the calls that move θ and the memory.

    Parameters
    ----------
    program : Program
    job : Job
    theta : tensor of shape (n_parameters,)
    gradient : Slot
        Of that shape.
    memory : sequence of tensors of that shape
    """
    rule = job.update_rule
    assert isinstance(rule, UpdateRule)
    whole = program.fixed(gradient)
    is_adam = type(rule) in (Adam, AdamW) and (program.numbers or program.dtype == torch.float32)
    for span in spans(job.network.blocks, decays=rule.weight_decay > 0):
        part = slice(span.start, span.stop)
        g, *vectors = (program.given(vector[part]) for vector in (whole, theta, *memory))
        if is_adam and isinstance(rule, Adam):
            _adam(program, rule, span, vectors, g)
        else:
            _by_formula(program, rule, span, vectors, g)


def _by_formula(program: Program, rule: UpdateRule, span: Block, vectors: Sequence[Slot], g: Slot) -> None:
    formulas = Formulas(program)
    values = dict(zip(("theta", *rule.memory), vectors, strict=True))
    numbers = {**rule.parameters, "rate": Term(times(Constant(span.rate), RATE)), "t": Term(STEP)}
    if rule.weight_decay:
        numbers["weight_decay"] = rule.weight_decay * span.decay
    terms = [formulas.term(tree, {**numbers, **values, "g": g}) for tree in rule.computed_trees(span.decay)]
    # All are computed before any takes its place: another one may read what was there.
    moved = [formulas.tensor(term) for term in terms]
    for slot, place in zip(moved, vectors, strict=True):
        program.land(slot, place)


def _adam(program: Program, rule: Adam, span: Block, vectors: Sequence[Slot], g: Slot) -> None:
    """Adam's update by the one call that PyTorch has for it, decoupled decay included."""
    theta, m, v = vectors
    rate = program.number(times(Constant(span.rate), RATE))
    decay = rule.weight_decay * span.decay
    moving = FusedAdam(rule, decay)
    program.emit(moving, g, m, v, rate, program.number(STEP), shape=theta.shape, into=theta)


class FusedAdam:
    """Moves θ, m and v by Adam; as a call of a program, with θ as its result."""

    def __init__(self, rule: Adam, decay: float) -> None:
        self.options = {
            "beta1": rule.beta1, "beta2": rule.beta2, "eps": rule.epsilon, "weight_decay": decay,
            "amsgrad": False, "maximize": False, "grad_scale": None, "found_inf": None,
        }  # fmt: skip
        self.function = torch._fused_adamw_ if decay else torch._fused_adam_
        self.count = np.zeros(1, dtype=np.float32)
        self.t = torch.from_numpy(self.count)[0]  # the same memory

    def __call__(self, g: Any, m: Any, v: Any, rate: Any, t: Any, *, out: Any) -> None:
        if isinstance(t, torch.Tensor):
            steps = t
        else:
            self.count[0], steps = t, self.t
        self.function([out], [g], [m], [v], [], [steps], lr=rate, **self.options)
