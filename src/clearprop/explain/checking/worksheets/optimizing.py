"""What a sheet says of the update: the rule and its constants, what it remembers, penalties, weights of the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from clearprop.engines import TrainingState
from clearprop.errors import InputError
from clearprop.explain.checking.velocities import velocities_of, with_velocity
from clearprop.explain.checking.worksheets.faults import fault
from clearprop.explain.checking.worksheets.statements import Statement, numbers_in
from clearprop.explain.words.message import Listed, Message, setting_named
from clearprop.formulas import UpdateRule, update_rule
from clearprop.job.job import Job
from clearprop.network import Network, Parameters

Found = TypeVar("Found")
CALL = re.compile(r"\s*(?P<name>[A-Za-z_]+)\s*(?:\((?P<constants>.*)\))?\s*")
OTHER_SPELLINGS = {
    "mu": "momentum", "μ": "momentum", "β1": "beta1", "β2": "beta2", "β": "momentum", "beta": "momentum",
    "ρ": "rho", "ε": "epsilon", "eps": "epsilon", "η": "learning_rate", "rate": "learning_rate", "lr": "learning_rate",
    "decay": "weight_decay", "λ": "weight_decay", "beta_1": "beta1", "beta_2": "beta2",
}  # fmt: skip


def named(statement: Statement, find: Callable[[str], Found]) -> Found:
    """What a setting names; an error says where the setting stands."""
    try:
        return find(statement.value)
    except InputError as error:
        raise statement.refused(error) from None


def rule_of(settings: Mapping[str, Statement], rule: UpdateRule, velocity: str = "steps") -> UpdateRule:
    """The update rule that the settings name, with its constants: ``optimizer: adam(beta1=0.8, epsilon=1e-7)``."""
    if "optimizer" in settings:
        rule = named(settings["optimizer"], _called)
    for setting, name in (("learning rate", "learning_rate"), ("weight decay", "weight_decay")):
        if setting in settings:
            rule = _with_constant(rule, settings[setting], name)
    return _velocity(rule, settings.get("velocity"), velocity)


def _velocity(rule: UpdateRule, statement: Statement | None, velocity: str) -> UpdateRule:
    """The rule with the velocity that the sheet follows; an error where it has none that could be so."""
    if velocity not in ("steps", *velocities_of(rule)):
        if statement is None:  # it was told already
            return rule
        raise statement.wrong("sheet_velocity", rule=rule.name, value=Message(f"value_{velocity}"))
    return with_velocity(rule, velocity)


def _called(text: str) -> UpdateRule:
    """A rule from its name, and in brackets its constants, by name or (the rule's own) by order."""
    call = CALL.fullmatch(text)
    if call is None:
        raise fault("sheet_optimizer", value=text.strip())
    rule = update_rule(call["name"].lower())
    own = [item.name for item in fields(rule) if item.name not in ("learning_rate", "weight_decay")]
    for i, part in enumerate(filter(None, (call["constants"] or "").split(","))):
        name, _, value = part.rpartition("=")
        name = name.strip() or (own[i] if i < len(own) else "")
        name = OTHER_SPELLINGS.get(name, name)
        if name not in rule.parameters:
            known = Listed(*rule.parameters, joint="list_comma")
            raise fault("sheet_no_constant", rule=rule.name, name=part.strip(), known=known)
        try:
            constant = float(value)
        except ValueError:
            raise fault("sheet_no_number", word=value.strip()) from None
        rule = replace(rule, **{name: constant})
    return rule


def _with_constant(rule: UpdateRule, statement: Statement, name: str) -> UpdateRule:
    value = number_of(statement, name)
    try:
        return replace(rule, **{name: value})
    except InputError as error:
        raise statement.refused(error) from None


def number_of(statement: Statement, name: str) -> float:
    """The one number of a setting."""
    numbers = numbers_in(statement)
    if len(numbers) != 1:
        raise statement.wrong("sheet_one_number", name=setting_named(name), n=len(numbers))
    return numbers[0].value


def job_of(settings: Mapping[str, Statement], network: Network, rule: UpdateRule) -> Job:
    """The step as a job: with the penalties that the sheet names."""
    l1, l2 = (number_of(settings[name], name) if name in settings else 0.0 for name in ("l1", "l2"))
    try:
        return Job(network, rule, l1=l1, l2=l2)
    except InputError as error:
        raise next(settings[name] for name in ("l1", "l2") if name in settings).refused(error) from None


def state_of(
    settings: Mapping[str, Statement],
    given: Mapping[str, Statement],
    job: Job,
    params: Parameters,
    values: Callable[[str], Any],
) -> TrainingState:
    """The state before the step: ``step: 3`` and the optimizer's memory as given, ``m_W1 = …``; empty otherwise.

    Raises
    ------
    InputError
        When a memory is given that the rule does not have, or a later step of a rule with a memory is asked for
        without it.
    """
    state = TrainingState.start(job, params.theta)
    rule = job.update_rule
    assert isinstance(rule, UpdateRule)
    blocks = job.network.named_blocks
    kept = {name: statement for name, statement in given.items() if re.fullmatch(r"[a-z]+_[Wb]\d+", name)}
    for name, statement in kept.items():
        memory, _, block = name.partition("_")
        if memory not in rule.memory or block not in blocks:
            kept_names = [f"{memory}_{block}" for block in blocks for memory in rule.memory]
            known = Listed(*kept_names, joint="list_comma") if kept_names else Message("sheet_keeps_nothing")
            raise statement.wrong("sheet_no_memory", rule=rule.name, name=name, known=known)
        place = blocks[block]
        state.memory[rule.memory.index(memory)][place.start : place.stop] = np.ravel(values(name))
    if "step" in settings:
        step = number_of(settings["step"], "step")
        if step != int(step) or step < 1:
            raise settings["step"].wrong("sheet_step_number", value=settings["step"].value)
        if step > 1 and rule.memory and not kept:
            first = f"{rule.memory[0]}_{next(iter(blocks))}"
            raise settings["step"].wrong("sheet_step_memory", step=int(step), rule=rule.name, name=first)
        state.step = int(step) - 1
    return state
