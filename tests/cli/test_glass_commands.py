"""The commands explain, check and exercise."""

import csv
import json

import pytest

from clearprop.cli.glass_run import trace_of
from clearprop.explain.writing.numbers import NumberFormat

SHEET = """
network: 2-2-1
hidden: sigmoid
output: sigmoid
loss: squared_error
learning rate: 0.1
x = 0.5, 0.3
y = 0.8
W1 = [[0.5, 0.3], [0.2, 0.4]]
b1 = 0.1, 0.2
W2 = [0.6, 0.7]
b2 = 0.3
z1 = 0.31, 0.47
"""


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "work.md"
    path.write_text(SHEET, encoding="utf-8")
    return path


def test_a_case_is_explained_on_the_terminal(run):
    code, out, err = run("explain", "--case", "case_study")
    assert (code, err) == (0, "")
    assert "δ²₁ = ∂C/∂a²₁·σ′(z²₁)" in out
    code, out, _ = run("explain", "--case", "xor", "--section", "loss", "--language", "zh", "--notation", "code")
    assert code == 0
    assert "损失" in out


def test_a_number_of_networks_that_is_none_is_refused_by_the_name_of_its_option(run):
    code, _, err = run("explain", "--case", "mazur", "--section", "proofs", "--replay", "0")
    assert code == 2
    assert "--replay must be a whole number of at least 1, not 0" in err


@pytest.mark.parametrize(("suffix", "start"), [
    (".html", "<!doctype html>"), (".md", "# One step"), (".tex", r"\documentclass"), (".json", "{"), (".svg", "<svg"),
    (".txt", "One step"),
])  # fmt: skip
def test_files_are_written_as_their_names_say(run, tmp_path, suffix, start):
    path = tmp_path / f"page{suffix}"
    code, out, _ = run("explain", "--case", "mazur", "--output", path)
    assert code == 0
    assert str(path) in out
    assert path.read_text(encoding="utf-8").startswith(start)
    code, _, err = run("explain", "--case", "mazur", "--output", path)
    assert code == 1
    assert "--force" in err
    assert run("explain", "--case", "mazur", "--output", path, "--force")[0] == 0


def test_a_teachers_own_network_needs_no_python(run, sheet):
    code, out, _ = run("explain", sheet, "--format", "ascii", "--digits", "3", "--section", "forward")
    assert code == 0
    assert "z^1_1 = w^1_11*x_1 + w^1_12*x_2 + b^1_1 = 0.5*0.5 + 0.2*0.3 + 0.1 = 0.41" in out
    code, out, _ = run("explain", sheet, "--optimizer", "adam", "--learning-rate", "0.5", "--section", "update")
    assert code == 0
    assert "m⁺" in out


@pytest.mark.parametrize("row", [1, 3, 50])
def test_the_explanation_of_a_row_ends_at_what_predict_answers(run, trained, tmp_path, row):
    model, table = trained / "flats.clearprop", trained / "flats.csv"
    assert run("predict", model, table, "--output", tmp_path / "all.csv")[0] == 0
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        predicted = float([list(found.values())[-1] for found in csv.DictReader(file)][row - 1])
    trace = trace_of(model, table, case=None, row=row, optimizer=None, learning_rate=None)
    assert trace.trained.answer == pytest.approx(predicted, rel=1e-6)  # of all rows at once, in single precision
    assert trace.trained.step == "known"
    code, out, _ = run("explain", model, table, "--row", row, "--section", "answer")
    assert code == 0
    assert NumberFormat(7).shown(trace.trained.answer).text() in out
    code, out, _ = run("explain", model, table, "--row", row, "--section", "model", "--optimizer", "adam")
    assert "as was asked" in out


def test_a_row_of_a_table_in_a_trained_model(run, trained):
    model, table = trained / "flats.clearprop", trained / "flats.csv"
    code, _, err = run("explain", model, table, "--row", "100000")
    assert code == 2
    assert "--row must be from 1 to" in err
    code, out, _ = run("explain", model, table, "--row", "3", "--section", "afterwards")
    assert code == 0
    assert "C_pred" in out
    assert run("explain", model, "--row", "3", "--section", "afterwards")[1] == out
    code, _, err = run("explain", model)
    assert code == 2
    assert "name the table and one of its rows too" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explain",), "name either a sheet or model file, or a built-in case"),
        (("explain", "--case", "mazurr"), "did you mean 'mazur'"),
        (("explain", "nothing.toml"), "there is no file 'nothing.toml'"),
        (("explain", "--case", "mazur", "--section", "pathh"), "did you mean 'path'"),
        (("explain", "--case", "mazur", "--parameter", "W9[0,0]", "--section", "path"), "there is no site 'W9'"),
        (("explain", "--case", "mazur", "--output", "page.doc"), "must end in"),
        (("check", "nothing.md"), "there is no file 'nothing.md'"),
        (("exercise", "--case", "mazur", "--blank", "999"), "blank must be a whole number"),
        (
            ("explain", "--case", "xor", "--comma", "yes"),
            "--comma is given or left out; it takes no value such as 'yes'",
        ),
        (("explain", "--case", "xor", "--row", "3"), "--row and a table go with a model file alone"),
        (("exercise", "--case", "mazur", "--hidden", "tanh"), "--hidden goes with --network or --class"),
        (("exercise", "--network", "2-2-1", "--find-mistake", "--blank", "3"), "leave --blank out"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(run, arguments, words):
    code, _, err = run(*arguments)
    assert code in (1, 2, 3)  # which of them: test_exit_codes.py
    assert words in err
    assert err.count("\n") == 1


def test_a_sheet_is_checked(run, sheet):
    code, out, _ = run("check", sheet)
    assert code == 1
    assert "the bias was forgotten" in out
    code, out, _ = run("check", sheet, "--json")
    document = json.loads(out)
    assert not document["passed"]
    assert document["numbers"][0]["mistakes"] == [{"name": "bias_forgotten", "site": "z1"}]
    sheet.write_text(SHEET.replace("0.31", "0.41"), encoding="utf-8")
    assert run("check", sheet)[0] == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("case: case_study\nz1 = 0.41, 0.47\n", 0),
        ("case: case_study\nz1 = 0.31, 0.47\n", 1),
        ("case: case_study\nz1 = ____, 0.47\n", 1),
        ("case: case_study\n", 1),  # nothing to check
        ("case: case_study\nz1 = 0.41, oops\nz9 = 1\n", 3),
    ],
)
def test_a_sheet_ends_with_the_code_of_its_state(run, tmp_path, text, code):
    path = tmp_path / "work.md"
    path.write_text(text, encoding="utf-8")
    found, out, err = run("check", path)
    assert found == code
    assert ("Nothing to check" in out) == (text.count("\n") == 1)
    assert ("line 2, column 12" in err and "line 3, column 6" in err) == (code == 3)


def test_an_exercise_is_printed_written_and_checked(run, tmp_path):
    code, out, _ = run("exercise", "--case", "case_study", "--blank", "4")
    assert code == 0
    assert out.count("______") == 4
    path = tmp_path / "sheet.md"
    assert run("exercise", "--case", "case_study", "--output", path)[0] == 0
    assert "______" in path.read_text(encoding="utf-8")
    assert run("check", tmp_path / "sheet-key.md")[0] == 0
    assert run("check", path)[0] == 1  # blanks are left
    code, out, _ = run("exercise", "--case", "mazur", "--format", "latex", "--language", "zh")
    assert out.startswith(r"\documentclass")


def test_an_explanation_says_where_a_sheet_follows_other_conventions(run, sheet):
    assert run("explain", sheet, "--section", "loss")[2] == ""
    sheet.write_text(f"delta: minus\nbiases: fixed\n{SHEET}", encoding="utf-8")
    code, out, err = run("explain", sheet, "--section", "loss")
    assert code == 0
    assert "delta: minus" not in out
    said = "The sheet says delta: minus, which check follows; this shows the usual: δ = ∂C/∂z."
    assert " ".join(err.split()) == said
