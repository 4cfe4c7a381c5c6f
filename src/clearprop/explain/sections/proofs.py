"""The four equations: statement in components and in matrices, proof, numbers, and the replay on random networks."""

from __future__ import annotations

from dataclasses import replace

from clearprop.explain.derivations.lines import Line, Omission, line_of, matrix_line, matrix_values
from clearprop.explain.derivations.proof_instances import instance_of
from clearprop.explain.derivations.proofs import PROOFS, Proof, matrix_statement, proof
from clearprop.explain.derivations.replayed import replay_proofs
from clearprop.explain.derivations.telling import telling_weight
from clearprop.explain.sections.kit import Kit
from clearprop.explain.writing.document import Block, Derivation, Equation, Heading, Number
from clearprop.formulas import Symbol
from clearprop.trace.arithmetic import WIDEST_SUM
from clearprop.trace.equations import Elementwise
from clearprop.trace.names import at, reference
from clearprop.trace.trace import Trace


def proofs(trace: Trace, kit: Kit) -> list[Block]:
    """BP1–BP4: statement, proof, and the instance with these numbers."""
    blocks: list[Block] = [kit.writer.heading("proofs")]
    for name in PROOFS:
        if name == "BP2" and trace.network.depth == 1:
            blocks.append(kit.writer.say("proofs_three"))
            continue
        blocks += one_proof(trace, kit, proof(name, trace))
    found = replay_proofs(kit.networks)
    return [
        *blocks,
        kit.writer.heading("replayed", 3),
        kit.writer.say("replayed_words", networks=found.networks, steps=found.steps, worst=Number(found.worst)),
    ]


def one_proof(trace: Trace, kit: Kit, found: Proof) -> list[Block]:
    """Statement, steps with reasons, instance; in matrices, in components or both."""
    words, say = kit.writer.words, kit.writer.say
    layer = trace.network.depth if found.name == "BP1" else max(1, trace.network.depth - 1)
    in_matrices, in_components = "matrix" in kit.forms, "component" in kit.forms or "matrix" not in kit.forms
    has_numbers = found.name != "BP2" or f"jacobian{layer}" not in trace
    blocks: list[Block] = [Heading(found.name, 3)]
    if in_matrices:
        letter = "L" if found.name == "BP1" else "l"
        sides = matrix_statement(found.name, trace, kit.notation.columns, letter)
        blocks.append(Equation(words["statement_matrix"], sides, found.name))
        line = matrix_instance(trace, found.name, layer, kit.notation.columns) if has_numbers else None
        blocks += [] if line is None else [Derivation([line], found.name)]
        factors = {"error": Symbol("∂C/∂a{L}[k]"), "slope": Symbol("∂a{L}[k]/∂z{L}[j]")}
        blocks.append(say(f"matrix_reason_{_reason(trace, found.name)}", **factors))
    label = words["statement_components" if in_matrices else "statement"]
    blocks.append(Equation(label, (found.target, found.statement), found.name))
    if found.name == "BP1" and len(found.steps) == 2:
        blocks.append(say("coupled_note"))
    if in_components:
        steps = [Line(found.target, (step.form,), {}, None, found.name, words[step.reason]) for step in found.steps]
        blocks += [say("proof"), Derivation(steps, found.name)]
        if has_numbers:
            blocks += [say("instance", name=found.name), Derivation(_instance(trace, found, layer), found.name)]
    return blocks


def _reason(trace: Trace, name: str) -> str:
    """Which words say why the matrix form is the component form."""
    if name == "BP1" and f"jacobian{trace.network.depth}" in trace:
        name = "BP1_in_full"
    return f"{name}_batch" if trace.is_batch else name


def matrix_instance(trace: Trace, name: str, layer: int, columns: bool) -> Line | None:
    """An equation of one layer in matrices, with its numbers; None where it is no matrix (a Jacobian per sample)."""
    target, form = matrix_statement(name, trace, columns, str(layer))
    assert isinstance(target, Symbol)
    if isinstance(trace[target.name].equation, Elementwise):
        return matrix_line(trace, target.name, columns)  # where only δ's short form keeps its digits
    return matrix_values(trace, target.name, form, columns, name)


def _instance(trace: Trace, found: Proof, layer: int) -> list[Line | Omission]:
    """The statement with a trace's numbers; where layers are wide or drop out, the lines of the step."""
    widest = max(*trace.network.widths[1:], trace.n_samples)
    k, j = reference(telling_weight(trace, layer)).place
    if widest <= WIDEST_SUM and not trace.setting.mask:
        line = replace(instance_of(trace, found, layer, j, k)[-1], reason="")
        if line.replay() == line.value:  # not where only δ's short form has a value
            return [line]
    place = (0, j) if trace.is_batch else (j,)
    delta = at(f"delta{layer}", *place)
    sites = {"BP1": [delta], "BP2": [at(f"error{layer}", *place), delta], "BP3": [at(f"db{layer}", j)],
             "BP4": [at(f"dW{layer}", k, j)]}  # fmt: skip
    return [line_of(trace, site) for site in sites[found.name]]
