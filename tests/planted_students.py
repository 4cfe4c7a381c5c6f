"""Students who make one mistake of the list, and what of it can be seen in what they write down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.explain.checking.enclosing import Rounding
from clearprop.explain.checking.judge import Judge
from clearprop.explain.checking.mistakes import variants
from students import NOT_WRITTEN, entries, random_truth, references_of, rounding, worked_out

OTHERS = 30  # students without a mistake that show within which bounds a number may lie
NEVER = ("losses",)  # of one output these are the loss itself


@dataclass(frozen=True)
class Planted:
    """One sheet with one mistake in it, judged.

    Attributes
    ----------
    mistake, site : str
    is_outside : bool
        Whether a number that was written lies outside what students without a mistake write, as far as can be seen.
    is_found : bool
        Whether a number is called wrong.
    accused : list of str
        The sites called wrong in which nobody has made a mistake.
    """

    mistake: str
    site: str
    is_outside: bool
    is_found: bool
    accused: list[str]


def planted(random, per_network=8):
    """Sheets of one random network, each with one mistake; endless in the random numbers that it takes."""
    truth, conventions = random_truth(random)
    references = references_of(truth)
    sites = [
        name
        for name, site in truth.trace.sites.items()
        if site.inputs and site.equation.law not in NOT_WRITTEN and name not in NEVER
    ]
    for _ in range(per_network):
        one = _one(truth, conventions, references, str(random.choice(sites)), random)
        if one is not None:
            yield one


def _one(truth, conventions, references, site, random):
    text = rounding(random)
    keeps = float(random.choice([0.0, 0.5, 1.0], p=[0.6, 0.2, 0.2]))
    goes_on = lambda: random.random() < keeps  # noqa: E731
    carries_right = random.random() < 0.3
    made = []

    def plant(name, value, written):
        if name != site:
            return value, value
        known = list(variants(truth.trace, name, {**truth.arrays, **written}))
        known = [item for item in known if np.isfinite(item.value).all() and item.value.shape == value.shape]
        if not known:
            return value, value
        made.append(known[int(random.integers(len(known)))])
        wrong = np.array(made[0].value, dtype=float)
        return wrong, value if carries_right else wrong

    texts = worked_out(truth, text, goes_on, plant)
    if not made:
        return None
    share = float(random.choice([1.0, 0.5, 0.25]))
    lines = entries(references, texts, share, random)
    judge = Judge(truth, Rounding.of((line, truth.arrays) for line in lines), conventions=conventions)
    wrong = [
        line.entry.site
        for line in (judge.line(entry, naming=False) for entry in lines)
        if any(number.verdict == "wrong" for number in line.numbers)
    ]
    others = [worked_out(truth, text, lambda: random.random() < 0.5) for _ in range(0 if wrong else OTHERS)]
    is_outside = bool(wrong) or any(_is_outside(line, others) for line in lines)
    return Planted(made[0].mistake, site, is_outside, bool(wrong), _innocent(truth, site, wrong, carries_right))


def _innocent(truth, site, wrong, carries_right):
    """The lines called wrong in which nothing was done wrongly and nothing is left that only they could show.

    Where the mistake was told in its own line, or the right value was gone on from, that is every other line. Where it
    was made in a line that was not written, it is those whose every changed input had been called wrong before them.
    """
    after = truth.descendants[site]
    found = []
    for i, name in enumerate(wrong):
        changed = {above for above in truth.trace.sites[name].inputs if above == site or above in after}
        follows = changed and changed <= set(wrong[:i])
        if name != site and (site in wrong or carries_right or name not in after or follows):
            found.append(name)
    return found


def _is_outside(line, others):
    """Whether a number lies further than one unit of its last digit from all that others write."""
    for i, (_, number) in enumerate(line.numbers):
        values = [float(texts[line.site][i]) for texts in others]
        if not min(values) - 1.01 * number.unit <= number.value <= max(values) + 1.01 * number.unit:
            return True
    return False
