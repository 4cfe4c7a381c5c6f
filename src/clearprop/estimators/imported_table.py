"""An imported network as the model of a table, so that the command line and every export can use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.errors import InputError, require
from clearprop.estimators.imported_check import job_of
from clearprop.estimators.imported_targets import ImportedNetwork
from clearprop.files.importers.preprocessing import MadeInput, RawColumn, X
from clearprop.formulas import Softmax
from clearprop.formulas.saving import tree_to_json
from clearprop.network import Network

if TYPE_CHECKING:
    from clearprop.tables.formula_step import Computed
    from clearprop.tabular.model import TableModel

FAR = float(np.finfo(np.float64).max)


def table_model_of(imported: ImportedNetwork, target: str | Sequence[str] | None, facts: dict[str, Any]) -> TableModel:
    """See `Imported.table_model`; `facts` are kept in the file.

    Two classes with one logistic output become two softmax outputs, the first of which is always 0 before the softmax:
    a table's classes have an output each.
    """
    require("a model file that knows its columns needs", "tables")
    from clearprop.tables import ClassTarget, Encoder, LabelTargets, NumberTarget, NumberTargets
    from clearprop.tabular.model import TableModel

    source, classes = imported.source, imported.classes
    network, theta = imported.network, imported.parameters.theta
    n_outputs = network.widths[-1]
    encoder = Encoder(tuple(_steps(imported)), {})
    if classes is not None and not imported.targets.is_multilabel:
        name = target if isinstance(target, str) else "target"
        if n_outputs == 1:
            network, theta = _two_outputs(imported)
        order = sorted(range(len(classes)), key=lambda k: classes[k])
        if order != list(range(len(order))):
            theta = _in_order(network, theta, order)
        found: Any = ClassTarget(name, tuple(classes[k] for k in order))
        trivial: Any = found.classes[0]
    else:
        names = _target_names(imported, target)
        low, high = (0.0, 1.0) if classes is not None else (-FAR, FAR)
        each = tuple(NumberTarget(name, False, 0.0, 1.0, low, high) for name in names)
        several = NumberTargets if classes is None else LabelTargets
        found = each[0] if len(each) == 1 else several(each)
        trivial = 0.0 if len(each) == 1 else [0.0] * len(each)
    rule = source.update_rule
    jobs = () if rule is None else (job_of(source, network, rule),)
    return TableModel(network, theta[None, :].copy(), encoder, found, trivial, settings=facts, jobs=jobs)


def _target_names(imported: ImportedNetwork, target: str | Sequence[str] | None) -> list[str]:
    n_outputs = imported.network.widths[-1]
    if isinstance(target, str):
        names = [target] if n_outputs == 1 else [f"{target}{k + 1}" for k in range(n_outputs)]
    elif target is not None:
        names = [str(name) for name in target]
    elif imported.source.is_multilabel and imported.classes is not None:
        names = [f"y{label}" if isinstance(label, int) else str(label) for label in imported.classes]
    else:
        names = list(imported.source.target_names or ()) or (
            ["target"] if n_outputs == 1 else [f"y{k + 1}" for k in range(n_outputs)]
        )
    if len(names) != n_outputs or len(set(names)) < n_outputs:
        raise InputError(f"target must name {n_outputs} different columns, not {names}")
    return names


def _steps(imported: ImportedNetwork) -> Iterator[Computed]:
    """The columns, in the order of the inputs; one column may come several times."""
    from clearprop.tables.formula_step import Computed

    source = imported.source
    is_exact = np.dtype(source.dtype) == np.float64
    if source.inputs is None:
        n_inputs = source.widths[0]
        names = source.feature_names or tuple(f"x{k + 1}" for k in range(n_inputs))
        columns: Sequence[RawColumn] = [RawColumn(name) for name in names]
        inputs: Sequence[MadeInput] = [MadeInput(name, k, X) for k, name in enumerate(names)]
    else:
        columns, inputs = source.inputs.columns, source.inputs.inputs
    for k, group in groupby(inputs, key=lambda item: item.column):
        made, column = list(group), columns[k]
        yield Computed(
            column.name,
            tuple(each.name for each in made),
            tuple(json.dumps(tree_to_json(each.tree)) for each in made),
            column.categories or (),
            column.categories is not None,
            column.known_only or column.known_numbers is not None,
            column.known_numbers or (),
            column.takes_missing,
            is_exact,
        )


def _two_outputs(imported: ImportedNetwork) -> tuple[Network, Any]:
    """The network with softmax of (0, z) in the place of the logistic function of z."""
    network, params = imported.network, imported.parameters
    last = network.layers[-1]
    if last.activation.name != "logistic":
        raise InputError(
            f"two classes with the one output {last.activation.name!r} are not the probabilities of a table's classes; "
            "use `network` and `parameters` with clearprop.save"
        )
    wider = Network((*network.layers[:-1], replace(last, outputs=2, activation=Softmax())), "cross_entropy")  # type: ignore[arg-type]
    W, b = list(params.W), list(params.b)
    W[-1], b[-1] = np.hstack([0 * W[-1], W[-1]]), np.concatenate([0 * b[-1], b[-1]])
    return wider, wider.parameters(W, b, params.theta.dtype).theta


def _in_order(network: Network, theta: Any, order: list[int]) -> Any:
    """θ with the outputs in this order."""
    params = network.views(theta)
    W, b = list(params.W), list(params.b)
    W[-1], b[-1] = W[-1][:, order], b[-1][order]
    return network.parameters(W, b, theta.dtype).theta
