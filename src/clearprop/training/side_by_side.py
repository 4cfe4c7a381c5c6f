"""Pieces of work in threads side by side, the longest first: networks of `train_many`, fits of a search.

Compiled code holds no lock of Python's, so a thread for each core is enough. Each piece has one core to itself (or its
share of them, where there are fewer pieces than cores), which is quicker than all cores for one piece after the other:
nobody waits at barriers. The number of threads changes no bit of any result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from clearprop.distributed import settings
from clearprop.engines.cores import share_of_cores
from clearprop.training.crew import Crew, Done, Turns
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts

NOT_BEGUN = object()  # what a piece of work came to that was still in the queue when all was over


def side_by_side(
    works: Sequence[Callable[[], Any]],
    see: Callable[[Done], object],
    *,
    n_threads: int,
    costs: Sequence[float] | None = None,
    halt: Halt | None = None,
    interrupts: Interrupts | None = None,
) -> list[Any]:
    """Do all pieces of work, and see each as it ends.

    Ctrl-C ends the fits under way as it ends one, with the best weights of each, and no other is begun. A second one
    within two seconds is raised once all have ended. What a piece of work raises ends all in the same way.

    Parameters
    ----------
    works : sequence of callable
        Called in threads of their own; fits that they begin heed `halt`.
    see : callable
        Called in this thread with the number of each piece of work, and what it returned, `NOT_BEGUN` where it never
        began; once, and not again where Ctrl-C comes to it. What else it raises ends all.
    n_threads : int
        Cores that all of them may use together.
    costs : sequence of float, optional
        About how long each takes, in any unit; those that take longest are begun first.
    halt : Halt, optional
        Ends all of them.
    interrupts : Interrupts, optional
        Told of every Ctrl-C; who gives it raises the second one.

    Returns
    -------
    list
        What each returned, or `NOT_BEGUN`; complete also where Ctrl-C came as one was seen.

    Raises
    ------
    BaseException
        The first that a piece of work raised, once all have ended.

    Examples
    --------
    >>> from clearprop.training.side_by_side import side_by_side
    >>> seen = []
    >>> side_by_side([lambda: "a", lambda: "b"], seen.append, n_threads=2)
    ['a', 'b']
    >>> sorted(done.k for done in seen)
    [0, 1]
    """
    halt, told = halt or Halt(), interrupts or Interrupts()
    n_at_once = max(1, min(n_threads, len(works)))
    crew = Crew(n_at_once)
    order = sorted(range(len(works)), key=lambda k: 0.0 if costs is None else -costs[k])
    begun = [partial(_done, works[k], halt, n_threads // n_at_once) for k in order]
    whole = came = False
    try:
        turns = Turns(crew, begun)
        while not whole:
            try:
                if came:
                    told.note()
                    halt.interrupt()
                while (done := turns.next()) is not None:
                    turns.seen()
                    if done.error is None:
                        see(done._replace(k=order[done.k]))
                    else:
                        halt.interrupt()
                whole = True
            except KeyboardInterrupt:
                came = True
    finally:
        _ended(crew, halt, told, is_whole=whole)
    if interrupts is None:
        told.raise_again()
    for done in turns.ended:
        if done.error is not None:
            raise done.error
    results = {order[done.k]: done.result for done in turns.ended}
    return [results[k] for k in range(len(works))]


def _done(work: Callable[[], Any], halt: Halt, share: int) -> Any:
    """What a piece of work returns, which ends with the halt, has its share of the cores and joins no other process."""
    if halt.is_over():
        return NOT_BEGUN
    with halt.over_fits(), share_of_cores(share), settings(joins=False):
        return work()


def _ended(crew: Crew, halt: Halt, told: Interrupts, *, is_whole: bool) -> None:
    """Wait until no thread works any more, however often Ctrl-C comes."""
    if not is_whole:
        halt.interrupt()
    came, is_over = False, False
    while not is_over:
        try:
            if came:
                told.note()
            crew.end()
            is_over = True
        except KeyboardInterrupt:
            came = True
