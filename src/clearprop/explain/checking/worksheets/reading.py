"""Reading a sheet: its statements, the trace of its network, and which numbers of the trace its results are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from clearprop.errors import InputError
from clearprop.explain.checking.conventions import Conventions, conventions_of
from clearprop.explain.checking.worksheets.description import settings_in, style_of, take_one_activation, widths_of
from clearprop.explain.checking.worksheets.faults import Faults, fault, lines_told
from clearprop.explain.checking.worksheets.given import Given, check_size, samples_in
from clearprop.explain.checking.worksheets.lines import Found, Passed, StepMark, lines_of
from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.placing import entry_from, placed
from clearprop.explain.checking.worksheets.results import Results, names_of
from clearprop.explain.checking.worksheets.setting_up import trace_of
from clearprop.explain.checking.worksheets.sheet import Entry, Sheet
from clearprop.explain.checking.worksheets.statements import Statement, numbers_in, tidy_name
from clearprop.explain.checking.worksheets.toml import toml_statements
from clearprop.explain.checking.worksheets.values import POINT
from clearprop.explain.checking.worksheets.worked import last_segment
from clearprop.explain.explained import Trace
from clearprop.explain.words.message import Message
from clearprop.explain.writing.notation import NOTATIONS

TARGET = re.compile(r"(?:[tT]|targets?)(?:_?\{?\d{1,4}\}?|[₀-₉]+)?")
OUTPUT = re.compile(r"[yY](?:_?\{?\d{1,4}\}?|[₀-₉]+)?")
REPLACEABLE = (
    "hidden", "output", "loss", "optimizer", "learning rate", "l1", "l2", "weight decay", "velocity", "step",
    "row weights",
)  # fmt: skip
# What a message that quotes it must not send to a terminal; ends of lines and blanks are none of it.
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# What `clearprop exercise` prints behind the sheet; the key's own file begins so.
KEY = re.compile(r"\S.*\n\s*(?P<heading># *(?:Key|答案) *)$", re.M)


def read_sheet(source: str | Path) -> Sheet:
    """Read a sheet from a file (a path; ``.toml`` for TOML) or from its text.

    Raises
    ------
    InputError
        With line and column, where it cannot be read or a number does not fit the network. Where there are several
        faults, all are told, in the order of their lines.
    OSError
        When there is no such file.

    Examples
    --------
    >>> from clearprop.explain import read_sheet
    >>> sheet = read_sheet("case: case_study" + chr(10) + "z1 = 0.41, 0.47")
    >>> [str(reference) for reference, _ in sheet.entries[0].numbers]
    ['z1[0]', 'z1[1]']
    """
    text = UNSEEN.sub("�", _text_of(source) if isinstance(source, Path) else source)
    if text.lstrip()[:1] == "{" and text.rstrip()[-1:] == "}":
        raise fault("sheet_is_json")
    if isinstance(source, Path):
        is_toml = source.suffix.lower() == ".toml"
    else:
        is_toml = re.search(r"^\s*\[(?:network|results)\]\s*$", text, re.M) is not None
    key = KEY.search(text)
    if key is not None and not is_toml:
        text = text[: key.start("heading")]
    found = list(toml_statements(text) if is_toml else lines_of(text))
    try:
        sheet = sheet_of(found, {})
    except InputError:
        other = _counted_from_one(found) or _in_the_way_of_its_case(found)
        if other is None:
            raise
        sheet = other
    if key is None or is_toml:
        return sheet
    return replace(sheet, remarks=(*sheet.remarks, Message("remark_key", line=text.count("\n") + 1)))


def _counted_from_one(found: Sequence[Found]) -> Sheet | None:
    """The sheet with indices that count from 1, where that mends all that is wrong with it: z1[1] and z1[2] of two."""
    try:
        sheet = sheet_of(found, {"count_from": "1"})
    except InputError:
        return None
    alone = [entry.numbers[0][0] for entry in sheet.entries if len(entry.numbers) == 1]
    if "count_from" in sheet.conventions.stated or not any("0" in reference.indices for reference in alone):
        return None
    return replace(sheet, remarks=(*sheet.remarks, Message("remark_count_from")))


def _in_the_way_of_its_case(found: Sequence[Found]) -> Sheet | None:
    """The sheet of a case that is named after a notation, in that notation: w5 of the case of Mazur."""
    said = next((item.value for item in found if isinstance(item, Statement) and item.name == "case"), "").strip()
    if said not in NOTATIONS:
        return None
    try:
        return sheet_of([Statement("notation", said, "", 0, 1, is_setting=True), *found], {})
    except InputError:
        return None


def under(sheet: Sheet, **changes: str) -> Sheet:
    """The same statements read under other conventions: ``under(sheet, rows="outputs")``.

    Raises
    ------
    InputError
        When they cannot be read so.
    """
    return sheet_of(sheet.found, changes)


def sheet_of(found: Sequence[Found], changes: Mapping[str, str]) -> Sheet:
    """The sheet of these statements, some of its conventions changed.

    Raises
    ------
    InputError
        See `read_sheet`.
    """
    faults = Faults()
    remarks: list[Message] = []
    for item in found:
        if isinstance(item, InputError):
            faults.add(item)
    settings, rest = settings_in(found, faults)
    take_one_activation(settings, remarks)
    conventions = Conventions()
    with faults.gathered():
        conventions = conventions_of(settings)
    points = any(isinstance(item, Statement) and POINT.search(item.value) for item in found)
    conventions = replace(conventions.under(**changes), points=points)
    style = style_of(settings, faults)
    widths = widths_of(settings, rest, faults)
    if widths is None:
        for statement in rest:
            if isinstance(statement, Statement):
                with faults.gathered():
                    numbers_in(last_segment(statement))
        faults.tell()
    assert widths is not None
    given, results, flat = _sorted(rest, widths, settings, conventions, style, faults, remarks)
    trace = _trace(settings, given, conventions, faults)
    if trace is None:
        faults.tell()
    assert trace is not None
    read = Results(trace, conventions, style, faults, remarks)
    steps = read.steps(results)
    faults.tell()
    remarks += _remarks(found, [*flat, *read.flat], conventions)
    return Sheet(steps, conventions, tuple(dict.fromkeys(remarks)), settings, given, tuple(found))


def _remarks(found: Sequence[Found], flat: Sequence[tuple[int, bool]], conventions: Conventions) -> Iterator[Message]:
    """What is said of the whole sheet: the order of plain lists, and the text that was passed over."""
    for by_neuron, key in ((False, "remark_flat_inputs"), (True, "remark_flat_neurons")):
        lines = [line for line, by_book in flat if (by_book or conventions.rows == "outputs") == by_neuron]
        if lines:
            yield Message(key, where=lines_told(lines))
    passed = [item.line for item in found if isinstance(item, Passed)]
    if passed:
        yield Message("remark_passed", where=lines_told(passed))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise fault("sheet_not_utf8", path=path, byte=error.start + 1) from None


def _sorted(
    rest: Sequence[Statement | StepMark],
    widths: tuple[int, ...],
    settings: Mapping[str, Statement],
    conventions: Conventions,
    style: str | None,
    faults: Faults,
    remarks: list[Message],
) -> tuple[Mapping[str, Statement], list[Statement | StepMark], list[tuple[int, bool]]]:
    """What is given, and the results."""
    rest = _outputs_by_y(rest)
    statements = [item for item in rest if isinstance(item, Statement)]
    is_case = "case" in settings
    n = None if is_case else samples_in(statements, widths[0])
    if not is_case:
        check_size(statements, widths, n, settings.get("network"), faults)
    given = Given(widths, conventions, style, n, faults, remarks)
    names = given.names()
    results: list[Statement | StepMark] = []
    for item in rest:
        is_taken = isinstance(item, Statement) and not any(isinstance(other, StepMark) for other in results) and (
            not is_case or re.fullmatch(r"[a-z]+_[Wb]\d+", item.name) is not None
        ) and given.take(item, names, not results)  # fmt: skip
        if not is_taken:
            results.append(item)
    return given.whole if is_case else given.statements(), results, given.flat


def _outputs_by_y(rest: Sequence[Statement | StepMark]) -> Sequence[Statement | StepMark]:
    """The statements where t names the targets: what y then says otherwise are the outputs, as in many books."""
    targets = {
        number.value for item in rest if isinstance(item, Statement) and TARGET.fullmatch(item.written.strip())
        for number in _numbers_of(item)
    }  # fmt: skip
    if not targets:
        return rest
    found: list[Statement | StepMark] = []
    for item in rest:
        is_output = isinstance(item, Statement) and OUTPUT.fullmatch(item.written.strip())
        if isinstance(item, Statement) and is_output and not {n.value for n in _numbers_of(item)} <= targets:
            said = f"yhat{item.written.strip()[1:]}"
            item = replace(item, name=tidy_name(said), said=said)
        found.append(item)
    return found


def _numbers_of(statement: Statement) -> Sequence[WrittenNumber]:
    """Its numbers; none where it holds something else."""
    try:
        return numbers_in(last_segment(statement))
    except InputError:
        return ()


def _trace(
    settings: dict[str, Statement], given: Mapping[str, Statement], conventions: Conventions, faults: Faults
) -> Trace | None:
    """The trace; a setting that cannot be used is told, and others are tried without it."""
    tried = dict(settings)
    while True:
        try:
            return trace_of(tried, given, conventions)
        except InputError as error:
            faults.add(error)
            culprit = next(
                (name for name in REPLACEABLE if name in tried and str(error).startswith(tried[name].place_of() + ":")),
                None,
            )
            if culprit is None:
                return None
            del tried[culprit]


def entry_of(trace: Trace, statement: Statement, conventions: Conventions | None = None) -> Entry:
    """A line of results for a trace, its numbers each with the name of what they are.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    entry, _ = entry_from(statement, placed(statement, names_of(trace, conventions or Conventions(), None)))
    if entry is None:
        raise statement.wrong("sheet_number_missing", name=statement.written)
    return entry
