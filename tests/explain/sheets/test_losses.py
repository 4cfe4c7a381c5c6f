"""The losses of single samples, and what penalties are added to: as people write them, worked out in NumPy."""

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.explain import check, read_sheet

W1, b1 = np.array([[0.5, 0.3], [0.2, 0.4]]), np.array([0.1, 0.2])
W2, b2 = np.array([[0.6, 0.7], [0.1, -0.3]]), np.array([0.3, 0.1])
X, Y = np.array([[1, 0.5], [0, 1], [0.5, 0.5]]), np.array([[1.0, 0], [0, 1], [1, 0]])
HEAD = f"""network: 2-2-2
hidden: tanh
output: softmax
loss: cross_entropy
learning rate: 0.1
x = {X.tolist()}
y = {Y.tolist()}
W1 = {W1.tolist()}
b1 = {b1.tolist()}
W2 = {W2.tolist()}
b2 = {b2.tolist()}
"""
ONE = """network: 1-1
output: identity
loss: squared_error
x = [[1], [2], [4]]
y = [[1], [0], [1]]
W1 = 0.5
b1 = 0.1
"""


def losses_of(mean=False):
    exponentials = np.exp(np.tanh(X @ W1 + b1) @ W2 + b2)
    a = exponentials / exponentials.sum(axis=1, keepdims=True)
    return -(Y * np.log(a)).sum(axis=1) / (2 if mean else 1)


def told(line, head=HEAD):
    return [(str(item.reference), item.verdict) for item in check(head + line).numbers]


ALL = [(f"sample_loss[{i}]", "right") for i in range(3)]


@pytest.mark.parametrize(
    "name", ["losses", "loss", "C", "sample_loss", "loss per sample", "每个样本的损失", "Losses of the samples"]
)
def test_the_losses_of_the_samples_are_read_and_judged(name):
    numbers = losses_of()
    assert told(f"{name} = {', '.join(f'{value:.5f}' for value in numbers)}") == ALL
    assert told(f"{name} = {', '.join(f'{value + 0.1:.5f}' for value in numbers)}") != ALL
    assert told(f"losses = {[[round(value, 5)] for value in numbers.tolist()]}") == ALL


@pytest.mark.parametrize(
    "name",
    ["C^{(2)}", "C⁽²⁾", "losses[1]", "loss of sample 2", "sample 2's loss", "第 2 个样本的损失", "E^{(2)}_{total}"],
)
def test_the_loss_of_one_sample_is_read(name):
    assert told(f"{name} = {losses_of()[1]:.5f}") == [ALL[1]]


def test_the_mean_follows_from_the_losses_of_the_samples():
    numbers = losses_of()
    numbers[0] += 0.3
    line = f"losses = {', '.join(f'{value:.5f}' for value in numbers)}\nloss = {numbers.mean():.5f}"
    assert told(line) == [("sample_loss[0]", "wrong"), *ALL[1:], ("loss", "right")]


@pytest.mark.parametrize("convention", ["outputs: mean", "samples: sum", "row weights: 1, 2, 1"])
def test_conventions_reach_the_losses_of_the_samples(convention):
    numbers = losses_of(mean=convention == "outputs: mean")
    whole = {"samples: sum": numbers.sum(), "row weights: 1, 2, 1": numbers @ [0.25, 0.5, 0.25]}
    lines = (
        f"losses = {', '.join(f'{value:.5f}' for value in numbers)}\nloss = {whole.get(convention, numbers.mean()):.5f}"
    )
    assert told(f"{convention}\n{lines}") == [*ALL, ("loss", "right")]


@pytest.mark.parametrize("name", ["C1", "loss_1", "losses[0]", "loss of sample 1", "L^{(1)}", "C^{(1)}_1"])
def test_of_one_output_a_sample_s_loss_is_that_output_s(name):
    assert told(f"{name} = 0.16", ONE) == [("losses[0,0]", "right")]


def test_of_several_outputs_a_bare_number_says_neither_sample_nor_output():
    with pytest.raises(InputError, match="no result 'C1'"):
        read_sheet(HEAD + "C1 = 0.6")


def penalised(l1, l2, mean):
    """The step of one sample, its losses divided by the outputs where `mean` says so; and its lines."""
    a1 = 1 / (1 + np.exp(-(X[0] @ W1 + b1)))
    y = np.array([0.2, 0.9])

    def whole(W1, b1, W2, b2):
        a1 = 1 / (1 + np.exp(-(X[0] @ W1 + b1)))
        return ((y - a1 @ W2 - b2) ** 2).sum() / mean

    def penalty(*weights):
        return sum(l2 / 2 * (W**2).sum() + l1 * abs(W).sum() for W in weights)

    d2 = 2 * (a1 @ W2 + b2 - y) / mean
    d1 = W2 @ d2 * a1 * (1 - a1)
    gradients = [np.outer(X[0], d1), d1, np.outer(a1, d2), d2]
    for i, W in ((0, W1), (2, W2)):
        gradients[i] = gradients[i] + l2 * W + l1 * np.sign(W)
    new = [block - 0.1 * g for block, g in zip((W1, b1, W2, b2), gradients, strict=True)]
    before, after = whole(W1, b1, W2, b2), whole(*new)
    settings = "".join(f"{name}: {value}\n" for name, value in (("l1", l1), ("l2", l2)) if value)
    head = f"network: 2-2-2\noutput: identity\nloss: squared_error\nlearning rate: 0.1\n{settings}"
    head += f"x = 1, 0.5\ny = 0.2, 0.9\nW1 = {W1.tolist()}\nb1 = 0.1, 0.2\nW2 = {W2.tolist()}\nb2 = 0.3, 0.1\n"
    rest = f"g(W2) = {gradients[2].round(6).tolist()}\nW1_new = {new[0].round(6).tolist()}\n"
    costs = (before, penalty(W1, W2), before + penalty(W1, W2), after + penalty(new[0], new[2]))
    return head, rest, costs


@pytest.mark.parametrize("names", [("penalty", "cost", "cost_new"), ("R", "J", "J+"), ("R", "total loss", "new cost")])
@pytest.mark.parametrize(("l1", "l2"), [(0, 0.1), (0.05, 0), (0.05, 0.1)])
@pytest.mark.parametrize("mean", [1, 2])
def test_what_is_minimised_is_the_loss_with_its_penalties(mean, l1, l2, names):
    head, rest, (loss, penalty, cost, after) = penalised(l1, l2, mean)
    lines = f"C = {loss:.6f}\n{names[0]} = {penalty:.6f}\n{names[1]} = {cost:.6f}\n{rest}{names[2]} = {after:.6f}\n"
    found = check(("outputs: mean\n" if mean > 1 else "") + head + lines)
    assert {number.verdict for number in found.numbers} == {"right"}
    assert [str(number.reference) for number in found.numbers][:3] == ["loss", "penalty", "cost"]
    assert abs(found.numbers[-1].exact - after) < 1e-12
    if mean > 1:  # unsaid, it is offered
        assert check(head + lines).offered == ("outputs: mean",)


def test_a_loss_with_its_penalty_is_known():
    head, _, (_, _, cost, _) = penalised(0, 0.1, 1)
    (number,) = check(f"{head}loss = {cost:.6f}").numbers
    assert number.verdict == "wrong"
    assert "(+ penalty)" in check(f"{head}loss = {cost:.6f}").text()
    assert check("case: mazur\nJ = 0.2984").passed  # without penalties J is the loss


def test_a_print_with_penalties_is_read_back():
    head, *_ = penalised(0.05, 0.1, 1)
    for style in ("nielsen", "code", "letters", "mazur", "rashid"):
        printed = read_sheet(head).trace.explained(
            sections=("loss", "gradients", "update", "afterwards"), notation=style
        )
        found = check(f"{head}notation: {style}\n{printed.text(width=96)}")
        assert {number.verdict for number in found.numbers} == {"right"}
        assert {"cost", "penalty", "g_W1", "W1_new"} <= {number.reference.site for number in found.numbers}
