"""Lines of running text for the terminal: Chinese may break between any two signs, but not before a closing mark."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import combining, east_asian_width

NOT_AT_START = frozenset("，。、；：！？）》】”’…—％=≈·⋅⊙,.;:!?)]}%")
NOT_AT_END = frozenset("（《【“‘([{")


def wrapped(text: str, width: int, indent: str = "") -> str:
    """The text in lines of at most so many columns; those after the first begin with `indent`.

    Examples
    --------
    >>> from clearprop.explain.renderers.wrapping import wrapped
    >>> print(wrapped("先算完所有的 δ，再改变权重。", 14))
    先算完所有的
    δ，再改变权
    重。
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line.strip() and columns(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = indent + piece.lstrip()
        else:
            line += piece
    return "\n".join([*lines, line.rstrip()])


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese sign takes two."""
    return sum(0 if combining(letter) else 2 if _is_wide(letter) else 1 for letter in text)


def _pieces(text: str) -> Iterator[str]:
    """The text cut wherever a line may end; spaces stay at the end of their piece."""
    start = 0
    for i in range(1, len(text)):
        if _may_break(text[i - 1], text[i]):
            yield text[start:i]
            start = i
    yield text[start:]


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two."""
    if after == " " or after in NOT_AT_START or before in NOT_AT_END:
        return False
    return before == " " or _is_wide(before) or _is_wide(after)


def _is_wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"
