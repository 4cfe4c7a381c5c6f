"""`check`: a person's own calculation against the truth, line by line, and the names of the mistakes in it.

A number is right if what was written is the rounding of the exact value, or of what follows from the person's own
earlier lines (as they were written, or carried on with more digits than were written). So a slip is counted once:
everything after it is judged given that slip, as a good teacher does. A number that was cut off where it should have
been rounded gets a verdict of its own. For a wrong one, every mistake of the list
(`clearprop.explain.checking.mistakes`) is made on purpose, and those that come out at what was written are named;
where none does it is a slip of arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.checking.detective import explained
from clearprop.explain.checking.judging import judged
from clearprop.explain.checking.verdicts import Checked
from clearprop.explain.checking.worksheets import Sheet, Statement, entry_of, read_sheet, tidy_name
from clearprop.explain.explained import Trace
from clearprop.trace.trace import check_dense


def check(source: Sheet | str | Path | Mapping[str, Any], trace: Trace | None = None) -> Checked:
    """Judge a worked example.

    Parameters
    ----------
    source : Sheet, str, path or mapping
        A sheet, its text, the path of its file, or (with a trace) names and numbers, the numbers best as text so that
        it is known how far they were rounded: ``{"z1": "0.41, 0.47"}``.
    trace : Trace, optional
        The truth, for a mapping.

    Raises
    ------
    InputError
        When a sheet cannot be read, with line and column; for a mapping without a trace.

    Examples
    --------
    >>> from clearprop.explain import case, check
    >>> found = check({"z1": "0.31, 0.47"}, case("case_study").trace())
    >>> found["z1[0]"].status, found["z1[0]"].names, found["z1[1]"].status
    ('wrong', ('bias_forgotten',), 'right')
    """
    sheet = source if isinstance(source, Sheet) else _sheet(source, trace)
    lines = tuple(judged(sheet, naming=False))
    seen = {number.verdict for line in lines for number in line.numbers}
    if seen <= {"right"}:
        return Checked(sheet, lines)
    is_wrong = "wrong" in seen
    other = explained(sheet, is_wrong=is_wrong) if sheet.found else None
    if other is not None:
        return Checked(other[0], tuple(judged(other[0])), other[1])
    return Checked(sheet, tuple(judged(sheet)) if is_wrong else lines)


def _sheet(source: str | Path | Mapping[str, Any], trace: Trace | None) -> Sheet:
    if isinstance(source, Mapping):
        if trace is None:
            raise InputError("names and numbers alone cannot be checked: give the trace too, check(values, trace)")
        check_dense(trace.network, "a check")
        entries = [
            entry_of(trace, Statement(tidy_name(name), _as_text(value), f"{name} = {_as_text(value)}", i, 1))
            for i, (name, value) in enumerate(source.items(), start=1)
        ]
        return Sheet.of(trace, entries)
    return read_sheet(source)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(np.asarray(value).tolist()) if np.ndim(value) else repr(float(value))
