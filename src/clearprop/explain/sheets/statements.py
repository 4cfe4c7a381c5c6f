"""Statements: the lines of a sheet, each a name and a value with the place where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.references import parse
from clearprop.explain.sheets.numbers import WrittenNumber, find_numbers

STATEMENT = re.compile(r"^\s*(?:[-*+•>|]\s+|\d+[.)]\s+)?(?P<name>.+?)\s*(?:=|:|≈)\s*(?P<value>.+?)\s*\|?\s*$")
SETTINGS = (
    "network", "hidden", "output", "loss", "learning rate", "optimizer", "case", "biases", "notation", "rows",
    "delta", "samples", "outputs", "count from", "given", "step", "l1", "l2", "weight decay", "row weights",
)  # fmt: skip
OTHER_NAMES = {
    "widths": "network", "layers": "network", "activation": "hidden", "rate": "learning rate", "eta": "learning rate",
    "η": "learning rate", "learning_rate": "learning rate", "update": "optimizer", "lr": "learning rate",
}  # fmt: skip
GIVEN = re.compile(r"(x|a0|y|target|t|(?:[mv]_)?[Wb]\d+)$")


@dataclass(frozen=True)
class Statement:
    """A line of the sheet.

    Attributes
    ----------
    name : str
        As `tidy_name` spells it.
    value : str
        As it was written; of TOML it may run over several lines.
    text : str
        The whole line.
    line, column : int
        Where the value begins, from 1.
    """

    name: str
    value: str
    text: str
    line: int
    column: int

    def place_of(self, position: int = 0) -> str:
        """Where so many letters of the value have been read, for messages: "line 3, column 10"."""
        before = self.value[:position]
        if "\n" not in before:
            return f"line {self.line}, column {self.column + position}"
        return f"line {self.line + before.count(chr(10))}, column {position - before.rfind(chr(10))}"

    def wrong(self, words: Any) -> InputError:
        """An error that says where it is."""
        return InputError(f"{self.place_of()}: {words}")

    @property
    def is_setting(self) -> bool:
        """Whether it belongs to the network; ``loss`` is the name of a setting and of a result."""
        return self.name in SETTINGS and (self.name != "loss" or self.value[:1].isalpha())

    @property
    def is_given(self) -> bool:
        """Whether it is one of the numbers that the network or the sample is made of."""
        return not self.is_setting and GIVEN.match(self.name) is not None


def at_place(place: str, error: UnknownNameError) -> UnknownNameError:
    """The error, its message opening with where the name stands."""
    error.args = (f"{place}: {error}",)
    return error


def numbers_in(statement: Statement) -> list[WrittenNumber]:
    """The numbers of a value, in order; brackets and separators are looked over.

    Raises
    ------
    InputError
        Where something else stands among them, with its line and column.
    """
    numbers, unread = find_numbers(statement.value)
    if unread is not None:
        position, word = unread
        raise InputError(f"{statement.place_of(position)}: {word!r} is not a number")
    return [WrittenNumber.read(text, f"{statement.place_of(position)}: ") for position, text in numbers]


def check_numbers(statements: Sequence[Statement]) -> None:
    """Name the first value that is not a number, before anything else is found wanting.

    Raises
    ------
    InputError, UnknownNameError
        With its line and column; for a statement without any number, whose name is that of no result, the nearest
        setting.
    """
    for statement in statements:
        if statement.is_setting and statement.name != "learning rate":
            continue
        numbers, _ = find_numbers(statement.value)
        if not numbers and not statement.is_setting and parse(statement.name) is None:
            known = [*SETTINGS, *OTHER_NAMES]
            raise at_place(statement.place_of(), UnknownNameError("setting or result", statement.name, known))
        numbers_in(statement)


def lines_of(text: str) -> Iterator[Statement | InputError]:
    """The statements of a sheet written as text; an error in the place of a line that is none."""
    for number, line in enumerate(text.splitlines(), start=1):
        told = line.split("#")[0] if "#" in line else line
        bare = re.sub(r"[`$]|\*\*", lambda marks: " " * len(marks[0]), told)
        if not bare.strip() or set(bare.strip()) <= set("-=|: "):
            continue
        match = STATEMENT.match(bare)
        if match is None:
            column = len(line) - len(line.lstrip()) + 1
            yield InputError(
                f"line {number}, column {column}: this is no statement; write a name, = and numbers: z1 = 0.41, 0.47"
            )
        else:
            yield Statement(tidy_name(match["name"]), match["value"], line.strip(), number, match.start("value") + 1)


def tidy_name(name: str) -> str:
    """A name in the spelling of a trace: δ2 is delta2, ∂C/∂W2 is dW2, W2' and W2+ are W2_new, x is a0."""
    plain = name.strip().strip("*_").strip()
    lower = re.sub(r"\s+", " ", plain.lower())
    if lower in SETTINGS or lower in OTHER_NAMES:
        return OTHER_NAMES.get(lower, lower)
    plain = plain.replace("δ", "delta").replace("σ′", "slope").replace("σ'", "slope")
    plain = plain.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    plain = re.sub(r"^(?:∂|d)(?:C|E|L|loss)?\s*/\s*(?:∂|d)", "d", plain)
    plain = re.sub(r"^∂", "d", plain)
    plain = re.sub(r"^(?:new|updated)\s+(\w+)", r"\1_new", plain, flags=re.I)
    plain = re.sub(r"^(\w+?)[\s_]*(?:\+|'|′|⁺|new)(\[|$)", r"\1_new\2", plain)
    plain = re.sub(r"^da(\d)", r"error\1", plain)
    plain = re.sub(r"^dz(\d)", r"delta\1", plain)
    plain = {"C": "loss", "E": "loss", "L": "loss", "C_new": "loss_new", "E_new": "loss_new"}.get(plain, plain)
    return {"Loss": "loss", "x": "a0", "target": "y", "t": "y"}.get(plain, plain).replace(" ", "")
