"""An exercise in the page: the shown step with blanks, judged as `clearprop check` judges; and sheets for a class."""

from __future__ import annotations

import io
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain import Exercise, check, exercise
from clearprop.explain.checking.checked import CheckedNumber
from clearprop.explain.checking.verdicts import MARKS, cause
from clearprop.explain.exercises import exercise_class
from clearprop.explain.exercises.paper import arranged
from clearprop.explain.renderers.blocks import math
from clearprop.explain.writing.pen import MATHML, TEXT
from clearprop.formulas import Symbol
from clearprop.lab.building import whole
from clearprop.lab.refusals import LabError, NotFoundError
from clearprop.lab.style import Style
from clearprop.lab.view import whole as whole_of_query
from clearprop.lab.workspace import Workspace

MOST_KEPT, MOST_BLANKS, MOST_STUDENTS, LONGEST_ANSWER = 8, 60, 100, 60
SEED_MOST = 2**31
GROUPS: Mapping[str, str] = {  # parts of a step, and the headings that explanations have for them
    "forward": "forward", "activation": "forward", "loss": "loss", "BP1": "backward", "BP2": "backward",
    "BP3": "gradients", "BP4": "gradients", "update": "update", "second pass": "afterwards",
}  # fmt: skip


@dataclass
class Papers:
    """The exercises that pages are working on, the last few of them."""

    kept: OrderedDict[str, Exercise] = field(default_factory=OrderedDict)
    count: int = 0

    def make(self, workspace: Workspace, asked: Mapping[str, Any], style: Style) -> dict[str, Any]:
        """An exercise of the step that is shown.

        Raises
        ------
        InputError
            When there are fewer numbers than blanks, or a sheet cannot name what the step asks for.
        """
        blank = whole("blank", asked.get("blank", 6), 1, MOST_BLANKS)
        seed = whole("seed", asked.get("seed", 0), 0, SEED_MOST)
        made = exercise(workspace.trace(), blank, seed, style.language, style.digits)  # type: ignore[arg-type]
        self.count += 1
        key = f"e{self.count}"
        self.kept[key] = made
        while len(self.kept) > MOST_KEPT:
            self.kept.popitem(last=False)
        return {
            "exercise": key, "blanks": list(made.blanks), "digits": style.digits, "lines": _lines(made, style),
            "given": _given(made),
        }  # fmt: skip

    def judge(self, asked: Mapping[str, Any], style: Style) -> dict[str, Any]:
        """What is right and what is wrong of the answers, and which mistake was made.

        Raises
        ------
        NotFoundError, InputError
            When there is no such exercise, or an answer is no number.
        """
        made = self.kept.get(str(asked.get("exercise")))
        if made is None:
            raise NotFoundError("this exercise is not here any more: make a new one")
        answers = asked.get("answers")
        if not isinstance(answers, Mapping) or not answers:
            raise LabError("answers must name at least one blank, as {'z1[0]': '0.41'}")
        for name, text in answers.items():
            if name not in made.blanks:
                raise LabError(f"{str(name)[:40]!r} is not a blank of this exercise")
            if not isinstance(text, str) or len(text) > LONGEST_ANSWER:
                raise LabError(f"the answer for {name} must be a text of at most {LONGEST_ANSWER} letters")
        found = check(_written(made, answers), made.trace)
        verdicts = [_verdict(found[name], made, style) for name in made.blanks if name in answers]
        left = [name for name in made.blanks if name not in answers]
        is_passed = found.passed and not left
        return {"verdicts": verdicts, "passed": is_passed, "left": left, "says": _says(found, style)}


def _written(made: Exercise, answers: Mapping[str, str]) -> dict[str, str]:
    """All lines of the sheet as a student has them by now: with the answers, and what is printed; lines still open left out."""
    lines: dict[str, str] = {}
    for site in made.paper.sites():
        names = made.paper.names(site)
        written = [answers.get(name, "" if name in made.blanks else made.paper.number(name)) for name in names]
        if all(written):
            lines[site] = arranged(written, np.shape(made.trace[site].value))
        else:
            lines |= {name: text for name, text in zip(names, written, strict=True) if text}
    return lines


def _lines(made: Exercise, style: Style) -> list[dict[str, Any]]:
    """Every number of the sheet; what is blank is not in it."""
    pen, words = style.pen(made.trace, MATHML), style.words
    found = []
    for site in made.paper.sites():
        law = str(made.trace[site].equation.law)
        for name in made.paper.names(site):
            is_blank = name in made.blanks
            formula = math(pen.formula(Symbol(name)))
            found.append({
                "name": name, "blank": is_blank, "html": formula, "html_name": formula,
                "meaning": made.paper.meaning(site), "group": words[GROUPS.get(law, "forward")],
                "text": None if is_blank else made.paper.number(name),
            })  # fmt: skip
    return found


def _given(made: Exercise) -> list[dict[str, str]]:
    """The network and the sample, line by line."""
    settings = [made.paper.told(name, value) for name, value in made.paper.settings().items()]
    numbers = [line.split(" = ", 1) for line in made.paper.numbers()]
    return [{"name": name, "value": value} for name, value in (*settings, *numbers)]


def _verdict(number: CheckedNumber, made: Exercise, style: Style) -> dict[str, Any]:
    """One number judged, in words."""
    words = style.words
    mistake = ""
    if number.verdict == "wrong":
        pen = style.pen(made.trace, TEXT)
        mistake = "".join(
            piece if isinstance(piece, str)
            else style.text(piece.value) if hasattr(piece, "value") else pen.formula(piece)
            for piece in cause(number, style.writer)
        )  # fmt: skip
    right = made.paper.rounded(number.own if number.given_slip else number.exact, str(number.reference))
    return {
        "name": str(number.reference), "status": number.status, "mark": MARKS[number.status], "right": right,
        "written": number.written.text, "says": words[f"verdict_{number.status}"], "mistake": mistake,
        "mistakes": list(number.names),
    }  # fmt: skip


def _says(found: Any, style: Style) -> str:
    """The summary that `check` prints, in one sentence."""
    wrong, total = sum(number.verdict == "wrong" for number in found.numbers), len(found.numbers)
    one = "_one" if total == 1 else ""
    if wrong:
        return str(style.words[f"check_count{one}"].format(wrong=wrong, n=total))
    return str(style.words[f"check_passed{one}"].format(n=total))


def sheets_of(workspace: Workspace, query: Mapping[str, str], style: Style) -> bytes:
    """Sheets and keys for a class in a ZIP, as `clearprop exercise --class` writes them.

    Raises
    ------
    InputError
        When names are missing or twice, or the network is no one for a sheet.
    """
    names = [" ".join(name.split()) for name in query.get("names", "").replace(",", "\n").splitlines() if name.strip()]
    if not 1 <= len(names) <= MOST_STUDENTS or not all(name.isprintable() and len(name) <= 100 for name in names):
        raise LabError(f"names must be those of 1 to {MOST_STUDENTS} students, one a line, each of at most 100 letters")
    made = exercise_class(
        names, _widths(query, workspace), whole_of_query(query, "seed", 0, SEED_MOST),
        blank=whole_of_query(query, "blank", 6, MOST_BLANKS), find_mistake=query.get("find_mistake") == "1",
        language=style.language, digits=style.digits,
    )  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, text in made.files().items():
            archive.writestr(place, text)
    return content.getvalue()


def _widths(query: Mapping[str, str], workspace: Workspace) -> tuple[int, ...]:
    """The network of the sheets: of the present shape where that is small enough to be worked by hand."""
    asked = query.get("network", "")
    if asked:
        parts = asked.split("-")
        if not all(part.isdigit() and len(part) < 4 for part in parts):
            raise InputError(f"the network must be written as 2-2-1, not {asked[:40]!r}")
        return tuple(map(int, parts))
    widths = workspace.project.network.widths
    return widths if max(widths) <= 4 and len(widths) <= 4 else (2, 2, 1)
