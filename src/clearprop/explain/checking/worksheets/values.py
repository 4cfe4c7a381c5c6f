"""The value of a statement: its numbers in order, the shape they were written in, and what was left open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from clearprop.explain.checking.worksheets.numbers import COMMA, FRACTION, PLAIN, REST, VULGAR

SEPARATORS = r"\s,;\[\](){}|"
SIGN = r"(?:(?:(?<=[,;\[({|])|(?<=^))\s*[-+−–]\s*|[-+−–](?=[\d.,½⅓¼\\]))?"
UNKNOWN = r"(?:[iI][dD][kK]|[nN]/[aA]|TBD|tbd|dunno|不知道|不会做?)(?![^\W_])"  # said instead of a number
BLANK = UNKNOWN + r"|[\[(]\s+[\])]|(?:\\?_){2,}(?:\\?_)*|\?+|□+|＿+|\\ldots|\\dots|\.{3,}|…+|⋮|⋱|\\vdots"
ELIDED = ("…", "...", "⋮", "⋱", "\\vdots", "\\ldots", "\\dots")
AND = re.compile(r"(?<=[\d\s_])(?:and|und|et|或|和|与|及)(?=[\d\s−–+._-])")
WRAPPER = re.compile(r"(?:(?:np|numpy|torch|tf|jnp)\.)?(?:array|tensor|Tensor|matrix|float(?:32|64))\s*\(")
OPTION = re.compile(r",\s*(?:dtype|requires_grad|grad_fn|device|shape)\s*=\s*(?:<[^<>]*>|\([^()]*\)|[^,()\s]+)")
NOTE = re.compile(r"\(\s*([^\W\d_][^()\[\]{}]{0,200})\)\s*[.,;]?\s*$")
NUMBERING = re.compile(
    r"(?<=[\d\])}%])(?:\s*(?:\.{2,}|…+|·{2,}))?\s+\(\d{1,2}\)\s*[.,;]?\s*$"
)  # 0.41 (3): of an equation
MATRIX = re.compile(r"\\(begin|end)\s*\{[bpvBV]?(?:small)?matrix\}|\\(?:left|right|[bB]igg?[lr]?)(?=[\[\](){}|.])\.?")
NUMBERS = {
    comma: re.compile(
        rf"(?P<fraction>{SIGN}(?:{FRACTION.pattern.removeprefix('([-+−–]?)')}))(?![\d/])"
        rf"|(?P<vulgar>{SIGN}{VULGAR})|(?P<number>{SIGN}{COMMA if comma else PLAIN}{REST})|(?P<blank>{BLANK})"
    )
    for comma in (False, True)
}
TRANSPOSE = re.compile(r"(?<=[\])}])\s*(?:\^\s*\{?\s*\\?(?:T|top|mathsf\{T\})\s*\}?|ᵀ|\.T)[\s.;,]*$")
TIGHT_COMMA = re.compile(r"\d,\d")
TIGHT_COMMAS = re.compile(r"(?<=\d),(?=\d)")
POINT = re.compile(r"\d\.\d|(?<![\d.])\.\d")


class Item(NamedTuple):
    """A number, a blank or something unread, with its place in the value.

    Attributes
    ----------
    kind : {"number", "blank", "elided"}
    text : str
    position : int
    """

    kind: str
    text: str
    position: int


class Value(NamedTuple):
    """What stands behind a name.

    Attributes
    ----------
    rows : tuple of tuple of Item
        One row for a plain list.
    is_matrix : bool
        Whether it was written in rows: ``[[1, 2], [3, 4]]``, ``[1 2; 3 4]``, or line by line.
    unread : (int, str) or None
        The first thing in it that is no number, and where it begins.
    decimal_comma : bool
    """

    rows: tuple[tuple[Item, ...], ...]
    is_matrix: bool
    unread: tuple[int, str] | None
    decimal_comma: bool

    @property
    def items(self) -> tuple[Item, ...]:
        """All in order."""
        return tuple(item for row in self.rows for item in row)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape it was written in."""
        return (len(self.rows), len(self.rows[0])) if self.is_matrix and self.rows else (len(self.items),)

    @property
    def is_open(self) -> bool:
        """Whether some numbers are left out without being counted."""
        return any(item.kind == "elided" for item in self.items)


@lru_cache(maxsize=1024)  # a sheet is read several times, and each time a value more than once
def readings(text: str) -> tuple[Value, ...]:
    """The ways in which a value can be read, the likelier first: a comma may separate numbers or be their decimal mark.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.values import readings
    >>> [[item.text for item in value.items] for value in readings("0,6011, 0,6154")]
    [['0', '6011', '0', '6154'], ['0,6011', '0,6154']]
    >>> readings("[0.5, oops]")[0].unread
    (6, 'oops')
    """
    turned = TRANSPOSE.search(text)
    if turned is not None:
        return tuple(map(_transposed, _ways(without_dress(text[: turned.start()]))))  # a second mark is no number
    return tuple(_ways(without_dress(text)))


def _ways(bare: str) -> list[Value]:
    """The ways in which a value can be read that nothing surrounds."""
    if not TIGHT_COMMA.search(bare):
        return [_read(bare, False)]
    if POINT.search(bare):  # 0,41, 0.47: some decimal marks of a list may be commas all the same
        mixed = _read(TIGHT_COMMAS.sub(".", bare), False)._replace(decimal_comma=True)
        return [_read(bare, False), mixed] if re.search(r",\s", bare) else [_read(bare, False)]
    likely_decimal = ";" in bare or re.fullmatch(r"[\s\[({]*[-+−–]?\d+,\d+\s*%?[\s\])}]*", bare) is not None
    found = [_read(bare, True), _read(bare, False)]
    if any(re.fullmatch(r"0\d+", item.text) for item in found[1].items):  # 1,05: nobody writes a number as 05
        return found[:1]
    return found if likely_decimal else found[::-1]


def is_a_fraction_cut(value: Value) -> bool:
    """Whether a comma that was taken to separate numbers looks like a decimal mark: 0,41 is hardly 0 and 41."""
    texts = [item.text for item in value.items]
    return any(
        re.fullmatch(r"[-+−–]?0", before) is not None and re.fullmatch(r"\d{2,}", after) is not None
        for before, after in pairwise(texts)
    )


def _transposed(value: Value) -> Value:
    """A value that carries the mark of a transpose: rows and columns of a matrix exchanged, a vector as it is."""
    if not value.is_matrix or len({len(row) for row in value.rows}) != 1:
        return value
    return value._replace(rows=tuple(zip(*value.rows, strict=True)))


def without_dress(text: str) -> str:
    """The value without what only surrounds numbers, every letter left in its place."""

    def blank(match: re.Match[str]) -> str:
        return " " * len(match[0])

    bare = MATRIX.sub(lambda m: ("[" if m[1] == "begin" else "]" if m[1] else " ").ljust(len(m[0])), text)
    if "\\" in bare:
        bare = bare.replace("\\\\", "; ").replace("\\,", "  ").replace("\\;", "  ").replace("\\{", " {")
        bare = re.sub(r"\\(?:quad|qquad|displaystyle|!)", blank, bare.replace("\\}", " }"))
    bare = bare.replace("&", " ")
    if "(" in bare:
        if WRAPPER.search(bare):
            before, _, after = WRAPPER.sub(blank, OPTION.sub(blank, bare)).rpartition(")")
            bare = f"{before} {after}"
        bare = NUMBERING.sub(blank, NOTE.sub(blank, bare))
    bare = AND.sub(lambda m: ",".ljust(len(m[0])), bare)
    end = bare.rstrip()
    if end.endswith((".", ",", ";")) and not end.endswith("..") and re.search(r"\d\s*[\])}]*[.,;]$", end):
        bare = end[:-1] + " "
    return bare


def _read(text: str, comma: bool) -> Value:
    """The numbers of a value in one reading of its commas."""
    tokens = list(_tokens(text, comma))
    unread = next(((place, word) for kind, word, place in tokens if kind == "unread"), None)
    rows: list[list[Item]] = [[]]
    deepest, depth, is_semicolon = _depth(tokens), 0, False
    for kind, word, place in tokens:
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        if rows[-1] and ((kind in ("open", "close") and deepest > 1 and depth < deepest)
                         or (kind == "row" and deepest < 2 and (word != "\n" or deepest != 1))):  # fmt: skip
            rows.append([])
            is_semicolon = is_semicolon or kind == "row"
        elif kind in ("number", "blank", "elided"):
            rows[-1].append(Item(kind, word, place))
    rows = [row for row in rows if row]
    written_in_rows = deepest > 1 or (is_semicolon and all(len(row) > 1 for row in rows) and len(rows) > 1)
    if not written_in_rows:
        rows = [[item for row in rows for item in row]]
    return Value(tuple(map(tuple, rows)), written_in_rows and bool(rows), unread, comma)


def _depth(tokens: list[tuple[str, str, int]]) -> int:
    """How deep brackets stand in brackets; a bracket around everything with one inside counts as a matrix."""
    depth = deepest = 0
    for kind, _, _ in tokens:
        depth += (kind == "open") - (kind == "close")
        if kind in ("number", "blank", "elided"):
            deepest = max(deepest, depth)
    return deepest if depth == 0 else min(deepest, 1)


def _tokens(text: str, comma: bool) -> Iterator[tuple[str, str, int]]:
    """Numbers, blanks, brackets, row ends and what is none of them."""
    pattern, place, last_number_end = NUMBERS[comma], 0, -1
    while place < len(text):
        letter = text[place]
        match = pattern.match(text, place)
        if match is not None and not (letter in "|" or (letter in ",;" and not comma)):
            word, kind = match[0], str(match.lastgroup)
            after = text[match.end() : match.end() + 1]
            is_of_decimals = kind == "fraction" and POINT.search(word.partition("/")[2]) is not None  # or two numbers?
            if (
                is_of_decimals
                or match.start() == last_number_end
                or (kind != "blank" and after and not re.match(rf"[{SEPARATORS}]", after))
            ):
                yield "unread", *_whole_word(text, place)[::-1]
                return
            kind = "number" if kind in ("fraction", "vulgar") else kind
            if kind == "blank" and (word in ELIDED or set(word) <= set("….")):
                kind = "elided"
            elif kind == "number":
                last_number_end = match.end() if not word[-1].isspace() else -1
            yield kind, word.strip(), place + len(word) - len(word.lstrip())
            place = match.end()
        elif letter in "[({":
            yield "open", letter, place
            place += 1
        elif letter in "])}":
            yield "close", letter, place
            place += 1
        elif letter in ";\n":
            yield "row", letter, place
            place += 1
        elif letter.isspace() or letter in ",|":
            place += 1
        else:
            yield "unread", *_whole_word(text, place)[::-1]
            return


def _whole_word(value: str, place: int) -> tuple[int, str]:
    """The word that stands at a place of a value, and where it begins."""
    start = place
    while start > 0 and not re.match(r"[\s,;\[\](){}|≈=]", value[start - 1]):
        start -= 1
    end = place
    while end < len(value) and not re.match(r"[\s,;\[\](){}|≈=]", value[end]):
        end += 1
    return start, value[start : max(end, start + 1)]
