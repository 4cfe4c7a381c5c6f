"""Which rows of a table on the disk each of several processes reads, and which of them an update learns from."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clearprop.tables.streaming import Group
from clearprop.tables.streaming_shards import ShardedOrder, Split


def SHUFFLE(order, key):
    np.random.default_rng(key).shuffle(order)


def orders(counts, n_processes, buffers=2, batch_size=4, n_shards=8):
    """The order of each process."""
    firsts = np.cumsum([0, *counts])
    groups = [Group(0, k, int(first), n) for k, (first, n) in enumerate(zip(firsts, counts, strict=False))]
    found, size = [], min(batch_size, sum(counts))
    for rank in range(n_processes):
        n = n_shards // n_processes
        split = Split(n_shards, range(rank * n, (rank + 1) * n))
        found.append(ShardedOrder(tuple(counts), split.shards_of(groups), split, 7, buffers * size, size))
    return found


def learned(order, epoch):
    """From an update and a shard to its rows, (group, number); and the groups that are read."""
    found, read, most = {}, set(), order.most
    for buffer in order.buffers(epoch, SHUFFLE):
        rows = [(s.group, k) for s in buffer.segments for k in range(s.start, s.stop)]
        read |= {group for group, _ in rows}
        places, place = order.part(buffer, SHUFFLE)
        assert sorted(places) == list(range(len(rows)))
        assert len(rows) <= most
        assert place.first == buffer.steps.start
        assert place.cuts.shape[1] == len(buffer.steps) + 1
        for k, shard in enumerate(order.split.own):
            for t, step in enumerate(buffer.steps):
                found[step, shard] = [rows[each] for each in places[slice(*place.cuts[k, t : t + 2])]]
    return found, read


COUNTS = st.lists(st.integers(1, 20), min_size=1, max_size=10)


@settings(max_examples=15)
@given(COUNTS, st.integers(1, 4), st.integers(1, 9), st.integers(0, 3))
def test_updates_learn_from_the_same_rows_with_any_number_of_processes(counts, buffers, batch_size, epoch):
    alone, _ = learned(*orders(counts, 1, buffers, batch_size), epoch)
    assert sorted(row for rows in alone.values() for row in rows) == [
        (group, k) for group, n in enumerate(counts) for k in range(n)
    ]
    for n_processes in (2, 8):
        each = [learned(order, epoch) for order in orders(counts, n_processes, buffers, batch_size)]
        assert {k: rows for found, _ in each for k, rows in found.items()} == alone
        groups = [group for _, read in each for group in read]
        assert sorted(groups) == list(range(len(counts)))  # each is read by one process


@settings(max_examples=15)
@given(COUNTS, st.integers(1, 3))
def test_rows_that_are_all_held_come_in_the_order_of_the_buffers(counts, epoch):
    for order in orders(counts, 2, batch_size=5):
        found, _ = learned(order, epoch)
        whole, place = order.whole(epoch, SHUFFLE)
        own = [(g, k) for g, n in enumerate(counts) if order.shards[g] in order.split.own for k in range(n)]
        assert len(whole) == len(own)
        for k, shard in enumerate(order.split.own):
            for step in range(order.n_steps):
                rows = [own[each] for each in whole[slice(*place.cuts[k, step : step + 2])]]
                assert rows == found[step, shard]


def test_batches_of_groups_of_one_size_differ_by_one_row_at_most():
    (order,) = orders([100] * 16, 1, batch_size=33)
    found, _ = learned(order, 0)
    sizes = [sum(len(found[step, shard]) for shard in range(8)) for step in range(order.n_steps)]
    assert sum(sizes) == 1600
    assert set(sizes) <= {32, 33}


def test_epochs_differ():
    (order,) = orders([20] * 16, 1)
    assert learned(order, 0)[0] != learned(order, 1)[0]
