"""Nobody who makes no mistake is accused: students who round on the way, leave lines out, follow any convention.

And whoever makes one is told so, where the number lies outside what rounding may have done.
"""

import sys
from collections import Counter

import numpy as np
import pytest

import followers
import planted_students
from clearprop.errors import InputError
from clearprop.explain import check
from clearprop.explain.checking.enclosing import Rounding
from clearprop.explain.checking.judge import Judge
from students import entries, random_truth, references_of, rounding, worked_out

FOUND = 0.95  # share of the planted mistakes outside their interval that must be found


def accused(seed, numbers):
    """How many numbers were judged, and those called wrong or truncated, of so many numbers of students."""
    random = np.random.default_rng(seed)
    judged, wrong = 0, []
    while judged < numbers:
        truth, conventions = random_truth(random)
        references = references_of(truth)
        for _ in range(12):
            text = rounding(random)
            share = float(random.choice([1.0, 0.5, 0.25]))
            keeps = float(random.choice([0.0, 0.5, 1.0], p=[0.6, 0.2, 0.2]))
            texts = worked_out(truth, text, lambda keeps=keeps: random.random() < keeps)
            lines = entries(references, texts, share, random)
            judge = Judge(truth, Rounding.of((line, truth.arrays) for line in lines), conventions=conventions)
            for entry in lines:
                line = judge.line(entry, naming=False)
                judged += len(line.numbers)
                wrong += [
                    (truth.trace, share, keeps, lines, number) for number in line.numbers if number.verdict != "right"
                ]
    return judged, wrong


def told(wrong):
    """The first accusations, for a failing test."""
    return [(number.verdict, str(number.reference), number.written.text, number.exact, number.own, share, keeps,
             [line.text for line in lines]) for _, share, keeps, lines, number in wrong[:3]]  # fmt: skip


def test_students_without_a_mistake_are_not_accused():
    judged, wrong = accused(1, 100_000)
    assert judged >= 100_000
    assert not wrong, told(wrong)


@pytest.mark.torture
@pytest.mark.parametrize("first", range(2000, 2100, 25))  # so that several processes can share them
def test_no_student_of_very_many_is_accused(first):
    total = 0
    for seed in range(first, first + 25):
        judged, wrong = accused(seed, 100_000)
        total += judged
        assert not wrong, (seed, told(wrong))
    sys.stdout.write(f"{total:,} numbers, none accused\n")


def test_a_hundred_may_have_been_rounded_to_two_digits():
    """Of 105.8 two digits are 110: a whole number that ends in zeros was read as rounded to a whole number."""
    sheet = "network: 1-1\noutput: identity\nloss: half_squared_error\nx = 2.1\nW1 = 50\nb1 = 0.8\ny = 0\nrate: 0.1\n"
    lines = "z1 = {}\ndelta1 = {}\ndW1 = 220\nloss = 5600\nb1_new = -9.8\n"
    assert check(sheet + lines.format(110, 110)).passed
    assert not check(sheet + lines.format(150, 150)).passed


def followed(seeds):
    """What became of sheets under conventions that they do not state, and of how many numbers."""
    count, numbers = Counter(), 0
    for seed in seeds:
        text, follows = followers.drawn(np.random.default_rng(seed))
        try:
            found = check(text)
        except InputError as error:  # a matrix, or indices, that only another convention could mean: it is said which
            is_told = "rows: outputs" in str(error) or "count from: 1" in str(error)
            is_due = bool({"rows", "count_from"} & set(follows))
            count["refused, the line to add is told" if is_told and is_due else f"refused: {seed}, {error}"] += 1
            continue
        wrong = [(str(n.reference), n.written.text, n.exact) for n in found.numbers if n.verdict != "right"]
        assert not wrong, (seed, follows, wrong[:3], text)
        count["offered" if found.offered else "right as it stands"] += 1
        numbers += len(found.numbers)
        if found.offered:
            assert check("\n".join([*found.offered, text])).passed, (seed, found.offered)
    assert not [key for key in count if key.startswith("refused: ")]
    return count, numbers


def test_conventions_that_a_sheet_does_not_state_are_no_mistakes():
    count, _ = followed(range(50))
    assert count["offered"] >= 25


def test_what_follows_from_printed_numbers_is_not_cut_off():
    """The weights had more digits than were printed: -0.27709 is the rounding of what follows from them."""
    text, follows = followers.drawn(np.random.default_rng(432))
    assert follows == {"delta": "minus", "given": "rounded"}
    found = check(text)
    assert found.offered == ("delta: minus", "given: rounded")
    assert {number.verdict for number in found.numbers} == {"right"}
    said = check(f"given: exact\n{text}")
    assert "cut_off" in {number.verdict for number in said.numbers}


def test_the_conventions_that_leave_nothing_cut_off_are_offered():
    """Under delta: minus alone a bias would seem cut off; it was not updated."""
    text, follows = followers.drawn(np.random.default_rng(1711))
    assert set(follows) == {"biases", "delta", "given"}
    found = check(text)
    assert set(found.offered) == {"delta: minus", "biases: fixed"}
    assert {number.verdict for number in found.numbers} == {"right"}


@pytest.mark.torture
def test_conventions_that_very_many_sheets_do_not_state_are_no_mistakes():
    count, numbers = followed(range(3000))
    sys.stdout.write(f"{numbers:,} numbers of {sum(count.values()):,} sheets, none accused: {dict(count)}\n")


def found_of_planted(seeds):
    """Of the mistakes planted in the networks of these seeds: how many can be seen, are found; who is accused."""
    seen = found = 0
    accused_after = []
    for seed in seeds:
        for one in planted_students.planted(np.random.default_rng(seed)):
            seen += one.is_outside
            found += one.is_found
            accused_after += [(seed, one)] if one.accused else []
    return seen, found, accused_after


def test_a_planted_mistake_is_found_and_what_follows_is_not_accused():
    seen, found, accused_after = found_of_planted(range(30))
    assert seen > 100
    assert found >= FOUND * seen
    assert not accused_after


@pytest.mark.torture
def test_very_many_planted_mistakes_are_found():
    seen, found, accused_after = found_of_planted(range(1000, 2000))
    sys.stdout.write(f"{found:,} of {seen:,} planted mistakes found; accused afterwards: {accused_after}\n")
    assert found >= FOUND * seen
    assert len(accused_after) <= 0.002 * seen
