"""A search for the network and the rates that suit a table, by successive halving (Jamieson & Talwalkar, 2016).

In the first round all trials (`clearprop.tabular.trials`) are trained for a ninth of the epochs; the best third of each
round goes on to three times as many. The networks of the last round are trained as `clearprop.tabular.train` does it,
with all epochs and as many networks as an ensemble has, so the best of them is ready, and has the bits that training
with its settings gives.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from clearprop.distributed.spread import Spread
from clearprop.errors import DivergenceError, InputError
from clearprop.tabular import recipe
from clearprop.tabular.learning import Learned, carry_out, identity
from clearprop.tabular.planning import EnsemblePlan, plan
from clearprop.tabular.preparation import Prepared
from clearprop.tabular.trials import Trial, drawn
from clearprop.training.crew import Done
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.joining import spread_out
from clearprop.training.shared_out import shared_out
from clearprop.training.side_by_side import NOT_BEGUN

FACTOR, MOST_ROUNDS = 3, 3
USUAL_TRIALS, MOST_TRIALS = 27, 243
SHARE = 2 / 3  # of the time limit that the rounds may take; what is left trains the best, where it is not trained yet


class Tried(NamedTuple):
    """What came of a trial in a round.

    Attributes
    ----------
    trial : Trial
    round : int
        From 1.
    plan : EnsemblePlan
    learned : Learned or None
        None where it diverged.
    value : float
        The score of the best epoch over the validation rows.
    rank : tuple of float
        Less is better: the score, and where two are equal the loss.
    seconds : float
    error : str or None
    """

    trial: Trial
    round: int
    plan: EnsemblePlan
    learned: Learned | None
    value: float
    rank: tuple[float, float]
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class Searched:
    """What a search found.

    Attributes
    ----------
    ready : Prepared
        As it was given, with the best settings and the plan that was carried out with them.
    learned : Learned
    best : Tried
        In the last round that it was in.
    tried : tuple of Tried
        All of them, by round.
    reason : str
        How the search ended.
    is_interrupted : bool
    """

    ready: Prepared
    learned: Learned
    best: Tried
    tried: tuple[Tried, ...]
    reason: str
    is_interrupted: bool


class Round(NamedTuple):
    """A round that begins: its number from 1, of how many, trials, and epochs and networks of each."""

    number: int
    of: int
    n_trials: int
    share: float
    n_networks: int


@dataclass
class Watching:
    """Who is told of a search; by default nobody.

    Attributes
    ----------
    begins : callable
        Given each `Round`.
    ended : callable
        Given each `Tried`, and how many of its round have ended.
    training : callable
        Given most epochs; a context whose callbacks see the training of the best, where there is one after the rounds.
    """

    begins: Callable[[Round], object] = lambda one: None
    ended: Callable[[Tried, int], object] = lambda one, count: None
    training: Callable[[int], Any] | None = None


def search(
    ready: Prepared,
    *,
    n_trials: int | None = None,
    time_limit: float | None = None,
    watching: Watching | None = None,
    interrupts: Interrupts | None = None,
) -> Searched:
    """Search for the settings of a table, and train with them.

    Parameters
    ----------
    ready : Prepared
        The table, prepared for the recipe.
    n_trials : int, optional
        By default as many as the time limit is expected to have room for, up to 243; 27 without one.
    time_limit : float, optional
        Seconds for all of it, the training of the best included.
    watching : Watching, optional
    interrupts : Interrupts, optional
        Told of every Ctrl-C. One ends the search, and the best so far is kept as it was trained until then.

    Raises
    ------
    InputError
        When a number cannot be used, or rows are not in memory.
    DivergenceError
        When all trials diverge.
    KeyboardInterrupt
        When Ctrl-C comes before a first trial is whole.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables import Reading
    >>> from clearprop.tabular import TableSettings, prepare
    >>> from clearprop.tabular.searching import search
    >>> x = [float(i % 10) for i in range(200)]
    >>> reading = Reading(pa.table({"x": x, "y": [2 * value for value in x]}))
    >>> ready = prepare(reading, TableSettings(target="y", task="regression", ensemble=1, epochs=9))
    >>> found = search(ready, n_trials=3)
    >>> [(one.round, one.trial.number) for one in found.tried if one.round == 1]
    [(1, 1), (1, 2), (1, 3)]
    """
    _check(ready, n_trials)
    told = Interrupts() if interrupts is None else interrupts
    watching = watching or Watching()
    began = time.perf_counter()
    halt = Halt(None if time_limit is None else SHARE * time_limit)
    asked = {"trials": n_trials, "time_limit": time_limit}

    with spread_out(halt, lambda: {"search": asked, **identity(ready.plan)}, _says) as among:
        looking = _Looking(ready, halt, told, watching, among)
        reason = looking.look(n_trials, time_limit)
        best = looking.best()
        finished = _finished(looking, best, time_limit, began, told)
    if interrupts is None:
        told.raise_again()
    return Searched(*finished, best, tuple(looking.tried), reason, told.came)


def _says(n_processes: int) -> str:
    return (
        f"{n_processes} processes: the trials are shared out among them, each is trained by one process as if it were "
        "alone; they help while there are trials for all"
    )


def _check(ready: Prepared, n_trials: int | None) -> None:
    if n_trials is not None and (isinstance(n_trials, bool) or not isinstance(n_trials, int) or n_trials < 1):
        raise InputError(f"the number of trials must be a whole number of at least 1, not {n_trials!r}")
    if n_trials is not None and n_trials > MOST_TRIALS:
        raise InputError(f"the number of trials must be at most {MOST_TRIALS}, not {n_trials}")
    if ready.plan.stream is not None:
        raise InputError(
            "a search needs the table in memory: take some of its rows, and train on all with what is found"
        )
    if ready.plan.start is not None:
        raise InputError("a search draws networks anew, so it cannot go on from one that there is")


@dataclass
class _Looking:
    """A search under way."""

    ready: Prepared
    halt: Halt
    told: Interrupts
    watching: Watching
    among: Spread
    tried: list[Tried] = field(default_factory=list)

    def look(self, n_trials: int | None, time_limit: float | None) -> str:
        """All rounds, or as many as there is time for; how it ended, in words."""
        recipe_trial = drawn(self.ready, 1)
        if n_trials is None and time_limit is not None:
            self.round(recipe_trial, Round(1, MOST_ROUNDS, 1, FACTOR ** (1 - MOST_ROUNDS), 1))
            n_trials = self.among.from_first(self._room(SHARE * time_limit))
            self.tried.clear()
        n_trials = USUAL_TRIALS if n_trials is None else n_trials
        n_rounds = 1 + min(MOST_ROUNDS - 1, math.floor(math.log(n_trials, FACTOR) + 1e-9))
        left: Sequence[Trial] = drawn(self.ready, n_trials)
        for k in range(1, n_rounds + 1):
            is_last = k == n_rounds
            n_networks = len(self.ready.plan.folds) if is_last else 1
            one = Round(k, n_rounds, len(left), FACTOR ** (k - n_rounds), n_networks)
            self.watching.begins(one)
            whole = self.round(left, one)
            if self.halt.is_over() and len(whole) < len(left):
                ended = self.halt.reason
                if self.halt.stopped_by == "time":
                    ended = f"the {self.halt.seconds:.3g} s that the rounds may take were over"
                return f"{ended} in round {k} of {n_rounds}, of {n_trials} trials"
            going_on = [each for each in sorted(whole, key=lambda each: each.rank) if each.error is None]
            if not going_on:
                raise DivergenceError(f"all {len(left)} trials diverged: {whole[0].error}", epoch=1, step=1, layer=None)
            left = [each.trial for each in going_on[: math.ceil(len(left) / FACTOR)]]
        return f"{n_trials} trials in {n_rounds} rounds"

    def round(self, trials: Sequence[Trial], one: Round) -> list[Tried]:
        """Train these trials side by side; those that are whole."""
        plans = [planned(self.ready, trial, one.share, one.n_networks) for trial in trials]
        n_ended = count(1)

        def see(done: Done) -> None:
            if done.result is not NOT_BEGUN:
                self.watching.ended(done.result, next(n_ended))

        works = [partial(self._try, *pair, one.number) for pair in zip(trials, plans, strict=True)]
        costs = [float(each.network.n_parameters * each.jobs[0].epochs) for each in plans]
        n_threads = self.ready.plan.n_threads
        results = shared_out(
            works, see, self.among, n_threads=n_threads, costs=costs, halt=self.halt, interrupts=self.told,
            pack=lambda k, tried: tried._replace(trial=None, plan=None),  # every process has them, and all rows
            unpack=lambda k, tried: tried._replace(trial=trials[k], plan=plans[k]),
        )  # fmt: skip
        found: list[Tried] = [one for one in results if one is not NOT_BEGUN]
        self.tried += sorted(found, key=lambda each: each.trial.number)
        return found

    def _try(self, trial: Trial, ready: EnsemblePlan, number: int) -> Any:
        """Train one; NOT_BEGUN where all was over before its end, as its score would be one of fewer epochs."""
        began, worst = time.perf_counter(), (math.inf, math.inf)
        try:
            learned = carry_out(ready, interrupts=Interrupts())
        except DivergenceError as error:
            took = time.perf_counter() - began
            return Tried(trial, number, ready, None, math.nan, worst, took, str(error))
        best = learned.fit.best
        if best is None or (self.halt.is_over() and learned.fit.stopped_by in ("interrupt", "time")):
            return NOT_BEGUN
        watched = ready.scoring.watched(ready.settings)
        value = best.scores[watched.name]
        rank = (-value if watched.higher_is_better else value, best.scores.get("validation_loss", 0.0))
        return Tried(trial, number, ready, learned, value, rank, time.perf_counter() - began)

    def _room(self, seconds: float) -> int:
        """How many trials there is time for, by the time of the recipe's first round."""
        took = max((each.seconds for each in self.tried), default=seconds)
        each = took * (MOST_ROUNDS - 1 + len(self.ready.plan.folds))
        at_once = self.ready.plan.n_threads * self.among.n_processes
        return int(min(MOST_TRIALS, max(FACTOR, seconds * at_once / each)))

    def best(self) -> Tried:
        """The best trial of the last round that has a whole one."""
        whole = [each for each in self.tried if each.error is None]
        if not whole and self.told.came:
            raise KeyboardInterrupt
        if not whole:
            raise InputError(f"no trial was whole when {self.halt.reason}: give it more time")
        last = max(each.round for each in whole)
        return min((each for each in whole if each.round == last), key=lambda each: each.rank)


def _finished(
    looking: _Looking, best: Tried, time_limit: float | None, began: float, told: Interrupts
) -> tuple[Prepared, Learned]:
    """The best trial, trained to the end, where that is not done yet and nobody is in a hurry."""
    ready, learned, ended = looking.ready, best.learned, best.plan
    assert learned is not None
    whole = planned(ready, best.trial, 1.0, len(ready.plan.folds), n_threads=ready.plan.n_threads)
    is_whole = len(ended.folds) == len(whole.folds) and ended.jobs[0].epochs == whole.jobs[0].epochs
    if not is_whole and not told.came:
        left = None if time_limit is None else max(1.0, time_limit - (time.perf_counter() - began))
        ended = replace(whole, settings=replace(whole.settings, time_limit=looking.among.from_first(left)))
        learned = _trained(ended, looking, told)
    settings = replace(ready.settings, **best.trial.asked)
    choice = ended.choice._replace(n_threads=ready.plan.n_threads)
    return replace(ready, settings=settings, plan=replace(ended, choice=choice)), learned


def _trained(ended: EnsemblePlan, looking: _Looking, told: Interrupts) -> Learned:
    """A plan carried out after the rounds, by all processes."""
    showing, halt, among = looking.watching.training, Halt(), looking.among
    with nullcontext(()) if showing is None else showing(ended.jobs[0].epochs) as callbacks:
        if among.n_processes == 1:
            return carry_out(ended, callbacks, interrupts=told)
        among.interrupt = halt.interrupt
        with halt.over_fits():
            learned = carry_out(ended, callbacks, interrupts=told, among=among)
    if learned.fit.stopped_by == "interrupt" and not told.came:
        told.note()
    return learned


def planned(ready: Prepared, trial: Trial, share: float, n_networks: int, *, n_threads: int = 1) -> EnsemblePlan:
    """The plan of a trial: this share of its epochs, and so many networks."""
    main, asked = ready.plan, replace(ready.settings, **trial.asked)
    if share < 1:
        full = recipe.n_epochs(len(main.folds[0].learn), asked, trial.asked["batch_size"])
        asked = replace(asked, epochs=max(1, round(share * full)))
    asked = replace(asked, time_limit=None, n_threads=n_threads)
    factors = main.jobs[0].class_weight
    found = plan(main.rows, main.target, asked, parts=main.folds[:n_networks], class_weight=factors)
    return replace(found, Y=main.Y)  # one copy for all
