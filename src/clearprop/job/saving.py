"""A job as JSON and back, so that a model file says how its networks were trained. No code is stored or run.

What is read is treated as hostile: every number is checked before a job is made of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from clearprop.errors import InputError, ModelFileError, quoted
from clearprop.formulas import LBFGS, SCHEDULES, UPDATE_RULES, Schedule, UpdateRule
from clearprop.formulas.saving import formula_from_json, formula_to_json
from clearprop.job.job import Job
from clearprop.network import Network

FORMULAS = ("network", "update_rule", "schedule")  # fields of a job that are no plain values
LARGEST = 2**53  # whole number that JSON of other programs holds exactly; seeds may be larger


def jobs_to_json(jobs: Sequence[Job]) -> dict[str, Any]:
    """What training each of these networks was asked to do, once for those that differ in the seed alone.

    Returns
    -------
    dict
        A rule or schedule of one's own is in it as its trees.

    Raises
    ------
    ModelFileError
        For one that is too large to be read back.

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.job import Job
    >>> from clearprop.job.saving import jobs_from_json, jobs_to_json
    >>> jobs = [Job(Network.mlp([2, 1]), seed=k) for k in (3, 4)]
    >>> found = jobs_to_json(jobs)
    >>> found["seeds"], found["job"]["update_rule"]["name"]
    ([3, 4], 'adam')
    >>> jobs_from_json(jobs[0].network, found, n_networks=2) == tuple(jobs)
    True
    """
    first = jobs[0]
    rule, schedule = first.update_rule, first.schedule
    plain = {field.name: getattr(first, field.name) for field in fields(Job) if field.name not in FORMULAS}
    del plain["seed"]
    job = {
        **plain,
        "dropout": list(first.dropout),
        "class_weight": None if first.class_weight is None else list(first.class_weight),
        "update_rule": {"name": "lbfgs", "parameters": asdict(rule)}
        if isinstance(rule, LBFGS)
        else formula_to_json(rule, UPDATE_RULES),
        "schedule": formula_to_json(schedule, SCHEDULES),
    }
    alike = [each.with_seed(first.seed) == first for each in jobs]
    count = alike.index(False) if False in alike else len(jobs)
    found: dict[str, Any] = {"job": job, "seeds": [job.seed for job in jobs[:count]]}
    return found if count == len(jobs) else {**found, "others": jobs_to_json(jobs[count:])}


def jobs_from_json(network: Network, found: object, n_networks: int) -> tuple[Job, ...]:
    """The jobs that `jobs_to_json` wrote for so many networks; () for None, of a file that does not say.

    Raises
    ------
    ModelFileError
        For anything that it cannot have written.
    """
    if found is None:
        return ()
    match found:
        case {"job": dict() as spec, "seeds": list() as seeds, "others": dict() as others} if (
            0 < len(seeds) < n_networks
        ):
            own = jobs_from_json(network, {"job": spec, "seeds": seeds}, len(seeds))
            return (*own, *jobs_from_json(network, others, n_networks - len(seeds)))
        case {"job": dict() as spec, "seeds": list() as seeds}:
            if len(seeds) != n_networks:  # before a job is made for each
                raise ModelFileError(f"it says how {len(seeds):,} networks were trained, and has {n_networks:,}")
            if not all(map(_is_seed, seeds)):
                raise ModelFileError("the seeds of its training are not whole numbers from 0 to 2⁶⁴ − 1")
            job = _job_from_json(network, spec)
            return tuple(replace(job, seed=seed) for seed in seeds)
    raise ModelFileError("how it was trained is not described as this version describes it")


def _job_from_json(network: Network, spec: Mapping[str, Any]) -> Job:
    names = {field.name for field in fields(Job)} - {"network", "seed"}
    if set(spec) != names:
        odd = quoted(min(set(spec) ^ names, key=str))
        raise ModelFileError(f"the description of its training has a field too many or too few: {odd}")
    for name in ("epochs", "batch_size"):
        _check(spec, name, type(spec[name]) is int and 0 < spec[name] <= LARGEST)
    for name in ("drop_last", "shuffle"):
        _check(spec, name, type(spec[name]) is bool)
    for name in ("l1", "l2", "label_smoothing"):
        _check(spec, name, _is_number(spec[name]))
    _check(spec, "clip_norm", spec["clip_norm"] is None or _is_number(spec["clip_norm"]))
    dropout, weights = spec["dropout"], spec["class_weight"]
    _check(spec, "dropout", _are_numbers(dropout) and len(dropout) in (0, network.depth))
    _check(spec, "class_weight", weights is None or (_are_numbers(weights) and len(weights) == network.widths[-1]))
    try:
        return Job(
            **{
                **spec,
                "network": network,
                "update_rule": _rule_from_json(spec["update_rule"]),
                "schedule": formula_from_json(spec["schedule"], Schedule, SCHEDULES),
            }
        )
    except InputError as error:
        raise ModelFileError(f"the description of its training is damaged: {error}") from None


def _rule_from_json(spec: object) -> UpdateRule | LBFGS:
    match spec:
        case {
            "name": "lbfgs",
            "parameters": {"max_evaluations": int() as most, "tolerance": tolerance, "history": int() as history},
        } if _is_number(tolerance):
            return LBFGS(most, tolerance, history)
    return formula_from_json(spec, UpdateRule, UPDATE_RULES)


def _check(spec: Mapping[str, Any], name: str, is_right: bool) -> None:
    if not is_right:
        raise ModelFileError(f"the {name} of a training cannot be {quoted(spec[name])}")


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= LARGEST  # type: ignore[arg-type]


def _are_numbers(values: object) -> bool:
    return isinstance(values, list) and all(map(_is_number, values))


def _is_seed(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**64
