"""What a sheet holds once it is read: steps, and in each the lines that were worked out and those left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.statements import Statement
from clearprop.explain.explained import Trace
from clearprop.explain.words.message import Message
from clearprop.trace.names import Reference


@dataclass(frozen=True)
class Working:
    """The middle of a worked line: ``0.5·0.5 + 0.2·0.3 + 0.1`` in ``z1[0] = 0.5·0.5 + 0.2·0.3 + 0.1 = 0.41``.

    Attributes
    ----------
    text : str
        The arithmetic as it was written.
    value : float
        What it comes to.
    written : WrittenNumber
        The number that was claimed for it: what stands behind the next = or ≈.
    """

    text: str
    value: float
    written: WrittenNumber


@dataclass(frozen=True)
class Blank:
    """A line, or numbers of a line, left open: ``z2 = ____``.

    Attributes
    ----------
    name : str
        As it was written.
    line : int
    count : int
        How many numbers are missing.
    """

    name: str
    line: int
    count: int


@dataclass(frozen=True)
class Entry:
    """One line of results.

    Attributes
    ----------
    text : str
        As it was written.
    line : int
        Its number in the sheet, from 1; 0 where there are no lines.
    numbers : tuple of (Reference, WrittenNumber)
        Which number of the trace each is.
    working : tuple of Working
        The middles of a worked line.
    """

    text: str
    line: int
    numbers: tuple[tuple[Reference, WrittenNumber], ...]
    working: tuple[Working, ...] = ()

    @property
    def site(self) -> str:
        """The site that the line is about."""
        return self.numbers[0][0].site


@dataclass(frozen=True)
class Step:
    """One step of training in a sheet.

    Attributes
    ----------
    number : int
        As the optimizer counts, from 1.
    trace : Trace
        The truth.
    entries : tuple of Entry
        What the person worked out, in the order written.
    blanks : tuple of Blank
    """

    number: int
    trace: Trace
    entries: tuple[Entry, ...]
    blanks: tuple[Blank, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A worked example.

    Attributes
    ----------
    steps : tuple of Step
        At least one.
    conventions : Conventions
        Those that its numbers were read under.
    remarks : tuple of Message
        What a reader should know about how it was read: text that was passed over, a comma taken as a decimal mark.
    settings, given : mapping of str to Statement
        What describes the network, and its numbers.
    """

    steps: tuple[Step, ...]
    conventions: Conventions = field(default_factory=Conventions)
    remarks: tuple[Message, ...] = ()
    settings: Mapping[str, Statement] = field(default_factory=dict, repr=False)
    given: Mapping[str, Statement] = field(default_factory=dict, repr=False)
    found: tuple[Any, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, trace: Trace, entries: Iterable[Entry]) -> Sheet:
        """A sheet of one step, its lines read already."""
        return cls((Step(trace.step, trace, tuple(entries)),))

    @property
    def trace(self) -> Trace:
        """The truth of the first step."""
        return self.steps[0].trace

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All lines, those of later steps after those of earlier ones."""
        return tuple(entry for step in self.steps for entry in step.entries)

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """All that was left open, and not written in another place."""
        return tuple(blank for step in self.steps for blank in step.blanks if not _stands_elsewhere(blank, step))


def _stands_elsewhere(blank: Blank, step: Step) -> bool:
    """Whether every number of a line that was left open whole has a line of its own."""
    shape = np.shape(step.trace[blank.name].value) if blank.name in step.trace else None
    written = {reference for entry in step.entries for reference, _ in entry.numbers if reference.site == blank.name}
    return shape is not None and blank.count == int(np.prod(shape)) == len(written)
