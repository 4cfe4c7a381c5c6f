"""What a server works on: the workspace, what pages have sent, the exercises, and who listens."""

from __future__ import annotations

import time
from typing import Any

from clearprop.lab.events import Events
from clearprop.lab.exercises import Papers
from clearprop.lab.project import Project
from clearprop.lab.style import Style
from clearprop.lab.uploads import Uploads
from clearprop.lab.view import time_of
from clearprop.lab.workspace import Workspace

TIMES_AS_LONG = 50  # as what a page is shown took to write, training goes on undisturbed
MOST_SECONDS = 1.0  # so long at most


class Desk:
    """All that one server has in memory.

    Parameters
    ----------
    project : Project
        What the workspace begins with.
    """

    def __init__(self, project: Project) -> None:
        self.events = Events(self.news, waits=self.waits)
        self._undisturbed = 0.0  # until then, by the monotonic clock
        self.workspace = Workspace(project, self.events.publish)
        self.uploads, self.papers = Uploads(), Papers()

    def news(self) -> dict[str, Any]:
        """What listeners are told."""
        workspace = self.workspace
        with workspace.lock:
            last = workspace.curves.points[-1]
            return {
                "revision": workspace.revision, "time": time_of(workspace, Style()), "loss": last.loss,
                "validation_loss": last.validation_loss, "run": workspace.curves.run,
                "trouble": None if workspace.trouble is None else workspace.trouble.as_data(Style()),
            }  # fmt: skip

    def took(self, seconds: float) -> None:
        """An answer took so much time of the processor to write; training goes on undisturbed for a multiple of it."""
        if self.workspace.is_running:
            now = time.monotonic()
            until = max(self._undisturbed, now) + TIMES_AS_LONG * seconds
            self._undisturbed = min(until, now + MOST_SECONDS)

    def waits(self) -> float:
        """For how many seconds pages are not told yet, so that they do not ask: a training keeps its speed."""
        return self._undisturbed - time.monotonic() if self.workspace.is_running else 0.0

    def close(self) -> None:
        """End what goes on in the background, and every stream."""
        with self.workspace.lock:
            self.workspace.run = None
        self.events.close()
