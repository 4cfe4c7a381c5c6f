"""Ways to look at a network beside its drawing: curves, histograms, surfaces, points, pictures, scores."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.lab.measures import activations, first_rows, scores_of
from clearprop.lab.refusals import LabError, NotFoundError
from clearprop.lab.rows import CLASSIFICATION
from clearprop.lab.style import Style
from clearprop.lab.view import whole
from clearprop.lab.workspace import Workspace
from clearprop.network import forward
from clearprop.network.flow import flow, stuck
from clearprop.trace.names import Reference, parse
from clearprop.training.range_test import LEAST_STEPS, range_test

POINTS_OF_LINE, SIDE_OF_TABLE, ROWS_OF_TABLE = 200, 9, 21
MARGIN = 0.1  # of the data's spread, around a surface
MOST_BINS, MOST_SIZE, MOST_POINTS, MOST_ROWS = 100, 80, 2_000, 200
ROWS_OF_SCORES = 20_000

Query = Mapping[str, str]


def curves_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """The points from number `since` on; from the first one where earlier ones have changed."""
    curves = workspace.curves
    since = whole(query, "since", 0, 10**9)
    run = whole(query, "run", 0, 10**9)
    if since > len(curves.points) or (run and run != curves.run):
        since = 0
    points = []
    for point in curves.points[since:]:
        numbers = {
            "loss": point.loss, "validation_loss": point.validation_loss, "rate": point.rate,
            "gradient": list(point.gradient), "delta": list(point.delta),
        }  # fmt: skip
        texts = {name: style.texts(value) for name, value in numbers.items()}
        points.append({"step": point.step, "epoch": point.epoch, **numbers, "texts": texts})
    said, layers = _said(workspace, style)
    return {"since": since, "run": curves.run, "points": points, "next": len(curves.points), "says": said,
            "layers": layers}  # fmt: skip


def _said(workspace: Workspace, style: Style) -> tuple[list[str], list[dict[str, Any]]]:
    """What the curves say in words, and of each layer how its error fares."""
    points = workspace.curves.points
    first, last = points[0], points[-1]
    steps = last.step - first.step
    told = [style.says("curve", first=first.loss, last=last.loss, steps=steps) if steps else style.says("no_curve")]
    layers = []
    for l, (verdict, times) in enumerate(flow(last.delta), start=1):
        sentence = style.says(verdict, layer=l, norm=last.delta[l - 1], ratio=times)
        layers.append({"layer": l, "verdict": verdict, "says": sentence})
        told += [] if verdict == "fine" else [sentence]
    return told, layers


def histogram_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """How the activations of a layer are spread, and how many of its neurons are dead or saturated."""
    project = workspace.project
    l, bins = whole(query, "layer", 1, 10**6), whole(query, "bins", 30, MOST_BINS)
    if not 1 <= l <= project.network.depth:
        raise NotFoundError(f"there is no layer {l}: the layers with weights are 1 … {project.network.depth}")
    with np.errstate(all="ignore"):
        z, a = activations(project, workspace.state.theta, l)
        finite = a[np.isfinite(a)]
        if not finite.size:
            raise LabError(f"no activation of layer {l} is a finite number")
        counts, edges = np.histogram(finite, bins=max(1, bins))
        found = stuck(project.network.layers[l - 1].activation, z, a)
    numbers = {"rows": len(a), "units": a.shape[1], "dead": int(found.dead.sum()),
               "saturated": int(found.saturated.sum())}  # fmt: skip
    told = style.says("histogram", layer=l, low=float(finite.min()), high=float(finite.max()), **numbers)
    return {"layer": l, "edges": edges.tolist(), "edge_texts": style.texts(edges.tolist()), "counts": counts.tolist(),
            **numbers, "says": told}  # fmt: skip


def surface_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """What a neuron answers over one or two of the inputs, the others held at the chosen row."""
    project = workspace.project
    rows, network = project.rows, project.network
    l, j = _neuron(query.get("of", f"a{network.depth}[0]"), network.widths)
    single = rows.X.shape[1] == 1
    across, up = whole(query, "across", 0, 10**6), whole(query, "up", 1, 10**6)
    if max(across, 0 if single else up) >= rows.X.shape[1] or (not single and across == up):
        raise LabError(f"across and up must be two different inputs, from 0 to {rows.X.shape[1] - 1}")
    size = POINTS_OF_LINE if single else max(2, whole(query, "size", 40, MOST_SIZE))
    x = _grid(rows.X[:, across], size)
    y = None if single else _grid(rows.X[:, up], size)
    held = rows.X[workspace.shown().rows[0]]
    inputs = np.repeat(held[None, :], size if y is None else size * size, axis=0)
    inputs[:, across] = x if y is None else np.tile(x, size)
    if y is not None:
        inputs[:, up] = np.repeat(y, size)
    with np.errstate(all="ignore"):
        answers = forward(network, network.views(workspace.state.theta), inputs).a[l]
    is_class = query.get("of") == "class"
    values = rows.labels(answers).astype(float) if is_class else answers[:, j]
    found = _surface(x, y, values, style)
    names = [rows.inputs[across], *([] if y is None else [rows.inputs[up]])]
    last = network.layers[-1].activation
    decides = rows.task == CLASSIFICATION and l == network.depth and network.widths[-1] == 1 and not is_class
    return {**found, "names": names, "of": query.get("of", f"a{l}[{j}]"), "activation": last.name,
            "classes": list(rows.classes) if is_class and rows.classes else None,
            "level": 0.5 if decides else None}  # fmt: skip


def _neuron(of: str, widths: tuple[int, ...]) -> tuple[int, int]:
    """The layer and the number of a neuron that is named as an activation."""
    if of == "class":
        return len(widths) - 1, 0
    found = parse(of[:40])
    is_one = isinstance(found, Reference) and found.kind == "a" and len(found.indices) == 1
    if not isinstance(found, Reference) or not is_one or not (found.layer + found.indices[0]).isdigit():
        raise NotFoundError(f"{of[:40]!r} names no neuron; write for example a1[0]")
    l, j = int(found.layer), found.place[0]
    if l >= len(widths) or j >= widths[l]:
        raise NotFoundError(f"there is no neuron {of[:40]!r} in a {'-'.join(map(str, widths))} network")
    return l, j


def _grid(values: Any, n: int) -> Any:
    low, high = float(values.min()), float(values.max())
    room = MARGIN * (high - low) or 1.0
    return np.linspace(low - room, high + room, n)


def _surface(x: Any, y: Any, values: Any, style: Style) -> dict[str, Any]:
    """The numbers of a surface, or of a line, and a table of some of them."""
    low, high = float(np.min(values)), float(np.max(values))
    ends = {"low": low, "high": high, "low_text": style.text(low), "high_text": style.text(high)}
    if y is None:
        some = np.unique(np.linspace(0, len(x) - 1, ROWS_OF_TABLE).astype(int))
        rows = [[style.text(x[i]), style.text(values[i])] for i in some]
        return {"x": x.tolist(), "values": values.tolist(), **ends, "table": {"head": [], "rows": rows}}
    grid = values.reshape(len(y), len(x))
    some = np.unique(np.linspace(0, len(x) - 1, SIDE_OF_TABLE).astype(int))
    rows = [[style.text(y[k]), *(style.text(grid[k, i]) for i in some)] for k in some]
    table = {"head": [style.text(x[i]) for i in some], "rows": rows}
    return {"x": x.tolist(), "y": y.tolist(), "values": grid.tolist(), **ends, "table": table}


def points_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """The rows as points, the first ones of the training rows and of those held out."""
    rows = workspace.project.rows
    most = whole(query, "most", 1_000, MOST_POINTS)
    order = np.arange(len(rows.X))
    if len(order) > most:
        order = np.unique(np.linspace(0, len(order) - 1, most).astype(int))
    labels = rows.labels(rows.Y) if rows.task == CLASSIFICATION else np.full(len(rows.X), -1)
    points = [
        {
            "row": int(i), "x": rows.X[i].tolist(), "y": rows.Y[i].tolist(),
            "label": None if labels[i] < 0 else int(labels[i]),
            "set": "training" if i < rows.n_training else "validation",
        }
        for i in order
    ]  # fmt: skip
    return {"points": points, "n": len(rows.X), "serial": rows.serial, "names": list(rows.inputs),
            "classes": None if rows.classes is None else list(rows.classes)}  # fmt: skip


def picture_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """The weights into a neuron of layer 1, or the chosen sample, as a picture."""
    rows, network = workspace.project.rows, workspace.project.network
    if rows.image is None:
        raise LabError("the inputs of these data are not the points of a picture")
    if query.get("of", "W1") == "a0":
        shown = workspace.shown().rows
        values = rows.X[shown[min(whole(query, "sample", 0, 10**6), len(shown) - 1)]]
    elif query.get("of", "W1") == "W1":
        j = whole(query, "neuron", 0, 10**6)
        if j >= network.widths[1]:
            raise NotFoundError(f"layer 1 has the neurons 0 … {network.widths[1] - 1}, and none of the number {j}")
        values = network.views(workspace.state.theta).W[1][:, j]
    else:
        raise NotFoundError("a picture is of W1, the weights into a neuron, or of a0, the sample")
    return {"shape": list(rows.image), "values": values.tolist(), "texts": style.texts(values.tolist()),
            "largest": float(np.abs(values).max())}  # fmt: skip


def rows_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """Some rows: as the table has them, as inputs, and what the network says of them."""
    project = workspace.project
    rows = project.rows
    start, count = whole(query, "start", 0, 10**9), min(MOST_ROWS, whole(query, "count", 20, 10**6))
    stop = min(len(rows.X), start + count)
    X, Y = rows.X[start:stop], rows.Y[start:stop]
    with np.errstate(all="ignore"):
        outputs = forward(project.network, project.network.views(workspace.state.theta), X).a[-1]
    said, wanted = _said_of(workspace, outputs, style), _said_of(workspace, Y, style)
    found = []
    for i in range(stop - start):
        raw = None if rows.table is None else rows.table.raw(start + i)
        found.append({
            "row": start + i, "raw": raw, "inputs": X[i].tolist(), "input_texts": style.texts(X[i].tolist()),
            "target": wanted[i], "predicted": said[i],
            "right": said[i] == wanted[i] if rows.task == CLASSIFICATION else None,
            "outputs": outputs[i].tolist(), "set": "training" if start + i < rows.n_training else "validation",
        })  # fmt: skip
    columns = list(rows.inputs) if rows.table is None else list(rows.table.columns)
    return {"columns": columns, "inputs": list(rows.inputs), "rows": found, "n": len(rows.X)}


def _said_of(workspace: Workspace, outputs: Any, style: Style) -> list[str]:
    """What outputs, or targets, mean: a class, or numbers in the target's own unit."""
    rows = workspace.project.rows
    if not len(outputs):
        return []
    if rows.task == CLASSIFICATION:
        names = rows.classes or ("0", "1")
        return [names[k] for k in rows.labels(outputs)]
    if rows.table is not None:
        outputs = rows.table.decoded(outputs)
    return [style.words["list_comma"].join(style.texts(each.tolist())) for each in outputs.reshape(len(outputs), -1)]


def measured(workspace: Workspace) -> None:
    """Score the network at its present weights, and keep that with the revision that it belongs to."""
    project, theta = workspace.project, workspace.state.theta
    held_out = project.rows.validation
    workspace.scores = {
        "revision": workspace.revision,
        "training": scores_of(project, theta, first_rows(project.rows.training, ROWS_OF_SCORES)),
        "validation": None if held_out is None else scores_of(project, theta, first_rows(held_out, ROWS_OF_SCORES)),
        "at_step": workspace.state.step,
    }


def scores(workspace: Workspace, style: Style) -> dict[str, Any]:
    """The scores at the present weights, in words too."""
    if workspace.scores is None or workspace.scores["revision"] != workspace.revision:
        measured(workspace)
    assert workspace.scores is not None
    found, told = dict(workspace.scores), []
    for name in ("training", "validation"):
        each = found[name]
        if each is None:
            continue
        texts = {key: style.text(each[key]) for key in ("loss", "accuracy", "r2") if key in each}
        key = "scores_classes" if "accuracy" in each else "scores_numbers"
        if "accuracy" in each:
            percent = style.text(100 * each["accuracy"])
            texts["accuracy"] = f"{percent} %"
        told.append(style.says(key, set=style.says(name), rows=each["rows"],
                               **{name: text for name, text in texts.items() if name != "loss"}))  # fmt: skip
        found[name] = {**each, "texts": texts}
    return {**found, "says": told}


def range_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """The range test of the learning rate from the present weights; nothing is changed."""
    low, high = (_rate(query, name, default) for name, default in (("low", "1e-6"), ("high", "10")))
    n = max(2, whole(query, "steps", 100, 400))
    project = workspace.project
    params = project.network.views(workspace.state.theta.copy())
    data = project.rows.training
    found = range_test(
        project.network, params, data.X, data.Y, optimizer=project.job.update_rule, low=low, high=high, n_steps=n,
        batch_size=project.job.batch_size, seed=project.job.seed, engine=project.choice.engine.name,
    )  # fmt: skip
    if len(found.rates) < LEAST_STEPS:
        told = style.says("range_few", n=len(found.rates), least=LEAST_STEPS)
    elif found.suggested is None:
        told = style.says("range_none")
    elif found.rises_from is None:
        told = style.says("range_all", suggested=found.suggested)
    else:
        told = style.says("range", suggested=found.suggested, high=found.rises_from)
    return {
        "rates": list(found.rates), "losses": list(found.losses), "smoothed": list(found.smoothed),
        "rate_texts": style.texts(list(found.rates)), "loss_texts": style.texts(list(found.losses)),
        "suggested": found.suggested, "says": told, "rises_from": found.rises_from,
        "suggested_text": None if found.suggested is None else style.text(found.suggested),
    }  # fmt: skip


def _rate(query: Query, name: str, default: str) -> float:
    try:
        value = float(query.get(name, default)[:40])
    except ValueError:
        value = math.nan
    if not 1e-12 <= value <= 1e6:
        raise LabError(f"{name} must be a learning rate from 1e-12 to 1e6, not {query.get(name, default)[:40]!r}")
    return value


def weights_of(workspace: Workspace, query: Query, style: Style) -> dict[str, Any]:
    """All weights and biases of a layer, for the table beside the drawing."""
    network = workspace.project.network
    l = whole(query, "layer", 1, 10**6)
    if not 1 <= l <= network.depth:
        raise NotFoundError(f"there is no layer {l}: the layers with weights are 1 … {network.depth}")
    params = network.views(workspace.state.theta)
    W, b = params.W[l].tolist(), params.b[l].tolist()
    return {"layer": l, "W": W, "b": b, "W_texts": style.texts(W), "b_texts": style.texts(b)}
