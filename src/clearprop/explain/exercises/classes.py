"""Exercises for a class: each student gets a network and numbers of his or her own, and the teacher the keys."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from clearprop.errors import FileError, InputError
from clearprop.explain.exercises.drawing_numbers import random_case
from clearprop.explain.exercises.exercise import Exercise, exercise
from clearprop.explain.exercises.planted import PlantedMistake, planted_mistake
from clearprop.explain.explained import Trace

FORMAT, VERSION = "clearprop-class", 1
CLASS_FILE = "class.json"
MOST_STUDENTS = 1000
LONGEST_NAME = 100  # letters


@dataclass(frozen=True)
class StudentSheet:
    """One student's sheet.

    Attributes
    ----------
    name : str
    stem : str
        Of the names of the files.
    paper : Exercise or PlantedMistake
    """

    name: str
    stem: str
    paper: Exercise | PlantedMistake

    def record(self) -> dict[str, Any]:
        """What marking has to know of it."""
        found: dict[str, Any] = {
            "student": self.name, "file": f"{self.stem}.md", "given": fingerprint(self.paper.trace),
        }  # fmt: skip
        if isinstance(self.paper, Exercise):
            return {**found, "blanks": list(self.paper.blanks)}
        return {**found, "found_in": self.paper.site, "mistake": self.paper.letter, "named": self.paper.mistake}


@dataclass(frozen=True)
class ClassSet:
    """The sheets of a class.

    Attributes
    ----------
    sheets : tuple of StudentSheet
    seed : int
    language : str
    """

    sheets: tuple[StudentSheet, ...]
    seed: int
    language: str = "en"

    def files(self) -> dict[str, str]:
        """Every file by its place in the class's folder: sheets/, keys/, and class.json for the marking."""
        found = {f"sheets/{sheet.stem}.md": sheet.paper.sheet() for sheet in self.sheets}
        found |= {f"keys/{sheet.stem}-key.md": sheet.paper.key() for sheet in self.sheets}
        record = {
            "format": FORMAT, "version": VERSION, "seed": self.seed, "language": self.language,
            "students": [sheet.record() for sheet in self.sheets],
        }  # fmt: skip
        return {**found, CLASS_FILE: json.dumps(record, indent=1, ensure_ascii=False) + "\n"}


def exercise_class(
    names: Sequence[str],
    widths: Sequence[int] = (2, 2, 1),
    seed: int = 0,
    *,
    blank: int = 6,
    find_mistake: bool = False,
    language: str = "en",
    digits: int = 4,
    **network: Any,
) -> ClassSet:
    """A sheet for each student: the same kind of network, other numbers and other blanks.

    Parameters
    ----------
    names : sequence of str
        Each once. A student's numbers depend on the name and the seed, not on who else is in the class.
    widths : sequence of int
    seed : int
        Another seed, another set.
    blank : int
        Numbers to fill in.
    find_mistake : bool
        Instead of blanks a calculation with a mistake to find and to name.
    language : {"en", "zh"}
    digits : int
    **network
        hidden, output, loss, as in `random_case`.

    Raises
    ------
    InputError
        When a name is there twice or there is none.

    Examples
    --------
    >>> from clearprop.explain.exercises import exercise_class
    >>> made = exercise_class(["Ada", "Ben"], blank=5)
    >>> sorted(made.files())
    ['class.json', 'keys/ada-key.md', 'keys/ben-key.md', 'sheets/ada.md', 'sheets/ben.md']
    """
    sheets: list[StudentSheet] = []
    stems = _stems(names)
    seen: set[str] = set()
    for name, stem in zip(names, stems, strict=True):
        for turn in range(100):  # two students with the same numbers could copy from each other
            trace = random_case(widths, seed + 1000 * turn, name, **network).trace()
            if fingerprint(trace) not in seen:
                break
        seen.add(fingerprint(trace))
        own = int.from_bytes(sha256(f"{seed} {name}".encode()).digest()[:4], "big")
        make: Callable[..., Exercise | PlantedMistake] = planted_mistake if find_mistake else exercise
        asked = {} if find_mistake else {"blank": blank}
        paper = make(trace, seed=own, language=language, digits=digits, student=name, **asked)
        sheets.append(StudentSheet(name, stem, paper))
    return ClassSet(tuple(sheets), seed, language)


def read_names(path: Path) -> list[str]:
    """The names of a class, one a line; empty lines and lines that begin with # are passed over.

    Raises
    ------
    FileError, InputError
        When there is no such file, it is not text, or it has no names, too long ones or too many.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text in UTF-8: save the list of names as UTF-8") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from None
    names = [" ".join(line.split()) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not 1 <= len(names) <= MOST_STUDENTS:
        raise InputError(f"{path} holds {len(names):,} names; a class has 1 to {MOST_STUDENTS:,}, one name a line")
    for number, name in enumerate(names, start=1):
        if not name.isprintable():
            raise InputError(f"{path} is not a list of names: line {number} holds characters that no name has")
        if len(name) > LONGEST_NAME:
            raise InputError(f"name {number} of {path}, {name[:40]!r}…, is longer than {LONGEST_NAME} letters")
    return names


def _stems(names: Sequence[str]) -> list[str]:
    """A name for each student's files; InputError where a student is named twice."""
    if not names:
        raise InputError("a class needs at least one name")
    stems: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^\w]+", "-", name.casefold()).strip("-_") or "student"
        if name in stems.values():
            raise InputError(f"{name!r} is in the list twice; tell the two apart, as {name + ' 2'!r}")
        free = next(option for option in (stem, *(f"{stem}-{i}" for i in range(2, 1001))) if option not in stems)
        stems[free] = name
    return list(stems)


def fingerprint(trace: Trace) -> str:
    """What a sheet gives, as a hash: the numbers of the network and the sample."""
    blocks = [trace.params.theta, trace["a0"].value, trace["y"].value, trace["rate"].value]
    spec = f"{trace.network.widths} {trace.network.loss.name} {[l.activation.name for l in trace.network.layers]} "
    numbers = " ".join(repr(round(float(v), 12)) for block in blocks for v in block.ravel())
    return sha256((spec + numbers).encode()).hexdigest()
