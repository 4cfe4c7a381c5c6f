"""Tables that a page sends: read in memory, never written, and never opened by a name that somebody else chose."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import pyarrow as pa

from clearprop.lab import limits
from clearprop.lab.building import number
from clearprop.lab.refusals import LabError, NotFoundError
from clearprop.lab.rows import Rows
from clearprop.lab.sent import ENDINGS, check_size
from clearprop.lab.tables_of import rows_of_table
from clearprop.tables import Reading
from clearprop.tables.reading import read_content

MOST_KEPT = 3
LONGEST_NAME = 80


def plain_name(name: str) -> str:
    """The last part of a name, without what terminals and pages could take for more than letters.

    Examples
    --------
    >>> from clearprop.lab.uploads import plain_name
    >>> plain_name("../../etc/houses.csv"), plain_name("C:\\\\\\\\data\\\\\\\\houses.csv")
    ('houses.csv', 'houses.csv')
    """
    last = PurePosixPath(PureWindowsPath(name).name).name
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:]


@dataclass
class Uploads:
    """The tables that were sent, the last few of them."""

    kept: OrderedDict[str, tuple[str, Reading]] = field(default_factory=OrderedDict)
    count: int = 0

    def take(self, name: str, content: bytes) -> dict[str, Any]:
        """Read a table, and say what is in it.

        Parameters
        ----------
        name : str
            Only its ending is used.
        content : bytes

        Raises
        ------
        LabError, TableError
            When it cannot be read, or is more than the lab takes.
        """
        shown = plain_name(name) or "table.csv"
        ending = PurePosixPath(shown).suffix.lower()
        if ending not in ENDINGS:
            raise LabError(f"the page takes {', '.join(ENDINGS)}; start with other files: clearprop lab FILE")
        check_size(ending, content)
        reading = read_content(shown, content)
        limits.check_most("rows", reading.table.num_rows, limits.ROWS, "take fewer")
        limits.check_most("columns", reading.table.num_columns, limits.COLUMNS, "leave some out")
        self.count += 1
        key = f"u{self.count}"
        self.kept[key] = shown, reading
        while len(self.kept) > MOST_KEPT:
            self.kept.popitem(last=False)
        columns = [
            {"name": column, "kind": _kind(reading.table.schema.field(column).type), "target": True, "why_not": None}
            for column in reading.table.column_names
        ]
        return {"upload": key, "name": shown, "columns": columns, "rows": reading.table.num_rows,
                "default_target": reading.default_target, "notes": list(reading.notices)}  # fmt: skip

    def rows(self, asked: Mapping[str, Any]) -> Rows:
        """The rows of a table that was sent: ``{"kind": "upload", "upload": "u1", "target": "price"}``."""
        key, target = asked.get("upload"), asked.get("target")
        if key not in self.kept:
            raise NotFoundError("this table is not here any more: send it again")
        name, reading = self.kept[str(key)]
        if not isinstance(target, str) or target not in reading.table.column_names:
            raise LabError(f"target must be a column: {', '.join(reading.table.column_names[:20])}")
        share = number("validation", asked.get("validation", 0.2))
        if share is None or not 0 <= share <= 0.9:
            raise LabError(f"validation must be a share from 0 to 0.9, not {share!r}")
        return rows_of_table(reading, name, target, share)


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "truth"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return "numbers"
    return "time" if pa.types.is_temporal(kind) else "text"
