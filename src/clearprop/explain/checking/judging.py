"""A sheet before the judge: its steps one after the other, each going on from what the person had in the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearprop.explain.checking.checked import CheckedLine
from clearprop.explain.checking.convened import convened
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.enclosing import Rounding
from clearprop.explain.checking.judge import Carried, Judge
from clearprop.explain.checking.worksheets import Entry, Sheet
from clearprop.explain.checking.worksheets.setting_up import units_of
from clearprop.explain.checking.worlds import Truth
from clearprop.trace.record import next_step
from clearprop.trace.trace import Trace


def judged(sheet: Sheet, *, naming: bool = True) -> Iterator[CheckedLine]:
    """The lines of a sheet, each judged when it is asked for; without `naming` no mistake is looked for."""
    truths = _truths(sheet)
    units = units_of(sheet.given, sheet.trace, sheet.conventions)
    rounding = Rounding.of(
        (entry, truth.arrays) for step, truth in zip(sheet.steps, truths, strict=True) for entry in step.entries
    )
    before: Carried | None = None
    for step, truth in zip(sheet.steps, truths, strict=True):
        judge = Judge(truth, rounding, units, before, sheet.conventions)
        yield from judged_by(judge, step.entries, naming=naming)
        before = judge.after() if step is not sheet.steps[-1] else None


def judged_by(judge: Judge, entries: Sequence[Entry], *, naming: bool = True) -> Iterator[CheckedLine]:
    """The lines of one step."""
    for entry in entries:
        yield judge.line(entry, naming=naming)


def verdicts(sheet: Sheet) -> Iterator[str]:
    """The verdicts on the numbers of a sheet, each worked out when it is asked for; no mistake is looked for."""
    return (number.verdict for line in judged(sheet, naming=False) for number in line.numbers)


def _truths(sheet: Sheet) -> list[Truth]:
    """The truth of each step under the sheet's conventions."""
    conventions: Conventions = sheet.conventions
    found: list[Truth] = []
    trace: Trace = sheet.trace
    for step in sheet.steps:
        while trace.step < step.number:
            trace = next_step(convened(trace, conventions))
        found.append(Truth(convened(trace, conventions)))
    return found
