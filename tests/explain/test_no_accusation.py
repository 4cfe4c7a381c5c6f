"""Nobody who makes no mistake is accused: students who round on the way, leave lines out, follow any convention."""

import sys

import numpy as np
import pytest

from clearprop.explain.enclosing import Rounding
from clearprop.explain.judge import Judge
from students import entries, random_truth, references_of, rounding, worked_out


def accused(seed, numbers, planted=0):
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
def test_no_student_of_very_many_is_accused():
    total = 0
    for seed in range(2, 102):
        judged, wrong = accused(seed, 100_000)
        total += judged
        assert not wrong, (seed, told(wrong))
    sys.stdout.write(f"{total:,} numbers, none accused\n")
