"""How a table is to be read where that cannot be seen, or was seen wrongly: what a user can say about a file."""

from __future__ import annotations

import codecs
import datetime
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from clearprop.errors import InputError, ModelFileError, UnknownNameError

ORDERS = ("dmy", "mdy", "ymd")

# What counts as missing in every column, wherever the table comes from.
MISSING = (
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "NaN", "nan", "-nan", "-NaN", "NULL", "null", "None", "?", "\\N", "<NA>",
    "NaT",
)  # fmt: skip


# What Excel and its kin write where a formula has no value.
SHEET_ERRORS = ("#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


def is_order(text: object) -> bool:
    """Whether dates may be written so: an order of day, month and year, or a format of `strptime` that reads its own.

    Examples
    --------
    >>> from clearprop.tables.options import is_order
    >>> is_order("dmy"), is_order("%d.%m.%Y"), is_order("%d %d"), is_order("%q")
    (True, True, False, False)
    """
    if not isinstance(text, str) or "%" not in text:
        return text in ORDERS
    try:
        datetime.datetime.strptime(datetime.datetime(2024, 12, 31).strftime(text), text)
    except (ValueError, re.error):  # re.error for a part that is named twice
        return False
    return True


@dataclass(frozen=True)
class ReadOptions:
    """What is known of how a table is written; None for what is to be found out.

    Parameters
    ----------
    decimal : {".", ","}, optional
        Between whole and part of a number.
    separator : str, optional
        One character between the columns of a text file; " " stands for any number of blanks, "  " for at least two.
    dates : {"dmy", "mdy", "ymd"} or str, optional
        The order of day, month and year or, with a ``%`` in it, the format as of `datetime.strptime`.
    missing : tuple of str, optional
        Words that count as missing, instead of the usual ones; an empty field always does.
    header : bool, optional
        Whether the first line of a text file names the columns.
    encoding : str, optional
        Of a text file, as Python names it.

    Examples
    --------
    >>> from clearprop.tables import ReadOptions
    >>> ReadOptions.of({"decimal": ",", "dates": "dmy"}).decimal
    ','
    """

    decimal: str | None = None
    separator: str | None = None
    dates: str | None = None
    missing: tuple[str, ...] | None = None
    header: bool | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in (None, ".", ","):
            raise InputError(f"the decimal mark is '.' or ',', not {self.decimal!r}")
        if self.separator not in (None, "  "):
            if not isinstance(self.separator, str) or len(self.separator) != 1:
                raise InputError(f"the separator must be one character, as ';', not {self.separator!r}")
            if self.separator in ('"', "\n", "\r") or ord(self.separator) > 127:
                raise InputError(f"{self.separator!r} cannot separate columns")
        if self.dates is not None and not is_order(self.dates):
            raise InputError(f"dates are dmy, mdy, ymd or a format as %d.%m.%Y, not {self.dates!r}")
        if self.missing is not None and not all(isinstance(word, str) for word in self.missing):
            raise InputError(f"the words that count as missing must be text, not {self.missing!r}")
        if self.header not in (None, True, False):
            raise InputError(f"header must be True or False, not {self.header!r}")
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except (LookupError, TypeError):
                raise InputError(f"there is no encoding {self.encoding!r}; try utf-8, cp1252 or utf-16") from None

    @property
    def missing_words(self) -> tuple[str, ...]:
        """What counts as missing in every column."""
        return MISSING if self.missing is None else ("", *self.missing)

    @classmethod
    def of(cls, given: Mapping[str, Any] | ReadOptions | None) -> ReadOptions:
        """The options that a mapping names.

        Raises
        ------
        InputError
            For a name that there is not (the nearest is offered), or a value that cannot be.
        """
        if given is None or isinstance(given, ReadOptions):
            return given or cls()
        if not isinstance(given, Mapping):
            raise InputError(f"read must be a mapping, as {{'decimal': ','}}, not {given!r}")
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                raise UnknownNameError("way to read", name, known)
        chosen = dict(given)
        words = chosen.get("missing")
        if words is not None:
            chosen["missing"] = (words,) if isinstance(words, str) else tuple(words)
        return cls(**chosen)

    def over(self, other: ReadOptions) -> ReadOptions:
        """These options, with `other`'s where these say nothing."""
        mine = {name: value for name, value in asdict(self).items() if value is not None}
        return ReadOptions(**{**asdict(other), **mine})

    def to_json(self) -> dict[str, Any]:
        """What was said, as JSON holds it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def from_json(cls, spec: object) -> ReadOptions:
        """The options that `to_json` wrote; raises ModelFileError for anything else."""
        if isinstance(spec, dict) and all(isinstance(name, str) for name in spec):
            words = spec.get("missing")
            if words is None or (isinstance(words, list) and all(isinstance(word, str) for word in words)):
                try:
                    return cls.of(spec)
                except (InputError, TypeError):
                    pass
        raise ModelFileError("the description of how the table is read is damaged")


AS_SEEN = ReadOptions()
