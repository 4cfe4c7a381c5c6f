"""The paper of an exercise: the network and the step in the format that `check` reads, with every name explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.explained import Trace
from clearprop.explain.words import Words, words
from clearprop.explain.words.message import Message
from clearprop.explain.writing.numbers import MOST_DIGITS, NumberFormat, finer_for
from clearprop.trace.names import at, reference

BLANK = "______"
PARTS = ("forward", "activation", "loss", "BP1", "BP2", "BP3", "BP4", "update", "second pass")
SCHOOL_NAMES = {"logistic": "sigmoid"}  # what textbooks call it


@dataclass(frozen=True)
class Paper:
    """Writes the numbers of a trace as lines of a sheet.

    Parameters
    ----------
    trace : Trace
    language : {"en", "zh"}
    digits : int
        Significant digits of the numbers of the step; what is given is written in full.
    student : str
    """

    trace: Trace
    language: str = "en"
    digits: int = 4
    student: str = ""

    @property
    def words(self) -> Words:
        """The sentences of the language."""
        return words(self.language)

    def parts(self) -> dict[str, list[str]]:
        """The numbers that can be asked for, by part of the step."""
        parts: dict[str, list[str]] = {}
        for site in self.sites():
            parts.setdefault(self.trace[site].equation.law, []).extend(self.names(site))
        return parts

    def sites(self) -> list[str]:
        """What the sheet has a line for, in the order of computation."""
        return [name for name, site in self.trace.sites.items() if site.equation.law in PARTS and name != "losses"]

    def names(self, site: str) -> list[str]:
        """The names of the numbers of a site."""
        return [at(site, *place) if place else site for place in np.ndindex(np.shape(self.trace[site].value))]

    def number(self, name: str) -> str:
        """One number of the step, as it stands in a line."""
        return self.rounded(self.trace.value_of(name), name)

    def rounded(self, value: float, name: str = "") -> str:
        """A number with the digits of this sheet; of one after the update with as many as show what has changed."""
        shown = NumberFormat(min(MOST_DIGITS, self.digits + self._finer(name))).shown(value)
        power = "" if shown.exponent is None else f"e{shown.exponent}"
        return f"{'-' if shown.negative else ''}{shown.digits}{power}"

    def _finer(self, name: str) -> int:
        found = reference(name) if name else None
        if found is None or not found.after or found.memory:
            return 0
        after, before = (self.trace.value_of(str(item)) for item in (found, found._replace(after=False)))
        return finer_for(after, after - before, self.digits)

    def text(self, written: Mapping[str, str], title: str, said: str, values: Mapping[str, Any], end: str = "") -> str:
        """The whole sheet as Markdown.

        Parameters
        ----------
        written : mapping of str to str
            What stands in the place of a number: a blank, or what somebody wrote.
        title, said : str
            Keys of the heading and of the sentence below it.
        values : mapping
            For the fields of that sentence.
        end : str
            Lines behind the step.
        """
        known = self.words
        lines = [f"# {known[title]}", "", known[said].format(**values), "", known["exercise_order"], ""]
        lines += [f"## {known['exercise_given']}", "", "```text", *self._student(), *self.given(), "```", ""]
        lines += [f"## {known['exercise_step']}", "", "```text", *self.lines(written), "```", ""]
        return "\n".join(lines) + end

    def lines(self, written: Mapping[str, str]) -> list[str]:
        """A line for each site of the step, with what its name means behind it."""
        found = []
        for site in self.sites():
            numbers = [written.get(place) or self.number(place) for place in self.names(site)]
            found.append(f"{site} = {arranged(numbers, np.shape(self.trace[site].value))}")
        width = max(map(len, found))
        return [f"{line:<{width}}  # {self.meaning(site)}" for line, site in zip(found, self.sites(), strict=True)]

    def meaning(self, site: str) -> str:
        """What a name of the sheet stands for, in words."""
        found = reference(site)
        last = str(self.trace.network.depth)
        kind = f"memory_{found.memory}" if found.memory else found.kind
        if found.kind == "error" and found.layer != last:
            kind = "error_hidden"
        key = f"meaning_{kind}{'_new' if found.after and not found.memory else ''}"
        return self.words[key].format(l=found.layer, before=int(found.layer or 1) - 1, of=f"{found.kind}{found.layer}")

    def stated(self, setting: str, value: str) -> str:
        """A line that states a setting, in the language of the sheet."""
        name, shown = self.told(setting, value)
        return self.words["sheet_statement"].format(name=name, value=shown)

    def told(self, setting: str, value: str) -> tuple[str, str]:
        """A setting and its value, in the language of the sheet."""
        return self.words[f"setting_{setting}"], self.words.get(f"value_{value}", value)

    def _student(self) -> list[str]:
        return [self.stated("student", self.student)] if self.student else []

    def given(self) -> list[str]:
        """The network and the sample, as `read_sheet` reads them."""
        return [self.stated(name, value) for name, value in self.settings().items()] + self.numbers()

    def settings(self) -> dict[str, str]:
        """What describes the network and its training, by the names of a sheet's settings.

        Raises
        ------
        InputError
            When a sheet cannot say what this step asks for.
        """
        trace, network = self.trace, self.trace.network
        _check_sayable(trace)
        formulas = [SCHOOL_NAMES.get(layer.activation.name, layer.activation.name) for layer in network.layers]
        found = {"network": "-".join(map(str, network.widths))}
        if formulas[:-1]:
            named = [self.words.get(f"value_{name}", name) for name in formulas[:-1]]
            found["hidden"] = self.words["list_comma"].join(named)
        found |= {"output": formulas[-1], "loss": network.loss.name, "optimizer": trace.optimizer.name}
        found["learning_rate"] = repr(float(trace["rate"].value))
        if all(block.rate == 0 for block in network.blocks if block.letter == "b"):
            found["biases"] = "fixed"
        return found

    def numbers(self) -> list[str]:
        """The sample, the weights and the biases, a line for each."""
        lines = []
        depth = self.trace.network.depth
        for name in ("a0", "y", *(f"{part}{l}" for l in range(1, depth + 1) for part in ("W", "b"))):
            value = self.trace[name].value
            shown = [repr(float(v)) for v in np.ravel(value)]
            lines.append(f"{'x' if name == 'a0' else name} = {arranged(shown, np.shape(value))}")
        return lines


def arranged(numbers: list[str], shape: tuple[int, ...]) -> str:
    """Numbers as a sheet has them: a matrix in rows, in brackets."""
    if len(shape) < 2:
        return ", ".join(numbers)
    width = shape[-1]
    rows = [", ".join(numbers[start : start + width]) for start in range(0, len(numbers), width)]
    return f"[[{'], ['.join(rows)}]]"


def _check_sayable(trace: Trace) -> None:
    """Raise InputError where a sheet has no words for what a step asks for."""
    if not trace.setting.is_plain:
        raise InputError(Message("exercise_not_plain"))
    network = trace.network
    for formula in (*(layer.activation for layer in network.layers), network.loss, trace.optimizer):
        if any(value != getattr(type(formula), key, None) for key, value in formula.parameters.items()
               if key != "learning_rate"):  # fmt: skip
            raise InputError(Message("exercise_not_named", formula=formula))
