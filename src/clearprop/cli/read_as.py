"""The options that say how a file is written, the same for every command that reads a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from clearprop.cli import exits

if TYPE_CHECKING:
    from clearprop.tables import ReadOptions


@Parameter(name="*", group="How the file is written, where that cannot be seen")
@dataclass(frozen=True)
class ReadAs:
    """How a file is written, as options of a command.

    Parameters
    ----------
    separator
        The character between the columns; "tab" for a tab, "blank" for any number of blanks, "blanks" for two or more.
    decimal
        The decimal mark of numbers: . or ,
    dates
        The order of dates: dmy, mdy, ymd, or a format as %d.%m.%Y.
    missing
        A word that counts as missing, instead of the usual ones (NA, NaN, NULL, ?, …); may be given several times. An
        empty field always does.
    header
        Whether the first line names the columns.
    encoding
        Of the text, as cp1252 or utf-16.
    """

    separator: str | None = None
    decimal: Literal[".", ","] | None = None
    dates: str | None = None
    missing: Annotated[list[str] | None, Parameter(negative="", allow_leading_hyphen=True)] = None
    header: Annotated[bool | None, Parameter(negative="--no-header")] = None
    encoding: str | None = None

    def options(self) -> ReadOptions:
        """The same for whoever reads; raises UsageError for what cannot be."""
        from clearprop.tables import ReadOptions

        separator = {"tab": "\t", "\\t": "\t", "blank": " ", "blanks": "  "}.get(self.separator or "", self.separator)
        with exits.asking():
            return ReadOptions(
                decimal=self.decimal,
                separator=separator,
                dates=self.dates,
                missing=None if self.missing is None else tuple(self.missing),
                header=self.header,
                encoding=self.encoding,
            )


AS_SEEN = ReadAs()
