"""The same call comes to the same bits: over repeats and threads, resumed, after a fork, beside another fit."""

import json
import os
import random
import sys
import threading
from functools import cache

import determined
import pytest

import processes

pytestmark = pytest.mark.filterwarnings("ignore")  # a few epochs are too short for any use
JOBS = determined.jobs(None)  # for their names
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The jobs, and the digest of each as it is when nothing else goes on."""
    jobs = determined.jobs(tmp_path_factory.mktemp("tables"))
    return jobs, cache(lambda name: determined.digest(jobs[name]))


def resumed(job, folder, n_states, seed):
    """Digests of a job that goes on from so many of the states that its folder had; how many were inside an epoch."""
    with determined.folders_seen() as seen:
        whole = determined.digest(job, 2, {"checkpoint": folder / "whole", "checkpoint_seconds": 0})
    chosen = random.Random(seed).sample(range(len(seen)), min(n_states, len(seen)))
    found = [whole]
    for k in sorted(chosen):
        (folder / str(k)).mkdir()
        for name, content in seen[k].items():
            (folder / str(k) / name).write_bytes(content)
        found.append(determined.digest(job, 1 + k % 2, {"checkpoint": folder / str(k), "resume": True}))
    return found


def beside(job, other, n_times):
    """Digests of a job while another thread fits something else again and again."""
    over = threading.Event()

    def again():
        while not over.is_set():
            determined.digest(other)

    thread = threading.Thread(target=again)
    thread.start()
    try:
        return [determined.digest(job) for _ in range(n_times)]
    finally:
        over.set()
        thread.join()


def attack(made, name, folder, n_repeats, n_states, threads, seed):
    jobs, usual = made
    job = jobs[name]
    found = {"again": [determined.digest(job) for _ in range(n_repeats)]}
    found |= {f"{n} threads": [determined.digest(job, n)] for n in threads}
    found["resumed"] = resumed(job, folder, n_states, seed)
    found["beside another fit"] = beside(job, jobs["one network, float32"], max(1, n_repeats // 2))
    for circumstance, digests in found.items():
        assert digests == [usual(name)] * len(digests), (circumstance, digests)
    return sum(map(len, found.values()))


@pytest.mark.parametrize("name", JOBS)
def test_the_same_bits_whatever_goes_on_around_it(made, name, tmp_path):
    attack(made, name, tmp_path, 1, 2, (1, 2), 0)


@posix
def test_the_same_bits_in_another_process_and_after_a_fork(made, tmp_path):
    jobs, usual = made
    done = processes.run([sys.executable, determined.__file__, tmp_path], env=environment())
    assert done.returncode == 0, done.stderr[-2000:]
    for name, digests in json.loads(done.stdout).items():
        assert digests == [usual(name)] * 2, name
    assert set(json.loads(done.stdout)) == set(jobs)


def environment():
    """The variables of a process that finds the modules of the tests."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def test_eight_fits_at_once_have_the_bits_of_one_after_another(made):
    jobs, usual = made
    names, found = list(jobs)[-8:], {}
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: determined.digest(jobs[name])})) for name in names
    ]
    expected = {name: usual(name) for name in names}
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


@pytest.mark.torture
@pytest.mark.parametrize("name", JOBS)
def test_the_same_bits_20_times_and_from_50_states(made, name, tmp_path, figure):
    n = attack(made, name, tmp_path, 20, 50, (1, 2, 3, 4, 8), 1)
    figure("same SHA-256 of θ, fits compared", n)
