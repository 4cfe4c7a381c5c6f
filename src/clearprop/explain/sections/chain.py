"""The chain rule for one parameter, the way from it to δ, the work that saves, and the four equations with proofs."""

from __future__ import annotations

from dataclasses import replace

from clearprop.explain.arithmetic import WIDEST_SUM, left_out_of
from clearprop.explain.document import Block, Columns, Derivation, Equation, Heading, Paragraph
from clearprop.explain.lines import Line, Omission, line_of
from clearprop.explain.paths import ChainRule
from clearprop.explain.proofs import PROOFS, Proof, instance_of, proof
from clearprop.explain.references import reference
from clearprop.explain.sections.kit import Kit
from clearprop.explain.trace import Trace
from clearprop.explain.work import multiplications
from clearprop.formulas import Symbol

PATHS_SIDE_BY_SIDE = 4  # paths of a long form that stands beside others
PATHS_SHOWN = 32  # paths written out in a document; beyond, the folded form


def alone(trace: Trace) -> Trace:
    """The trace, or for a batch that of its first sample: chain rules are written for one sample."""
    return trace.sample(0) if trace.is_batch else trace


def rule_of(trace: Trace, parameter: str) -> ChainRule:
    """The chain rule, written out where there are few paths."""
    from clearprop.explain.paths import n_paths

    layer = int(reference(parameter).layer or 0)
    few = 1 <= layer <= trace.network.depth and n_paths(trace, layer) <= PATHS_SHOWN
    return trace.path(parameter, only_folded=not few)


def path(trace: Trace, kit: Kit) -> list[Block]:
    """Every path from the loss to one parameter."""
    rule = rule_of(alone(trace), kit.parameter)
    symbol = Symbol(str(reference(kit.parameter)))
    key = "path_words" if rule.paths else "path_folded_words"
    blocks: list[Block] = [
        kit.writer.heading("path", name=kit.parameter),
        kit.writer.say(key, parameter=symbol, n=rule.n_paths),
    ]
    if rule.paths:
        lines: list[Line | Omission] = [item.line for item in rule.paths]
        if (left_out := left_out_of(len(lines))) is not None:
            lines[left_out] = [Omission(left_out.stop - left_out.start)]
        blocks.append(Derivation(lines))
        if len(rule.paths) > 1:
            blocks += [kit.writer.say("path_sum"), Derivation([rule.total])]
    law = "BP3" if reference(kit.parameter).kind == "b" else "BP4"
    blocks += [kit.writer.say("path_fold"), Derivation([rule.folded])]
    return [*blocks, kit.writer.say("path_named", law=law), Derivation([rule.named], law)]


def boxes(trace: Trace, kit: Kit) -> list[Block]:
    """Three long derivations below each other; what they share in its box."""
    trace = alone(trace)
    depth = trace.network.depth
    chosen = [f"W{depth}[0,0]", f"b{depth}[0]", "W1[0,0]" if depth > 1 else f"W{depth}[{min(1, _inputs(trace) - 1)},0]"]
    parts = []
    for parameter in chosen:
        rule = rule_of(trace, parameter)
        long_form = [item.line for item in rule.paths] if len(rule.paths) <= PATHS_SIDE_BY_SIDE else []
        long_form += [rule.total] if len(long_form) > 1 else []
        parts.append((Symbol(f"d{parameter}"), Derivation([*long_form, rule.folded, rule.named])))
    words = kit.writer.words
    legend = words["box_legend"].format(
        output=words["box_output_delta"], hidden=words["box_hidden_delta"], weight=words["box_weight"]
    )
    return [kit.writer.heading("boxes"), kit.writer.say("boxes_words"), Columns(parts), Paragraph((legend,))]


def _inputs(trace: Trace) -> int:
    return trace.network.widths[0]


def count(trace: Trace, kit: Kit) -> list[Block]:
    """How many multiplications back-propagation saves."""
    found = multiplications(trace)
    fields = {"n": trace.network.n_parameters, "expanded": found.expanded, "folded": found.back_propagation}
    key, k = found.saving
    saving = kit.writer.words[key].format(k=f"{k:,}")
    return [kit.writer.heading("count"), kit.writer.say("count_words", **fields, saving=saving)]


def proofs(trace: Trace, kit: Kit) -> list[Block]:
    """BP1–BP4: statement, proof, and the instance with these numbers."""
    trace = alone(trace)
    blocks: list[Block] = [kit.writer.heading("proofs")]
    for name in PROOFS:
        if name == "BP2" and trace.network.depth == 1:
            continue
        blocks += one_proof(trace, kit, proof(name, trace))
    return blocks


def one_proof(trace: Trace, kit: Kit, found: Proof) -> list[Block]:
    """Statement, steps with reasons, instance."""
    words, depth = kit.writer.words, trace.network.depth
    blocks: list[Block] = [
        Heading(found.name, 3),
        Equation(words["statement"], (found.target, found.statement), found.name),
    ]
    if found.name == "BP1" and len(found.steps) == 2:
        blocks.append(kit.writer.say("coupled_note"))
    steps = [Line(found.target, (step.form,), {}, None, found.name, words[step.reason]) for step in found.steps]
    blocks += [kit.writer.say("proof"), Derivation(steps, found.name)]
    layer = depth if found.name == "BP1" else max(1, depth - 1)
    if found.name == "BP2" and f"jacobian{layer}" in trace:
        return blocks
    line = _instance(trace, found, layer)
    return [*blocks, kit.writer.say("instance", name=found.name), Derivation([line], found.name)]


def _instance(trace: Trace, found: Proof, layer: int) -> Line:
    """The statement with a trace's numbers; where layers are wide or drop out, the line of the step."""
    if max(trace.network.widths[1:]) <= WIDEST_SUM and not trace.setting.mask:
        line = replace(instance_of(trace, found, layer, 0)[-1], reason="")
        if line.replay() == line.value:  # not where only δ's short form has a value
            return line
    site = {"BP1": f"delta{layer}[0]", "BP2": f"error{layer}[0]", "BP3": f"db{layer}[0]", "BP4": f"dW{layer}[0,0]"}
    return line_of(trace, site[found.name])
