"""Every way of writing of the table is read, or refused with the line to write instead."""

import pytest

from clearprop.errors import InputError
from clearprop.explain import read_sheet
from ways_of_writing import CASE_STUDY, EXAMINERS, REFUSED, WAYS


def numbers_of(sheet):
    return {str(reference): number.value for entry in sheet.entries for reference, number in entry.numbers}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [pytest.param(text, numbers, id=f"{i}") for i, (text, numbers) in enumerate(WAYS, start=1) if numbers is not None],
)
def test_the_way_is_read(text, numbers):
    assert numbers_of(read_sheet(CASE_STUDY + text)) == pytest.approx(numbers)


def test_what_is_given_may_be_said_again_with_the_same_numbers():
    head = "network: 2-1\noutput: sigmoid\nloss: half_squared_error\nx1 = 0.4, x2 = 0.9\n"
    rest = "W1 = 0.2, 0.3\nb1 = 0.1\nt = 1\nW1 = [[0.2], [0.3]]\n"
    for again in ("x = (0.4, 0.9)", "x2 = 0.90", "x = 0.4, 0.9\nx1 = 0.4"):
        assert read_sheet(f"{head}{again}\n{rest}z1 = 0.45").trace["a0"].value.tolist() == [0.4, 0.9]
    with pytest.raises(InputError, match="line 5, column 5: x is given twice; the first time was in line 4"):
        read_sheet(f"{head}x = 0.4, 0.8\n{rest}z1 = 0.45")


def test_of_the_examiners_ways_all_but_three_are_read():
    """Two are refused, each with a cure: ΔW2, which is the step for some and the gradient for others, and loss: mse."""
    refused = [text for text, _ in REFUSED if text.startswith(("ΔW2", "loss: mse"))]
    assert len(EXAMINERS) + len(refused) >= 53
    assert len(refused) <= 3


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_ambiguous_is_refused_with_its_meanings(text, words):
    with pytest.raises(InputError, match=words):
        read_sheet(CASE_STUDY + text)


def test_the_middles_of_a_worked_line_are_kept():
    sheet = read_sheet(
        CASE_STUDY + "z1 = [0.5·0.5 + 0.2·0.3 + 0.1, 0.3·0.5 + 0.4·0.3 + 0.2] = [0.41, 0.48]\n"
        "a1[0] = 1/(1 + e^(−0.41)) = 1/1.6637 = 0.60107 ≈ 0.601"
    )
    first, second = sheet.entries
    assert [(w.text, round(w.value, 9), w.written.value) for w in first.working] == [
        ("0.5·0.5 + 0.2·0.3 + 0.1", 0.41, 0.41), ("0.3·0.5 + 0.4·0.3 + 0.2", 0.47, 0.48),
    ]  # fmt: skip
    assert [w.written.value for w in second.working] == [0.601, 0.60107, 0.601]
    assert second.working[0].value == pytest.approx(0.601087879)


def test_a_formula_in_letters_says_nothing_to_judge():
    sheet = read_sheet(CASE_STUDY + "z1 = W1·x + b1\na1 = σ(z1)\nδ² = ∂C/∂a² ⊙ σ′(z²)\nz2 = 1.09")
    assert numbers_of(sheet) == {"z2[0]": 1.09}


GIVEN = """
{head}
hidden: sigmoid
output: sigmoid
loss: half_squared_error
η = 0.5
{given}
"""
ORDINARY = read_sheet("case: mazur").trace


@pytest.mark.parametrize(
    ("head", "given"),
    [
        ("network: 2-2-2\nnotation: mazur",
         "i1 = 0.05\ni2 = 0.10\nw1 = .15\nw2 = .20\nw3 = .25\nw4 = .30\nw5 = .40\nw6 = .45\nw7 = .50\nw8 = .55\n"
         "b1 = .35\nb2 = .60\ntarget_o1 = 0.01\ntarget_o2 = 0.99"),
        ("network: 2-2-2", "x1 = 0.05, x2 = 0.10\ny1 = 0.01; y2 = 0.99\nW1 = [[0.15, 0.25], [0.20, 0.30]]\n"
         "b1 = 0.35, 0.35\nW2 = [[0.40, 0.50],\n [0.45, 0.55]]\nb2 = 0.60 and 0.60"),
        ("网络：2-2-2", "输入：0.05，0.10\n期望输出：0.01，0.99\nw¹ = [0.15 0.2; 0.25 0.3]\nb¹ = [0.35; 0.35]\n"
         "w² = [0.4 0.45; 0.5 0.55]\nb² = [0.6; 0.6]"),
        ("Network: 2 inputs, 2 hidden, 2 outputs\nrows: outputs", "x = (0.05, 0.10)\nt = (0.01, 0.99)\n"
         "W1 = [[.15, .20], [.25, .30]]\nb1 = .35, .35\nW2 = [[.40, .45], [.50, .55]]\nb2 = .60, .60"),
        ("network: 2-2-2", "x = 0,05; 0,10\ny = 0,01; 0,99\nW1 = 0,15, 0,25, 0,20, 0,30\nb1 = 0,35, 0,35\n"
         "W2 = 0,40; 0,50; 0,45; 0,55\nb2 = 0,60; 0,60"),
        ("network: 2-2-2", "$x = [0.05, 0.10]^T$\n$y = [0.01, 0.99]$\n"
         r"$W^{(1)} = \begin{pmatrix} 0.15 & 0.25 \\ 0.20 & 0.30 \end{pmatrix}$" "\n$b^{(1)} = (0.35, 0.35)$\n"
         r"$W^{(2)} = \begin{pmatrix} 0.40 & 0.50 \\ 0.45 & 0.55 \end{pmatrix}$" "\n$b^{(2)} = (0.60, 0.60)$"),
        ("| network | 2-2-2 |", "| x | 0.05 | 0.10 |\n| y | 0.01 | 0.99 |\n| W1 | 0.15 | 0.25 | 0.20 | 0.30 |\n"
         "| b1 | 0.35 | 0.35 |\n| W2 | 0.4 | 0.5 | 0.45 | 0.55 |\n| b2 | 0.6 | 0.6 |"),
    ],
)  # fmt: skip
def test_the_network_of_mazur_is_read_in_every_way(head, given):
    trace = read_sheet(GIVEN.format(head=head, given=given)).trace
    for name in ("a0", "y", "W1", "b1", "W2", "b2", "W1_new", "b2_new", "loss"):
        assert trace[name].value == pytest.approx(ORDINARY[name].value)


def test_a_bias_given_once_for_a_layer_is_said():
    sheet = read_sheet(
        GIVEN.format(head="network: 1-2-1", given="x = 1\ny = 1\nW1 = 1, 2\nb1 = 0.35\nW2 = 1, 2\nb2 = 0")
    )
    assert any("b1 = 0.35 was taken for each neuron" in remark for remark in sheet.remarks)


def test_the_samples_of_a_batch_may_stand_on_lines_of_their_own():
    text = (
        "network: 2-1\noutput: identity\nx1 = 1, 2\nx2 = 3, 4\nx3 = 0, 1\ny = 1, 2, 3\nW1 = 1, 1\nb1 = 0\nz1 = 3, 7, 1"
    )
    sheet = read_sheet(text)
    assert sheet.trace["a0"].value.tolist() == [[1, 2], [3, 4], [0, 1]]
    assert numbers_of(sheet) == {"z1[0,0]": 3, "z1[1,0]": 7, "z1[2,0]": 1}
