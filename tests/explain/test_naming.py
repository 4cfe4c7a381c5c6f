"""Whole hand calculations with one mistake each: the mistake is named truly, and nothing else is.

Networks are drawn from seeds that were chosen before anybody looked: 0 to 3 here, others where it takes long.
"""

import sys
from collections import Counter
from functools import cache

import numpy as np
import pytest

from clearprop.explain import check, read_sheet
from clearprop.explain.checking.worksheets import Sheet
from hand_calculations import entries, right_lines, rounded_to, significant, worked_out
from mistakes_made import made, networks
from optimizer_mistakes import of_optimizers


def cases(net):
    """(description, names, network, changed lines) of every mistake that the network can have."""
    for description, names, changed in made(net):
        if changed is not None:
            yield description, names, net, changed
    yield from of_optimizers(net)


@cache
def truth_of(settings):
    """The trace that these lines of a sheet describe."""
    return read_sheet(settings).trace


def trace_of(net):
    return truth_of("\n".join([*net.settings(), f"z1 = {', '.join(['0'] * net.widths[1] * net.n)}"]))


def outcome(net, names, changed, digits, goes_on_rounded):
    """What became of a mistake: named, unnamed, not seen (right within rounding), nothing to see, or false."""
    rounding = rounded_to(digits) if goes_on_rounded else None
    values, right = worked_out(net, changed, rounding), worked_out(net, None, rounding)
    site = next(iter(changed))
    if all(significant(v, digits) == significant(r, digits)
           for v, r in zip(values[site].ravel().tolist(), right[site].ravel().tolist(), strict=True)):  # fmt: skip
        return "nothing to see"
    lines = list(right_lines(net))
    ends = next((i for i, name in enumerate(lines) if not np.isfinite(values[name]).all()), len(lines))
    trace = trace_of(net)
    found = check(Sheet.of(trace, entries(trace, values, digits, lines[:ends])))
    wrong = [line for line in found.lines if any(number.verdict == "wrong" for number in line.numbers)]
    if not wrong:
        return "not seen"
    if [line.entry.site for line in wrong] != [site]:
        return f"false: {[line.entry.site for line in wrong]} are called wrong"
    told = [n.names for n in wrong[0].numbers if n.verdict == "wrong" and n.names and n.is_certain]
    if not told:
        return "unnamed"
    return "named" if all(set(each) & names for each in told) else f"false: {told}"


def table(nets, digits, take=lambda i, j: True):
    """(description, network, outcome) of the mistakes i in networks j that are taken; every other goes on rounded."""
    return [
        (description, label, outcome(net, names, changed, digits, goes_on_rounded=j % 2 == 1))
        for j, (label, each) in enumerate(nets.items())
        for i, (description, names, net, changed) in enumerate(cases(each))
        if take(i, j)
    ]


def holds(rows):
    """At least 75 mistakes of 85 named truly, and none falsely."""
    shown = [row for row in rows if row[2] != "nothing to see"]
    named_truly = {description for description, _, said in shown if said == "named"}
    every = {description for description, _, _ in shown}
    assert not [row for row in shown if row[2].startswith("false")]
    assert len(every) >= 85
    assert len(named_truly) >= 75 / 85 * len(every)
    assert sum(said == "named" for _, _, said in shown) >= 75 / 85 * len(shown)


def told(digits, nets, rows):
    count = Counter(row[2].split(":")[0] for row in rows)
    sys.stdout.write(f"{digits} digits, {len(rows)} sheets of {len(nets)} networks and "
                     f"{len({row[0] for row in rows})} mistakes: {dict(count)}\n")  # fmt: skip
    sys.stdout.writelines(f"    {' | '.join(row)}\n" for row in rows if row[2].startswith("false"))


FOUR = {label: net for j in range(4) for label, net in [list(networks(j).items())[j]]}
SEEDS = range(10, 20)


@pytest.mark.parametrize("digits", [3, 4, 5])
def test_mistakes_of_whole_sheets_are_named_truly_or_not_at_all(digits):
    rows = table(FOUR, digits)
    told(digits, FOUR, rows)
    holds(rows)


@pytest.mark.torture
@pytest.mark.parametrize("digits", [3, 4, 5])
def test_every_mistake_in_forty_networks(digits):
    nets = {label: net for seed in SEEDS for label, net in networks(seed).items()}
    rows = table(nets, digits)
    told(digits, nets, rows)
    holds(rows)
