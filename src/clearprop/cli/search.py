"""`clearprop search`: the network and the rates that suit a table, and a model trained with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from clearprop.cli import exits
from clearprop.cli.option_types import Flag, Force, Json, Whole
from clearprop.cli.read_as import AS_SEEN, ReadAs
from clearprop.cli.training_options import ROWS, LearningOptions, OutputOptions, RowOptions, settings_of

UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|)")


@Parameter(name="*", group="What is searched")
@dataclass(frozen=True)
class SearchOptions:
    """How long is searched, and by what score.

    Parameters
    ----------
    time_limit
        How long it may take in all, as 90s, 10m or 1h; what is best by then is saved.
    trials
        How many different settings to try; by default as many as there is time for, or 27 without a limit.
    metric
        What decides: accuracy, balanced_accuracy, log_loss, roc_auc, average_precision, f1; rmse, mae, r2. By default
        accuracy, or rmse.
    hidden
        Neurons in each hidden layer, as 256,128, which are then not searched.
    batch_size
        Rows of one update, which are then not searched.
    learning_rate
        Of the first update, which is then not searched.
    dropout
        The share of values dropped after each hidden layer, which is then not searched.
    weight_decay
        How much weights decay, which is then not searched.
    task
        Predict classes or amounts. By default what the target looks like.
    log_target
        Learn the logarithm of the target: for amounts above 0 that spread over orders of magnitude, as prices.
    activation
        Of the hidden layers, as relu, tanh, gelu.
    ensemble
        How many networks the model has. By default 4, and 1 for more than 20,000 rows.
    epochs
        Most passes over the rows in the last round. By default 40, more for small tables.
    probabilities
        Train for good probabilities of the classes rather than for the fewest mistakes.
    class_weight
        balanced, so that every class weighs the same in all, or CLASS=WEIGHT, which may be given several times.
    seed
        Decides the split, the trials, the initial weights and the order of the rows.
    engine
        What computes: auto takes the fastest that can; compiled, reference.
    threads
        The most threads to compute with: so many trials are trained at once.
    """

    time_limit: str | None = None
    trials: Annotated[int | None, Whole] = None
    metric: str | None = None
    hidden: str | None = None
    batch_size: Annotated[int | None, Whole] = None
    learning_rate: float | None = None
    dropout: float | None = None
    weight_decay: float | None = None
    task: Literal["classification", "regression"] | None = None
    log_target: Annotated[bool, Flag] = False
    activation: str = "silu"
    ensemble: Annotated[int | None, Whole] = None
    epochs: Annotated[int | None, Whole] = None
    probabilities: Annotated[bool, Flag] = False
    class_weight: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None
    seed: Annotated[int, Whole] = 0
    engine: str = "auto"
    threads: str | None = None

    def learning(self) -> LearningOptions:
        """The same as options of a training."""
        told = {name: value for name, value in vars(self).items() if name not in ("time_limit", "trials")}
        return LearningOptions(**told, on_divergence="raise")


SEARCH = SearchOptions()


def search(
    file: Path,
    /,
    *,
    target: Annotated[list[str] | None, Parameter(negative="")] = None,
    searched: SearchOptions = SEARCH,
    rows: RowOptions = ROWS,
    output: Path | None = None,
    log: Path | None = None,
    force: Force = False,
    as_json: Json = False,
    read: ReadAs = AS_SEEN,
) -> int:
    """Search for the network and the rates that suit a table, and save a model trained with them.

    Hidden layers, learning rate, batch size, dropout and weight decay are tried
    in rounds: all trials for a ninth of the epochs, the best third of them for
    three times as many, and so on. The first trial is what 'clearprop train'
    takes. Trials are compared by the rows that choose the best epoch; the
    held-out rows score the one model that comes out. Ctrl-C saves the best so
    far.

    Examples:

      clearprop search diamonds.parquet --target price --log-target --time-limit 10m
      clearprop search patients.csv --target outcome --metric roc_auc --trials 9
      clearprop search sales.csv --target sold --hidden 256,256 --log trials.jsonl

    Parameters
    ----------
    file
        The table to learn from, as for 'clearprop train'; it must fit into memory.
    target
        The column to predict.
    output
        The model file to write. By default named as FILE, in this folder.
    log
        A file to write a record of every trial to, as trials.jsonl: one JSON object a line.
    force
        Replace files that exist.
    as_json
        Print one JSON document instead of text.
    """
    from clearprop.cli.search_run import run

    limit = seconds_of(searched.time_limit)
    if rows.folds is not None:
        raise exits.UsageError("--folds is of 'clearprop train': the trials of a search are compared without it")
    if searched.trials is not None and searched.trials < 1:
        raise exits.UsageError(f"--trials must be at least 1, not {searched.trials}")
    settings = settings_of(target, rows, searched.learning(), read)
    asked = OutputOptions(output=output, log=log, force=force, as_json=as_json)
    return run(file, settings, asked, searched.trials, limit)


def seconds_of(text: str | None) -> float | None:
    """A time as people type it, in seconds.

    Examples
    --------
    >>> from clearprop.cli.search import seconds_of
    >>> seconds_of("10m"), seconds_of("90"), seconds_of("1.5 h")
    (600.0, 90.0, 5400.0)
    """
    if text is None:
        return None
    found = DURATION.fullmatch(text.strip().lower())
    value = 0.0 if found is None else float(found[1]) * UNITS[found[2]]
    if value <= 0:
        raise exits.UsageError(f"--time-limit must be a time above 0, as 90s, 10m or 1h, not {text!r}")
    return value
