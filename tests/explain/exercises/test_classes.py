"""A class: everybody's own sheet, marks with follow-through, and a report over all."""

import json
import re

import pytest

from clearprop.errors import FileError, InputError
from clearprop.explain.exercises import exercise_class, mark_folder, read_names
from clearprop.explain.exercises.report import class_text

NAMES = ["Ada Lovelace", "Ben", "王芳", "Zoë"]


def handed_out(folder, made):
    for place, text in made.files().items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "sheets"


def filled(sheet, change=lambda name, answer: answer):
    """A student's sheet with every blank filled."""
    answers = iter(sheet.paper.answers().items())
    return re.sub("______", lambda _: change(*next(answers)), sheet.paper.sheet())


@pytest.fixture
def made():
    return exercise_class(NAMES, blank=6, seed=4)


def test_everybody_has_other_numbers_and_a_key(made):
    files = made.files()
    assert [name for name in files if name.startswith("sheets/")] == [
        "sheets/ada-lovelace.md", "sheets/ben.md", "sheets/王芳.md", "sheets/zoë.md",
    ]  # fmt: skip
    weights = {re.search(r"W1 = .*", text)[0] for name, text in files.items() if name.startswith("sheets/")}
    assert len(weights) == len(NAMES)
    assert all("______" not in text for name, text in files.items() if name.startswith("keys/"))


def test_the_rest_of_the_class_does_not_matter(made):
    alone = exercise_class(["Ben"], blank=6, seed=4)
    assert alone.files()["sheets/ben.md"] == made.files()["sheets/ben.md"]


def test_marks_count_right_wrong_blank_and_follow_through(made, tmp_path):
    folder = handed_out(tmp_path, made)
    ada, ben, fang = made.sheets[:3]
    (folder / "ada-lovelace.md").write_text(filled(ada), encoding="utf-8")
    (folder / "王芳.md").write_text(filled(fang, lambda name, answer: "0.777"), encoding="utf-8")
    (folder / "zoë.md").unlink()
    report = mark_folder(folder)
    marks = {found.student: found for found in report.marks}
    assert list(marks) == NAMES
    total = len(ada.paper.blanks)
    assert (marks["Ada Lovelace"].right, marks["Ada Lovelace"].wrong, marks["Ada Lovelace"].blank) == (total, 0, 0)
    assert marks["Ben"].blank == len(ben.paper.blanks)
    assert marks["王芳"].wrong == len(fang.paper.blanks) - marks["王芳"].followed > 3  # ∂C/∂b = δ is right, given δ
    assert not marks["Zoë"].file
    assert not report.passed


def test_what_follows_from_an_earlier_mistake_is_right(tmp_path):
    made = exercise_class(["Ada"], blank=35, seed=4)  # everything, so that all that follows is the student's own
    folder = handed_out(tmp_path, made)
    sheet = made.sheets[0]
    from clearprop.explain.exercises.planted import _possible, _written

    variant = next(v for v in _possible(sheet.paper.trace, sheet.paper.paper) if v.mistake == "slope_left_out")
    written = _written(sheet.paper.paper, variant)
    text = filled(sheet, lambda name, answer: written[name])
    (folder / "ada.md").write_text(text, encoding="utf-8")
    report = mark_folder(folder)
    (marks,) = report.marks
    assert {name.split("[")[0] for name in marks.wrong_names} == {variant.site}
    assert marks.followed > 3
    assert marks.right + marks.wrong == marks.asked
    assert report.mistakes == [("slope_left_out", 1)]
    assert report.hardest == [(variant.site, 1)]


def test_whoever_goes_on_from_a_mistake_on_other_paper_is_wrong_once(tmp_path):
    """The sheet prints right numbers between the blanks; those filled in follow from the mistake, and not from them."""
    made = exercise_class(["Ada"], blank=12, seed=4)
    folder = handed_out(tmp_path, made)
    paper = made.sheets[0].paper
    from clearprop.explain.exercises.planted import _possible, _written

    variant = next(
        v for v in _possible(paper.trace, paper.paper)
        if v.mistake == "slope_left_out" and any(name.startswith(v.site) for name in paper.blanks)
    )  # fmt: skip
    written = _written(paper.paper, variant)
    (folder / "ada.md").write_text(filled(made.sheets[0], lambda name, answer: written[name]), encoding="utf-8")
    (marks,) = mark_folder(folder).marks
    assert {name.split("[")[0] for name in marks.wrong_names} == {variant.site}
    assert marks.mistakes == ("slope_left_out",)
    assert marks.followed >= 2


def test_what_is_said_instead_of_a_number_is_a_blank_and_commas_may_stand_beside_points(made, tmp_path):
    folder = handed_out(tmp_path, made)
    ada, ben = made.sheets[:2]
    (folder / "ada-lovelace.md").write_text(filled(ada, lambda *_: "idk"), encoding="utf-8")
    (folder / "ben.md").write_text(filled(ben, lambda name, answer: answer.replace(".", ",")), encoding="utf-8")
    marks = mark_folder(folder).marks
    assert (marks[0].blank, marks[0].problem) == (len(ada.paper.blanks), "")
    assert (marks[1].right, marks[1].problem) == (len(ben.paper.blanks), "")


def test_a_sheet_whose_file_was_renamed_is_still_its_student_s(made, tmp_path):
    folder = handed_out(tmp_path, made)
    (folder / "ben.md").unlink()
    (folder / "homework (1).txt").write_text(filled(made.sheets[1]), encoding="utf-8")
    marks = {found.student: found for found in mark_folder(folder).marks}
    assert list(marks) == NAMES
    assert (marks["Ben"].file, marks["Ben"].right) == ("homework (1).txt", len(made.sheets[1].paper.blanks))


def test_given_numbers_that_were_changed_are_told(made, tmp_path):
    folder = handed_out(tmp_path, made)
    text = made.sheets[1].paper.sheet()
    (folder / "ben.md").write_text(re.sub(r"b2 = .*", "b2 = 0.0", text), encoding="utf-8")
    changed = mark_folder(folder).marks[1].problem
    assert (changed.key, "are not those that were given out" in changed) == ("marks_changed", True)


def test_a_sheet_that_cannot_be_read_is_told_and_the_others_are_marked(made, tmp_path):
    folder = handed_out(tmp_path, made)
    (folder / "ben.md").write_text("network: 2-2-1\nhidden: sigmoooid\nx = 1, 2", encoding="utf-8")
    (folder / "zoë.md").write_bytes(b"\xff\xfe\x00")
    report = mark_folder(folder)
    assert "sigmoooid" in report.marks[1].problem
    assert "UTF-8" in report.marks[3].problem
    assert len(report.judged) == 2


def test_a_folder_without_a_class_list_counts_every_number(tmp_path):
    (tmp_path / "one.md").write_text("student: Ada\ncase: case_study\nz1 = 0.41, 0.48", encoding="utf-8")
    (tmp_path / "two.txt").write_text("case: case_study\nz1 = 0.41, 0.47", encoding="utf-8")
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    one, two = mark_folder(tmp_path).marks
    assert (one.student, one.right, one.wrong, one.asked) == ("Ada", 1, 1, 2)
    assert (two.student, two.right, two.asked) == ("two", 2, 2)


def test_a_planted_mistake_is_marked_by_line_and_letter(tmp_path):
    made = exercise_class(["Ada", "Ben", "Cy"], find_mistake=True, seed=1)
    folder = handed_out(tmp_path, made)
    ada, ben = (sheet.paper for sheet in made.sheets[:2])

    def answered(paper, site, letter):
        text = paper.sheet().replace("found in: ______", f"found in: {site}")
        return text.replace("mistake: ______", f"mistake: {letter}")

    wrong = next(letter for letter in "ABCDE" if letter != ben.letter)
    (folder / "ada.md").write_text(answered(ada, ada.site, ada.letter.lower()), encoding="utf-8")
    (folder / "ben.md").write_text(answered(ben, ben.site, wrong), encoding="utf-8")
    marks = mark_folder(folder).marks
    assert [(m.right, m.wrong, m.blank) for m in marks] == [(2, 0, 0), (1, 1, 0), (0, 0, 2)]
    assert marks[1].mistakes == (ben.mistake,)


@pytest.mark.parametrize("medium", ["text", "markdown", "html", "latex", "csv"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_names_every_student(made, tmp_path, medium, language):
    folder = handed_out(tmp_path, made)
    (folder / "王芳.md").write_text(filled(made.sheets[2], lambda *_: "0.777"), encoding="utf-8")
    text = class_text(mark_folder(folder), medium, language)
    assert all(name.split()[0] in text for name in NAMES)


def test_a_name_that_a_spreadsheet_would_compute_stays_a_name(tmp_path):
    folder = handed_out(tmp_path, exercise_class(["=1+1"], seed=0))
    assert "'=1+1" in class_text(mark_folder(folder), "csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds 0 names"),
        (b"\xff\xfeA", "UTF-8"),
        (b"# only a comment\n", "holds 0 names"),
        (b"x" * 200, "longer than"),
    ],
)
def test_a_list_of_names_that_will_not_do(tmp_path, content, said):
    path = tmp_path / "names.txt"
    path.write_bytes(content)
    with pytest.raises((InputError, FileError), match=said):
        read_names(path)


def test_names_are_read_line_by_line(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("﻿Ada  Lovelace\n\n# the others\nBen\n", encoding="utf-8")
    assert read_names(path) == ["Ada Lovelace", "Ben"]
    with pytest.raises(FileError, match="there is no file"):
        read_names(tmp_path / "nobody.txt")


def test_a_name_that_is_there_twice_is_refused_and_names_of_one_spelling_keep_apart():
    with pytest.raises(InputError, match="in the list twice"):
        exercise_class(["Ada", "Ada"])
    assert [sheet.stem for sheet in exercise_class(["Ada", "ADA", "!!!"]).sheets] == ["ada", "ada-2", "student"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "clearprop-class", "version": 2, "students": []}',
                                     '{"format": "clearprop-class", "version": 1, "students": [{}]}'])  # fmt: skip
def test_a_class_file_that_is_none_is_refused(made, tmp_path, content):
    folder = handed_out(tmp_path, made)
    (tmp_path / "class.json").write_text(content)
    with pytest.raises(InputError, match=r"is not a class\.json"):
        mark_folder(folder)


def test_a_folder_without_sheets_is_refused(tmp_path):
    with pytest.raises(FileError, match="has no sheets"):
        mark_folder(tmp_path)
    with pytest.raises(FileError, match="there is no folder"):
        mark_folder(tmp_path / "nowhere")
    with pytest.raises(FileError, match="there is no file"):
        mark_folder(tmp_path, tmp_path / "class.json")


def test_the_class_file_says_what_marking_needs(made):
    record = json.loads(made.files()["class.json"])
    assert [item["student"] for item in record["students"]] == NAMES
    assert all(item["blanks"] and len(item["given"]) == 64 for item in record["students"])
