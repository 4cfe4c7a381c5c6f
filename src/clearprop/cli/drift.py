"""`clearprop drift`: whether new rows are like those that a model learned from."""

from __future__ import annotations

from pathlib import Path

from clearprop.cli import exits, words
from clearprop.cli.option_types import Json
from clearprop.cli.read_as import AS_SEEN, ReadAs

MOST_SHOWN = 30


def drift(model: Path, file: Path, /, *, as_json: Json = False, read: ReadAs = AS_SEEN) -> int:
    """Say whether new rows are like those that a model learned from, column by column.

    For each column: in what share of the rows the two differ (the total
    variation distance over tenths of the training rows, categories and missing
    values), what chance makes of so many rows on average, and the probability
    that it makes as much; new categories, and values far outside the range of
    training. Ends with 4 where a column differs by more than chance makes
    (probability of 0.01 at most, over all columns), and else with 0.

    Examples:

      clearprop drift diamonds.clearprop new.csv
      clearprop drift outcome.clearprop patients-2025.csv --json

    Parameters
    ----------
    model
        A model file that 'clearprop train' wrote.
    file
        The new rows: a table of any kind that 'clearprop train' reads; - for standard input. It needs no target.
    as_json
        Print one JSON document instead.
    """
    from clearprop.cli.inputs import load_model, read_table
    from clearprop.cli.standard_input import as_file, shown
    from clearprop.tabular.drifting import drift as compared

    trained = load_model(model, file)
    with as_file(file) as there:
        reading = read_table(there, trained, read.options())
    found = compared(trained, reading.table)
    code = exits.DIFFERS if found.differing else exits.DONE
    if as_json:
        about = {"model": str(model), "file": shown(file), "notices": list(reading.notices)}
        words.print_json({**about, **found.to_json()})
        return code
    words.notices(reading.notices, words.console(error=True))
    out = words.console()
    both = f"{words.plural(found.rows, 'new row')}, and {found.rows_before:,} of training"
    n, of = len(found.differing), words.plural(len(found.columns), "column")
    out.print(f"{both}: {n or 'none'} of {of} differ{'s' * (n < 2)} by more than chance makes")
    lines = [
        (one.column, *map(words.share, (one.distance, one.by_chance)), words.number(one.probability, 2),
         *map(words.share, (one.missing, one.missing_before)))
        for one in found.columns[:MOST_SHOWN]
    ]  # fmt: skip
    head = ("column", "differs in", "chance makes about", "probability", "missing", "in training")
    words.table(head, lines, out)
    if len(found.columns) > MOST_SHOWN:
        out.print(f"and {len(found.columns) - MOST_SHOWN:,} more columns; --json has them all")
    for one in found.differing[:MOST_SHOWN]:
        out.print(str(one))
    return code
