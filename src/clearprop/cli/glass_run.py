"""What explain, check and exercise do: find the trace, write the explanation, judge the sheet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearprop.cli import exits, words
from clearprop.cli.output_files import check_output, write_output
from clearprop.errors import FileError, InputError
from clearprop.explain import Checked, Explanation, Trace, read_sheet
from clearprop.explain import case as built_in
from clearprop.explain import check as check_sheet
from clearprop.explain import explain as make_trace
from clearprop.explain.checking.worksheets import Sheet
from clearprop.explain.trained_step import explain_row
from clearprop.explain.words.message import Message, told
from clearprop.files import is_model_file
from clearprop.formulas import LBFGS, UpdateRule, update_rule
from clearprop.job.one_hot import dense_targets
from clearprop.tables import missing_file, missing_rows
from clearprop.tabular.actual import actual_of

if TYPE_CHECKING:
    from clearprop.tabular.model import TableModel

SHEETS = (".toml", ".md", ".txt")
TEXTS = {".md": "markdown", ".txt": "text", ".tex": "latex", ".html": "html", ".htm": "html"}
FORMATS = {**TEXTS, ".json": "json", ".svg": "svg"}


def trace_of(
    source: Path | None,
    file: Path | None,
    *,
    case: str | None,
    row: int | None,
    optimizer: str | None,
    learning_rate: float | None,
    language: str = "en",
) -> Trace:
    """The trace that the arguments ask for.

    Raises
    ------
    InputError, FileError
        When they name nothing or too much, or what they name cannot be used.
    """
    if (source is None) == (case is None):
        raise exits.UsageError(Message("usage_explain_what"))
    if (file is not None or row is not None) and (source is None or source.suffix.lower() in SHEETS):
        raise exits.UsageError(Message("usage_row_of_what"))
    if case is not None:
        with asked():
            trace = built_in(case).trace()
    elif source is not None and source.suffix.lower() in SHEETS:
        sheet = _sheet(source)
        trace = sheet.trace
        if (said := sheet.conventions.shown_otherwise()) is not None:
            words.console(error=True).print(said.in_language(language))
    else:
        assert source is not None
        return _of_model(source, file, row, _rule(optimizer, learning_rate))
    if optimizer is None and learning_rate is None:
        return trace
    rule = _rule(optimizer, learning_rate, trace.optimizer)
    with asked():  # L-BFGS has no step to explain
        return make_trace(trace.network, trace.params, trace["a0"].value, trace["y"].value, rule)


def trace_for_an_exercise(source: Path | None, case: str | None, language: str) -> Trace:
    """The trace of a sheet or of a built-in case; UsageError for a model, which has no sample of its own."""
    if source is not None and case is None and is_model_file(source):
        raise exits.UsageError(Message("usage_exercise_of_model", path=source))
    return trace_of(source, None, case=case, row=None, optimizer=None, learning_rate=None, language=language)


def _rule(
    optimizer: str | None, learning_rate: float | None, own: UpdateRule | None = None
) -> UpdateRule | LBFGS | None:
    """The update rule that was asked for in place of the source's own; None for none."""
    if optimizer == "lbfgs":
        return LBFGS()
    if optimizer is None and learning_rate is None:
        return None
    with asked():
        rule = own if optimizer is None and own is not None else update_rule(optimizer or "sgd")
        return rule if learning_rate is None else replace(rule, learning_rate=learning_rate)


@contextmanager
def asked() -> Iterator[None]:
    """A value of an option that cannot be is wrong usage; what is said of it can be said in every language."""
    try:
        yield
    except InputError as error:
        raise exits.UsageError(told(error)) from error


def _sheet(path: Path) -> Sheet:
    """The sheet in a file; UnreadableError with all its faults where it cannot be read."""
    try:
        with exits.reading(path):
            return read_sheet(_readable(path))
    except InputError as error:
        raise exits.UnreadableError(told(error)) from error


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise missing_file(path) if not path.exists() else FileError(f"{path} is not a file that can be read")
    return path


def _of_model(model: Path, file: Path | None, row: int | None, rule: UpdateRule | LBFGS | None) -> Trace:
    """The trace of one row of a table in a trained model: by default of the step that its training would make."""
    from clearprop.cli.inputs import load_model, read_table

    trained = load_model(model, file)
    learned_from = Path(str(trained.settings.get("file", ""))).name  # a model names no file of another folder
    places = [Path(learned_from), model.parent / learned_from] if learned_from else []
    file = next((place for place in places if place.exists()), None) if file is None else file
    if file is None or row is None:
        raise exits.UsageError(Message("usage_table_and_row", model=model))
    table = read_table(file, trained).table
    if not 1 <= row <= table.num_rows:
        raise exits.UsageError(Message("usage_row", most=f"{table.num_rows:,}", file=file, row=row))
    missing = next((name for name in trained.target.columns if name not in table.column_names), None)
    if missing is not None:
        raise InputError(f"{file} has no column {missing!r}: without the target there is no error")
    one = table.slice(row - 1, 1)
    actual, sample = _target_of(trained, one, f"row {row:,} of {file}")
    return explain_row(trained, one, actual, sample, optimizer=rule)


def _target_of(model: TableModel, one: pa.Table, place: str) -> tuple[Any, Any]:
    """What a row says of the target, and the same as a network learns it."""
    for name in model.target.columns:
        if missing_rows(one.column(name), model.encoder.read.missing_words).any():
            raise InputError(f"{name!r} is missing in {place}: without a target there is no error")
    y = actual_of(one, model.target, model.encoder.read)
    actual = [one.column(name)[0].as_py() for name in model.target.columns]
    if not model.target.known(y).all():
        said = f"{model.target.column!r} is {actual[0]!r} in {place}"
        raise InputError(f"{said}, which is not one of the learned classes: without a target there is no error")
    return actual if len(actual) > 1 else actual[0], dense_targets(model.target.encode(y))[0]


def explain(
    trace: Trace,
    style: Mapping[str, Any],
    *,
    sample: int | None,
    format: str | None,
    output: Path | None,
    force: bool,
) -> int:
    """Write an explanation to the terminal or to a file; the exit code."""
    with asked():
        explanation = Explanation(trace, **style, sample=None if sample is None else _counted(trace, sample))
    chosen = format or (None if output is None else FORMATS.get(output.suffix.lower()))
    if output is not None and chosen is None:
        raise exits.UsageError(Message("usage_ending", path=output, endings=", ".join(FORMATS)))
    if output is None and chosen is None:
        explanation.show(words.console())
        return 0
    if output is None:
        text = _written(explanation, chosen or "text")
        print(text, end="" if text.endswith("\n") else "\n")
        return 0
    files = {
        output: explanation.markdown(output.stem) if chosen == "markdown" else _written(explanation, chosen or "text")
    }
    if chosen == "markdown":
        files |= {output.with_name(name): svg for name, svg in explanation.pictures(output.stem).items()}
    write_files(files, force=force, language=str(style["language"]))
    return 0


def write_files(files: Mapping[Path, str], *, force: bool, language: str | None = None) -> None:
    """Write files, and tell which in a language where one is given."""
    for path in files:
        check_output(path, force=force, inputs=())
    for path, text in files.items():
        write_output(path, text.encode(), force=force)
        if language is not None:
            words.console().print(Message("file_written", path=path).in_language(language))


def _counted(trace: Trace, sample: int) -> int:
    """The sample counted from 0, as Python has it."""
    if trace.is_batch and not 1 <= sample <= trace.n_samples:
        raise InputError(Message("usage_sample", most=f"{trace.n_samples:,}", value=sample))
    if not trace.is_batch:
        raise InputError(Message("usage_one_sample"))
    return sample - 1


def alone(trace: Trace, sample: int) -> Trace:
    """The trace of one sample, counted from 1, as a loss of its own."""
    with asked():
        return trace.sample(_counted(trace, sample))


def _written(explanation: Explanation, format: str) -> str:
    match format:
        case "ascii":
            return explanation.text(ascii_only=True)
        case "json":
            return explanation.json(indent=1)
    written: str = getattr(explanation, format)()
    return written


def certify(
    trace: Trace, found: Checked | None, path: Path, *, force: bool, others: Sequence[Path], language: str = "en"
) -> None:
    """Write the certificate of a trace, and of the sheet judged by it; `others` are files of the command, not replaced.

    What it writes is told on the standard error, so that the standard output stays that of the command.
    """
    from clearprop.explain.checking.certificate import certificate

    if any(path.absolute() == other.absolute() for other in others):
        raise FileError(Message("usage_certificate_file", path=path))
    check_output(path, force=force, inputs=tuple(others))
    document = json.dumps(certificate(trace, found), indent=1, ensure_ascii=False, allow_nan=False)
    write_output(path, f"{document}\n".encode(), force=force)
    words.console(error=True).print(Message("file_written", path=path).in_language(language))


def check(
    sheet: Path, *, notation: str, language: str, as_json: bool, certificate: Path | None = None, force: bool = False
) -> int:
    """Judge a sheet; 0 where all is right, 1 where something is wrong, left open or nothing is there to judge."""
    found = check_sheet(_sheet(sheet))
    if certificate is not None:
        certify(found.sheet.trace, found, certificate, force=force, others=[sheet], language=language)
    if as_json:
        words.print_json(_verdicts(found))
    else:
        print(found.text(language, notation), end="")
    return exits.DONE if found.is_done and found.numbers else exits.FAILED


def _verdicts(found: Checked) -> dict[str, Any]:
    return {
        "passed": found.passed,
        "offered": list(found.offered),
        "blanks": [{"name": blank.name, "line": blank.line, "count": blank.count} for blank in found.blanks],
        "numbers": [
            {
                "line": line.entry.line,
                "name": str(number.reference),
                "written": number.written.text,
                "exact": number.exact,
                "own": number.own,
                "verdict": number.status,
                "mistakes": [{"name": m.mistake, "site": m.site} for m in number.mistakes],
                "certain": number.is_certain,
            }
            for line in found.lines
            for number in line.numbers
        ],
    }
