"""Processes that tests start: each is a group of its own that is killed, with all it started, where it takes too long.

They answer Ctrl-C as at a prompt, also where the tests are a job in the background of a shell, which ignores it.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

LONG = 120  # seconds


def heard():
    """The signals' own meanings."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def started(command, *, timeout=LONG, **options):
    """A process under way; after `timeout` seconds, and at the end of the block, its group is killed."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    if os.name == "posix":
        options |= {"start_new_session": True, "preexec_fn": heard}
    with subprocess.Popen(list(map(str, command)), **options) as process:
        timer = threading.Timer(timeout, ended, [process])
        timer.daemon = True
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            ended(process)


def run(command, *, timeout=LONG, **options):
    """What a process ended with and what it said; AssertionError where it did not end in time."""
    with started(command, timeout=timeout, **options) as process:
        out, err = process.communicate()
    kill = -getattr(signal, "SIGKILL", signal.SIGTERM)
    assert process.returncode != kill, f"killed, maybe after {timeout} s; it said {(err or '')[-2000:]!r}"
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def python(code, *, environment=None, timeout=LONG, **options):
    """`run` for lines of Python, with variables beside those that are set."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **(environment or {})}
    return run([sys.executable, "-c", code], env=environment, timeout=timeout, **options)


def ended(process):
    """Kill a process and all that it started."""
    if os.name != "posix":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if process.poll() is None:
            process.kill()
