"""What cannot be read is refused with place, cause and a line to write; all faults of a sheet are told at once."""

import time

import pytest

from clearprop.errors import InputError
from clearprop.explain import case, check, exercise, read_sheet
from clearprop.explain.checking.worksheets import results
from clearprop.explain.checking.worksheets.reading import under
from clearprop.explain.words.message import in_language
from english_words import english_in

BOOK = """network: 2-3-2
hidden: tanh
output: softmax
loss: cross_entropy
x = 1, -2
y = 0, 1
W1 = [[0.1, 0.2], [0.4, -0.5], [0.3, 0.6]]
b1 = 0.1, 0, -0.1
W2 = [[0.7, -0.2], [0.1, 0.3], [-0.4, 0.5]]
b2 = 0, 0.1
"""
FITS = BOOK.replace("[[0.1, 0.2], [0.4, -0.5], [0.3, 0.6]]", "[[0.1, 0.4, 0.3], [0.2, -0.5, 0.6]]")


def test_a_matrix_of_the_wrong_shape_is_refused_with_its_cure():
    words = (
        r"^line 7, column 6: W1 must have shape \(2, 3\), rows the inputs, not \(3, 2\); its transpose would fit: "
        r"write rows: outputs if rows are the neurons$"
    )
    with pytest.raises(InputError, match=words):
        read_sheet(BOOK)
    turned = BOOK.replace("[[0.7, -0.2], [0.1, 0.3], [-0.4, 0.5]]", "[[0.7, 0.1, -0.4], [-0.2, 0.3, 0.5]]")
    trace = read_sheet("rows: outputs\n" + turned).trace
    assert trace["W1"].value.tolist() == [[0.1, 0.4, 0.3], [0.2, -0.5, 0.6]]
    assert trace["W2"].value.tolist() == [[0.7, -0.2], [0.1, 0.3], [-0.4, 0.5]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rows: outputs\n", r"line 10, column 6: W2 must have shape \(2, 3\), rows the neurons, not \(3, 2\); "
         r"its transpose would fit: write rows: inputs if rows are the inputs"),
        ("dW1 = [[1, 2], [3, 4], [5, 6]]", r"line 11, column 7: dW1 must have shape \(2, 3\), rows the inputs, not"),
        ("W2_new = [[1, 2, 3], [4, 5, 6]]", r"W2_new must have shape \(3, 2\), rows the inputs, not \(2, 3\)"),
        ("∂C/∂W1 = [1 2; 3 4; 5 6]", r"must have shape \(2, 3\)"),
        ("z1 = [[1, 2, 3], [4, 5, 6]]", r"z1 holds 3 numbers in this network, not 6"),
        ("dW1 = [[1, 2, 3], [4, 5]]", r"the rows of dW1 have different lengths: 3, 2"),
        ("dW1 = [[1, 2, 3, 4, 5, 6]]", r"dW1 must have shape \(2, 3\), rows the inputs, not \(1, 6\)$"),
        ("W1_new = 1, 2, 3, 4", r"W1_new holds 6 numbers in this network, not 4"),
    ],
)  # fmt: skip
def test_no_matrix_is_cut_anew(line, words):
    text = line + FITS if line.startswith("rows") else FITS + line
    with pytest.raises(InputError, match=words):
        read_sheet(text)


def test_a_plain_list_is_read_in_the_order_that_is_said():
    sheet = read_sheet(FITS + "dW1 = 1, 2, 3, 4, 5, 6")
    assert [str(reference) for reference, _ in sheet.entries[0].numbers][:4] == [
        "dW1[0,0]", "dW1[0,1]", "dW1[0,2]", "dW1[1,0]",
    ]  # fmt: skip
    assert sheet.remarks == ("line 11: a weight matrix as a plain list was read input by input: W[0,0], W[0,1], …",)


MANY = """network: 2-2-1
hidden: sgimoid
loss: hubber
x = 0.5, oops
W1 = [[1, 2], [3, 4], [5, 6]]
b1 = 0.1, 0.2
b2 = 0.3
z1 = 0.4, 0.5, 0.6
z9 = 1
zz2 = 3
delta: sideways
actvation: relu
"""


def test_all_faults_are_told_at_once_in_the_order_of_lines():
    with pytest.raises(InputError) as caught:
        read_sheet(MANY)
    told = str(caught.value).split("\n")
    assert [line.partition(":")[0] for line in told[:-1]] == [
        "line 2, column 9", "line 3, column 7", "line 4, column 10", "line 5, column 6", "line 8, column 6",
        "line 9, column 6", "line 10, column 7", "line 11, column 8", "line 12, column 12",
    ]  # fmt: skip
    assert "did you mean 'sigmoid'" in told[0]
    assert "did you mean 'huber'" in told[1]
    assert "'oops' is not a number" in told[2]
    assert "there is no result 'zz2'; did you mean 'z2'?" in told[6]
    assert "did you mean 'activation'?" in told[8]
    assert told[-1] == "the sheet gives no y and W2; add lines such as y = …"
    assert max(len(line) for line in told if "Known:" not in line) < 230


def test_many_faults_are_not_all_listed():
    with pytest.raises(InputError, match=r"\nline \d+.*\n… and \d+ more faults$"):
        read_sheet("case: mazur\n" + "\n".join(f"z{i} = 1" for i in range(5, 40)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "network: 2-1\noutput: identity\ny = 1\nW1 = 1, 2\nb1 = 0",
            "^the sheet gives no x; add a line such as x = …$",
        ),
        ("network: 2-1\nx1 = 1\ny = 1\nW1 = 1, 2\nb1 = 0", r"^line 2: given in part; these are missing: x\[1\]$"),
        ("network: 2-1\nx = 1, 2\nx1 = 3\ny = 1\nW1 = 1, 2\nb1 = 0", "x1 is given twice; the first time was in line 2"),
        ("network: 2-1\nx = 1, ____\ny = 1\nW1 = 1, 2\nb1 = 0", "x is given, so it cannot be left open"),
        ("network: two", "a network is written as 2-2-1, not 'two'"),
        ("case: mazur\nz1 = 0.3775, 0.3925\n0.5932", "line 2, column 6: z1 holds 2 number"),
        ("case: mazur\n0.5932", "line 2, column 1: numbers without a name; write what they are: z1 = 0.5932"),
        ("case: mazur\nz1 = 1, 2\nstep 5\nz1 = 1, 2", "line 3: step 5 stands after step 1; write step 2 first"),
        ("case: mazur\nloss = 1/0", "'1/0' is not a number"),
        ("case: mazur\nloss = 1e200", "too large a number"),
        ("case: mazur\nz1 = 0.4, 0.5 volts", "'volts' is not a number"),
    ],
)
def test_messages_say_what_to_do(text, words):
    with pytest.raises(InputError, match=words):
        read_sheet(text)


def test_blanks_are_counted_and_not_refused():
    text = (
        "case: case_study\nz1 = ____, 0.47\na1 = ?\nz2 =\na2 = …\ndW1 = [[?, 0.1], [□, 0.2]]\nw_{12} = ____\n"
        "loss = 0.0026"
    )
    sheet = read_sheet(text)
    assert [(blank.name, blank.line, blank.count) for blank in sheet.blanks] == [
        ("z1[0]", 2, 1), ("a1", 3, 2), ("z2", 4, 1), ("a2", 5, 1), ("dW1", 6, 2), ("w_{12}", 7, 1),
    ]  # fmt: skip
    assert sum(len(entry.numbers) for entry in sheet.entries) == 4


STEPS = """case: case_study
optimizer: momentum
z1 = 0.41, 0.47
W2_new = 0.6012, 0.7012
{mark}
z1 = 0.4102, 0.4702
"""


@pytest.mark.parametrize(
    "mark",
    [
        "step 2:",
        "step: 2",
        "Step 2",
        "## Step 2",
        "second iteration",
        "Iteration 2:",
        "第2步",
        "第二步：",
        "**Step 2**",
    ],
)
def test_a_second_step_goes_on_from_the_first(mark):
    sheet = read_sheet(STEPS.format(mark=mark))
    first, second = sheet.steps
    assert (first.number, second.number) == (1, 2)
    assert sheet.trace is first.trace
    assert second.trace.params.theta == pytest.approx(first.trace.updated.theta)
    assert second.trace.setting.state.memory[0] == pytest.approx(first.trace.state.memory[0])
    assert [len(step.entries) for step in sheet.steps] == [2, 1]


def test_headings_within_a_step_are_no_steps():
    sheet = read_sheet(
        "case: case_study\nStep 1: forward\nz1 = 0.41, 0.47\nStep 2\na1 = 0.6011, 0.6154\nStep 3\nz2 = 1.0914"
    )
    assert len(sheet.steps) == 1
    assert len(sheet.entries) == 3
    assert any("heading within the same step" in remark for remark in sheet.remarks)


def test_a_sheet_has_so_many_steps_at_most(monkeypatch):
    monkeypatch.setattr(results, "MOST_STEPS", 3)
    text = "case: case_study\n" + "".join(f"iteration {n}:\nz1 = 0.4, 0.5\n" for n in range(1, 6))
    with pytest.raises(InputError, match="line 8: step 4 is one too many: a sheet has 3 steps at most"):
        read_sheet(text)


def test_a_sheet_is_read_again_under_other_conventions():
    sheet = read_sheet(
        "network: 2-2-1\nx = 1, 2\ny = 1\nW1 = [[1, 2], [3, 4]]\nb1 = 0, 0\nW2 = 1, 2\nb2 = 0\ndW1[0,1] = 3"
    )
    turned = under(sheet, rows="outputs")
    assert sheet.trace["W1"].value.tolist() == [[1, 2], [3, 4]]
    assert turned.trace["W1"].value.tolist() == [[1, 3], [2, 4]]
    assert str(turned.entries[0].numbers[0][0]) == "dW1[1,0]"
    assert turned.conventions.rows == "outputs"


@pytest.mark.parametrize(
    "text",
    ["(" * 5000, "z1 = " + "(" * 5000, "z1 = " + "[" * 3000 + "1", "z1 = " + "-" * 5000, "=" * 5000,
     "z1 = " + "1 " * 5000, "new " * 900 + "= 1",
     "|" * 3000, "a " * 3000 + "= 1", "z" + "_" * 3000 + " = 1", "z^{" * 900 + "= 1", "\\frac{" * 900 + "= 1",
     "z1 = " + "0," * 4000, "z1 = " + "1=" * 2000, "x = " + "(a) " * 900, "第" * 4000 + "= 1", "∂" * 3000 + "/∂w = 1",
     "z1 = " + "[1, 2], " * 600, "z1 = 1e" + "9" * 3000, "z1 = " + "9" * 5000, "z1[" + "1," * 1000 + "] = 1"],
)  # fmt: skip
def test_no_text_takes_long(text):
    start = time.process_time()
    with pytest.raises(InputError):
        read_sheet("network: 2-1\n" + text)
    assert time.process_time() - start < 3


TOML = (
    "x = [1, 2", "x = {a = 1", "x 1", "x = 1 y = 2", 'y = "a', "y = '''a", "x = 1\nx = 2", "[network]", "[results",
    "= 1", 'y = "\\q"', 'y = "a\x01b"', "x = +", "x = {a = 1, a = 2}", "[[network]]",
)  # fmt: skip


@pytest.mark.parametrize("body", TOML)
def test_what_is_wrong_with_toml_is_told_in_chinese(body):
    with pytest.raises(InputError) as told:
        read_sheet(f'[network]\nnetwork = "1-1"\n{body}\n')
    said = in_language(told.value, "zh")
    assert english_in(said) == []
    assert "格式有误" not in said


@pytest.mark.parametrize(
    ("lines", "said"),
    [("z1 = 1, 2", "z1 holds 1 number in this network, not 2"),
     ("row weights: 1, 2, 3", "the sheet has 1 row of x and 3 row weights")],
)  # fmt: skip
def test_a_count_is_said_with_what_is_counted(lines, said):
    head = "network: 1-1\noutput: identity\nx = 1\ny = 1\nW1 = 1\nb1 = 0\n"
    with pytest.raises(InputError, match=said):
        read_sheet(head + lines)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_exercise_pasted_with_its_key_is_read_up_to_the_key(language):
    paper = exercise(case("mazur"), language=language)
    text = f"{paper.sheet()}\n{paper.key()}"
    found = check(text)
    assert sum(blank.count for blank in found.blanks) == len(paper.blanks)
    assert {number.verdict for number in found.numbers} == {"right"}
    assert "remark_key" in [remark.key for remark in read_sheet(text).remarks]
    assert check(paper.key()).passed


def test_a_setting_may_be_said_again_but_not_otherwise():
    assert check("case: case_study\nlearning rate: 0.5\nlr = 0.5\nz1 = 0.41, 0.47").passed
    with pytest.raises(InputError, match="learning rate is said twice"):
        read_sheet("case: case_study\nlearning rate: 0.5\nlearning rate: 0.6")


def test_a_message_holds_no_control_characters_of_the_sheet():
    with pytest.raises(InputError) as caught:
        read_sheet("case: mazur\nz1 = 0.4, 0.5\x1b[2J\x07 volts\x00\ud800")
    assert str(caught.value).replace("\n", "").isprintable()
