"""What a process of a distributed training does in a test: ``python distributed_jobs.py NAME [FOLDER]``, started by
torchrun or as torchrun would. Each says what came of it as a line of JSON.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from clearprop import MLPClassifier, Network, TabularRegressor, train
from clearprop.distributed import group, settings
from clearprop.errors import Disagreement, DistributedError
from clearprop.search import SearchCV

RANK, SIZE = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
RNG = np.random.default_rng(0)
X = RNG.normal(size=(203, 6)).astype(np.float32)  # uneven for every number of processes
Y = (X[:, :1] * X[:, 1:2] + X[:, 2:3]).astype(np.float32)
NETWORK = Network.mlp([6, 11, 1], hidden="tanh")


def say(**found):
    sys.stdout.write(json.dumps({"rank": RANK, **found}) + "\n")
    sys.stdout.flush()


def trained(**asked):
    given = {"epochs": 30, "batch_size": 50, "seed": 3, "tolerance": 0.0} | asked
    rows = given.pop("rows", X)
    return train(NETWORK, NETWORK.initial(seed=1, dtype=np.float32), rows, Y, **given)


def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(each).tobytes() for each in arrays)).hexdigest()


def refused():
    """What is said where the processes are given different things; nothing in a process that has no other."""
    said, own = [], RANK % 2
    for asked in ({"epochs": 3 + own}, {"rows": X + own}, {"dropout": 0.1 * own}, {"batch_size": 9 + own}):
        try:
            trained(**asked)
        except Disagreement as error:
            said.append(str(error))
    return said


def bits():
    """Six trainings after some that were refused: their digests and why they ended."""
    said, validation = refused(), (X[:3], Y[:3])  # rows for fewer processes than there are
    jobs = {
        "plain": {},
        "early stopping": {"validation": validation, "patience": 1, "optimizer": "sgd"},
        "dropout": {"dropout": 0.2},
        "batches smaller than the processes": {"batch_size": 3, "epochs": 2},
    }
    found = {name: trained(**asked) for name, asked in jobs.items()}
    digests = {name: digest(each.parameters.theta) for name, each in found.items()}
    model = MLPClassifier((5,), random_state=0, max_iter=4, early_stopping=True).fit(X, X[:, 0] > 0)
    ensemble = TabularRegressor(ensemble=2, max_iter=3, random_state=0).fit(X, Y[:, 0])
    digests |= {"estimator": digest(*model.coefs_), "ensemble": digest(ensemble.model_.thetas)}
    digests |= {f"streamed, {name}": streamed(**more) for name, more in STREAMS.items()}
    with settings(spreads=False):  # all train each network together, one after the other
        together = TabularRegressor(ensemble=2, max_iter=2, random_state=0).fit(X, Y[:, 0])
    search = SearchCV(MLPClassifier(max_iter=3, random_state=0), {"hidden_layer_sizes": [(3,), (5,), (8,)]}, cv=2)
    search.fit(X, X[:, 0] > 0)
    digests |= {"ensemble, not shared out": digest(together.model_.thetas)}
    digests |= {"search": digest(search.cv_results_["mean_test_score"], *search.best_estimator_.coefs_)}
    say(said=said, digests=digests, reasons={name: each.reason for name, each in found.items()})


STREAMS = {"one network": {}, "networks that are shared out": {"ensemble": 2}}


def streamed(kept=None, **more):
    """A table of which each process reads its row groups alone; fewer than there are shards, so some have none."""
    names = [f"x{k}" for k in range(6)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        pyarrow.parquet.write_table(
            pa.table({**dict(zip(names, X.T, strict=True)), "y": Y[:, 0]}), path, row_group_size=50
        )
        model = TabularRegressor(**{"ensemble": 1, "max_iter": 2, **more}, hidden_layer_sizes=(8,), random_state=0)
        return digest(model.fit(path, target="y", stream=True, **(kept or {})).model_.thetas)


def kept_in(folder):
    return {"checkpoint": folder, "checkpoint_seconds": 0, "resume": True}


def plain(folder):
    return digest(trained(epochs=40, **kept_in(folder)).parameters.theta)


def on_disk(folder):
    return streamed(kept_in(folder), max_iter=30)


def shared_out(folder):
    model = TabularRegressor(ensemble=3, max_iter=20, random_state=0)
    return digest(model.fit(X, Y[:, 0], **kept_in(folder)).model_.thetas)


KEPT = {"plain": plain, "streamed": on_disk, "ensemble": shared_out}  # that distributed_kills.py kills processes of


def killed(name, folder):
    """The last process kills itself in its fifth epoch: always, or the first time that torchrun starts it, or never."""
    dies = {"killed": True, "resumed": False}.get(name, os.getenv("TORCHELASTIC_RESTART_COUNT") == "0")
    begun, came, seen = any(Path(folder).glob("*.checkpoint")), time.monotonic(), []

    def look(epoch):
        seen.append(time.monotonic() - came)
        if dies and RANK == SIZE - 1 and epoch.n == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        done = trained(callbacks=[look], checkpoint=folder, checkpoint_seconds=0, resume=True)
    except DistributedError as error:
        say(error=str(error), seconds=time.monotonic() - came - seen[-1])
        raise SystemExit(1) from None
    say(digest=digest(done.parameters.theta), begun=begun)


def unplugged(folder):
    """It says when it has made five epochs, and goes on until its network is lost."""
    Path(folder).mkdir()

    def look(epoch):
        if epoch.n == 5:
            Path(folder, "five").touch()
        time.sleep(0.01)

    try:
        trained(callbacks=[look], epochs=10**6, patience=1e9)
    except DistributedError as error:
        say(error=str(error))


def lonely():
    """The first process never comes."""
    group.MEETING = 2.0
    try:
        trained()
    except DistributedError as error:
        say(error=str(error))


def main(name, *folders):
    if name in ("killed", "restarted", "resumed"):
        killed(name, *folders)
    elif name == "unplugged":
        unplugged(*folders)
    else:
        {"bits": bits, "lonely": lonely}[name]()


if __name__ == "__main__":
    main(*sys.argv[1:])
