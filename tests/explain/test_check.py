import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import ClearpropError, InputError, UnknownNameError
from clearprop.explain import case, check, read_sheet
from clearprop.explain.checking.worksheets import WrittenNumber
from clearprop.explain.words import LANGUAGES

ARTICLE = """
network: 2-2-1
hidden: sigmoid
output: sigmoid
loss: squared_error
learning rate: 0.1
x = 0.5, 0.3
W1 = [[0.5, 0.3], [0.2, 0.4]]
b1 = 0.1, 0.2
W2 = [0.6, 0.7]
b2 = 0.3
y = 0.8

z1 = 0.31, 0.29
a1 = 0.57, 0.57
z2 = 0.71
a2 = 0.67
loss = 0.017
δ2 = −0.05
δ1 = −0.01, −0.01
∂W2 = −0.03, −0.04
∂b2 = −0.05
"""

MAZUR = """
case: mazur
biases: fixed
notation: mazur
net_h1 = 0.3775
out_h1 = 0.593269992
out_h2 = 0.596884378
out_o1 = 0.75136507
out_o2 = 0.772928465
E_o1 = 0.274811083
E_o2 = 0.023560026
E_total = 0.298371109
w5+ = 0.35891648
w6+ = 0.408666186
w7+ = 0.511301270
w8+ = 0.561370121
w1+ = 0.149780716
w2+ = 0.19956143
w3+ = 0.24975114
w4+ = 0.29950229
"""


def test_the_sheet_of_the_article_gets_its_verdicts():
    found = check(ARTICLE)
    assert {str(number.reference): number.status for number in found.numbers} == {
        "z1[0]": "wrong", "z1[1]": "wrong",
        "a1[0]": "cut_off_given", "a1[1]": "right_given",
        "z2[0]": "wrong_given",
        "a2[0]": "right_given", "loss": "right_given",
        "delta2[0]": "cut_off_given",
        "delta1[0]": "right_given", "delta1[1]": "right_given",
        "dW2[0,0]": "right_given", "dW2[1,0]": "wrong_given",
        "db2[0]": "right_given",
    }  # fmt: skip
    assert found["z1[0]"].names == ("bias_forgotten",)
    assert found["z1[1]"].names == ()
    assert found["z2[0]"].names == ()
    assert found["dW2[1,0]"].names == ("weights_for_activations",)
    assert found.first_wrong is found.numbers[0]
    assert not found.passed


def test_mazurs_error_after_the_update_comes_from_updated_weights():
    found = check(MAZUR + "loss_new = 0.291027924")
    assert [number.status for number in found.numbers[:-1]] == ["right"] * (len(found.numbers) - 1)
    assert found["loss_new"].status == "wrong"
    assert found["loss_new"].names == ("updated_weights",)
    assert found["loss_new"].mistakes[0].site == "error1"
    assert check(MAZUR + "loss_new = 0.291027774").passed


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_report_names_the_slip_in_words(language):
    text = check(ARTICLE).text(language)
    assert LANGUAGES[language]["mistake_bias_forgotten"] in text
    assert LANGUAGES[language]["mistake_weights_for_activations"] in text
    assert text.count("\n") > 15
    mazur = check(MAZUR + "loss_new = 0.291027924").text(language, "mazur")
    assert "0.2910277737" in mazur


def test_a_slip_of_arithmetic_is_no_known_mistake_and_is_counted_once():
    trace = case("case_study").trace()
    lines = {"z1": "0.4100, 0.4713", "a1": "0.6011, 0.6157"}
    found = check(lines, trace)
    assert [number.status for number in found.numbers] == ["right", "wrong", "right", "right_given"]
    assert found["z1[1]"].names == ()


def test_halves_may_be_rounded_either_way_and_cut_off_is_no_mistake():
    trace = case("case_study").trace()  # z1[0] = 0.41, a1[0] = 0.60108…, z2 = 1.09142…
    assert check({"a1": "0.6010, 0.6153"}, trace)["a1[1]"].status == "cut_off"
    assert check({"z2": "1.09"}, trace).passed
    assert WrittenNumber.read("−1,25").value == -1.25


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("0.310", 0.31, 0.001), ("1.2e-3", 0.0012, 1e-4), ("3.1·10^-2", 0.031, 1e-3), ("12", 12, 1), ("0", 0, 0.005),
     ("7", 7, 0.1), (".5", 0.5, 0.1)],
)  # fmt: skip
def test_a_written_number_knows_its_last_digit(text, value, unit):
    found = WrittenNumber.read(text)
    assert found.value == pytest.approx(value)
    assert found.unit == pytest.approx(unit)


def test_the_format_forgives(tmp_path):
    text = """
| the sheet of a pupil |
|---|
network: 2-2-1
activation: sigmoid
output: sigmoid
loss: squared_error
η = 0.1
- x = (0,5; 0,3)
- y = 0,8
- **W1** = 0.5 0.3 0.2 0.4
* b1: [0.1, 0.2]
1. W2 = 0.6, 0.7
2. b2 = 0.3
- `z1` = 0.41, 0.47       # a comment
- δ² = -0.0193
- dL/dW2 = -0.0116, -0.0119
- a1[1] ≈ 0.6154
- W2' = 0.6012; 0.7012
- new b2 = 0.3019
- C = 0.00264
""".replace("| the sheet of a pupil |\n|---|\n", "").replace("δ²", "δ2")
    found = check(text)
    assert found.passed
    assert [str(number.reference) for number in found.numbers] == [
        "z1[0]", "z1[1]", "delta2[0]", "dW2[0,0]", "dW2[1,0]", "a1[1]", "W2_new[0,0]", "W2_new[1,0]", "b2_new[0]",
        "loss",
    ]  # fmt: skip
    path = tmp_path / "sheet.md"
    path.write_text(text, encoding="utf-8")
    assert check(Path(path)).passed


def test_toml_says_the_same(tmp_path):
    text = """
[network]
network = "2-2-1"
hidden = "sigmoid"
output = "sigmoid"
loss = "squared_error"
"learning rate" = 0.1
x = [0.5, 0.3]
y = 0.8
W1 = [[0.5, 0.3], [0.2, 0.4]]
b1 = [0.1, 0.2]
W2 = [0.6, 0.7]
b2 = 0.3
[results]
z1 = [0.31, 0.47]
a2 = 0.750
"""
    path = tmp_path / "sheet.toml"
    path.write_text(text, encoding="utf-8")
    for source in (text, Path(path)):
        found = check(source)
        assert found["z1[0]"].names == ("bias_forgotten",)
        assert found["a2[0]"].written.unit == 0.001


def test_books_write_the_matrix_the_other_way_round():
    sheet = read_sheet(ARTICLE.replace("W1 = [[0.5, 0.3], [0.2, 0.4]]", "rows: outputs\nW1 = [[0.5, 0.2], [0.3, 0.4]]"))
    assert np.array_equal(sheet.trace["W1"].value, [[0.5, 0.3], [0.2, 0.4]])


def test_a_batch_sheet():
    trace = case("xor").trace()
    text = ", ".join(f"{v:.3f}" for v in trace["z2"].value.ravel())
    assert check(f"case: xor\nz2 = {text}").passed


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("z1 = 0.41, 0.47", InputError, "names no network"),
        ("case: mazurr\nz1 = 1, 2", UnknownNameError, "did you mean 'mazur'"),
        ("case: mazur\nz1 = 0.41, abc", InputError, r"line 2, column 12: 'abc' is not a number"),
        ("case: mazur\nz1 = 1, 2, 3", InputError, r"line 2, column 6: z1 holds 2 numbers in this network, not 3"),
        ("case: mazur\nzz1 = 0.41", InputError, "line 2.*there is no result 'zz1'"),
        ("case: mazur\nz9 = 0.41", InputError, "line 2.*there is no result 'z9'"),
        ("case: mazur\nW1[0,9] = 0.41", InputError, "W1 has shape"),
        ("case: mazur\nnotation: mazzur\nz1=1,2", UnknownNameError, "did you mean 'mazur'"),
        ("network: 2-1\noutput: sigmoid\nx = 1, 2\ny = 1\nW1 = 1, 2, 3\nb1 = 1", InputError, "line 5.*W1 holds 2"),
        ("network: 2-1\noutput: sigmoid\nx = 1, 2\ny = 1\nb1 = 1", InputError, "the sheet gives no W1"),
        ("[network]\ncase = 'mazur'\n[resluts]\nz1 = 1", UnknownNameError, "did you mean 'results'"),
        ("[network]\ncase = ", InputError, "not TOML"),
    ],
)
def test_sheets_that_cannot_be_read(text, error, words):
    with pytest.raises(error, match=words):
        check(text)


def test_values_alone_need_a_trace():
    with pytest.raises(InputError, match="give the trace too"):
        check({"z1": "0.41"})
    trace = case("case_study").trace()
    assert check({"z1": [0.41, 0.47], "loss": 0.0026368966648948637}, trace).passed
    with pytest.raises(InputError, match="nan"):
        check({"loss": float("nan")}, trace)


PIECES = st.sampled_from(
    """network: 2-2-1 | network: 0-1 | network: 2 | hidden: sigmoid | hidden: nothing | output: softmax | loss: huber
    loss = 0.1 | x = 0.5, 0.3 | y = 0.8 | W1 = 1 2 3 4 | b1 = 1, 2 | W2 = 1, 2 | b2 = 1 | b2 = 1e999 | z1 = 1, 2
    z1[0] = 3 | z1[5] = 3 | z1[a] = 3 | dW1[0,1] = 2 | δ1 = 1, 2 | ∂C/∂W2 = 1, 2 | W2_new = 1, 2 | t = 1 | rate = 2
    case: xor | case: mazur | notation: mazur | w5+ = 0.3 | net_h1 = 1 | rows: outputs | biases: fixed | rate: ,
    learning rate: -1 | learning rate: fast | optimizer: adam | loss_new = 0.1 | x = 1, 2, 3, 4 | y = 1, 1 | = 3 | :
    a1 = , | a1 = 1,5; 2,5 | prediction = 1 | [network] | [results] | z1 = [1, 2 | b1 = nan, 1 | a0 = 1, 2
    z1 = 1e400, 1 | z1 = 1e300, 1 |
        a2 = 0.7 | delta2 = 0.1 | W1 = 1, 2 | error1 = 1, 1 | slope1[1] = 0.2 | m_W1_new = 1 | y[0] = 3 | b9 = 1
    """.replace("\n", "|").split("|")
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["", "case: mazur", "case: xor", "case: two_players", ARTICLE]),
    st.lists(PIECES | st.text(max_size=20), max_size=9),
)
def test_any_text_is_judged_or_refused_with_words(start, lines):
    try:
        found = check("\n".join([start, *lines]))
    except ClearpropError:
        return
    assert found.text()


def test_a_sheet_of_a_wide_network_is_judged_in_no_time():
    trace = case("digits").trace()
    lines = {
        name: ", ".join(f"{float(value):.3g}" for value in np.ravel(trace[name].value))
        for name in ("z1", "a1", "z2", "a2", "delta2", "error1", "delta1")
    }
    start = time.perf_counter()
    found = check(lines, trace)
    assert found.passed
    assert time.perf_counter() - start < 20
