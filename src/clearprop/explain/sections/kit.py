"""What every section is handed beside the trace."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.explain.document import Block, Derivation, Writer
from clearprop.explain.lines import Line, Omission, lines_of, matrix_line, neuron_line, places
from clearprop.explain.notation import Notation
from clearprop.explain.numbers import NumberFormat
from clearprop.explain.trace import Trace

FORMS = ("component", "neuron", "matrix")


@dataclass(frozen=True)
class Kit:
    """How an explanation is to be written.

    Attributes
    ----------
    writer : Writer
        In the reader's language.
    notation : Notation
    numbers : NumberFormat
    forms : tuple of str
        Of "component", "neuron", "matrix": in which forms derivations are given.
    parameter : str
        The weight or bias whose chain rule is written out.
    steps : int
        How many iterations or rounds are played.
    """

    writer: Writer
    notation: Notation
    numbers: NumberFormat
    forms: tuple[str, ...] = ("component", "matrix")
    parameter: str = "W1[0,0]"
    steps: int = 5
    fractions: bool = False

    def derivation(self, trace: Trace, *sites: str, label: str = "") -> list[Block]:
        """The lines of these sites, number by number, and below them the whole sites at once."""
        blocks: list[Block] = []
        single: list[Line | Omission] = []
        whole: list[Line | Omission] = []
        for site in sites:
            if "component" in self.forms:
                single += lines_of(trace, site)
            if "neuron" in self.forms and not self.fractions:
                found = [
                    place if isinstance(place, Omission) else neuron_line(trace, site, place[-1], self.notation.columns)
                    for place in places(trace[site].value.shape)
                ]
                single += [line for line in found if line is not None] if any(
                    isinstance(line, Line) for line in found
                ) else []  # fmt: skip
            if "matrix" in self.forms and trace[site].value.size > 1 and site != "losses":
                line = matrix_line(trace, site, self.notation.columns)
                whole += [] if line is None else [line]
        if single:
            blocks.append(Derivation(single, label))
        if whole:
            blocks.append(Derivation(whole, label))
        return blocks
