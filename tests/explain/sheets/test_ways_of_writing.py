"""The ways in which people write a line, numbered; each with the numbers that it must be read as."""

import pytest

from clearprop.errors import InputError
from clearprop.explain import read_sheet

CASE_STUDY = "case: case_study\n"  # 2-2-1, so that layer 1 and neuron 1 are different things
HIDDEN = {"z1[0]": 0.41, "z1[1]": 0.47}
OUT = {"a1[0]": 0.6011, "a1[1]": 0.6154}
DW2 = {"dW2[0,0]": -0.0116, "dW2[1,0]": -0.0119}
W1_NEW = {"W1_new[0,0]": 0.5, "W1_new[0,1]": 0.31, "W1_new[1,0]": 0.2, "W1_new[1,1]": 0.4}
ONE = {"z1[0]": 0.41}

# The ways of the examiner, first the eight that were read before, then those that were refused.
EXAMINERS = [
    ("z₁ = 0.41, 0.47", HIDDEN),
    ("∂C/∂W2 = -0.0116, -0.0119", DW2),
    ("z1 = (0,41; 0,47)", HIDDEN),
    ("Loss ≈ 0.0026", {"loss": 0.0026}),
    ("a2 = 7.486×10^-1", {"a2[0]": 0.7486}),
    ("W1' = 0.5, 0.31, 0.2, 0.4", W1_NEW),
    ("z1[0] = 0.41", ONE),
    ("∂C/∂W2 = -.0116, -.0119", DW2),
    # 9: what explain prints
    ("z¹₁ = 0.41", ONE),
    ("δ² = -0.0193", {"delta2[0]": -0.0193}),
    ("∂C/∂w²₁₁ = -0.0116", {"dW2[0,0]": -0.0116}),
    ("w¹⁺₁₁ = 0.5001", {"W1_new[0,0]": 0.5001}),
    ("w¹₁₁⁺ = 0.5001", {"W1_new[0,0]": 0.5001}),
    ("notation: mazur\ndE/dw5 = -0.0116", {"dW2[0,0]": -0.0116}),
    ("O_hidden = 0.6011, 0.6154", OUT),
    ("z¹₁ = w¹₁₁·x₁ + w¹₁₂·x₂ + b¹₁ = 0.5·0.5 + 0.2·0.3 + 0.1 = 0.41", ONE),
    # 17: names
    ("z1_1 = 0.41", ONE),
    ("z^(1) = 0.41, 0.47", HIDDEN),
    ("z⁽¹⁾ = 0.41, 0.47", HIDDEN),
    ("z^1_1 = 0.41", ONE),
    ("$z^{(1)}_1$ = 0.41", ONE),
    (r"\delta^{(2)} = -0.0193", {"delta2[0]": -0.0193}),
    (r"\frac{\partial C}{\partial w^{(2)}_{11}} = -0.0116", {"dW2[0,0]": -0.0116}),
    ("dC/dw2_11 = -0.0116", {"dW2[0,0]": -0.0116}),
    ("δ_2 = -0.0193", {"delta2[0]": -0.0193}),
    ("delta_out = -0.0193", {"delta2[0]": -0.0193}),
    ("grad_W2 = -0.0116, -0.0119", DW2),
    ("ŷ = 0.7486", {"a2[0]": 0.7486}),
    ("y_hat = 0.7486", {"a2[0]": 0.7486}),
    ("h1 = 0.6011", {"a1[0]": 0.6011}),
    ("net_h1 = 0.41", ONE),
    ("out_h1 = 0.6011", {"a1[0]": 0.6011}),
    ("σ(z1) = 0.6011, 0.6154", OUT),
    ("z[1][1] = 0.47", {"z1[1]": 0.47}),
    ("w1_new = 0.5, 0.31, 0.2, 0.4", W1_NEW),
    ("W1(new) = 0.5, 0.31, 0.2, 0.4", W1_NEW),
    ("MSE = 0.0026", {"loss": 0.0026}),
    # 38: values
    ("z1 = 0.5*0.5+0.2*0.3+0.1 = 0.41", ONE),
    ("z1 = 0.41, 0.47\nsigmoid(0.41) = 0.6011", {**HIDDEN, "a1[0]": 0.6011}),
    ("δ2 = -1/50", {"delta2[0]": -0.02}),
    ("loss = 0.26%", {"loss": 0.0026}),
    ("δ2 = –0.0193", {"delta2[0]": -0.0193}),
    ("a1 = 0,6011, 0,6154", OUT),
    ("z1 = 0.41 and 0.47", HIDDEN),
    ("z1 = 0.41, 0.47 (hidden inputs)", HIDDEN),
    ("z1 = 0.41, 0.47 // hidden", HIDDEN),
    ("z1 = 0.41,\n     0.47", HIDDEN),
    # 48: text, tables, Chinese
    ("Now we compute the hidden layer.\nz1 = 0.41, 0.47", HIDDEN),
    ("| what | value |\n|---|---|\n| z1 | 0.41, 0.47 |\n| a2 | 0.7486 |", {**HIDDEN, "a2[0]": 0.7486}),
    ("z1＝0.41，0.47", HIDDEN),
    ("损失：0.0026", {"loss": 0.0026}),
    ("误差 = 0.0026", {"loss": 0.0026}),
]
FURTHER = [
    (r"$$z_1^{(1)} = 0.5 \cdot 0.5 + 0.2 \cdot 0.3 + 0.1 = 0.41$$", ONE),
    (r"\text{net}_{h1} = 0.41", ONE),
    (r"\hat{y} = 0.7486", {"a2[0]": 0.7486}),
    (r"\nabla_{W_2} L = \begin{bmatrix} -0.0116 \\ -0.0119 \end{bmatrix}", DW2),
    (r"\frac{\partial E_{total}}{\partial out_{h1}} = -0.0116", {"error1[0]": -0.0116}),
    (r"Therefore $a^{(2)} = \sigma(z^{(2)}) \approx 0.7486$.", {"a2[0]": 0.7486}),
    ("W_2^{new} = 0.6012, 0.7012", {"W2_new[0,0]": 0.6012, "W2_new[1,0]": 0.7012}),
    ("W2.grad = tensor([[-0.0116], [-0.0119]])", DW2),
    ("dL_dW2 = np.array([[-0.0116],\n       [-0.0119]])", DW2),
    ("a1 = [0.6011 0.6154]", OUT),
    ("a1 = 0.6011; 0.6154", OUT),
    ("z1: 0.41, 0.47; a2: 0.7486", {**HIDDEN, "a2[0]": 0.7486}),
    ("z1 = 0.41, 0.47; a2 = 0.7486", {**HIDDEN, "a2[0]": 0.7486}),
    ("z1 0.41 0.47", HIDDEN),
    ("z1\t0.41\t0.47", HIDDEN),
    ("| | h1 | h2 |\n|---|---|---|\n| net | 0.41 | 0.47 |", HIDDEN),
    ("| z1 | 0.5·0.5 + 0.3 | 0.41, 0.47 |", HIDDEN),
    ("| a2 | loss |\n|---|---|\n| 0.7486 | 0.0026 |", {"a2[0]": 0.7486, "loss": 0.0026}),
    ("- **z1** = `0.41`, `0.47`", HIDDEN),
    ("1. z1 = 0.41, 0.47", HIDDEN),
    ("(a) z1 = 0.41, 0.47", HIDDEN),
    ("> z1 = 0.41, 0.47", HIDDEN),
    ("hidden layer outputs: 0.6011, 0.6154", OUT),
    ("output layer delta = -0.0193", {"delta2[0]": -0.0193}),
    ("new loss = 0.0025", {"loss_new": 0.0025}),
    ("output = 0.7486", {"a2[0]": 0.7486}),
    ("隐藏层净输入：0.41，0.47", HIDDEN),
    ("隐藏层第1个神经元的输出 = 0.6011", {"a1[0]": 0.6011}),
    ("更新后的W2 = 0.6012, 0.7012", {"W2_new[0,0]": 0.6012, "W2_new[1,0]": 0.7012}),
    ("总误差 ＝ ０．００２６", {"loss": 0.0026}),
    ("z1 = 0.41, 0.47。", HIDDEN),
    ("E = ½(0.8 − 0.7486)² = 0.00132", {"loss": 0.00132}),
    ("∇W2 = -0.0116, -0.0119", DW2),
    ("z₁⁽¹⁾ = 0.41", ONE),
    ("δ2 = -1.93·10⁻²", {"delta2[0]": -0.0193}),
    ("δ2 = -1.93E-02", {"delta2[0]": -0.0193}),
    ("notation: letters\nz_c = 0.41\n∂C/∂w⁽¹⁾₁₂ = -0.0016", {"z1[0]": 0.41, "dW1[0,1]": -0.0016}),
    ("notation: nielsen\n∂C/∂w¹₁₂ = -0.00083", {"dW1[1,0]": -0.00083}),
    ("notation: rashid\n∂E/∂w^ih_{1,2} = -0.0016", {"dW1[0,1]": -0.0016}),
    ("rows: outputs\ndW1_12 = -0.00083", {"dW1[1,0]": -0.00083}),
    ("rows: inputs\ndW1_12 = -0.0016", {"dW1[0,1]": -0.0016}),
    ("rows: outputs\nW1_new[0,1] = 0.2", {"W1_new[1,0]": 0.2}),
    ("count from: 1\nz1[1] = 0.41", ONE),
    ("W2 = W2 − η·∂L/∂W2 = (0.6012, 0.7012)", {"W2_new[0,0]": 0.6012, "W2_new[1,0]": 0.7012}),
    ("W2 ← W2 − η·∂L/∂W2 = (0.6012，0.7012)", {"W2_new[0,0]": 0.6012, "W2_new[1,0]": 0.7012}),
    ("The new weights W2 = 0.6012, 0.7012", {"W2_new[0,0]": 0.6012, "W2_new[1,0]": 0.7012}),
    ("The gradient of W2 = -0.0116, -0.0119", DW2),
    ("W2.grad\ntensor([[-0.0116],\n        [-0.0119]])", DW2),
    ("(2)z1 = 0.41, 0.47", HIDDEN),
    ("（2）隐藏层第1个神经元的净输入：0.5×0.5＋0.2×0.3＋0.1＝0.41", ONE),
    ("z1 is 0.41, 0.47", HIDDEN),
    ("z1 (hidden layer) = 0.41, 0.47", HIDDEN),
    ("y^ = 0.7486", {"a2[0]": 0.7486}),
    ("dW1[0] = 0.1, 0.2", {"dW1[0,0]": 0.1, "dW1[0,1]": 0.2}),
    ("count from: 0\nz1_0 = 0.41", ONE),
    (r"\frac{\partial E}{\partial W^{(2)}} &= \begin{pmatrix} -0.0116 & -0.0119 \end{pmatrix}", DW2),
    ("W2的梯度 = -0.0116，-0.0119", DW2),
    ("损失对W2的偏导数：-0.0116，-0.0119", DW2),
    ("z1[1] = 0.41\nz1[2] = 0.47", HIDDEN),
]
WAYS = [*EXAMINERS, *FURTHER]


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


# Refused, since nobody can know what is meant; the line to write instead is said.
REFUSED = [
    ("ΔW2 = 0.001, 0.001", r"line 2, column 7: ΔW2 may be the step −η·∂C/∂W2 or the gradient; write W2_new = …"),
    ("sigmoid(0.41) = 0.6011", r"line 2, column 17: say what this is: write its name first, as a1\[0\] = sigmoid"),
    ("w5 = 0.6", r"w5 numbers the weights through; add the line notation: mazur"),
    ("w_{12}^{(1)} = 0.2", r"may mean W1\[0,1\] .* or W1\[1,0\] .*; write that name, or add the line rows: inputs"),
    ("z_12 = 0.47", r"z_12 may mean z1\[1\] .* or z2\[0\] .*; write that name"),
    ("change in W2 = 0.0012, 0.0012", r"there is no result 'change in W2'"),
    ("z = 1.09", r"z may mean z1 .* or z2"),
    ("隐藏层误差 = 0.1, 0.2", r"may mean delta1 .* or error1"),
    ("loss: mse", r"line 2, column 7: 'mse' is said of several losses; write loss: squared_error"),
    ("z1 = 0.5 - 0.3", r"line 2, column 6: this is not worked out; write its result too: z1 = 0.5 - 0.3 = 0.2"),
    ("δ1[2] = 0.1", r"counted from 0, so the last one is delta1\[1\]; add the line count from: 1 if"),
]


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
