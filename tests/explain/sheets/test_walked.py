"""Sheets in many ways of writing, worked out in NumPy: what is right stays right, each mistake is found and named."""

import re
from pathlib import Path

import pytest

from clearprop.errors import InputError
from clearprop.explain import check

FOLDER = Path(__file__).parent / "walked"
# Where not simply everything is right: how many numbers are wrong, in which lines, their mistake, what is offered.
VERDICTS = {
    "03-xor-sum-unsaid": (0, "", "", "samples: sum"),
    "04-xor-mean-said-but-sum": (5, "delta2,loss", "mean_lost", ""),
    "07-momentum-3-steps": (0, "", "", "velocity: gradients"),
    "09-adam-no-correction": (3, "W2_new", "no_bias_correction", ""),
    "11-softmax-regr-one-sample-missing": (1, "loss", "sample_missing", ""),
    "12-delta-minus-unsaid": (0, "", "", "delta: minus"),
    "13-outputs-mean-unsaid": (0, "", "", "outputs: mean"),
    "15-rows-outputs-unsaid-square": (0, "", "", "rows: outputs"),
    "18-delta-plus-said-but-minus": (2, "delta2", "sign", ""),
    "30-e-z": (3, "a1", "exponent_sign", ""),
    "31-extra-mistakes-follow": (1, "delta2", "slope_left_out", ""),
    "32-updated-weights-in-hidden-delta": (3, "delta1", "updated_weights", ""),
    "33-slip-in-worked-line": (1, "z1", "", ""),
    "34-digits-exchanged-unknown": (1, "a1", "", ""),
    "35-two-mistakes-in-a-line": (2, "z1", "bias_forgotten", ""),
    "36-bias-not-updated": (0, "", "", "biases: fixed"),
    "37-loss-wrong-rest-ok": (1, "loss", "", ""),
    "46-step-2-follows-a-mistake": (3, "W2_new", "gradient_added", ""),
    "52-momentum-torch-unsaid": (0, "", "", "velocity: gradients"),
    "54-shares": (2, "error2", "", ""),
    "82-sum-unsaid-l2": (0, "", "", "samples: sum"),
    "83-sum-unsaid-weighted": (0, "", "", "samples: sum"),
    "91-logreg-ng": (0, "", "", "samples: each"),
    "94-zh-mistake": (2, "delta1", "sigmoid_slope", ""),
    "100-mazur-mistake": (2, "W2_new,error1", "", ""),
    "104-chain-slip": (1, "z1", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.md")))
def test_the_sheet_gets_its_verdict(name):
    wrong, lines, mistake, offered = VERDICTS.get(name, (0, "", "", ""))
    found = check((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    accused = [number for number in found.numbers if number.verdict == "wrong"]
    assert len(accused) == wrong
    assert ",".join(sorted({number.reference.site for number in accused})) == lines
    assert {number.verdict for number in found.numbers} <= {"right", "wrong"}
    if mistake:
        assert all(mistake in number.names and number.is_certain for number in accused)
    assert ", ".join(found.offered) == offered


def test_the_table_is_of_these_sheets():
    assert VERDICTS.keys() <= {path.stem for path in FOLDER.glob("*.md")}


def test_numbers_of_a_working_are_what_somebody_went_on_with():
    """0.601 and 0.615 stand in no line of their own: 1.0911 follows from them, and from no others."""
    text = (FOLDER / "103-equals-chain.md").read_text(encoding="utf-8")
    assert check(text)["z2[0]"].own == pytest.approx(1.0911, abs=1e-9)
    bare = "\n".join(
        f"{line.split('=')[0]}= {line.split('=')[-1]}" if "=" in line else line for line in text.split("\n")
    )
    assert not check(bare).passed
    forgotten = check("case: case_study\nz2 = 0.6·0.601 + 0.7·0.615 = 0.7911")["z2[0]"]
    assert forgotten.names == ("bias_forgotten",)


@pytest.mark.parametrize("said", ["samples: each", "对样本：逐个"])
def test_that_each_sample_has_a_delta_of_its_own_can_be_said(said):
    text = (FOLDER / "91-logreg-ng.md").read_text(encoding="utf-8")
    found = check(f"{said}\n{text}")
    assert found.passed
    assert not found.offered
    stated = check(f"samples: mean\n{text}")
    assert "mean_lost" in stated["delta1[0,0]"].names


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("velocity of W2 = 0.001, 0.001", "there is no result 'velocity of W2'"),
        ("actual output = 1", "actual output may mean"),
        ("z2 = 1.09 ... 0.3", "line 2, column 6: there are 2 numbers where 1 number should be"),
        ("隐层函数：tanh", "there is no setting or result '隐层函数'"),
        ("w1 = 0.1", "w1 numbers the weights through; add the line notation: mazur"),
    ],
)
def test_what_was_once_taken_for_something_else_is_refused(line, words):
    with pytest.raises(InputError, match=re.escape(words)):
        check(f"case: case_study\n{line}")


def test_a_blank_that_is_written_in_another_place_is_not_open():
    found = check("case: case_study\ndelta2 = ______\nz2 = ______\noutput layer error term: -0.01933\n")
    assert [blank.name for blank in found.blanks] == ["z2"]
