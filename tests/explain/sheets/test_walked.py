"""Sheets in many ways of writing, worked out in NumPy: what is right stays right, each mistake is found and named."""

from pathlib import Path

import pytest

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
