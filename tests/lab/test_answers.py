"""Answers of exercises as people write them, and what is printed of a sheet."""

import pytest

from clearprop.explain import case
from clearprop.lab.desk import Desk
from clearprop.lab.exercises import MOST_NUMBERS
from clearprop.lab.project import case_project
from clearprop.lab.refusals import LabError
from clearprop.lab.style import Style


def made_with(blank, name="case_study"):
    """A desk, and an exercise in which this number is blank."""
    desk = Desk(case_project(name))
    papers = (desk.papers.make(desk.workspace, {"blank": 6, "seed": seed}, Style()) for seed in range(60))
    return desk, next(paper for paper in papers if blank in paper["blanks"])


@pytest.mark.parametrize("text", ["0,41", "0.41", " 0.410 ", "4.1·10^-1", "4.1×10^−1", "4.1e-1", "41/100", "+.41"])
def test_numbers_are_read_as_people_write_them(text):
    desk, paper = made_with("z1[0]")
    found = desk.papers.judge({"exercise": paper["exercise"], "answers": {"z1[0]": text}}, Style())
    assert found["verdicts"][0]["status"] == "right"


@pytest.mark.parametrize(
    "text", ["x", "0.1, 0.2", "nan", "1" * 90, "__import__('os')", "1e9999", "0x10", None, [1], "0.4\n1"]
)
@pytest.mark.parametrize(("language", "words"), [("en", "is not a number"), ("zh", "不是数")])
def test_what_is_no_number_is_told_by_name(text, language, words):
    desk, paper = made_with("z1[0]")
    with pytest.raises(LabError) as caught:
        desk.papers.judge({"exercise": paper["exercise"], "answers": {"z1[0]": text}}, Style())
    assert words in caught.value.in_language(language)
    assert "z1[0]" in caught.value.in_language(language)


def test_a_step_that_nobody_fills_in_is_refused():
    desk = Desk(case_project("digits"))
    with pytest.raises(LabError, match=f"more than the {MOST_NUMBERS}"):
        desk.papers.make(desk.workspace, {}, Style())


@pytest.mark.parametrize("name", ["case_study", "mazur", "logistic_regression"])
def test_what_is_blank_is_nowhere_in_the_sheet(name):
    desk = Desk(case_project(name))
    paper = desk.papers.make(desk.workspace, {"blank": 5, "seed": 3}, Style(comma=True))
    shown = [line["text"].lstrip("−") for line in paper["lines"] if not line["blank"]]
    assert not any("." in text or "-" in text for text in shown)
    trace = case(name).trace()
    for blank in paper["blanks"]:
        assert Style(comma=True).text(abs(trace.value_of(blank))) not in shown
