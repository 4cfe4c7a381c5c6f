"""Each step of each proof, machine-checked: its two sides are the same expression in the network's own inputs.

The networks are small, the activations of hidden layers any function at all (SymPy's undefined functions), so what is
proved holds for every activation; softmax is taken as it is.
"""

import numpy as np
import pytest
import sympy as sp

from clearprop import Network
from clearprop.errors import InputError, UnknownNameError
from clearprop.explain import case, explain
from clearprop.explain.derivations.proof_instances import instance_of, specialised
from clearprop.explain.derivations.proofs import BP1_IN_FULL, PROOFS, proof
from clearprop.formulas import Apply, Constant, Symbol
from clearprop.trace.names import Partial, parse


class Symbolic:
    """A network in SymPy: every z and a as an expression in the weights and inputs."""

    def __init__(self, widths, coupled):
        self.widths, self.depth, self.coupled = widths, len(widths) - 1, coupled
        self.W = {l: sp.Matrix(widths[l - 1], widths[l], lambda k, j, l=l: sp.Symbol(f"w{l}_{k}_{j}"))
                  for l in range(1, len(widths))}  # fmt: skip
        self.b = {l: sp.Matrix(1, widths[l], lambda _, j, l=l: sp.Symbol(f"b{l}_{j}")) for l in range(1, len(widths))}
        self.x = sp.Matrix(1, widths[0], lambda _, k: sp.Symbol(f"x_{k}"))
        self.loss = sp.Function("cost")

    def activate(self, l, z):
        if l == self.depth and self.coupled:
            total = sum(sp.exp(value) for value in z)
            return sp.Matrix(1, len(z), [sp.exp(value) / total for value in z])
        return sp.Matrix(1, len(z), [sp.Function(f"f{l}")(value) for value in z])

    def layers(self, start=None, values=None):
        """z and a of all layers; with `start` ("z", l) or ("a", l) those values in place of what is computed."""
        z, a = {}, {0: self.x}
        for l in range(1, self.depth + 1):
            z[l] = a[l - 1] * self.W[l] + self.b[l]
            if start == ("z", l):
                z[l] = values
            a[l] = self.activate(l, z[l])
            if start == ("a", l):
                a[l] = values
        return z, a

    def value(self, reference, start=None, values=None):
        z, a = self.layers(start, values)
        if reference.kind == "C":
            return self.loss(*a[self.depth])
        return {"z": z, "a": a}[reference.kind][int(reference.layer)][int(reference.indices[0])]

    def partial(self, of, by):
        """∂of/∂by: by a weighted input or activation holding its layer as free variables, then putting it back."""
        if by.kind in "Wb":
            symbol = self.W[int(by.layer)][tuple(map(int, by.indices))] if by.kind == "W" else (
                self.b[int(by.layer)][int(by.indices[0])])  # fmt: skip
            return sp.diff(self.value(of), symbol)
        l, width = int(by.layer), self.widths[int(by.layer)]
        free = sp.Matrix(1, width, lambda _, j: sp.Symbol(f"free_{by.kind}{l}_{j}"))
        derived = sp.diff(self.value(of, (by.kind, l), free), free[int(by.indices[0])])
        z, a = self.layers()
        return derived.subs(dict(zip(free, {"z": z, "a": a}[by.kind][l], strict=True))).doit()

    def symbol(self, name):
        found = parse(name)
        if isinstance(found, Partial):
            return self.partial(*found)
        C = parse("C")
        l = int(found.layer)
        match found.kind:
            case "delta":
                return self.partial(C, found._replace(kind="z"))
            case "error":
                return self.partial(C, found._replace(kind="a"))
            case "slope":
                return self.partial(found._replace(kind="a"), found._replace(kind="z"))
            case "W":
                return self.W[l][tuple(map(int, found.indices))]
        return self.value(found)

    def tree(self, tree):
        if isinstance(tree, Symbol):
            return self.symbol(tree.name)
        if isinstance(tree, Constant):
            return sp.sympify(tree.value)
        assert isinstance(tree, Apply)
        parts = [self.tree(argument) for argument in tree.arguments]
        return {"add": sp.Add, "multiply": sp.Mul}[tree.function](*parts)


def trace_of(widths, coupled):
    network = Network.mlp(widths, "tanh", "softmax" if coupled else "logistic", "squared_error")
    random = np.random.default_rng(0)
    params = network.views(random.normal(size=network.n_parameters))
    return explain(network, params, random.normal(size=widths[0]), random.random(widths[-1]))


CASES = [
    ((1, 1), False), ((2, 1), False), ((1, 2), False), ((1, 2, 1), False), ((2, 2, 2), False), ((1, 2, 2, 1), False),
    ((1, 2), True), ((1, 2, 2), True),
]  # fmt: skip


@pytest.mark.parametrize(("widths", "coupled"), CASES)
def test_every_step_of_every_proof(widths, coupled):
    trace, symbolic = trace_of(widths, coupled), Symbolic(widths, coupled)
    checked = 0
    for name in PROOFS:
        found = proof(name, trace)
        layers = {"BP1": [symbolic.depth], "BP2": range(1, symbolic.depth)}.get(name, range(1, symbolic.depth + 1))
        for l in layers:
            letters = {"L": symbolic.depth, "l": l, "j": widths[l] - 1, "k": widths[l - 1] - 1}
            target = symbolic.tree(specialised(trace, found, found.target, letters))
            for step in found.steps:
                form = symbolic.tree(specialised(trace, found, step.form, letters))
                assert sp.simplify(sp.expand((form - target).doit())) == 0, f"{name}, layer {l}: {step.form}"
                checked += 1
    assert checked >= 7


def test_a_wrong_step_would_be_found():
    """So that the test above is known to be able to fail."""
    symbolic = Symbolic((1, 2, 2), False)
    trace = trace_of((1, 2, 2), False)
    right = PROOFS["BP2"].steps[-1].form
    wrong = Symbol("W{l+1}[j,j]") * Symbol("delta{l+1}[j]") * Symbol("slope{l}[j]")  # one path dropped
    letters = {"L": 2, "l": 1, "j": 0, "k": 0}
    both = [symbolic.tree(specialised(trace, PROOFS["BP2"], form, letters)) for form in (right, wrong)]
    assert sp.simplify(both[0] - both[1]) != 0


@pytest.mark.parametrize("name", sorted(PROOFS))
def test_instances_have_the_same_value_in_every_step(name):
    for chosen in ("mazur", "case_study"):
        trace = case(chosen).trace()
        layer = {"BP1": 2, "BP2": 1}.get(name, 1)
        lines = instance_of(trace, proof(name, trace), layer, 0, 1)
        assert len(lines) == len(proof(name).steps)
        for line in lines:
            assert line.replay() == pytest.approx(line.value, rel=1e-12)


def test_softmax_keeps_the_sum_of_bp1():
    trace = case("digits").trace()
    assert proof("BP1", trace) is BP1_IN_FULL
    line = instance_of(trace, BP1_IN_FULL, 2, 3)[-1]
    assert line.replay() == pytest.approx(line.value, abs=1e-12)
    assert proof("BP1", case("mazur").trace()) is PROOFS["BP1"]


def test_bad_questions():
    trace = case("mazur").trace()
    with pytest.raises(UnknownNameError, match="Known: BP1"):
        proof("BP5")
    with pytest.raises(InputError, match="BP2 is not about layer 2"):
        instance_of(trace, PROOFS["BP2"], 2, 0)
