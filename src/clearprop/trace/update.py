"""The update: the gradient of what is minimised, its clipping, the rate of this step, new parameters and new memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from clearprop.formulas import Apply, ClipByNorm, Expression, Symbol, UpdateRule
from clearprop.formulas.derivative import times
from clearprop.formulas.expressions import fold, symbols
from clearprop.network import Block
from clearprop.trace.builder import Builder
from clearprop.trace.kinds import Law
from clearprop.trace.penalties_and_weights import GradientNorm, penalty_trees

HAT = "_hat"  # of a moment that is corrected for its start at 0


def build_gradients(builder: Builder) -> dict[str, str]:
    """What penalties add to the gradient of each block; the names of the gradients of what is minimised."""
    step, found = builder.step, {}
    for block in builder.network.blocks:
        found[block.name] = f"d{block.name}"
        if step.is_penalised and block.decay:
            found[block.name] = f"g_{block.name}"
            sites = {"g": f"d{block.name}", "theta": block.name}
            sites |= {name: name for name in ("l1", "l2", "total_weight") if name in builder}
            builder.formula(f"g_{block.name}", penalty_trees(step.job, block.decay)["slope"], sites, Law.PENALTY)
    return found


def build_clipping(builder: Builder, gradients: Mapping[str, str]) -> Mapping[str, str]:
    """The gradients shortened to the longest length allowed, and their names."""
    limit = builder.job.clip_norm
    if limit is None:
        return gradients
    builder.keep("norm", GradientNorm(tuple(gradients.values())))
    builder.formula("clip", ClipByNorm.tree(), {"norm": "norm"}, Law.CLIPPING, parameters={"limit": limit})
    for block, gradient in gradients.items():
        sites = {"g": gradient, "clip": "clip"}
        builder.formula(f"clipped_{block}", Symbol("g") * Symbol("clip"), sites, Law.CLIPPING)
    return {block: f"clipped_{block}" for block in gradients}


def build_rate(builder: Builder) -> None:
    """The learning rate of this step: that of the rule, times what plateaus and the schedule make of it."""
    rule, shape = builder.step.rule, builder.job.schedule
    factors: list[Expression] = [Symbol("scale")] if builder.step.is_rescaled else []
    factors += [tree for tree in (shape.tree(), *([shape.tree("ramp")] if shape.warmup else [])) if symbols(tree)]
    if factors:
        builder.give("rate_start")
        tree: Expression = reduce(times, factors, Symbol("rate_start"))  # type: ignore[arg-type]
        used = {name: value for name, value in shape.parameters.items() if name in symbols(tree)}
        builder.formula("rate", tree, {"rate_start": "rate_start"}, Law.RATE, parameters=used)
    else:
        builder.give("rate")
    if any("t" in symbols(tree) for tree in rule.trees("update")):
        builder.give("t")


def build_update(builder: Builder, gradients: Mapping[str, str]) -> None:
    """New parameters and new memory, block by block, by the update rule's formula."""
    build_rate(builder)
    rule = builder.step.rule
    for block in builder.network.blocks:
        if block.rate != 1:
            builder.formula(f"rate_{block.name}", Symbol("rate") * block.rate, {"rate": "rate"}, Law.RATE)
        builder.give(*(f"{name}_{block.name}" for name in rule.memory))
        sites = _sites(rule, block, gradients[block.name])
        trees = steps_of(rule, block.decay)
        parameters = {**rule.parameters, "weight_decay": rule.weight_decay * block.decay}
        for name, tree in trees.items():
            after = "" if name.endswith(HAT) else "_new"
            place = f"{block.name}_new" if name == "theta" else f"{name}_{block.name}{after}"
            builder.formula(place, tree, sites, Law.UPDATE, parameters=parameters)


def _sites(rule: UpdateRule, block: Block, gradient: str) -> Mapping[str, str]:
    """Which site each symbol of the rule's formula is."""
    rate = "rate" if block.rate == 1 else f"rate_{block.name}"
    names = {"theta": block.name, "g": gradient, "rate": rate, "t": "t"}
    for name in rule.memory:
        names |= {name: f"{name}_{block.name}", f"{name}_new": f"{name}_{block.name}_new"}
        names[f"{name}{HAT}"] = f"{name}{HAT}_{block.name}"
    return names


def steps_of(rule: UpdateRule, decay: float) -> Mapping[str, Expression]:
    """The trees of one update: of each memory, of what is corrected for its start at 0, and of theta in terms of them.

    Adam's θ is written with the corrected moments as symbols (``m_hat``), and those with the new moments (``m_new``),
    because a person computes them one after the other.
    """
    trees = rule.computed_trees(decay)
    remembered = dict(zip(rule.memory, trees[1:], strict=True))
    names = {id(tree): Symbol(f"{name}_new") for name, tree in remembered.items()}

    corrected: dict[str, Expression] = {}

    def node(function: str, item: Apply, arguments: list[Expression]) -> Expression:
        if id(item) in names:
            return names[id(item)]
        tree = Apply(function, tuple(arguments))
        memory = next((name for name in remembered if arguments[0] == Symbol(f"{name}_new")), None)
        if memory is None or function != "divide" or "t" not in symbols(arguments[1]):
            return tree
        corrected[f"{memory}{HAT}"] = tree
        return Symbol(f"{memory}{HAT}")

    theta = fold(trees[0], lambda leaf: leaf, node)
    return {**remembered, **corrected, "theta": theta}
