"""How much the lab takes: more would make the page slow, and whoever needs it has the command line."""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.lab.refusals import TooLargeError

ROWS = 20_000
COLUMNS = 1_000  # of a table, before it is encoded
INPUTS = 1_024
WIDTH = 512  # neurons of a layer
LAYERS = 8  # with weights
PARAMETERS = 200_000
POINTS = 1_000  # drawn by hand
UPLOAD = 20_000_000  # bytes
UNPACKED = 200_000_000  # bytes of a file that was sent packed
BODY = 1_000_000  # bytes of a request
BATCH = 1_024  # rows of a batch whose step is shown
COUNT = 1_000  # steps of one request
NODES = 2_000_000  # rows of a batch times neurons: numbers of a trace that is shown
STREAMS = 4  # of events at once

ALL: Mapping[str, int] = {
    "rows": ROWS, "columns": COLUMNS, "inputs": INPUTS, "width": WIDTH, "layers": LAYERS, "parameters": PARAMETERS,
    "points": POINTS, "upload": UPLOAD, "body": BODY, "batch": BATCH, "count": COUNT,
}  # fmt: skip


def check_most(what: str, n: int, most: int, cure: str) -> None:
    """Raise TooLargeError where there are more than the lab takes.

    Examples
    --------
    >>> from clearprop.lab.limits import check_most
    >>> check_most("rows", 3, 10, "take fewer")
    """
    if n > most:
        raise TooLargeError(f"{n:,} {what} are more than the {most:,} that the lab takes: {cure}")
