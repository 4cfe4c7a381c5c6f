"""How an estimator was trained last, in its model file: the job, the number of rows, what classes weigh rows with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clearprop.errors import ModelFileError
from clearprop.estimators.class_weights import ClassFactors
from clearprop.estimators.run import Run
from clearprop.estimators.targets import ClassTargets
from clearprop.job.saving import jobs_from_json, jobs_to_json


def training_to_json(run: Run) -> dict[str, Any]:
    """What a model file keeps, so that a step of this training can be explained later."""
    factors = None if run.factors is None else [each.tolist() for each in run.factors.factors]
    return {"jobs": jobs_to_json([run.job]), "n_samples": run.n_samples, "class_factors": factors}


def training_from_json(found: object, run: Run) -> None:
    """Put what `training_to_json` wrote into a run; nothing for a file that does not say.

    Raises
    ------
    ModelFileError
        For anything that it cannot have written for these targets.
    """
    if found is None:
        return
    match found:
        case {"jobs": jobs, "n_samples": int() as n_samples, "class_factors": factors} if 0 < n_samples <= 2**53:
            run.n_samples = int(n_samples)
            run.factors = None if factors is None else _factors(factors, run.targets)
            for job in jobs_from_json(run.network, jobs, 1):
                run.job = job
        case _:
            raise ModelFileError("how it was trained is not described as this version describes it")


def _factors(found: object, targets: object) -> ClassFactors:
    """The factor of every class for each decision."""
    if not isinstance(targets, ClassTargets):
        raise ModelFileError("there are class weights, and no classes")
    sizes = [2] * targets.n_outputs if targets.is_multilabel else [max(2, len(targets.classes))]
    if not isinstance(found, list) or not all(isinstance(each, list) for each in found):
        raise ModelFileError("its class weights are not lists of numbers")
    if [len(each) for each in found] != sizes:
        raise ModelFileError("its class weights are those of other classes")
    if not all(_is_factor(factor) for each in found for factor in each):
        raise ModelFileError("its class weights are not numbers of at least 0")
    return ClassFactors.of([np.array(each, dtype=np.float64) for each in found], targets)


def _is_factor(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value >= 0  # type: ignore[arg-type,operator]
