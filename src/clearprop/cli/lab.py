"""`clearprop lab`: a page on one's own machine that shows a network at work, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from clearprop.cli import exits
from clearprop.cli.option_types import Flag, Whole
from clearprop.errors import require


def lab(
    source: Path | None = None,
    data: Path | None = None,
    /,
    *,
    target: str | None = None,
    case: str | None = None,
    port: Annotated[int, Whole] = 0,
    no_browser: Annotated[bool, Flag] = False,
    engine: Literal["reference", "auto", "compiled"] = "reference",
) -> int:
    """Open a page that shows signals go forward and errors come back.

    It is on your machine only: a server on 127.0.0.1, a token in the address,
    no request to anywhere else. SOURCE is a model that 'clearprop train'
    wrote, followed by a table; or a table, with --target; without one, a
    built-in case. Ctrl-C ends it.

    Examples:

      clearprop lab
      clearprop lab --case mazur
      clearprop lab houses.csv --target price
      clearprop lab prices.clearprop houses.csv

    Parameters
    ----------
    source
        A model file, or a table.
    data
        For a model file, the table; by default the one that it learned from, if it is still there.
    target
        For a table, the column to predict.
    case
        case_study, sharing, mazur, xor, two_players, three_players, logistic_regression or digits.
    port
        Of the server; by default any that is free.
    no_browser
        Print the address, and open nothing.
    engine
        What computes. Every step that is shown is one of the reference engine; it is quick enough for small networks.
    """
    from clearprop.cli import words

    if source is None and (data is not None or target is not None):
        raise exits.UsageError("--target is of a table: name its file first, as in clearprop lab houses.csv --target y")
    if source is not None and case is not None:
        raise exits.UsageError("--case is a network of its own: leave it or the file out")
    require("the lab needs", "lab")
    from clearprop.cli import lab_run

    return lab_run.run(
        source, data, target=target, case=case, port=port, browser=not no_browser, engine=engine, out=words.console()
    )  # fmt: skip
