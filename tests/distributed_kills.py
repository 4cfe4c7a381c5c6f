"""Two processes that train together, of which one is killed at a random moment: ``python distributed_kills.py N SEED``.

Each round, until N were killed, is a line of JSON: what was trained, who was killed when, how long the other took to
end, and what came of it, also where all were started again as torchrun does. Processes are forked from this one, which
has imported all and holds the store that they meet in, as torchrun's agent does; so a round takes seconds.
"""

import atexit
import json
import os
import random
import signal
import sys
import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

SIZE, LONG = 2, 90.0  # processes; seconds of a round, after which it is said to hang


def child(rank, job, folder, port, restart, said, met):
    """What a process does: it says what came of it, or which error."""
    import distributed_jobs as jobs
    from clearprop.training import joining

    place = {"RANK": rank, "WORLD_SIZE": SIZE, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ |= {name: str(value) for name, value in place.items()}
    os.environ |= {"TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": str(restart)}
    jobs.RANK, jobs.SIZE = rank, SIZE
    found = {}
    try:
        joining.met()
        os.write(met, b"x")
        found["digest"] = jobs.KEPT[job](folder)
    except jobs.DistributedError as error:
        found["error"] = str(error)
    except BaseException:
        found["fault"] = traceback.format_exc()
    said.write_text(json.dumps(found))
    with suppress(BaseException):
        atexit._run_exitfuncs()
    os._exit(0 if "digest" in found else 1)


class Start:
    """The processes of one start."""

    def __init__(self, job, folder, port, restart):
        self.said = [folder / f"said {restart} {rank}" for rank in range(SIZE)]
        heard, met = os.pipe()
        self.pids = []
        for rank in range(SIZE):
            pid = os.fork()
            if pid == 0:
                child(rank, job, folder / "run", port, restart, self.said[rank], met)
            self.pids.append(pid)
        os.close(met)
        self.heard, self.codes = heard, {}

    def wait_until_met(self):
        n = 0
        while n < SIZE and (more := os.read(self.heard, SIZE)):
            n += len(more)

    def looked(self):
        """Take note of those that have ended; whether all have."""
        for rank, pid in enumerate(self.pids):
            if rank not in self.codes:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    self.codes[rank] = os.waitstatus_to_exitcode(status)
        return len(self.codes) == SIZE

    def to_the_end(self):
        """Seconds until all have ended; those that hang are killed."""
        began = time.monotonic()
        while not self.looked():
            if time.monotonic() - began > LONG:
                for rank, pid in enumerate(self.pids):
                    if rank not in self.codes:
                        os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        os.close(self.heard)
        return time.monotonic() - began

    def results(self):
        return [json.loads(each.read_text()) if each.exists() else {} for each in self.said]


def a_round(job, lasts, restarts, dice):
    """A kill, what followed, and after a restart what came of it."""
    from torch.distributed import TCPStore

    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    folder = Path(mkdtemp())  # no TemporaryDirectory, which the first process that ends would remove
    try:
        return killed(job, lasts, restarts, dice, store.port, folder)
    finally:
        rmtree(folder)


def killed(job, lasts, restarts, dice, port, folder):
    whole = Start(job, folder, port, 0)
    whole.wait_until_met()
    at, victim = dice.uniform(0.0, 1.1 * lasts), dice.randrange(SIZE)
    began = time.monotonic()
    while lasts and time.monotonic() - began < at and not whole.looked():
        time.sleep(0.001)
    if lasts and not whole.looked() and victim not in whole.codes:
        os.kill(whole.pids[victim], signal.SIGKILL)
    seconds = whole.to_the_end()
    found = {"job": job, "victim": victim, "at": round(at, 3), "seconds": round(seconds, 2)}
    found |= {"codes": [whole.codes[rank] for rank in range(SIZE)], "results": whole.results()}
    found |= {"lasted": time.monotonic() - began, "kept": any((folder / "run").glob("*.checkpoint"))}
    if restarts and any(found["codes"]):
        again = Start(job, folder, port, 1)
        again.to_the_end()
        found["again"] = again.results()
    return found


def main(n, seed):
    import distributed_jobs as jobs

    dice = random.Random(int(seed))
    warnings.simplefilter("ignore")  # that few epochs say little
    whole = {job: a_round(job, 0.0, 0, dice) for job in jobs.KEPT}  # nobody is killed
    say({"whole": {job: each["results"] for job, each in whole.items()}})
    k = n_killed = 0
    while n_killed < int(n):  # some end before their moment comes
        job, restarts = list(jobs.KEPT)[k % len(jobs.KEPT)], k // len(jobs.KEPT) % 2
        found = {"restarts": restarts, **a_round(job, whole[job]["lasted"], restarts, dice)}
        k, n_killed = k + 1, n_killed + (-9 in found["codes"])
        say(found)


def say(found):
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
