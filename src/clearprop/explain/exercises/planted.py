"""Sheets with a planted mistake: somebody's whole calculation with one mistake in it, to be found and named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from string import ascii_uppercase
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.cases import Case
from clearprop.explain.checking.check import check
from clearprop.explain.checking.mistakes import Variant, variants
from clearprop.explain.checking.verdicts import Checked
from clearprop.explain.exercises.paper import BLANK, Paper
from clearprop.explain.explained import Trace
from clearprop.explain.words.message import Message

CHOICES = 5  # names of mistakes to choose from
TRIED = 60  # mistakes that are planted until one can be found and named without doubt


@dataclass(frozen=True)
class PlantedMistake:
    """A sheet in which one mistake was made, and carried on from as a person would.

    Attributes
    ----------
    trace : Trace
    site : str
        The line in which it was made.
    mistake : str
        Key of its name.
    choices : tuple of str
        Keys of the names that the sheet offers, in its order.
    written : mapping of str to str
        What stands in the sheet for each number.
    language, digits, student
        As in `Exercise`.
    """

    trace: Trace
    site: str
    mistake: str
    choices: tuple[str, ...]
    written: dict[str, str] = field(repr=False)
    language: str = "en"
    digits: int = 4
    student: str = ""

    @cached_property
    def paper(self) -> Paper:
        """What sheet and key are written on."""
        return Paper(self.trace, self.language, self.digits, self.student)

    @property
    def letter(self) -> str:
        """The letter of the right name."""
        return ascii_uppercase[self.choices.index(self.mistake)]

    def sheet(self) -> str:
        """The sheet as Markdown, with two lines for the answer."""
        known = self.paper.words
        names = [f"- **{letter}** {known[f'mistake_{name}']}" for letter, name in zip(ascii_uppercase, self.choices)]  # noqa: B905
        answer = [f"## {known['exercise_answer']}", "", known["exercise_choices"], "", *names, "", "```text"]
        answer += [self.paper.stated(f"answer_{asked}", BLANK) for asked in ("line", "mistake")]
        answer += ["```", ""]
        return self.paper.text(self.written, "exercise_find", "exercise_find_words", {}, "\n" + "\n".join(answer))

    def key(self) -> str:
        """The right calculation, and what the mistake was."""
        known = self.paper.words
        values = {"site": self.site, "letter": self.letter, "mistake": known[f"mistake_{self.mistake}"]}
        return self.paper.text({}, "exercise_key", "exercise_find_key", values)


def planted_mistake(
    source: Case | Trace, seed: int = 0, language: str = "en", digits: int = 4, student: str = ""
) -> PlantedMistake:
    """A sheet with one mistake to find and to name.

    Only a mistake is planted that `check` itself finds in that line and names by that name, and after which every
    later line follows from it.

    Parameters
    ----------
    source : Case or Trace
    seed : int
        Decides which mistake.
    language : {"en", "zh"}
    digits : int
    student : str

    Raises
    ------
    InputError
        When no mistake can be planted without doubt.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.exercises import planted_mistake
    >>> planted = planted_mistake(case("case_study"), seed=1)
    >>> planted.mistake in planted.choices, planted.sheet().count("______")
    (True, 2)
    """
    trace = source.trace() if isinstance(source, Case) else source
    paper = Paper(trace, language, digits, student)
    random = np.random.default_rng(seed)
    possible = list(_possible(trace, paper))
    names = sorted({variant.mistake for variant in possible})
    for i in random.permutation(len(possible))[:TRIED]:
        variant = possible[int(i)]
        written = _written(paper, variant)
        if _is_plain(check("\n".join([*paper.given(), *_lines(paper, written)])), variant):
            others = [name for name in names if name != variant.mistake]
            some = random.permutation(others)[: CHOICES - 1].tolist()
            choices = tuple(str(name) for name in random.permutation([*some, variant.mistake]))
            return PlantedMistake(trace, variant.site, variant.mistake, choices, written, language, digits, student)
    raise InputError(Message("exercise_nothing_to_plant"))


def _possible(trace: Trace, paper: Paper) -> Iterator[Variant]:
    """Every mistake that can be seen in the digits of the sheet."""
    for site in paper.sites():
        right = np.ravel(trace[site].value)
        for variant in variants(trace, site, trace.arrays):
            made = np.ravel(np.broadcast_to(variant.value, np.shape(trace[site].value)))
            if np.isfinite(made).all() and any(
                paper.rounded(a, name) != paper.rounded(b, name)
                for name, a, b in zip(paper.names(site), right, made, strict=True)
            ):
                yield variant


def _written(paper: Paper, variant: Variant) -> dict[str, str]:
    """The whole calculation of somebody who makes this mistake and goes on from it."""
    arrays: dict[str, Any] = dict(paper.trace.arrays)
    changed: set[str] = set()
    for name, site in paper.trace.sites.items():
        if name == variant.site:
            arrays[name] = np.array(np.broadcast_to(variant.value, np.shape(site.value)), dtype=float)
            changed.add(name)
        elif changed & set(site.inputs):
            arrays[name] = np.asarray(site.equation.compute(arrays), dtype=float)
            changed.add(name)
    return {
        place: paper.rounded(float(value), place)
        for site in paper.sites()
        for place, value in zip(paper.names(site), np.ravel(arrays[site]), strict=True)
    }


def _lines(paper: Paper, written: dict[str, str]) -> list[str]:
    return [line.split("#")[0] for line in paper.lines(written)]


def _is_plain(found: Checked, variant: Variant) -> bool:
    """Whether the mistake is found where it was made, under its name alone, and is the only one."""
    wrong = [number for number in found.numbers if number.verdict == "wrong"]
    return bool(wrong) and all(
        number.reference.site == variant.site and set(number.names) == {variant.mistake} for number in wrong
    )
