"""Encoded rows in memory or a temporary file: the same bits with and without, and every way it cannot be had."""

import errno
import gc
import os
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from clearprop.errors import InputError
from clearprop.tables.encoder import Encoder
from clearprop.tables.streaming import stored
from clearprop.tabular import scratch, streamed_memory
from clearprop.tabular.fit import train
from clearprop.tabular.scratch import Scratch, place_for
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed_preparation import prepare_stream
from clearprop.tabular.streamed_rows import RowStream
from sample_tables import flats

SETTINGS = TableSettings(target="rent", hidden=(16,), epochs=4, batch_size=32, seed=5, weights="w")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """One whose buffers hold a fifth of it."""
    monkeypatch.setattr(streamed_memory, "FEWEST_BATCHES", 3)
    monkeypatch.setattr(streamed_memory, "BUFFER", 1)
    told = flats(n=900).append_column("w", pa.array(np.random.default_rng(2).random(900)))
    pyarrow.parquet.write_table(told, tmp_path / "flats.parquet", row_group_size=130)
    return stored(tmp_path / "flats.parquet")


@pytest.fixture
def encoded(monkeypatch):
    """How many rows are encoded, as a list of one number."""
    count, encode = [0], Encoder.encode

    def counted(self, rows, *into):
        count[0] += len(rows)
        return encode(self, rows, *into)

    monkeypatch.setattr(Encoder, "encode", counted)
    return count


def theta_of(table, folder, settings=SETTINGS):
    return train(prepare_stream(table, settings, scratch=folder).ready).model.thetas.tobytes()


@pytest.mark.parametrize(("kept", "ensemble"), [("in a file", None), ("in a file", 2), ("in memory", None)])
def test_the_bits_are_the_same_and_rows_are_encoded_once(table, tmp_path, encoded, ensemble, kept):
    settings = replace(SETTINGS, ensemble=ensemble)
    anew = theta_of(table, "none", settings)
    always, encoded[0] = encoded[0], 0
    assert theta_of(table, tmp_path if kept == "in a file" else None, settings) == anew
    saved, networks = always - encoded[0], ensemble or 1
    n_learn = len(prepare_stream(table, settings).ready.parts.train)
    assert 3 * networks * n_learn <= saved <= (4 * networks - 1) * n_learn
    assert os.listdir(tmp_path) == ["flats.parquet"]


@pytest.mark.parametrize("ensemble", [None, 2])
def test_rows_in_memory_are_encoded_once_for_all_networks_and_take_what_was_said(table, monkeypatch, encoded, ensemble):
    monkeypatch.setattr(scratch, "tempfile", None)  # there is no file
    monkeypatch.setattr(RowStream, "_begin", None)  # and no thread that reads
    found = prepare_stream(table, replace(SETTINGS, ensemble=ensemble))
    encoded[0] = 0
    train(found.ready)
    n_learn, n_test = len(found.ready.parts.train), len(found.ready.parts.test)
    assert encoded[0] == n_learn + n_test
    data = found.ready.plan.stream.rows._held._data
    assert 0 < sum(each.nbytes for each in data) + 8 * n_learn <= found.memory.encoded
    assert "for all rows, encoded, which are shuffled 96 at a time" in str(found.memory)
    assert found.scratch.endswith("of encoded rows in memory, which has room for them")


def test_encoding_all_rows_ends_where_training_is_over(table):
    plan = prepare_stream(table, SETTINGS).ready.plan
    job, rows, engine = plan.jobs[0], plan.stream.rows, plan.choice.engine
    assert list(rows.parts(job, 0, 0, engine, lambda: True)) == []
    assert len(list(rows.parts(job, 0, 0, engine, lambda: False))) == 1


def test_an_error_while_encoding_all_rows_is_raised_again_for_whoever_asks_again(table, monkeypatch):
    plan = prepare_stream(table, SETTINGS).ready.plan
    monkeypatch.setattr(Encoder, "encode", lambda *given: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            list(plan.stream.rows.parts(plan.jobs[0], 0, 0, plan.choice.engine, lambda: False))


def test_rows_are_kept_in_memory_only_where_the_limit_has_room_for_all(table, monkeypatch):
    monkeypatch.setattr(streamed_memory, "resident", lambda: 0)
    with_room = prepare_stream(table, SETTINGS, limit=2**40)
    without = prepare_stream(table, SETTINGS, limit=with_room.memory.total - 1)
    assert (with_room.memory.encoded > 0, without.memory.encoded) == (True, 0)
    assert (with_room.memory.buffers, without.memory.buffers > 0) == (0, True)
    once = prepare_stream(table, replace(SETTINGS, epochs=1), limit=2**40)
    assert (once.memory.encoded, once.scratch) == (0, "none: there is one epoch, which encodes each row once")


def test_a_full_disk_is_told_and_changes_no_bit(table, tmp_path, monkeypatch):
    anew = theta_of(table, "none")
    whole, calls = scratch._whole, []

    def full(action, array):
        if action.__name__ == "write":
            calls.append(1)
            if len(calls) > 7:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(action, array)

    monkeypatch.setattr(scratch, "_whole", full)
    with pytest.warns(RuntimeWarning, match=r"made anew in each epoch from here on: .*No space left on device"):
        assert theta_of(table, tmp_path) == anew


def test_a_file_that_is_slower_than_encoding_is_given_up(table, tmp_path, monkeypatch, encoded):
    anew = theta_of(table, "none")
    always, encoded[0] = encoded[0], 0
    monkeypatch.setattr(scratch, "FEWEST_ROWS", 0)
    monkeypatch.setattr(scratch._Pace, "is_slower_than", lambda self, other: self.rows > 0)
    assert theta_of(table, tmp_path) == anew
    assert encoded[0] > 0.9 * always


def test_what_was_passed_over_is_not_taken_for_made(tmp_path):
    rows = [np.arange(12.0).reshape(6, 2), np.arange(6)]
    file = Scratch(tmp_path, [4, 6], [each[:1] for each in rows])
    file.write(1, 2, [each[2:] for each in rows])  # its first two rows were never written
    assert not file.has(1, 6)
    file.write(1, 0, rows)
    assert not file.is_whole
    file.write(0, 0, [each[:4] * 10 for each in rows])
    assert file.is_whole
    found = [np.zeros_like(each[:3]) for each in rows]
    assert file.read(1, 2, found)
    assert [each.tolist() for each in found] == [each[2:5].tolist() for each in rows]
    assert file.read(0, 1, found)
    assert [each.tolist() for each in found] == [(each[1:4] * 10).tolist() for each in rows]
    file.close()
    assert not file.read(0, 1, found)
    assert not file.is_whole


def test_it_is_gone_with_its_owner(tmp_path):
    file = Scratch(tmp_path, [4], [np.zeros((1, 2))])
    kept = file._file
    del file
    gc.collect()
    assert kept.closed
    assert os.listdir(tmp_path) == []


def test_without_being_asked_it_takes_little_and_of_a_disk_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(scratch, "MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text(f"disk / ext4 rw 0 0\nnone {tmp_path} ext4 rw 0 0\n")
    assert place_for(1000, None).folder == tmp_path
    assert place_for(9 * 2**30, None).folder is None
    (tmp_path / "mounts").write_text(f"none / tmpfs rw 0 0\nnone {tmp_path} tmpfs rw 0 0\n")
    found = place_for(1000, None)
    assert (found.folder, "a folder with 1 kB free would save that" in found.said) == (None, True)
    assert place_for(1000, tmp_path).folder == tmp_path  # whoever asks gets it
    assert place_for(1000, "none").folder is None
    assert [place_for(1000, asked, in_memory=True).in_memory for asked in (None, tmp_path, "none")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("n_bytes", "folder", "said"),
    [(10, "not there", "is not there"), (2**60, ".", "encoded rows take .* PB, and .* free")],
)
def test_a_folder_that_will_not_do_is_refused(tmp_path, n_bytes, folder, said):
    with pytest.raises(InputError, match=said):
        place_for(n_bytes, tmp_path / folder)
