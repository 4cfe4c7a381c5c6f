"""`side_by_side` by several processes: each takes the next piece of work that none has, and all have all results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from clearprop.distributed.spread import Spread
from clearprop.training.crew import Done
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.side_by_side import NOT_BEGUN, side_by_side

ELSEWHERE = object()  # what a piece of work comes to here that another process does


def as_it_is(k: int, result: Any) -> Any:
    """A result that needs no preparation for the way to other processes."""
    return result


def shared_out(
    works: Sequence[Callable[[], Any]],
    see: Callable[[Done], object],
    among: Spread,
    *,
    n_threads: int,
    halt: Halt,
    interrupts: Interrupts,
    costs: Sequence[float] | None = None,
    pack: Callable[[int, Any], Any] = as_it_is,
    unpack: Callable[[int, Any], Any] = as_it_is,
) -> list[Any]:
    """Do all pieces of work, those of other processes among them.

    Parameters
    ----------
    works, see, n_threads, halt, interrupts, costs
        As for `side_by_side`. `see` is given what this process does as it ends, and then what others have done.
    among : Spread
    pack, unpack : callable
        Given the number of a piece and its result, what is sent of it, and the result again from that.

    Returns
    -------
    list
        What each returned, or `NOT_BEGUN`: the same in every process.

    Raises
    ------
    BaseException
        As `side_by_side`; in other processes than that of the piece that failed, a DistributedError.

    Examples
    --------
    >>> from clearprop.distributed.spread import Spread
    >>> from clearprop.training.halting import Halt
    >>> from clearprop.training.interrupts import Interrupts
    >>> from clearprop.training.shared_out import shared_out
    >>> told = {"n_threads": 1, "halt": Halt(), "interrupts": Interrupts()}
    >>> shared_out([lambda: "a", lambda: "b"], lambda done: None, Spread(), **told)
    ['a', 'b']
    """
    if among.n_processes == 1:
        return side_by_side(works, see, n_threads=n_threads, costs=costs, halt=halt, interrupts=interrupts)
    takes = among.queue()
    among.listen(halt.is_over, halt.hear)

    def done(k: int) -> Any:
        return works[k]() if takes(k) else ELSEWHERE

    def see_own(done: Done) -> None:
        if done.result is not ELSEWHERE and done.result is not NOT_BEGUN:
            see(done)

    pieces = [partial(done, k) for k in range(len(works))]
    found = side_by_side(pieces, see_own, n_threads=n_threads, costs=costs, halt=halt, interrupts=interrupts)
    mine = {k: one for k, one in enumerate(found) if one is not ELSEWHERE and one is not NOT_BEGUN}
    asked, theirs = None, dict[int, Any]()
    for reason, sent in among.told("results", (halt.asked(), {k: pack(k, one) for k, one in mine.items()})):
        asked, theirs = asked or reason, theirs | sent
    results = [mine.get(k, NOT_BEGUN) for k in range(len(works))]
    for k in [k for k in range(len(works)) if k not in mine]:
        if k in theirs:
            results[k] = unpack(k, theirs[k])
        see(Done(k, results[k], None))
    _end_as(asked, halt, interrupts)
    return results


def _end_as(asked: tuple[str, str] | None, halt: Halt, interrupts: Interrupts) -> None:
    """All end for the reason of the first process that has one; a signal is answered as if it had come to each."""
    halt.ended_by(asked)
    if asked is not None and asked[0] == "interrupt" and not interrupts.came:
        interrupts.note()
