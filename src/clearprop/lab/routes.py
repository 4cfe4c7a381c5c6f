"""What each address does: docs/lab-protocol.md as code. Reading changes nothing; changing names a revision."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from clearprop.formulas.expressions import symbols
from clearprop.formulas.printers.mathml import to_mathml
from clearprop.lab import exercises, exporting, keeping, limits, looking, running
from clearprop.lab.building import number
from clearprop.lab.choices import choices_of
from clearprop.lab.derivation import derivation_of, names_of
from clearprop.lab.desk import Desk
from clearprop.lab.games import game_of
from clearprop.lab.project import new_project, project_of
from clearprop.lab.refusals import LabError, NotFoundError, OutdatedError
from clearprop.lab.steps import step
from clearprop.lab.style import Style
from clearprop.lab.typed import SAMPLES, read_formula, typed_activation
from clearprop.lab.view import Window, state_of
from clearprop.lab.whatif import whatif


class Asked(NamedTuple):
    """A request: its query, the style in it, and the body as JSON."""

    query: Mapping[str, str]
    style: Style
    body: Mapping[str, Any]
    raw: bytes = b""

    @property
    def window(self) -> Window:
        """The part of the step that is asked for."""
        return Window.asked(self.query)

    @property
    def revision(self) -> int | None:
        """The revision that it was made on."""
        found = self.body.get("revision", self.query.get("revision"))
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
            found = int(found)
        return found if type(found) is int else None

    def rest(self) -> dict[str, Any]:
        """The body without its revision."""
        return {name: value for name, value in self.body.items() if name != "revision"}


class File(NamedTuple):
    """An answer that is a file."""

    content: bytes
    type: str
    name: str


Answer = Mapping[str, Any] | File
Route = Callable[[Desk, Asked], Answer]


def state(desk: Desk, asked: Asked) -> Answer:
    """The present state."""
    return state_of(desk.workspace, asked.window, asked.style)


def _looking(look: Callable[..., dict[str, Any]]) -> Route:
    return lambda desk, asked: look(desk.workspace, asked.query, asked.style)


def derivation(desk: Desk, asked: Asked) -> Answer:
    """What is behind a number; where it names a revision, of that one."""
    query = {**asked.query, **{name: str(value) for name, value in asked.body.items() if isinstance(value, str | int)}}
    of, present = query.get("of", ""), desk.workspace.revision
    if asked.revision not in (None, present):
        raise OutdatedError.telling("outdated", asked=asked.revision, present=present)
    return derivation_of(desk.workspace, of, Window.asked(query), asked.style)


def names(desk: Desk, asked: Asked) -> Answer:
    """How the notation writes the shown numbers."""
    return {"notation": asked.style.notation, "names": names_of(desk.workspace, asked.window, asked.style)}


def what_if(desk: Desk, asked: Asked) -> Answer:
    """What the loss would be with another number."""
    text = asked.query.get("value", "")
    try:
        value = float(text) if text else None
    except ValueError:
        raise LabError(f"value must be a number, not {text[:40]!r}") from None
    return whatif(desk.workspace, asked.query.get("of", ""), number("value", value, may_be_none=True), asked.style)


def choices(desk: Desk, asked: Asked) -> Answer:
    """All that can be chosen."""
    return choices_of(desk.workspace, asked.style.language)


def scores(desk: Desk, asked: Asked) -> Answer:
    """How good the network is now."""
    return looking.scores(desk.workspace, asked.style)


def sheets(desk: Desk, asked: Asked) -> Answer:
    """Sheets for a class, in a ZIP."""
    return File(exercises.sheets_of(desk.workspace, asked.query, asked.style), "application/zip", "class.zip")


def permalink(desk: Desk, asked: Asked) -> Answer:
    """The workspace as a link."""
    link = keeping.link_of(desk.workspace)
    return {"fragment": f"s={link}", "length": len(link)}


def typed(desk: Desk, asked: Asked) -> Answer:
    """A formula that was typed in, as it was understood."""
    text, kind = asked.body.get("text"), asked.body.get("kind", "activation")
    if not isinstance(text, str) or kind not in ("activation", "function"):
        raise LabError("text must be a formula, and kind activation or function")
    if kind == "function":
        tree = read_formula(text, {"x": "x1", "x1": "x1", "x2": "x2", "y": "x2"})
        inputs = 2 if "x2" in symbols(tree) else 1
        shown = tree if inputs == 2 else read_formula(text, {"x": "x", "x1": "x"})
        found = {"text": str(shown), "mathml": f"<math>{to_mathml(shown)}</math>", "slope": None}
        return {**found, "inputs": inputs, "samples": []}
    shape = typed_activation(text, "tried")
    slope = shape.slope_tree()
    return {
        "text": str(shape.tree()), "mathml": f"<math>{to_mathml(shape.tree())}</math>",
        "slope": None if slope is None else f"<math>{to_mathml(slope)}</math>",
        "samples": [[z, shape.compute(shape.computed_form("value"), z=z)] for z in SAMPLES],
    }  # fmt: skip


def upload(desk: Desk, asked: Asked) -> Answer:
    """What is in a table that was sent."""
    return desk.uploads.take(asked.query.get("name", ""), asked.raw)


def exercise(desk: Desk, asked: Asked) -> Answer:
    """An exercise of the shown step."""
    return desk.papers.make(desk.workspace, asked.body, asked.style)


def exercise_check(desk: Desk, asked: Asked) -> Answer:
    """What is right of its answers."""
    return desk.papers.judge(asked.body, asked.style)


# --- changes ---------------------------------------------------------------------------------------------------------


def _changing(change: Callable[[Desk, Asked], object]) -> Route:
    """A change of the workspace, answered with the state."""

    def route(desk: Desk, asked: Asked) -> Answer:
        with desk.workspace.changing(asked.revision):
            change(desk, asked)
        return state(desk, asked)

    return route


def take_step(desk: Desk, asked: Asked) -> None:
    """One or more steps, forward or back."""
    body = asked.body
    step(desk.workspace, body.get("grain"), body.get("direction", 1), body.get("count", 1))


def run(desk: Desk, asked: Asked) -> None:
    """Train on in the background."""
    running.start(desk.workspace, asked.body.get("epochs"))


def pause(desk: Desk, asked: Asked) -> Answer:
    """Stand still; the state."""
    running.pause(desk.workspace)
    return state(desk, asked)


def look(desk: Desk, asked: Asked) -> None:
    """Show the step of one row alone."""
    row, workspace = asked.body.get("row"), desk.workspace
    if row is not None and (type(row) is not int or not 0 <= row < len(workspace.project.rows.X)):
        raise NotFoundError(f"there is no row {row!r}: the rows are 0 … {len(workspace.project.rows.X) - 1}")
    workspace.looking_at = row
    workspace.forget_shown()
    workspace.at, workspace.before = "backward", None


def set_number(desk: Desk, asked: Asked) -> None:
    """Set a weight, a bias or the learning rate."""
    of, value = asked.body.get("of"), number("value", asked.body.get("value"))
    if not isinstance(of, str) or value is None:
        raise LabError("of must name a weight or bias, as W1[0,1], or be rate")
    desk.workspace.set_number(of, float(value))


def data(desk: Desk, asked: Asked) -> None:
    """Learn from other data."""
    recipe, before = asked.rest(), desk.workspace.project
    if recipe.get("kind") == "upload":
        desk.workspace.replace_project(project_of(desk.uploads.rows(recipe), before))
    else:
        desk.workspace.replace_project(new_project(recipe, before))


def network(desk: Desk, asked: Asked) -> None:
    """Take another network."""
    desk.workspace.replace_project(desk.workspace.project.with_network(asked.rest()))


def job(desk: Desk, asked: Asked) -> None:
    """Train in another way."""
    wanted = desk.workspace.project.with_job(asked.rest())
    if wanted.job == desk.workspace.project.job:
        raise LabError("these settings are what they were: nothing would change")
    desk.workspace.change_job(asked.rest())


def load(desk: Desk, asked: Asked) -> None:
    """Put a kept workspace in the place of this one."""
    if "link" in asked.body:
        keeping.load_into(desk.workspace, keeping.from_link(asked.body["link"]))
        return
    try:
        document = json.loads(asked.raw)
    except (ValueError, RecursionError):
        raise LabError("this is not a file of the lab: it is not JSON") from None
    keeping.load_into(desk.workspace, document)


READING: Mapping[str, Route] = {
    "state": state, "derivation": derivation, "names": names, "whatif": what_if, "choices": choices, "scores": scores,
    "sheets": sheets, "permalink": permalink, "game": _looking(game_of), "curves": _looking(looking.curves_of),
    "histogram": _looking(looking.histogram_of), "surface": _looking(looking.surface_of),
    "points": _looking(looking.points_of), "picture": _looking(looking.picture_of), "rows": _looking(looking.rows_of),
    "range": _looking(looking.range_of), "weights": _looking(looking.weights_of),
}  # fmt: skip
POSTED: Mapping[str, Route] = {
    "derivation": derivation, "typed": typed, "upload": upload, "exercise": exercise, "exercise/check": exercise_check,
    "pause": pause, "step": _changing(take_step), "run": _changing(run), "look": _changing(look),
    "set": _changing(set_number), "data": _changing(data), "network": _changing(network), "job": _changing(job),
    "load": _changing(load), "rewind": _changing(lambda desk, asked: desk.workspace.rewind()),
    "undo": _changing(lambda desk, asked: desk.workspace.undo()),
    "redo": _changing(lambda desk, asked: desk.workspace.redo()),
}  # fmt: skip
RAW: Mapping[str, int] = {"upload": limits.UPLOAD, "load": 2 * limits.UPLOAD}  # bodies that need not be JSON


def export(desk: Desk, asked: Asked, kind: str) -> Answer:
    """A file to take along."""
    return File(*exporting.exported(desk.workspace, kind, asked.query, asked.style))
