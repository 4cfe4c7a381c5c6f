"""What exercise and check do for learners: one sheet and its key, the sheets of a class, and their marks."""

from __future__ import annotations

import re
from pathlib import Path

from clearprop.cli import exits, words
from clearprop.cli.glass_run import TEXTS, asked, write_files
from clearprop.errors import FileError, InputError
from clearprop.explain import Trace
from clearprop.explain.exercises import (
    Exercise,
    PlantedMistake,
    exercise,
    exercise_class,
    mark_folder,
    planted_mistake,
    random_case,
    read_names,
)
from clearprop.explain.exercises.report import class_text
from clearprop.explain.words.message import Message

PAPER = {**TEXTS, ".txt": "markdown"}
MEDIA = {".csv": "csv", **TEXTS}


def network_of(network: str, hidden: str, output: str | None, loss: str | None, seed: int) -> Trace:
    """The step of a network drawn from a seed; the arguments are those of the command."""
    with asked():
        return random_case(widths_of(network), seed, hidden=hidden, output=output, loss=loss).trace()


def widths_of(network: str) -> tuple[int, ...]:
    """The widths of a network as people write them, 2-2-1.

    Raises
    ------
    UsageError
        When it is not written like that.
    """
    if re.fullmatch(r"\s*\d{1,3}(\s*[-–,x]\s*\d{1,3})+\s*", network) is None:
        raise exits.UsageError(Message("usage_network", network=network))
    return tuple(int(n) for n in re.findall(r"\d+", network))


def one(
    trace: Trace, *, blank: int, find_mistake: bool, seed: int, language: str, digits: int, format: str | None,
    notation: str, output: Path | None, force: bool,
) -> int:  # fmt: skip
    """Print or write a sheet and its key; the exit code."""
    made: Exercise | PlantedMistake
    medium = format or ("markdown" if output is None else PAPER.get(output.suffix.lower()))
    if medium is None:
        raise exits.UsageError(Message("usage_ending", path=output, endings=", ".join(PAPER)))
    with asked():
        if find_mistake:
            made = planted_mistake(trace, seed, language, digits)
        else:
            made = exercise(trace, blank, seed, language, digits)
    sheet, key = _written(made, medium, notation)
    if output is None:
        print(sheet if medium == "html" else f"{sheet}\n{key}", end="")
        return 0
    key_file = output.with_name(f"{output.stem}-key{output.suffix}")
    write_files({output: sheet, key_file: key}, force=force, language=language)
    return 0


def _written(made: Exercise | PlantedMistake, medium: str, notation: str) -> tuple[str, str]:
    """The sheet and the key."""
    if medium == "markdown":
        return made.sheet(), made.key()
    if isinstance(made, PlantedMistake):
        raise exits.UsageError(Message("usage_planted_format"))
    if medium == "latex":
        return made.latex(notation=notation), made.latex(key=True, notation=notation)
    return made.html(notation=notation), made.html(key=True, notation=notation)


def whole_class(
    names: Path, *, network: str, hidden: str, output_activation: str | None, loss: str | None, blank: int,
    find_mistake: bool, seed: int, language: str, digits: int, output: Path | None, force: bool,
) -> int:  # fmt: skip
    """Write a sheet and a key for each student; the exit code."""
    if output is None:
        raise exits.UsageError(Message("usage_class_folder"))
    listed = _names(names)
    with asked():
        made = exercise_class(
            listed, widths_of(network), seed, blank=blank, find_mistake=find_mistake, language=language,
            digits=digits, hidden=hidden, output=output_activation, loss=loss,
        )  # fmt: skip
    if output.exists() and not output.is_dir():
        raise FileError(Message("usage_class_is_file", path=output))
    files = {output / place: text for place, text in made.files().items()}
    write_files(files, force=force)
    n = len(made.sheets)
    key = "class_written_one" if n == 1 and language == "en" else "class_written"
    told = Message(key, n=n, sheets=output / "sheets", keys=output / "keys").in_language(language)
    spoken = "" if language == "en" else f" --language {language}"
    words.console().print(f"{told}\nclearprop check {output / 'sheets'} --report{spoken}")
    return 0


def _names(path: Path) -> list[str]:
    """The names of a class; UnreadableError where the file is no list of them."""
    with exits.reading(path):
        try:
            return read_names(path)
        except InputError as error:
            raise exits.UnreadableError(str(error)) from error


def marks(folder: Path, *, language: str, as_json: bool, output: Path | None, force: bool) -> int:
    """Mark the sheets of a folder; 0 where all is right, 1 where not, 3 where a sheet cannot be read."""
    medium = "text" if output is None else MEDIA.get(output.suffix.lower(), "")
    if not medium:
        raise exits.UsageError(Message("usage_report_ending", path=output, endings=", ".join(MEDIA)))
    report = mark_folder(folder)
    if as_json:
        words.print_json(report.as_data())
    elif output is None:
        print(class_text(report, "text", language), end="")
    if output is not None:
        write_files({output: class_text(report, medium, language)}, force=force, language=language)
    if any(marks.file and not marks.is_judged for marks in report.marks):
        return 3
    return 0 if report.passed else 1
