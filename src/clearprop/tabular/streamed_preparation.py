"""From a table on the disk to all that training needs, with one look at every row; some settings are refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, TableError
from clearprop.network import Network
from clearprop.tables import Encoder, Fold, Moment, Number, Parts, Target, fit_encoder, missing_column
from clearprop.tables.columns import present
from clearprop.tables.splitting import validation_share
from clearprop.tables.streaming import Stored
from clearprop.tables.streaming_order import LEARN, TEST, Shares
from clearprop.tabular import recipe
from clearprop.tabular.class_weight import class_factors
from clearprop.tabular.leaks import leaks
from clearprop.tabular.planning import EncodedRows, Streamed, plan
from clearprop.tabular.preparation import Prepared
from clearprop.tabular.quality import LEVELS
from clearprop.tabular.quantiles import shared
from clearprop.tabular.scoring import scoring_of
from clearprop.tabular.seen import standardised
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed_memory import Memory, Sizes, settled
from clearprop.tabular.streamed_rows import Encoding, RowStream
from clearprop.tabular.summary import summary
from clearprop.tabular.survey import MOST_VALIDATION, SAMPLE, SKIPPED, Asked, Survey, rank_error, survey
from clearprop.tabular.survey_target import FoundTargets, looks_of
from clearprop.tabular.target import FEWEST_ROWS, of_counts
from clearprop.training.joining import first_says
from clearprop.training.shared_rows import shared_rows

SHARE_OF_SAMPLE = 8  # of the memory that may be used, a part of this size at most is for the sample
FEWEST_SAMPLED = 1024
MOST_SUMMED = 2**21  # numbers of encoded rows that the summary is counted from


class StreamPrepared(NamedTuple):
    """All that training needs, what it will take, and where encoded rows are kept, in words."""

    ready: Prepared
    memory: Memory
    scratch: str


def prepare_stream(
    table: Stored,
    settings: TableSettings,
    limit: int | None = None,
    kept: Mapping[str, Any] | None = None,
    tell: Callable[[str], object] | None = None,
    scratch: str | os.PathLike[str] | None = None,
) -> StreamPrepared:
    """Look at every row, fit the encoder, and plan a training that reads its rows as it goes on.

    Parameters
    ----------
    table : Stored
    settings : TableSettings
    limit : int, optional
        Bytes that the process may take.
    kept : mapping, optional
        The details of the checkpoint that is gone on with, "buffer" and "lanes" among them.
    tell : callable, optional
        As for `clearprop.engines.choose`.
    scratch : path, optional
        The folder for encoded rows while training goes on, or "none"; see `clearprop.tabular.scratch.place_for`.

    Raises
    ------
    InputError
        For a setting that a stream cannot follow, too little memory, or a folder that will not do.
    TableError
        For everything in the table that cannot be used.
    """
    _refuse(settings)
    asked, left_out = _asked(table, settings)
    shares = Shares(settings.seed, settings.test, _validation_share(table.n_rows, settings))
    kept, limit = first_says((kept, limit))  # a limit is that of each process
    members = settings.ensemble or LEVELS[settings.quality].networks_of_many
    processes = shared_rows(members, lambda: _alike(table, settings))
    looks = partial(looks_of, table.empty, asked.targets, settings)
    found = survey(table, asked, shares, _sample(table, limit), looks, processes)
    _check_parts(found, settings)
    targets = FoundTargets(found.looks, settings)
    target, counts, each = targets.target, targets.class_counts, shared(settings, targets.target.task)
    encoder, said = _encoder(found, asked, settings, left_out, recipe.FEWEST_BINS[target.task])
    said, ends, remembered = (*_notices(found), *said), _ends(encoder, found), _summary(encoder, found.sample)
    found = replace(found, sample=found.sample.schema.empty_table())
    encoding = Encoding(encoder, target, found.most_weight)
    rows = _encoded(found.validation, encoding, asked.weights)
    said += leaks(found.validation, encoder, target, rows.X, rows.y)
    n_learn, split = found.n_parts[LEARN], None if processes is None else processes.split
    job = recipe.job(_network(encoder, target, settings), n_learn, settings, settings.seed)
    sizes = Sizes(table, job, n_learn, len(rows.y), members, len(asked.targets))
    stream = RowStream(table, asked, shares, found.counts, encoding, 1, 1, split)
    stream, memory = _with_buffers(stream, sizes, limit, kept, holds=scratch is None and job.epochs > 1)
    streamed = Streamed(stream, targets.trivial, ends, remembered, found.n_parts[TEST], processes)
    factors = class_factors(settings.class_weight, target, np.arange(target.n_outputs), counts)
    folds = (Fold(range(n_learn), np.arange(len(rows.y))),) * members
    ready = Prepared(
        settings=replace(settings, target=asked.targets[0] if len(asked.targets) == 1 else asked.targets),
        task=targets.task,
        encoder=encoder,
        target=target,
        images=None,
        parts=Parts(range(n_learn), range(len(rows.y)), range(found.n_parts[TEST])),
        plan=plan(rows, target, each, parts=folds, class_weight=factors, stream=streamed, tell=tell),
        notices=(*table.notices, *of_counts(target, counts), *said),
    )
    return StreamPrepared(ready, memory, stream.keep_in(scratch, in_memory=memory.encoded > 0, epochs=job.epochs))


def _with_buffers(
    stream: RowStream, sizes: Sizes, limit: int | None, kept: Mapping[str, Any] | None, *, holds: bool
) -> tuple[RowStream, Memory]:
    """The rows with buffers, as large as the first of several processes says, and what that takes."""
    if stream.split is not None:
        sizes = replace(sizes, n_own=sum(stream.own), own_lanes=len(stream.split.own))
    memory = settled(limit, sizes, kept if kept is not None and "buffer" in kept else None, holds=holds)
    memory = memory._replace(rows=first_says(memory.rows), lanes=first_says(memory.lanes))
    return replace(stream, rows=memory.rows, lanes=memory.lanes), memory


def _alike(table: Stored, settings: TableSettings) -> dict[str, Any]:
    """What processes must have alike before they look at the rows together."""
    return {"table": table.fingerprint, "settings": asdict(replace(settings, n_threads=None))}


def _network(encoder: Encoder, target: Target, settings: TableSettings) -> Network:
    """What will be planned, so that its memory is known before."""
    loss = scoring_of(target).loss
    return recipe.network(encoder.n_inputs, target.n_outputs, loss, settings, encoder.number_inputs)


def _encoder(
    found: Survey, asked: Asked, settings: TableSettings, left_out: Mapping[str, str], fewest_bins: int
) -> tuple[Encoder, tuple[str, ...]]:
    """The encoder, and what was decided for it."""
    fitted = fit_encoder(
        found.sample.select(list(asked.used)),
        fewest_bins=fewest_bins,
        read=settings.read,
        strict=True,
        categories=asked.categories,
        known=found.known,
    )
    return replace(fitted.encoder, left_out={**fitted.encoder.left_out, **left_out}), fitted.notices


def _encoded(table: pa.Table, encoding: Encoding, weights: str | None) -> EncodedRows:
    encoder = encoding.encoder
    return EncodedRows(
        encoder.encode(table).X, encoding.y(table), encoding.weight(table, weights), encoder.number_inputs
    )


def _refuse(settings: TableSettings) -> None:
    """Raise InputError for what needs all rows at once, or others than those of the table."""
    said = {
        "--folds": settings.folds is not None,
        "--group": settings.group is not None,
        "--time-column": settings.time_column is not None,
        "--test-file": settings.test_file is not None,
        "--validation-file": settings.validation_file is not None,
        "--from": settings.start is not None,
        "--target-means": bool(settings.target_means),
    }
    for option, is_said in said.items():
        if is_said:
            raise InputError(
                f"{option} needs the whole table in memory, and this one is read from the disk as training goes on: "
                "leave it out, or allow more by --memory"
            )


def _asked(table: Stored, settings: TableSettings) -> tuple[Asked, dict[str, str]]:
    """The columns and what they are for, and why others are not learned from."""
    names, targets = table.names, settings.targets
    if not targets:
        raise TableError(
            f"say which column to predict, as --target {names[-1]!r}; the columns are: {', '.join(names[:20])}"
        )
    left_out = dict.fromkeys(settings.drop, "it was asked to be dropped")
    left_out |= dict.fromkeys(settings.keep, "it is kept for the predictions alone")
    if settings.weights is not None:
        left_out[settings.weights] = "it holds the weights of the rows"
    for name in (*targets, *left_out, *settings.category):
        if name not in names:
            raise missing_column(name, names)
        if name in targets and name in left_out:
            raise InputError(f"the column {name!r} cannot be both the target and left out")
    used = tuple(name for name in names if name not in left_out and name not in targets)
    if not used:
        raise TableError(f"no column is left to learn from beside {', '.join(map(repr, targets))}")
    declared = {name for name in used if pa.types.is_dictionary(table.empty.schema.field(name).type)}
    categories = frozenset({*settings.category, *declared} & set(used))
    return (
        Asked(targets, used, categories, settings.weights, settings.skip_missing_target, settings.read),
        left_out,
    )


def _validation_share(n_rows: int, settings: TableSettings) -> float:
    """Of the rows that are not held out; there are never more than `MOST_VALIDATION`."""
    rest = (1 - settings.test) * n_rows
    return min(validation_share(int(rest)), MOST_VALIDATION / max(1.0, rest))


def _sample(table: Stored, limit: int | None) -> int:
    """How many rows the encoder is fitted on: a number that only a limit makes smaller."""
    found = SAMPLE
    while limit is not None and found > FEWEST_SAMPLED and found * table.row_bytes > limit // SHARE_OF_SAMPLE:
        found //= 2
    return found


def _check_parts(found: Survey, settings: TableSettings) -> None:
    n_learn, n_validation, n_test, _ = found.n_parts
    n_rows = n_learn + n_validation + n_test
    if n_rows < FEWEST_ROWS:
        raise TableError(f"there are {n_rows} rows with a target; at least {FEWEST_ROWS} are needed")
    if min(n_learn, n_validation) == 0 or (settings.test > 0 and n_test == 0):
        raise TableError(f"{n_rows} rows are too few to keep some for training, for validation and for a test")


def _notices(found: Survey) -> tuple[str, ...]:
    """What is only known of a sample."""
    said: list[str] = []
    if found.n_parts[SKIPPED]:
        n = found.n_parts[SKIPPED]
        said.append(f"the target is missing in {n:,} row{'s' if n > 1 else ''}: left out")
    n_sample, n_learn = len(found.sample), found.n_parts[LEARN]
    if n_sample < n_learn:
        said.append(
            f"quantiles of numbers, and what the bins are, come from {n_sample:,} of {n_learn:,} rows, drawn at "
            f"random: in 999 of 1,000 cases none is off by more than {100 * rank_error(n_sample):.2g} % of the rows"
        )
    said += [
        f"column {name!r} has very many different texts: the counts of its categories are too small by "
        f"{each.lost:,.0f} rows at most"
        for name, each in found.known.items()
        if each.lost
    ]
    return tuple(said)


def _summary(encoder: Encoder, sample: pa.Table) -> dict[str, Any]:
    """As `clearprop.tabular.summary.summary`, of some rows of the sample, spread evenly over it."""
    step = 1 + encoder.n_inputs * len(sample) // MOST_SUMMED
    X = encoder.encode(sample.take(np.arange(0, len(sample), step))).X
    return summary(X, np.arange(len(X)), encoder)


def _ends(encoder: Encoder, found: Survey) -> dict[str, list[float]]:
    """As `clearprop.tabular.seen.seen`, from the ends of the columns; of those in text, from the sample's."""
    ends: dict[str, list[float]] = {}
    for step in encoder.steps:
        if isinstance(step, Number | Moment):
            known = found.known[step.column]
            given = [standardised(step, end) for end in (known.low, known.high)]
            if not known.low <= known.high:
                x = step.encode(present(found.sample.column(step.column), encoder.read.missing_words))[0][:, 0]
                given = [float(x.min()), float(x.max())]
            ends[step.column] = [float(np.float32(end)) for end in given]
    return ends
