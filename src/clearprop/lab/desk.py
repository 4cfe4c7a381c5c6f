"""What a server works on: the workspace, what pages have sent, the exercises, and who listens."""

from __future__ import annotations

from typing import Any

from clearprop.lab.events import Events
from clearprop.lab.exercises import Papers
from clearprop.lab.project import Project
from clearprop.lab.style import Style
from clearprop.lab.uploads import Uploads
from clearprop.lab.view import time_of
from clearprop.lab.workspace import Workspace


class Desk:
    """All that one server has in memory.

    Parameters
    ----------
    project : Project
        What the workspace begins with.
    """

    def __init__(self, project: Project) -> None:
        self.events = Events(self.news)
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

    def close(self) -> None:
        """End what goes on in the background, and every stream."""
        with self.workspace.lock:
            self.workspace.run = None
        self.events.close()
