"""Mutation testing: small faults are put into formulas, network and training, and the tests have to notice.

``python tools/mutants.py --count 800 --seed 2026`` draws mutants and runs against each the tests that reach its lines,
the quickest file first, until one fails. Each test is measured once before, with the lines that it reaches. In a first
round a mutant meets some seconds of its own file's tests; in a second one those that are left meet all others. What
became of each is in build/mutants-SEED.json at once, so the same command goes on where it was ended, also with a larger
count. Where only tests have changed since, it measures them anew and tries those again that had survived.

A mutant that still runs when its seconds are over counts as one that survived.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mutant_runs import PACKAGE, PROJECT, Runs
from mutations import lines_of, mutated, places

ROOMS = ("formulas", "network", "training")
FIRST_SECONDS, ALL_SECONDS = 6.0, 60.0  # of the processor, known of the tests, for one mutant
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
    "training/source.py": "test_loop",
    "training/keeping.py": "test_resume",
    "training/lbfgs.py": "test_train",
    "training/read_ahead.py": "test_ahead",
}
NOTICED = ("killed", "endless")


def sources() -> list[Path]:
    """The files that mutants are drawn from."""
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    return [path for path in files if not any(part in path.as_posix() for part in LEFT_OUT)]


def drawn(seed: int) -> list[tuple[Path, int]]:
    """All mutants in the order of this seed."""
    every = [(path, n) for path in sources() for n in range(len(list(places(ast.parse(path.read_text())))))]
    random.Random(seed).shuffle(every)
    return every


def digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def tests() -> list[Path]:
    """The files of tests; the examples in the sources are tests too."""
    return [path for room in ROOMS for path in sorted((PROJECT / "tests" / room).glob("test_*.py"))]


class Coverage:
    """Which tests reach a line, and how long they take."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.seconds: dict[str, float] = found["tests"]
        self.names, self.lines = list(self.seconds), found["lines"]

    def of(self, place: str, first: int, last: int) -> list[str]:
        """The tests that reach these lines of a file: those in its own file of tests first, then quick files.

        What happens at import is in no test: behind them stand all that reach anything in the file.
        """
        reached = self.lines.get(place, {})
        on = {test for line in range(first, last + 1) for test in reached.get(str(line), ())}
        others = {test for tests in reached.values() for test in tests} - on if -1 in on else set()
        return [test for part in (on, others) for test in self._quickest(place, part)]

    def _quickest(self, place: str, tests: set[int]) -> list[str]:
        found = [self.names[test] for test in tests if test >= 0]
        took: dict[str, float] = {}
        for test in found:
            took[_file(test)] = took.get(_file(test), 0.2) + self.seconds[test]
        own = FIRST.get(place, f"test_{Path(place).stem}")
        return sorted(
            found, key=lambda test: (Path(_file(test)).stem != own, took[_file(test)], self.seconds[test], test)
        )

    def quick(self, found: list[str]) -> list[str]:
        """The first of these, as many as take some seconds."""
        seconds, taken = 0.0, []
        for test in found:
            if (seconds := seconds + self.seconds[test]) > FIRST_SECONDS and taken:
                break
            taken.append(test)
        return taken


def _file(test: str) -> str:
    return test.partition("::")[0]


def tried(runs: Runs, cover: Coverage, known: dict[str, Any], path: Path, number: int) -> None:
    """Go on with a mutant; what became of it is in `known`."""
    began = time.perf_counter()
    source, what = mutated(path.read_text(), number)
    place = path.relative_to(PACKAGE).as_posix()
    found = cover.of(place, *lines_of(path.read_text(), number))
    met = known.get("met", 0)  # tests that it has survived
    chosen = found[met:] if "ended" in known else cover.quick(found)
    if not found:
        became = {"ended": "survived", "by": "no test reaches it"}
    else:
        became = runs.became_of(chosen, cover.seconds, ALL_SECONDS, path, source)
        met += len(chosen)
        became["by"] = became["by"] or f"{met} tests were run"
    if became["ended"] == "open":
        became = {"ended": "survived", "by": f"not all of {len(found)} tests were run"}
    elif became["ended"] == "survived" and met < len(found):
        became["ended"] = "open"
    took = known.get("took", 0.0) + time.perf_counter() - began
    known.update(file=place, number=number, what=what, n_tests=len(found), met=met, **became, took=round(took, 1))


def told(found: list[dict[str, Any]]) -> str:
    """How many were noticed, and how long it took."""
    tried = [each for each in found if "ended" in each]
    noticed, endless = (sum(each["ended"] in names for each in tried) for names in (NOTICED, ("endless",)))
    left = sum(each["ended"] == "open" for each in tried)
    seconds = sum(each["took"] for each in tried) / max(1, len(tried))
    return (
        f"{noticed} of {len(tried)} noticed ({noticed / max(1, len(tried)):.1%}), {endless} of them by not ending; "
        f"{left} still to meet all tests; {seconds:.1f} s each"
    )


def keep(file: Path, known: dict[str, Any]) -> None:
    part = file.with_suffix(".part")
    part.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    os.replace(part, file)


def measured(runs: Runs, file: Path, known: dict[str, Any]) -> Coverage:
    """What the tests reach, kept beside the results; where tests have changed, survivors are tried again."""
    of, kept = digest([*sources(), *tests()]), file.with_name("mutants-cover.json")
    found = json.loads(kept.read_text()) if kept.exists() else {"of": ""}
    if found["of"] != of:
        files = [str(path.relative_to(PROJECT)) for path in [*tests(), *sources()]]
        found = {"of": of, **runs.cover(ROOMS, files)}
        kept.write_text(json.dumps(found))
    if known.setdefault("tests", of) != of:
        known["tests"] = of
        for each in known["mutants"]:
            if each.get("ended") not in (*NOTICED, None):
                each.update(ended="open", met=0)
    return Coverage(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--anew", action="store_true", help="forget what is known of this seed")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended; the same command goes on"))  # and what it has forked too
    file = PROJECT / "build" / f"mutants-{asked.seed}.json"
    file.parent.mkdir(exist_ok=True)
    known = json.loads(file.read_text()) if file.exists() and not asked.anew else {"sources": digest(sources())}
    if known["sources"] != digest(sources()):
        sys.exit(f"{file} is of other sources; --anew begins again")
    every, found = drawn(asked.seed), known.setdefault("mutants", [])
    found += [{} for _ in range(min(asked.count, len(every)) - len(found))]
    print(f"{len(every):,} mutants in {len(sources())} files; {asked.count} drawn with seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        runs = Runs(Path(scratch))
        cover = measured(runs, file, known)
        print(f"{len(cover.names):,} tests take {sum(cover.seconds.values()):.0f} s of the processor", flush=True)
        for rounds in (None, "open"):
            for n, ((path, number), each) in enumerate(zip(every, found[: asked.count], strict=False), start=1):
                if each.get("ended") == rounds:
                    tried(runs, cover, each, path, number)
                    keep(file, known)
                    if each["ended"] == "survived":
                        print("survived: {file} {what} ({by})".format(**each), flush=True)
                    if n % 20 == 0:
                        print(told(found[: asked.count]), flush=True)
    print(f"{told(found[: asked.count])}; the survivors are in {file}")


if __name__ == "__main__":
    main()
