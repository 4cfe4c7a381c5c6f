"""Reading a sheet: its statements, the trace of its network, and which numbers of the trace its results are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.notation import NOTATIONS, Notation, notation
from clearprop.explain.references import Reference, at, parse
from clearprop.explain.sheets.optimizing import named
from clearprop.explain.sheets.setting_up import trace_of
from clearprop.explain.sheets.sheet import Entry, Sheet
from clearprop.explain.sheets.statements import Statement, check_numbers, lines_of, numbers_in
from clearprop.explain.sheets.toml import toml_statements
from clearprop.explain.trace import Trace


def read_sheet(source: str | Path) -> Sheet:
    """Read a sheet from a file (a path; ``.toml`` for TOML) or from its text.

    Raises
    ------
    InputError
        With line and column, where it cannot be read or a number does not fit the network. A value that is not a number
        is named before anything else.
    OSError
        When there is no such file.

    Examples
    --------
    >>> from clearprop.explain import read_sheet
    >>> sheet = read_sheet("case: case_study" + chr(10) + "z1 = 0.41, 0.47")
    >>> [str(reference) for reference, _ in sheet.entries[0].numbers]
    ['z1[0]', 'z1[1]']
    """
    statements = _statements(source)
    settings = _each_once([s for s in statements if s.is_setting])
    given = _each_once([s for s in statements if s.is_given])
    trace = trace_of(settings, given)
    names: Mapping[str, Reference] = {}
    if "notation" in settings and settings["notation"].value != "code":
        style = named(settings["notation"], lambda name: _notation(name, trace))
        names = _other_names(trace, style)
    results = [s for s in statements if not s.is_setting and not s.is_given]
    return Sheet.of(trace, [entry_of(trace, statement, names) for statement in results])


def _statements(source: str | Path) -> list[Statement]:
    """The statements of a sheet, every number in them looked at."""
    text = _text_of(source) if isinstance(source, Path) else source
    if isinstance(source, Path):
        is_toml = source.suffix.lower() == ".toml"
    else:
        is_toml = re.search(r"^\s*\[(?:network|results)\]\s*$", text, re.M) is not None
    found = list(toml_statements(text)) if is_toml else list(lines_of(text))
    check_numbers([item for item in found if isinstance(item, Statement)])
    for item in found:
        if isinstance(item, InputError):
            raise item
    return [item for item in found if isinstance(item, Statement)]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not text in UTF-8 (byte {error.start + 1} is none); save the sheet as UTF-8"
        ) from None


def _each_once(statements: Sequence[Statement]) -> dict[str, Statement]:
    """The statements by name; InputError where the same is said twice."""
    found: dict[str, Statement] = {}
    for statement in statements:
        if statement.name in found:
            name = "x" if statement.name == "a0" else statement.name
            raise statement.wrong(f"{name} is given twice; the first time was in line {found[statement.name].line}")
        found[statement.name] = statement
    return found


def _notation(name: str, trace: Trace) -> Notation:
    if name not in NOTATIONS:
        raise UnknownNameError("notation", name, NOTATIONS)
    return notation(name, trace.network.widths, trace.is_batch)


def _other_names(trace: Trace, written: Notation) -> Mapping[str, Reference]:
    """The names that a notation gives to the numbers of a trace, spelled plainly."""
    names: dict[str, Reference] = {}
    for site in trace:
        for place in np.ndindex(np.shape(trace[site].value)):
            found = parse(at(site, *place) if place else site)
            if isinstance(found, Reference):
                names.setdefault(_key(written.write(found).text()), found)
    return names


def _key(name: str) -> str:
    """A name without scripts, spaces and underscores, so that w₅⁺, w5+ and w5_new are the same."""
    import unicodedata

    plain = unicodedata.normalize("NFKC", name.replace("δ", "delta").replace("∂", "d"))
    plain = plain.replace("_new", "+").replace("'", "+").replace("−", "-")
    after = "+" in plain
    return re.sub(r"[\s_{}⁺+]", "", plain).lower() + ("+" if after else "")


def entry_of(trace: Trace, statement: Statement, names: Mapping[str, Reference]) -> Entry:
    """A line of results, its numbers each with the name of what they are."""
    numbers = numbers_in(statement)
    if not numbers:
        raise statement.wrong(f"there is no number after {statement.name}")
    found = names.get(_key(statement.name)) or parse(statement.name)
    if not isinstance(found, Reference) or found.site not in trace:
        known = [*trace, *names] if names else list(trace)
        raise statement.wrong(UnknownNameError("result", statement.name, known))
    if found.indices:
        try:
            trace.value_of(str(found))
        except InputError as error:
            raise statement.wrong(error) from None
        places = [found]
    else:
        shape = np.shape(trace[found.site].value)
        places = [found._replace(indices=tuple(map(str, place))) for place in np.ndindex(shape)]
    if len(places) != len(numbers):
        raise statement.wrong(f"{statement.name} holds {len(places)} number(s) in this network, not {len(numbers)}")
    return Entry(statement.text, statement.line, tuple(zip(places, numbers, strict=True)))
