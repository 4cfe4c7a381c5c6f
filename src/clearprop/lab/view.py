"""What the page is sent of a workspace: numbers of the trace as they are, and as they are to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.lab.building import job_to_json, spec_of
from clearprop.lab.saying import says
from clearprop.lab.stops import GIVEN, Stops, numbers_known
from clearprop.lab.style import Style
from clearprop.lab.workspace import Shown, Workspace
from clearprop.trace.kinds import CLASS, FROM, OUTPUT, SAMPLE, TO, UNIT
from clearprop.trace.names import Reference, parse, reference
from clearprop.trace.trace import Trace

MOST, FEWEST, LARGEST = 12, 2, 64  # neurons of a layer that are sent
DRAWN = ("a", "z", "y", "W", "b", "error", "delta", "losses", "loss", "cost")  # kinds of numbers that a drawing shows


@dataclass(frozen=True)
class Window:
    """Which part of a step a tab looks at.

    Attributes
    ----------
    sample : int
        Of the batch, from 0.
    most : int
        Neurons of a layer that are sent.
    first : tuple of int
        The first of each layer.
    of : str
        A number whose neurons are sent too; "" for none.
    only_drawn : bool
        Whether no more numbers are sent than a drawing shows.
    """

    sample: int = 0
    most: int = MOST
    first: tuple[int, ...] = ()
    of: str = ""
    only_drawn: bool = False

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Window:
        """The window that a query asks for.

        Raises
        ------
        InputError
            For what is no number.
        """
        first = query.get("first", "")
        return cls(
            _whole(query, "sample", 0, 10**6),
            min(LARGEST, max(FEWEST, _whole(query, "most", MOST, 10**6))),
            tuple(_whole({"first": part}, "first", 0, 10**6) for part in first[:200].split(",")) if first else (),
            query.get("of", "")[:60],
            query.get("values") == "drawn",
        )

    def shown(self, widths: Sequence[int]) -> list[list[int]]:
        """The neurons of each layer that are sent, in order.

        Examples
        --------
        >>> from clearprop.lab.view import Window
        >>> Window(most=4).shown([2, 9]), Window(most=4, first=(0, 3), of="W1[1,6]").shown([2, 9])
        ([[0, 1], [0, 1, 2, 8]], [[0, 1], [3, 4, 5, 6, 8]])
        """
        return [self._of_layer(l, n) for l, n in enumerate(widths)]

    def _of_layer(self, l: int, n: int) -> list[int]:
        if n <= self.most:
            return list(range(n))
        begin = min(self.first[l] if l < len(self.first) else 0, n - self.most)
        found = {*range(begin, begin + self.most - 1), n - 1}
        return sorted(found | {j for layer, j in self._chosen() if layer == l and j < n})

    def _chosen(self) -> list[tuple[int, int]]:
        """The neurons of the number that was chosen."""
        found = parse(self.of) if self.of else None
        if not isinstance(found, Reference) or not found.layer.isdigit() or not all(i.isdigit() for i in found.indices):
            return []
        l, places = int(found.layer), found.place
        if found.what.axes[-2:] == (FROM, TO) and len(places) == 2:
            return [(l - 1, places[0]), (l, places[1])]
        return [(l, places[-1])] if places else []


def _whole(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > most:
        raise InputError(f"{name} must be a whole number from 0, not {text[:40]!r}")
    return int(text)


def whole(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number of a query; InputError for anything else."""
    return _whole(query, name, default, most)


def state_of(workspace: Workspace, window: Window, style: Style) -> dict[str, Any]:
    """The state as docs/lab-protocol.md has it."""
    with workspace.lock:
        project, shown = workspace.project, workspace.shown()
        sample = min(window.sample, len(shown.rows) - 1)
        neurons = window.shown(project.network.widths)
        values, texts, hidden = _numbers(workspace, shown, neurons, sample, style, only_drawn=window.only_drawn)
        return {
            "revision": workspace.revision,
            "mode": "lab",
            "network": network_of(workspace, neurons),
            "job": job_to_json(project.job),
            "data": data_of(workspace),
            "engine": {"name": project.choice.engine.name, "reason": style.says("engine")},
            "time": time_of(workspace, style),
            "batch": {
                "rows": list(shown.rows), "sample": sample, "n": len(shown.rows), "looking_at": workspace.looking_at,
            },
            "cursor": cursor_of(workspace, shown, sample, style),
            "values": values,
            "texts": texts,
            "hidden": hidden,
            "solid": [l == project.network.depth for l in range(1, project.network.depth + 1)],
            "scores": workspace.scores,
            "trouble": None if workspace.trouble is None else workspace.trouble.as_data(style),
        }  # fmt: skip


def network_of(workspace: Workspace, neurons: list[list[int]]) -> dict[str, Any]:
    """The network and its layers."""
    project = workspace.project
    network, rows = project.network, project.rows
    layers: list[dict[str, Any]] = [
        {"layer": 0, "n": network.widths[0], "shown": neurons[0], "names": [rows.inputs[j] for j in neurons[0]],
         "image": rows.image}
    ]  # fmt: skip
    for l, layer in enumerate(network.layers, start=1):
        shape = {**spec_of(layer.activation), "text": str(type(layer.activation).tree())}
        names = [rows.outputs[j] for j in neurons[l]] if l == network.depth else None
        layers.append({"layer": l, "n": layer.outputs, "shown": neurons[l], "names": names, "activation": shape})
    return {
        "widths": list(network.widths), "parameters": network.n_parameters, "layers": layers,
        "loss": spec_of(network.loss), "seed": project.seed,
        "initialiser": None if project.initialiser is None else spec_of(project.initialiser),
    }  # fmt: skip


def data_of(workspace: Workspace) -> dict[str, Any]:
    """What is learned from."""
    rows = workspace.project.rows
    recipe = {name: value for name, value in rows.recipe.items() if name != "points"}
    return {
        "kind": rows.kind, "name": rows.name, "rows": rows.n_training, "validation_rows": len(rows.X) - rows.n_training,
        "task": rows.task, "inputs": list(rows.inputs), "outputs": list(rows.outputs), "image": rows.image,
        "classes": None if rows.classes is None else list(rows.classes), "is_table": rows.table is not None,
        "notes": list(rows.notes), "recipe": recipe, "serial": rows.serial,
    }  # fmt: skip


def time_of(workspace: Workspace, style: Style) -> dict[str, Any]:
    """Where training stands."""
    state, project = workspace.state, workspace.project
    rate = workspace.rate
    return {
        "step": state.step, "epoch": state.epoch, "batch": state.cursor,
        "batches": project.job.steps_per_epoch(project.rows.n_training), "epochs": project.job.epochs,
        "rate": rate, "rate_text": style.text(rate),
        "can_go_back": state.step > workspace.timeline.first_step or workspace.at != 0,
        "can_undo": bool(workspace.done), "can_redo": bool(workspace.undone), "is_running": workspace.is_running,
        "is_edited": workspace.timeline.is_edited,
    }  # fmt: skip


def cursor_of(workspace: Workspace, shown: Shown, sample: int, style: Style) -> dict[str, Any]:
    """Which part of the step is computed, and what to say of it."""
    stops, at = shown.stops, workspace.cursor
    if stops is None or shown.trace is None:
        return {"at": 0, "of": 0, "phase": GIVEN, "layer": None, "neuron": None, "names": [], "says": shown.why}
    if at == 0:
        key = "given" if len(shown.rows) > 1 else "given_one"
        told = style.says(key, step=workspace.state.step + 1, n=len(shown.rows))
        return {"at": 0, "of": len(stops), "phase": GIVEN, "layer": None, "neuron": None, "names": [], "says": told}
    last = stops.stops[at - 1]
    before = at - 1 if workspace.before is None else min(workspace.before, at - 1)
    names = [_name(site, last.neuron) for site in last.sites]
    return {
        "at": at, "of": len(stops), "phase": last.phase, "layer": last.layer, "neuron": last.neuron, "names": names,
        "says": says(shown.trace, stops.stops[before:at], sample, style),
    }  # fmt: skip


def _name(site: str, neuron: int | None) -> str:
    """A number of a site, without its sample; of a matrix its column."""
    if neuron is None:
        return site
    return f"{site}[:,{neuron}]" if reference(site).what.axes[-2:] == (FROM, TO) else f"{site}[{neuron}]"


def _numbers(
    workspace: Workspace, shown: Shown, neurons: list[list[int]], sample: int, style: Style, *, only_drawn: bool
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:  # fmt: skip
    """The values, the same as texts, and what there is to say of the neurons that are not sent."""
    if shown.trace is None or shown.stops is None:
        return _parameters(workspace, neurons, style)
    values: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    at = workspace.cursor
    for name in filter(_is_drawn, shown.trace) if only_drawn else shown.trace:
        array, known = cut(shown.trace, name, neurons, sample, shown.stops, at)
        computed = array.tolist() if known.all() else _masked(array.tolist(), known.tolist())
        values[name] = computed if known.any() else None
        texts[name] = _written(values[name], style)
    return values, texts, _aggregates(shown.trace, shown.stops, at, neurons, sample, style)


def _is_drawn(name: str) -> bool:
    found = reference(name)
    return found.kind in DRAWN and not found.memory


def _parameters(
    workspace: Workspace, neurons: list[list[int]], style: Style
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Of a step that cannot be shown the weights and biases alone."""
    values = {}
    named = workspace.project.network.views(workspace.state.theta).named
    for block in workspace.project.network.blocks:
        axes = [neurons[block.layer - 1], neurons[block.layer]][-len(block.shape) :]
        values[block.name] = named[block.name][np.ix_(*axes)].tolist()
    return values, {name: _written(value, style) for name, value in values.items()}, {}


def cut(
    trace: Trace, name: str, neurons: list[list[int]], sample: int, stops: Stops, at: int
) -> tuple[Any, Any]:  # fmt: skip
    """The part of a value that is sent, and which of its numbers are computed."""
    found = reference(name)
    array, axes = np.asarray(trace[name].value), found.what.axes
    known = numbers_known(array.shape, stops.known(name, at))
    if axes[:1] == (SAMPLE,):
        axes = axes[1:]
        if trace.is_batch:
            array, known = array[sample], known[sample]
    l = int(found.layer) if found.layer.isdigit() else trace.network.depth
    which = {UNIT: l, TO: l, FROM: l - 1, OUTPUT: trace.network.depth, CLASS: trace.network.depth}
    if array.ndim:
        kept = np.ix_(*(neurons[which[axis]] for axis in axes))
        array, known = array[kept], known[kept]
    return array, known


def _masked(values: Any, known: Any) -> Any:
    """The values in lists, with None for what is not computed."""
    if isinstance(known, bool):
        return values if known else None
    return [_masked(*pair) for pair in zip(values, known, strict=True)]


def _written(value: Any, style: Style) -> Any:
    if value is None:
        return None
    return [_written(item, style) for item in value] if isinstance(value, list) else style.text(value)


def _aggregates(
    trace: Trace, stops: Stops, at: int, neurons: list[list[int]], sample: int, style: Style
) -> dict[str, Any]:
    """Of the neurons of each layer that are not sent: how many there are, and mean and largest of what they hold."""
    found: dict[str, Any] = {}
    for l, n in enumerate(trace.network.widths):
        rest = np.setdiff1d(np.arange(n), neurons[l])
        of_layer: dict[str, Any] = {"n": len(rest)}
        for key, site in (("a", f"a{l}"), ("delta", f"delta{l}"), ("W", f"W{l}")):
            if len(rest) and site in trace and stops.known(site, at) is None:
                array = np.asarray(trace[site].value)
                of_sample = array[sample] if key != "W" and trace.is_batch else array
                size = np.abs(of_sample[..., rest])
                for what, value in (("mean", float(size.mean())), ("largest", float(size.max()))):
                    of_layer |= {f"{key}_{what}": value, f"{key}_{what}_text": style.text(value)}
        found[str(l)] = of_layer
    return found
