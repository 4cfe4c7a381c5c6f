"""The types of options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

from cyclopts import App, CoercionError, Parameter, Token

from clearprop.cli import exits

ANSWERS = ("yes", "no", "true", "false", "on", "off", "是", "否")  # that people give to flags

Flag = Parameter(negative="", show_default=False)
Several = Parameter(consume_multiple=True, negative="")
Force = Annotated[bool, Flag]
Json = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]


def whole(_: Any, tokens: Sequence[Token]) -> int:
    """A whole number; the parser itself would round 2.7 to 3, and take nothing for an infinite one."""
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        raise CoercionError(msg=f'unable to convert "{text}" into int.', token=tokens[0]) from None


Whole = Parameter(converter=whole)


def check_flags(app: App, arguments: Sequence[str], language: str) -> None:
    """Raise UsageError where a flag is answered, as in ``--comma yes``: the answer would be taken for a file."""
    for flag, value in pairwise(arguments):
        if value.lower() in ANSWERS and not os.path.exists(value) and flag in _flags_of(app, arguments[0]):
            from clearprop.explain.words.message import Message, in_language  # late: only a mistake needs it

            raise exits.UsageError(in_language(Message("usage_flag", name=flag, value=value), language))


def _flags_of(app: App, command: str) -> set[str]:
    """The options of a command that take no value."""
    if command.startswith("-") or command not in app:
        return set()
    found = [each for each in app[command].assemble_argument_collection() if each.hint in (bool, bool | None)]
    return {name for each in found for name in each.names}
