"""Exercise sheets: a step of back-propagation with blanks to fill in, and the key.

The sheet is in the format that `check` reads, so what was filled in can be checked as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.cases import Case
from clearprop.explain.numbers import NumberFormat
from clearprop.explain.references import at
from clearprop.explain.renderers.latex import escape
from clearprop.explain.trace import Trace
from clearprop.explain.words import words

BLANK = "______"
PARTS = ("forward", "activation", "loss", "BP1", "BP2", "BP3", "BP4", "update", "second pass")


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
    """

    trace: Trace
    blanks: tuple[str, ...]
    language: str = "en"
    digits: int = 4

    def sheet(self) -> str:
        """The sheet as text that `check` reads once the blanks are filled."""
        return self._text(dict.fromkeys(self.blanks, BLANK))

    def key(self) -> str:
        """The same sheet with the blanks filled."""
        return self._text({})

    def answers(self) -> dict[str, str]:
        """What belongs into each blank."""
        return {name: self._number(name) for name in self.blanks}

    def latex(self) -> str:
        """The sheet and its key as a LaTeX file that compiles by itself."""
        known = words(self.language)
        chinese = self.language == "zh"
        pages = [
            rf"\section*{{{escape(known[title])}}}" + "\n" + r"\begin{verbatim}" + f"\n{text}" + r"\end{verbatim}"
            for title, text in (("exercise_title", self.sheet()), ("exercise_key", self.key()))
        ]
        cjk = "\\usepackage{CJKutf8}\n" if chinese else ""
        begin, end = ("\\begin{CJK}{UTF8}{gbsn}\n", "\n\\end{CJK}") if chinese else ("", "")
        return (
            "\\documentclass[11pt,a4paper]{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage[T1]{fontenc}\n"
            f"\\usepackage[margin=22mm]{{geometry}}\n{cjk}\\begin{{document}}\n{begin}"
            + "\n\\newpage\n".join(pages)
            + f"{end}\n\\end{{document}}\n"
        )

    def _number(self, name: str) -> str:
        shown = NumberFormat(self.digits).shown(self.trace.value_of(name))
        power = "" if shown.exponent is None else f"e{shown.exponent}"
        return f"{'-' if shown.negative else ''}{shown.digits}{power}"

    def _text(self, blanks: dict[str, str]) -> str:
        known, trace = words(self.language), self.trace
        lines = [f"# {known['exercise_title']}", f"# {known['exercise_words'].format(digits=self.digits)}", ""]
        lines += _network_lines(trace)
        for name, site in trace.sites.items():
            if site.equation.law in PARTS and name != "losses":
                shown = [blanks.get(place) or self._number(place) for place in _names(trace, name)]
                lines.append(f"{name} = {', '.join(shown)}")
        return "\n".join(lines) + "\n"


def exercise(source: Case | Trace, blank: int = 6, seed: int = 0, language: str = "en", digits: int = 4) -> Exercise:
    """A sheet for a case or a trace, with so many blanks.

    Parameters
    ----------
    source : Case or Trace
    blank : int
        How many numbers are left out; they are chosen at random, at least one of every part where there are enough.
    seed : int
        Decides which.
    language : {"en", "zh"}
    digits : int
        Significant digits of the numbers.

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
    parts: dict[str, list[str]] = {}
    for name, site in trace.sites.items():
        if site.equation.law in PARTS and name != "losses":
            parts.setdefault(site.equation.law, []).extend(_names(trace, name))
    total = sum(map(len, parts.values()))
    if isinstance(blank, bool) or not isinstance(blank, int) or not 1 <= blank <= total:
        raise InputError(f"blank must be a whole number from 1 to {total}, the numbers of this sheet, not {blank!r}")
    _network_lines(trace)
    chosen = set(_chosen(list(parts.values()), blank, np.random.default_rng(seed)))
    order = [place for site in trace for place in _names(trace, site)]
    return Exercise(trace, tuple(place for place in order if place in chosen), language, digits)


def _chosen(parts: Sequence[list[str]], blank: int, random: np.random.Generator) -> list[str]:
    """One of every part first, then any."""
    chosen: list[str] = []
    waiting = [[str(name) for name in random.permutation(part)] for part in parts]
    while len(chosen) < blank:
        for part in random.permutation(len(waiting)):
            if waiting[part] and len(chosen) < blank:
                chosen.append(waiting[part].pop())
    return chosen


def _names(trace: Trace, site: str) -> list[str]:
    return [at(site, *place) if place else site for place in np.ndindex(np.shape(trace[site].value))]


def _network_lines(trace: Trace) -> list[str]:
    """The network and the sample, as `read_sheet` reads them."""
    network = trace.network
    if not trace.setting.is_plain:
        raise InputError(
            "a sheet names a network, a sample and an update rule; it cannot ask for penalties, dropout, label "
            "smoothing, clipping, weights or a schedule: make the exercise from a trace without them"
        )
    formulas = [layer.activation for layer in network.layers]
    for formula in (*formulas, network.loss, trace.optimizer):
        if any(value != getattr(type(formula), key, None) for key, value in formula.parameters.items()
               if key != "learning_rate"):  # fmt: skip
            raise InputError(f"a sheet cannot name {formula!r}: its parameters are not those that the name stands for")
    hidden = [formula.name for formula in formulas[:-1]]
    lines = [f"network: {'-'.join(map(str, network.widths))}"]
    lines += [f"hidden: {', '.join(hidden)}"] if hidden else []
    lines += [f"output: {formulas[-1].name}", f"loss: {network.loss.name}", f"optimizer: {trace.optimizer.name}"]
    lines.append(f"learning rate: {float(trace['rate'].value)!r}")
    if all(layer.bias_rate == 0 for layer in network.layers):
        lines.append("biases: fixed")
    for name in ("a0", "y", *(f"{part}{l}" for l in range(1, network.depth + 1) for part in ("W", "b"))):
        label = "x" if name == "a0" else name
        lines.append(f"{label} = {', '.join(repr(float(v)) for v in np.ravel(trace[name].value))}")
    return [*lines, ""]
