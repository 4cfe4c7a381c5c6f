"""Two processes in network namespaces of their own, as on two hosts, joined by a pair of virtual interfaces."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

import processes
from clearprop.errors import is_installed

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not is_installed("torch"), reason="torch is not installed (make test-frameworks)"),
    pytest.mark.skipif(not shutil.which("ip") or os.geteuid() != 0, reason="network namespaces need ip, and root"),
]
JOBS = Path(__file__).parent.parent / "distributed_jobs.py"
NAMES = [f"clearprop{os.getpid()}{k}" for k in "ab"]


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def hosts():
    """Names of two namespaces, with 10.77.0.1 and 10.77.0.2."""
    try:
        for name in NAMES:
            ip("netns", "add", name)
        ip("link", "add", "cpv0", "netns", NAMES[0], "type", "veth", "peer", "name", "cpv0", "netns", NAMES[1])
        for k, name in enumerate(NAMES):
            for words in (
                ["addr", "add", f"10.77.0.{k + 1}/24", "dev", "cpv0"],
                ["link", "set", "cpv0", "up"],
                ["link", "set", "lo", "up"],
            ):
                ip("-n", name, *words)
        yield NAMES
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr!r}")
    finally:
        for name in NAMES:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def started(stack, hosts, job, folders):
    place = {"WORLD_SIZE": 2, "MASTER_ADDR": "10.77.0.1", "MASTER_PORT": 29411, "GLOO_SOCKET_IFNAME": "cpv0"}
    place |= {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
    for rank, (name, folder) in enumerate(zip(hosts, folders, strict=True)):
        environment = {**os.environ, **{key: str(value) for key, value in place.items()}, "RANK": str(rank)}
        command = ["ip", "netns", "exec", name, sys.executable, JOBS, job, folder]
        yield stack.enter_context(processes.started(command, env=environment))


def ends(under_way):
    return [
        json.loads([line for line in each.communicate()[0].splitlines() if line.startswith("{")][-1])
        for each in under_way
    ]


def test_two_hosts_come_to_the_bits_of_one_and_a_link_that_breaks_ends_both(hosts, tmp_path):
    alone = processes.run(
        [sys.executable, JOBS, "resumed", tmp_path / "alone"],
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "RANK": "0",
            "WORLD_SIZE": "1",
            "MASTER_ADDR": "x",
            "MASTER_PORT": "1",
        },
    )
    with ExitStack() as stack:
        found = ends(list(started(stack, hosts, "resumed", [tmp_path / "a", tmp_path / "b"])))
    digests = {each["digest"] for each in found}
    assert digests == {json.loads(alone.stdout.splitlines()[-1])["digest"]}
    with ExitStack() as stack:
        under_way = list(started(stack, hosts, "unplugged", [tmp_path / "c", tmp_path / "d"]))
        while not (tmp_path / "c" / "five").exists():
            time.sleep(0.02)
        ip("-n", hosts[0], "link", "set", "cpv0", "down")
        began = time.monotonic()
        found = ends(under_way)
        assert time.monotonic() - began < 40
    assert all("has lost" in each["error"] for each in found), found
