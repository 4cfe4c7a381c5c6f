"""SIGKILL at any moment of a training that writes checkpoints all the time: the same call goes on to the same bits."""

import os
import random
import signal
import sys
import time

import pyarrow.parquet
import pytest

import processes
from sample_tables import flats

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system")
DATA = """
import hashlib, sys
import numpy as np
folder, threads, table = sys.argv[1:]
random = np.random.default_rng(0)
X = random.standard_normal((1500, 12))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
kept = {"checkpoint": folder, "checkpoint_seconds": 0, "resume": True} if folder else {}
"""
BEGUN = 'print("begun", flush=True)'
CALLS = {
    "one network": """
from clearprop import Network, train
{BEGUN}
net = Network.mlp([12, 16, 1], hidden="tanh", loss="binary_cross_entropy")
options = {"epochs": 8, "batch_size": 4, "dropout": 0.1, "n_threads": int(threads)}
theta = train(net, net.initial(0), X, y[:, None], **options, **kept).parameters.theta
""",
    "ensemble": """
from clearprop import TabularClassifier
{BEGUN}
model = TabularClassifier(ensemble=3, hidden_layer_sizes=(16,), max_iter=6, batch_size=8, n_threads=int(threads),
                          random_state=0)
theta = model.fit(X, y, **kept).model_.thetas
""",
    # As the command does it, in pieces of some batches: several are read within an epoch.
    "a table on the disk": """
from clearprop.cli.app import exit_code
from clearprop.tabular import streamed_memory
from clearprop.tabular.model import TableModel
streamed_memory.FEWEST_BATCHES, streamed_memory.BUFFER = 3, 1
model = f"{folder or table}.clearprop"
kept = ["--checkpoint", folder, "--checkpoint-seconds", "0", "--resume"] if folder else []
{BEGUN}
asked = ["--target", "rent", "--output", model, "--force", "--stream", "--threads", threads, "--seed", "3"]
asked += ["--hidden", "16", "--epochs", "8", "--batch-size", "4", "--ensemble", "2"]
code = exit_code(["train", table, *asked, *kept])
assert code == 0
theta = TableModel.load(model).thetas
""",
}
LAST = "print(hashlib.sha256(theta.tobytes()).hexdigest())"


def command(kind, folder, threads, table):
    # Stretches of a few milliseconds: there are several within an epoch, each of which is written down.
    code = "from clearprop.training import loop\nloop.SECONDS_PER_STRETCH = 4e-3\n"
    code += DATA + CALLS[kind].replace("{BEGUN}", BEGUN) + LAST
    return [sys.executable, "-c", code, str(folder), str(threads), str(table)]


def kept(folder):
    return {name for name in os.listdir(folder) if name.endswith(".checkpoint")} if folder.exists() else set()


def killed(kind, folder, table, chance, most):
    """Kill the training at random moments until it ends; what it ends with, how often it was killed, and went on."""
    kills = went_on = 0
    while True:
        before = kept(folder)
        with processes.started(command(kind, folder, 1 + kills % 2, table)) as process:
            assert process.stdout.readline().strip() == "begun"
            if kills < most:
                is_late = chance.random() < 0.8  # after at least one more checkpoint; otherwise at any moment
                while is_late and process.poll() is None and kept(folder) <= before:
                    time.sleep(0.002)
                time.sleep(chance.uniform(0.0, 0.1 if is_late else 1.0))
                process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
        if process.returncode == 0:
            return out.split()[-1], kills, went_on + bool(before)
        assert process.returncode == -signal.SIGKILL, err[-2000:]
        kills, went_on = kills + 1, went_on + bool(before)


def attack(tmp_path, kind, n_kills, seed):
    chance, n_killed, n_went_on = random.Random(seed), 0, 0
    table = tmp_path / "flats.parquet"
    pyarrow.parquet.write_table(flats(n=1500), table, row_group_size=170)
    whole = processes.run(command(kind, "", 2, table))
    assert whole.returncode == 0, whole.stderr[-2000:]
    undisturbed = whole.stdout.split()[-1]
    for run in range(n_kills):
        found, kills, went_on = killed(kind, tmp_path / f"run{run}", table, chance, n_kills - n_killed)
        assert found == undisturbed, (run, kills)
        n_killed, n_went_on = n_killed + kills, n_went_on + went_on
        if n_killed >= n_kills:
            break
    assert n_went_on >= n_kills / 3, "many went on from a checkpoint"
    return n_killed, n_went_on


@pytest.mark.parametrize("kind", ["one network", "ensemble"])  # test_killed_streams.py has the table on the disk
def test_a_killed_training_goes_on_to_the_same_bits(tmp_path, kind):
    attack(tmp_path, kind, 3, 0)


@pytest.mark.torture
@pytest.mark.parametrize(("kind", "n_kills"), [("one network", 400), ("ensemble", 100), ("a table on the disk", 100)])
def test_600_killed_trainings_go_on_to_the_same_bits(tmp_path, kind, n_kills, figure):
    n_killed, n_went_on = attack(tmp_path, kind, n_kills, 1)
    figure(f"kill −9, {kind}", f"{n_killed} kills, {n_went_on} resumed from a checkpoint, 0 other bits")
