"""Whole hand calculations with one mistake each: the mistake is named truly, and nothing else is."""

import sys
from collections import Counter

import numpy as np
import pytest

from clearprop.explain import check
from hand_calculations import right_lines, rounded_to, sheet, worked_out
from mistakes_made import NETS, made, of_optimizers


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


def outcomes(label, cases_of_net, digits, goes_on_rounded):
    """For each mistake what became of it: named, unnamed, not seen (right within rounding), or false."""
    for description, names, net, changed in cases_of_net:
        _, wrong = judged(net, changed, digits, goes_on_rounded)
        site = next(iter(changed))
        if not wrong:
            outcome = "not seen"
        elif wrong[0].entry.site == site and named(wrong[0]):
            outcome = "named" if set(named(wrong[0])) <= names else f"false: {dict(named(wrong[0]))}"
        else:
            outcome = "unnamed" if wrong[0].entry.site == site else f"false: {wrong[0].entry.site} is called wrong"
        if len(wrong) > 1:
            outcome = f"false: later lines are called wrong, {[line.entry.site for line in wrong[1:]]}"
        yield description, label, outcome


def table(digits, take=lambda i, j: True):
    """The outcomes of those mistakes (i) in those networks (j) that are taken; every other network goes on rounded."""
    rows = []
    for j, label in enumerate(NETS):
        chosen = [case for i, case in enumerate(cases(NETS[label])) if take(i, j)]
        rows += outcomes(label, chosen, digits, goes_on_rounded=j % 2 == 1)
    return rows


def holds(rows):
    """At least 75 mistakes of 85 named truly, and none falsely."""
    named_truly = {description for description, _, outcome in rows if outcome == "named"}
    every = {description for description, _, _ in rows}
    assert not [row for row in rows if row[2].startswith("false")]
    assert len(every) >= 85
    assert len(named_truly) >= 75 / 85 * len(every)
    assert sum(outcome == "named" for _, _, outcome in rows) >= 75 / 85 * len(rows)


@pytest.mark.parametrize("digits", [3, 4, 5])
def test_mistakes_of_whole_sheets_are_named_truly_or_not_at_all(digits):
    holds(table(digits, take=lambda i, j: (i + digits) % 3 == 0 or j == 0))


@pytest.mark.torture
@pytest.mark.parametrize("digits", [3, 4, 5])
def test_every_mistake_in_every_network(digits):
    rows = table(digits)
    count = Counter(outcome.split(":")[0] for _, _, outcome in rows)
    sys.stdout.write(
        f"{digits} digits, {len(rows)} sheets of {len({row[0] for row in rows})} mistakes: {dict(count)}\n"
    )
    sys.stdout.writelines(f"    {' | '.join(row)}\n" for row in rows if row[2] != "named")
    holds(rows)
