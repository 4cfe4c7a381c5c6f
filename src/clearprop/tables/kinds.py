"""What a column of text says, found out from all rows: numbers, dates, times, truths or words.

A file's column is numbers or dates because of how it is written, not because of what it teaches: so all of the table is
looked at, and which words count as missing does not depend on which rows are held out. What is learned of a column
(centre, scale, categories) comes from the training rows alone: `clearprop.tables.fitting`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import TableError
from clearprop.tables import columns, dates, notation
from clearprop.tables.notation import Notation
from clearprop.tables.options import SHEET_ERRORS, ReadOptions

AT_LEAST = 0.9  # share of a text column's values that makes it a column of numbers, or dates, with a few words in it
TOLD = 0.5  # the same that is worth a note where there are more words
MOST_WORDS = 20
SAMPLE = 2000  # different texts that decide whether it is worth looking at all of them
KINDS = ("moment", "number", "time")  # of which the first that explains a text best is taken
MAY_BE_MORE = r"\d|(?i:inf|nan)"  # in every text that says a number, a date or a time
FEWEST_COMPACT = 5  # different whole numbers, all of them dates as 20240131, that are dates
COMPACT = (18_000_101, 22_001_231)
BLANKS = (
    "-", "--", "---", "–", "—", ".", "..", "...", "n.a.", "N.A.", "k.A.", "0000-00-00", "0000-00-00 00:00:00",
    "00/00/0000", "00.00.0000", *SHEET_ERRORS,
)  # missing where numbers or dates are expected; elsewhere, as in blood groups, they may be words  # fmt: skip


class Kind(NamedTuple):
    """What a column says.

    Attributes
    ----------
    name : {"number", "time", "moment", "truth", "text"}
    notation : Notation
        Of numbers.
    order : str
        Of day, month and year, or a format.
    missing_words : tuple of str
        What stands for missing values.
    notes : tuple of str
        What was understood and might surprise.
    doubt : str
        Why it is taken as text though it could be read in two ways, and how to say which.
    padded : tuple of str
        Of texts, which ones differ only in the blanks around them.
    """

    name: str = "text"
    notation: Notation = columns.PLAIN
    order: str = ""
    missing_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubt: str = ""
    padded: tuple[str, ...] = ()


class Counted(NamedTuple):
    """The different texts of a column and how often each occurs."""

    texts: pa.Array
    counts: Any

    def where(self, chosen: Any) -> Counted:
        return Counted(self.texts.filter(pa.array(chosen)), self.counts[chosen])


def counted(column: Any) -> Counted:
    """What a column of text holds, without missing values."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    found = pc.value_counts(column.drop_null())
    return Counted(found.field("values"), found.field("counts").to_numpy())


def kinds(
    table: pa.Table,
    names: Collection[str],
    read: ReadOptions,
    hint: str | None = None,
    *,
    strict: bool = False,
    categories: Collection[str] = (),
    decided: Mapping[str, Kind] | None = None,
) -> dict[str, Kind]:
    """The kinds of these columns, of those whose type does not tell.

    Parameters
    ----------
    table : pyarrow.Table
        All rows, training and held-out.
    names : collection of str
    read : ReadOptions
        What the user said.
    hint : {".", ","}, optional
        The decimal mark that the file is known to have.
    strict : bool
        Refuse a column that can be read in two ways.
    categories : collection of str
        Columns whose values are names, whatever they look like.
    decided : mapping of str to Kind, optional
        What more rows than these say of some columns.

    Raises
    ------
    TableError
        With `strict`, for such a column; the message has both options.
    """
    present = {name: columns.present(table.column(name), read.missing_words) for name in names}
    looked = {name: counted(column) for name, column in present.items() if pa.types.is_string(column.type)}
    found = {name: Kind() if name in categories else kind_of(looked[name], read, hint) for name in looked}
    found.update({name: kind for name, kind in (decided or {}).items() if name in found and name not in categories})
    marks = {kind.notation.decimal for kind in found.values() if kind.name == "number" and _tells(kind)}
    if len(marks) == 1 and hint is None:  # the columns that are clear decide for the others
        mark = marks.pop()
        again = [name for name, kind in found.items() if kind.doubt or (kind.name == "number" and not _tells(kind))]
        found.update({name: kind_of(looked[name], read, mark) for name in again})
    for name, column in present.items():
        if pa.types.is_integer(column.type) and name not in categories and _is_compact(column, read):
            order = read.dates if read.dates is not None and "%" in read.dates else ""
            found[name] = Kind(
                "moment", order=order, notes=(_dates_note(pc.min(column).cast(pa.string()).as_py(), order),)
            )
    for name, kind in found.items():
        if kind.doubt and strict:
            raise TableError(f"column {name!r}: {kind.doubt}")
        if kind.name == "text" and name in looked:
            found[name] = kind._replace(padded=_padded(looked[name].texts))
    return found


def _padded(texts: pa.Array) -> tuple[str, ...]:
    """A sentence about texts that are one value because blanks around them do not count, if there are such."""
    trimmed = pc.utf8_trim_whitespace(texts)
    differ = pc.not_equal(trimmed, texts)
    both = pc.is_in(trimmed, value_set=pc.unique(trimmed.filter(differ)))
    groups: dict[str, list[str]] = {}
    for text, bare in zip(texts.filter(both).to_pylist(), trimmed.filter(both).to_pylist(), strict=True):
        groups.setdefault(bare, []).append(text)
    same = [sorted(group) for group in groups.values() if len(group) > 1]
    if not same:
        return ()
    shown = ", ".join(" and ".join(map(repr, group[:4])) for group in same[:3]) + (", …" if len(same) > 3 else "")
    return (f"{shown} differ only in the blanks around them and count as one value",)


def _tells(kind: Kind) -> bool:
    return kind.notation.decimal == "," or kind.notation.thousands != ""


def kind_of(found: Counted, read: ReadOptions, hint: str | None = None) -> Kind:
    """The kind of a column that holds these texts."""
    trimmed = pc.utf8_trim_whitespace(found.texts)
    blank = pc.is_in(trimmed, value_set=pa.array(BLANKS)).to_numpy(zero_copy_only=False)
    rest = found.where(~blank)
    if not len(rest.texts):
        return Kind()
    lower = pc.utf8_lower(pc.utf8_trim_whitespace(rest.texts))
    if not blank.any() and pc.all(pc.is_in(lower, value_set=pa.array(["true", "false"]))).as_py():
        return Kind("truth")
    likely = _likely(rest, read, hint)
    blanks = found.where(blank)
    best: tuple[float, Kind] = (0.0, Kind())
    for name in likely:
        share, kind = _tried(name, rest, blanks, read, hint)
        if share > best[0]:
            best = share, kind
    return best[1]


def _likely(found: Counted, read: ReadOptions, hint: str | None) -> tuple[str, ...]:
    """What the texts may be, besides words, by a look at some of them where there are many."""
    if not pc.any(pc.match_substring_regex(found.texts, MAY_BE_MORE)).as_py():
        return ()
    if len(found.texts) <= SAMPLE:
        return KINDS
    sample = Counted(found.texts[:SAMPLE], found.counts[:SAMPLE])
    return tuple(name for name in KINDS if _share(sample, _known(name, sample, read, hint)[0]) >= TOLD / 2)


def _share(found: Counted, known: Any) -> float:
    return float(found.counts[known].sum() / found.counts.sum())


def _known(name: str, found: Counted, read: ReadOptions, hint: str | None) -> tuple[Any, Any]:
    """Which texts are of a kind, bool (n,), and how they are written."""
    if name == "number":
        numbers = notation.sniff(found.texts, found.counts, read.decimal, hint)
        return notation.parsed(found.texts, numbers.notation)[1], numbers
    if name == "time":
        return ~np.isnan(dates.lengths(found.texts)), None
    order = dates.sniff(found.texts, found.counts, read.dates)
    return ~np.isnan(dates.seconds(found.texts, order.order)), order


def _tried(name: str, rest: Counted, blanks: Counted, read: ReadOptions, hint: str | None) -> tuple[float, Kind]:
    """The share of the texts that are of this kind, and the column as that kind; or as text, with a note of it."""
    known, how = _known(name, rest, read, hint)
    words = rest.where(~known)
    share = _share(rest, known)
    n_words, total = int(words.counts.sum()), int(rest.counts.sum() + blanks.counts.sum())
    what = {"number": "numbers", "moment": "dates", "time": "times"}[name]
    if share < AT_LEAST or len(words.texts) > MOST_WORDS:
        if share < TOLD or (name == "moment" and not how.order and not known.any()):
            return 0.0, Kind()
        some = _shown(words)
        note = f"{total - n_words:,} of {total:,} values are {what} and the others words ({some})"
        return share, Kind(notes=(note,))
    missing = tuple(sorted({*words.texts.to_pylist(), *blanks.texts.to_pylist()}))
    both = Counted(pa.concat_arrays([words.texts, blanks.texts]), np.concatenate([words.counts, blanks.counts]))
    notes: tuple[str, ...] = ()
    if missing:
        n_missing = int(both.counts.sum())
        are, counts = (f"is no {what[:-1]}", "counts") if n_missing == 1 else (f"are not {what}", "count")
        notes = (f"{n_missing:,} of {total:,} values {are} ({_shown(both)}) and {counts} as missing",)
    clear = rest.where(known)
    if name == "number":
        return share, _numbers(clear, how, missing, notes)
    if name == "time":
        return share, Kind("time", Notation(unit=columns.TIME), "", missing, notes)
    return share + 1e-9, _moments(clear, how, missing, notes)  # 20240131 is a number too


def _numbers(found: Counted, how: notation.Found, missing: tuple[str, ...], notes: tuple[str, ...]) -> Kind:
    style = how.notation
    if how.other is not None:
        shown = _first(found, r"[.,]")
        doubt = (
            f"{shown!r} may be {_value(shown, style):,g} or {_value(shown, how.other):,g}: say which by "
            "--decimal '.' or --decimal ','"
        )
        return Kind(doubt=doubt)
    if str(style):
        shown = _first(found, "[^0-9-]")
        notes = (f"numbers with {style} ({shown!r} is read as {_value(shown, style):.15g})", *notes)
    return Kind("number", style, "", missing, notes)


def _value(text: str, style: Notation) -> float:
    return float(notation.parsed(pa.array([text]), style)[0][0])


def _first(found: Counted, pattern: str) -> str:
    """The first of the texts that has this in it."""
    fits = pc.match_substring_regex(found.texts, pattern)
    chosen = found.texts.filter(fits) if pc.any(fits).as_py() else found.texts
    return str(chosen[0].as_py())


def _moments(found: Counted, how: dates.Found, missing: tuple[str, ...], notes: tuple[str, ...]) -> Kind:
    shown = str(found.texts[0].as_py())
    if how.others:
        each = [how.order, *how.others]
        read = [dates.seconds(found.texts, order) for order in each]
        shown = str(found.texts[int(np.argmax(read[0] != read[1]))].as_py())
        said = " or ".join(f"{dates.day(shown, order)} (--dates {order})" for order in each)
        return Kind(doubt=f"{shown!r} may be {said}: say which")
    if dates.day(shown, how.order) != shown[:10]:
        notes = (_dates_note(shown, how.order), *notes)
    return Kind("moment", columns.PLAIN, how.order, missing, notes)


def _dates_note(shown: str, order: str) -> str:
    return f"dates ({shown!r} is read as {dates.day(shown, order)})"


def _shown(found: Counted) -> str:
    """The most frequent of the texts."""
    order = np.argsort(-found.counts, kind="stable")[:5]
    some = ", ".join(repr(found.texts[int(place)].as_py()[:30]) for place in order)
    return some + (", …" if len(found.texts) > len(order) else "")


def _is_compact(column: pa.ChunkedArray, read: ReadOptions) -> bool:
    """Whether whole numbers are dates written as 20240131, or in the user's format."""
    asked = read.dates if read.dates is not None and "%" in read.dates else ""
    if asked:
        if not all(part in asked for part in "md") or not asked.replace("%", "").isalpha():
            return False
    else:
        ends = pc.min_max(column).as_py()
        if ends["min"] is None or ends["min"] < COMPACT[0] or ends["max"] > COMPACT[1]:
            return False
    texts = pc.unique(column).drop_null().cast(pa.string())
    return len(texts) >= FEWEST_COMPACT and not np.isnan(dates.seconds(texts, asked)).any()
