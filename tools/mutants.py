"""Mutation testing: small faults are put into formulas, network and training, and the tests have to notice.

``python tools/mutants.py --count 800 --seed 2026`` draws mutants and runs the tests of its room against each, those of
the mutated file first, until one fails. What became of each is in build/mutants-SEED.json at once: the same command
goes on after those, also with a larger count. Tests run in processes forked from one that has imported the libraries,
each with a copy of its own of the user's folder of kernels. A test that notices a mutant is run without it as well.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import importlib.machinery
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mutations import mutated, places

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "src" / "clearprop"
ROOMS = ("formulas", "network", "training")
LONGEST = 300  # seconds that the tests of one mutant may take; they take a tenth of it on a machine at rest
MEMORY = 6 * 2**30  # bytes that a mutant may ask for
LEFT_OUT = {"training/progress.py": "what is shown while training", "formulas/printers": "tests/record holds it"}
# The file of tests that is run first, where it has not the name of the source.
FIRST = {
    "formulas/library_activations.py": "test_activations",
    "formulas/activation_base.py": "test_activations",
    "formulas/evaluation.py": "test_expressions",
    "formulas/patterns.py": "test_idioms",
    "formulas/kept.py": "test_formula",
    "formulas/parameter_values.py": "test_formula",
    "formulas/saved_facts.py": "test_saving",
    "network/layers.py": "test_backprop",
    "network/spec.py": "test_specs",
    "training/source.py": "test_loop",
    "training/keeping.py": "test_resume",
    "training/lbfgs.py": "test_train",
    "training/read_ahead.py": "test_ahead",
}


def sources() -> list[Path]:
    """The files that mutants are drawn from."""
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    return [path for path in files if not any(part in path.as_posix() for part in LEFT_OUT)]


def drawn(seed: int) -> list[tuple[Path, int]]:
    """All mutants in the order of this seed."""
    every = [(path, n) for path in sources() for n in range(len(list(places(ast.parse(path.read_text())))))]
    random.Random(seed).shuffle(every)
    return every


def state_of_sources() -> str:
    """A digest of what is mutated and of the tests that it is run against."""
    tests = [path for room in ROOMS for path in sorted((PROJECT / "tests" / room).glob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in [*sources(), *tests])).hexdigest()[:16]


def tests_of(path: Path, seconds: dict[str, float]) -> list[str]:
    """The files of tests to run: the examples in the source, its own tests, then the others, the quickest first."""
    place = path.relative_to(PACKAGE)
    room = PROJECT / "tests" / place.parts[0]
    own = room / f"{FIRST.get(place.as_posix(), f'test_{path.stem}')}.py"
    others = sorted(room.glob("test_*.py"), key=lambda each: seconds.get(each.name, 0.0))
    first = [path, *([own] if own.exists() else [])]
    return [str(each) for each in [*first, *(each for each in others if each != own)]]


class FirstFailure:
    """A plugin of pytest that keeps the name of what failed, and how long each file took."""

    def __init__(self) -> None:
        self.name = ""
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        file = Path(report.nodeid.partition("::")[0]).name
        self.seconds[file] = self.seconds.get(file, 0.0) + report.duration
        self.name = self.name or (report.nodeid if report.failed else "")

    def pytest_collectreport(self, report: Any) -> None:
        self.name = self.name or (report.nodeid if report.failed else "")


def run(tests: list[str], path: Path | None, source: str, kernels: Path, said: Path) -> None:
    """In a process of its own: tests with the mutant in the place of the file; what became of them goes to `said`."""
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ["CLEARPROP_CACHE_DIR"] = str(kernels)
    actual = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, name: str) -> Any:
        if path is not None and Path(loader.path) == path:
            return compile(source, str(path), "exec")
        return actual(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
    import pytest

    failure = FirstFailure()
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not torture"]
    status = int(pytest.main([*options, *tests], plugins=[failure]))
    said.write_text(json.dumps({"status": status, "by": failure.name, "seconds": failure.seconds}))


def became_of(tests: list[str], kernels: Path, path: Path | None = None, source: str = "") -> dict[str, Any]:
    """Run tests in a forked process: "survived", "killed" and by what, or "endless"."""
    began, limit = time.monotonic(), LONGEST
    said = kernels.with_name("said.json")
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            signal.alarm(limit + 10)  # should nobody be there any more who waits
            run(tests, path, source, kernels, said)
        except BaseException as error:
            said.write_text(json.dumps({"status": 1, "by": f"{type(error).__name__}: {error}"}))
        finally:  # never on into what the process does that it was forked from
            os._exit(0)
    has_ended = _wait(child, began + limit)
    found = json.loads(said.read_text()) if said.exists() else {"by": "the end of the process", "status": 1}
    said.unlink(missing_ok=True)
    ended = ("killed" if found["status"] else "survived") if has_ended else "endless"
    return {"ended": ended, "took": round(time.monotonic() - began, 1), **found}


def _wait(child: int, until: float) -> bool:
    """Wait for a process; False where it had to be ended, with all that it started."""
    try:
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                raise TimeoutError
            time.sleep(0.02)
        return True
    except BaseException as error:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if not isinstance(error, TimeoutError):
            raise
        return False


def warm(kernels: Path) -> None:
    """Fill a folder with the kernels that this user's own has, so that no mutant waits for what all need."""
    own = Path(os.environ.get("CLEARPROP_CACHE_DIR") or Path.home() / ".cache") / "clearprop"
    kernels.mkdir(mode=0o700)
    if own.exists():
        shutil.copytree(own, kernels / "clearprop")


def check_sound(test: str, known: dict[str, Any], kernels: Path) -> None:
    """SystemExit where a test that noticed a mutant, or the first one of all, fails without a mutant too."""
    if test not in known.setdefault("sound", []):
        found = became_of([test], kernels)
        if found["ended"] != "survived":
            sys.exit(f"{test} fails without a mutant: {found['by']}")
        known["sound"].append(test)


def tried(path: Path, number: int, seconds: dict[str, float], scratch: Path) -> dict[str, Any]:
    """What became of a mutant, which has a copy of its own of the kernels."""
    source, what = mutated(path.read_text(), number)
    own = scratch / "one" / "kernels"
    shutil.copytree(scratch / "kernels", own)
    try:
        found = became_of(tests_of(path, seconds), own, path, source)
    finally:
        shutil.rmtree(own.parent)
    if found["ended"] == "survived":  # otherwise not all of a file was run
        seconds.update(found["seconds"])
    names = ("ended", "by", "took")
    place = path.relative_to(PACKAGE).as_posix()
    return {"file": place, "number": number, "what": what, **{name: found[name] for name in names}}


def told(found: list[dict[str, Any]]) -> str:
    """How many were noticed, and how long it took."""
    noticed = sum(each["ended"] != "survived" for each in found)
    endless = sum(each["ended"] == "endless" for each in found)
    seconds = sum(each["took"] for each in found) / max(1, len(found))
    return (
        f"{noticed} of {len(found)} noticed ({noticed / max(1, len(found)):.1%}), {endless} of them by not ending; "
        f"{seconds:.1f} s each"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--anew", action="store_true", help="forget what is known of this seed")
    asked = parser.parse_args()
    os.chdir(PROJECT)
    os.environ.update(OPENBLAS_NUM_THREADS="1", CLEARPROP_MUTANT="1")
    sys.path.insert(0, str(PROJECT / "src"))
    for library in ("numpy", "scipy.optimize", "pytest", "sklearn.base", "sympy", "numba", "pyarrow"):
        importlib.import_module(library)  # once, for all that are forked from here
    file = Path(f"build/mutants-{asked.seed}.json")
    file.parent.mkdir(exist_ok=True)
    known = json.loads(file.read_text()) if file.exists() and not asked.anew else {"sources": state_of_sources()}
    if known["sources"] != state_of_sources():
        sys.exit(f"{file} is of other sources or tests; --anew begins again")
    every, found = drawn(asked.seed), known.setdefault("mutants", [])
    print(f"{len(every):,} mutants in {len(sources())} files; {asked.count} drawn with seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        kernels, seconds = Path(scratch, "kernels"), known.setdefault("seconds", {})
        warm(kernels)
        check_sound("tests/formulas/test_expressions.py", known, kernels)
        for path, number in every[len(found) : asked.count]:
            found.append(tried(path, number, seconds, Path(scratch)))
            if "::" in found[-1]["by"]:  # otherwise it could not be imported
                check_sound(found[-1]["by"], known, kernels)
            if found[-1]["ended"] == "survived":
                print("survived: {file} {what} ({took} s)".format(**found[-1]), flush=True)
            if len(found) % 10 == 0:
                print(told(found), flush=True)
            part = file.with_suffix(".part")
            part.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
            os.replace(part, file)
    print(f"{told(found)}; the survivors are in {file}")


if __name__ == "__main__":
    main()
