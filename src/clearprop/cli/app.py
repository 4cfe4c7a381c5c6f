"""The commands as people type them: names, options, help. Each hands over to the file of its name."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from clearprop import __version__
from clearprop.cli import exits, glass, interrupts, lab, words
from clearprop.cli.animate import animate
from clearprop.cli.attribute import attribute
from clearprop.cli.card import card
from clearprop.cli.drift import drift
from clearprop.cli.importing import import_
from clearprop.cli.option_types import Flag, Force, Json, Several, Whole, check_flags
from clearprop.cli.read_as import AS_SEEN, ReadAs
from clearprop.cli.run_file import as_toml, from_file
from clearprop.cli.search import search
from clearprop.cli.standard_input import with_standard_input
from clearprop.cli.stream_options import STREAMS, StreamOptions
from clearprop.cli.training_options import (
    LEARNING,
    OUTPUT,
    ROWS,
    LearningOptions,
    OutputOptions,
    RowOptions,
    settings_of,
    threads_of,
)

app = App(
    name="clearprop",
    version=__version__,
    help_format="rich",
    suppress_keyboard_interrupt=False,  # training answers Ctrl-C itself, by saving what there is
    help="""Train multi-layer neural networks by back-propagation on a table of your own.

For example:

  clearprop train diamonds.parquet --target price --log-target
  clearprop predict diamonds.clearprop new.csv --output prices.csv
  clearprop evaluate diamonds.clearprop sold.csv
  clearprop inspect diamonds.clearprop
  clearprop attribute diamonds.clearprop new.csv --row 3
  clearprop search diamonds.parquet --target price --time-limit 10m
  clearprop import network.onnx --output network.clearprop
  clearprop warmup

'clearprop COMMAND --help' explains a command.""",
)


@app.command(config=from_file)
def train(
    file: Path,
    /,
    *,
    target: Annotated[list[str] | None, Parameter(negative="")] = None,
    rows: RowOptions = ROWS,
    learning: LearningOptions = LEARNING,
    outputs: OutputOptions = OUTPUT,
    streams: StreamOptions = STREAMS,
    read: ReadAs = AS_SEEN,
) -> int:
    """Train a network on a table, score it on rows held out, and save it.

    FILE is CSV, Parquet, Excel, ARFF, JSON, libsvm, IDX, Feather, an .npz with
    arrays X and y, each also as .zip, .gz or .bz2; a folder with one folder of
    images per class; a folder of Parquet files, or a pattern that they match;
    or - for standard input. Numbers, categories, dates, true and false, and
    missing values are taken as they are written; what was understood is
    printed. Parquet that does not fit into memory is read in pieces.

    Examples:

      clearprop train diamonds.parquet --target price --log-target
      clearprop train patients.csv --target outcome --drop name --keep id
      clearprop train visits.csv --target ill --group patient --folds 5
      clearprop train sales.csv --target sold --time-column day
      clearprop train digits.npz --hidden 256,128 --epochs 100
      clearprop train flowers/ --time-limit 60
      clearprop train umsatz.csv --target preis --decimal , --dates dmy
      clearprop train 'sales/*.parquet' --target sold --memory 2GB

    Parameters
    ----------
    file
        The table to learn from.
    target
        The column to predict; several, each named so, if all hold numbers. An .npz has y, a folder of images has class.
    """
    from clearprop.cli import train as command

    settings = settings_of(target, rows, learning, read)
    kept = None if outputs.save_config is None else as_toml(target, rows, learning, outputs, streams, read)
    return command.run(file, settings, outputs=outputs, config=kept, streams=streams)


@app.command
def predict(
    model: Path,
    file: Path,
    /,
    *,
    output: Path | None = None,
    keep: Annotated[list[str] | None, Several] = None,
    rows: Annotated[int | None, Whole] = None,
    sets: float | None = None,
    threads: str | None = None,
    force: Force = False,
    as_json: Json = False,
    streams: StreamOptions = STREAMS,
    read: ReadAs = AS_SEEN,
) -> int:
    """Predict the target of each row of a table, with class probabilities.

    Without --output the predictions go to standard output, as CSV. The columns
    of FILE may be in any order, and there may be more than the model needs. A
    row that lies far outside what training saw is told of.

    Examples:

      clearprop predict diamonds.clearprop new.csv --output prices.csv
      clearprop predict diamonds.clearprop new.csv --rows 5
      clearprop predict outcome.clearprop new.parquet --keep id > outcome.csv
      cat new.csv | clearprop predict outcome.clearprop -

    Parameters
    ----------
    model
        A model file that 'clearprop train' wrote.
    file
        The table: of any kind that 'clearprop train' reads; - for standard input.
    output
        The file to write, .csv, .tsv or .parquet.
    keep
        A column of FILE to put before the predictions, beside those that 'train --keep' named; may be given several
        times, or with several names.
    rows
        Show the predictions of the first so many rows as a table.
    sets
        Say beside the most probable class a set of classes that holds the true one in this share of the rows, as 0.9.
    threads
        The most threads to compute with.
    force
        Replace the output file if it exists.
    as_json
        Print one JSON document instead.
    """
    from clearprop.cli import predict as command

    return command.run(
        model,
        file,
        output=output,
        keep=keep or (),
        rows=rows,
        threads=threads_of(threads),
        force=force,
        as_json=as_json,
        options=read.options(),
        streams=streams,
        sets=sets,
    )


@app.command
def evaluate(
    model: Path,
    file: Path,
    /,
    *,
    skip_missing_target: Annotated[bool, Flag] = False,
    threads: str | None = None,
    as_json: Json = False,
    streams: StreamOptions = STREAMS,
    read: ReadAs = AS_SEEN,
) -> int:
    """Score a model on a table whose target is known.

    For classes: accuracy, log loss, ROC-AUC, average precision, F1 of each class
    and the confusion matrix. For amounts: errors in the target's own unit and,
    if its logarithm was learned, in that. Then which columns matter.

    Examples:

      clearprop evaluate diamonds.clearprop sold.csv
      clearprop evaluate outcome.clearprop patients-2025.csv --json

    Parameters
    ----------
    model
        A model file that 'clearprop train' wrote.
    file
        A table with the target; - for standard input.
    skip_missing_target
        Leave out rows without a target instead of refusing them.
    threads
        The most threads to compute with.
    as_json
        Print one JSON document instead.
    """
    from clearprop.cli import evaluate as command

    return command.run(
        model,
        file,
        skip_missing_target=skip_missing_target,
        threads=threads_of(threads),
        as_json=as_json,
        options=read.options(),
        streams=streams,
    )


@app.command
def inspect(model: Path, /, *, as_json: Json = False) -> int:
    """Show what is in a model file: network, columns and how they are encoded, classes, scores.

    Examples:

      clearprop inspect diamonds.clearprop
      clearprop inspect diamonds.clearprop --json

    Parameters
    ----------
    model
        A model file that 'clearprop train' wrote.
    as_json
        Print one JSON document instead.
    """
    from clearprop.cli import inspect as command

    return command.run(model, as_json=as_json)


@app.command
def export(
    model: Path,
    /,
    *,
    output: Path,
    to: Literal["python", "javascript", "c", "onnx"] | None = None,
    calibrate: Path | None = None,
    most_lost: float | None = None,
    dtype: Literal["float32", "float64"] | None = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Write a file that predicts as a model does, without clearprop.

    It takes raw rows, as the model does: numbers, categories, dates, missing
    values. python is one file that needs NumPy; javascript a module for
    browsers and node, which can also go on training; c is C99; onnx is for
    ONNX runtimes. What each can say: docs/exports.md.

    Examples:

      clearprop export diamonds.clearprop --output diamonds.py
      clearprop export diamonds.clearprop --to javascript --output diamonds.mjs
      clearprop export diamonds.clearprop --output small.c --calibrate new.parquet

    Parameters
    ----------
    model
        A model file of clearprop: of 'clearprop train', of an estimator, or of a network.
    output
        The file to write.
    to
        The kind of file; by default what the ending of the output says: .py, .mjs or .js, .c, .onnx.
    calibrate
        A table whose rows show how large numbers become: the networks in C then compute with eight bits.
    most_lost
        How many points of accuracy, or of R², eight bits may cost on those rows; by default 1.
    dtype
        Of ONNX: what is computed in; by default what the model was trained in.
    force
        Replace the output file if it exists.
    as_json
        Print one JSON document instead.
    """
    from clearprop.cli import export as command

    return command.run(
        model, output=output, to=to, calibrate=calibrate, most_lost=most_lost, dtype=dtype, force=force, as_json=as_json
    )


@app.command
def warmup(*, dtype: Literal["float32", "float64"] | None = None, as_json: Json = False) -> int:
    """Compile the engine for this machine ahead, so that no training has to wait for it.

    What is compiled is kept in a folder of your cache (XDG_CACHE_HOME, or
    CLEARPROP_CACHE_DIR for a folder of its own); a later run finds nothing to
    do. In the recipe of a container image:

      ENV CLEARPROP_CACHE_DIR=/opt/clearprop
      RUN clearprop warmup && chmod -R a+rX /opt/clearprop

    The folder may be read-only afterwards. It serves processors of the kind
    that it was filled on; on others clearprop compiles for itself.

    Parameters
    ----------
    dtype
        Compile for one type of numbers only. Tables are trained in float32, arrays in their own type.
    as_json
        Print one JSON document instead of text.
    """
    from clearprop.cli import warmup as command

    return command.run(dtype, as_json=as_json)


for table_command in (attribute, drift, card):
    app.command(table_command)
app.command(search)
app.command(import_, name="import")
for glass_command in (glass.explain, glass.check, glass.exercise, animate, lab.lab):
    app.command(glass_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: run a command and exit with a code of docs/command-line.md."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that has no → shows ? for it
    warnings.showwarning = words.warn
    interrupts.watch()
    code = exit_code(sys.argv[1:] if arguments is None else arguments)
    with interrupts.undisturbed():
        try:
            sys.stdout.flush()
        except OSError as error:  # nobody reads any more, or the disk is full; Python would try again at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = exits.ending(error) or code
    sys.exit(code)


def exit_code(arguments: Sequence[str]) -> int:
    """Run a command; whatever goes wrong ends in one sentence on standard error. Its exit code."""
    try:
        check_flags(app, arguments, glass.language_in(arguments))
        code = app(with_standard_input(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except BaseException as error:
        return exits.ending(error, glass.language_in(arguments))
    return code if isinstance(code, int) else exits.DONE
