"""Whole hand calculations with one mistake each: the mistake is named truly, and nothing else is."""

from collections import Counter

import numpy as np
import pytest
from hand_calculations import right_lines, rounded_to, sheet, worked_out
from mistakes_made import NETS, made, of_optimizers

from clearprop.explain import check


def cases(net):
    """(description, names, network, changed lines) of every mistake that the network can have."""
    for description, names, changed in made(net):
        if changed is not None:
            yield description, names, net, changed
    yield from of_optimizers(net)


def judged(net, changed, digits, goes_on_rounded):
    """The names of the first wrong line and whether later lines are called wrong; None where nothing is wrong."""
    rounding = rounded_to(digits) if goes_on_rounded else None
    values = worked_out(net, changed, rounding)
    lines = [name for name in right_lines(net) if np.isfinite(values[name]).all()]
    if len(lines) < len(right_lines(net)):
        first = next(i for i, name in enumerate(right_lines(net)) if name not in lines)
        lines = lines[:first]
    found = check(sheet(net, values, digits, lines))
    wrong = [line for line in found.lines if any(number.verdict == "wrong" for number in line.numbers)]
    return found, wrong


def named(line):
    """The mistakes named for a line."""
    return Counter(
        number.names[0] for number in line.numbers if number.verdict == "wrong" and number.names and number.is_certain
    )


def table(digits, nets=tuple(NETS)):
    """For each mistake in each network what became of it."""
    rows = []
    for i, label in enumerate(nets):
        for description, names, net, changed in cases(NETS[label]):
            found, wrong = judged(net, changed, digits, goes_on_rounded=i % 2 == 1)
            site = next(iter(changed))
            all_names = set().union(*(named(line) for line in wrong)) if wrong else set()
            first = wrong[0] if wrong else None
            if not wrong:
                outcome = "not seen"
            elif first.entry.site == site and named(first) and set(named(first)) <= names:
                outcome = "named"
            elif named(first):
                outcome = f"false: {dict(named(first))} at {first.entry.site}"
            else:
                outcome = "unnamed"
            false_later = [name for name in all_names if name not in names] if outcome == "named" else []
            if false_later or (outcome in ("named", "unnamed") and len(wrong) > 1):
                outcome += f"; later wrong: {[(line.entry.site, dict(named(line))) for line in wrong[1:]]}"
            rows.append((description, label, outcome))
    return rows


@pytest.mark.parametrize("digits", [3, 4, 5])
def test_mistakes_of_whole_sheets_are_named_truly_or_not_at_all(digits):
    rows = table(digits)
    named = {description for description, _, outcome in rows if outcome.startswith("named")}
    false = [row for row in rows if "false" in row[2] or "later" in row[2]]
    assert len({description for description, _, _ in rows}) >= 85
    assert not false
    assert len(named) >= 75


if __name__ == "__main__":
    import sys

    for digits in map(int, sys.argv[1:] or ("3", "4", "5")):
        rows = table(digits)
        count = Counter(outcome.split(":")[0].split(";")[0] for _, _, outcome in rows)
        print(f"{digits} digits: {len(rows)} sheets of {len({row[0] for row in rows})} mistakes: {dict(count)}")
        for row in rows:
            if row[2] != "named":
                print("   ", *row, sep=" | ")
