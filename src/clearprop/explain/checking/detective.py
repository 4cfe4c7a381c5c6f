"""The detective: under which conventions every line of a sheet is right.

Books differ, and a sheet seldom says which it follows. Where a sheet is wrong under the usual conventions, others are
tried: of those that it does not state, one, two or three together, and offered if *every* line is then right. What a
sheet states is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from clearprop.errors import ClearpropError
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.judging import verdicts
from clearprop.explain.checking.velocities import velocities_of
from clearprop.explain.checking.worksheets import Sheet
from clearprop.explain.checking.worksheets.reading import under
from clearprop.explain.checking.worksheets.setting_up import trace_of
from clearprop.explain.checking.worksheets.statements import numbers_in

MOST = 3  # conventions changed at once
MOST_NUMBERS = 20_000  # in the networks of sheets for which more than one at once is tried
PRINTED = 1.5e-4  # the last decimal of numbers that a program has printed
PLACING = ("rows", "count_from", "weighted_sum")  # conventions that change which number is which
MAKING = ("loss", "biases", "velocity")  # those that change the trace that the engine makes
OTHER_LOSS = {"half_squared_error": "squared_error", "squared_error": "half_squared_error"}


def others(sheet: Sheet) -> Iterator[Mapping[str, str]]:
    """Changes of conventions that the sheet leaves open, the fewest first."""
    network = sheet.trace.network
    open_changes = [change for change in _single(sheet) if change[0] not in sheet.conventions.stated]
    for size in range(1, MOST + 1 if network.n_parameters <= MOST_NUMBERS else 2):
        for chosen in combinations(open_changes, size):
            if len({name for name, _ in chosen}) == size:
                yield dict(chosen)


def _single(sheet: Sheet) -> list[tuple[str, str]]:
    """The single changes that would make a difference to this sheet."""
    trace = sheet.trace
    sites = {entry.site for entry in sheet.entries}
    found = [("delta", "minus")]
    if trace.is_batch and trace.n_samples > 1:
        found += [("samples", "sum"), ("samples", "each")]
    if trace.network.widths[-1] > 1:
        found.append(("outputs", "mean"))
    if trace.network.loss.name in OTHER_LOSS:
        found.append(("loss", OTHER_LOSS[trace.network.loss.name]))
    if any(min(W.shape) > 1 for W in trace.params.W):
        found.append(("rows", "outputs"))
    if any(site.endswith("_new") for site in sites):
        found.append(("biases", "fixed"))
    if any(re.fullmatch(r"[az][1-9]\d*", site) for site in sites):
        found.append(("weighted_sum", "a"))
    if any(re.match("v_[Wb]", site) for site in sites):
        found += [("velocity", velocity) for velocity in velocities_of(trace.optimizer)]
    if any(len(entry.numbers) == 1 and entry.numbers[0][0].indices for entry in sheet.entries):
        found.append(("count_from", "1"))
    return [*found, ("given", "rounded")] if _looks_printed(sheet) else found


def _looks_printed(sheet: Sheet) -> bool:
    """Whether the given numbers have so many decimals that they look like the print of a program."""
    numbers = [number for statement in sheet.given.values() for number in numbers_in(statement)]
    units = [number.unit for number in numbers if not float(number.value).is_integer()]
    return bool(units) and sum(unit <= PRINTED for unit in units) * 2 >= len(units)


def explained(sheet: Sheet, *, is_wrong: bool) -> tuple[Sheet, tuple[str, ...]] | None:
    """The sheet under other conventions that make every line right, and what it would have to say; None if none do.

    Parameters
    ----------
    sheet : Sheet
    is_wrong : bool
        Whether the sheet is wrong as it stands. Then conventions will do, too, under which a number was cut off where
        it should be rounded, if none do better. Otherwise a number is cut off already.
    """
    usual: Conventions = sheet.conventions
    read: dict[Any, Sheet | None] = {}
    best = None
    for changes in others(sheet):
        other = _under(sheet, changes, read)
        if other is None:
            continue
        may_cut_off = is_wrong and best is None
        is_cut_off = False
        for verdict in verdicts(other):
            is_cut_off |= verdict == "cut_off"
            if verdict == "wrong" or (is_cut_off and not may_cut_off):
                break
        else:
            best = other, usual.under(**changes).lines(usual)
            if not is_cut_off:
                return best
    return best


def _under(sheet: Sheet, changes: Mapping[str, str], read: dict[Any, Sheet | None]) -> Sheet | None:
    """The sheet under other conventions; None where it cannot be read so.

    Text is read anew, and a trace computed anew, only for what changes them, and once for each such change (kept in
    `read`): most conventions change neither.
    """
    placing = tuple((name, value) for name, value in changes.items() if name in PLACING)
    making = tuple((name, value) for name, value in changes.items() if name in MAKING)
    if placing not in read:
        try:
            read[placing] = under(sheet, **dict(placing)) if placing else sheet
        except ClearpropError:
            read[placing] = None
    placed = read[placing]
    if placed is None:
        return None
    if (placing, making) not in read:
        conventions = placed.conventions.under(**dict(making))
        try:
            trace = trace_of(placed.settings, placed.given, conventions) if making else placed.trace
        except ClearpropError:
            return None
        first = replace(placed.steps[0], trace=trace)
        read[placing, making] = replace(placed, steps=(first, *placed.steps[1:]), conventions=conventions)
    made = read[placing, making]
    return None if made is None else replace(made, conventions=sheet.conventions.under(**changes))
