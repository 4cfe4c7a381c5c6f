"""What came out of a check: numbers and lines, judged."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.explain.checking.mistakes import Variant
from clearprop.explain.checking.worksheets import Entry, Working, WrittenNumber
from clearprop.trace.names import Reference


@dataclass(frozen=True)
class Relation:
    """How what was written hangs together with what is right.

    Attributes
    ----------
    kind : {"factor", "difference"}
    value : float
        The factor, or the difference.
    name : str
        Of the number that the difference is, "b2[0]"; "" for a factor.
    of : {"own", "exact"}
        Whether of what follows from the person's own lines, or of the exact value.
    """

    kind: str
    value: float
    name: str = ""
    of: str = "own"


@dataclass(frozen=True)
class CheckedNumber:
    """One number of a sheet, judged.

    Attributes
    ----------
    reference : Reference
        Which number of the trace it is.
    written : WrittenNumber
    exact : float
        What it should have been.
    own : float
        What follows from the person's own earlier lines.
    verdict : {"right", "cut_off", "wrong"}
    given_slip : bool
        Whether an earlier slip of the person's is among what it follows from: then "right" means right given that
        slip, and "wrong" wrong even given it.
    within : bool
        Whether it is right only within what rounding on the way may have done.
    mistakes : tuple of Variant
        The mistakes that come out at what was written; empty where none is known that does.
    is_certain : bool
        Whether they may be named; otherwise they would fit, as other things would.
    relation : Relation or None
        What is known of a wrong number that no mistake explains: twice the right value, the right value and b2.
    """

    reference: Reference
    written: WrittenNumber
    exact: float
    own: float
    verdict: str
    given_slip: bool = False
    within: bool = False
    mistakes: tuple[Variant, ...] = ()
    is_certain: bool = True
    relation: Relation | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The mistakes' keys, each once."""
        return tuple(dict.fromkeys(variant.mistake for variant in self.mistakes))

    @property
    def status(self) -> str:
        """The verdict as one word: right, within, cut_off, wrong, each with _given after an earlier slip."""
        verdict = "within" if self.within else self.verdict
        return f"{verdict}_given" if self.given_slip else verdict


@dataclass(frozen=True)
class CheckedLine:
    """One line of a sheet, judged.

    Attributes
    ----------
    entry : Entry
    numbers : tuple of CheckedNumber
    slip : Working or None
        The first middle of a worked line whose arithmetic does not come out, where the line is wrong.
    """

    entry: Entry
    numbers: tuple[CheckedNumber, ...]
    slip: Working | None = None
