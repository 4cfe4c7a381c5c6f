"""What `clearprop lab` does: open what was named, serve it until Ctrl-C."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Any

from clearprop.cli import exits, interrupts
from clearprop.cli.glass_run import asked
from clearprop.lab.desk import Desk
from clearprop.lab.opening import first_project, open_files
from clearprop.lab.project import Project
from clearprop.lab.server import OfDesk
from clearprop.lab.serving import Serving


def run(
    source: Path | None, data: Path | None, *, target: str | None, case: str | None, port: int, browser: bool,
    engine: str, out: Any,
) -> int:  # fmt: skip
    """Serve the lab; 0 once Ctrl-C has ended it."""
    project = _project(source, data, target, case, engine)
    if not 0 <= port < 2**16:
        raise exits.UsageError(f"--port must be a number from 0 to 65535, not {port}")
    desk = Desk(project)
    with exits.asking():
        serving = Serving(OfDesk(desk), port).start()
    try:
        out.print(f"the lab is at {serving.address}")
        out.print("Ctrl-C ends it")
        if browser:
            webbrowser.open(serving.address)
        serving.wait()
    except KeyboardInterrupt:
        out.print("the lab has ended")
    finally:
        with interrupts.undisturbed():
            desk.close()
            serving.stop()
    return exits.DONE


def _project(source: Path | None, data: Path | None, target: str | None, case: str | None, engine: str) -> Project:
    """What was named, opened; errors as of other commands that read files."""
    if source is None:
        with asked():
            return first_project(case, engine)
    for path in (source, data):
        if path is not None:
            exits.check_readable(path)
    with exits.reading(source):
        return open_files(source, data, target, engine)
