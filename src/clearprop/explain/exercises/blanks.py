"""Which numbers of a sheet are left out: some of every part, and never one whose copy stands elsewhere in the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.words.message import Message


def chosen_blanks(parts: Mapping[str, Sequence[str]], printed: Mapping[str, str], count: int, seed: int) -> set[str]:
    """The numbers to leave out.

    Parameters
    ----------
    parts : mapping of str to sequence of str
        The numbers of each part of the step (forward, loss, BP1, …), in which order does not matter.
    printed : mapping of str to str
        How each number stands in the sheet.
    count : int
        How many are left out; one more where the last one has a copy that has to go with it.
    seed : int

    Raises
    ------
    InputError
        When there are fewer numbers than that.
    """
    total = sum(map(len, parts.values()))
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= total:
        raise InputError(Message("exercise_blank", total=total, count=repr(count)))
    random = np.random.default_rng(seed)
    groups = _copies([name for part in parts.values() for name in part], printed)
    chosen: set[str] = set()
    waiting = [[str(name) for name in random.permutation(list(part))] for part in parts.values()]
    while len(chosen) < count:
        before = len(chosen)
        for part in random.permutation(len(waiting)):
            room = count - len(chosen)
            if room > 0 and (name := _next(waiting[part], groups, chosen, room)) is not None:
                chosen |= groups[name]
        if len(chosen) == before:  # all that is left has copies, for which there is no room
            chosen |= min((groups[name] for part in waiting for name in part if name not in chosen), key=len)
    return chosen


def _next(part: list[str], groups: Mapping[str, set[str]], chosen: set[str], room: int) -> str | None:
    """The next number of a part that fits, taken off its list; zeros and other numbers with many copies come last."""
    open_names = [name for name in part if name not in chosen and len(groups[name] - chosen) <= room]
    if not open_names:
        return None
    found = min(open_names, key=lambda name: (len(groups[name]) > 2, open_names.index(name)))
    part.remove(found)
    return found


def _copies(names: Sequence[str], printed: Mapping[str, str]) -> dict[str, set[str]]:
    """For each number the ones written with the same digits, itself included: one would give away the other."""
    alike: dict[str, set[str]] = {}
    for name in names:
        alike.setdefault(printed[name].lstrip("-"), set()).add(name)
    return {name: alike[printed[name].lstrip("-")] for name in names}
