"""Trainings from the disk, one after the other, some of which kill themselves by SIGKILL at an update that was chosen.

Run as ``python killed_streams.py TABLE RUNS``: RUNS are keyword arguments of `trained`, as JSON. Each is a process of
its own, forked off where nothing was learned yet, so that libraries are imported once. What a training came to, or
null for one that was killed, is told as a line of JSON.
"""

import hashlib
import json
import math
import os
import signal
import sys
import traceback

import clearprop.engines.compiled.engine
import clearprop.tables.streaming_read  # noqa: F401
from clearprop.files.checkpoints import Checkpoints
from clearprop.tables.streaming import stored
from clearprop.tabular import streamed_memory
from clearprop.tabular.fit import train
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed_preparation import prepare_stream
from clearprop.training import keeper, loop

SETTINGS = {"target": "rent", "hidden": (16,), "epochs": 5, "batch_size": 16, "seed": 3}


def trained(table, *, checkpoints=None, threads=1, batches=3, scratch=None, dies=None):
    """Learn from the table, `batches` of it in a buffer, and be killed when the checkpoint of update `dies` is written.

    It could be any update's, as each ends a stretch and is copied; of the others none is written, which takes a while.
    """
    streamed_memory.FEWEST_BATCHES, streamed_memory.BUFFER = batches, 1
    loop.SECONDS_PER_STRETCH, keeper.SHARE = 0.0, math.inf
    write = Checkpoints._write

    def written(self, name, content, n_steps):
        if n_steps == dies:
            write(self, name, content, n_steps)
            os.kill(os.getpid(), signal.SIGKILL)

    Checkpoints._write = written
    kept = None if checkpoints is None else Checkpoints(checkpoints, 0, resume=True)
    before = {} if kept is None else kept.details("")
    stream = prepare_stream(stored(table), TableSettings(**SETTINGS, n_threads=threads), kept=before, scratch=scratch)
    found = train(stream.ready, checkpoints=kept)
    return {
        "bits": hashlib.sha256(found.model.thetas.tobytes()).hexdigest(),
        "losses": [[epoch.n, epoch.steps, epoch.loss, dict(epoch.scores)] for epoch in found.fit.history],
        "best": found.fit.best.n,
        "rmse": found.model.held_out.rmse,
        "buffers": [stream.memory.rows, stream.memory.lanes],
        "scratch": stream.scratch,
    }


def told(table, run):
    """The line of one training, or of its end."""
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(written, json.dumps(trained(table, **run)).encode())
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(written)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return "null" if killed else said or f'"ended with {status}"'


if __name__ == "__main__":
    stored(sys.argv[1])  # imports what takes longest
    for one in json.loads(sys.argv[2]):
        sys.stdout.write(told(sys.argv[1], one) + "\n")
        sys.stdout.flush()
