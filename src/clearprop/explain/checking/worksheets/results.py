"""The results of a sheet, step by step: the truth of each, its lines and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.worksheets.faults import Faults, fault, lines_told
from clearprop.explain.checking.worksheets.lines import StepMark
from clearprop.explain.checking.worksheets.names import Names
from clearprop.explain.checking.worksheets.placing import Placed, entry_from, placed
from clearprop.explain.checking.worksheets.sheet import Blank, Entry, Step
from clearprop.explain.checking.worksheets.statements import Statement
from clearprop.explain.explained import Trace
from clearprop.explain.words.message import Message
from clearprop.trace.names import Reference
from clearprop.trace.record import next_step

CALL = re.compile(r"\s*(?:σ|sigma|sigmoid|tanh|relu|ReLU|f|logistic|softplus)\s*\(\s*([-+−\d.,]+)\s*\)\s*")
MOST_STEPS = 1000


class Results:
    """Reads the results of a sheet against a trace; one reader reads one sheet.

    Parameters
    ----------
    trace : Trace
        Of the first step.
    conventions : Conventions
    style : str or None
        The notation that the sheet names.
    faults : Faults
    remarks : list of Message
        What is to be said about the reading is added.
    """

    def __init__(
        self, trace: Trace, conventions: Conventions, style: str | None, faults: Faults, remarks: list[Message]
    ) -> None:
        self.trace, self.conventions, self.style = trace, conventions, style
        self.faults, self.remarks = faults, remarks
        self.commas: list[int] = []
        self.flat: list[tuple[int, bool]] = []

    def steps(self, results: Sequence[Statement | StepMark]) -> tuple[Step, ...]:
        """The steps of the sheet."""
        found: list[Step] = []
        trace = self.trace
        for mark, statements in self._blocks(results):
            if mark is not None and found:
                if len(found) == MOST_STEPS:
                    where = Message("sheet_line", line=mark.line)
                    self.faults.add(fault("sheet_too_many_steps", where, number=mark.number, most=f"{MOST_STEPS:,}"))
                    break
                if mark.number != found[-1].number + 1:
                    last, where = found[-1].number, Message("sheet_line", line=mark.line)
                    self.faults.add(fault("sheet_step_order", where, number=mark.number, before=last, next=last + 1))
                    break
                trace = next_step(trace)
            entries, blanks = self._lines(statements, trace)
            found.append(Step(trace.step, trace, tuple(entries), tuple(blanks)))
        if self.commas:
            self.remarks.append(Message("remark_commas", where=lines_told(self.commas)))
        return tuple(found)

    def _blocks(self, results: Sequence[Statement | StepMark]) -> list[tuple[StepMark | None, list[Statement]]]:
        """The statements between the lines that begin a step; a heading "Step 2" of the same step is none."""
        blocks: list[tuple[StepMark | None, list[Statement]]] = [(None, [])]
        for item in results:
            if isinstance(item, Statement):
                blocks[-1][1].append(item)
            elif not blocks[-1][1] or item.number == self.trace.step:
                continue
            else:
                blocks.append((item, []))
        kept = blocks[:1]
        for mark, statements in blocks[1:]:
            assert mark is not None
            before = {statement.name for statement in kept[-1][1]}
            again = before & {statement.name for statement in statements}
            updated = any("_new" in name or name.endswith("+") for name in before)
            if mark.is_surely or again or updated:
                kept.append((mark, statements))
            else:
                kept[-1][1].extend(statements)
                self.remarks.append(Message("remark_heading", line=mark.line))
        return kept

    def _lines(self, statements: Sequence[Statement], trace: Trace) -> tuple[list[Entry], list[Blank]]:
        names = names_of(trace, self.conventions, self.style)
        entries: list[Entry] = []
        blanks: list[Blank] = []
        for statement in statements:
            with self.faults.gathered():
                told = statement if statement.name else self._of_a_call(statement, entries)
                found = placed(told, names)
                entry, open_ = entry_from(told, found)
                self._remark(told, found)
                entries += [] if entry is None else [entry]
                blanks += open_
        return entries, blanks

    def _remark(self, statement: Statement, found: Placed) -> None:
        if found.decimal_comma:
            self.commas.append(statement.line)
        if found.named.remark:
            place = Message("sheet_line", line=statement.line)
            self.remarks.append(Message("sheet_at", place=place, what=found.named.remark))
        if found.is_flat and found.named.reference.kind in ("W", "dW"):
            self.flat.append((statement.line, found.named.style is not None))

    def _of_a_call(self, statement: Statement, entries: Sequence[Entry]) -> Statement:
        """``sigmoid(0.41) = 0.601`` is about the neuron whose weighted input was written as 0.41, if there is one."""
        shown = statement.written.strip()
        call = CALL.fullmatch(shown)
        if call is not None:
            value = float(call[1].replace("−", "-").replace(",", "."))
            found = {
                reference
                for entry in entries
                for reference, number in entry.numbers
                if reference.kind == "z" and number.value == value
            }
            if len(found) == 1:
                (z,) = found
                name = str(Reference("a", z.layer, z.indices))
                moved = f"{shown} = {statement.value}"
                return Statement(name, moved, statement.text, statement.line, max(1, statement.column - len(shown) - 3))
        raise statement.wrong("sheet_call", line=f"a1[0] = {shown} = {statement.value.strip()}")


def names_of(trace: Trace, conventions: Conventions, style: str | None) -> Names:
    """The names of everything in a trace."""
    shapes: Mapping[str, tuple[int, ...]] = {name: np.shape(site.value) for name, site in trace.sites.items()}
    return Names(shapes, trace.network.widths, trace.is_batch, style, conventions)
