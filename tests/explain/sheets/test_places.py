"""Every fault of a sheet is told with its line and column, in text and in TOML."""

import pytest

from clearprop.errors import InputError
from clearprop.explain import check

BROKEN = """network: 2-1
output: sgimoid
W1 = 0.5
x = 0.5, oops
nonsense here
z9 = 1
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BROKEN, r"(?m)^line 4, column 10: 'oops' is not a number"),
        ("case: nobody\n  - **z1** = 0.5, 0.4x, 3", r"(?m)^line 2, column 19: '0.4x' is not a number"),
        ("case: mazur\n`z1` = 5oops, oops", r"(?m)^line 2, column 8: '5oops' is not a number"),
        ("case: mazur\nz1 = 0,5; nan", r"(?m)^line 2, column 11: 'nan' is not a number"),
        ("case: mazur\nz1 = 0.5, inf", r"(?m)^line 2, column 11: 'inf' is not a number"),
        ("case: mazur\nz1 = 0.4, 1.2.3", r"(?m)^line 2, column 11: '1.2.3' is not a number"),
        ("case: mazur\nz1 = 0.5-0.1, 1", r"(?m)^line 2, column 6: '0.5-0.1' is not a number"),
        ("z1 = 1, 1e999", r"(?m)^line 1, column 9: '1e999' is infinite or too large a number"),
        ("network: 2-1\nlearning rate: fast\nx = 1", r"(?m)^line 2, column 16: 'fast' is not a number"),
        ("[network]\ncase = 'nobody'\n[results]\nz1 = [0.5, oops]", r"(?m)^line 4, column 12: 'oops' is not a number"),
        ("[network]\nx = [0.5, 'oops']\ny = 1", r"(?m)^line 2, column 12: 'oops' is not a number"),
        ("[network]\n  'x' = '''0.5\n  0.4, oops'''", r"(?m)^line 3, column 8: 'oops' is not a number"),
        (
            "# x = 9\n[network]\nnetwork = '2-1' # x = oops\nx = [ 0.5, # one\n  true ]\ny = 'also wrong'",
            r"(?m)^line 5, column 3: 'true' is not a number",
        ),
        ("[network]\nloss = 'hubber'\nnetwork = '2-1'\nx = nan", r"(?m)^line 4, column 5: 'nan' is not a number"),
        ('[network]\ncase = "mazur"\n[results]\n"δ2" = [0.1, "0.2oops"]', r"(?m)^line 4, column 15: '0.2oops' is not"),
        ("[network]\ncase = 'mazur'\n[results]\nz1 = 2024-01-01", r"(?m)^line 4, column 6: '2024-01-01' is not"),
    ],
)
def test_what_is_no_number_is_named_with_line_and_column(text, words):
    with pytest.raises(InputError, match=words):
        check(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("case: mazurr", r"^line 1, column 7: there is no case 'mazurr'; did you mean 'mazur'"),
        (
            "network: 2-1\nactvation: relu\nx = 1, 2",
            r"^line 2, column 12: there is no setting or result 'actvation'; did",
        ),
        (
            "network: 2-2-1\nhidden: sgimoid\nx = 1, 2",
            r"^line 2, column 9: there is no activation 'sgimoid'; did you mean",
        ),
        ("network: 2-1\nloss: hubber\nx = 1, 2", r"^line 2, column 7: there is no loss 'hubber'; did you mean 'huber'"),
        ("network: 0-1\nx = 1, 2", r"^line 1, column 10: a layer needs a whole number of inputs"),
        ("case: mazur\nnotation: mazzur", r"^line 2, column 11: there is no notation"),
        ("case: mazur\noptimizer: adamm", r"^line 2, column 12: there is no update rule 'adamm'; did you mean 'adam'"),
        ("case: mazur\nlearning rate: -1", r"^line 2, column 16: sgd: learning_rate must be above 0"),
        ("case: mazur\nbiases: sometimes", r"^line 2, column 9: biases may be updated, fixed, none, shared"),
        ("case: mazur\nz1[5] = 0.4", r"^line 2, column 9: z1\[5\] is not a single number"),
        (
            "network: 2-1\nx = 1, 2\ny = 1\nx = 3, 4",
            r"^line 4, column 5: x is given twice; the first time was in line 2",
        ),
        ("[network]\ncase = 'mazur'\n[results.more]\nz1 = 1", r"^line \d+, column \d+: 'more' must be a number"),
        ("[network]\ncase = 'mazur'\n[results]\nz1 = [1, 2", r"^line 4, column 11: the sheet is not TOML"),
        ("[network]\ncase = 'mazur'\n\n[results]\nz1 = [\n 0.1,\n 0.2, 0.3]", r"^line 5, column 6: z1 holds 2 number"),
    ],
)
def test_every_other_fault_is_placed_too(text, words):
    with pytest.raises(InputError, match=words):
        check(text)


def test_a_sheet_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "sheet.md"
    path.write_bytes(b"case: mazur\nz1 = \xff\xfe")
    with pytest.raises(InputError, match=r"sheet.md is not text in UTF-8 \(byte 18 is none\)"):
        check(path)
    path.write_bytes("\ufeffcase: mazur\nz1 = 0.3775, 0.3925".encode())
    assert check(path).passed


def test_toml_may_run_over_lines_and_hold_comments():
    found = check(
        "[network]\ncase = 'mazur'\n[results]\nz1 = [ # both\n  0.3775, # h1\n  0.3925,\n]\n\"loss\" = '0.298'\n"
    )
    assert found.passed
    assert [line.entry.line for line in found.lines] == [4, 8]
