"""Formulas as calls of PyTorch: the same numbers as the formula gives, in fewer calls than it has operations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from clearprop.engines.torch import named  # noqa: E402
from clearprop.engines.torch.program import Program  # noqa: E402
from clearprop.engines.torch.rules import _by_formula, update  # noqa: E402
from clearprop.engines.torch.trees import ONE, Formulas, Term  # noqa: E402
from clearprop.formulas import (  # noqa: E402
    ACTIVATIONS,
    LOSSES,
    Adam,
    AdamW,
    Head,
    Momentum,
    Symbol,
    absolute,
    evaluate,
    maximum,
    minimum,
    row_max,
    row_sum,
    tanh,
    where,
)
from clearprop.job import Job  # noqa: E402
from clearprop.network import Network  # noqa: E402

CPU = torch.device("cpu")
Z = np.array([[-800.0, -30.0, -1.5, -0.0], [0.0, 1e-9, 0.7, 3.0], [20.0, 40.0, 800.0, -1e-300]])


def computed(make, *arrays):
    """What the calls that `make` adds leave in the value that it names."""
    program = Program(CPU, torch.float64)
    slots = [program.given(torch.from_numpy(array.copy())) for array in arrays]
    found = make(Formulas(program), *slots)
    slot = program.fixed(Formulas(program).tensor(found) if isinstance(found, Term) else found)
    (calls,) = program.ready()
    for call in calls:
        call()
    return slot.numpy(), program


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_way_back_are_the_formulas(name):
    activation, error = ACTIVATIONS[name](), np.linspace(-2, 2, Z.size).reshape(Z.shape)
    with np.errstate(all="ignore"):
        a = activation.forward(Z)
        back = activation.backward(error, Z, a)
    found, _ = computed(lambda formulas, z: named.value(formulas, activation, z), Z)
    np.testing.assert_allclose(found, a, rtol=1e-12, atol=1e-300)
    found, _ = computed(lambda formulas, g, z, a: named.pullback(formulas, activation, Term(ONE, g), z, a), error, Z, a)
    np.testing.assert_allclose(np.broadcast_to(found, back.shape), back, rtol=1e-12, atol=1e-15)


def test_softmax_and_cross_entropy_come_from_the_logarithms():
    head, y = Head(ACTIVATIONS["softmax"](), LOSSES["cross_entropy"]()), np.eye(3, 4)
    a = head.activation.forward(Z)
    found, _ = computed(named.softmax, Z)
    np.testing.assert_allclose(found, a, rtol=1e-12, atol=1e-300)
    found, _ = computed(lambda formulas, z, y: named.loss(formulas, head, z, z, y), Z, y)
    np.testing.assert_allclose(found, head.value(Z, a, y), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rule", [Adam(0.01), AdamW(0.02, weight_decay=0.3), Adam(beta1=0.0, epsilon=1e-3)])
def test_the_one_call_of_adam_moves_as_the_formula_does(rule):
    network = Network.mlp([3, 4, 2])
    random = np.random.default_rng(0)
    start = [random.random(network.n_parameters) for _ in range(4)]
    moved = []
    for is_named in (True, False):
        program = Program(CPU, torch.float64)
        theta, m, v, g = tensors = [torch.from_numpy(array.copy()) for array in start]
        if is_named:
            update(program, Job(network, rule), theta, program.given(g), (m, v))
        else:
            for block in network.blocks:
                parts = [program.given(tensor[block.start : block.stop]) for tensor in tensors]
                _by_formula(program, rule, block, parts[:3], parts[3])
        (calls,) = program.ready()
        program.row[:] = [evaluate(tree, {"rate": 0.05, "t": 7.0}) for tree in program.changing]
        for call in calls:
            call()
        moved.append([tensor.numpy() for tensor in (theta, m, v)])
    for one, other in zip(*moved, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    assert not np.array_equal(moved[0][0], start[0])


x, y = Symbol("x"), Symbol("y")
LEAVES = st.sampled_from([x, y, Symbol("rate"), *(x * 0 + c for c in (0.5, -2))])
TREES = st.recursive(
    LEAVES,
    lambda trees: st.one_of(
        st.tuples(trees, trees).map(lambda t: t[0] + t[1]),
        st.tuples(trees, trees).map(lambda t: t[0] - 3 * t[1]),
        st.tuples(trees, trees).map(lambda t: t[0] * t[1]),
        st.tuples(trees, trees).map(lambda t: t[0] - t[1] * t[0] / (2 + absolute(t[1]))),
        st.tuples(trees, trees).map(lambda t: where(t[0] > t[1], t[0], 1 - t[1])),
        st.tuples(trees, trees).map(lambda t: minimum(maximum(t[0], -1), tanh(t[1]))),
        trees.map(lambda t: (1 / (1 + t**2) - row_sum(t) * 0.25) ** 2),
        trees.map(lambda t: tanh(t) ** 3 - row_max(t)),
    ),
    max_leaves=12,
)


@given(TREES)
def test_any_tree_comes_to_what_it_is(tree):
    random = np.random.default_rng(1)
    values = {"x": random.standard_normal((3, 4)), "y": random.standard_normal((3, 4))}
    tree = tree + x * y  # a tensor in any case
    program = Program(CPU, torch.float64)
    slots = {name: program.given(torch.from_numpy(array)) for name, array in values.items()}
    formulas = Formulas(program)
    slot = program.fixed(formulas.tensor(formulas.term(tree, slots)))
    (calls,) = program.ready()
    program.row[:] = [evaluate(each, {"rate": 0.3}) for each in program.changing]
    for call in calls:
        call()
    expected = evaluate(tree, {**values, "rate": 0.3})
    np.testing.assert_allclose(slot.numpy(), expected, rtol=1e-9, atol=1e-9)


def test_a_sum_takes_in_products_and_memory_is_used_again():
    theta, v = np.array([1.0, 2.0]), np.array([0.5, 0.25])
    found, program = computed(lambda f, t, v: f.term(Symbol("t") - 0.1 * Symbol("v"), {"t": t, "v": v}), theta, v)
    assert found.tolist() == [0.95, 1.975]
    assert len(program.ops) == 1
    long = Symbol("x")
    for _ in range(20):
        long = tanh(long) + 1
    _, program = computed(lambda f, x: f.term(long, {"x": x}), theta)
    assert len(program.ops) == 40
    assert len({op.out.tensor.data_ptr() for op in program.ops}) <= 3


def test_an_update_reads_what_was_there_before_it():
    """Both results read both old vectors: neither may be overwritten before the other is computed."""

    class Swapped(Momentum):
        name = "swapped"

        def update(theta, g, v, rate, momentum):
            return v + rate * g, theta * momentum

    program, start = Program(CPU, torch.float64), [np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([10.0, 20.0])]
    theta, v, g = tensors = [torch.from_numpy(array.copy()) for array in start]
    network = Network.mlp([1, 1])
    update(program, Job(network, Swapped(0.1, momentum=0.5)), theta, program.given(g), (v,))
    (calls,) = program.ready()
    program.row[:] = [evaluate(tree, {"rate": 0.1, "t": 1.0}) for tree in program.changing]
    for call in calls:
        call()
    assert [tensor.tolist() for tensor in tensors[:2]] == [[4.0, 6.0], [0.5, 1.0]]
