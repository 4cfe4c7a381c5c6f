"""Names, texts, numbers and comments as C writes them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from clearprop.errors import InputError, quoted

WIDTH = 110
# Words that are no names in C99 or C++, as headers are read by both, and macros that compilers and headers define.
TAKEN = """
    alignas alignof and and_eq asm assert auto bitand bitor bool break case catch char class compl complex const
    const_cast constexpr continue decltype default delete do double dynamic_cast else enum errno explicit export extern
    false float for friend goto i386 if imaginary inline int isfinite isinf isnan linux long mutable namespace new
    noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast restrict return
    short signbit signed sizeof static static_assert static_cast stderr stdin stdout struct switch template this
    thread_local throw true try typedef typeid typename typeof union unix unsigned using virtual void volatile wchar_t
    while xor xor_eq EOF FILE HUGE_VAL HUGE_VALF I INFINITY NAN NULL
"""


def identifier(text: str, among: Iterable[str] = ()) -> str:
    """A name for C that reads like `text` and is none of `among`.

    Examples
    --------
    >>> from clearprop.files.export.c.words import identifier
    >>> identifier("Größe (m²)"), identifier("2nd"), identifier("class"), identifier("价格"), identifier("a b", ["a_b"])
    ('Grosse_m2', 'n2nd', 'class_', 'column', 'a_b_2')
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    found = re.sub(r"[^0-9A-Za-z]+", "_", "".join(c for c in plain if not unicodedata.combining(c))).strip("_")
    found = found[:60].rstrip("_") or "column"
    found = f"n{found}" if found[0].isdigit() else found
    found = f"{found}_" if found in TAKEN.split() else found
    taken, number, first = set(among), 2, found
    while found in taken:
        found, number = f"{first}_{number}", number + 1
    return found


def identifiers(texts: Iterable[str]) -> tuple[str, ...]:
    """A name for each, all different."""
    found: list[str] = []
    for text in texts:
        found.append(identifier(text, found))
    return tuple(found)


def string(text: str) -> str:
    r"""A text in UTF-8 as a string of C, whatever the encoding that its compiler takes a source to be in.

    Examples
    --------
    >>> from clearprop.files.export.c.words import string
    >>> print(string('é "?"'))
    "\303\251 \"\?\""
    """
    if "\0" in text:
        raise InputError(f"the text {quoted(text)} holds a NUL, which ends a text in C")
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"the text {quoted(text)} is not one that UTF-8 can write") from None
    shown = (
        f"\\{chr(byte)}" if chr(byte) in '"\\?' else chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
        for byte in content
    )
    return f'"{"".join(shown)}"'


def comment(text: str) -> str:
    """A text that may stand in a comment: it ends none, begins none, and has no trigraphs.

    Examples
    --------
    >>> from clearprop.files.export.c.words import comment
    >>> print(comment("a */ b /* c??/"))
    a * / b / * c? ?/
    """
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    for pair in ("*/", "/*", "??"):
        while pair in plain:
            plain = plain.replace(pair, f"{pair[0]} {pair[1]}")
    return plain.rstrip("\\")


def block_comment(paragraphs: Sequence[str]) -> str:
    """Paragraphs as one comment; a line that begins with blanks stays as it is."""
    lines: list[str] = []
    for paragraph in paragraphs:
        whole = paragraph.startswith(" ") or len(paragraph) < WIDTH - 3
        lines += [paragraph] if whole else textwrap.wrap(paragraph, WIDTH - 3, break_long_words=False)
    return "/*\n" + "".join(f" * {comment(line)}".rstrip() + "\n" for line in lines) + " */\n"


def single(value: float) -> str:
    """A number as a literal of type float, with no more digits than that type needs.

    Examples
    --------
    >>> from clearprop.files.export.c.words import single
    >>> single(0.1), single(2), single(1e-5), single(1e300)
    ('0.1f', '2.0f', '1e-05f', 'INFINITY')
    """
    with np.errstate(over="ignore"):
        number = np.float32(value)
    return _not_finite(float(number)) or f"{number!s}f"


def double(value: float) -> str:
    """A number as a literal of type double, all its digits kept."""
    return _not_finite(float(value)) or repr(float(value))


def integer(value: float) -> str:
    """A whole number."""
    return str(int(value))


def _not_finite(value: float) -> str:
    if np.isfinite(value):
        return ""
    return "NAN" if np.isnan(value) else "INFINITY" if value > 0 else "-INFINITY"


def listed(items: Iterable[str], indent: int = 4) -> str:
    """Items with commas between them, on lines of no more than `WIDTH` characters."""
    lines, line = [], " " * indent
    for item in items:
        if len(line) + len(item) + 2 > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = " " * indent
        line += f"{item}, "
    return "\n".join([*lines, line.rstrip().rstrip(",")])


def array(declaration: str, items: Iterable[str]) -> str:
    """A constant array of this declaration."""
    return f"static const {declaration} = {{\n{listed(items)}\n}};\n"


def singles(values: Any) -> list[str]:
    """The numbers of an array as literals of type float."""
    return [single(value) for value in np.asarray(values).ravel()]
