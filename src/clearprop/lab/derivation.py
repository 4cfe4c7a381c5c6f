"""What is behind a number that was clicked: its derivation from the glass box, its path, and the central difference."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.derivations.lines import Line, line_of, matrix_line, neuron_line
from clearprop.explain.derivations.paths import n_paths
from clearprop.explain.derivations.wiggle import wiggle
from clearprop.explain.renderers.blocks import Blocks
from clearprop.explain.sections.chain import path as chain_of
from clearprop.explain.sections.kit import showing_change
from clearprop.explain.sections.raw import lines_of_input
from clearprop.explain.writing.document import Block, Derivation, Document, Heading, Paragraph
from clearprop.explain.writing.pen import MATHML
from clearprop.formulas import Symbol
from clearprop.lab.refusals import NotFoundError
from clearprop.lab.saying import place
from clearprop.lab.style import Style
from clearprop.lab.view import Window
from clearprop.lab.workspace import Workspace
from clearprop.trace.names import Partial, Reference, at, parse, reference
from clearprop.trace.trace import Trace

STEP = 1e-5  # of the central difference, relative to a parameter above 1
AGREEING, SMALLEST = 1e-5, 1e-8  # relative and absolute
MOST_READ = 12  # numbers that a line is computed from


def derivation_of(workspace: Workspace, of: str, window: Window, style: Style) -> dict[str, Any]:
    """The answer of ``/api/derivation``.

    Parameters
    ----------
    workspace : Workspace
    of : str
        A number of the step, without its sample: "W1[0,1]", "delta2[0]", "loss".
    window : Window
        Which sample, and which neurons are drawn.
    style : Style

    Raises
    ------
    NotFoundError, InputError
        When there is no such number.
    """
    trace = workspace.trace()
    found = _reference_of(trace, of)
    sample = min(window.sample, len(workspace.shown().rows) - 1)
    name = place(trace, found.site, sample, *found.place)
    value = float(trace.value_of(name))
    is_parameter = found.what.is_parameter and not found.after and not found.memory
    derived = f"d{name}" if is_parameter else name
    pen = style.pen(trace)
    document = Document("", style.language, _blocks(workspace, trace, found, name, sample, style))
    blocks = Blocks(document, style.pen(trace, MATHML), style.words, prefix="lab-", annotated=False, styled=False)
    line = _line(trace, derived)
    slope = float(trace.value_of(derived)) if is_parameter else None
    return {
        "of": of, "sample": sample, "is_ahead": not _is_known(workspace, derived),
        "symbol": pen.formula(Symbol(name)), "title": pen.formula(Symbol(derived)),
        "value": value, "value_text": style.text(value),
        "gradient": slope, "gradient_text": None if slope is None else style.text(slope),
        "html": "\n".join(map(blocks.html, document.blocks)),
        "reads": [] if line is None else _reads(trace, line, style),
        "path": path_of(trace, found, window, workspace),
        "difference": _difference(trace, name, style) if is_parameter else None,
    }  # fmt: skip


def _reference_of(trace: Trace, of: str) -> Reference:
    """The reference of a number, checked against the trace; NotFoundError where there is none."""
    found = parse(of[:60])
    if not isinstance(found, Reference) or found.site not in trace.sites:
        raise NotFoundError(f"this step has no number {of[:60]!r}; there are for example W1[0,0], delta1[0] and loss")
    shape = np.shape(trace[found.site].value)
    if found.what.is_per_sample and trace.is_batch:
        shape = shape[1:]
    is_inside = len(found.indices) == len(shape) and all(
        index.isdigit() and int(index) < n for index, n in zip(found.indices, shape, strict=True)
    )
    if not is_inside:
        raise NotFoundError(f"there is no {of[:60]!r}: {found.site} has shape {shape}")
    return found


def named(workspace: Workspace, of: str) -> str:
    """The weight or bias that a number belongs to, for what shows a parameter; NotFoundError where there is none."""
    found = _reference_of(workspace.trace(), of)
    if found.what.by in ("W", "b"):
        found = found._replace(kind=found.what.by)
    if not found.what.is_parameter:
        raise NotFoundError(f"{of[:60]!r} is not a weight or bias; write for example W1[0,1] or b2[0]")
    return str(found._replace(after=False, memory=""))


def _is_known(workspace: Workspace, name: str) -> bool:
    """Whether a number is computed at the cursor."""
    stops, found = workspace.shown().stops, reference(name)
    assert stops is not None
    known = stops.known(found.site, workspace.cursor)
    return known is None or (bool(found.place) and found.place[-1] < known)


def _line(trace: Trace, name: str) -> Line | None:
    """The line of a number; None where it is given."""
    try:
        return line_of(trace, name)
    except InputError:
        return None


def _blocks(
    workspace: Workspace, trace: Trace, found: Reference, name: str, sample: int, style: Style
) -> list[Block]:  # fmt: skip
    """What is shown: of a weight the chain rule and the update, of any other number its own lines."""
    if found.what.is_parameter and not found.after and not found.memory:
        blocks = list(chain_of(trace, style.kit(trace, name), sample)) if "component" in style.forms else []
        matrix = _forms(trace, f"d{found.site}", f"d{name}", style, skipped=("component",))
        return [
            *blocks,
            *matrix,
            *_forms(trace, f"{found.site}_new", _after(name), style, skipped=("neuron", "matrix")),
        ]
    if _line(trace, name) is not None:
        return _forms(trace, found.site, name, style)
    return _given(workspace, trace, found, name, style)


def _after(name: str) -> str:
    return str(reference(name)._replace(after=True))


def _forms(trace: Trace, site: str, name: str, style: Style, skipped: tuple[str, ...] = ()) -> list[Block]:
    """The line of a number in the forms that are asked for."""
    columns, law, place_of = style.written(trace).columns, str(trace[site].equation.law), reference(name).place
    lines: list[Line] = []
    for form in style.forms:
        if form in skipped:
            continue
        line = {
            "component": lambda: _line(trace, name),
            "neuron": lambda: neuron_line(trace, site, place_of, columns) if place_of else None,
            "matrix": lambda: matrix_line(trace, site, columns) if trace[site].value.size > 1 else None,
        }[form]()
        if line is not None:
            lines.append(showing_change(line, style.digits))
    return [Derivation([line], law) for line in lines]


def _given(workspace: Workspace, trace: Trace, found: Reference, name: str, style: Style) -> list[Block]:
    """What is said of a number that is not computed; of an input of a table how the row's value became it."""
    value = float(trace.value_of(name))
    told: list[Block] = [Paragraph((style.says("given_value", name=style.name(trace, name), value=style.text(value)),))]
    table = workspace.project.rows.table
    if table is not None and found.kind == "a":
        origin = table.origin(workspace.shown().rows[_sample_of(trace, name)], found.place[-1])
        if origin is not None and origin.formula is not None:
            told.append(Derivation(list(lines_of_input(origin, Symbol(name), value, style.words))))
            return [Heading(origin.name, 4), *told]
    return told


def _sample_of(trace: Trace, name: str) -> int:
    return reference(name).place[0] if trace.is_batch else 0


def _reads(trace: Trace, line: Line, style: Style) -> list[dict[str, str]]:
    """What a line is computed from, each by the name under which it can be asked for."""
    found = []
    for symbol in line.values:
        read = parse(symbol)
        if isinstance(read, Partial) or read is None or read.site not in trace.sites or ":" in read.indices:
            continue
        without = read
        if read.what.is_per_sample and trace.is_batch:
            without = read._replace(indices=read.indices[1:])
        if np.ndim(line.values[symbol]) == 0:
            text = style.text(line.values[symbol])
            found.append({"of": str(without), "name": style.name(trace, symbol), "text": text})
    return found[:MOST_READ]


def _difference(trace: Trace, name: str, style: Style) -> dict[str, Any]:
    """The central difference of the engine's loss beside the gradient."""
    step = STEP * max(1.0, abs(float(trace.value_of(name))))
    with np.errstate(all="ignore"):
        felt = wiggle(trace, name, step)
    gap = abs(felt.felt - felt.slope)
    agrees = bool(gap <= AGREEING * max(abs(felt.felt), abs(felt.slope)) + SMALLEST * max(1.0, abs(felt.at)))
    told = style.says("agrees" if agrees else "differs", step=step, felt=felt.felt, slope=felt.slope)
    numbers = {"step": step, "below": felt.below, "at": felt.at, "above": felt.above, "felt": felt.felt,
               "slope": felt.slope}  # fmt: skip
    texts = {key: style.text(value) for key, value in numbers.items()}
    return {**numbers, "texts": texts, "agrees": agrees, "says": told}


def path_of(trace: Trace, found: Reference, window: Window, workspace: Workspace) -> dict[str, Any]:
    """What to light in the drawing.

    Of a weight, a bias, an error or a gradient: every shown node and edge through which the loss depends on it. Of a
    weighted input or an activation: the arrows that come in.
    """
    neurons, depth = window.shown(trace.network.widths), trace.network.depth
    kind = found.kind.removeprefix("d") if found.kind in ("dW", "db") else found.kind
    if not found.layer.isdigit() or not found.place:
        end = [at(f"a{depth}", j) for j in neurons[depth]] if found.kind in ("loss", "cost", "losses") else []
        return {"nodes": [*end, "C"] if end else [], "edges": [], "paths": len(end), "shown": len(end)}
    l, j = int(found.layer), found.place[-1]
    if kind in ("z", "a", "passed") and l:
        edges = [at(f"W{l}", k, j) for k in neurons[l - 1]]
        nodes = [*(at(f"a{l - 1}", k) for k in neurons[l - 1]), at(f"a{l}", j)]
        return {"nodes": nodes, "edges": edges, "paths": trace.network.widths[l - 1], "shown": len(edges)}
    nodes, edges = [at(f"a{l}", j)], []
    if kind == "W":
        nodes.insert(0, at(f"a{l - 1}", found.place[0]))
        edges.append(at(f"W{l}", *found.place[-2:]))
    begin = [j]
    for layer in range(l + 1, depth + 1):
        edges += [at(f"W{layer}", k, i) for k in begin for i in neurons[layer]]
        nodes += [at(f"a{layer}", i) for i in neurons[layer]]
        begin = neurons[layer]
    shown = int(np.prod([len(neurons[layer]) for layer in range(l + 1, depth + 1)], dtype=np.int64))
    return {"nodes": [*nodes, "C"], "edges": edges, "paths": n_paths(trace, max(l, 1)), "shown": shown}


def names_of(workspace: Workspace, window: Window, style: Style) -> dict[str, str]:
    """How the notation writes the names of the shown numbers, by the name without their sample."""
    trace = workspace.trace()
    sample = min(window.sample, len(workspace.shown().rows) - 1)
    neurons, pen = window.shown(trace.network.widths), style.pen(trace)
    found: dict[str, str] = {}
    for site in trace:
        name = reference(site)
        if name.memory or site in ("ones",) or name.kind == "jacobian":
            continue
        for index in _places(name, neurons, trace):
            found[at(site, *index) if index else site] = pen.formula(Symbol(place(trace, site, sample, *index)))
    return found


def _places(name: Reference, neurons: list[list[int]], trace: Trace) -> list[tuple[int, ...]]:
    axes = [axis for axis in name.what.axes if axis not in ("sample", "row")]
    l = int(name.layer) if name.layer.isdigit() else trace.network.depth
    of_axis = [neurons[l - 1] if axis == "from" else neurons[l] for axis in axes]
    found: list[tuple[int, ...]] = [()]
    for shown in of_axis:
        found = [(*index, j) for index in found for j in shown]
    return found
