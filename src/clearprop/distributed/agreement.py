"""What all processes must have alike before the first step, and the sentence where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clearprop.distributed.group import Group
from clearprop.errors import Disagreement, quoted

MOST = 6  # processes that are named one by one


def agree(group: Group, mine: Mapping[str, Any]) -> None:
    """Raise Disagreement, in every process, where one has something else than the first.

    Parameters
    ----------
    group : Group
    mine : mapping
        Names and values, mappings among them.
    """
    every = [_flat(each) for each in group.told(dict(mine))]
    for name in {name: None for each in every for name in each}:
        values = [each.get(name) for each in every]
        if any(value != values[0] for value in values):
            raise Disagreement(_sentence(name, values))


def _flat(given: Mapping[str, Any], inside: str = "") -> dict[str, Any]:
    """A mapping of mappings and sequences as one of plain values."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
            value = {f"{k}": each for k, each in enumerate(value)}
        if isinstance(value, Mapping):
            found |= _flat(value, f"{inside}{name}.")
        else:
            found[f"{inside}{name}"] = value
    return found


def _sentence(name: str, values: Sequence[Any]) -> str:
    kinds: dict[str, list[int]] = {}
    for rank, value in enumerate(values):
        kinds.setdefault(repr(value), []).append(rank)
    what = name.removeprefix("job.")
    last = name.rpartition(".")[2]
    advice = "give every process the same, or train each for itself (clearprop.distributed.settings(joins=False))"
    if last == "seed":
        advice = "name a seed (random_state=0), so that none is drawn"
    if name == "rows":
        groups = " and others in ".join(_processes(ranks) for ranks in kinds.values())
        what = "the rows, or the weights to begin with,"
        return f"these processes cannot train together: {what} are some in {groups}; {advice}"
    shown = ", ".join(f"{quoted(values[ranks[0]])} in {_processes(ranks)}" for ranks in kinds.values())
    return f"these processes cannot train together: {what} is {shown}; {advice}"


def _processes(ranks: Sequence[int]) -> str:
    """Processes by their numbers.

    Examples
    --------
    >>> from clearprop.distributed.agreement import _processes
    >>> _processes([1]), _processes([0, 2, 3])
    ('process 1', 'processes 0, 2 and 3')
    """
    if len(ranks) == 1:
        return f"process {ranks[0]}"
    if len(ranks) > MOST:
        return f"{len(ranks)} others"
    return f"processes {', '.join(map(str, ranks[:-1]))} and {ranks[-1]}"
