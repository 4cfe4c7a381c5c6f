"""Networks and jobs from what the page asks for, and back: names and numbers as JSON has them, all of them checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from clearprop.errors import InputError, UnknownNameError
from clearprop.formulas import (
    ACTIVATIONS,
    INITIALISERS,
    LOSSES,
    SCHEDULES,
    UPDATE_RULES,
    Activation,
    Formula,
    Initialiser,
    Loss,
)
from clearprop.job import Job
from clearprop.lab import limits
from clearprop.lab.refusals import LabError
from clearprop.lab.rows import CLASSIFICATION, Rows
from clearprop.lab.typed import typed_activation
from clearprop.network import Network
from clearprop.training.asked import dropout_per_layer

Kind = TypeVar("Kind", bound=Formula)
NETWORK_KEYS = ("widths", "hidden", "output", "loss", "initialiser", "seed")
JOB_KEYS = (
    "optimizer", "schedule", "batch_size", "epochs", "shuffle", "l1", "l2", "dropout", "label_smoothing", "clip_norm",
    "seed",
)  # fmt: skip
MOST_EPOCHS = 1_000_000


def formula_of(kind: str, spec: object, known: Mapping[str, type[Kind]]) -> Kind:
    """A formula of the library, from its name and its parameters.

    Raises
    ------
    InputError, UnknownNameError
        For another name, another parameter or a value that it cannot have.

    Examples
    --------
    >>> from clearprop.formulas import ACTIVATIONS
    >>> from clearprop.lab.building import formula_of
    >>> formula_of("activation", {"name": "elu", "parameters": {"alpha": 0.5}}, ACTIVATIONS)
    Elu(alpha=0.5)
    """
    if isinstance(spec, str):
        spec = {"name": spec}
    if not isinstance(spec, Mapping) or not isinstance(spec.get("name"), str):
        raise LabError(f"the {kind} must have a name, as in {{'name': …, 'parameters': {{…}}}}")
    name, parameters = spec["name"], spec.get("parameters") or {}
    if name not in known:
        raise UnknownNameError(kind, name, known)
    if not isinstance(parameters, Mapping):
        raise LabError(f"the parameters of {name} must be an object, as {{'learning_rate': 0.1}}")
    names = [field.name for field in fields(known[name])]  # type: ignore[arg-type]
    for parameter in parameters:
        if parameter not in names:
            raise UnknownNameError(f"parameter of {name}", parameter, names)
    return known[name](**parameters)


def activation_of(spec: object) -> Activation:
    """An activation of the library, or one that was typed in: ``{"typed": "z/(1+abs(z))", "called": "mine"}``."""
    if isinstance(spec, Mapping) and "typed" in spec:
        text, called = spec["typed"], spec.get("called", "typed")
        if not isinstance(text, str) or not isinstance(called, str):
            raise LabError("a typed activation has a text, and a name")
        return typed_activation(text, called)
    return formula_of("activation", spec, ACTIVATIONS)


def spec_of(formula: Formula) -> dict[str, Any]:
    """A formula as the page has it."""
    return {"name": formula.name, "parameters": formula.parameters}


def network_of(asked: Mapping[str, Any], rows: Rows) -> tuple[Network, Initialiser | None, int]:
    """The network that was asked for, what draws its weights, and from which seed.

    Parameters
    ----------
    asked : mapping
        ``widths``, and if need be ``hidden``, ``output``, ``loss``, ``initialiser`` and ``seed``.
    rows : Rows
        The data that it is for.

    Raises
    ------
    LabError, InputError, UnknownNameError
        For what cannot be.
    """
    _check_keys("a network", asked, NETWORK_KEYS)
    widths = asked.get("widths")
    if not isinstance(widths, list) or not all(type(n) is int and n > 0 for n in widths) or len(widths) < 2:
        raise LabError("widths must be a list of whole numbers, inputs first, as [2, 4, 1]")
    limits.check_most("layers with weights", len(widths) - 1, limits.LAYERS, "take fewer")
    limits.check_most("neurons in a layer", max(widths[1:]), limits.WIDTH, "take fewer")
    ends = (rows.X.shape[1], rows.Y.shape[1])
    if (widths[0], widths[-1]) != ends:
        raise LabError(f"the data have {ends[0]} inputs and {ends[1]} outputs, not {widths[0]} and {widths[-1]}")
    n_hidden, hidden = len(widths) - 2, asked.get("hidden", "tanh")
    shapes = (
        [activation_of(each) for each in hidden] if isinstance(hidden, list) else [activation_of(hidden)] * n_hidden
    )
    natural = natural_loss(rows)
    loss: Loss = formula_of("loss", asked.get("loss") or natural, LOSSES)
    output = None if asked.get("output") is None else activation_of(asked["output"])
    network = Network.mlp(widths, shapes, output, loss)
    limits.check_most("weights and biases", network.n_parameters, limits.PARAMETERS, "take narrower layers")
    given = asked.get("initialiser")
    initialiser = None if given is None else formula_of("initialiser", given, INITIALISERS)
    return network, initialiser, whole("seed", asked.get("seed", 0), 0, 2**63)


def natural_loss(rows: Rows) -> str:
    """The loss that suits the data; it brings its output activation along."""
    if rows.task != CLASSIFICATION:
        return "half_squared_error"
    return "binary_cross_entropy" if rows.Y.shape[1] == 1 else "cross_entropy"


def fitting(network: Network, before: Rows, rows: Rows) -> tuple[Network, tuple[str, ...]]:
    """The network for other data: its hidden layers stay; its output layer too, unless these data need another."""
    widths = [rows.X.shape[1], *network.widths[1:-1], rows.Y.shape[1]]
    shapes = [layer.activation for layer in network.layers[:-1]]
    last = network.layers[-1].activation
    if _still_suits(network, before, rows):
        return Network.mlp(widths, shapes, last, network.loss), ()
    made = Network.mlp(widths, shapes, loss=natural_loss(rows))
    if (made.layers[-1].activation, made.loss) == (last, network.loss):
        return made, ()
    return made, (f"the output layer is now {made.layers[-1].activation.name}, and the loss {made.loss.name}",)


def _still_suits(network: Network, before: Rows, rows: Rows) -> bool:
    """Whether output activation and loss of a network can stay for other data."""
    if before.task != rows.task or (before.Y.shape[1] > 1) != (rows.Y.shape[1] > 1):
        return False
    ranges = (network.loss.targets, network.layers[-1].activation.range)
    return all(bool((low <= rows.Y).all() and (high >= rows.Y).all()) for low, high in ranges)


def job_of(asked: Mapping[str, Any], job: Job, n_rows: int) -> Job:
    """The job with what was asked for; what is not named stays.

    Raises
    ------
    LabError, InputError, UnknownNameError
        For what cannot be.
    """
    _check_keys("a job", asked, JOB_KEYS)
    changed: dict[str, Any] = {}
    if "optimizer" in asked:
        changed["update_rule"] = formula_of("optimizer", asked["optimizer"], UPDATE_RULES)
    if "schedule" in asked:
        changed["schedule"] = formula_of("schedule", asked["schedule"], SCHEDULES)
    for name, most in (("batch_size", limits.ROWS), ("epochs", MOST_EPOCHS)):
        if name in asked:
            changed[name] = whole(name, asked[name], 1, most)
    if "seed" in asked:
        changed["seed"] = whole("seed", asked["seed"], 0, 2**63)
    if "shuffle" in asked:
        changed["shuffle"] = asked["shuffle"]
    for name in ("l1", "l2", "label_smoothing", "clip_norm"):
        if name in asked:
            changed[name] = number(name, asked[name], may_be_none=name == "clip_norm")
    if "dropout" in asked:
        changed["dropout"] = dropout_of(asked["dropout"], job.network)
    return fitted(replace(job, **changed), n_rows)


def fitted(job: Job, n_rows: int) -> Job:
    """The job with a batch that is no larger than what can be shown."""
    size = min(job.batch_size, n_rows)
    limits.check_most("rows of a batch", size, limits.BATCH, "take a smaller batch_size, as each of its rows is shown")
    n_numbers = size * sum(job.network.widths)
    limits.check_most("numbers of a step", n_numbers, limits.NODES, "take a smaller batch_size or narrower layers")
    return job


def dropout_of(given: object, network: Network) -> tuple[float, ...]:
    """Fractions of dropout: one for the hidden layers, or one for each of the layers 0 … L − 1."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        return tuple(float(number("dropout", each) or 0.0) for each in given)
    return dropout_per_layer(network, number("dropout", given) or 0.0)


def job_to_json(job: Job) -> dict[str, Any]:
    """A job as the page has it."""
    hidden = set(job.dropout[1:])
    is_one = not job.dropout or (job.dropout[0] == 0 and len(hidden) <= 1)
    return {
        "optimizer": spec_of(job.update_rule),  # type: ignore[arg-type]
        "schedule": spec_of(job.schedule),
        "dropout": (max(hidden, default=0.0) if is_one else list(job.dropout)),
        **{name: getattr(job, name) for name in JOB_KEYS if name not in ("optimizer", "schedule", "dropout")},
    }


def whole(name: str, value: object, low: int, high: int) -> int:
    """A whole number between these; LabError for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise LabError(f"{name} must be a whole number from {low:,} to {high:,}, not {value!r}")
    return value


def number(name: str, value: object, *, may_be_none: bool = False) -> float | None:
    """A finite number; LabError for anything else."""
    if value is None and may_be_none:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e300:
        raise LabError(f"{name} must be a finite number, not {value!r}")
    return value


def _check_keys(what: str, asked: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in asked:
        if key not in known:
            raise UnknownNameError(f"setting of {what}", key, known)


def check_object(value: object) -> Mapping[str, Any]:
    """What was sent as a JSON object; InputError for anything else."""
    if not isinstance(value, dict):
        raise InputError('the body must be a JSON object, as {"revision": 1}')
    return value
