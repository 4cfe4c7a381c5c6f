"""Statements: the lines of a sheet, each a name and a value with the place where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from clearprop.errors import InputError
from clearprop.explain.checking.worksheets.faults import fault, place_at, placed_at
from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.values import readings
from clearprop.explain.words.message import Message


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
    said : str
        The name as it was written; "" where it is `name`.
    is_setting : bool
        Whether it describes the network and is no number of it.
    """

    name: str
    value: str
    text: str
    line: int
    column: int
    said: str = ""
    is_setting: bool = False

    def place_of(self, position: int = 0) -> Message:
        """Where so many letters of the value have been read, for messages: "line 3, column 10"."""
        before = self.value[:position]
        if "\n" not in before:
            return place_at(self.line, self.column + position)
        return place_at(self.line + before.count("\n"), position - before.rfind("\n"))

    def wrong(self, key: str, **fields: Any) -> InputError:
        """An error that says where it is; the arguments are those of a `Message`."""
        return fault(key, self.place_of(), **fields)

    def refused(self, error: InputError) -> InputError:
        """The error of somebody who did not know where its cause stands, saying that first."""
        return placed_at(self.place_of(), error)

    @property
    def written(self) -> str:
        """The name as it was written."""
        return self.said or self.name


def numbers_in(statement: Statement) -> list[WrittenNumber]:
    """The numbers of a value, in order; brackets and separators are looked over.

    Raises
    ------
    InputError
        Where something else stands among them, with its line and column.
    """
    value = readings(statement.value)[0]
    if value.unread is not None:
        position, word = value.unread
        raise fault("sheet_no_number", statement.place_of(position), word=word)
    return [WrittenNumber.read(item.text, statement.place_of(item.position)) for item in value.items]


def with_commas_between(statement: Statement, count: int) -> Statement:
    """The statement, its commas no decimal marks where only so it holds as many numbers: 0,1 is 0 and 1 of two."""
    first, *others = readings(statement.value)
    if len(first.items) == count or not any(len(other.items) == count for other in others):
        return statement
    between = re.sub(r"(?<=\d),(?=\d)", " ", statement.value)
    return replace(statement, value=between) if first.decimal_comma else statement


@lru_cache(maxsize=8192)
def tidy_name(name: str) -> str:
    """A name in the spelling of a trace: δ2 is delta2, ∂C/∂W2 is dW2, W2' and W2+ are W2_new, x is a0."""
    plain = name.strip().strip("*_").strip()
    plain = plain.replace("δ", "delta").replace("σ′", "slope").replace("σ'", "slope")
    plain = plain.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    plain = re.sub(r"^(?:∂|d)(?:C|E|L|loss)?\s*/\s*(?:∂|d)", "d", plain)
    plain = re.sub(r"^∂", "d", plain)
    plain = re.sub(r"^(?:new|updated)\s+(\w+)", r"\1_new", plain, flags=re.I)
    plain = re.sub(r"^(\w+?)[\s_]*(?:\+|'|′|⁺|new)(\[|$)", r"\1_new\2", plain)
    plain = re.sub(r"^da(\d)", r"error\1", plain)
    plain = re.sub(r"^dz(\d)", r"delta\1", plain)
    plain = {"C": "loss", "E": "loss", "L": "loss", "C_new": "loss_new", "E_new": "loss_new"}.get(plain, plain)
    return {"Loss": "loss", "x": "a0", "X": "a0", "target": "y", "t": "y", "Y": "y"}.get(plain, plain).replace(" ", "")
