"""One spoken sentence for each step of the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from clearprop.lab.stops import BACKWARD, FORWARD, LOSS, Stop
from clearprop.lab.style import Style
from clearprop.trace.names import at
from clearprop.trace.trace import Trace

MOST_NUMBERS = 6


def place(trace: Trace, site: str, sample: int, *index: int) -> str:
    """The name of one number of a step; of a batch, of this sample.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.lab.saying import place
    >>> place(case("xor").trace(), "z1", 2, 0), place(case("mazur").trace(), "z1", 2, 0)
    ('z1[2,0]', 'z1[0]')
    """
    is_of_sample = trace.is_batch and trace[site].value.ndim > len(index)
    places = (sample, *index) if is_of_sample else index
    return at(site, *places) if places else site


def says(trace: Trace, stops: Sequence[Stop], sample: int, style: Style) -> str:
    """The sentence for these stops, which the cursor has just come over.

    Of stops in several layers it tells of the last one.
    """
    last = stops[-1]
    if last.phase == LOSS:
        return _loss(trace, style)
    if last.phase not in (FORWARD, BACKWARD):
        return _updated(trace, last, style)
    assert last.layer is not None
    of_layer = [stop for stop in stops if (stop.phase, stop.layer) == (last.phase, last.layer)]
    neurons = [stop.neuron for stop in of_layer if stop.neuron is not None]
    if any(stop.neuron is None for stop in of_layer) or not neurons:
        neurons = list(range(trace.network.widths[last.layer]))
    numbers = _numbers(trace, of_layer, neurons, sample, style)
    is_one = len(neurons) == 1
    key = {FORWARD: ("neuron", "layer"), BACKWARD: ("error_neuron", "error_layer")}[last.phase][0 if is_one else 1]
    return style.says(key, layer=last.layer, neuron=neurons[0] + 1, numbers=numbers)


def _numbers(trace: Trace, stops: Sequence[Stop], neurons: Sequence[int], sample: int, style: Style) -> str:
    """What these neurons hold: a of a forward step, δ of a backward one; of a single one also what that is made of."""
    last = stops[-1]
    kinds = ("z", "a") if last.phase == FORWARD else ("error", "delta")
    sites = [f"{kind}{last.layer}" for kind in kinds if any(f"{kind}{last.layer}" in stop.sites for stop in stops)]
    if len(neurons) > 1:
        sites = sites[-1:]
    shown = neurons[:MOST_NUMBERS]
    told = [_told(trace, place(trace, site, sample, j), style) for j in shown for site in sites]
    if len(neurons) > len(shown):
        told.append(style.says("more", n=len(neurons) - len(shown)))
    return str(style.words["list_comma"]).join(told)


def _told(trace: Trace, name: str, style: Style) -> str:
    return f"{style.name(trace, name)} = {style.text(trace.value_of(name))}"


def _loss(trace: Trace, style: Style) -> str:
    loss = float(trace["loss"].value)
    if "cost" in trace:
        return style.says("cost", loss=loss, cost=float(trace["cost"].value))
    return style.says("loss", loss=loss)


def _updated(trace: Trace, last: Stop, style: Style) -> str:
    if last.layer is not None:
        return style.says("updated", layer=last.layer)
    name = trace.minimised
    before, after = float(trace[name].value), float(trace[f"{name}_new"].value)
    return style.says("afterwards", before=before, after=after, predicted=float(trace["prediction"].value))
