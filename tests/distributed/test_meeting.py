"""Processes meet in a store that still has what those of an earlier start wrote."""

import threading

import pytest

from clearprop.distributed.meeting import meet
from clearprop.errors import DistributedError


class Store:
    """A store of torch.distributed in small."""

    def __init__(self):
        self.kept = {}

    def set(self, name, value):
        self.kept[name] = value.encode()

    def check(self, names):
        return all(name in self.kept for name in names)

    def get(self, name):
        return self.kept[name]


def words(store, n):
    """What each of n processes takes as the word of all."""
    found = [None] * n

    def one(rank):
        found[rank] = meet(store, rank, n, 10)

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(n)]
    for thread in reversed(threads):
        thread.start()
    for thread in threads:
        thread.join(10)
    return found


def test_all_take_the_word_of_the_first_and_never_one_of_an_earlier_start():
    store, seen = Store(), set()
    for _ in range(20):
        (word,) = set(words(store, 4))
        assert word not in seen
        seen.add(word)


def test_who_is_not_there_is_named():
    store = Store()
    words(store, 3)  # of an earlier start
    with pytest.raises(DistributedError, match=r"process 1 was not there within 0.1 s"):
        meet(store, 0, 3, 0.1)
    with pytest.raises(DistributedError, match=r"process 0 was not there within 0.1 s"):
        meet(store, 2, 3, 0.1)
