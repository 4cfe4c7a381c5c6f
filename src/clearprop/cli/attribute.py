"""`clearprop attribute`: what each column has to do with the predictions of a model, in numbers that add up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from clearprop.cli import exits
from clearprop.cli.option_types import Force, Json, Whole
from clearprop.cli.read_as import AS_SEEN, ReadAs


def attribute(
    model: Path,
    file: Path,
    /,
    *,
    row: Annotated[int | None, Whole] = None,
    of: str | None = None,
    against: Annotated[int | None, Whole] = None,
    output: Path | None = None,
    force: Force = False,
    as_json: Json = False,
    read: ReadAs = AS_SEEN,
) -> int:
    """Say what each column has to do with a prediction, in numbers that add up.

    They begin at the usual row, the median of numbers and the most frequent
    category in training, and add up to what this row's prediction differs from
    that one's (integrated gradients). Without --row it is their mean size over
    the rows of FILE. They say what the networks do, not what causes what.

    Examples:

      clearprop attribute diamonds.clearprop new.csv --row 3
      clearprop attribute diamonds.clearprop new.csv --row 3 --against 8
      clearprop attribute outcome.clearprop patients.csv --of ill
      clearprop attribute outcome.clearprop patients.csv --output parts.csv

    Parameters
    ----------
    model
        A model file that 'clearprop train' wrote.
    file
        The table: of any kind that 'clearprop train' reads.
    row
        The row to explain, counted from 1.
    of
        The class whose probability is explained (by default the predicted one), one of several targets, or a quantile.
    against
        Begin at this row of FILE instead of the usual one.
    output
        The file to write: .csv, .tsv or .parquet with the parts in every row, .svg, .png or .pdf for a picture.
    force
        Replace the output file if it exists.
    as_json
        Print one JSON document instead.
    """
    from clearprop.cli.attribute_run import run

    for name, value in (("row", row), ("against", against)):
        if value is not None and value < 1:
            raise exits.UsageError(f"--{name} must be at least 1, not {value}")
    return run(model, file, row, of, against, output, force=force, as_json=as_json, options=read.options())
