"""A workspace as a file, or as a link: data, network, weights and job as JSON; no code, and all of it checked again.

Format 1: ``format`` ("clearprop-lab"), ``version``, ``data`` (a recipe, or rows), ``network`` and ``job`` as in model
files, ``initial`` and ``theta`` and ``memory`` (base64 of little-endian doubles), ``seed``, ``initialiser``, ``time``.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.engines import TrainingState
from clearprop.errors import ClearpropError, InputError
from clearprop.files.network_json import network_from_json, network_to_json
from clearprop.formulas import INITIALISERS
from clearprop.job.saving import jobs_from_json, jobs_to_json
from clearprop.lab import limits
from clearprop.lab.building import formula_of, spec_of, whole
from clearprop.lab.making import SHAPES, from_recipe
from clearprop.lab.project import Project
from clearprop.lab.refusals import LabError, TooLargeError
from clearprop.lab.rows import CLASSIFICATION, REGRESSION, Rows
from clearprop.lab.timeline import at_rest
from clearprop.lab.workspace import Workspace
from clearprop.version import __version__

FORMAT, VERSION = "clearprop-lab", 1
LONGEST_LINK = 8_000  # letters behind s=
LONGEST_DOCUMENT = 40_000_000  # letters, of one that was packed
MADE = ("case", "function", "drawn", *SHAPES)  # kinds of data whose recipe is enough
MOST_NAMES, LONGEST_NAME = 2_000, 200


def document_of(workspace: Workspace) -> dict[str, Any]:
    """The workspace as JSON holds it.

    Raises
    ------
    LabError
        Where its job is one that no file can hold.
    """
    project, state = workspace.project, workspace.state
    job = jobs_to_json([project.job])
    if job is None:
        raise LabError("an update rule or schedule of one's own cannot be kept in a file")
    return {
        "format": FORMAT, "version": VERSION, "clearprop": __version__, "data": _data(project.rows),
        "network": network_to_json(project.network), "job": job, "seed": project.seed,
        "initialiser": None if project.initialiser is None else spec_of(project.initialiser),
        "initial": packed(project.initial), "theta": packed(state.theta),
        "memory": [packed(vector) for vector in state.memory],
        "time": {"step": state.step, "epoch": state.epoch, "batch": state.cursor, "samples": state.samples,
                 "rate_scale": state.rate_scale},
    }  # fmt: skip


def _data(rows: Rows) -> dict[str, Any]:
    """What makes the rows anew; of a table the rows themselves, as the network sees them."""
    if rows.recipe.get("kind") in MADE:
        return dict(rows.recipe)
    return {
        "kind": "rows", "name": rows.name, "X": packed(rows.X), "Y": packed(rows.Y), "n_training": rows.n_training,
        "inputs": list(rows.inputs), "outputs": list(rows.outputs), "task": rows.task,
        "classes": None if rows.classes is None else list(rows.classes), "image": rows.image,
    }  # fmt: skip


def packed(array: Any) -> dict[str, Any]:
    """An array as JSON holds it."""
    values = np.ascontiguousarray(array, dtype="<f8")
    return {"shape": list(values.shape), "float64": base64.b64encode(values.tobytes()).decode()}


def unpacked(found: object, what: str, n_axes: int, most: int) -> Any:
    """The array that `packed` wrote; LabError for anything else, or for numbers that are not finite."""
    match found:
        case {"shape": list() as shape, "float64": str() as text} if (
            len(shape) == n_axes and all(type(n) is int and 0 <= n <= most for n in shape) and math.prod(shape) <= most
        ):
            pass
        case _:
            raise LabError(f"the file is damaged: {what} must be an array of at most {most:,} numbers")
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8")
    except (binascii.Error, ValueError):
        raise LabError(f"the file is damaged: {what} cannot be read") from None
    if values.size != math.prod(shape) or not np.isfinite(values).all():
        raise LabError(f"the file is damaged: {what} must be {math.prod(shape):,} finite numbers")
    return values.reshape(shape).astype(np.float64)


def project_from(document: object) -> tuple[Project, TrainingState]:
    """The project of a file, and where its training stands.

    Raises
    ------
    LabError, InputError
        For anything that `document_of` cannot have written, or that is more than the lab takes.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise LabError("this is not a file of the lab: it has no format 'clearprop-lab'")
    if document.get("version") != VERSION:
        raise LabError(f"this file is of version {document.get('version')!r}; this lab reads version {VERSION}")
    try:
        return _project(document)
    except ClearpropError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LabError(f"the file is damaged ({type(error).__name__})") from None


def _project(document: Mapping[str, Any]) -> tuple[Project, TrainingState]:
    rows = _rows(document["data"])
    theta = unpacked(document["theta"], "theta", 1, limits.PARAMETERS)
    initial = unpacked(document["initial"], "initial", 1, limits.PARAMETERS)
    network = network_from_json(document["network"], theta.size)
    if initial.shape != theta.shape or (network.widths[0], network.widths[-1]) != (rows.X.shape[1], rows.Y.shape[1]):
        raise LabError("the file is damaged: network, weights and data do not fit")
    jobs = jobs_from_json(network, document["job"], 1)
    if not jobs:
        raise LabError("the file is damaged: it does not say how to train")
    given = document.get("initialiser")
    initialiser = None if given is None else formula_of("initialiser", given, INITIALISERS)
    seed = whole("seed", document["seed"], 0, 2**63)
    project = Project.of(rows, network, initial, jobs[0], initialiser=initialiser, seed=seed)
    return project, _state(document, project, theta)


def _state(document: Mapping[str, Any], project: Project, theta: Any) -> TrainingState:
    """Where training stands, as the file says."""
    state, time, memory = TrainingState.start(project.job, theta), document["time"], document["memory"]
    if not isinstance(time, Mapping) or not isinstance(memory, list):
        raise LabError("the file is damaged: it does not say where training stands")
    per_epoch = project.job.steps_per_epoch(project.rows.n_training)
    state.step = whole("step", time["step"], 0, 2**53)
    state.epoch = whole("epoch", time["epoch"], 0, 2**53)
    state.cursor = whole("batch", time["batch"], 0, per_epoch - 1)
    state.samples = whole("samples", time["samples"], 0, 2**53)
    scale = time["rate_scale"]
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale <= 1:
        raise LabError("the file is damaged: rate_scale must be above 0 and at most 1")
    state.rate_scale = float(scale)
    vectors = [unpacked(vector, "memory", 1, limits.PARAMETERS) for vector in memory[:8]]
    if len(vectors) == len(state.memory) and all(vector.shape == theta.shape for vector in vectors):
        state.memory = [vector.copy() for vector in vectors]
    return at_rest(state, project.job)


def _rows(data: object) -> Rows:
    if not isinstance(data, Mapping):
        raise LabError("the file is damaged: it has no data")
    if data.get("kind") != "rows":
        return from_recipe(data)
    X = unpacked(data["X"], "X", 2, limits.ROWS * limits.INPUTS)
    Y = unpacked(data["Y"], "Y", 2, limits.ROWS * limits.WIDTH)
    if len(X) != len(Y) or data["task"] not in (CLASSIFICATION, REGRESSION):
        raise LabError("the file is damaged: inputs and targets are not of the same rows")
    classes, image = data.get("classes"), data.get("image")
    if image is not None:
        image = tuple(whole("image", side, 1, limits.INPUTS) for side in image)
        if len(image) != 2 or image[0] * image[1] != X.shape[1]:
            raise LabError("the file is damaged: the inputs are not the points of such a picture")
    name = str(data["name"])[:LONGEST_NAME]
    return Rows(
        "rows", name, X, Y, whole("n_training", data["n_training"], 1, len(X)), _names(data["inputs"], X.shape[1]),
        _names(data["outputs"], Y.shape[1]), data["task"],
        None if classes is None else _names(classes, max(2, Y.shape[1])), image, {"kind": "rows", "name": name},
    )  # fmt: skip


def _names(given: object, n: int) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) != n or not all(isinstance(name, str) for name in given):
        raise LabError("the file is damaged: names are missing")
    return tuple(name[:LONGEST_NAME] for name in given)


def load_into(workspace: Workspace, document: object) -> None:
    """Put the workspace of a file in the place of the present one; undo brings that back."""
    project, state = project_from(document)
    workspace.replace_project(project)
    if state.step or not np.array_equal(state.theta, project.initial):
        workspace.stand_at(state)


def link_of(workspace: Workspace) -> str:
    """The workspace as what stands behind ``#s=``.

    Raises
    ------
    TooLargeError
        Where that would be too long for an address.
    """
    text = json.dumps(document_of(workspace), separators=(",", ":"), ensure_ascii=False)
    link = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(link) > LONGEST_LINK:
        raise TooLargeError(
            f"a link of {len(link):,} letters is too long for an address (at most {LONGEST_LINK:,}): save it as a file"
        )
    return link


def from_link(link: object) -> object:
    """The document behind a link.

    Raises
    ------
    LabError
        For anything that `link_of` cannot have made.
    """
    if not isinstance(link, str) or len(link) > LONGEST_LINK:
        raise LabError("this is not a link of the lab")
    try:
        content = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(content, LONGEST_DOCUMENT)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise LabError("this link is cut off, or too long")
        return json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise LabError("this is not a link of the lab: it cannot be read") from None
