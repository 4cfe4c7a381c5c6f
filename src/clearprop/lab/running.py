"""Training in the background, frame by frame: whoever looks sees it move, and nothing is ever written that is no more.

Before each frame the thread asks, under the lock, whether its run is still the one that goes on.
"""

from __future__ import annotations

import threading
import time

from clearprop.errors import DivergenceError
from clearprop.lab.building import whole
from clearprop.lab.refusals import LabError
from clearprop.lab.stops import BACKWARD
from clearprop.lab.training import frame
from clearprop.lab.trouble import trouble_of
from clearprop.lab.workspace import Workspace

SECONDS_OF_FRAME, PAUSE = 1 / 30, 0.002  # of training; and for others to take the lock
MOST_EPOCHS = 1_000_000


def start(workspace: Workspace, n_epochs: object = None) -> threading.Thread:
    """Train on in the background.

    Parameters
    ----------
    workspace : Workspace
        Its lock is held.
    n_epochs : int, optional
        How many epochs; by default until those planned are done.

    Raises
    ------
    LabError
        When the planned epochs are done.
    """
    epoch, planned = workspace.state.epoch, workspace.project.job.epochs
    until = planned if n_epochs is None else epoch + whole("epochs", n_epochs, 1, MOST_EPOCHS)
    if until <= epoch:
        raise LabError.telling("planned", epochs=planned)
    run = object()
    workspace.run, workspace.trouble = run, None
    thread = threading.Thread(target=_go_on, args=(workspace, run, until), name="lab-run", daemon=True)
    thread.start()
    return thread


def pause(workspace: Workspace) -> None:
    """Have it stand still; nothing happens where it does already."""
    if workspace.run is not None:
        workspace.run = None  # before the lock, for which one might wait long while frame follows frame
        with workspace.lock:
            workspace.touch()


def _go_on(workspace: Workspace, run: object, until: int) -> None:
    try:
        while _one_frame(workspace, run, until):
            time.sleep(PAUSE)
    finally:
        with workspace.lock:
            if workspace.run is run:  # something went wrong that nobody has thought of
                workspace.run = None
                workspace.touch()


def _one_frame(workspace: Workspace, run: object, until: int) -> bool:
    """Train for a frame; whether there is more to do."""
    with workspace.lock:
        if workspace.run is not run:
            return False
        state, project = workspace.state, workspace.project
        try:
            frame(project, project.job, state, SECONDS_OF_FRAME, until)
        except DivergenceError as error:
            workspace.trouble = trouble_of(error, workspace.rate)
        workspace.forget_shown()
        workspace.timeline.keep(state, project.job)
        workspace.measure()
        goes_on = workspace.trouble is None and state.epoch < until
        if not goes_on:
            workspace.run = None
        workspace.at = BACKWARD
        workspace.touch()
        return goes_on
