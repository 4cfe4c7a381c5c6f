"""Records of epochs: columns that read as a tuple of Epoch does."""

import pickle
from copy import deepcopy
from operator import add

import numpy as np
import pytest

from clearprop.job import Epoch, History
from clearprop.job.records import Records


def records(first, count, rate=0.1):
    losses, norms = np.arange(count) / 7.0 + first, np.outer(np.arange(count) + 1.0, [1.0, 2.0])
    return Records(losses, norms, rate, (first - 1, 10.0 * first, 3 * first), (0.5, 3))


def history():
    """One record alone, four made together, two alone, three made together; and the same as a list."""
    found = History([Epoch(1, 0.5, (1.0, 2.0), 0.1, 0.0, 3)])
    alone = [Epoch(n, 0.1, (1.0, 1.0), 0.2, 30.0, 18, {"validation_loss": 0.3}) for n in (6, 7)]
    found.extend(records(2, 4))
    found.append(alone[0])
    found.extend(alone[1:])
    found.extend(records(8, 3))
    return found, [found[0], *records(2, 4), *alone, *records(8, 3)]


def test_a_record_of_several_has_what_its_epoch_came_to():
    third = records(2, 4)[2]
    assert third == Epoch(4, 2 / 7 + 2, (3.0, 6.0), 0.1, 20.0 + 3 * 0.5, 6 + 3 * 3)
    assert [type(value) for value in (third.loss, third.seconds, third.gradient_norms[0])] == [float] * 3
    assert [record.n for record in records(2, 4)] == [2, 3, 4, 5]


def test_a_history_reads_as_a_tuple_does():
    found, listed = history()
    assert len(found) == len(listed) == 10
    assert list(found) == listed
    assert [found[k] for k in range(-10, 10)] == [listed[k] for k in range(-10, 10)]
    ends = (None, 0, 1, 3, 5, 9, 10, 99, -1, -4, -99)
    for part in (slice(a, b, step) for a in ends for b in ends for step in (None, 1, 3, -2)):
        assert found[part] == tuple(listed[part])
    for place in (10, -11):
        with pytest.raises(IndexError):
            found[place]
    assert found == tuple(listed)
    assert tuple(listed) == found == listed
    assert listed == found
    assert (found == listed[:-1], found == History(), History() == (), found == "text") == (False, False, True, False)
    assert add(found, (listed[0],)) == (*listed, listed[0])
    assert str(found) == str(tuple(listed))
    assert found.losses == [record.loss for record in listed]
    assert listed[4] in found
    assert list(reversed(found)) == listed[::-1]


def test_copies_of_a_history_are_histories_of_their_own():
    found, listed = history()
    for other in (found.copy(), deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert other == listed
        other.append(listed[0])
        other.extend(records(11, 2))
        assert (len(other), other[-1].n, len(found)) == (13, 12, 10)


def test_a_history_takes_another_one_as_it_is():
    found, listed = history()
    both = History(listed[:1])
    both.extend(found)
    assert both == [listed[0], *listed]
    both.append(listed[0])
    assert (len(both), len(found)) == (12, 10)
