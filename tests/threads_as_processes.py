"""Processes of a distributed training played by threads, which talk by queues instead of a network."""

import pickle
import threading
from collections import Counter
from queue import Queue

import numpy as np

from clearprop.distributed import Team
from clearprop.distributed.engine import ShardedEngine
from clearprop.distributed.launch import SAME_BITS
from clearprop.errors import DistributedError

LONG = 20  # seconds


class Board:
    """What the processes of one training share."""

    def __init__(self, n_processes):
        self.n_processes, self.barrier = n_processes, threading.Barrier(n_processes, timeout=LONG)
        self.said, self.queues = [None] * n_processes, {}
        self.beats, self.taken, self.lock = None, Counter(), threading.Lock()
        for one in range(n_processes):
            self.queues |= {(one, other): Queue() for other in range(n_processes)}


class Played:
    """A `Group` as one of the threads has it."""

    seconds = LONG

    def __init__(self, board, rank):
        self.board, self.rank, self.n_processes, self.n_queues = board, rank, board.n_processes, 0

    def exchange(self, partner, mine, theirs):
        self.board.queues[self.rank, partner].put(mine.copy())
        theirs[:] = self.board.queues[partner, self.rank].get(timeout=LONG)

    def add_up(self, *arrays):
        for array in arrays:
            array[:] = np.sum(self.told(array.copy()), axis=0, dtype=array.dtype)

    def gathered(self, *numbers):
        return np.array(self.told(numbers), dtype=np.int64)

    def beat(self, *numbers):
        try:
            return Played(self.board.beats, self.rank).gathered(*numbers)
        except threading.BrokenBarrierError as error:
            raise DistributedError("a process is lost") from error

    def queue(self):
        queue, self.n_queues = self.n_queues, self.n_queues + 1

        def takes(k):
            with self.board.lock:
                self.board.taken[queue, k] += 1
                return self.board.taken[queue, k] == 1

        return takes

    def told(self, value, at_once=False):
        self.board.said[self.rank] = pickle.dumps(value)  # each process has what it is told for itself
        self.board.barrier.wait()
        found = [pickle.loads(each) for each in self.board.said]
        self.board.barrier.wait()
        return found

    def from_first(self, value):
        return self.told(value)[0]

    def wait(self):
        self.board.barrier.wait()


def played(n_processes, work):
    """What `work(group)` returns in each process; the first error of one is raised."""
    board, found, errors = Board(n_processes), [None] * n_processes, []
    board.beats = Board(n_processes)

    def one(rank):
        try:
            found[rank] = work(Played(board, rank))
        except BaseException as error:
            errors.append(error)
            board.barrier.abort()
            board.beats.barrier.abort()

    threads = [threading.Thread(target=one, args=(rank,), daemon=True) for rank in range(n_processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    if errors:
        raise errors[0]
    return found


def engine_of(group, engine):
    """An engine that these processes are together."""
    return ShardedEngine(engine, Team(group), group.n_processes in SAME_BITS)
