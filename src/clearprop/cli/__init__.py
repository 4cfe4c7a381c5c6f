"""The command line: train, predict, evaluate, inspect. With the reader of the loop, the only room that prints.

Each command is a file of its name; `app` has their options and help.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from clearprop.cli import interrupts

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point. A Ctrl-C is answered from its first line on, before NumPy and the rest are imported."""
    interrupts.end_at_once()
    from clearprop.errors import MissingExtra, require

    try:
        require("the command line needs", "cli")
    except MissingExtra as error:
        sys.exit(f"clearprop: {error}")
    from clearprop.cli import app

    app.main(arguments)
