"""Which processes train together, and a training under torchrun of one process, which needs no PyTorch."""

import hashlib
import os
import signal
import threading

import numpy as np
import pytest

from clearprop import MLPRegressor, Network, train, train_many
from clearprop.distributed import Launch, is_first, launch, settings
from clearprop.errors import EngineRefusal, InputError, MissingExtra, is_installed

X = np.random.default_rng(0).normal(size=(60, 3))
NETWORK = Network.mlp([3, 4, 1])


@pytest.fixture
def started(monkeypatch):
    """Make this process one that torchrun has started."""

    def start(rank, size):
        found = {"RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "localhost", "MASTER_PORT": 29400}
        for name, value in found.items():
            monkeypatch.setenv(name, str(value))

    return start


def trained(**settings):
    return train(NETWORK, NETWORK.initial(seed=0), X, X[:, :1], epochs=5, batch_size=16, **settings)


def test_a_process_is_found_by_what_torchrun_sets(started):
    assert launch() is None
    started(2, 4)
    assert launch() == Launch(2, 4, "localhost:29400")
    assert not is_first()
    started(0, 4)
    assert is_first()


def test_threads_and_those_who_say_so_train_alone(started):
    started(1, 2)
    with settings(joins=False):
        assert launch() is None
    found = []
    thread = threading.Thread(target=lambda: found.append(launch()))
    thread.start()
    thread.join()
    assert found == [None]


@pytest.mark.parametrize(("rank", "size"), [(2, 2), ("x", 2), (-1, 2)])
def test_an_environment_that_makes_no_sense_is_refused(started, rank, size):
    started(rank, size)
    with pytest.raises(InputError, match=f"no process among others .RANK={rank}, WORLD_SIZE={size}"):
        trained()


def test_other_numbers_of_processes_are_refused_unless_they_are_allowed(started, monkeypatch):
    started(0, 3)
    with pytest.raises(
        InputError, match=r"3 processes cannot have the bits of 1, 2, 4 and 8: .*CLEARPROP_ANY_PROCESSES=1"
    ):
        trained()


@pytest.mark.skipif(is_installed("torch"), reason="PyTorch is installed")
def test_several_processes_need_pytorch(started):
    started(0, 2)
    with pytest.raises(MissingExtra, match=r"several processes need torch: pip install 'clearprop\[distributed\]'"):
        trained()


def test_one_process_trains_and_tells_what_shards_cost(started, capsys):
    alone = trained()
    started(0, 1)
    told = []
    with settings(tell=told.append):
        sharded = trained()
    np.testing.assert_allclose(sharded.parameters.theta, alone.parameters.theta, rtol=1e-9)
    assert sharded.engine == "compiled"
    (said,) = told
    assert said.startswith("1 process: the gradient of a batch takes ")
    assert said.endswith(" ms in 8 shards, which give the bits of 2, 4 and 8 processes")


@pytest.mark.filterwarnings("ignore:adam. training stopped at the preset number")
def test_an_estimator_is_trained_alike_and_predicts_alone(started, tmp_path):
    given = {"hidden_layer_sizes": (4,), "max_iter": 5, "random_state": 0, "tol": 0, "early_stopping": True}
    alone = MLPRegressor(**given).fit(X, X[:, 0])
    started(0, 1)
    sharded = MLPRegressor(**given).fit(X, X[:, 0], checkpoint=tmp_path)
    np.testing.assert_allclose(sharded.predict(X), alone.predict(X), rtol=1e-9)
    again = MLPRegressor(**given).fit(X, X[:, 0], checkpoint=tmp_path, resume=True)
    assert hashes(again) == hashes(sharded)


def test_a_checkpoint_of_shards_that_goes_on_without_them_says_so(started, tmp_path, monkeypatch):
    started(0, 1)
    trained(checkpoint=tmp_path)
    monkeypatch.delenv("RANK")
    with pytest.warns(UserWarning, match=r"was written with .*, in 8 shards and training goes on with"):
        trained(checkpoint=tmp_path, resume=True)


def test_networks_side_by_side_join_no_other_process(started):
    started(1, 2)
    many = train_many([NETWORK] * 2, X, X[:, :1], epochs=2)
    assert [len(each.history) for each in many] == [2, 2]


def hashes(model):
    return hashlib.sha256(b"".join(each.tobytes() for each in model.coefs_)).hexdigest()


def test_lbfgs_is_refused(started):
    started(0, 1)
    with pytest.raises(EngineRefusal, match="lbfgs trains in one process: take adam or sgd"):
        trained(optimizer="lbfgs")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_training_and_are_then_answered_as_before(started, number):
    started(0, 1)
    before = signal.getsignal(number)
    done = trained(callbacks=[lambda epoch: os.kill(os.getpid(), number) if epoch.n == 2 else None])
    assert done.reason == "interrupted after 2 whole epochs"
    assert signal.getsignal(number) is before


def test_seconds_must_be_above_0():
    with pytest.raises(InputError, match="must be above 0, not 0"), settings(seconds=0):
        pass
