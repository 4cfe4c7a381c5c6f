"""The lines of a text file as rows of a table, by pyarrow; comments and empty lines among them are counted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.tables.csv_form import Form
from clearprop.tables.options import ReadOptions
from clearprop.tables.source import Source

LARGEST_BLOCK = 2**30  # bytes; pyarrow counts them in 32 bits


class Lines:
    """A text file whose form is known.

    Parameters
    ----------
    source : Source
    form : Form
    text_columns : collection of str
        Columns to leave as text.
    options : ReadOptions
    """

    def __init__(self, source: Source, form: Form, text_columns: Collection[str], options: ReadOptions) -> None:
        self.source = source
        self.form = form
        self.text_columns = text_columns
        self.options = options
        self.n_comments = self.n_empty = 0  # lines among the rows that are none

    @property
    def said(self) -> tuple[str, ...]:
        """What there is to say of lines that are no rows, after `read`."""
        found = (("empty line", "empty lines", self.n_empty), ("comment", "lines of comments", self.n_comments))
        return tuple(f"{n:,} {one if n == 1 else many} among the rows, skipped" for one, many, n in found if n)

    def read(self, encoding: str) -> pa.Table:
        """The table, with types found from the first block of the file and, if a later one does not fit, from all.

        Raises
        ------
        pyarrow.ArrowInvalid, UnicodeDecodeError
            Where a line does not fit (its number is in the message), or the text is in another encoding.
        """
        how: dict[str, Any] = {}
        while True:
            try:
                found = self._attempt(encoding, **how)
                break
            except (pa.ArrowInvalid, UnicodeDecodeError) as error:
                if "use_threads" in how or "invalid UTF8" in str(error):
                    raise
                if "conversion error" in str(error) and "block_size" not in how:
                    how["block_size"] = LARGEST_BLOCK
                    continue
                if encoding == "utf-8":
                    self.source.content().decode("utf-8")  # pyarrow decodes the lines that it shows, and cannot fail
                how["use_threads"] = False  # one thread knows the number of a line, many do not
        empty = _empty_rows(found) if self.form.n_columns > 1 else None
        if empty is not None:  # lines without anything are such rows to pyarrow, those of separators alone too
            n_rows, at_the_end = found.num_rows, int(np.argmin(empty[::-1]))
            found = self._attempt(encoding, **how, ignore_empty=True)
            self.n_empty += max(0, n_rows - found.num_rows - at_the_end)
        return found

    def _handled(self, row: Any) -> str:
        """What to do with a line that has too many values or too few."""
        if not row.text.strip():
            self.n_empty += 1
        elif self.form.comments and row.text.startswith("#"):
            self.n_comments += 1
        else:
            return "error"
        return "skip"

    def _attempt(self, encoding: str, *, ignore_empty: bool = False, **how: Any) -> pa.Table:
        import pyarrow.csv

        self.n_comments = self.n_empty = 0
        return pyarrow.csv.read_csv(
            self.source.input(),
            read_options=pyarrow.csv.ReadOptions(
                encoding=encoding, skip_rows=self.form.skip, column_names=list(self.form.names) or None, **how
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.form.separator,
                quote_char=self.form.quote,
                newlines_in_values=True,
                ignore_empty_lines=ignore_empty,
                invalid_row_handler=self._handled if "use_threads" in how else None,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                null_values=list(self.options.missing_words),
                strings_can_be_null=True,
                decimal_point=self.form.decimal or ".",
                column_types={name: pa.string() for name in self.text_columns},
            ),
        )


def _empty_rows(table: pa.Table) -> Any:
    """Which rows have no value, bool (n_rows,); None where all have one."""
    try:
        columns = table.columns
    except UnicodeDecodeError:  # of a name: it will be read anew, in another encoding
        return None
    if not columns or not all(column.null_count for column in columns):
        return None
    empty = np.ones(table.num_rows, dtype=bool)
    for column in columns:
        empty &= column.is_null().to_numpy()
        if not empty.any():
            return None
    return empty
