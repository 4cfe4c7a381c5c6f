"""Steps through training, forward and back in time, at the grain that one chooses: from one neuron to an epoch."""

from __future__ import annotations

from clearprop.errors import UnknownNameError
from clearprop.lab import limits
from clearprop.lab.building import whole
from clearprop.lab.refusals import LabError
from clearprop.lab.stops import BACKWARD, GRAINS, PHASES, UPDATE
from clearprop.lab.workspace import Workspace


def step(workspace: Workspace, grain: object, direction: object = 1, count: object = 1) -> None:
    """Move the cursor, or time, `count` times by this grain.

    Parameters
    ----------
    workspace : Workspace
        Changed.
    grain : {"neuron", "layer", "forward", "loss", "backward", "update", "batch", "epoch"}
        Of a phase, to its end; of a batch or an epoch, to the next or the one before.
    direction : {1, -1}
    count : int

    Raises
    ------
    LabError, UnknownNameError
        For another grain, or where there is nothing before.
    """
    if grain not in GRAINS:
        raise UnknownNameError("grain", str(grain)[:40], GRAINS)
    if direction not in (1, -1) or isinstance(direction, bool | float):
        raise LabError(f"direction must be 1 or -1, not {direction!r}")
    n = whole("count", count, 1, limits.COUNT)
    if grain in ("batch", "epoch"):
        (_batches if grain == "batch" else _epochs)(workspace, n * direction)
        return
    for _ in range(n):
        (_on if direction == 1 else _back)(workspace, str(grain))


def _on(workspace: Workspace, grain: str) -> None:
    """One grain on inside the step; from its end into the next one."""
    stops, at = workspace.shown().stops, workspace.cursor
    if stops is None or at >= len(stops) or (grain in PHASES and stops.end_of(grain) <= at):
        _one_update(workspace)
        if workspace.trouble is None:
            workspace.at, workspace.before = (grain if grain in PHASES else 0), None
        return
    workspace.before = at
    if grain == "neuron":
        workspace.at = at + 1
    else:
        workspace.at = stops.next_of_layer(at) if grain == "layer" else stops.end_of(grain)


def _back(workspace: Workspace, grain: str) -> None:
    """One grain back; from the beginning of a step into the one before."""
    stops, at = workspace.shown().stops, workspace.cursor
    workspace.before = None
    if stops is None or at == 0 or (grain in PHASES and stops.end_of(grain) >= at):
        _check_past(workspace)
        workspace.back_to(workspace.state.step - 1)
        workspace.forget_shown()
        workspace.at = grain if grain in PHASES else UPDATE
    elif grain == "neuron":
        workspace.at = at - 1
    else:
        workspace.at = stops.before_layer(at) if grain == "layer" else stops.end_of(grain)


def _one_update(workspace: Workspace) -> None:
    workspace.forward(1)
    workspace.measure()
    workspace.forget_shown()


def _batches(workspace: Workspace, n: int) -> None:
    """So many updates on or back; what is computed of the next one is all but its update."""
    if n > 0:
        workspace.forward(n)
        workspace.measure()
    else:
        _check_past(workspace)
        workspace.back_to(max(workspace.timeline.first_step, workspace.state.step + n))
    workspace.forget_shown()
    workspace.at, workspace.before = BACKWARD, None


def _epochs(workspace: Workspace, n: int) -> None:
    """So many epochs on, to their ends; or back, to their beginnings."""
    state, n_samples = workspace.state, workspace.project.rows.n_training
    if n < 0:
        _check_past(workspace)
        begun = max(0, state.epoch + n + (1 if state.cursor else 0))
        workspace.back_to(workspace.timeline.begin_of_epoch(begun, n_samples))
    for _ in range(n):
        workspace.forward(workspace.job.steps_per_epoch(n_samples) - state.cursor)
        workspace.measure()
        if workspace.trouble is not None:
            break
    workspace.forget_shown()
    workspace.at, workspace.before = BACKWARD, None


def _check_past(workspace: Workspace) -> None:
    if workspace.state.step <= workspace.timeline.first_step:
        raise LabError.telling("beginning")
