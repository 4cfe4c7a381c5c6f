"""Helper threads: every share is done once, whoever is late or interrupted, and nobody is left behind."""

import os
import sys
import threading
import time
import weakref

import pytest

from clearprop.engines.compiled.codegen.fixed_kernels import WORK
from clearprop.engines.compiled.workers import crew as module
from clearprop.engines.compiled.workers.crew import Crew


@pytest.fixture
def crew():
    made = Crew()
    yield made
    made.stop_idle()


class Called:
    """A Python function of the number of a share as work that compiled code can call."""

    address = 0

    def __init__(self, function):
        self.run = WORK(lambda share, *_: function(share))
        self.threads = None

    def have(self, threads):
        self.threads = threads


def helpers_alive():
    return [thread for thread in threading.enumerate() if thread.name == "clearprop helper"]


def shares_done(crew, threads):
    """Which shares were done, each by whom; the call returns when its own is done, so the others are waited for."""
    done, barrier = {}, threading.Barrier(threads)

    def work(share):
        assert share not in done
        done[share] = threading.get_ident()
        barrier.wait(timeout=10)

    crew.help(Called(work), threads)
    return done


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_each_share_is_done_once_and_by_a_thread_of_its_own(crew, threads):
    for _ in range(20):
        done = shares_done(crew, threads)
        assert sorted(done) == list(range(threads))
        assert len(set(done.values())) == threads
        assert done[0] == threading.get_ident()


def test_a_helper_helps_again(crew):
    before = set(helpers_alive())
    for _ in range(50):
        shares_done(crew, 3)
    assert len(set(helpers_alive()) - before) == 2


def test_work_stays_in_memory_until_its_last_helper_has_left(crew):
    """Who calls has its results when all have met; a helper may still be on the way out while the next call begins."""
    begun, may_leave, left, alive = threading.Event(), threading.Event(), threading.Event(), []

    def late(share):
        if share:
            begun.set()
            may_leave.wait(timeout=10)
            alive.append(of_first() is not None)
            left.set()

    def next_one(share):
        if not share:
            may_leave.set()
            assert left.wait(timeout=10)

    shares_done(crew, 2)  # a helper that is awake
    first = Called(late)
    of_first = weakref.ref(first)
    crew.help(first, 2)
    assert begun.wait(timeout=10)  # in a job they meet; on a busy machine a helper would not have come yet
    del first
    crew.help(Called(next_one), 2)
    assert alive == [True]
    deadline = time.monotonic() + 10  # once the helper sleeps, nothing is kept
    while of_first() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert of_first() is None


def test_calls_at_the_same_time_have_helpers_of_their_own(crew):
    found = []
    callers = [threading.Thread(target=lambda: found.append(shares_done(crew, 2))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=10)
    assert [sorted(done) for done in found] == [[0, 1]] * 4


def test_helpers_without_work_exit(crew, monkeypatch):
    monkeypatch.setattr(module, "EXIT_AFTER", 0.02)
    before = set(helpers_alive())
    shares_done(crew, 3)
    deadline = time.monotonic() + 10
    while set(helpers_alive()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not set(helpers_alive()) - before
    assert sorted(shares_done(crew, 3)) == [0, 1, 2]


def test_idle_helpers_are_stopped(crew):
    before = set(helpers_alive())
    shares_done(crew, 4)
    crew.stop_idle()
    assert not set(helpers_alive()) - before


def test_an_interruption_while_helpers_start_leaves_no_share_undone(crew, monkeypatch):
    """Those that have begun would wait for the others for ever."""
    start, calls = module.Helper.start, []

    def interrupted(self, work, cores):
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return start(self, work, cores)

    monkeypatch.setattr(module.Helper, "start", interrupted)
    done, barrier = set(), threading.Barrier(4)

    def work(share):
        done.add(share)
        barrier.wait(timeout=10)

    with pytest.raises(KeyboardInterrupt):
        crew.help(Called(work), 4)
    assert done == {0, 1, 2, 3}
    monkeypatch.undo()
    assert sorted(shares_done(crew, 4)) == [0, 1, 2, 3]


def test_wherever_an_interruption_comes_all_shares_are_done_or_none(crew):
    """Python looks for Ctrl-C as a function is called and as one returns: at each of these places it comes once."""
    shares_done(crew, 3)
    place, interrupted = 0, True
    while interrupted:
        place += 1
        done, barrier, left = set(), threading.Barrier(3), [place]

        def work(share, done=done, barrier=barrier):
            done.add(share)
            barrier.wait(timeout=3)

        def interrupt(frame, event, _, left=left):
            if frame.f_code.co_filename == module.__file__ and event in ("call", "c_return"):
                left[0] -= 1
                if not left[0]:
                    sys.setprofile(None)
                    raise KeyboardInterrupt

        called, interrupted = Called(work), False
        sys.setprofile(interrupt)
        try:
            crew.help(called, 3)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            sys.setprofile(None)
        assert done in (set(), {0, 1, 2}), f"Ctrl-C at place {place}"
        assert not barrier.broken
    assert place > 20
    assert sorted(shares_done(crew, 3)) == [0, 1, 2]


def test_an_interruption_after_shares_were_given_does_not_give_them_again(crew, monkeypatch):
    """A helper on its way out would take those in place of the next call's, for which everybody else then waits."""
    shares_done(crew, 2)
    alone, given = module.alone, []

    def interrupted(name):
        def give(*arguments):
            given.append(arguments)
            alone(name)(*arguments)
            if len(given) == 1:
                raise KeyboardInterrupt
            return 1

        return give if name == "give" else alone(name)

    monkeypatch.setattr(module, "alone", interrupted)
    done = set()
    with pytest.raises(KeyboardInterrupt):
        crew.help(Called(done.add), 2)
    assert len(given) == 1
    for _ in range(20):
        assert sorted(shares_done(crew, 2)) == [0, 1]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity of threads")
def test_a_helper_keeps_off_the_core_of_the_thread_that_it_helps(crew):
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        pytest.skip("one core")
    barrier, found = threading.Barrier(2), {}

    def work(share):
        found[share] = os.sched_getaffinity(0)
        barrier.wait(timeout=10)

    crew.help(Called(work), 2)
    assert found[0] == allowed
    assert found[1] < allowed
    assert len(found[1]) == len(allowed) - 1
    os.sched_setaffinity(0, {min(allowed)})
    try:  # a process with one core: a helper must not be left without any
        crew.help(Called(work), 2)
    finally:
        os.sched_setaffinity(0, allowed)
    assert found[1] == {min(allowed)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_after_a_fork_there_are_helpers_again(crew):
    shares_done(module.CREW, 2)
    child = os.fork()
    if child == 0:
        try:
            good = not module.CREW._idle and sorted(shares_done(module.CREW, 2)) == [0, 1]
        finally:
            os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sorted(shares_done(module.CREW, 2)) == [0, 1]
