"""Fits of candidates on the splits of a cross-validation, side by side, and their scores."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection._validation import _fit_and_score, _insert_error_scores

from clearprop.distributed.spread import Spread
from clearprop.errors import InputError, shortened
from clearprop.search.spaces import Candidate, cost_of, in_words, named
from clearprop.training.crew import Done
from clearprop.training.halting import Halt
from clearprop.training.interrupts import Interrupts
from clearprop.training.progress import shown_many
from clearprop.training.shared_out import shared_out
from clearprop.training.side_by_side import NOT_BEGUN

LONGEST_REASON = 300  # characters of why a fit failed


class Split(NamedTuple):
    """Rows to learn from and rows to score on."""

    train: Any
    test: Any


@dataclass
class Evaluation:
    """The fits of a search so far.

    Attributes
    ----------
    estimator : estimator
    X, y : arrays
    options : mapping
        What scikit-learn's `_fit_and_score` is told beside estimator, rows and parameters.
    n_threads : int
    halt : Halt
    interrupts : Interrupts
    among : Spread
        The processes that have the fits between them.
    verbose : int
    candidates, outs : list
        Those that are whole, each fitted on every split, and what came of each split of each.
    more : mapping of str to list
        What else is to be said of them.
    """

    estimator: Any
    X: Any
    y: Any
    options: Mapping[str, Any]
    n_threads: int
    halt: Halt
    interrupts: Interrupts
    among: Spread
    verbose: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    outs: list[Any] = field(default_factory=list)
    more: dict[str, list[Any]] = field(default_factory=dict)

    def of(self, candidates: Sequence[Candidate], splits: Sequence[Split], **more: Any) -> list[int]:
        """Fit and score candidates on these splits; the places of those that are whole, which are kept."""
        splits = self.among.from_first(splits)  # they may be drawn from a seed that each process has drawn
        pairs = list(product(range(len(candidates)), range(len(splits))))
        models = [clone(self.estimator).set_params(**clone(each, safe=False)) for each in candidates]
        costs = [cost_of(models[k]) for k, _ in pairs]
        works = [self._work(candidates[k], splits[s]) for k, s in pairs]
        with shown_many(self.verbose, [cost or 1.0 for cost in costs]) as show:

            def see(done: Done) -> None:
                if done.result is not NOT_BEGUN:
                    show(done.k, _said(candidates, *pairs[done.k], len(splits), done.result))

            told: Any = {"n_threads": self.n_threads, "halt": self.halt, "interrupts": self.interrupts}
            results = shared_out(works, see, self.among, costs=costs, **told)
        found = {pair: one for pair, one in zip(pairs, results, strict=True) if one is not NOT_BEGUN}
        return self._keep(candidates, len(splits), found, more)

    def _work(self, candidate: Candidate, split: Split) -> Callable[[], Any]:
        """A fit and its score; NOT_BEGUN where the search was over before its end, as it would not be the same fit."""
        config, halt = get_config(), self.halt

        def work() -> Any:
            with config_context(**config):
                out = _fit_and_score(
                    clone(self.estimator), self.X, self.y, train=split.train, test=split.test, parameters=candidate,
                    **self.options,
                )  # fmt: skip
            return NOT_BEGUN if halt.is_over() else out

        return work

    def _keep(
        self, candidates: Sequence[Candidate], n_splits: int, found: Mapping[Any, Any], more: Mapping[str, Any]
    ) -> list[int]:
        whole = [k for k in range(len(candidates)) if all((k, s) in found for s in range(n_splits))]
        outs = [found[k, s] for k in whole for s in range(n_splits)]
        if outs:
            self._tell_of_failures(candidates, whole, n_splits, outs)
            if not isinstance(self.options["scorer"], Mapping) and callable(self.options["scorer"]):
                _insert_error_scores(outs, self.options["error_score"])
        self.candidates += [candidates[k] for k in whole]
        self.outs += outs
        for name, value in more.items():
            self.more.setdefault(name, []).extend([value] * len(whole))
        return whole

    def _tell_of_failures(
        self, candidates: Sequence[Candidate], whole: Sequence[int], n_splits: int, outs: Sequence[Any]
    ) -> None:
        """Warn of fits that failed, and why; raise InputError where all have."""
        why = {i: out["fit_error"] for i, out in enumerate(outs) if out["fit_error"] is not None}
        if not why:
            return
        first = min(why)
        reason = shortened(_reason(why[first]), LONGEST_REASON)
        told = f"{named(whole[first // n_splits], candidates)}, split {first % n_splits + 1} of {n_splits}: {reason}"
        if len(why) == len(outs):
            raise InputError(f"all {len(outs)} fits failed; {told}")
        warnings.warn(
            f"{len(why)} of {len(outs)} fits failed, and their score is {self.options['error_score']!r}; {told}",
            FitFailedWarning,
            stacklevel=5,
        )


def _reason(trace: str) -> str:
    """What the exception of a traceback said, in one line: its text begins after the last line that is indented."""
    lines = trace.strip().splitlines()
    begin = next((k for k in range(len(lines) - 1, 0, -1) if lines[k - 1].startswith("  ")), 0)
    return " ".join(lines[begin:]).split(": ", 1)[-1]


def _said(candidates: Sequence[Candidate], k: int, s: int, n_splits: int, out: Mapping[str, Any]) -> str:
    """What became of one fit, in words."""
    scores = out["test_scores"]
    pairs = scores.items() if isinstance(scores, dict) else [("score", scores)]
    said = ", ".join(f"{name} {np.round(value, 6):g}" for name, value in pairs)
    return f"{in_words(candidates[k])}, split {s + 1} of {n_splits}: {said}"
