"""Real processes that train together over gloo: the same bits, refusals, a killed process, torchrun.

What needs no network, threads in the place of processes show: tests/distributed.
"""

import json
import os
import re
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import processes
from clearprop.errors import is_installed

pytestmark = pytest.mark.skipif(not is_installed("torch"), reason="torch is not installed (make test-frameworks)")

JOBS = Path(__file__).parent.parent / "distributed_jobs.py"
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone"]


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def together(n, *arguments):
    """What n processes of distributed_jobs.py ended with: exit codes, what they said, and their errors."""
    shared = {**os.environ, **ALONE, "WORLD_SIZE": n, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    environments = [{name: str(value) for name, value in {**shared, "RANK": rank}.items()} for rank in range(n)]
    command = [sys.executable, JOBS, *arguments]
    with ExitStack() as stack:
        under_way = [stack.enter_context(processes.started(command, env=each)) for each in environments]
        ended = [process.communicate() for process in under_way]
        return [(each.returncode, said(out), err) for each, (out, err) in zip(under_way, ended, strict=True)]


def said(out):
    """The last line of JSON that a process has printed."""
    lines = [line for line in out.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if lines else {}


@pytest.fixture(scope="module")
def alone():
    """What one process under torchrun comes to; it needs no PyTorch."""
    ((code, found, err),) = together(1, "bits")
    assert code == 0, err
    assert "no better for 1 epochs (converged)" in found["reasons"]["early stopping"]
    return found


LONG = [pytest.param(n, marks=pytest.mark.torture) for n in (4, 8)]


@pytest.mark.parametrize("n", [2, *LONG])
def test_the_bits_are_those_of_one_process_after_differences_that_all_refuse(n, alone):
    found = together(n, "bits")
    for rank, (code, each, err) in enumerate(found):
        assert code == 0, err
        assert each["digests"] == alone["digests"]
        assert each["reasons"] == alone["reasons"]
        assert {**each, "rank": 0} == {**found[0][1], "rank": 0}, rank
    epochs, rows, dropout, batch = found[0][1]["said"]
    assert epochs.startswith("these processes cannot train together: epochs is 3 in process")
    assert "the rows, or the weights to begin with, are some in process" in rows
    assert "dropout is" in dropout
    assert "batch_size is 9" in batch


def test_a_killed_process_ends_the_others_within_seconds_and_a_checkpoint_goes_on_to_the_same_bits(tmp_path, alone):
    (code, found, _), (killed, _, _) = together(2, "killed", tmp_path)
    assert (code, killed) == (1, -9)
    assert found["seconds"] < 30
    sentence = r"process 0 of 2 has lost (process 1|the others): it was killed, failed, lost its network or did not"
    assert re.match(sentence, found["error"])
    ((code, found, err),) = together(1, "resumed", tmp_path)
    assert code == 0, err
    assert found["digest"] == alone["digests"]["plain"]
    assert found["begun"]


@pytest.mark.torture
def test_an_address_that_does_not_answer_is_named(tmp_path):
    place = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    done = processes.run([sys.executable, JOBS, "lonely"], env={**os.environ, **ALONE, **place})
    sentence = f"process 1 of 2 waited for the others at 127.0.0.1:{place['MASTER_PORT']}, and they did not come"
    assert said(done.stdout)["error"].startswith(sentence), done.stderr


@pytest.mark.torture
def test_torchrun_restarts_go_on_to_the_same_bits(tmp_path, alone):
    command = [*TORCHRUN, "--nproc-per-node=2", "--max-restarts=1", JOBS, "restarted", tmp_path]
    done = processes.run(command, env={**os.environ, **ALONE})
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if "digest" in line]
    assert {each["rank"]: each["digest"] for each in found} == dict.fromkeys((0, 1), alone["digests"]["plain"])
    assert any(each["begun"] for each in found)


def test_the_command_line_prints_once_and_writes_the_model_of_one_process(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{a:.3f},{b:.3f},{a * b:.3f}" for a, b in rng.normal(size=(120, 2))]
    (tmp_path / "rows.csv").write_text("a,b,y\n" + "\n".join(lines))
    train = ["-m", "clearprop", "train", "rows.csv", "--target", "y", "--epochs", "3", "--ensemble", "2"]
    environment = {**os.environ, **ALONE}
    place = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    one = processes.run([sys.executable, *train, "--output", "one.clearprop"], env=environment | place, cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    command = [*TORCHRUN, "--nproc-per-node=2", *train, "--output", "two.clearprop"]
    two = processes.run(command, env=environment, cwd=tmp_path)
    assert two.returncode == 0, two.stderr
    assert two.stdout.count("Saved two.clearprop") == 1
    assert two.stdout.count("2 processes: the 2 networks are shared out, at most 1 to each") == 1
    assert (tmp_path / "two.clearprop").read_bytes() == (tmp_path / "one.clearprop").read_bytes()
