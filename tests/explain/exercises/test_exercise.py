"""Sheets with blanks: what is left out cannot be copied, every name is explained, and the filled sheet is right."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.errors import InputError
from clearprop.explain import case, check, exercise, explain
from clearprop.explain.exercises import random_case
from clearprop.explain.exercises.blanks import chosen_blanks
from clearprop.formulas import SGD

NETWORKS = st.sampled_from([
    {"widths": (2, 2, 1)}, {"widths": (3, 2, 2), "hidden": "tanh"}, {"widths": (2, 3, 3), "output": "softmax"},
    {"widths": (2, 2, 2, 1), "hidden": "relu", "output": "identity"}, {"widths": (2, 1)},
])  # fmt: skip


def computed_lines(text):
    return text.split("```text")[2].split("```")[0].strip().splitlines()


def numbers_of(line):
    return re.findall(r"______|-?[\d.]+(?:e-?\d+)?", line.split("#")[0].split("=")[1])


@settings(max_examples=25, deadline=None)
@given(NETWORKS, st.integers(0, 10**6), st.integers(1, 12))
def test_no_blank_can_be_copied_from_elsewhere_in_the_step(network, seed, blank):
    paper = exercise(random_case(seed=seed, **network), blank=blank, seed=seed)
    left = {number.lstrip("-") for line in computed_lines(paper.sheet()) for number in numbers_of(line)}
    assert not left & {answer.lstrip("-") for answer in paper.answers().values()}
    assert len(paper.blanks) >= blank
    assert paper.sheet().count("______") == len(paper.blanks)


@settings(max_examples=10, deadline=None)
@given(NETWORKS, st.integers(0, 10**6))
def test_the_key_is_all_right(network, seed):
    paper = exercise(random_case(seed=seed, **network), blank=5, seed=seed)
    assert {number.status for number in check(paper.key()).numbers} == {"right"}


@pytest.mark.parametrize("name", ["case_study", "mazur", "xor", "logistic_regression"])
def test_the_sheet_filled_with_the_answers_is_all_right(name):
    paper = exercise(case(name), blank=8, seed=3)
    answers = iter(paper.answers().values())
    filled = re.sub("______", lambda _: next(answers), paper.sheet())
    assert {number.status for number in check(filled).numbers} == {"right"}
    step = [[line.split("#")[0].strip() for line in computed_lines(text)] for text in (filled, paper.key())]
    assert step[0] == step[1]
    assert not check(paper.key().replace("loss = ", "loss = 9", 1)).passed


def test_blanks_that_are_left_are_counted():
    paper = exercise(case("mazur"), blank=6, seed=3)
    assert sum(blank.count for step in check(paper.sheet()).sheet.steps for blank in step.blanks) == len(paper.blanks)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_line_says_what_its_name_means(language):
    for name in ("case_study", "sharing", "logistic_regression"):
        lines = computed_lines(exercise(case(name), language=language).sheet())
        said = [line.split("#")[1].strip() for line in lines]
        assert all(said)
        assert len(set(said)) == len(said)


def test_an_optimizers_memory_is_explained_too():
    from clearprop.explain import explain

    trace = case("case_study").trace()
    for rule in ("momentum", "nesterov", "rmsprop", "adam", "adamw"):
        paper = exercise(explain(trace.network, trace.params, trace["a0"].value, trace["y"].value, rule), blank=3)
        assert all(line.split("#")[1].strip() for line in computed_lines(paper.sheet()))


def test_matrices_are_written_in_rows_and_sigmoid_by_its_name():
    sheet = exercise(case("mazur")).sheet()
    assert "W1 = [[0.15, 0.25], [0.2, 0.3]]" in sheet
    assert "hidden: sigmoid" in sheet


def test_the_same_number_in_two_places_is_left_out_twice():
    parts = {"BP1": ["delta2[0]"], "BP3": ["db2[0]"], "loss": ["loss"]}
    printed = {"delta2[0]": "-0.1", "db2[0]": "-0.1", "loss": "0.2"}
    for seed in range(10):
        found = chosen_blanks(parts, printed, 2, seed)
        assert found in ({"delta2[0]", "db2[0]"}, {"delta2[0]", "db2[0]", "loss"})
        assert chosen_blanks(parts, printed, 1, seed) == {"loss"}


def test_one_more_is_left_out_where_only_numbers_with_copies_are_left():
    parts = {"BP1": ["delta2[0]", "delta2[1]"], "BP3": ["db2[0]", "db2[1]"]}
    printed = {"delta2[0]": "-0.1", "db2[0]": "-0.1", "delta2[1]": "0.2", "db2[1]": "0.2"}
    for seed in range(10):
        assert chosen_blanks(parts, printed, 3, seed) == set(printed)


@pytest.mark.parametrize("blank", [0, -1, 1000, 2.0, True])
def test_a_number_of_blanks_that_cannot_be(blank):
    with pytest.raises(InputError, match="blank must be a whole number from 1 to"):
        exercise(case("mazur"), blank=blank)


def test_printed_sheets_name_everything_and_leave_the_blanks_open():
    paper = exercise(case("sharing"), blank=6, seed=2, student="Ada")
    for text in (paper.html(), paper.latex()):
        assert "Ada" in text
        assert text.replace(r"\_", "_").count("______") == len(paper.blanks)
    assert "______" not in paper.html(key=True)
    assert "<svg" in paper.html()


def test_the_picture_on_the_sheet_gives_no_answer_away():
    paper = exercise(case("case_study"), blank=6, seed=2)

    def written(page):
        """The words and numbers in the drawing."""
        return " ".join(re.findall(r">([^<]+)<", page.split("<svg")[1].split("</svg>")[0]))

    assert not re.findall(r"\d\.\d{3,}", written(paper.html()))
    assert "0.7486" in written(paper.html(key=True))


def test_numbers_after_the_update_have_digits_that_show_the_change():
    found = case("sharing")
    trace = explain(found.network, found.params, found.x, found.y, SGD(1e-3))
    paper = exercise(trace, blank=2).paper
    for name in (*paper.names("W2_new"), "loss_new"):
        assert paper.number(name) != paper.rounded(trace.value_of(name.replace("_new", ""))), name
    assert check(exercise(trace, blank=2).key()).passed
