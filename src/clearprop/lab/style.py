"""How a tab of the page wants things written: notation, language, digits, forms. It belongs to the tab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.sections.kit import FORMS, Kit
from clearprop.explain.words import LANGUAGES
from clearprop.explain.words import words as words_of
from clearprop.explain.writing.document import Writer
from clearprop.explain.writing.media import spoken
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.notation import NOTATIONS, notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.pen import LATEX, MATHML, TEXT, Medium, Pen
from clearprop.formulas import Symbol
from clearprop.lab.words import said
from clearprop.trace.trace import Trace

PENS = 16  # that are kept


@dataclass(frozen=True)
class Style:
    """How things are written.

    Parameters
    ----------
    notation, language, digits, comma, forms
        As for `clearprop.explain.Explanation`.
    """

    notation: str = "nielsen"
    language: str = "en"
    digits: int = 4
    comma: bool = False
    forms: tuple[str, ...] = FORMS

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Style:
        """The style that a query asks for; names that it does not know are for others.

        Raises
        ------
        InputError, UnknownNameError
            For a value that there is not.

        Examples
        --------
        >>> from clearprop.lab.style import Style
        >>> Style.of({"digits": "6", "comma": "1"}).text(-0.5)
        '−0,5'
        """
        found = cls()
        name, language = query.get("notation", found.notation), query.get("language", found.language)
        if name not in NOTATIONS:
            raise UnknownNameError("notation", name[:40], NOTATIONS)
        if language not in LANGUAGES:
            raise UnknownNameError("language", language[:40], LANGUAGES)
        digits = query.get("digits", str(found.digits))
        if not digits.isascii() or not digits.isdigit() or len(digits) > 2:
            raise InputError(f"digits must be a whole number from 1 to 17, not {digits[:40]!r}")
        forms = tuple(form for form in query.get("forms", "").split(",") if form) or found.forms
        for form in forms:
            if form not in FORMS:
                raise UnknownNameError("form", form[:40], FORMS)
        NumberFormat(int(digits))
        return cls(name, language, int(digits), query.get("comma") in ("1", "true"), forms)

    @cached_property
    def numbers(self) -> NumberFormat:
        """How numbers are written."""
        return NumberFormat(self.digits, self.comma)

    @property
    def words(self) -> Any:
        """The sentences of the explanations."""
        return words_of(self.language)

    @property
    def writer(self) -> Writer:
        """Puts those together."""
        return Writer(self.words)

    def text(self, value: Any) -> str:
        """A number as it is shown."""
        return self.numbers.shown(float(value)).text()

    def texts(self, values: Any) -> Any:
        """Numbers in lists of any depth, as they are shown; None stays."""
        if values is None:
            return None
        return [self.texts(value) for value in values] if isinstance(values, list) else self.text(values)

    def says(self, key: str, **fields: Any) -> str:
        """A sentence of the lab; numbers in it are written in this style."""
        shown = {name: self.text(value) if isinstance(value, float) else value for name, value in fields.items()}
        return said(self.language, key).format(**shown)

    def written(self, trace: Trace) -> Notation:
        """The notation for the network of a trace."""
        return notation(self.notation, trace.network.widths, trace.is_batch)

    def pen(self, trace: Trace, medium: Medium = TEXT) -> Pen:
        """Writes the formulas of a trace."""
        widths, numbers = tuple(trace.network.widths), (self.digits, self.comma)
        return _pen(medium.name, self.notation, widths, trace.is_batch, self.language, numbers)

    def name(self, trace: Trace, name: str) -> str:
        """How the notation writes one number of a trace."""
        return self.pen(trace).formula(Symbol(name))

    def kit(self, trace: Trace, parameter: str | None = None) -> Kit:
        """What sections of explanations are handed."""
        return Kit(self.writer, self.written(trace), self.numbers, self.forms, parameter)


@lru_cache(maxsize=PENS)
def _pen(
    medium: str, notation_name: str, widths: tuple[int, ...], is_batch: bool, language: str, digits: tuple[int, bool]
) -> Pen:  # fmt: skip
    """A pen, kept with the names that it has written: they do not change with the numbers of a step."""
    words = words_of(language)
    kind = {each.name: each for each in (TEXT, LATEX, MATHML)}[medium]
    return Pen(spoken(kind, words), notation(notation_name, widths, is_batch), NumberFormat(*digits), words)
