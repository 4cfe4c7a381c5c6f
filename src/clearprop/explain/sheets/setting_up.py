"""The network and the sample that a sheet describes, as a trace."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.cases import CASES, case
from clearprop.explain.record import explain
from clearprop.explain.sheets.statements import Statement, at_place, numbers_in
from clearprop.explain.trace import Trace
from clearprop.formulas import UpdateRule, activation, loss_function, update_rule
from clearprop.network import Dense, Network, Parameters

Found = TypeVar("Found")


def trace_of(settings: Mapping[str, Statement], given: Mapping[str, Statement]) -> Trace:
    """The trace of the network and sample that the sheet describes."""
    if "case" in settings:
        found = named(settings["case"], _case)
        network, params, x, y, rule = found.network, found.params, found.x, found.y, found.optimizer
    else:
        network = _network(settings, given)
        params = _parameters(network, settings, given)
        x, y = _sample(network, given)
        rule = update_rule("sgd")
    if "optimizer" in settings:
        rule = named(settings["optimizer"], update_rule)
    if "learning rate" in settings:
        rule = _with_rate(rule, settings["learning rate"])
    if "biases" in settings:
        if settings["biases"].value.lower() not in ("fixed", "not updated", "updated"):
            raise settings["biases"].wrong(f"biases are fixed or updated, not {settings['biases'].value!r}")
        if settings["biases"].value.lower() != "updated":
            network = Network(tuple(replace(layer, bias_rate=0.0) for layer in network.layers), network.loss)
            params = Parameters(*network.views(params.theta))
    return explain(network, params, x, y, rule)


def named(statement: Statement, find: Callable[[str], Found]) -> Found:
    """What a setting names; an error says where the setting stands."""
    try:
        return find(statement.value)
    except UnknownNameError as error:
        raise at_place(statement.place_of(), error) from None
    except InputError as error:
        raise statement.wrong(error) from None


def _case(name: str) -> Any:
    if name not in CASES:
        raise UnknownNameError("case", name, CASES)
    return case(name)


def _with_rate(rule: UpdateRule, statement: Statement) -> UpdateRule:
    numbers = numbers_in(statement)
    if len(numbers) != 1:
        raise statement.wrong(f"the learning rate is one number, not {len(numbers)}")
    try:
        return replace(rule, learning_rate=numbers[0].value)
    except InputError as error:
        raise statement.wrong(error) from None


def _network(settings: Mapping[str, Statement], given: Mapping[str, Statement]) -> Network:
    """The network from its settings; without widths they follow from the biases."""
    if "network" in settings:
        widths = [int(n) for n in re.findall(r"\d+", settings["network"].value)]
    elif "b1" in given:
        layers = sorted((name for name in given if name.startswith("b")), key=lambda name: int(name[1:]))
        if "a0" not in given:
            raise InputError("the sheet gives no x; add a line such as x = …")
        widths = [len(numbers_in(given["a0"])), *(len(numbers_in(given[name])) for name in layers)]
    else:
        raise InputError("the sheet names no network; begin it with a line such as network: 2-2-1, or case: mazur")
    hidden: list[str] = ["sigmoid"]
    if "hidden" in settings:
        hidden = re.findall(r"\w+", settings["hidden"].value)
        named(settings["hidden"], lambda _: [activation(name) for name in hidden])
    output = named(settings["output"], activation) if "output" in settings else None
    loss = named(settings["loss"], loss_function) if "loss" in settings else "half_squared_error"
    choice: Any = hidden[0] if len(hidden) == 1 else hidden
    try:
        return Network.mlp(widths, choice, output, loss)
    except InputError as error:
        culprit = next((settings[name] for name in ("network", "output", "loss", "hidden") if name in settings), None)
        raise (culprit.wrong(error) if culprit is not None else error) from None


def _parameters(network: Network, settings: Mapping[str, Statement], given: Mapping[str, Statement]) -> Parameters:
    weights, biases = [], []
    books = "rows" in settings and settings["rows"].value.lower().startswith("output")
    for l, layer in enumerate(network.layers, start=1):
        W = _values(given, f"W{l}", layer.inputs * layer.outputs)
        weights.append(_shaped(W, layer, books))
        biases.append(_values(given, f"b{l}", layer.outputs))
    return network.parameters(weights, biases)


def _shaped(W: Any, layer: Dense, books: bool) -> Any:
    return W.reshape(layer.outputs, layer.inputs).T if books else W.reshape(layer.inputs, layer.outputs)


def _values(given: Mapping[str, Statement], name: str, count: int) -> Any:
    """The numbers of a line of what is given."""
    if name not in given:
        raise InputError(f"the sheet gives no {'x' if name == 'a0' else name}; add a line such as {name} = …")
    numbers = numbers_in(given[name])
    if len(numbers) != count:
        raise given[name].wrong(f"{name} must hold {count} number(s) for this network, not {len(numbers)}")
    return np.array([number.value for number in numbers])


def _sample(network: Network, given: Mapping[str, Statement]) -> tuple[Any, Any]:
    """One sample, or a batch where there are several times as many numbers."""
    inputs, outputs = network.widths[0], network.widths[-1]
    n = len(numbers_in(given["a0"])) // inputs if "a0" in given else 1
    if n <= 1:
        return _values(given, "a0", inputs), _values(given, "y", outputs)
    return _values(given, "a0", n * inputs).reshape(n, inputs), _values(given, "y", n * outputs).reshape(n, outputs)
