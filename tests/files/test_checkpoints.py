"""Checkpoints of a call: what is kept, what is refused, and that the training goes on whatever the disk does."""

import errno
import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop import Network, load, train
from clearprop.errors import FileError, InputError, ModelFileError
from clearprop.files import checkpoint_file, checkpoints, writing
from clearprop.files.checkpoint_file import read, to_bytes
from clearprop.files.checkpoints import described, fingerprint
from clearprop.formulas import LBFGS, SGD
from clearprop.job import Best, Epoch, History, Job, OneHot, Progress, Snapshot, TrainingState
from clearprop.training import keeper

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((80, 3))
Y = (X[:, :1] > 0).astype(float)
NET = Network.mlp([3, 4, 1], hidden="tanh", loss="binary_cross_entropy")


def fitted(folder=None, net=NET, X=X, Y=Y, **options):
    options = {"epochs": 5, "batch_size": 16, "patience": 5, **options}
    return train(net, net.initial(0), X, Y, checkpoint=folder, **options)


@pytest.fixture(autouse=True)
def copied_everywhere(monkeypatch):
    """A copy wherever there could be one, however quick the fit is."""
    monkeypatch.setattr(keeper, "SHARE", 1e9)


class Stopped(Exception):
    pass


def stopped(folder, n=3, **options):
    """A fit that ends like a process that is killed in epoch n, but for the last thing that it writes."""

    def at(epoch):
        if epoch.n == n:
            raise Stopped

    with pytest.raises(Stopped):
        fitted(folder, callbacks=[at], checkpoint_seconds=0, **options)


numbers = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def snapshots(draw):
    n_networks, n, depth = draw(st.integers(1, 3)), draw(st.integers(1, 9)), draw(st.integers(1, 3))
    dtype, n_memory = draw(st.sampled_from([np.float32, np.float64])), draw(st.integers(0, 2))
    names = draw(st.lists(st.text("abc", min_size=1), max_size=2, unique=True))

    def vector(n, dtype=np.float64):
        with np.errstate(over="ignore"):
            return np.array(draw(st.lists(numbers, min_size=n, max_size=n)), dtype=np.float64).astype(dtype)

    def epoch(n):
        scores = {name: draw(numbers) for name in names}
        norms = tuple(vector(depth).tolist())
        return Epoch(
            n, draw(numbers), norms, draw(numbers), draw(st.floats(0, 1e6)), draw(st.integers(0, 2**50)), scores
        )

    def state():
        whole = {name: draw(st.integers(0, 2**50)) for name in checkpoint_file.COUNTS}
        real = {name: draw(numbers) for name in checkpoint_file.NUMBERS}
        search = draw(st.booleans())
        return TrainingState(
            vector(n, dtype), [vector(n, dtype) for _ in range(n_memory)], **whole, **real,
            gradient_norms=vector(depth), search_start=vector(n, dtype) if search else None,
        )  # fmt: skip

    history = History(epoch(k) for k in range(1, draw(st.integers(0, 4)) + 1))
    best = None
    if history and draw(st.booleans()):
        thetas = tuple(vector(n, dtype) for _ in range(n_networks)) if draw(st.booleans()) else ()
        best = Best(draw(numbers), draw(st.sampled_from(history)), thetas)
    ended = draw(st.sampled_from([None, ("epochs", "stopped at the end")]))
    progress = Progress(
        draw(st.integers(0, 9)), draw(st.floats(0, 9)), best, draw(st.integers(0, 9)), History(history), ended
    )
    unread = tuple(epoch(9) if draw(st.booleans()) else None for _ in range(n_networks))
    return Snapshot(tuple(state() for _ in range(n_networks)), progress, unread)


def parts(snapshot):
    """All of it as bytes and texts, where NaN is equal to itself."""
    found = []
    for state in snapshot.states:
        found += [state.theta.tobytes(), str(state.theta.dtype), *(vector.tobytes() for vector in state.memory)]
        found += [None if state.search_start is None else state.search_start.tobytes(), state.gradient_norms.tobytes()]
        names = (*checkpoint_file.COUNTS, *checkpoint_file.NUMBERS)
        found += [repr(getattr(state, name)) for name in names]
    best = snapshot.progress.best
    found += [] if best is None else [repr(best.value), repr(best.epoch), [theta.tobytes() for theta in best.thetas]]
    progress = snapshot.progress
    return [*found, repr((progress.first_epoch, progress.seconds, progress.stale, progress.history, progress.ended)),
            repr(snapshot.unread)]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_a_snapshot_comes_back_as_it_was(tmp_path_factory, snapshot):
    path = tmp_path_factory.mktemp("kept") / "a.checkpoint"
    path.write_bytes(to_bytes(snapshot, {"a": 1}, {"b": [2]}))
    found = read(path)
    assert (found.identity, found.document["details"]) == ({"a": 1}, {"b": [2]})
    assert parts(found.snapshot()) == parts(snapshot)


def test_a_damaged_file_is_refused_wherever_a_byte_is_another(tmp_path):
    fitted(tmp_path / "run")
    (path, *_) = (tmp_path / "run").iterdir()
    content = path.read_bytes()
    for place in range(0, len(content), 37):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(ModelFileError):
            read(path).snapshot()
    for size in (0, 7, 100, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(ModelFileError):
            read(path)


def test_a_file_that_does_not_hold_what_it_says_is_refused(tmp_path):
    job = Job(NET, SGD(0.1))
    state = TrainingState.start(job, NET.initial(0).theta)
    content = to_bytes(Snapshot((state,), Progress(), (None,)), {}, {})
    path = tmp_path / "a.checkpoint"
    path.write_bytes(content)
    document, flat = dict(read(path).document), read(path).flat
    spec = document["states"][0]
    for change in ({"n_epochs": 10**9}, {"states": []}, {"best": 7}, {"scores": 5}, {"unread": [True]},
                   {"states": [{**spec, "n_parameters": 10**15}]},
                   {"states": [{**spec, "n_parameters": 0, "n_memory": 10**12}]}, {"progress": None}):  # fmt: skip
        with pytest.raises(ModelFileError, match="does not hold what it says"):
            checkpoint_file.Found(path, {**document, **change}, flat).snapshot()


def test_a_model_file_is_no_checkpoint_and_a_checkpoint_no_model(tmp_path):
    from clearprop import save

    save(tmp_path / "a.checkpoint", NET, NET.initial(0))
    with pytest.raises(ModelFileError, match="is a model file, not a checkpoint"):
        read(tmp_path / "a.checkpoint")
    fitted(tmp_path / "run")
    (path, *_) = (tmp_path / "run").iterdir()
    with pytest.raises(ModelFileError, match="is a checkpoint of a training"):
        load(path)


def test_the_last_two_are_kept_and_numbers_go_on(tmp_path):
    stopped(tmp_path / "run")
    before = sorted(path.name for path in (tmp_path / "run").iterdir())
    fitted(tmp_path / "run", resume=True, checkpoint_seconds=0)
    after = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert 1 <= len(before) <= len(after) == checkpoints.KEPT
    assert max(before) < max(after)


def test_the_same_call_goes_on_and_ends_as_an_undisturbed_one(tmp_path):
    whole = fitted()
    stopped(tmp_path / "run")
    again = fitted(tmp_path / "run", resume=True)
    over = fitted(tmp_path / "run", resume=True)  # has ended, so nothing is left to do
    for found in (again, over):
        np.testing.assert_array_equal(found.parameters.theta, whole.parameters.theta)
        assert [epoch.loss for epoch in found.history] == [epoch.loss for epoch in whole.history]
        assert found.reason == whole.reason


def test_callbacks_see_all_epochs_again(tmp_path):
    stopped(tmp_path / "run")
    seen = []
    fitted(tmp_path / "run", resume=True, callbacks=[lambda epoch: seen.append(epoch.n)])
    assert seen == [1, 2, 3, 4, 5]


OTHERS = {
    "epochs was 5 and is 6": {"epochs": 6},
    "batch_size was 16 and is 8": {"batch_size": 8},
    "l2 was 0.0 and is 0.1": {"l2": 0.1},
    "stopping was": {"patience": 4},
    "seed was 0 and is 1": {"seed": 1},
    "update_rule.name was 'adam' and is 'sgd'": {"optimizer": SGD(0.001)},
    "the rows are others": {"X": X[::-1].copy()},
    "network.layers was": {"net": Network.mlp([3, 5, 1], hidden="tanh", loss="binary_cross_entropy")},
}


@pytest.mark.parametrize("difference", OTHERS)
def test_another_training_is_refused_with_what_differs(tmp_path, difference):
    stopped(tmp_path / "run")
    with pytest.raises(FileError, match=f"is of another training: .*{difference}.*put it back, or name another folder"):
        fitted(tmp_path / "run", resume=True, **OTHERS[difference])


def test_another_version_is_refused(tmp_path, monkeypatch):
    stopped(tmp_path / "run")
    monkeypatch.setattr(checkpoints, "__version__", "99.0")
    with pytest.raises(FileError, match=r"clearprop was .* and is '99.0'"):
        fitted(tmp_path / "run", resume=True)


def test_another_processor_is_told_and_the_training_goes_on(tmp_path):
    stopped(tmp_path / "run", engine="reference")
    with pytest.warns(UserWarning, match="its last bits may differ"):
        assert len(fitted(tmp_path / "run", resume=True).history) == 5


def test_a_folder_with_checkpoints_is_not_begun_anew(tmp_path):
    stopped(tmp_path / "run")
    with pytest.raises(FileError, match="holds checkpoints of an earlier training"):
        fitted(tmp_path / "run")


def test_without_a_checkpoint_to_go_on_from_it_begins(tmp_path):
    assert len(fitted(tmp_path / "run", resume=True).history) == 5
    with pytest.raises(InputError, match="name their folder"):
        fitted(resume=True)


def test_a_damaged_last_one_leaves_the_one_before(tmp_path):
    whole = fitted()
    stopped(tmp_path / "run")
    files = sorted((tmp_path / "run").iterdir())
    files[-1].write_bytes(files[-1].read_bytes()[:-9])
    with pytest.warns(UserWarning, match="the one before it is taken"):
        found = fitted(tmp_path / "run", resume=True)
    np.testing.assert_array_equal(found.parameters.theta, whole.parameters.theta)


def test_none_that_can_be_read_is_an_error(tmp_path):
    stopped(tmp_path / "run")
    for path in (tmp_path / "run").iterdir():
        path.write_bytes(b"nothing")
    with pytest.warns(UserWarning, match="bytes"), pytest.raises(FileError, match=r"no checkpoint in .* can be read"):
        fitted(tmp_path / "run", resume=True)


def test_a_full_disk_is_told_and_the_training_goes_on(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    whole = fitted()
    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.warns(UserWarning, match="No space left on device.*the training goes on") as told:
        found = fitted(tmp_path / "run", checkpoint_seconds=0)
    assert len(told) == 1, "once, not for each"
    np.testing.assert_array_equal(found.parameters.theta, whole.parameters.theta)
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize("seconds", [-1, math.nan])
def test_bad_seconds_are_refused(tmp_path, seconds):
    with pytest.raises(InputError, match="must be at least 0"):
        fitted(tmp_path / "run", checkpoint_seconds=seconds)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(FileError, match="cannot be written to"):
        fitted(tmp_path / "run")


def test_an_own_activation_and_lbfgs_are_described():
    assert described(Job(NET, LBFGS()))["update_rule"]["history"] == LBFGS().history


def test_fingerprints_tell_types_shapes_and_kinds_apart():
    a = np.zeros((2, 3))
    others = [a, a.T, a.astype(np.float32), a.ravel(), None, OneHot([0, 1], 3, "float64"), OneHot([0, 1], 4, "float64")]
    assert len({fingerprint(other) for other in others}) == len(others)
