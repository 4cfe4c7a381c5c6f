"""The marks of a class: every sheet of a folder judged with follow-through, and what the class got wrong."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from clearprop.errors import ClearpropError, FileError, InputError
from clearprop.explain.checking.check import check
from clearprop.explain.checking.checked import CheckedNumber
from clearprop.explain.checking.verdicts import Checked
from clearprop.explain.checking.worksheets import Entry
from clearprop.explain.exercises.classes import CLASS_FILE, FORMAT, VERSION, fingerprint
from clearprop.explain.words.message import Listed, Message, told
from clearprop.trace.names import parse

ENDINGS = (".md", ".txt", ".toml")
ANSWER = re.compile(r"^\s*(?:(?P<line>found in|出错的行)|mistake|错误)\s*[:：]\s*(?P<said>.*?)\s*$", re.I | re.M)
STUDENT = re.compile(r"^\s*(?:student|学生)\s*[:：]\s*(.+?)\s*$", re.I | re.M)
LARGEST_SHEET = 1_000_000  # bytes
MOST_SHEETS = 2000


@dataclass(frozen=True)
class Marks:
    """One student's marks.

    Attributes
    ----------
    student : str
    file : str
        "" where no sheet was handed in.
    asked : int
        Numbers to fill in, or the two answers about a planted mistake.
    right : int
        Of these, right; `followed` of them because they follow correctly from an earlier mistake.
    followed : int
    wrong : int
    blank : int
    wrong_names : tuple of str
        Which ones are wrong.
    mistakes : tuple of str
        Keys of the mistakes that were named, each once.
    problem : str or Message
        Why the sheet could not be judged, or that what it gives was changed; "" otherwise.
    """

    student: str
    file: str
    asked: int
    right: int = 0
    followed: int = 0
    wrong: int = 0
    blank: int = 0
    wrong_names: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether there was a sheet that could be read."""
        return bool(self.file) and self.right + self.wrong + self.blank == self.asked


@dataclass(frozen=True)
class ClassReport:
    """The marks of a class.

    Attributes
    ----------
    marks : tuple of Marks
        In the order of the class list, or of the files' names.
    """

    marks: tuple[Marks, ...]

    @cached_property
    def judged(self) -> tuple[Marks, ...]:
        """Those whose sheets could be judged."""
        return tuple(marks for marks in self.marks if marks.is_judged)

    @property
    def mistakes(self) -> list[tuple[str, int]]:
        """Each mistake with how many students made it, the most frequent first."""
        return Counter(mistake for marks in self.judged for mistake in marks.mistakes).most_common()

    @property
    def hardest(self) -> list[tuple[str, int]]:
        """The lines of the sheets with how many students had a number of them wrong, the most frequent first."""
        return Counter(site for marks in self.judged for site in _sites(marks.wrong_names)).most_common()

    @property
    def passed(self) -> bool:
        """Whether every sheet was handed in and is all right."""
        return all(marks.is_judged and marks.right == marks.asked and not marks.problem for marks in self.marks)

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "students": [asdict(marks) for marks in self.marks],
            "mistakes": [{"name": name, "students": n} for name, n in self.mistakes],
            "lines": [{"name": name, "students": n} for name, n in self.hardest],
        }


def mark_folder(folder: Path, class_file: Path | None = None) -> ClassReport:
    """Judge every sheet of a folder.

    Parameters
    ----------
    folder : path
        Its .md, .txt and .toml files are taken.
    class_file : path, optional
        The class.json that was written with the sheets; looked for in the folder and above it. With it only what was
        left blank is marked, students without a sheet are told, and so are given numbers that were changed. Without it
        every number of a sheet counts.

    Raises
    ------
    FileError, InputError
        When the folder has no sheets, or class.json is none.

    Examples
    --------
    >>> import tempfile
    >>> from clearprop.explain.exercises import exercise_class, mark_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in exercise_class(["Ada"], blank=4).files().items():
    ...         file = Path(folder) / name
    ...         file.parent.mkdir(exist_ok=True)
    ...         written = file.write_text(text)
    ...     report = mark_folder(Path(folder) / "sheets")
    >>> report.marks[0].student, report.marks[0].blank, report.passed
    ('Ada', 4, False)
    """
    if not folder.is_dir():
        raise FileError(Message("class_no_folder", folder=folder))
    sheets = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
    record = _class_record(folder, class_file)
    if not sheets and record is None:
        raise FileError(Message("class_no_sheets", folder=folder, endings=Listed(*ENDINGS, joint="list_comma")))
    if len(sheets) > MOST_SHEETS:
        counts = {"n": f"{len(sheets):,}", "most": f"{MOST_SHEETS:,}"}
        raise InputError(Message("class_too_many", folder=folder, **counts))
    if record is None:
        return ClassReport(tuple(_marks(path, None) for path in sheets))
    known = {Path(str(item["file"])).stem.casefold(): item for item in record}
    places = _handed_in(sheets, known)
    found = [_marks(places.get(stem), item) for stem, item in known.items()]
    others = [path for path in sheets if path not in places.values()]
    return ClassReport((*found, *(_marks(path, None) for path in others)))


def _handed_in(sheets: Sequence[Path], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Path]:
    """Which file is whose: by its name; of a file that was renamed, as "ada (1).md", by the student that it names."""
    found = {path.stem.casefold(): path for path in sheets if path.stem.casefold() in known}
    stems = {str(item["student"]).casefold(): stem for stem, item in known.items() if stem not in found}
    for path in sheets:
        if path.stem.casefold() not in found and (stem := stems.get(_student_of(path).casefold())) is not None:
            found.setdefault(stem, path)
    return found


def _student_of(path: Path) -> str:
    """The student that a sheet names; "" where it names none or cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            said = STUDENT.search(file.read(LARGEST_SHEET))
    except OSError:
        return ""
    return " ".join(said[1].split()) if said else ""


def _class_record(folder: Path, class_file: Path | None) -> list[dict[str, Any]] | None:
    places = [class_file] if class_file is not None else [folder / CLASS_FILE, folder.parent / CLASS_FILE]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        if class_file is not None:
            raise FileError(Message("class_no_file", file=class_file))
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        kind, students = (record["format"], record["version"]), list(record["students"])
        complete = all({"student", "file", "given"} <= set(item) for item in students)
    except (ValueError, KeyError, TypeError, RecursionError):
        kind, complete = None, False
    if kind != (FORMAT, VERSION) or not complete:
        raise InputError(Message("class_foreign", path=path, name=CLASS_FILE, version=VERSION))
    return students


def _marks(path: Path | None, item: Mapping[str, Any] | None) -> Marks:
    """The marks of one sheet."""
    asked = 0 if item is None else len(item["blanks"]) if "blanks" in item else 2
    student = str(item["student"]) if item is not None else ""
    if path is None:
        return Marks(student, "", asked)
    try:
        if path.stat().st_size > LARGEST_SHEET:
            raise InputError(Message("class_large_sheet", path=path.name, most=f"{LARGEST_SHEET:,}"))
        text = path.read_text(encoding="utf-8-sig")
        said = STUDENT.search(text)
        student = student or (said[1] if said else path.stem)
        if item is not None and "found_in" in item:
            return _answers(text, path, student, item)
        found = check(path)
    except UnicodeDecodeError:
        return Marks(student or path.stem, path.name, asked, problem=Message("class_sheet_not_utf8", path=path.name))
    except (ClearpropError, OSError) as error:
        return Marks(student or path.stem, path.name, asked, problem=told(error))
    return _of_numbers(found, path, student, item)


def _of_numbers(found: Checked, path: Path, student: str, item: Mapping[str, Any] | None) -> Marks:
    judged = {str(number.reference): number for number in found.numbers}
    asked = list(item["blanks"]) if item is not None else [*judged, *_open(found)]
    there = [judged[name] for name in asked if name in judged]
    wrong = [number for number in there if number.verdict == "wrong"]
    right = [number for number in there if number.verdict != "wrong"]
    if item is not None and wrong:
        alone = _by_what_was_filled_in(found, asked)
        right += [alone[str(number.reference)] for number in wrong if alone[str(number.reference)].verdict != "wrong"]
        wrong = [
            number if number.names and number.is_certain else alone[str(number.reference)]
            for number in wrong if alone[str(number.reference)].verdict == "wrong"
        ]  # fmt: skip
    named = dict.fromkeys(number.names[0] for number in wrong if number.names and number.is_certain)
    changed = item is not None and fingerprint(found.sheet.trace) != item["given"]
    return Marks(
        student, path.name, len(asked), len(right), sum(number.given_slip for number in right), len(wrong),
        len(asked) - len(there), tuple(str(number.reference) for number in wrong), tuple(named),
        Message("marks_changed") if changed else "",
    )  # fmt: skip


def _by_what_was_filled_in(found: Checked, asked: Sequence[str]) -> dict[str, CheckedNumber]:
    """The numbers of the blanks, judged as if the sheet had printed none between them.

    Whoever works a step out on other paper goes on from a mistake there, whatever the sheet prints further down.
    """
    steps = [replace(step, entries=tuple(_filled_in(step.entries, asked))) for step in found.sheet.steps]
    alone = check(replace(found.sheet, steps=tuple(steps), found=()))
    return {str(number.reference): number for number in alone.numbers}


def _filled_in(entries: Sequence[Entry], asked: Sequence[str]) -> Iterator[Entry]:
    """The lines with the numbers that were asked for alone."""
    for entry in entries:
        kept = tuple(pair for pair in entry.numbers if str(pair[0]) in asked)
        if kept:
            yield replace(entry, numbers=kept)


def _open(found: Checked) -> list[str]:
    """What was left blank, by name."""
    return [f"{blank.name} ({i})" for step in found.sheet.steps for blank in step.blanks for i in range(blank.count)]


def _answers(text: str, path: Path, student: str, item: Mapping[str, Any]) -> Marks:
    """The marks of a sheet with a planted mistake: which line, and which name."""
    said = {"line" if match["line"] else "mistake": match["said"].strip("_ *`.。") for match in ANSWER.finditer(text)}
    right = {"line": str(item["found_in"]).casefold(), "mistake": str(item["mistake"]).casefold()}
    given = {key: said.get(key, "").casefold() for key in right}
    wrong = tuple(key for key, value in given.items() if value and value != right[key])
    blank = sum(not value for value in given.values())
    missed = (str(item["named"]),) if wrong else ()
    return Marks(student, path.name, 2, 2 - len(wrong) - blank, 0, len(wrong), blank, wrong, missed)


def _sites(names: tuple[str, ...]) -> set[str]:
    found = set()
    for name in names:
        place = parse(name)
        found.add(getattr(place, "site", name))
    return found
