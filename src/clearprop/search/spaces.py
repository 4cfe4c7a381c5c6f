"""What a search tries: its candidates, drawn from a space of parameters, and whether each of them can be fitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, ParameterSampler

from clearprop.errors import InputError, UnknownNameError, quoted
from clearprop.estimators.ranges import widths_of
from clearprop.estimators.settings import Settings
from clearprop.formulas import loss_function

Candidate = dict[str, Any]


def candidates_of(space: Any, n_iter: int | None, random_state: Any) -> list[Candidate]:
    """The candidates: all of a grid, or so many that are drawn.

    Parameters
    ----------
    space : mapping of str to sequence or distribution, or sequence of such
        For each parameter the values to try, or what draws one by its ``rvs``, as those of scipy.stats.
    n_iter : int or None
        How many are drawn; None for every combination.
    random_state : int, RandomState or None
        Decides which.

    Raises
    ------
    InputError
        When there is nothing to try, or a distribution and no `n_iter`.

    Examples
    --------
    >>> from clearprop.search.spaces import candidates_of
    >>> candidates_of({"alpha": [0, 0.1], "dropout": [0.2]}, None, 0)
    [{'alpha': 0, 'dropout': 0.2}, {'alpha': 0.1, 'dropout': 0.2}]
    """
    parts = [space] if isinstance(space, Mapping) else space
    if not isinstance(parts, Sequence) or not all(isinstance(part, Mapping) for part in parts) or not parts:
        raise InputError(
            f"space must be a mapping from parameters to the values to try, or several such, not {quoted(space)}"
        )
    if n_iter is None:
        _check_listed(parts)
    try:
        if n_iter is None:
            return list(ParameterGrid(space))
        return list(ParameterSampler(space, n_iter, random_state=random_state))
    except (TypeError, ValueError) as error:
        raise InputError(f"space: {error}") from None


def _check_listed(parts: Iterable[Mapping[str, Any]]) -> None:
    """Raise InputError where there is no end of values."""
    for part in parts:
        for name, values in part.items():
            if hasattr(values, "rvs"):
                raise InputError(f"{name} has a distribution of values, so n_iter must say how many candidates to draw")


def check_candidates(estimator: Any, candidates: Sequence[Candidate]) -> None:
    """Raise InputError for the first candidate that cannot be fitted whatever the rows are, with its number and why.

    Parameters
    ----------
    estimator : estimator
        Whose networks are looked at also within a pipeline.
    candidates : sequence of dict
    """
    known = sorted(estimator.get_params())
    for k, candidate in enumerate(candidates):
        for name in candidate:
            if name.split("__")[0] not in known:
                raise UnknownNameError(f"parameter of {type(estimator).__name__}", name, known)
        try:
            model = clone(estimator).set_params(**clone(candidate, safe=False))
        except ValueError as error:
            raise InputError(f"{named(k, candidates)}: {str(error).split(' for estimator')[0]}") from None
        for part in networks_of(model):
            try:
                _check(part)
            except InputError as error:
                raise InputError(f"{named(k, candidates)} is impossible: {error}") from None


def networks_of(model: Any) -> list[Any]:
    """The estimators of ours in an estimator: itself, or parts of it."""
    return [part for part in (model, *model.get_params().values()) if hasattr(part, "_settings")]


def _check(part: Any) -> None:
    """Raise what is wrong with the parameters of an estimator, and with the network that they describe."""
    part.random_state = 0  # nothing is drawn from the user's own, or a search would not be that of its seed
    settings = part._settings()
    if isinstance(settings, Settings):  # those of tables have checked all themselves
        loss = part._loss() if hasattr(part, "_loss") else loss_function("cross_entropy")
        settings.job(settings.network(1, 2, loss), 1, 1, 0)


def named(k: int, candidates: Sequence[Candidate]) -> str:
    """A candidate as messages name it.

    Examples
    --------
    >>> from clearprop.search.spaces import named
    >>> named(1, [{"alpha": 0}, {"alpha": 0.1}])
    'candidate 2 of 2 (alpha=0.1)'
    """
    return f"candidate {k + 1} of {len(candidates)} ({in_words(candidates[k])})"


def in_words(candidate: Mapping[str, Any]) -> str:
    """Its parameters, as a call would give them."""
    return ", ".join(f"{name}={quoted(value)}" for name, value in candidate.items())


def cost_of(model: Any) -> float:
    """About how long fits of an estimator take beside others, as far as its networks say; 0 where nothing is known."""
    return sum((_cost(part) for part in networks_of(model)), 0.0)


def _cost(part: Any) -> float:
    sizes = widths_of(() if part.hidden_layer_sizes is None else part.hidden_layer_sizes)
    inner = sum(before * after for before, after in pairwise(sizes))
    return float((sum(sizes) + inner) * (part.max_iter or 1))
