"""A reader of files against bytes that a fuzzer makes: ``python fuzzed.py READER COUNT SEED FOLDER [TALLY]``.

Where atheris is installed it is coverage-guided: the modules of the reader are instrumented, and an input that reaches
something new is kept to be changed again. Elsewhere whole inputs are spoilt at random. An input is read or refused by
an error of clearprop's own; anything else ends the process with a traceback and the input. What became of all of them
is told as a line of JSON.

With a file for the tally, what was done is kept in it, a second's worth at a time, and the same call goes on after it:
the executions of one version of a reader add up, however often it is ended. A version is the bytes of every file of
clearprop that the reader has imported, and of the fuzzer.
"""

import hashlib
import json
import os
import resource
import signal
import sys
import time
import traceback
import unicodedata
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from fuzzed_readers import READERS, Unmade

LONGEST = 20  # seconds of the processor that one input may take
MOST_MEMORY = 3000  # MiB of the process
KEPT_EVERY = 1.0  # seconds
OUTCOMES = ("read", "refused", "unmade")


def version():
    """A digest of this fuzzer, and of the files of clearprop that are imported."""
    loaded = [module for name, module in sys.modules.items() if name.partition(".")[0] == "clearprop"]
    own = [
        path for path in Path(__file__).parent.glob("*.py") if path.stem in ("fuzzed", "fuzzed_readers", "mutations")
    ]
    files = sorted({*own, *(Path(module.__file__) for module in loaded if module.__file__)})
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


class Tally:
    """How many inputs of a version were given, by what became of them; kept in a file, where there is one."""

    def __init__(self, path, of):
        self.path, self.of, self.counts, self.kept_at = path, of, Counter(), time.perf_counter()
        if path is not None and path.exists():
            known = json.loads(path.read_text())
            self.counts.update(known["counts"] if known["of"] == of else {})

    @property
    def n(self):
        return sum(self.counts[outcome] for outcome in OUTCOMES)

    def add(self, outcome, way):
        self.counts[outcome] += 1
        self.counts[way] += 1
        if time.perf_counter() - self.kept_at > KEPT_EVERY:
            self.keep()

    def keep(self):
        now = time.perf_counter()
        self.counts["seconds"] += now - self.kept_at
        self.kept_at = now
        if self.path is not None:
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps({"of": self.of, "counts": self.counts}, indent=1) + "\n")
            os.replace(part, self.path)


class Attack:
    """Gives inputs to a reader, counts what became of them, and ends the process after so many."""

    def __init__(self, name, count, folder, tally, way):
        self.name, self.count, self.way = name, count, way
        self.wholes, self.read = READERS[name].made(folder)
        from clearprop.errors import ClearpropError

        self.refusal = ClearpropError
        for whole in self.wholes:  # what is imported late is imported now
            self.outcome(whole)
        self.tally = Tally(tally, version())
        signal.signal(signal.SIGPROF, self.late)
        self.end_where_done()

    def __call__(self, data):
        self.data = data
        signal.setitimer(signal.ITIMER_PROF, LONGEST)  # not by the clock: the process may be stopped, or wait
        outcome = self.outcome(data)
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.tally.add(outcome, self.way)
        self.end_where_done()

    def outcome(self, data):
        try:
            self.read(data)
        except self.refusal as error:
            said = str(error)
            if not said.isprintable() and any(
                unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in said
            ):
                self.fault(data, f"a message that cannot be printed: {said[:300]!r}")
            return "refused"
        except Unmade:
            return "unmade"
        except Exception:
            self.fault(data, traceback.format_exc())
        return "read"

    def end_where_done(self):
        if self.tally.n >= self.count:
            self.tally.keep()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            if peak > MOST_MEMORY:
                self.fault(b"", f"{peak} MiB of memory were taken")
            counts = self.tally.counts
            speed = round(self.tally.n / max(counts["seconds"], 1e-9))
            sys.stdout.write(json.dumps({"reader": self.name, **counts, "a second": speed, "of": self.tally.of}) + "\n")
            sys.stdout.flush()
            os._exit(0)  # neither atheris nor its threads have anything more to say

    def late(self, number, frame):
        self.fault(self.data, f"it took more than {LONGEST} s:\n" + "".join(traceback.format_stack(frame)))

    def fault(self, data, why):
        sys.stderr.write(f"{self.name}: {data!r}\n{why}\n")
        sys.stderr.flush()
        os._exit(1)


def others(rooms):
    """The modules of clearprop that are in none of these: atheris leaves out what is named, and no more."""
    folder = Path(find_spec("clearprop").origin).parent
    every = [path.relative_to(folder.parent).with_suffix("") for path in folder.rglob("*.py")]
    names = {".".join(path.parts).removesuffix(".__init__") for path in every}
    return sorted(name for name in names if not f"{name}.".startswith(tuple(f"{room}." for room in rooms)))


def guided(atheris, name, count, seed, folder, tally):
    """Fuzz with atheris, which changes inputs so that they reach new places in the instrumented modules."""
    import numpy as np

    reader = READERS[name]
    with atheris.instrument_imports(include=reader.rooms, exclude=others(reader.rooms)):
        attack = Attack(name, count, folder, tally, "guided")
    corpus = (folder if tally is None else tally.parent) / f"{name}-inputs"  # those that reached something new
    corpus.mkdir(exist_ok=True)
    for k, whole in enumerate(attack.wholes):
        (corpus / str(k)).write_bytes(whole)
    limits = [f"-timeout={24 * 3600}", f"-rss_limit_mb={MOST_MEMORY}", f"-max_len={reader.longest}"]
    seeds = f"-seed={seed + 1 + attack.tally.n}"
    runs = [f"-runs={10 * count}", f"-artifact_prefix={folder}/", "-verbosity=0"]

    def mutated(data, longest, seed):
        draw = np.random.default_rng(seed)
        whole = attack.wholes[draw.integers(len(attack.wholes))]  # few of those that are kept are JSON still
        found = reader.changed(whole if draw.random() < 0.5 else data, draw) if draw.random() < 0.5 else None
        return found if found is not None and len(found) <= longest else atheris.Mutate(data, longest)

    own = {} if reader.changed is None else {"custom_mutator": mutated}
    atheris.Setup([sys.argv[0], str(corpus), seeds, *runs, *limits], attack, **own)
    atheris.Fuzz()


def at_random(name, count, seed, folder, tally):
    """Spoil whole inputs; the n-th of a seed is always the same."""
    import numpy as np
    from mutations import spoilt_bytes

    attack, change = Attack(name, count, folder, tally, "at random"), READERS[name].changed
    while True:  # until it has had enough
        number = attack.tally.counts["at random"]
        whole, draw = attack.wholes[number % len(attack.wholes)], np.random.default_rng([seed, number])
        said = change(whole, draw) if change is not None and draw.random() < 0.5 else None
        attack(spoilt_bytes(whole, draw) if said is None else said)


def main():
    name, count, seed, folder, *tally = sys.argv[1:]
    given = name, int(count), int(seed), Path(folder), Path(tally[0]) if tally else None
    try:
        import atheris
    except ImportError:
        at_random(*given)
    else:
        guided(atheris, *given)


if __name__ == "__main__":
    main()
