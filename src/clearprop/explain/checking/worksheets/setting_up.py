"""The network and the sample that a sheet describes, as a trace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.cases import CASES, case
from clearprop.explain.checking.conventions import Conventions, conventions_of
from clearprop.explain.checking.worksheets.faults import fault
from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.optimizing import job_of, named, rule_of, state_of
from clearprop.explain.checking.worksheets.placing import OF_INPUTS, OF_NEURONS, of_another_shape
from clearprop.explain.checking.worksheets.statements import Statement, numbers_in, with_commas_between
from clearprop.explain.checking.worksheets.values import readings
from clearprop.explain.explained import Trace, explain
from clearprop.explain.words.message import Count, Listed, Message, term_told
from clearprop.formulas import LOSSES, Activation, Loss, activation, fitting_activations, loss_function, update_rule
from clearprop.network import Network, Parameters

PRINTED = 6  # significant digits: a given number with as many is the rounding of a computed one


def trace_of(
    settings: Mapping[str, Statement], given: Mapping[str, Statement], conventions: Conventions | None = None
) -> Trace:
    """The trace of the network and sample that the sheet describes, as the engine has it.

    What the sheet's conventions make of it, `clearprop.explain.checking.convened.convened` says.
    """
    known = conventions_of(settings) if conventions is None else conventions
    if "case" in settings:
        found = named(settings["case"], _case)
        network, params, x, y, rule = found.network, found.params, found.x, found.y, found.optimizer
    else:
        network = _network(settings, given, known)
        params = _parameters(network, given, known)
        x, y = _sample(network, given)
        rule = update_rule("sgd")
    if known.biases in ("fixed", "none"):
        network = Network(tuple(replace(layer, bias_rate=0.0) for layer in network.layers), network.loss)
        params = network.views(params.theta)
    job = job_of(settings, network, rule_of(settings, rule, known.velocity))
    shapes = {block.name: block.shape for block in network.blocks}

    def remembered(name: str) -> Any:
        block = name.partition("_")[2]
        return _array(given, name, shapes[block], known) if block in shapes else None

    state = state_of(settings, given, job, params, remembered)
    return explain(network, params, x, y, state=state, job=job, sample_weight=_weights(settings, x))


def units_of(given: Mapping[str, Statement], trace: Trace, conventions: Conventions) -> Mapping[str, Any]:
    """How far the last digit of each given number reaches, 0 where it is what it says.

    With ``given: rounded`` all are printed roundings. Where nothing is said those of six significant digits and more
    are taken for such: nobody gives a network by hand with so many.
    """
    if conventions.given == "exact" and "given" in conventions.stated:
        return {}
    found = {}
    for name, statement in given.items():
        if name not in trace.sites:
            continue
        units = np.array([_unit(number, conventions) for number in numbers_in(statement)])
        if conventions.given == "rounded" and units.any():  # 0.5 beside 0.37454012 is 0.50000000
            units[units > 0] = units[units > 0].min()
        shape = np.shape(trace[name].value)
        if conventions.biases == "shared" and len(units) == 1:
            units = np.repeat(units, prod(shape))
        if units.any():
            found[name] = np.zeros(shape)
            for place, unit in zip(conventions.places(name, shape, len(units)), units, strict=True):
                found[name][place] = unit
    return found


def _unit(number: WrittenNumber, conventions: Conventions) -> float:
    """Of the last digit of a given number, 0 for one that is exact."""
    if number.text.lstrip("-−+").isdigit():
        return 0.0
    is_printed = conventions.given == "rounded" or abs(number.value) >= number.unit * 10.0 ** (PRINTED - 1)
    return number.unit if is_printed else 0.0


def _weights(settings: Mapping[str, Statement], x: Any) -> Any:
    """The weight of each row, where the sheet gives them."""
    if "row weights" not in settings:
        return None
    n = len(x) if np.ndim(x) == 2 else 1
    statement = with_commas_between(settings["row weights"], n)
    weights = [number.value for number in numbers_in(statement)]
    if len(weights) != n:
        raise statement.wrong("sheet_row_weights", n=Count(n), m=Count(len(weights)))
    if min(weights) < 0:
        raise statement.wrong("sheet_row_weights_negative", value=min(weights))
    if not any(weights):
        raise statement.wrong("sheet_row_weights_zero")
    return np.array(weights)


def _case(name: str) -> Any:
    if name not in CASES:
        raise UnknownNameError("case", name, CASES)
    return case(name)


def _network(settings: Mapping[str, Statement], given: Mapping[str, Statement], known: Conventions) -> Network:
    """The network from its settings; without widths they follow from the biases."""
    if "network" in settings:
        widths = [int(n) for n in re.findall(r"\d+", settings["network"].value)]
    elif "b1" in given:
        layers = sorted((name for name in given if name.startswith("b")), key=lambda name: int(name[1:]))
        if "a0" not in given:
            raise fault("sheet_gives_no", names="x", first="x")
        widths = [len(numbers_in(given["a0"])), *(len(numbers_in(given[name])) for name in layers)]
    else:
        raise fault("sheet_no_network")
    hidden: list[str] = ["sigmoid"]
    if "hidden" in settings:
        hidden = re.findall(r"\w+", settings["hidden"].value)
        named(settings["hidden"], lambda _: [activation(name) for name in hidden])
    output = named(settings["output"], activation) if "output" in settings else None
    loss = named(settings["loss"], loss_function) if "loss" in settings else loss_function(known.loss)
    choice: Any = hidden[0] if len(hidden) == 1 else hidden
    if "loss" in settings and output is not None and not loss.fits(output):
        raise settings["loss"].wrong("sheet_loss_output", **_does_not_fit(loss, output, settings["output"].value))
    try:
        return Network.mlp(widths, choice, output, loss)
    except InputError as error:
        culprit = next((settings[name] for name in ("network", "output", "loss", "hidden") if name in settings), None)
        raise (culprit.refused(error) if culprit is not None else error) from None


def _does_not_fit(loss: Loss, output: Activation, said: str) -> Mapping[str, str]:
    """Why a loss cannot be had with an output, and what may have been meant: BCE is often called cross-entropy."""
    meant = [name for name in LOSSES if loss.name in name and LOSSES[name]().fits(output)]
    other = Message("sheet_or_loss", loss=term_told(meant[0])) if meant else ""
    fitting = Listed(*map(term_told, fitting_activations(loss)), joint="list_or")
    return {"loss": term_told(loss.name), "output": said, "fitting": fitting, "other": other}


def _parameters(network: Network, given: Mapping[str, Statement], known: Conventions) -> Parameters:
    weights, biases = [], []
    for l, layer in enumerate(network.layers, start=1):
        weights.append(_array(given, f"W{l}", (layer.inputs, layer.outputs), known))
        biases.append(_bias(given, f"b{l}", layer.outputs, known))
    return network.parameters(weights, biases)


def _bias(given: Mapping[str, Statement], name: str, width: int, known: Conventions) -> Any:
    if known.biases == "none" and name not in given:
        return np.zeros(width)
    if known.biases == "shared" and name in given and len(numbers_in(given[name])) == 1:
        return np.repeat(_values(given, name, 1), width)
    return _values(given, name, width)


def _array(given: Mapping[str, Statement], name: str, shape: tuple[int, ...], known: Conventions) -> Any:
    """The numbers of a line of what is given as an array, a matrix turned where the sheet writes it turned."""
    values = _values(given, name, prod(shape))
    on_paper = known.shape_of(name, shape)
    written = rows_in(given[name].value)
    if len(shape) == 2 and written is not None and written != on_paper and min(shape) > 1:
        rows, cure = OF_NEURONS if known.rows == "outputs" else OF_INPUTS
        raise of_another_shape(given[name], name, on_paper, written, rows, cure)
    array = np.empty(shape)
    for place, value in zip(known.places(name, shape, len(values)), values, strict=True):
        array[place] = value
    return array


def rows_in(text: str) -> tuple[int, ...] | None:
    """The rows and columns of a matrix in brackets within brackets, or with semicolons; None for a plain list.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.setting_up import rows_in
    >>> rows_in("[[0.1, 0.2], [0.4, -0.5], [0.3, 0.6]]"), rows_in("0.1, 0.2")
    ((3, 2), None)
    """
    value = readings(text)[0]
    return value.shape if value.is_matrix else None


def _values(given: Mapping[str, Statement], name: str, count: int) -> Any:
    """The numbers of a line of what is given."""
    if name not in given:
        shown = "x" if name == "a0" else name
        raise fault("sheet_gives_no", names=shown, first=shown)
    numbers = numbers_in(given[name])
    if len(numbers) != count:
        raise given[name].wrong("sheet_must_hold", name=name, count=Count(count), found=len(numbers))
    return np.array([number.value for number in numbers])


def _sample(network: Network, given: Mapping[str, Statement]) -> tuple[Any, Any]:
    """One sample, or a batch where there are several times as many numbers."""
    inputs, outputs = network.widths[0], network.widths[-1]
    n = len(numbers_in(given["a0"])) // inputs if "a0" in given else 1
    if n <= 1:
        return _values(given, "a0", inputs), _values(given, "y", outputs)
    return _values(given, "a0", n * inputs).reshape(n, inputs), _values(given, "y", n * outputs).reshape(n, outputs)
