"""An exercise in the page: the shown step with blanks, judged as `clearprop check` judges; and sheets for a class."""

from __future__ import annotations

import io
import re
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
from clearprop.explain.writing.numbers import Shown
from clearprop.explain.writing.pen import MATHML, TEXT
from clearprop.formulas import Symbol
from clearprop.lab.building import whole
from clearprop.lab.refusals import LabError, NotFoundError
from clearprop.lab.style import Style
from clearprop.lab.view import whole as whole_of_query
from clearprop.lab.workspace import Workspace

MOST_KEPT, MOST_BLANKS, MOST_STUDENTS, LONGEST_ANSWER = 8, 60, 100, 60
SEED_MOST = 2**31
MOST_NUMBERS = 300  # of a step that anybody fills in
NUMBER = re.compile(r"[-+]?(?:\d+/\d+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)")
TEN_TO_THE = re.compile(r"\s*[·*×]\s*10\s*(?:\^|\*\*)?\s*(?=[-+\d])")
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
        trace = workspace.trace()
        n_numbers = sum(np.size(trace[name].value) for name in trace)
        if n_numbers > MOST_NUMBERS:
            raise LabError.telling("exercise_large", n=f"{n_numbers:,}", most=MOST_NUMBERS)
        made = exercise(trace, blank, seed, style.language, style.digits)
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
        for name in answers:
            if name not in made.blanks:
                raise LabError(f"{str(name)[:40]!r} is not a blank of this exercise")
        answers = {name: _number(name, text) for name, text in answers.items()}
        found = check(_written(made, answers), made.trace)
        verdicts = [_verdict(found[name], made, style) for name in made.blanks if name in answers]
        left = [name for name in made.blanks if name not in answers]
        wrong = sum(verdict["status"].startswith("wrong") for verdict in verdicts)
        key = "exercise_wrong" if wrong else "exercise_open" if left else "exercise_done"
        says = style.says(key, n=len(answers), wrong=wrong, left=len(left))
        return {"verdicts": verdicts, "passed": not wrong and not left, "left": left, "says": says}


def _number(name: str, text: object) -> str:
    """An answer as `check` reads numbers: people write 0,41 and 1.2·10^-5 too.

    Raises
    ------
    LabError
        For what is no number.
    """
    written = TEN_TO_THE.sub("e", str(text).strip().replace("−", "-").replace(",", ".", 1))
    if not isinstance(text, str) or len(text) > LONGEST_ANSWER or NUMBER.fullmatch(written) is None:
        raise LabError.telling("exercise_no_number", name=name, text=str(text)[:LONGEST_ANSWER])
    return written


def _written(made: Exercise, answers: Mapping[str, str]) -> dict[str, str]:
    """The sheet as a student has it by now: what is printed, and the answers; blanks that are open are left out."""
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
                "text": None if is_blank else _printed(made.paper.number(name), style),
            })  # fmt: skip
    return found


def _printed(number: str, style: Style) -> str:
    """A number of a sheet, "-1.160e-5", as it is printed: with a minus, perhaps a comma, and a power of ten.

    Examples
    --------
    >>> from clearprop.lab.exercises import _printed
    >>> from clearprop.lab.style import Style
    >>> _printed("-1.160e-5", Style(comma=True))
    '−1,160·10⁻⁵'
    """
    digits, _, power = number.lstrip("-").partition("e")
    return Shown(
        number.startswith("-"), digits.replace(".", "," if style.comma else "."), int(power) if power else None
    ).text()


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
