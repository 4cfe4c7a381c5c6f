"""Writing a CSV file of any size as Parquet, which can be read in pieces: some lines at a time, twice.

The first time tells which columns hold numbers in every line; all others stay texts, and what these say (dates, numbers
with thousands apart, truths) is found out where they are learned from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables.csv_files import READ_AS_THEY_ARE, clearer, encoding_of, head_of
from clearprop.tables.csv_form import BLANKS, Form, form_of
from clearprop.tables.naming import check_names
from clearprop.tables.options import ReadOptions
from clearprop.tables.source import Source, lines_of, source_of

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat")
ROWS_OF_GROUP = 100_000  # that are written together: many groups, which training mixes
BLOCK = 2**22  # bytes of text that are read together


class Convertible(NamedTuple):
    """A text file that can be read in pieces, and how.

    Attributes
    ----------
    source : Source
    form : Form
    encoding : str
    options : ReadOptions
    notices : tuple of str
    """

    source: Source
    form: Form
    encoding: str
    options: ReadOptions
    notices: tuple[str, ...]

    def write(self, sink: BinaryIO) -> None:
        """Write it as Parquet.

        Raises
        ------
        TableError
            For a line that has too many values or too few, or text in another encoding.
        """
        import pyarrow.parquet

        types, writer, waiting = self._types(), None, 0
        parts: list[pa.RecordBatch] = []
        try:
            for batch in self._batches(types):
                writer = writer or pyarrow.parquet.ParquetWriter(sink, batch.schema)
                parts.append(batch)
                waiting += len(batch)
                if waiting >= ROWS_OF_GROUP:
                    writer.write_table(pa.Table.from_batches(parts))
                    parts, waiting = [], 0
            if writer is None:
                raise TableError(f"{self.source} has no rows")
            if parts:
                writer.write_table(pa.Table.from_batches(parts))
        finally:
            if writer is not None:
                writer.close()

    def _types(self) -> dict[str, pa.DataType]:
        """The type of each column: numbers where every value is one."""
        found: dict[str, pa.DataType] = {}
        for batch in self._batches({}):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                found[name] = _type_of(column, found.get(name, pa.int64()), self.form.decimal or ".")
        return found

    def _batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """The rows, as texts but for columns whose type is known."""
        import pyarrow.csv

        form, names = self.form, list(self.form.names) or self._names()
        options = {
            "read_options": pyarrow.csv.ReadOptions(
                encoding=self.encoding,
                skip_rows=form.skip + (0 if form.names else 1),
                column_names=names,
                block_size=BLOCK,
                use_threads=False,
            ),
            "parse_options": pyarrow.csv.ParseOptions(
                delimiter=form.separator, quote_char=form.quote, newlines_in_values=True
            ),
            "convert_options": pyarrow.csv.ConvertOptions(
                null_values=list(self.options.missing_words),
                strings_can_be_null=True,
                decimal_point=form.decimal or ".",
                column_types={name: types.get(name, pa.string()) for name in names},
            ),
        }
        try:
            with pyarrow.csv.open_csv(self.source.input(), **options) as reader:
                yield from reader
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise clearer(self.source, error) from None

    def _names(self) -> list[str]:
        import csv

        lines = lines_of(head_of(self.source, self.encoding))
        reader = csv.reader(lines[self.form.skip :], delimiter=self.form.separator, quotechar=self.form.quote)
        names = [name.strip() or f"unnamed {number}" for number, name in enumerate(next(reader), start=1)]
        check_names(self.source, names)
        return names


def convertible(path: Path, options: ReadOptions) -> Convertible:
    """How a text file is read in pieces.

    Raises
    ------
    TableError
        When it is not text in columns, or written so that all of it must be read at once.

    Examples
    --------
    >>> import io, pathlib, tempfile, pyarrow.parquet
    >>> from clearprop.tables.conversion import convertible
    >>> from clearprop.tables.options import ReadOptions
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pets.csv"
    >>> _ = path.write_text("kind;weight\\ncat;4,2\\ndog;\\n")
    >>> sink = io.BytesIO()
    >>> convertible(path, ReadOptions()).write(sink)
    >>> pyarrow.parquet.read_table(sink).to_pydict()
    {'kind': ['cat', 'dog'], 'weight': [4.2, None]}
    """
    source = source_of(path)
    if Path(source.name).suffix.lower() not in SUFFIXES or (source.held is None and path.suffix.lower() == ".zip"):
        raise TableError(f"{path} is not text in columns, which alone is written as Parquet: {', '.join(SUFFIXES)}")
    encoding, notices = encoding_of(source, options)
    if encoding not in READ_AS_THEY_ARE:
        raise TableError(f"{path} is text in {encoding}: save it as UTF-8 to have it written as Parquet")
    separator = "\t" if Path(source.name).suffix.lower() in (".tsv", ".tab") else None
    form = form_of(source, head_of(source, encoding), options, separator, ())
    if form.separator in BLANKS or form.marks is not None or form.comments:
        raise TableError(
            f"{path} has columns apart by blanks, comments, or lines that describe its columns, and so is only read "
            "into memory: save it as CSV with commas"
        )
    return Convertible(source, form, encoding, options, (*notices, *form.notices))


def _type_of(column: pa.Array, so_far: pa.DataType, decimal: str) -> pa.DataType:
    """What these values can be, if those before can be this."""
    if decimal != ".":
        column = pc.replace_substring(column, decimal, ".")
    for kind in (pa.int64(), pa.float64()):
        if so_far == pa.string() or (so_far == pa.float64() and kind == pa.int64()):
            continue
        try:
            column.cast(kind)
        except pa.ArrowInvalid:
            continue
        return kind
    return pa.string()
