"""The update: the gradient of what is minimised, its clipping, the rate of this step, new parameters and new memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from clearprop.formulas import Apply, ClipByNorm, Expression, Symbol, UpdateRule
from clearprop.formulas.derivative import times
from clearprop.formulas.expressions import fold, symbols
from clearprop.network import Block
from clearprop.trace.builder import Notes
from clearprop.trace.penalties_and_weights import GradientNorm, penalty_trees

HAT = "_hat"  # of a moment that is corrected for its start at 0


def record_gradients(notes: Notes) -> dict[str, str]:
    """What penalties add to the gradient of each block; the names of the gradients of what is minimised."""
    setting, found = notes.setting, {}
    for block in notes.network.blocks:
        found[block.name] = f"d{block.name}"
        if setting.is_penalised and block.decay:
            found[block.name] = f"g_{block.name}"
            sites = {"g": f"d{block.name}", "theta": block.name}
            sites |= {name: name for name in ("l1", "l2", "total_weight") if notes.has(name)}
            notes.formula(f"g_{block.name}", penalty_trees(setting.job, block.decay)["slope"], sites, "penalty")
    return found


def record_clipping(notes: Notes, gradients: Mapping[str, str]) -> Mapping[str, str]:
    """The gradients shortened to the longest length allowed, and their names."""
    limit = notes.setting.job.clip_norm
    if limit is None:
        return gradients
    notes.keep("norm", GradientNorm(tuple(gradients.values())))
    notes.formula("clip", ClipByNorm.tree(), {"norm": "norm"}, "clipping", parameters={"limit": limit})
    for block, gradient in gradients.items():
        notes.formula(f"clipped_{block}", Symbol("g") * Symbol("clip"), {"g": gradient, "clip": "clip"}, "clipping")
    return {block: f"clipped_{block}" for block in gradients}


def record_rate(notes: Notes) -> None:
    """The learning rate of this step: that of the rule, times what plateaus and the schedule make of it."""
    setting, rule = notes.setting, notes.setting.rule
    shape, scale = setting.job.schedule, setting.state.rate_scale
    factors: list[Expression] = [Symbol("scale")] if scale != 1 else []
    factors += [tree for tree in (shape.tree(), *([shape.tree("ramp")] if shape.warmup else [])) if symbols(tree)]
    if factors:
        notes.give("rate_start", rule.learning_rate)
        tree: Expression = reduce(times, factors, Symbol("rate_start"))  # type: ignore[arg-type]
        known = {**shape.parameters, **_clock(notes), "scale": scale}
        used = {name: value for name, value in known.items() if name in symbols(tree)}
        notes.formula("rate", tree, {"rate_start": "rate_start"}, "rate", parameters=used)
    else:
        notes.give("rate", rule.learning_rate)
    if any("t" in symbols(tree) for tree in rule.trees("update")):
        notes.give("t", float(setting.state.step + 1))


def _clock(notes: Notes) -> Mapping[str, float]:
    """Where training stands, as `Job.rates` has it."""
    setting, job, state = notes.setting, notes.setting.job, notes.setting.state
    per_epoch = job.steps_per_epoch(setting.n_samples)
    progress = min((state.epoch * per_epoch + state.cursor) / (job.epochs * per_epoch), 1.0)
    return {
        "step": float(state.step), "epoch": float(state.epoch), "samples": float(state.samples), "progress": progress
    }  # fmt: skip


def record_update(notes: Notes, gradients: Mapping[str, str]) -> None:
    """New parameters and new memory, block by block, by the update rule's formula."""
    record_rate(notes)
    rule = notes.setting.rule
    for block in notes.network.blocks:
        if block.rate != 1:
            notes.formula(f"rate_{block.name}", Symbol("rate") * block.rate, {"rate": "rate"}, "rate")
        for name, vector in zip(rule.memory, notes.setting.state.memory, strict=True):
            notes.give(f"{name}_{block.name}", vector[block.start : block.stop].reshape(block.shape))
        sites = _sites(rule, block, gradients[block.name])
        trees = steps_of(rule, decays=bool(rule.weight_decay and block.decay))
        parameters = {**rule.parameters, "weight_decay": rule.weight_decay * block.decay}
        for name, tree in trees.items():
            after = "" if name.endswith(HAT) else "_new"
            place = f"{block.name}_new" if name == "theta" else f"{name}_{block.name}{after}"
            notes.formula(place, tree, sites, "update", parameters=parameters)


def _sites(rule: UpdateRule, block: Block, gradient: str) -> Mapping[str, str]:
    """Which site each symbol of the rule's formula is."""
    rate = "rate" if block.rate == 1 else f"rate_{block.name}"
    names = {"theta": block.name, "g": gradient, "rate": rate, "t": "t"}
    for name in rule.memory:
        names |= {name: f"{name}_{block.name}", f"{name}_new": f"{name}_{block.name}_new"}
        names[f"{name}{HAT}"] = f"{name}{HAT}_{block.name}"
    return names


def steps_of(rule: UpdateRule, *, decays: bool) -> Mapping[str, Expression]:
    """The trees of one update: of each memory, of what is corrected for its start at 0, and of theta in terms of them.

    Adam's θ is written with the corrected moments as symbols (``m_hat``), and those with the new moments (``m_new``),
    because a person computes them one after the other.
    """
    trees = rule.full_trees() if decays else rule.trees("update")
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
