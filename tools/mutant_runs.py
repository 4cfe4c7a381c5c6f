"""Tests run against a mutant, in a process forked from one that has imported the libraries; and which test runs what.

`Runs.cover` runs all tests of the rooms once, without a mutant, and writes down which test reaches which line, and how
long it takes. `Runs.became_of` runs some tests with a mutant in the place of its file, until one fails.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import json
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "src" / "clearprop"
LIBRARIES = ("numpy", "scipy.optimize", "pytest", "sklearn.base", "sympy", "numba", "pyarrow.parquet", "pyarrow.csv")
# Asserts stay as they are: what pytest rewrites, files named on its command line too, it reads from the disk itself.
OPTIONS = (
    "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "-m", "not torture", "--assert=plain",
)  # fmt: skip
MEMORY = 6 * 2**30  # bytes that a mutant may ask for
BROKEN = (3, 4)  # exit codes of pytest: an error within it, or conftest.py cannot be imported
SLOWER, LEAST = 20, 10  # a test that takes so many times its seconds of the processor, and these, does not end
ASLEEP, HARDLY = 45, 0.3  # seconds in which a process took hardly any of the processor: it waits for ever


class Watched:
    """A plugin of pytest: these tests in this order, each with a limit; the first that failed, and seconds of all."""

    def __init__(self, tests: Sequence[str] | None, known: dict[str, float], seconds: float) -> None:
        self.order = None if tests is None else {test: place for place, test in enumerate(tests)}
        self.known, self.limit = known, time.process_time() + seconds
        self.failed, self.stopped = "", False
        self.seconds: dict[str, float] = {}
        self.at_test: Callable[[str], None] = lambda test: None

    def pytest_collection_modifyitems(self, session: Any, config: Any, items: list[Any]) -> None:
        if self.order is not None:
            wanted = self.order
            items[:] = sorted((item for item in items if item.nodeid in wanted), key=lambda item: wanted[item.nodeid])

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self.began = time.process_time()
        if self.order is not None:  # not by the clock, which others slow down; SIGPROF ends the process
            signal.setitimer(signal.ITIMER_PROF, LEAST + SLOWER * self.known.get(nodeid, 1.0))
        self.at_test(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.at_test("")
        self.seconds[nodeid] = round(time.process_time() - self.began, 3)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed = self.failed or (report.nodeid if report.failed else "")

    def pytest_collectreport(self, report: Any) -> None:
        self.failed = self.failed or (report.nodeid if report.failed else "")

    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> None:
        if time.process_time() > self.limit and not self.stopped:
            self.stopped = True
            item.session.shouldstop = "no more seconds"


class Runs:
    """Runs tests in processes of their own. It writes to `scratch` alone; one user at a time."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.said = scratch, scratch / "said.json"
        os.chdir(PROJECT)
        os.environ.update(OPENBLAS_NUM_THREADS="1", CLEARPROP_MUTANT="1")
        sys.path.insert(0, str(PROJECT / "src"))
        for library in LIBRARIES:  # once, for all that are forked from here
            importlib.import_module(library)
        sys.dont_write_bytecode, sys.pycache_prefix = False, str(PROJECT / "build" / "pycache")
        self.kernels = scratch / "kernels"
        own = Path(os.environ.get("CLEARPROP_CACHE_DIR") or Path.home() / ".cache") / "clearprop"
        self.kernels.mkdir(mode=0o700)
        if own.exists():  # so that no mutant waits for what all need
            shutil.copytree(own, self.kernels / "clearprop")

    def cover(self, rooms: Sequence[str], files: Sequence[str]) -> dict[str, Any]:
        """Run files of tests without a mutant: the seconds of each, and by line which of them reach it.

        SystemExit where one fails.
        """

        def work() -> dict[str, Any]:
            import coverage
            import pytest

            measured = coverage.Coverage(
                data_file=None, source=[str(PACKAGE / room) for room in rooms], config_file=False
            )
            watched = Watched(None, {}, 1e9)

            def at_test(test: str) -> None:
                if test and sys.gettrace() is None:  # a test before has taken it away
                    measured.stop()
                    measured.start()
                measured.switch_context(test)

            watched.at_test = at_test
            measured.start()
            pytest.main([*OPTIONS, *files], plugins=[watched])
            measured.stop()
            data, lines = measured.get_data(), {}
            tests = list(watched.seconds)
            places = {test: place for place, test in enumerate(tests)} | {"": -1}
            for file in data.measured_files():
                place = Path(file).relative_to(PACKAGE).as_posix()
                lines[place] = {
                    line: [places[each] for each in contexts if each in places]
                    for line, contexts in data.contexts_by_lineno(file).items()
                }
            return {"by": watched.failed, "tests": watched.seconds, "lines": lines}

        found = self._forked(self.kernels, work)
        if found["ended"] != "well" or found["by"]:
            sys.exit(f"without a mutant: {found.get('by') or found['ended']}")
        return {"tests": found["tests"], "lines": found["lines"]}

    def became_of(
        self, tests: Sequence[str], known: dict[str, float], seconds: float, path: Path, source: str
    ) -> dict[str, Any]:
        """Run tests with a mutant: "killed" and by what, "endless", "survived", or "open" where seconds ran out."""

        def work() -> dict[str, Any]:
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            taken = _put_in(path, source)
            import pytest

            watched = Watched(tests, known, seconds)
            files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
            status = int(pytest.main([*OPTIONS, *files], plugins=[watched]))
            if watched.failed or status in BROKEN:
                return {"by": watched.failed or "pytest could not go on", "outcome": "killed"}
            if not taken:
                raise RuntimeError(f"{path} was not imported by the tests that are said to reach it")
            return {"by": "", "outcome": "open" if watched.stopped else "survived"}

        kernels = self.scratch / "one" / "kernels"
        shutil.copytree(self.kernels, kernels, copy_function=os.link)  # files of kernels are replaced, never changed
        try:
            found = self._forked(kernels, work)
        finally:
            shutil.rmtree(kernels.parent)
        if found["ended"] == "well":
            return {"ended": found["outcome"], "by": found["by"]}
        if found["ended"].startswith("RuntimeError") and "was not imported" in found["ended"]:
            sys.exit(found["ended"])
        return {"ended": "endless" if found["ended"] == "late" else "killed", "by": found.get("by", found["ended"])}

    def _forked(self, kernels: Path, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What a function returns in a process of its own, and how that ended: "well", "late" or by what."""
        self.said.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            try:
                _silent(kernels)
                self.said.write_text(json.dumps({"ended": "well", **work()}))
            except BaseException as error:
                self.said.write_text(json.dumps({"ended": f"{type(error).__name__}: {error}", "by": repr(error)[:200]}))
            finally:  # never on into what the process does that it was forked from
                os._exit(0)
        number = _waited_for(child)
        if number in (signal.SIGPROF, -1):
            return {"ended": "late", "by": "a test that does not end"}
        if not self.said.exists():
            return {"ended": f"signal {number}", "by": "the end of the process"}
        found: dict[str, Any] = json.loads(self.said.read_text())
        return found


def _silent(kernels: Path) -> None:
    """Of the process that was forked: a group of its own, nothing printed, kernels of its own."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ["CLEARPROP_CACHE_DIR"] = str(kernels)


def _put_in(path: Path, source: str) -> list[str]:
    """From now on, importing this file takes that source; the names by which it was imported are added to the list."""
    actual, taken = importlib.machinery.SourceFileLoader.get_code, []

    def get_code(loader: Any, name: str) -> Any:
        if Path(loader.path) != path:
            return actual(loader, name)
        taken.append(name)
        return compile(source, str(path), "exec")

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
    return taken


def _waited_for(child: int) -> int:
    """Wait for a process: the number of the signal that ended it, or 0; -1 where it slept for too long."""
    since, used = time.monotonic(), _processor(child)
    try:
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            time.sleep(0.02)
            if _processor(child) > used + HARDLY:
                since, used = time.monotonic(), _processor(child)
            if time.monotonic() > since + ASLEEP and _sleeps(child):
                return -1
    finally:
        with suppress(ProcessLookupError, ChildProcessError):  # where it has ended, with all that it started
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _processor(process: int) -> float:
    """Seconds of the processor that a process has taken, and those that it started and waited for."""
    return sum(map(int, _of(process)[11:15])) / os.sysconf("SC_CLK_TCK")


def _sleeps(process: int) -> bool:
    """Whether a process waits for something else than a processor, or to be let go on."""
    return _of(process)[0] == "S"


def _of(process: int) -> list[str]:
    """What the system says of a process, from its state on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
