"""The four equations of back-propagation: statement, and proof step by step.

A step is one expression tree in general indices (l, j, k); the instance of a network (`proof_instances`) is the same
tree with numbers for the letters and its sums written out. So what the tests prove with SymPy on small networks is what
is printed.

Source: Nielsen, Neural Networks and Deep Learning, chapter 2, the proof of the four fundamental equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from clearprop.errors import UnknownNameError
from clearprop.formulas import Apply, Constant, Expression, Symbol
from clearprop.formulas.expressions import fold
from clearprop.trace.matrices import hadamard, matmul, transpose
from clearprop.trace.names import PER_SAMPLE, Partial, Reference, parse
from clearprop.trace.trace import Trace


@dataclass(frozen=True)
class ProofStep:
    """One step of a proof: what the target is equal to by now, and why.

    Attributes
    ----------
    form : Expression
        In general indices.
    reason : str
        Key of the words that say why.
    """

    form: Expression
    reason: str


@dataclass(frozen=True)
class Proof:
    """One of BP1–BP4.

    Attributes
    ----------
    name : str
    target : Expression
        What the equation is about.
    steps : tuple of ProofStep
        The last one is the statement.
    sums_over : mapping of str to str
        The layer that each summation index runs over.
    """

    name: str
    target: Expression
    steps: tuple[ProofStep, ...]
    sums_over: Mapping[str, str]

    @property
    def statement(self) -> Expression:
        """The right-hand side of the equation."""
        return self.steps[-1].form


def _sum(index: str, term: Expression) -> Expression:
    return Apply("sum", (Symbol(index), term))


def _s(*names: str) -> Expression:
    """The product of these symbols."""
    return reduce(lambda x, y: x * y, map(Symbol, names))  # type: ignore[arg-type, return-value]


BP1 = Proof(
    "BP1",
    Symbol("delta{L}[j]"),
    (
        ProofStep(Symbol("∂C/∂z{L}[j]"), "definition_delta"),
        ProofStep(_sum("k", _s("∂C/∂a{L}[k]", "∂a{L}[k]/∂z{L}[j]")), "chain_outputs"),
        ProofStep(_s("∂C/∂a{L}[j]", "∂a{L}[j]/∂z{L}[j]"), "own_input_only"),
        ProofStep(_s("error{L}[j]", "slope{L}[j]"), "definition_slope"),
    ),
    {"k": "L"},
)
BP1_IN_FULL = Proof("BP1", BP1.target, BP1.steps[:2], BP1.sums_over)  # where outputs depend on each other: softmax
BP2 = Proof(
    "BP2",
    Symbol("delta{l}[j]"),
    (
        ProofStep(Symbol("∂C/∂z{l}[j]"), "definition_delta"),
        ProofStep(_sum("k", _s("∂C/∂z{l+1}[k]", "∂z{l+1}[k]/∂z{l}[j]")), "chain_next_layer"),
        ProofStep(_sum("k", _s("delta{l+1}[k]", "∂z{l+1}[k]/∂z{l}[j]")), "definition_delta"),
        ProofStep(_sum("k", _s("delta{l+1}[k]", "W{l+1}[j,k]", "slope{l}[j]")), "slope_of_weighted_sum"),
        ProofStep(_sum("k", _s("W{l+1}[j,k]", "delta{l+1}[k]")) * Symbol("slope{l}[j]"), "factor_out"),
    ),
    {"k": "l+1"},
)
BP3 = Proof(
    "BP3",
    Symbol("∂C/∂b{l}[j]"),
    (
        ProofStep(_sum("m", _s("∂C/∂z{l}[m]", "∂z{l}[m]/∂b{l}[j]")), "chain_this_layer"),
        ProofStep(_s("∂C/∂z{l}[j]", "∂z{l}[j]/∂b{l}[j]"), "own_bias_only"),
        ProofStep(Symbol("delta{l}[j]"), "bias_slope_one"),
    ),
    {"m": "l"},
)
BP4 = Proof(
    "BP4",
    Symbol("∂C/∂W{l}[k,j]"),
    (
        ProofStep(_sum("m", _s("∂C/∂z{l}[m]", "∂z{l}[m]/∂W{l}[k,j]")), "chain_this_layer"),
        ProofStep(_s("∂C/∂z{l}[j]", "∂z{l}[j]/∂W{l}[k,j]"), "own_weight_only"),
        ProofStep(_s("a{l-1}[k]", "delta{l}[j]"), "weight_slope_activation"),
    ),
    {"m": "l"},
)
PROOFS: Mapping[str, Proof] = {"BP1": BP1, "BP2": BP2, "BP3": BP3, "BP4": BP4}


SAMPLES = "samples"  # what a sum over the samples of a batch runs over


def proof(name: str, trace: Trace | None = None) -> Proof:
    """The proof of one equation; for a trace with coupled outputs (softmax) BP1 in full, for a batch by its samples.

    Raises
    ------
    UnknownNameError
        For another name than BP1 … BP4.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.derivations.proofs import proof
    >>> print(proof("BP3").statement, "|", proof("BP3", case("xor").trace()).statement)
    delta{l}[j] | Σᵢ delta{l}[i,j]
    """
    if name not in PROOFS:
        raise UnknownNameError("equation", name, PROOFS)
    found = PROOFS[name]
    if name == "BP1" and trace is not None and f"jacobian{trace.network.depth}" in trace:
        found = BP1_IN_FULL
    return over_samples(found) if trace is not None and trace.is_batch else found


def over_samples(found: Proof) -> Proof:
    """The proof for a batch: z, a and δ belong to a sample i, and parameters act in every sample, so these add up."""
    adds_up = found.name in ("BP3", "BP4")
    steps = []
    for number, step in enumerate(found.steps):
        form = _of_sample(step.form)
        reason = "chain_this_layer_batch" if adds_up and number == 0 else step.reason
        steps.append(ProofStep(_sum("i", form) if adds_up else form, reason))
    sums_over = {**found.sums_over, "i": SAMPLES} if adds_up else found.sums_over
    return Proof(found.name, _of_sample(found.target), tuple(steps), sums_over)


def _of_sample(tree: Expression) -> Expression:
    """The tree with sample i before the neuron of all that belongs to a sample."""

    def of(item: Reference) -> Reference:
        return item._replace(indices=("i", *item.indices)) if item.kind in PER_SAMPLE else item

    def leaf(item: Symbol | Constant) -> Expression:
        found = parse(item.name) if isinstance(item, Symbol) else None
        if found is None:
            return item
        return Symbol(str(Partial(of(found.of), of(found.by)) if isinstance(found, Partial) else of(found)))

    return fold(tree, leaf, lambda function, _, arguments: Apply(function, tuple(arguments)))


def matrix_statement(name: str, trace: Trace, columns: bool, l: str) -> tuple[Expression, Expression]:
    """Both sides of an equation in matrices; `l` is the layer, "l" and "L" or a number.

    Parameters
    ----------
    name : {"BP1", "BP2", "BP3", "BP4"}
    trace : Trace
        Whether outputs depend on each other, whether it is a batch, and where dropout is, decide the form.
    columns : bool
        Whether a sample is a column, as in the books; otherwise it is a row, as in the code.
    l : str
    """

    def of(kind: str, layer: str = l) -> Expression:
        return Symbol(f"{kind}{layer}" if layer.isdigit() else f"{kind}{{{layer}}}")

    before, after = (str(int(l) - 1), str(int(l) + 1)) if l.isdigit() else (f"{l}-1", f"{l}+1")
    delta, ones = of("delta"), Symbol("ones")
    match name:
        case "BP1" if f"jacobian{trace.network.depth}" in trace:
            error, jacobian = of("error"), of("jacobian")
            return delta, matmul(transpose(jacobian), error) if columns else matmul(error, jacobian)
        case "BP1":
            return delta, hadamard(of("error"), of("slope"))
        case "BP2":
            W, later = of("W", after), of("delta", after)
            carried = matmul(transpose(W), later) if columns else matmul(later, transpose(W))
            return delta, hadamard(hadamard(carried, of("mask")) if f"mask{l}" in trace else carried, of("slope"))
        case "BP3":
            summed = matmul(delta, ones) if columns else matmul(transpose(ones), delta)
            return of("db"), summed if trace.is_batch else delta
    kind = "passed" if l.isdigit() and f"passed{before}" in trace else "a"
    a = of(kind, before)
    return of("dW"), matmul(delta, transpose(a)) if columns else matmul(transpose(a), delta)
