"""One value, one meaning: a row alone = the row in a batch = the row from any file, frame, dtype or unit."""

import datetime
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearprop.tables import Category, Encoder, fit_encoder, from_frame, read
from clearprop.tables.columns import present, texts
from clearprop.tables.target_means import Learned, with_means
from column_kinds import CSV, KINDS

ROWS = 40


def column_of(name, made):
    """A column as an estimator gets it from a frame, or from a file."""
    if isinstance(made, pa.Array | pa.ChunkedArray):
        return from_frame(pa.table({name: made})).column(name)
    if isinstance(made, pl.Series):
        return from_frame(pl.DataFrame({name: made})).column(name)
    return from_frame(pd.DataFrame({name: made})).column(name)


def is_kept_by_parquet(made):
    """Whether pandas writes a column to Parquet, and not without its unit as categories of lengths of time."""
    if not isinstance(made, pd.Series) or made.dtype == object:
        return False
    if made.dtype == "category":
        return made.cat.categories.dtype.kind not in "mO" or made.cat.categories.inferred_type == "string"
    return getattr(made.dtype, "isnative", True)


def table_of(columns, folder, text_columns=(), file=None):
    """A table of columns {name: what a maker made}; those for CSV go through a file, all the others through `file`."""
    from_csv = {name: made[1:] for name, made in columns.items() if isinstance(made, list) and made[0] == CSV}
    others = {name: column_of(name, made) for name, made in columns.items() if name not in from_csv}
    found = {}
    if from_csv:
        path = Path(folder) / "t.csv"
        lines = [",".join(from_csv), *(",".join(cells) for cells in zip(*from_csv.values(), strict=True))]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        table = read(path, text_columns=set(text_columns) & set(from_csv), known=list(from_csv)).table
        found = {name: table.column(name) for name in from_csv}
    if file == "parquet" and others:
        path = Path(folder) / "t.parquet"
        frame = pd.DataFrame({name: made for name, made in columns.items() if is_kept_by_parquet(made)})
        if frame.shape[1]:
            frame.to_parquet(path)
            table = read(path).table
            others.update({name: table.column(name) for name in frame.columns})
    return pa.table({name: {**found, **others}[name] for name in columns})


@st.composite
def tables(draw):
    """Some columns, each of a kind, with the way that it is held in training and two others."""
    chosen = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4, unique=True))
    return [(kind, *(draw(st.sampled_from(sorted(KINDS[kind][0]))) for _ in range(3))) for kind in chosen]


def with_means_of_some(encoder, table, random):
    """The encoder with means of a target that follows the values, in half of the tables."""
    if random.integers(0, 2):
        return encoder
    steps = []
    for step in encoder.steps:
        found = step
        if isinstance(step, Category):
            words = texts(present(table.column(step.column), encoder.read.missing_words), step.column)
            y = np.array([[0.0 if word is None else len(word) + ord(word[-1])] for word in words.to_pylist()])
            found = with_means(step, words, Learned.of(("y",), y), 3)
        steps.append(found)
    return Encoder(tuple(steps), encoder.left_out, encoder.read)


def check(specs, seed):
    random = np.random.default_rng(seed)
    values = {kind: KINDS[kind][1](random, ROWS) for kind, *_ in specs}
    row = int(random.integers(0, ROWS))

    def columns(way, part=slice(None)):
        return {spec[0]: KINDS[spec[0]][0][spec[way]](values[spec[0]][part]) for spec in specs}

    with tempfile.TemporaryDirectory() as folder:
        table = table_of(columns(1), folder)
        encoder = with_means_of_some(fit_encoder(table, strict=True).encoder, table, random)
        assert [step.column for step in encoder.steps] == [kind for kind, *_ in specs], encoder.left_out
        expected = encoder.encode(table).X
        assert np.isfinite(expected).all()
        text = encoder.text_columns
        alone = slice(row, row + 1)
        for name, given_columns, part in (
            ("another way", columns(2), slice(None)),
            ("Parquet", columns(2), "parquet"),
            ("alone", columns(1, alone), alone),
            ("alone in another way", columns(3, alone), alone),
            ("some rows", columns(3, slice(0, 7)), slice(0, 7)),
        ):
            file = part if part == "parquet" else None
            wanted = expected[slice(None) if file else part]
            made = encoder.encode(table_of(given_columns, folder, text, file)).X
            np.testing.assert_array_equal(made, wanted, err_msg=f"{name}: {specs}")


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables(), st.integers(0, 2**32 - 1))
def test_a_value_becomes_the_same_inputs_wherever_it_comes_from(specs, seed):
    check(specs, seed)


@pytest.mark.torture
def test_20_000_random_tables(figure):
    @settings(
        max_examples=int(os.environ.get("TABLES", 20_000)), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(tables(), st.integers(0, 2**32 - 1))
    def run(specs, seed):
        check(specs, seed)

    run()
    figure("random tables that mean the same however written", os.environ.get("TABLES", "20000"))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_in_every_way(kind):
    ways = sorted(KINDS[kind][0])
    for place, way in enumerate(ways):
        check([(kind, way, ways[place - 1], ways[(place + 1) % len(ways)])], place)


def test_there_are_more_than_fifty_kinds():
    assert len(KINDS) > 50


def test_what_differs_is_not_the_same():
    """The property could hold because all inputs are one: they are not."""
    table = pa.table({"when": pa.array([datetime.timedelta(seconds=k) for k in (1, 2, 5)], pa.duration("ms"))})
    assert len(np.unique(fit_encoder(table).encoder.encode(table).X)) == 3
