"""For a class: an exercise about the step that is shown, checked as `check` does, and the sheets of a class."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from clearprop.explain.checking.check import check
from clearprop.explain.checking.checked import CheckedLine, CheckedNumber
from clearprop.explain.checking.verdicts import MARKS, Checked, cause
from clearprop.explain.exercises import Exercise, exercise, exercise_class
from clearprop.explain.exercises.drawing_numbers import WIDEST
from clearprop.explain.exercises.paper import BLANK, arranged
from clearprop.explain.writing.document import Number, Sentence
from clearprop.explain.writing.numbers import MOST_DIGITS, NumberFormat
from clearprop.explain.writing.pen import MATHML
from clearprop.formulas import Expression, Symbol
from clearprop.lab.refusals import LabError, NotFoundError
from clearprop.lab.stops import Stops
from clearprop.lab.style import Style
from clearprop.network import Network
from clearprop.trace.trace import Trace

MOST_KEPT = 50  # exercises that can still be checked
MOST_NUMBERS = 300  # of a step that is an exercise
MOST_NAMES = 200  # of a class
LONGEST_ANSWER = 40
SMALL = (2, 2, 1)  # the network of sheets, where the present one is too large to be worked by hand
DEEPEST = 4  # layers of weights of one that is not
NUMBER = re.compile(r"[-+]?(?:\d+/\d+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)")
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # of files in the archive: the same sheets are the same bytes


def told(sentence: Sentence, trace: Trace, style: Style) -> str:
    """A sentence of the explanations as text."""
    pen = style.pen(trace)

    def piece(item: str | Expression | Number) -> str:
        if isinstance(item, str):
            return item
        return pen.number(item.value, item.finer) if isinstance(item, Number) else pen.formula(item)

    return "".join(map(piece, sentence))


@dataclass
class Lessons:
    """The exercises that were given out and can be checked.

    Attributes
    ----------
    kept : dict
        By name, the youngest last.
    """

    kept: dict[str, Exercise] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1), repr=False)

    def make(self, trace: Trace, stops: Stops, asked: Mapping[str, Any], style: Style) -> dict[str, Any]:
        """An exercise about a step, without the numbers of its blanks.

        Parameters
        ----------
        trace : Trace
        stops : Stops
            Of the same step: which phase a value belongs to.
        asked : mapping
            ``blank`` and ``seed``.
        style : Style

        Raises
        ------
        LabError, InputError
            When the step is too large, or a sheet cannot say what it asks for.
        """
        n_numbers = sum(np.size(trace[name].value) for name in trace)
        if n_numbers > MOST_NUMBERS:
            raise LabError.telling("exercise_large", n=f"{n_numbers:,}", most=MOST_NUMBERS)
        blank, seed = asked.get("blank", 6), asked.get("seed", 0)
        if type(seed) is not int or not 0 <= seed < 2**31:
            raise LabError.telling("exercise_seed", seed=repr(seed)[:40])
        made = exercise(trace, blank, seed, style.language, style.digits)
        name = f"e{next(self._numbers)}"
        self.kept[name] = made
        while len(self.kept) > MOST_KEPT:
            del self.kept[next(iter(self.kept))]
        phases = {site: stop.phase for stop in stops.stops for site in stop.sites}
        settings = [made.paper.told(*item) for item in made.paper.settings().items()]
        given = [line.partition(" = ")[::2] for line in made.paper.numbers()]
        return {
            "exercise": name, "blanks": list(made.blanks), "digits": style.digits,
            "given": [{"name": key, "value": value} for key, value in (*settings, *given)],
            "lines": [line for site in made.paper.sites() for line in _lines(made, site, phases[site], style)],
        }  # fmt: skip

    def judge(self, asked: Mapping[str, Any], style: Style) -> dict[str, Any]:
        """The answers to an exercise, judged with follow-through, and the mistakes named.

        Raises
        ------
        NotFoundError, LabError, InputError
            When there is no such exercise, or an answer is no number.
        """
        made = self.kept.get(str(asked.get("exercise")))
        if made is None:
            raise NotFoundError.telling("exercise_gone")
        answers = _answers(asked.get("answers"), made)
        paper, values = made.paper, {}
        for site in paper.sites():
            written = [answers.get(name, BLANK) if name in made.blanks else paper.number(name) for name in paper.names(site)]
            if any(text != BLANK for text in written):
                values[site] = arranged(written, np.shape(made.trace[site].value))
        found = check(values, made.trace)
        verdicts = [
            _verdict(line, number, found, style)
            for line in found.lines for number in line.numbers if str(number.reference) in answers
        ]  # fmt: skip
        wrong = sum(verdict["status"].startswith("wrong") for verdict in verdicts)
        key = "exercise_wrong" if wrong else "exercise_open" if len(answers) < len(made.blanks) else "exercise_done"
        says = style.says(key, n=len(answers), wrong=wrong, blank=len(made.blanks) - len(answers))
        return {"verdicts": verdicts, "passed": not wrong and len(answers) == len(made.blanks), "says": says}


def _lines(made: Exercise, site: str, phase: str, style: Style) -> list[dict[str, Any]]:
    """The numbers of a site, each as a line of the exercise."""
    pen, blanks = style.pen(made.trace, MATHML), set(made.blanks)
    whole = NumberFormat(MOST_DIGITS, style.comma)  # the sheet has rounded it already
    return [
        {
            "name": name, "html": f"<math>{pen.formula(Symbol(name))}</math>", "phase": phase, "blank": name in blanks,
            "meaning": made.paper.meaning(site) if i == 0 else "",
            "text": "" if name in blanks else whole.shown(float(made.paper.number(name))).text(),
        }
        for i, name in enumerate(made.paper.names(site))
    ]  # fmt: skip


def _answers(asked: object, made: Exercise) -> dict[str, str]:
    """The answers that were written, by blank; a decimal comma is a point.

    Raises
    ------
    LabError
        For an answer to no blank of the exercise, or one that is no number.
    """
    if not isinstance(asked, Mapping) or not asked:
        raise LabError.telling("exercise_empty")
    found: dict[str, str] = {}
    for name, text in asked.items():
        if name not in made.blanks:
            raise NotFoundError.telling("exercise_no_blank", name=repr(name)[:40])
        number = str(text).strip().replace("−", "-").replace(",", ".", 1)
        number = re.sub(r"\s*[·*×]\s*10\s*(?:\^|\*\*)?\s*(?=[-+\d])", "e", number)
        if len(number) > LONGEST_ANSWER or NUMBER.fullmatch(number) is None:
            raise LabError.telling("exercise_no_number", name=name, text=str(text)[:LONGEST_ANSWER])
        found[name] = number
    return found


def _verdict(line: CheckedLine, number: CheckedNumber, found: Checked, style: Style) -> dict[str, Any]:
    """What is said of one answer; of a wrong one why, as far as that is known."""
    known = style.words
    says = [known[f"verdict_{number.status}"]]
    if number.verdict == "wrong":
        says.append(told(cause(number, style.writer), found.sheet.trace, style))
    return {
        "name": str(number.reference), "status": number.status, "written": number.written.text,
        "mark": MARKS[number.status], "says": known["check_colon"].join(says),
        "mistake": number.names[0] if number.names and number.is_certain else "",
    }  # fmt: skip


def sheets_of(network: Network, query: Mapping[str, str], style: Style) -> bytes:
    """The sheets of a class, their keys and class.json, as a ZIP archive.

    Parameters
    ----------
    network : Network
        The sheets are for one of this shape, where it is small enough to be worked by hand, and for a 2-2-1 network of
        sigmoids otherwise.
    query : mapping of str to str
        ``names`` (by commas or line by line), ``blank``, ``seed``, ``find_mistake``.
    style : Style

    Raises
    ------
    LabError, InputError
        For names that are none, a number that is none, or where no exercise can be made.
    """
    names = [" ".join(name.split()) for name in re.split(r"[,，、\n]", query.get("names", "")) if name.strip()]
    if not 1 <= len(names) <= MOST_NAMES:
        raise LabError.telling("sheets_names", n=len(names), most=MOST_NAMES)
    numbers = {}
    for key, default in (("blank", "6"), ("seed", "0")):
        text = query.get(key, default).strip()
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise LabError.telling("sheets_number", name=key, text=text[:LONGEST_ANSWER])
        numbers[key] = int(text)
    made = exercise_class(
        names, seed=numbers["seed"], blank=numbers["blank"], find_mistake=query.get("find_mistake") in ("1", "true"),
        language=style.language, digits=style.digits, **_shape(network),
    )  # fmt: skip
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in made.files().items():
            archive.writestr(zipfile.ZipInfo(name, FIRST_DATE), text, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def _shape(network: Network) -> dict[str, Any]:
    """Widths and formulas of the sheets' networks."""
    shapes = [layer.activation for layer in network.layers]
    plain = [*shapes, network.loss]
    is_named = all(formula.parameters == type(formula)().parameters for formula in plain)
    if max(network.widths) > WIDEST or network.depth > DEEPEST or not is_named:
        return {"widths": SMALL}
    hidden = {"hidden": shapes[0].name} if network.depth > 1 else {}
    return {"widths": network.widths, "output": shapes[-1].name, "loss": network.loss.name, **hidden}
