"""An explanation: a trace, and how it is to be written. It renders itself in every medium."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.errors import InputError, UnknownNameError, is_installed
from clearprop.explain.derivations.telling import telling_weight
from clearprop.explain.drawings.network import drawing
from clearprop.explain.sections import IDEAS, SECTIONS, STEP, Kit
from clearprop.explain.sections.kit import FORMS
from clearprop.explain.words import Words, form_of, words
from clearprop.explain.writing.document import Block, Document, Heading, Writer
from clearprop.explain.writing.media import spoken
from clearprop.explain.writing.naming import parameter_named
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.notation import notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.pen import LATEX, MATHML, TEXT, Medium, Pen
from clearprop.trace.exact import exact
from clearprop.trace.record import one_sample
from clearprop.trace.trace import Trace

BEFORE_A_VOWEL = re.compile(r"\ba (?=8|1[18](?!\d))")  # an 8-4-1 network, an 11-5-2 network, an 18-3-1 network


@dataclass(frozen=True)
class Explanation:
    """A trace explained.

    Parameters
    ----------
    trace : Trace
    notation : {"nielsen", "code", "letters", "mazur", "rashid"}
    language : {"en", "zh"}
    digits : int
        Significant digits shown, 1 to 17.
    comma : bool
        A decimal comma.
    fractions : bool
        Exact fractions; every formula of the network has to be rational.
    sections : sequence of str
        Which parts, in this order; "step" stands for one step of training and "ideas" for all that explains it. See
        `clearprop.explain.sections.SECTIONS`.
    forms : sequence of {"component", "neuron", "matrix"}
    parameter : str, optional
        The weight or bias whose chain rule is written out and which is wiggled, by its name in the program
        ("W1[0,1]") or in the notation ("w¹₂₁", "w21", "b1", of mazur "w5"). By default the chain rule is shown for
        every layer, the weights and the bias of a neuron beside each other.
    steps : int
        Iterations or rounds of the game.
    sample : int, optional
        Of a batch, from 0: this sample is shown alone, as a loss of its own. By default a batch is shown whole, and
        what its samples add is summed.
    networks : int
        On how many random networks the proofs are replayed.

    Raises
    ------
    UnknownNameError, InputError
        For a name or number that cannot be used.

    Examples
    --------
    >>> from clearprop.explain import Explanation, case
    >>> page = Explanation(case("case_study").trace(), notation="letters", language="zh", sections=["loss"])
    >>> print(page.text().splitlines()[3].strip())
    C_e = (y_e − o_e)² ≈ (0.8 − 0.7486)² ≈ 0.002637
    """

    trace: Trace
    notation: str = "nielsen"
    language: str = "en"
    digits: int = 4
    comma: bool = False
    fractions: bool = False
    sections: Sequence[str] = ("step",)
    forms: Sequence[str] = ("component", "matrix")
    parameter: str | None = None
    steps: int = 5
    sample: int | None = None
    networks: int = 20

    def __post_init__(self) -> None:
        words(self.language), self.numbers, self.shown, self.written
        for form in self.forms:
            if form not in FORMS:
                raise UnknownNameError("form", form, FORMS)
        for section in self.sections:
            if section not in (*SECTIONS, "step", "ideas"):
                raise UnknownNameError("section", section, ("step", "ideas", *SECTIONS))
        if isinstance(self.sections, str) or isinstance(self.forms, str):
            raise InputError("sections and forms are sequences of names, as in sections=['step', 'path']")
        self.chosen  # noqa: B018 (raises where there is no such parameter)
        for name in ("steps", "networks"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{name} must be a whole number of at least 1, not {value!r}")

    @cached_property
    def shown(self) -> Trace:
        """The trace that is shown: of one sample, if one was chosen."""
        if self.sample is None:
            return self.trace
        if isinstance(self.sample, bool) or not isinstance(self.sample, int):
            raise InputError(f"sample must be a whole number, counted from 0, not {self.sample!r}")
        if not self.trace.is_batch:
            raise InputError("the trace is of one sample already; leave `sample` out")
        return one_sample(self.trace, self.sample)

    @cached_property
    def chosen(self) -> str | None:
        """The parameter by its name in the program."""
        return None if self.parameter is None else parameter_named(self.parameter, self.shown, self.written)

    @property
    def words(self) -> Words:
        """The sentences of the language."""
        return words(self.language)

    @property
    def written(self) -> Notation:
        """The notation for this network."""
        shown = self.shown
        return notation(self.notation, shown.network.widths, shown.is_batch, self.sample)

    @property
    def numbers(self) -> NumberFormat:
        """How numbers are written."""
        return NumberFormat(self.digits, self.comma)

    def pen(self, medium: Medium) -> Pen:
        """A pen for one medium."""
        return Pen(spoken(medium, self.words), self.written, self.numbers, self.words)

    @cached_property
    def document(self) -> Document:
        """The blocks that all renderers lay out."""
        shown = exact(self.shown) if self.fractions else self.shown
        names: list[str] = []
        for section in self.sections:
            names += {"step": STEP, "ideas": IDEAS}.get(section, (section,))
        kit = Kit(
            Writer(self.words),
            self.written,
            self.numbers,
            tuple(self.forms),
            self.chosen,
            self.steps,
            self.fractions,
            self.networks,
            "proofs" in names,
        )
        blocks: list[Block] = [Heading(self.title, 1)]
        with np.errstate(all="ignore"):  # what becomes infinite on the way is shown as ∞
            for name in names:
                blocks += self._section(name, shown, kit)
        return Document(self.title, self.language, blocks)

    @property
    def title(self) -> str:
        """Which network, and which of its samples."""
        fields = {"widths": "-".join(map(str, self.shown.network.widths)), "n": self.trace.n_samples}
        if self.sample is not None:
            found = self.words["title_alone"].format(sample=self.sample + 1, **fields)
        else:
            key = "title_batch" if self.trace.is_batch else "title"
            found = form_of(self.words, key, self.trace.n_samples).format(**fields)
        return BEFORE_A_VOWEL.sub("an ", found)

    def _section(self, name: str, shown: Trace, kit: Kit) -> list[Block]:
        """One part; those that run the network again or measure angles do so in decimals."""
        in_decimals = name in ("model", "inputs", "wiggle", "sharing", "iterations", "game", "why", "answer")
        return SECTIONS[name](self.shown if in_decimals else shown, kit)

    def text(self, width: int = 110, *, ascii_only: bool = False) -> str:
        """As plain text."""
        from clearprop.explain.renderers.terminal import to_text

        return to_text(self.document, self.pen(TEXT), self.words, width=width, ascii_only=ascii_only)

    def show(self, console: Any) -> None:
        """To a rich console, in colour."""
        from clearprop.explain.renderers.terminal import show

        show(self.document, self.pen(TEXT), self.words, console)

    def markdown(self, beside: str = "") -> str:
        """As Markdown with formulas in LaTeX; with `beside`, its pictures are the files that `pictures` names."""
        from clearprop.explain.renderers.markdown import to_markdown

        return to_markdown(self.document, self.pen(LATEX), self.words, beside)

    def pictures(self, beside: str) -> dict[str, str]:
        """The pictures as SVG files BESIDE-1.svg, …, in the order of the explanation: name and content."""
        from clearprop.explain.renderers.markdown import pictures

        return pictures(self.document, beside)

    def latex(self) -> str:
        """As a LaTeX file that compiles by itself."""
        from clearprop.explain.renderers.latex import to_latex

        return to_latex(self.document, self.pen(LATEX), self.words)

    def html(self) -> str:
        """As one HTML file without scripts."""
        from clearprop.explain.renderers.page import to_html

        return to_html(self.document, self.pen(MATHML), self.words)

    def json(self, indent: int | None = None) -> str:
        """The trace as JSON; see `clearprop.explain.renderers.data` for the schema."""
        from clearprop.explain.renderers.data import to_json

        return to_json(exact(self.shown) if self.fractions else self.shown, self.pen(TEXT), self.pen(LATEX), indent)

    def svg(self) -> str:
        """The network as a drawing."""

        return drawing(self.shown, self.written, self.numbers, self.words, self.chosen or telling_weight(self.shown))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from clearprop.explain.renderers.page import fragment

        html = fragment(self.document, self.pen(MATHML), self.words)
        text = self.text() if is_installed("rich") else repr(self.shown)
        return {"text/plain": text, "text/html": html, "text/markdown": self.markdown()}
