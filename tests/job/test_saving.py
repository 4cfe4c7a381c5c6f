"""A job as JSON and back: the same job for every rule and schedule, and nothing else for what is damaged."""

import copy
import json

import pytest

from clearprop import Network
from clearprop.errors import ModelFileError
from clearprop.formulas import LBFGS, SCHEDULES, SGD, UPDATE_RULES, KerasAdam, Schedule, floor
from clearprop.job import Job
from clearprop.job.saving import jobs_from_json, jobs_to_json
from own_formulas import Halving

NETWORK = Network.mlp([3, 4, 2], hidden="tanh", loss="cross_entropy")


class Steps(Schedule):
    """A schedule of a user's own."""

    levels: float = 2.0

    def value(progress, levels):
        return 1 - floor(levels * progress) / levels


def there_and_back(jobs):
    return jobs_from_json(NETWORK, json.loads(json.dumps(jobs_to_json(jobs), allow_nan=False)), len(jobs))


@pytest.mark.parametrize("rule", UPDATE_RULES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_rule_with_every_schedule(rule, schedule):
    jobs = [Job(NETWORK, UPDATE_RULES[rule](), SCHEDULES[schedule](), epochs=7, seed=k) for k in (0, 2**64 - 1)]
    assert there_and_back(jobs) == tuple(jobs)


def test_all_that_a_fit_can_ask_for():
    options = {
        "batch_size": 9, "drop_last": True, "shuffle": False, "l1": 0.25, "l2": 1e-300, "label_smoothing": 0.1,
        "clip_norm": 0.5, "dropout": (0.0, 0.3), "class_weight": (1.0, 2.5), "update_rule": SGD(0.3, 0.01),
    }  # fmt: skip
    assert there_and_back([Job(NETWORK, **options)]) == (Job(NETWORK, **options),)
    assert there_and_back([Job(NETWORK, LBFGS(7, 1e-3, 5))]) == (Job(NETWORK, LBFGS(7, 1e-3, 5)),)


def test_rules_and_schedules_of_ones_own_and_of_other_libraries():
    (back,) = there_and_back([Job(NETWORK, Halving(0.1, share=0.25), Steps(levels=3.0))])
    assert (back.update_rule.name, back.update_rule.parameters["share"]) == ("halving", 0.25)
    assert (back.schedule.name, back.schedule.levels) == ("steps", 3.0)
    jobs = [Job(NETWORK, KerasAdam(0.3))]
    assert there_and_back(jobs) == tuple(jobs)
    assert jobs_from_json(NETWORK, None, 1) == ()


def damages():
    """The places of a description, and what stands there instead."""
    good = jobs_to_json([Job(NETWORK, dropout=(0.0, 0.1), class_weight=(1.0, 2.0), clip_norm=1.0)])
    odd = (None, "x", [], {}, [1], -1, 2**60, 1e400, float("nan"), True, {"name": "adam"}, [1e400, 0.1])
    allowed = {"clip_norm": (None,), "class_weight": (None,), "dropout": ([],), "drop_last": (True,)}
    allowed |= {"shuffle": (True,), "update_rule": (), "schedule": ()}
    for name in good["job"]:
        for value in odd:
            if not any(value is right or value == right for right in allowed.get(name, ())):
                yield pytest.param({**good, "job": {**good["job"], name: value}}, id=f"{name} {value!r}")
    for value in odd:
        yield pytest.param(value if value is not None else 0, id=f"all {value!r}")
        yield (
            pytest.param({**good, "seeds": value}, id=f"seeds {value!r}") if value != [1] else pytest.param({}, id="0")
        )
    without = copy.deepcopy(good)
    del without["job"]["l2"]
    yield pytest.param(without, id="without l2")
    yield pytest.param({**good, "job": {**good["job"], "network": 1}}, id="network")
    own = {**good["job"]["update_rule"], "trees": {"value": ["theta"]}}
    yield pytest.param({**good, "job": {**good["job"], "update_rule": own}}, id="a rule of one's own")
    fast = {"name": "adam", "parameters": {"learning_rate": "0.1"}}
    yield pytest.param({**good, "job": {**good["job"], "update_rule": fast}}, id="a rate that is text")
    search = {"name": "lbfgs", "parameters": {"max_evaluations": 0, "tolerance": 1.0, "history": 1}}
    yield pytest.param({**good, "job": {**good["job"], "update_rule": search}}, id="lbfgs")


@pytest.mark.parametrize("found", list(damages()))
def test_what_is_damaged_is_refused(found):
    with pytest.raises(ModelFileError):
        jobs_from_json(NETWORK, found, 1)
