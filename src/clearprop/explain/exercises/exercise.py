"""Exercise sheets: a step of back-propagation with blanks to fill in, and the key.

The sheet is in the format that `check` reads, so what was filled in can be checked as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from clearprop.explain.cases import Case
from clearprop.explain.exercises.blanks import chosen_blanks
from clearprop.explain.exercises.paper import BLANK, Paper
from clearprop.explain.explained import Trace
from clearprop.trace.trace import check_dense


@dataclass(frozen=True)
class Exercise:
    """A sheet with blanks.

    Attributes
    ----------
    trace : Trace
    blanks : tuple of str
        The numbers that are left out, in the order of computation.
    language : str
    digits : int
    student : str
        Whose sheet it is; "" where nobody is named.
    """

    trace: Trace
    blanks: tuple[str, ...]
    language: str = "en"
    digits: int = 4
    student: str = ""

    @cached_property
    def paper(self) -> Paper:
        """What sheet and key are written on."""
        return Paper(self.trace, self.language, self.digits, self.student)

    def sheet(self) -> str:
        """The sheet as Markdown that `check` reads, before and after the blanks are filled."""
        words = {"n": len(self.blanks), "digits": self.digits}
        return self.paper.text(dict.fromkeys(self.blanks, BLANK), "exercise_title", "exercise_words", words)

    def key(self) -> str:
        """The same sheet with the blanks filled."""
        words = {"names": ", ".join(self.blanks)}
        return self.paper.text({}, "exercise_key", "exercise_key_words", words)

    def answers(self) -> dict[str, str]:
        """What belongs into each blank."""
        return {name: self.paper.number(name) for name in self.blanks}

    def latex(self, key: bool = False, notation: str = "nielsen") -> str:
        """The sheet, or its key, as a LaTeX file that compiles by itself: formulas and tables to write into."""
        return self._printed("latex", key, notation)

    def html(self, key: bool = False, notation: str = "nielsen") -> str:
        """The sheet, or its key, as one HTML file to print, with the network drawn."""
        return self._printed("html", key, notation)

    def _printed(self, medium: str, key: bool, notation: str) -> str:
        from clearprop.explain.exercises.printed import printed

        blanks = {} if key else dict.fromkeys(self.blanks, BLANK)
        title, said = ("exercise_key", "exercise_key_words") if key else ("exercise_title", "exercise_words")
        words = {"n": len(self.blanks), "digits": self.digits, "names": ", ".join(self.blanks)}
        return printed(self.paper, blanks, title, said, words, medium, notation)


def exercise(
    source: Case | Trace, blank: int = 6, seed: int = 0, language: str = "en", digits: int = 4, student: str = ""
) -> Exercise:
    """A sheet for a case or a trace, with so many blanks.

    Parameters
    ----------
    source : Case or Trace
    blank : int
        How many numbers are left out. They are chosen at random, at least one of every part where there are enough; a
        number that stands in the sheet a second time (∂C/∂b is δ) is left out in both places, so that it cannot be
        copied, and then it may be one more.
    seed : int
        Decides which.
    language : {"en", "zh"}
    digits : int
        Significant digits of the numbers.
    student : str
        Whose sheet it is.

    Raises
    ------
    InputError
        When there are fewer numbers than blanks, or the network has an activation or loss that a sheet cannot name.

    Examples
    --------
    >>> from clearprop.explain import case, check, exercise
    >>> paper = exercise(case("case_study"), blank=3, seed=1)
    >>> paper.sheet().count("______"), check(paper.key()).passed
    (3, True)
    """
    trace = source.trace() if isinstance(source, Case) else source
    check_dense(trace.network, "an exercise")
    paper = Paper(trace, language, digits, student)
    paper.given()
    parts = paper.parts()
    order = [name for names in parts.values() for name in names]
    chosen = chosen_blanks(parts, {name: paper.number(name) for name in order}, blank, seed)
    kept = tuple(place for site in trace for place in paper.names(site) if place in chosen)
    return Exercise(trace, kept, language, digits, student)
