"""How the number of threads of a call is found by measuring."""

from itertools import pairwise

import pytest

from clearprop.engines.compiled.workers.thread_tuning import FIRST_WAIT, LONGEST_WAIT, PATIENCE, TRIES, Pace


def taken(pace, seconds, calls):
    """The threads of so many calls, when a call with one thread and with two takes so long."""
    counts = []
    for _ in range(calls):
        counts.append(pace.threads(2))
        pace.saw(counts[-1], seconds[counts[-1]])
    return counts


@pytest.mark.parametrize(("other", "patience"), [(1, PATIENCE), (2, 1)])
def test_the_quicker_way_is_taken_and_the_other_tried_less_and_less(other, patience):
    counts = taken(Pace(), {other: 3.0, 3 - other: 2.0}, 2000)
    first, *tries = [i for i, count in enumerate(counts) if count == other]  # at first each is measured once
    assert all(second == one + 1 for one, second in zip(tries[::TRIES], tries[1::TRIES], strict=True))
    gaps = [later - earlier for earlier, later in pairwise([first, *tries[::TRIES]])]
    assert gaps == sorted(gaps)
    assert FIRST_WAIT * patience < gaps[0] <= FIRST_WAIT * patience + 2
    assert gaps[-1] == LONGEST_WAIT * patience + TRIES


def test_one_slow_beginning_is_soon_forgotten():
    pace = Pace()
    pace.saw(pace.threads(2), 9.0)  # two threads, the first time, when nothing is in any cache
    assert taken(pace, {1: 3.0, 2: 2.0}, 40).count(2) > 25


def test_what_changes_is_noticed():
    pace = Pace()
    taken(pace, {1: 3.0, 2: 2.0}, 500)
    assert taken(pace, {1: 3.0, 2: 9.0}, 100).count(2) < 20


def test_what_was_slow_for_long_is_soon_taken_again_when_it_is_quick():
    pace = Pace()
    taken(pace, {1: 3.0, 2: 4.0}, 500)
    assert taken(pace, {1: 3.0, 2: 2.0}, 100).count(2) > 80


def test_what_takes_a_call_to_wake_is_taken_again_when_it_is_quick():
    """A thread that sleeps is woken in the first of two calls, which is as slow as a call with one thread."""
    pace, counts, awake = Pace(), [], False
    taken(pace, {1: 3.0, 2: 4.0}, 500)
    for _ in range(200):
        counts.append(pace.threads(2))
        pace.saw(counts[-1], 3.0 if counts[-1] == 1 or not awake else 2.0)
        awake = counts[-1] == 2
    assert counts.count(2) > 150


def test_a_trial_is_a_small_part_of_a_call():
    pace, seconds, made = Pace(), {1: 1e-5, 2: 2e-5}, {1: 0, 2: 0}
    for _ in range(500):
        threads = pace.threads(2)
        updates = pace.updates(threads, 5000)
        made[threads] += updates
        pace.saw(threads, seconds[threads])
    assert 0 < made[2] < 0.02 * made[1]


@pytest.mark.parametrize("left", [1, 3])
def test_a_trial_of_a_short_call_makes_what_is_left(left):
    pace = Pace()
    for _ in range(50):
        threads = pace.threads(2)
        assert pace.updates(threads, left) == left
        pace.saw(threads, threads * 1e-4)


def test_a_call_that_gets_one_thread_has_no_choice():
    pace = Pace()
    assert pace.threads(1) == 1
    assert pace.updates(1, 100) == 100
