"""Print every error and warning text of the package as a table: `python tools/messages.py`, to be read as a user would.

A text is the first argument of what is raised or warned of; what is put in at run time stands as {…}.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[1] / "src" / "clearprop"


class Message(NamedTuple):
    """One text: where it stands, what raises or warns, and what it says."""

    file: str
    line: int
    kind: str
    text: str


def messages(package: Path = PACKAGE) -> list[Message]:
    """Every text that is raised or warned of, by file and line."""
    return [message for file in sorted(package.rglob("*.py")) for message in _of_file(file, package)]


def _of_file(file: Path, package: Path) -> Iterator[Message]:
    name = file.relative_to(package).as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            kind = _called(node.func)
            if _is_error(kind) or kind in ("warn", "_warn", "warn_once"):
                for argument in node.args[:1]:
                    text = _text(argument)
                    if " " in text.strip():
                        yield Message(name, node.lineno, kind, text)


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_error(kind: str) -> bool:
    return kind.endswith(("Error", "Refusal")) and kind[0].isupper()


def _text(node: ast.expr) -> str:
    """The text of an expression; {…} for whatever is not written there."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left) + _text(right)
        case ast.IfExp(body=body, orelse=other):
            return f"{_text(body)}|{_text(other)}"
        case _:
            return "{…}"


if __name__ == "__main__":
    for message in messages():
        sys.stdout.write(f"{message.file}:{message.line}\t{message.kind}\t{message.text}\n")
