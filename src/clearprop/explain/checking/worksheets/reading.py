"""Reading a sheet: its statements, the trace of its network, and which numbers of the trace its results are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.cases import CASES, case
from clearprop.explain.checking.conventions import Conventions, conventions_of
from clearprop.explain.checking.worksheets.faults import Faults
from clearprop.explain.checking.worksheets.given import Given, samples_in, widths_from
from clearprop.explain.checking.worksheets.lines import Found, Passed, StepMark, lines_of
from clearprop.explain.checking.worksheets.names import notation_named
from clearprop.explain.checking.worksheets.optimizing import named
from clearprop.explain.checking.worksheets.placing import entry_from, placed
from clearprop.explain.checking.worksheets.results import Results, names_of
from clearprop.explain.checking.worksheets.setting_up import trace_of
from clearprop.explain.checking.worksheets.settings import SETTINGS, tidy_value
from clearprop.explain.checking.worksheets.sheet import Entry, Sheet
from clearprop.explain.checking.worksheets.statements import Statement, at_place, numbers_in
from clearprop.explain.checking.worksheets.toml import toml_statements
from clearprop.explain.checking.worksheets.worked import last_segment
from clearprop.explain.explained import Trace

EVERYWHERE = ("sigmoid", "logistic", "tanh")  # which one "activation function: …" may name for hidden layers and output
REPLACEABLE = (
    "hidden",
    "output",
    "loss",
    "optimizer",
    "learning rate",
    "l1",
    "l2",
    "weight decay",
    "step",
    "row weights",
)


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
    text = _text_of(source) if isinstance(source, Path) else source
    if isinstance(source, Path):
        is_toml = source.suffix.lower() == ".toml"
    else:
        is_toml = re.search(r"^\s*\[(?:network|results)\]\s*$", text, re.M) is not None
    found = list(toml_statements(text) if is_toml else lines_of(text))
    try:
        return sheet_of(found, {})
    except InputError:
        counted = _counted_from_one(found)
        if counted is None:
            raise
        return counted


def _counted_from_one(found: Sequence[Found]) -> Sheet | None:
    """The sheet with indices that count from 1, where that mends all that is wrong with it: z1[1] and z1[2] of two."""
    try:
        sheet = sheet_of(found, {"count_from": "1"})
    except InputError:
        return None
    alone = [entry.numbers[0][0] for entry in sheet.entries if len(entry.numbers) == 1]
    if "count_from" in sheet.conventions.stated or not any("0" in reference.indices for reference in alone):
        return None
    remark = "its indices were taken to count from 1, since they leave the arrays otherwise; add the line count from: 1"
    return replace(sheet, remarks=(*sheet.remarks, remark))


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
    remarks: list[str] = []
    for item in found:
        if isinstance(item, InputError):
            faults.add(item)
    settings, rest = _settings(found, faults)
    _one_activation(settings, remarks)
    with faults.gathered():
        conventions = conventions_of(settings)
    if "conventions" not in locals():
        conventions = Conventions()
    conventions = conventions.under(**changes)
    style = _style(settings, faults)
    widths = _widths(settings, rest, faults)
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


def _remarks(found: Sequence[Found], flat: Sequence[tuple[int, bool]], conventions: Conventions) -> list[str]:
    """What is said of the whole sheet: the order of plain lists, and the text that was passed over."""
    remarks = []
    for by_neuron, first in ((False, "input by input: W[0,0], W[0,1], …"), (True, "neuron by neuron")):
        lines = [line for line, by_book in flat if (by_book or conventions.rows == "outputs") == by_neuron]
        if lines:
            remarks.append(f"{_listed(lines)}: a weight matrix as a plain list was read {first}")
    passed = [item.line for item in found if isinstance(item, Passed)]
    if passed:
        remarks.append(f"{_listed(passed)}: text without results, passed over")
    return remarks


def _listed(lines: Sequence[int]) -> str:
    """Lines for a message: "line 3", "lines 3, 4 and 7"."""
    shown = sorted(set(lines))
    if len(shown) == 1:
        return f"line {shown[0]}"
    last = f" and {shown[-1]}" if len(shown) <= 7 else f" and {len(shown) - 6} more"
    return f"lines {', '.join(map(str, shown[:-1] if len(shown) <= 7 else shown[:6]))}{last}"


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not text in UTF-8 (byte {error.start + 1} is none); save the sheet as UTF-8"
        ) from None


def _settings(found: Sequence[Found], faults: Faults) -> tuple[dict[str, Statement], list[Statement | StepMark]]:
    """The settings by name, and everything else that counts."""
    settings: dict[str, Statement] = {}
    rest: list[Statement | StepMark] = []
    for item in found:
        if isinstance(item, StepMark) and not any(isinstance(other, Statement) and _is_result(other) for other in rest):
            if item.statement is not None and "step" not in settings:
                settings["step"] = item.statement
        elif isinstance(item, Statement) and item.name in SETTINGS and item.is_setting:
            with faults.gathered():
                if item.name in settings:
                    first = settings[item.name].line
                    raise item.wrong(f"{item.name} is said twice; the first time was in line {first}")
                settings[item.name] = _tidied(item)
        elif isinstance(item, Statement | StepMark):
            rest.append(item)
    return settings, rest


def _one_activation(settings: dict[str, Statement], remarks: list[str]) -> None:
    """Take "activation function: sigmoid" for the output too, where nothing else is said of it, and say so.

    Where the output's activation is not said at all, it is said which was taken.
    """
    if "output" in settings or "case" in settings or not {"network", "hidden", "loss"} & set(settings):
        return
    hidden, loss = settings.get("hidden"), settings.get("loss")
    is_for_all = hidden is not None and re.fullmatch(r"activation(?: function)?|激活函数", hidden.said.strip().lower())
    if (
        hidden is not None
        and is_for_all
        and hidden.value in EVERYWHERE
        and not (loss and loss.value == "cross_entropy")
    ):
        settings["output"] = replace(hidden, name="output")
        remarks.append(
            f"line {hidden.line}: {hidden.value} was taken for the output too; add the line output: … if not"
        )
    elif settings.get("network") is not None:
        remarks.append(
            "the output's activation is not said: the one that fits the loss was taken; add the line output: …"
        )


def _is_result(statement: Statement) -> bool:
    return re.fullmatch(r"(a0|y|(?:[a-z]+_)?[Wb]\d+)(\[.*\])?", statement.name) is None and not re.fullmatch(
        r"(?:[xytiIXYTwb]|target)[_\W]*\w{0,4}", statement.written.strip()
    )


def _tidied(statement: Statement) -> Statement:
    try:
        value = tidy_value(statement.name, statement.value)
    except InputError as error:
        raise statement.wrong(error) from None
    return replace(statement, value=value)


def _style(settings: Mapping[str, Statement], faults: Faults) -> str | None:
    """The notation that the sheet names."""
    if "notation" not in settings:
        return None
    with faults.gathered():
        return named(settings["notation"], notation_named)
    return None


def _widths(
    settings: Mapping[str, Statement], rest: Sequence[Statement | StepMark], faults: Faults
) -> tuple[int, ...] | None:
    """n₀ … n_L, from the settings or from what is given."""
    if "case" in settings:
        name = settings["case"].value
        if name in CASES:
            return case(name).network.widths
        faults.add(_at(settings["case"], UnknownNameError("case", name, CASES)))
        return None
    if "network" in settings:
        found = tuple(int(n) for n in re.findall(r"\d{1,6}", settings["network"].value))
        if len(found) > 1 and all(found):
            return found
        numbers = settings["network"].value
        why = (
            "a layer needs a whole number of inputs, at least 1" if "0" in numbers else "a network is written as 2-2-1"
        )
        faults.add(settings["network"].wrong(f"{why}, not {numbers.strip()!r}"))
        return None
    found_widths = widths_from([item for item in rest if isinstance(item, Statement)])
    if found_widths is None:
        faults.add(
            InputError("the sheet names no network; begin it with a line such as network: 2-2-1, or case: mazur")
        )
    return found_widths


def _at(statement: Statement, error: UnknownNameError) -> UnknownNameError:

    return at_place(statement.place_of(), error)


def _sorted(
    rest: Sequence[Statement | StepMark],
    widths: tuple[int, ...],
    settings: Mapping[str, Statement],
    conventions: Conventions,
    style: str | None,
    faults: Faults,
    remarks: list[str],
) -> tuple[Mapping[str, Statement], list[Statement | StepMark], list[tuple[int, bool]]]:
    """What is given, and the results."""
    statements = [item for item in rest if isinstance(item, Statement)]
    is_case = "case" in settings
    n = None if is_case else samples_in(statements, widths[0])
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
        raise statement.wrong(f"there is no number after {statement.written}")
    return entry
