"""A table on the disk that several processes learn from, each its own row groups; threads play the processes."""

import hashlib
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from clearprop.engines import TrainingState
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.errors import TableError
from clearprop.tables import ReadOptions
from clearprop.tables.streaming import stored
from clearprop.tables.streaming_read import Opened
from clearprop.tables.streaming_shards import Split
from clearprop.tabular import streamed_preparation, survey, survey_columns
from clearprop.tabular.fit import model_of
from clearprop.tabular.learning import Learned
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed import scores_held_out
from clearprop.tabular.streamed_preparation import prepare_stream
from clearprop.training import epochs
from clearprop.training.shared_rows import SharedRows
from sample_tables import flats, pets
from threads_as_processes import engine_of, played

SETTINGS = TableSettings(target="rent", hidden=(8,), epochs=2, batch_size=32, seed=5, engine="compiled", ensemble=1)
HERE = threading.local()


@pytest.fixture(autouse=True)
def several(monkeypatch):
    """Have `prepare_stream` share its rows with the group of the thread that calls it."""
    monkeypatch.setattr(streamed_preparation, "shared_rows", lambda n, identity: shared_by(HERE.group))


def shared_by(group):
    n = 8 // group.n_processes
    return SharedRows(group, Split(8, range(group.rank * n, (group.rank + 1) * n)))


def written(table, folder, rows):
    pyarrow.parquet.write_table(table, folder / "t.parquet", row_group_size=rows)
    return stored(folder / "t.parquet")


def trained(group, table, settings, **more):
    """A digest of what one of the processes comes to: encoder, weights, scores of the rows held out."""
    HERE.group = group
    ready = prepare_stream(table, settings, **more).ready
    plan, job = ready.plan, ready.plan.jobs[0]
    state = TrainingState.start(job, plan.network.initial(job.seed, dtype=np.float32).theta)
    engine = engine_of(group, CompiledEngine(1))
    rows = plan.stream.rows.another()
    with engine.team.over_fits():
        records = list(epochs(job, state, rows, engine))
    rows.close()
    fit = SimpleNamespace(history=records, reason="")
    model = model_of(plan, Learned(state.theta[None], fit), ready.encoder, settings={}, is_hurried=True)
    scores = scores_held_out(model, plan.stream.rows, plan.stream.shared)
    found = repr([ready.encoder.steps, ready.target, plan.stream.seen, scores, [record.loss for record in records]])
    return hashlib.sha256(found.encode() + state.theta.tobytes()).hexdigest(), ready, scores


CASES = {
    "numbers": (flats, SETTINGS, 170, {}),
    "fewer groups than processes": (flats, SETTINGS, 600, {}),
    "rows encoded anew in each epoch": (flats, SETTINGS, 170, {"scratch": "none"}),
    "classes and dropout": (pets, replace(SETTINGS, target="kind", dropout=0.2), 170, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_1_2_4_and_8_processes_come_to_the_same_bits(name, tmp_path, monkeypatch):
    make, settings, rows, more = CASES[name]
    table = written(make(n=1500), tmp_path, rows)
    found = {n: played(n, lambda group: trained(group, table, settings, **more)) for n in (1, 2, 4, 8)}
    assert len({digest for each in found.values() for digest, _, _ in each}) == 1
    _, ready, scores = found[8][7]
    assert scores.n_rows == len(ready.parts.test) > 0
    assert ready.plan.stream.rows.n_samples == len(ready.parts.train)
    monkeypatch.setattr(streamed_preparation, "shared_rows", lambda n, identity: None)
    alone = prepare_stream(table, settings, **more).ready
    assert [len(part) for part in ready.parts] == [len(part) for part in alone.parts]
    assert ready.encoder.steps == alone.encoder.steps
    assert ready.target.columns == alone.target.columns
    if name != "classes and dropout":
        ours, theirs = ([each.target.centre, each.target.scale] for each in (ready, alone))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_each_row_group_is_read_by_one_process(tmp_path, monkeypatch):
    table, read, of_group = written(flats(n=1500), tmp_path, 100), {}, Opened.of_group

    def noted(self, group):
        read.setdefault(group.number, set()).add(HERE.group.rank)
        return of_group(self, group)

    monkeypatch.setattr(Opened, "of_group", noted)
    monkeypatch.setattr("clearprop.tabular.streamed_rows.ReadAhead", None)  # all rows are held: no thread reads ahead
    played(4, lambda group: trained(group, table, SETTINGS))
    assert sorted(read) == list(range(15))
    assert {rank for ranks in read.values() for rank in ranks} == {0, 1, 2, 3}
    assert {len(ranks) for ranks in read.values()} == {1}


def test_the_first_value_that_cannot_be_used_is_named_by_all(tmp_path):
    rent = np.arange(1500, dtype=float)
    rent[[400, 1300]] = np.inf
    table = written(pa.table({"x": np.arange(1500.0), "rent": rent}), tmp_path, 100)

    def one(group):
        with pytest.raises(TableError) as caught:
            trained(group, table, SETTINGS)
        return str(caught.value)

    (said,) = set(played(4, one))
    assert "row group 5" in said


def looked(table, asked, n, monkeypatch=None):
    """What a look finds of each column where the table is cut in n."""
    shares = survey.Shares(0, 0.0, 0.1)
    shared = None if n == 1 else SharedRows(Alone(), Split(n, range(n)))
    return survey.survey(table, asked, shares, 10**6, tuple, shared).known


def counted(known):
    return dict(zip(known.counted.texts.to_pylist(), known.counted.counts.tolist(), strict=True))


class Alone:
    def told(self, value):
        return [value]


WORDS = pa.table(
    {
        "numbers": pa.array([f"{k}" for k in range(900)]),
        "with words": pa.array(["n/a" if k % 50 == 7 else f"{k}.5" for k in range(900)]),
        "text late": pa.array([f"{k}" if k < 600 else f"word {k}" for k in range(900)]),
        "word early": pa.array(["none" if k == 5 else f"{max(0, k - 120)}" for k in range(900)]),
        "few": pa.array(["a", "b", None] * 300),
    }
)


@pytest.mark.parametrize("most", [survey_columns.MOST, 100, 50])
def test_columns_of_text_that_are_looked_at_in_parts_say_the_same(most, tmp_path, monkeypatch):
    monkeypatch.setattr(survey_columns, "MOST", most)  # beyond which it is decided by the texts so far what they say
    table = written(WORDS, tmp_path, 60)
    asked = survey.Asked((), tuple(WORDS.column_names), (), None, False, ReadOptions())
    alone, parts = looked(table, asked, 1), looked(table, asked, 8)
    for name in WORDS.column_names:
        assert parts[name].kind.name == alone[name].kind.name, name
        assert sorted(parts[name].kind.missing_words) == sorted(alone[name].kind.missing_words), name
        assert (parts[name].missing, parts[name].lost) == (alone[name].missing, alone[name].lost)
        assert counted(parts[name]) == counted(alone[name])
