"""Rows that several processes have between them: each reads those of its shards, and all know what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from clearprop.distributed import SHARDS
from clearprop.distributed.group import Group
from clearprop.distributed.launch import in_force, launch
from clearprop.errors import ClearpropError
from clearprop.tables.streaming_shards import Split
from clearprop.training.joining import agree_on, met

Found = TypeVar("Found")


class SharedRows(NamedTuple):
    """The processes of one training, and the shards of this one."""

    group: Group
    split: Split

    def found(self, look: Callable[[int], Found]) -> list[Found]:
        """What each shard comes to, in their order: looked at by the process that has it, and told to all.

        Raises
        ------
        ClearpropError
            In every process that of the first shard that has one.
        """
        mine = dict[int, tuple[Found | None, ClearpropError | None]]()
        for shard in self.split.own:
            try:
                mine[shard] = look(shard), None
            except ClearpropError as error:
                mine[shard] = None, error
                break
        every = dict[int, Any]()
        for theirs in self.group.told(mine):
            every |= theirs
        for shard in sorted(every):
            if every[shard][1] is not None:
                raise every[shard][1]
        return [every[shard][0] for shard in range(self.split.n)]


def shared_rows(n_networks: int, identity: Callable[[], Mapping[str, Any]]) -> SharedRows | None:
    """The processes that learn together from rows which each reads in part; None where this one reads all.

    Parameters
    ----------
    n_networks : int
        Those of an ensemble are shared out themselves, unless it was said that they are not.
    identity : callable
        What must be alike before anything is read.

    Raises
    ------
    InputError
        For a number of processes that cannot be; `Disagreement` where they were asked for different things.
    """
    found, said = launch(), in_force()
    if found is None or (n_networks > 1 and said.spreads):
        return None
    group = met()
    agree_on(group, identity())
    n = SHARDS if said.reproducible else group.n_processes
    n_own = n // group.n_processes
    return SharedRows(group, Split(n, range(group.rank * n_own, (group.rank + 1) * n_own)))
