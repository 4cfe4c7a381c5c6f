"""The workspace: the one thing that all tabs of the page look at and change.

Every change raises its revision. Whoever asks for a change names the revision that it was made on, and is refused where
that is not the present one; so nothing is ever written over what somebody has not seen. All of it happens under one
lock, and a run in the background asks before each stretch whether it is still the one that goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.engines import TrainingState
from clearprop.errors import DivergenceError, NotFiniteError
from clearprop.explain import Trace, explain
from clearprop.formulas import update_rule
from clearprop.job import Job
from clearprop.job.state import rates
from clearprop.lab.curves import Curves
from clearprop.lab.measures import point_at
from clearprop.lab.project import Project
from clearprop.lab.refusals import LabError, NotFoundError, OutdatedError
from clearprop.lab.stops import Stops, stops_of
from clearprop.lab.timeline import Timeline, at_rest
from clearprop.lab.training import advance, with_epochs
from clearprop.lab.trouble import Trouble, trouble_of
from clearprop.trace.names import reference
from clearprop.training.loop import epoch_order

MOST_UNDONE = 20


@dataclass(frozen=True, eq=False)
class Memento:
    """A workspace as it was before a change, to come back to."""

    project: Project
    state: TrainingState
    timeline: Timeline
    curves: Curves
    at: int | str
    looking_at: int | None
    trouble: Trouble | None


@dataclass(frozen=True, eq=False)
class Shown:
    """The trace that is shown, and its stops; of a step that cannot be shown, as its numbers are not finite, why."""

    rows: tuple[int, ...]
    trace: Trace | None
    stops: Stops | None
    why: str = ""


class Workspace:
    """A project at work.

    Parameters
    ----------
    project : Project
    changed : callable
        Called after every change, by whichever thread.

    Attributes
    ----------
    revision : int
    at : int or str
        After how many stops of the shown step the cursor is; or the phase at whose end it is.
    before : int or None
        Where it was before, in the same step.
    looking_at : int or None
        A row whose step is shown by itself.
    run : object or None
        Of the training that goes on in the background.
    """

    def __init__(self, project: Project, changed: Callable[[], object] = lambda: None) -> None:
        self.lock = threading.RLock()
        self.changed = changed
        self.revision = 1
        self.undone: list[Memento] = []
        self.done: list[Memento] = []
        self.scores: dict[str, Any] | None = None
        self.run: object | None = None
        self._begin(project)

    def _begin(self, project: Project) -> None:
        """Stand where training of a project begins."""
        self.project = project
        self.state = TrainingState.start(project.job, project.initial)
        self.timeline, self.curves = Timeline(), Curves()
        self.at: int | str = 0
        self.before: int | None = None
        self.looking_at: int | None = None
        self.trouble: Trouble | None = None
        self._shown: Shown | None = None
        self.timeline.keep(self.state, project.job)
        self.measure()

    @property
    def job(self) -> Job:
        """The job; the epoch under way is among those planned."""
        return with_epochs(self.project.job, self.state.epoch + 1)

    @property
    def rate(self) -> float:
        """The learning rate of the next update."""
        return float(rates(self.job, self.state, self.project.rows.n_training, 1)[0])

    @property
    def is_running(self) -> bool:
        """Whether training goes on in the background."""
        return self.run is not None

    @contextmanager
    def changing(self, asked: int | None) -> Iterator[None]:
        """What is inside changes the workspace, and was asked for on this revision.

        Raises
        ------
        OutdatedError
            When that is not the present revision, or training is running.
        """
        with self.lock:
            if self.is_running:
                raise OutdatedError.telling("running")
            if asked != self.revision:
                raise OutdatedError.telling("outdated", asked=asked, present=self.revision)
            before = self._everything()
            try:
                yield
            except BaseException:  # a change takes effect as a whole, or not at all
                vars(self).update(before)
                raise
            self.touch()

    def _everything(self) -> dict[str, Any]:
        """All that a change may change, to be put back."""
        kept = {**vars(self), "state": self.state.copy(), "curves": self.curves.copy()}
        return {**kept, "timeline": Timeline(list(self.timeline.moments)), "done": list(self.done),
                "undone": list(self.undone)}  # fmt: skip

    def touch(self) -> None:
        """There is a new state: raise the revision, and tell of it."""
        self.revision += 1
        self.changed()

    def forget_shown(self) -> None:
        """The step that is shown is another one now."""
        self._shown = None

    # --- what is shown -----------------------------------------------------------------------------------------------

    def shown(self) -> Shown:
        """The step that is shown: of the next batch, or of the row that somebody looks at."""
        with self.lock:
            if self._shown is None:
                self._shown = self._traced()
            return self._shown

    def _traced(self) -> Shown:
        rows = (self.looking_at,) if self.looking_at is not None else self.next_rows()
        try:
            trace = self._trace_of(rows, self.job)
        except NotFiniteError as error:
            return Shown(rows, None, None, str(error))
        return Shown(rows, trace, stops_of(trace))

    def _trace_of(self, rows: tuple[int, ...], job: Job) -> Trace:
        """The step that a job would make of these rows now."""
        data, network = self.project.rows, self.project.network
        X, Y = data.X[list(rows)], data.Y[list(rows)]
        x, y = (X[0], Y[0]) if len(rows) == 1 else (X, Y)
        params = network.views(self.state.theta.copy())
        with np.errstate(all="ignore"):
            return explain(network, params, x, y, job=job, state=self.state.copy(), n_samples=data.n_training)

    def traced_at(self, learning_rate: float) -> Trace:
        """The step that is shown, at another learning rate."""
        rule = replace(update_rule(self.project.job.update_rule), learning_rate=learning_rate)  # type: ignore[arg-type]
        return self._trace_of(self.shown().rows, replace(self.job, update_rule=rule))

    def next_rows(self) -> tuple[int, ...]:
        """The rows of the next update, in the order of their batch."""
        n, job = self.project.rows.n_training, self.job
        order = epoch_order(job, self.state.epoch, n, self.project.choice.engine)
        size = min(job.batch_size, n)
        return tuple(order[self.state.cursor * size : (self.state.cursor + 1) * size].tolist())

    @property
    def cursor(self) -> int:
        """After how many stops of the step that is shown the cursor is."""
        stops = self.shown().stops
        if stops is None:
            return 0
        return stops.end_of(self.at) if isinstance(self.at, str) else min(self.at, len(stops))

    def trace(self) -> Trace:
        """The trace that is shown.

        Raises
        ------
        LabError
            Where there is none, as its numbers are not finite.
        """
        found = self.shown()
        if found.trace is None:
            raise LabError(f"this step cannot be shown: {found.why}")
        return found.trace

    # --- time --------------------------------------------------------------------------------------------------------

    def forward(self, updates: int) -> int:
        """Train on by so many updates, and keep where that leads; how many were made before training diverged."""
        self.trouble = None
        self.forget_shown()
        before = self.state.step
        try:
            advance(self.project, self.project.job, self.state, updates)
        except DivergenceError as error:
            self.trouble = trouble_of(error, self.rate)
        made = self.state.step - before
        if made:
            self.timeline.keep(self.state, self.project.job)
        return made

    def back_to(self, step: int) -> None:
        """Stand where so many updates had been made."""
        if step < self.timeline.first_step:
            raise LabError.telling("beginning")
        self.forget_shown()
        found = self.timeline.back_to(step, lambda job, state, n: advance(self.project, job, state, n))
        self.state, self.trouble = at_rest(found, self.project.job), None
        self.curves = self.curves.cut_at(step)
        if self.timeline.moments[-1].job is not self.project.job:
            self.timeline.keep(self.state, self.project.job, is_edited=True)

    def stand_at(self, state: TrainingState) -> None:
        """Stand at a state that came from elsewhere, with the project as it is; what was before it is not known."""
        run = self.curves.run + 1
        self.forget_shown()
        self.state, self.timeline, self.curves = state, Timeline(), Curves(run=run)
        self.timeline.keep(state, self.project.job)
        self.measure()

    def rewind(self) -> None:
        """Stand where training began: the same initial weights, no update made."""
        run = self.curves.run + 1
        self._begin(self.project)
        self.curves.run = run

    def measure(self) -> None:
        """Put the present loss and norms into the curves."""
        project, state = self.project, self.state
        self.curves.add(point_at(project, state.theta, state.step, state.epoch, self.rate))

    # --- changes -----------------------------------------------------------------------------------------------------

    def memento(self) -> Memento:
        """The workspace as it is, to come back to."""
        return Memento(
            self.project, self.state.copy(), self.timeline.few(), self.curves.copy(), self.at, self.looking_at,
            self.trouble,
        )  # fmt: skip

    def keep_for_undo(self, memento: Memento) -> None:
        """What was before a change that has been made; what had been undone is gone."""
        self.done = [*self.done[1 - MOST_UNDONE :], memento]
        self.undone = []

    def replace_project(self, project: Project) -> None:
        """Other data, or another network: training begins anew."""
        before, run = self.memento(), self.curves.run + 1
        self._begin(project)
        self.curves.run = run
        self.keep_for_undo(before)

    def change_job(self, asked: Mapping[str, Any]) -> None:
        """Another job for the same network, from here on."""
        project, before = self.project.with_job(asked), self.memento()
        self.forget_shown()
        self.project, self.trouble = project, None
        self.state = at_rest(self.state, project.job)
        if self.state.cursor >= project.job.steps_per_epoch(project.rows.n_training):  # larger batches: fewer of them
            self.state.end_epoch(project.rows.n_training)
        self.timeline.keep(self.state, project.job, is_edited=True)
        self.keep_for_undo(before)
        self.at, self.before = 0, None

    def set_number(self, name: str, value: float) -> None:
        """Another value for a weight, a bias, or the learning rate ("rate").

        Raises
        ------
        LabError, InputError
            Where there is no such weight, or where nothing would change.
        """
        if name == "rate":
            rule = update_rule(self.project.job.update_rule)  # type: ignore[arg-type]
            if value == rule.learning_rate:
                raise LabError(f"the learning rate is {value!r} already: nothing would change")
            parameters = {**rule.parameters, "learning_rate": value}
            self.change_job({"optimizer": {"name": rule.name, "parameters": parameters}})
            return
        place = self.place_of(name)
        if float(self.state.theta[place]) == value:
            raise LabError(f"{name} is {value!r} already: nothing would change")
        before = self.memento()
        self.forget_shown()
        self.state.theta[place] = value
        self.trouble = None
        self.timeline.keep(self.state, self.project.job, is_edited=True)
        self.curves = self.curves.cut_at(self.state.step - 1)
        self.measure()
        self.keep_for_undo(before)

    def place_of(self, name: str) -> int:
        """Where in θ a weight or bias stands.

        Raises
        ------
        InputError
            When there is none of this name.
        """
        found = reference(name)
        block = self.project.network.named_blocks.get(found.site)
        is_inside = block is not None and len(found.indices) == len(block.shape) and all(
            index.isdigit() and int(index) < n for index, n in zip(found.indices, block.shape, strict=True)
        )  # fmt: skip
        if block is None or not is_inside:
            raise NotFoundError(f"there is no weight or bias {name[:40]!r} in this network; write for example W1[0,1]")
        return block.start + int(np.ravel_multi_index(found.place, block.shape))

    def undo(self) -> None:
        """Come back to what was before the last change."""
        if not self.done:
            raise LabError.telling("no_undo")
        self.undone.append(self.memento())
        self._restore(self.done.pop())

    def redo(self) -> None:
        """Make again the change that was undone last."""
        if not self.undone:
            raise LabError.telling("no_redo")
        self.done.append(self.memento())
        self._restore(self.undone.pop())

    def _restore(self, memento: Memento) -> None:
        self.forget_shown()
        run = self.curves.run + 1
        self.project, self.state, self.at = memento.project, memento.state.copy(), memento.at
        self.timeline, self.curves = memento.timeline.few(), replace_run(memento.curves, run)
        self.looking_at, self.trouble, self.before = memento.looking_at, memento.trouble, None


def replace_run(curves: Curves, run: int) -> Curves:
    """A copy of the curves, whose points count as changed."""
    return replace(curves.copy(), run=run)
