"""A table on the disk, read while it is learned from: what is found out of it, the bits, checkpoints, and scores."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from clearprop.engines import prepared
from clearprop.errors import FileError, InputError, TableError
from clearprop.files.checkpoints import Checkpoints
from clearprop.job import TrainingState
from clearprop.tables import fit_encoder
from clearprop.tables.streaming import stored
from clearprop.tables.streaming_order import LEARN
from clearprop.tables.streaming_read import read_whole
from clearprop.tabular import streamed, streamed_memory, survey
from clearprop.tabular.fit import train
from clearprop.tabular.learning import member
from clearprop.tabular.model import TableModel
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed_preparation import prepare_stream
from clearprop.tabular.streamed_rows import RowStream
from clearprop.training import epochs, loop
from sample_tables import flats, pets

SETTINGS = TableSettings(target="rent", hidden=(16,), epochs=3, batch_size=32, seed=5)


@pytest.fixture
def table(tmp_path):
    pyarrow.parquet.write_table(flats(n=1500), tmp_path / "flats.parquet", row_group_size=170)
    return stored(tmp_path / "flats.parquet")


def ready_of(table, settings=SETTINGS, **more):
    return prepare_stream(table, settings, **more).ready


def parts_of(table, settings):
    """What each row of the whole table is for."""
    ready = ready_of(table, settings)
    return ready.plan.stream.rows.shares.parts(0, table.n_rows)


@pytest.mark.parametrize("read", [None, "wide"])
def test_the_encoder_is_the_one_of_all_rows_where_the_sample_is_all_of_them(table, read):
    ready = ready_of(table)
    whole = read_whole(table)
    learn = np.flatnonzero(parts_of(table, SETTINGS) == LEARN)
    expected = fit_encoder(whole.drop_columns(["rent"]), rows=learn, strict=True)
    assert ready.encoder.steps == expected.encoder.steps
    rent = whole.column("rent").to_numpy()[learn]
    np.testing.assert_allclose([ready.target.centre, ready.target.scale], [rent.mean(), rent.std()], rtol=1e-12)
    assert (ready.target.low, ready.target.high) == (rent.min(), rent.max())
    assert [len(part) for part in ready.parts] == np.bincount(parts_of(table, SETTINGS)).tolist()


def test_quantiles_of_a_sample_are_as_near_as_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("clearprop.tabular.streamed_preparation.SAMPLE", 2000)
    x = np.random.default_rng(0).exponential(size=20_000)
    rare = np.where(np.arange(20_000) // 4 == 190, None, "often")
    told = pa.table({"x": x, "rare": rare, "y": x + 1})
    pyarrow.parquet.write_table(told, tmp_path / "t.parquet", row_group_size=3000)
    ready = ready_of(stored(tmp_path / "t.parquet"), replace(SETTINGS, target="y", test=0.0))
    number = ready.encoder.steps[0]
    ranks = np.searchsorted(np.sort(x), number.edges) / len(x)
    assert np.abs(ranks - np.linspace(0, 1, len(ranks))).max() < survey.rank_error(2000) + 1e-3
    assert (number.edges[0], number.edges[-1]) == (x.min(), x.max())  # the ends are those of all rows
    assert "come from" in " ".join(ready.notices)
    assert [step.missing for step in ready.encoder.steps if step.column == "rare"] == [True]


def in_memory(ready, table):
    """All rows that are learned from, in the order of the table, and the order of each epoch by their numbers."""
    plan = ready.plan
    rows = plan.stream.rows
    whole = read_whole(table)
    learn = whole.filter(pa.array(rows.shares.parts(0, table.n_rows) == LEARN))
    job = plan.jobs[0]
    Y = ready.target.encode(rows.encoding.y(learn))
    data = prepared(job, ready.encoder.encode(learn).X, Y, rows.encoding.weight(learn, rows.asked.weights), np.float32)
    begins = np.cumsum([0, *rows.counts])
    order, shuffle = rows.order(job), plan.choice.engine.shuffle

    def of_epoch(epoch):
        found = []
        for buffer in order.buffers(epoch, shuffle):
            places = np.concatenate([np.arange(s.start, s.stop) + begins[s.group] for s in buffer.segments])
            found.append(places[order.within(buffer, shuffle)])
        return np.concatenate(found)

    return data, of_epoch


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("kind", ["number", "classes", "weights"])
def test_the_bits_are_those_of_memory_with_the_same_encoder_and_the_same_order(tmp_path, monkeypatch, engine, kind):
    told = pets(n=1200) if kind == "classes" else flats(n=1200)
    told = told.append_column("w", pa.array(np.random.default_rng(2).random(1200)))
    pyarrow.parquet.write_table(told, tmp_path / "t.parquet", row_group_size=101)
    table = stored(tmp_path / "t.parquet")
    more = {"weights": "w"} if kind == "weights" else {"drop": ("w",)}
    target = "kind" if kind == "classes" else "rent"
    monkeypatch.setattr(streamed_memory, "FEWEST_BATCHES", 3)
    monkeypatch.setattr(streamed_memory, "BUFFER", 1)
    ready = ready_of(table, replace(SETTINGS, target=target, engine=engine, **more))
    job, streams = ready.plan.jobs[0], member(ready.plan, 0)
    assert streams.data.rows < streams.data.n_samples / 4
    theirs = TrainingState.start(job, streams.initial)
    records = [record.loss for record in epochs(job, theirs, streams.data, streams.engine)]
    streams.data.close()
    data, of_epoch = in_memory(ready, table)
    monkeypatch.setattr(loop, "epoch_order", lambda job, epoch, n_samples, engine: of_epoch(epoch))
    mine = TrainingState.start(job, streams.initial)
    assert [record.loss for record in epochs(job, mine, data, streams.engine)] == records
    assert mine.theta.tobytes() == theirs.theta.tobytes()


def test_a_training_goes_on_inside_an_epoch_to_the_same_bits(table, tmp_path, monkeypatch):
    monkeypatch.setattr(streamed_memory, "FEWEST_BATCHES", 3)
    monkeypatch.setattr(streamed_memory, "BUFFER", 1)
    monkeypatch.setattr(loop, "SECONDS_PER_STRETCH", 1e-7)
    undisturbed = train(ready_of(table)).model
    for stop_after in (3, 41):
        calls, steps = [], RowStream.parts

        def parts(self, *given, stop=stop_after, calls=calls, steps=steps):
            for part in steps(self, *given):
                calls.append(part)
                if len(calls) == stop:
                    raise KeyboardInterrupt
                yield part

        folder = tmp_path / f"run{stop_after}"
        with monkeypatch.context() as patched:
            patched.setattr(RowStream, "parts", parts)
            train(ready_of(table), checkpoints=Checkpoints(folder, 0))
        kept = Checkpoints(folder, 0, resume=True)
        model = train(ready_of(table, kept=kept.details("")), checkpoints=kept).model
        assert model.thetas.tobytes() == undisturbed.thetas.tobytes()
        assert model.held_out == undisturbed.held_out


def test_a_checkpoint_of_other_data_is_refused(table, tmp_path):
    train(ready_of(table), checkpoints=Checkpoints(tmp_path / "run", 0))
    other = flats(n=1500).set_column(0, "size", pa.array(np.linspace(20, 120, 1500)))
    pyarrow.parquet.write_table(other, tmp_path / "flats.parquet", row_group_size=170)
    with pytest.raises(FileError, match="is of another training"):
        train(ready_of(stored(table.path)), checkpoints=Checkpoints(tmp_path / "run", 0, resume=True))


def test_quantiles_and_several_networks_are_learned_from_a_stream_too(table):
    ready = ready_of(table, replace(SETTINGS, quantiles=(0.1, 0.9), ensemble=2, epochs=2))
    model = train(ready).model
    assert len(model.thetas) == 2
    assert len(model.held_out.quantiles) == 2
    assert model.predict_quantiles(flats(n=5))[0].shape == (5, 2)


@pytest.mark.parametrize(
    "settings",
    [
        {"folds": 3},
        {"group": "district"},
        {"time_column": "size"},
        {"validation_file": "v.csv"},
        {"start": "m", "hidden": None},
    ],
    ids=str,
)
def test_what_needs_the_whole_table_is_refused_in_a_sentence(table, settings):
    with pytest.raises(InputError, match=r"needs the whole table in memory.*--memory"):
        ready_of(table, replace(SETTINGS, **settings))


def test_too_little_memory_is_refused_with_what_is_needed(table):
    with pytest.raises(InputError, match=r"needs .* at most: .* may be used: raise --memory"):
        ready_of(table, limit=10_000_000)


def test_rows_without_a_target_are_refused_or_left_out(tmp_path):
    told = flats(n=600)
    rent = told.column("rent").to_pylist()
    rent[555] = None
    told = told.set_column(3, "rent", pa.array(rent))
    pyarrow.parquet.write_table(told, tmp_path / "t.parquet", row_group_size=100)
    table = stored(tmp_path / "t.parquet")
    with pytest.raises(TableError, match=r"row group 6: the target 'rent' is missing in row 56"):
        ready_of(table)
    ready = ready_of(table, replace(SETTINGS, skip_missing_target=True))
    assert sum(map(len, ready.parts)) == 599
    assert train(ready).model.held_out.n_rows == len(ready.parts.test)


def close(mine, other, rtol=1e-9):
    for name, value in other.items():
        if isinstance(value, dict):
            close(mine[name], value, rtol)
        elif name.removeprefix("trivial_") in ("roc_auc", "average_precision"):
            assert mine[name] == pytest.approx(value, abs=2e-4), name
        elif isinstance(value, float | list | tuple) and name != "quantiles":
            np.testing.assert_allclose(mine[name], value, rtol=rtol, atol=1e-12, err_msg=name)
        elif name != "quantiles":
            assert mine[name] == value, name


@pytest.mark.parametrize("kind", ["number", "log", "classes", "weights", "several"])
def test_scores_of_parts_are_those_of_all_rows_at_once(tmp_path, kind):
    told = pets(n=700) if kind == "classes" else flats(n=700)
    told = told.append_column("w", pa.array(np.random.default_rng(2).random(700)))
    settings = {
        "classes": {"target": "kind", "drop": ("w",)},
        "log": {"log_target": True, "drop": ("w",)},
        "weights": {"weights": "w"},
        "several": {"target": ("rent", "w"), "task": None},
        "number": {"drop": ("w",)},
    }[kind]
    pyarrow.parquet.write_table(told, tmp_path / "t.parquet", row_group_size=90)
    table = stored(tmp_path / "t.parquet")
    model = train(ready_of(table, replace(SETTINGS, **settings))).model
    found, n_left_out = streamed.evaluate(model, table)
    expected = model.evaluate(read_whole(table))
    assert n_left_out == 0
    assert found.scores.n_rows == 700
    close(found.scores.to_json(), expected.scores.to_json(), 1e-6 if kind == "weights" else 1e-9)  # float32 in memory
    assert found.remarks == expected.remarks
    model.save(tmp_path / "m.clearprop")
    assert TableModel.load(tmp_path / "m.clearprop").held_out == model.held_out


def test_predictions_of_parts_are_those_of_all_rows_at_once(table):
    model = train(ready_of(table)).model
    whole = model.predict(read_whole(table))
    found = list(streamed.predict(model, table))
    assert np.concatenate([each.predictions.values for each in found]).tobytes() == whole.values.tobytes()
    assert [each.piece.first for each in found] == [group.first for group in table.groups]


@pytest.mark.parametrize(("text", "size"), [("512MB", 512 * 10**6), ("2GiB", 2**31), ("100", 100), (None, None)])
def test_amounts_of_memory_are_read_as_people_write_them(text, size):
    assert streamed_memory.bytes_of(text) == size
    with pytest.raises(InputError, match="512MB"):
        streamed_memory.bytes_of("a lot")
