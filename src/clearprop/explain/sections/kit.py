"""What every section is handed beside the trace."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.explain.derivations.lines import Line, Omission, lines_of, matrix_line, neuron_line, places
from clearprop.explain.derivations.telling import telling_rows, telling_weight
from clearprop.explain.writing.document import Block, Derivation, Writer
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.numbers import NumberFormat, finer_for
from clearprop.formulas import Symbol
from clearprop.trace.names import Reference, parse
from clearprop.trace.trace import Trace

MOST_COMPARED, MOST_DIGITS_MORE = 100, 2  # numbers of a matrix; digits more in all of them
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
    parameter : str or None
        The weight or bias whose chain rule is written out; None for those of every layer beside each other.
    steps : int
        How many iterations or rounds are played.
    networks : int
        On how many random networks the proofs are replayed.
    has_proofs : bool
        Whether the proofs of the four equations are among the parts.
    """

    writer: Writer
    notation: Notation
    numbers: NumberFormat
    forms: tuple[str, ...] = ("component", "matrix")
    parameter: str | None = None
    steps: int = 5
    fractions: bool = False
    networks: int = 20
    has_proofs: bool = False

    def followed(self, trace: Trace) -> str:
        """The parameter that is wiggled and followed through iterations."""
        return self.parameter or telling_weight(trace)

    def derivation(self, trace: Trace, *sites: str, label: str = "") -> list[Block]:
        """The lines of these sites, number by number, and below them the whole sites at once."""
        blocks: list[Block] = []
        single: list[Line | Omission] = []
        whole: list[Line | Omission] = []
        digits = self.numbers.digits
        for site in sites:
            if "component" in self.forms:
                lines = lines_of(trace, site)
                single += [item if isinstance(item, Omission) else showing_change(item, digits) for item in lines]
            if "neuron" in self.forms and not self.fractions and trace[site].value.ndim:
                found = [
                    place if isinstance(place, Omission) else neuron_line(trace, site, place, self.notation.columns)
                    for place in places(trace[site].value.shape, telling=telling_rows(trace, site))
                ]
                single += [line for line in found if line is not None] if any(
                    isinstance(line, Line) for line in found
                ) else []  # fmt: skip
            if "matrix" in self.forms and trace[site].value.size > 1 and site != "losses":
                line = matrix_line(trace, site, self.notation.columns)
                whole += [] if line is None else [showing_change(line, digits)]
        if single:
            blocks.append(Derivation(single, label))
        if whole:
            blocks.append(Derivation(whole, label))
        return blocks


def showing_change(line: Line, digits: int) -> Line:
    """The line of an updated parameter, or of the predicted loss, with digits enough to see two of the change."""
    if not isinstance(line.target, Symbol):
        return line
    known = {**line.values, line.target.name: line.value}
    finer: dict[str, int] = {}
    for name, value in known.items():
        found = parse(name)
        if not isinstance(found, Reference) or not found.after or found.memory:
            continue
        before = str(found._replace(after=False))
        if before in known:
            finer[name] = finer[before] = _digits_more(value, known[before], digits)
    if line.target.name == "prediction":
        for before in ("loss", "cost"):
            if before in known:
                finer[before] = finer["prediction"] = _digits_more(line.value, known[before], digits)
    return replace(line, finer=finer)


def _digits_more(after: Any, before: Any, digits: int) -> int:
    """How many digits more show the change of every number of an array, of a large one that of its corners."""
    pairs = list(zip(np.ravel(after), np.ravel(before), strict=True))
    few = pairs if len(pairs) <= MOST_COMPARED else [pairs[0], pairs[-1]]
    more = max((finer_for(one, one - other, digits) for one, other in few), default=0)
    return more if np.ndim(after) == 0 else min(more, MOST_DIGITS_MORE)
