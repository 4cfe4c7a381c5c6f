"""A proof with a trace's numbers: each of its steps for one neuron or weight, all with the same value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from clearprop.errors import InputError
from clearprop.explain.derivations.lines import Line
from clearprop.explain.derivations.proofs import SAMPLES, Proof
from clearprop.formulas import Apply, Expression, Symbol
from clearprop.formulas.derivative import plus
from clearprop.formulas.expressions import symbols
from clearprop.trace.names import Partial, Reference, at, parse
from clearprop.trace.trace import Trace


def instance_of(trace: Trace, found: Proof, l: int, j: int, k: int = 0, sample: int = 0) -> list[Line]:
    """The steps of a proof with a trace's numbers: one line for each, all with the same value.

    Parameters
    ----------
    trace : Trace
    found : Proof
        As `proof` gives it for this trace.
    l : int
        The layer (L for BP1).
    j, k : int
        The neuron, and for BP4 the neuron that the weight comes from.
    sample : int
        Of a batch, for BP1 and BP2; BP3 and BP4 add up over all samples.

    Raises
    ------
    InputError
        For a step with dropout, or for an equation that does not hold in that layer.
    """
    L = trace.network.depth
    if found.name == "BP2" and f"jacobian{l}" in trace:
        raise InputError(
            f"BP2 with σ′ is for layers whose neurons depend on their own weighted input alone; those of layer {l} "
            "depend on each other"
        )
    if trace.setting.mask:
        raise InputError("the proofs are of a network without dropout; explain a step without it")
    if (found.name == "BP1") != (l == L) and found.name in ("BP1", "BP2"):
        raise InputError(f"{found.name} is not about layer {l}: BP1 is for the output layer {L}, BP2 for those before")
    letters = {"L": L, "l": l, "j": j, "k": k, "i": sample}
    target = specialised(trace, found, found.target, letters)
    assert isinstance(target, Symbol)
    value = symbol_value(trace, target.name)
    lines = []
    for step in found.steps:
        form = specialised(trace, found, step.form, letters)
        values = {name: symbol_value(trace, name) for name in symbols(form)}
        lines.append(Line(target, (form,), values, value, found.name, step.reason))
    return lines


def specialised(trace: Trace, found: Proof, tree: Expression, letters: Mapping[str, int]) -> Expression:
    """The tree with numbers for its letters, and its sums written out over the network's layers."""

    def number(part: str, known: Mapping[str, int]) -> str:
        base, sign, offset = part.partition("+") if "+" in part else part.partition("-")
        return str(known[base] + (int(offset) if offset else 0) * (-1 if sign == "-" else 1))

    def named(name: str, known: Mapping[str, int]) -> str:
        item = parse(name)
        if isinstance(item, Partial):
            return f"∂{resolve(item.of, known)}/∂{resolve(item.by, known)}"
        assert isinstance(item, Reference)
        return str(resolve(item, known))

    def resolve(item: Reference, known: Mapping[str, int]) -> Reference:
        layer = number(item.layer, known) if item.layer else ""
        return item._replace(layer=layer, indices=tuple(number(i, known) for i in item.indices))

    def at_letters(item: Expression, known: Mapping[str, int]) -> Expression:
        if isinstance(item, Apply) and item.function == "sum":
            index, term = item.arguments
            assert isinstance(index, Symbol)
            over = found.sums_over[index.name]
            width = trace.n_samples if over == SAMPLES else trace.network.widths[int(number(over, known))]
            return reduce(plus, (at_letters(term, {**known, index.name: i}) for i in range(width)))
        if isinstance(item, Apply):
            return Apply(item.function, tuple(at_letters(argument, known) for argument in item.arguments))
        return Symbol(named(item.name, known)) if isinstance(item, Symbol) else item

    return at_letters(tree, letters)


def symbol_value(trace: Trace, name: str) -> Any:
    """The value of a reference or of a partial derivative between neighbours in a trace."""
    found = parse(name)
    if not isinstance(found, Partial):
        return trace.value_of(name)
    of, by = found
    if of.kind == "C":
        site = {"a": "error", "z": "delta", "W": "dW", "b": "db"}[by.kind]
        return trace.value_of(str(by._replace(kind=site)))
    *sample, to = of.indices
    l, same = int(of.layer), by.indices[-1] == to
    match by.kind:
        case "W":
            return trace.value_of(at(f"a{l - 1}", *sample, by.indices[0])) if same else 0.0
        case "b":
            return 1.0 if same else 0.0
    if list(by.indices[:-1]) != sample:
        return 0.0
    if of.kind == "a":
        if f"jacobian{l}" in trace:
            return trace.value_of(at(f"jacobian{l}", *sample, to, by.indices[-1]))
        return trace.value_of(at(f"slope{l}", *of.indices)) if same else 0.0
    weight = trace.value_of(at(f"W{l}", by.indices[-1], to))  # ∂z of a layer by ∂z or ∂a of the layer before
    return weight if by.kind == "a" else weight * trace.value_of(at(f"slope{l - 1}", *by.indices))
