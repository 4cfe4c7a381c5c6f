"""Many kernels compiled at once: Numba and LLVM use one core each, so each of several processes takes kernel by kernel.

What they are asked and what they answer goes through pipes. Whoever asks keeps and loads the machine code.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO

# Python finds clearprop and Numba where this process does. A Ctrl-C is for whoever asked, who then closes the pipes.
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path[:] = {path!r}
from clearprop.engines.compiled.compiler.side_by_side import serve
serve()
"""
LENGTH = 8  # bytes of the number before an answer


def compiled(sources: Mapping[str, str], processes: int) -> Iterator[tuple[str, bytes | None]]:
    """Each source's name and object file, as they are done; None for one that could not be made in another process.

    Parameters
    ----------
    sources : mapping of str to str
        The first are begun first.
    processes : int
    """
    if not is_python(sys.executable):
        return
    waiting = iter(list(sources.items()))  # a thread takes the next in one step
    done: SimpleQueue[tuple[str, bytes | None]] = SimpleQueue()
    started = [_started() for _ in range(processes)]

    def keep_busy(process: subprocess.Popen[bytes]) -> None:
        for name, source in waiting:
            done.put((name, _asked(process, source)))

    try:
        with ThreadPoolExecutor(processes) as pool:
            try:
                for process in started:
                    pool.submit(keep_busy, process)
                for _ in sources:
                    yield done.get()
            finally:
                waiting = iter([])
                for process in started:
                    process.kill()
    finally:
        for process in started:
            with process:  # closes the pipes, and waits
                process.kill()


def is_python(executable: str) -> bool:
    """Whether a program is Python's own, and none that has Python inside."""
    return "python" in Path(executable).name.lower() and not getattr(sys, "frozen", False)


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", COMMAND.format(path=sys.path)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet)


def _asked(process: subprocess.Popen[bytes], source: str) -> bytes | None:
    """What a process makes of a source."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):  # it has ended
        process.stdin.write(json.dumps(source).encode() + b"\n")
        process.stdin.flush()
        length = process.stdout.read(LENGTH)
        if len(length) == LENGTH:
            expected = int.from_bytes(length, "little")
            code = process.stdout.read(expected)
            if code and len(code) == expected:
                return code
    return None


def serve(asked: IO[bytes] | None = None) -> None:
    """Answer one source after another, until there are no more: the work of such a process."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints is no answer
        from clearprop.engines.compiled.compiler.compiling import object_code

        for line in asked or sys.stdin.buffer:
            try:
                code = object_code(json.loads(line))
            except Exception:  # whoever asked compiles it, too, and says what Numba says
                code = b""
            answers.write(len(code).to_bytes(LENGTH, "little") + code)
            answers.flush()
