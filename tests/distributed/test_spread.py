"""Pieces that processes have between them: results as of one process, and all end where one does."""

import threading
import time

import numpy as np
import pytest

from clearprop.distributed.spread import Among
from clearprop.errors import DistributedError
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.shared_out import shared_out
from clearprop.training.side_by_side import NOT_BEGUN
from threads_as_processes import played


def shared(group, works, *, halt=None, seen=None, interrupts=None):
    with Among(group) as among:
        told = {"n_threads": 1, "halt": halt or Halt(), "interrupts": interrupts or Interrupts()}
        see = (lambda done: None) if seen is None else seen.append
        return shared_out(works, see, among, **told)


@pytest.mark.parametrize("n", [2, 3])
def test_each_piece_is_made_once_and_all_have_all_results(n):
    made, seen = [], [[] for _ in range(n)]

    def piece(k):
        made.append(k)
        time.sleep(0.01)
        return k * k

    def one(group):
        return shared(group, [lambda k=k: piece(k) for k in range(7)], seen=seen[group.rank])

    assert played(n, one) == [[k * k for k in range(7)]] * n
    assert sorted(made) == list(range(7))
    assert all(sorted(done.k for done in each) == list(range(7)) for each in seen)


def test_an_error_of_one_ends_all_and_is_told_by_its_name():
    started = threading.Event()

    def fails():
        started.set()
        raise ValueError("a fit has failed")

    def one(group):
        error = ValueError if group.rank == 0 else DistributedError
        with pytest.raises(error) as caught:
            shared(group, [fails] if group.rank == 0 else [started.wait] * 2)
        return str(caught.value)

    said = played(2, lambda group: one(group) if group.rank == 0 else (started.wait(), one(group))[1])
    assert said == ["a fit has failed", "process 0 of 2 has ended the work of all: ValueError: a fit has failed"]


def test_who_wants_to_end_ends_the_fits_of_all_and_gives_the_reason():
    begun = threading.Event()

    def one(group):
        halt, told = Halt(), Interrupts()

        def endless():
            begun.set()
            while not halt.is_over():
                time.sleep(0.005)
            return NOT_BEGUN

        def interrupted():
            begun.wait()
            halt.interrupt()
            return NOT_BEGUN

        found = shared(group, [interrupted if group.rank == 0 else endless] * 2, halt=halt, interrupts=told)
        return found == [NOT_BEGUN] * 2, halt.stopped_by, told.came

    assert played(2, one) == [(True, "interrupt", True)] * 2


def test_a_lost_process_is_heard_by_those_that_work_and_by_those_that_wait():
    def one(group):
        if group.rank == 2:
            group.board.beats.barrier.abort()  # as its connections break
            return "gone"
        halt = Halt()

        def works():
            while not halt.is_over():
                time.sleep(0.005)
            return NOT_BEGUN

        with pytest.raises(DistributedError) as caught:
            shared(group, [works] if group.rank else [], halt=halt)
        return str(caught.value)

    assert played(3, one) == ["a process is lost", "a process is lost", "gone"]


def test_what_cannot_be_sent_is_said():
    def one(group):
        with pytest.raises(DistributedError) as caught:
            shared(group, [lambda: threading.Lock()] * 2)
        return str(caught.value)

    said = played(2, one)
    assert any("it cannot send results to the others: " in each for each in said)
    assert all(each.startswith("process") for each in said)


def test_processes_that_come_to_different_places_are_told_apart():
    def one(group):
        with (
            pytest.raises(DistributedError, match=r"process 1 came to b where process 0 came to a|process 0 came to a"),
            Among(group) as among,
        ):
            among.told("ab"[group.rank], None)

    played(2, one)


def test_the_splits_of_pieces_cover_all():
    assert sorted(k for rank in range(3) for k in Among(_Place(rank)).own(8)) == list(range(8))


class _Place:
    n_processes = 3

    def __init__(self, rank):
        self.rank = rank


def test_values_of_all_and_of_the_first():
    def one(group):
        with Among(group) as among:
            whole = among.whole({k: np.full(2, k) for k in among.own(3)})
            return among.from_first(group.rank + 7), [whole[k].tolist() for k in range(3)]

    assert played(2, one) == [(7, [[0, 0], [1, 1], [2, 2]])] * 2
