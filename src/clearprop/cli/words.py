"""How commands speak: a console that neither wraps nor guesses colours, tables, numbers as people write them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console as RichConsole
from rich.table import Table

from clearprop.errors import shortened

LONGEST_LIST = 20  # notices beyond this are counted, not shown


class Console(RichConsole):
    """A console that falls silent when nobody reads any more, so that what is under way is finished and saved."""

    def on_broken_pipe(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def console(*, error: bool = False) -> Console:
    """Standard output, or standard error, as it is now; text goes out as it is."""
    return Console(stderr=error, highlight=False, markup=False, emoji=False, soft_wrap=True)


def warn(message: Warning | str, *place: Any, **more: Any) -> None:
    """What a library warns of, as a note on standard error: whoever types commands has no code to mend."""
    console(error=True).print(f"note: {message}")


def number(value: float, digits: int = 4) -> str:
    """A number as people write it: significant digits, thousands apart.

    Examples
    --------
    >>> from clearprop.cli.words import number
    >>> number(3973.4477), number(0.0876097), number(-12.0), number(1.5e-9)
    ('3,973', '0.08761', '-12', '1.5e-09')
    """
    if value != 0 and not 1e-4 <= abs(value) < 1e15:
        return f"{value:.{digits}g}"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def seconds(value: float) -> str:
    """A time: "8.2 s", "3 min 05 s"."""
    if value < 100:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def share(value: float) -> str:
    """A share as per cent."""
    return f"{100 * value:.2f} %"


def plural(count: int, thing: str, several: str | None = None) -> str:
    """A count and what it counts."""
    return f"{count:,} {thing if count == 1 else several or thing + 's'}"


def facts(pairs: Iterable[tuple[str, str]], out: Console) -> None:
    """Name and value, one pair a line, values below each other."""
    rows = list(pairs)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        first, *more = value.splitlines() or [""]
        out.print(f"{name:<{width}}  {first}")
        for line in more:
            out.print(f"{'':<{width}}  {line}")


def notices(sentences: Sequence[str], out: Console) -> None:
    """What was decided on the user's behalf, a line each."""
    for sentence in sentences[:LONGEST_LIST]:
        out.print(f"note: {sentence}")
    if len(sentences) > LONGEST_LIST:
        out.print(f"note: and {len(sentences) - LONGEST_LIST:,} more such notes; --json has them all")


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], out: Console, *, text_columns: int = 1) -> None:
    """A table, with the first columns to the left and numbers to the right."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, header in enumerate(headers):
        made.add_column(_visible(header), justify="left" if place < text_columns else "right", no_wrap=True)
    for row in rows:
        made.add_row(*map(_visible, row))
    # Lines as long as they need to be: what is cut off cannot be read, and a file has no edge.
    wide = Console(file=out.file, highlight=False, markup=False, emoji=False, width=max(out.width, 2000))
    with wide.capture() as caught:
        wide.print(made)
    for line in caught.get().splitlines():
        if line.strip():
            out.print(line.rstrip())


def _visible(text: str) -> str:
    """A cell without characters that a terminal would act on: names and texts come from files."""
    return "\n".join(shortened(line, len(line)) for line in text.split("\n"))


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
