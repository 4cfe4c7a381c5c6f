"""Sheets from books, courses and other programs: each gets the verdict that its source deserves."""

from pathlib import Path

import pytest

from clearprop.explain import check

SHEETS = Path(__file__).parent / "sheets_of_others"
# What is not simply right: by name of the number its status, and the mistakes that are named.
ALL_RIGHT = {
    "06-rinterested-tanh-batch", "07-kircerta-relu-linear", "08-ustc-relu-softmax", "09-surafelml-bce",
    "13-gbasran-adam", "14-willamette-momentum", "19-diaz-relu-softmax", "28-receipt-pytorch.adam.golden",
    "29-receipt-pytorch.softmax-ce.golden", "30-receipt-iris.golden", "36-no-mistake-three-digits-on-the-way",
    "38-no-mistake-three-decimals-named", "40-explain-path-of-a-batch",
}  # fmt: skip
WRONG = {
    "03-aiml-notes-relu-sigmoid": {"loss": ()},
    "04-postnetwork-softmax-ce": {"z2[1]": ()},
    "05-bcxiaobai-zh": {"dW1[0,0]": ("gradients_summed",), "dW1[1,0]": ("gradients_summed",)},
    "11-jishuzhan-two-hidden-layers": {"a2[0]": (), "a2[1]": (), "z3[0]": ()},
    "17-scribd-logistic-bce": {"loss": ()},
    "21-receipt-adam.bad-bias-correction-omitted": {"W1_new[0,0]": ("no_bias_correction",)},
    "23-receipt-adamw.bad-as-coupled-l2": {"W1_new[0,0]": ("decay_left_out",)},
    "25-receipt-pytorch-helper.bad-weight-after-divergence": {"W2_new[0,0]": ("weight_not_updated",)},
    "31-receipt-batch.bad-reduction-mode-mismatch": {"loss": ("mean_lost",), "loss_new": ("one_sample_only",)},
    "32-bce-extra-slope": {"delta2[0]": ("extra_slope",)},
    "34-shares-as-error": {"error1[0]": ("shares_for_error",), "error1[1]": ("shares_for_error",)},
}
TRUNCATED = {
    "03-aiml-notes-relu-sigmoid": {"a2[0]"}, "10-lexai-bce-rounded": {"a2[0]"},
    "12-sghosh-no-hidden-layer": {"delta1[0]"},
}  # fmt: skip


def text_of(name):
    return (SHEETS / f"{name}.md").read_text(encoding="utf-8")


def test_every_sheet_has_its_verdict():
    known = ALL_RIGHT | set(WRONG) | set(TRUNCATED) | {
        "01-han-kamber-textbook", "27-receipt-momentum.bad-coefficient-swapped"
    }  # fmt: skip
    assert {path.stem for path in SHEETS.glob("*.md")} == known


@pytest.mark.parametrize("name", sorted(ALL_RIGHT))
def test_nothing_is_said_against_a_right_sheet(name):
    found = check(text_of(name))
    assert {number.status for number in found.numbers} <= {"right", "within"}
    assert not found.offered


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_is_wrong_is_found_and_named_and_nothing_else(name):
    found = check(text_of(name))
    wrong = {str(number.reference): number for number in found.numbers if number.verdict == "wrong"}
    assert set(wrong) == set(WRONG[name])
    for place, names in WRONG[name].items():
        assert wrong[place].names[:1] == names if wrong[place].is_certain else not names


@pytest.mark.parametrize("name", sorted(TRUNCATED))
def test_what_was_truncated_is_found_and_called_no_mistake(name):
    found = check(text_of(name))
    assert {str(number.reference) for number in found.numbers if number.verdict == "cut_off"} == TRUNCATED[name]
    later = [number for number in found.numbers if number.verdict != "wrong"]
    assert not any(number.given_slip for number in later)


def test_the_book_that_turns_delta_round_is_right_under_its_convention():
    found = check(text_of("01-han-kamber-textbook"))
    assert found.passed
    assert found.offered == ("delta: minus",)
    text = text_of("01-han-kamber-textbook")
    assert not check(text.replace("x = 1", "delta: minus\nx = 1", 1)).offered
    stated = check(text.replace("x = 1", "delta: plus\nx = 1", 1))
    assert stated["delta2[0]"].names == ("sign",)


MEMORY = """
given: rounded
step: 2
v_W1 = [[-4.38567734e-06, -4.97712735e-06], [-8.77135469e-06, -9.95425471e-06]]
v_W2 = [[-0.000821670406, 0.000226025405], [-0.000826676278, 0.000227402422]]
"""


def test_the_second_step_of_momentum_needs_its_memory():
    text = text_of("27-receipt-momentum.bad-coefficient-swapped")
    found = check(text)
    wrong = {number.reference.site for number in found.numbers if number.verdict == "wrong"}
    assert wrong == {"W1_new", "W2_new"}
    assert "If this is not the first step" in found.text()
    assert check(text.replace("biases: fixed", f"biases: fixed{MEMORY}")).passed


def test_a_network_of_nine_digits_is_judged_within_them():
    """Nobody gives a network by hand with so many: they are the print of a program."""
    text = text_of("27-receipt-momentum.bad-coefficient-swapped")
    forward = "\n".join(line for line in text.splitlines() if "_new" not in line)
    assert {number.status for number in check(forward).numbers} == {"right", "within"}


PRINTED = """
network: 2-1
output: identity
x = 10, 20
y = 1
W1 = 0.3745, 0.9507
b1 = 0
z1 = 22.7596
"""  # the weights were 0.37454 and 0.95071


def test_that_what_is_given_is_itself_rounded_is_offered_or_said():
    assert check(PRINTED).offered == ("given: rounded",)
    stated = check(f"given: rounded\n{PRINTED}")
    assert stated.passed
    assert not stated.offered
    assert not check(f"given: exact\n{PRINTED}").passed
    assert not check(PRINTED.replace("22.7596", "22.79")).passed


@pytest.mark.parametrize(
    ("line", "constant", "value"),
    [
        ("adam(beta1=0.8, epsilon=0.01)", "beta1", 0.8),
        ("adam(eps=0.01)", "epsilon", 0.01),
        ("momentum(0.5)", "momentum", 0.5),
        ("rmsprop(ρ=0.95)", "rho", 0.95),
    ],
)
def test_an_optimizer_is_named_with_its_constants(line, constant, value):
    sheet = check(f"case: case_study\noptimizer: {line}\nz1 = 0.41, 0.47").sheet
    assert sheet.trace.optimizer.parameters[constant] == value


def test_corrected_moments_can_be_checked():
    text = "case: case_study\noptimizer: adam\nm_hat_W2 = {}\nv_hat_b2 = 0.0003736"
    found = check(text.format("-0.01162, -0.01189"))
    assert found.passed
    assert found["m_hat_W2[0,0]"].status == "right"
    assert check(text.format("-0.001162, -0.001189"))["m_hat_W2[0,0]"].names[0] == "no_bias_correction"


def said(line, settings="delta: plus\ngiven: exact"):
    """The report on one line of the case study."""
    return check(f"case: case_study\n{settings}\n{line}").text(width=300)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("z2 = 1.2914", "what you wrote is the right value + 0.2 (+ b1[1])"),
        ("dW2 = -0.02904, -0.02973", "dW2, all 2: what you wrote is 2.5"),
        ("a1 = 0.6154, 0.6011", "two numbers of the line have changed places"),
        ("z1[0] = 0.5·0.5 + 0.2·0.3 + 0.1 = 0.51", "slip of arithmetic: 0.5·0.5 + 0.2·0.3 + 0.1 is 0.41, not 0.51"),
        ("z2 = 1.8", "none of the mistakes that I know gives what you wrote"),
        ("loss = 0.0013\nloss_new = ____", "1 judged, 1 still blank: loss_new"),
    ],
)
def test_what_is_known_is_said(line, words):
    text = said(line)
    assert words in text
    assert "slip of arithmetic" not in text or "0.51" in line


def test_a_single_short_number_names_no_mistake():
    found = check("case: case_study\ndelta: plus\nz2 = 1.091\ndelta2 = 0.02")["delta2[0]"]
    assert found.verdict == "wrong"
    assert not found.is_certain
    assert "would fit: the sign is the wrong way round" in said("z2 = 1.091\ndelta2 = 0.02")


def test_a_turned_delta_is_offered_and_not_where_the_sheet_says_otherwise():
    text = "case: case_study\ndelta2 = 0.01933\nW2_new = 0.6012, 0.7012"
    assert check(text).offered == ("delta: minus",)
    assert check(text).is_done
    assert "δ = −∂C/∂z" in check(text).text()
    assert "δ = −∂C/∂z" in check(text).text("zh")
    assert check(f"delta: plus\n{text}")["delta2[0]"].names == ("sign",)


BISHOP = """case: case_study
a1 = 0.41, 0.47
z1 = 0.6011, 0.6154
a2 = {}
z2 = 0.7486
delta2 = -0.01933
"""


def test_a_book_whose_a_is_the_weighted_sum_is_right_under_its_convention():
    found = check(BISHOP.format(1.0914))
    assert found.offered == ("weighted sum: a",)
    assert {number.status for number in found.numbers} <= {"right", "within"}
    assert "Bishop" in found.text()
    stated = check("weighted sum: a\n" + BISHOP.format(0.7914))
    assert stated["z2[0]"].names == ("bias_forgotten",)
    assert check("加权和：a\n" + BISHOP.format(1.0914)).passed
    assert not check("weighted sum: z\n" + BISHOP.format(1.0914)).passed
