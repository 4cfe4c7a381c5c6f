"""The types of options that several commands have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import CoercionError, Parameter, Token

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
