"""The faults of a sheet: each with its place, cause and cure in every language, and all of them told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from clearprop.errors import InputError
from clearprop.explain.words.message import Listed, Message, told

MOST_TOLD = 20
MOST_LINES = 7  # lines named in one message
Refusal = TypeVar("Refusal", bound=InputError)


def place_at(line: int, column: int) -> Message:
    """ "line 3, column 10"."""
    return Message("sheet_place", line=line, column=column)


def fault(key: str, place: Message | None = None, **fields: Any) -> InputError:
    """An error that says what is wrong, and where.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.faults import fault, place_at
    >>> print(fault("sheet_no_number", place_at(3, 7), word="oops"))
    line 3, column 7: 'oops' is not a number
    """
    what = Message(key, **fields)
    return InputError(what if place is None else Message("sheet_at", place=place, what=what))


def placed_at(place: Message, error: Refusal) -> Refusal:
    """The error, its message opening with a place."""
    error.args = (Message("sheet_at", place=place, what=told(error)),)
    return error


def lines_told(lines: Iterable[int]) -> Message:
    """Lines for a message: "line 3", "lines 3, 4 and 7"."""
    shown = sorted(set(lines))
    if len(shown) == 1:
        return Message("sheet_line", line=shown[0])
    more = [] if len(shown) <= MOST_LINES else [Message("list_more", n=len(shown) - MOST_LINES + 1)]
    return Message("sheet_lines", lines=Listed(*(shown if not more else shown[: MOST_LINES - 1]), *more))


def hint_at(near: str | None) -> Message:
    """What may have been meant by a name that there is not."""
    return Message("sheet_did_you_mean", near=near) if near else Message("sheet_results_are")


class Faults:
    """Gathers errors while a sheet is read; one gatherer serves one reading."""

    def __init__(self) -> None:
        self.errors: list[InputError] = []

    def add(self, error: InputError) -> None:
        """Keep one more, unless it says what another says already."""
        if str(error) not in map(str, self.errors):
            self.errors.append(error)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """A block whose error is kept instead of raised."""
        try:
            yield
        except InputError as error:
            self.add(error)

    def tell(self) -> None:
        """Raise what was found, in the order of lines; nothing where nothing was.

        Raises
        ------
        InputError
            The one fault as it is, or one error that tells all.
        """
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            found = sorted(self.errors, key=_line)
            texts = [told(error) for error in found[:MOST_TOLD]]
            if len(found) > MOST_TOLD:
                texts.append(Message("sheet_more_faults", n=len(found) - MOST_TOLD))
            raise InputError(Listed(*texts, joint="list_lines"))


def _line(error: InputError) -> int:
    found = re.match(r"line (\d+)", str(error))
    return int(found[1]) if found else 10**9
