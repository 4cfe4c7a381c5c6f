"""The faults of a sheet, gathered so that all of them are told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from clearprop.errors import InputError

MOST_TOLD = 20


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
            told = sorted(self.errors, key=_line)
            texts = [str(error) for error in told[:MOST_TOLD]]
            if len(told) > MOST_TOLD:
                texts.append(f"… and {len(told) - MOST_TOLD} more faults")
            raise InputError("\n".join(texts))


def _line(error: InputError) -> int:
    found = re.match(r"line (\d+)", str(error))
    return int(found[1]) if found else 10**9
