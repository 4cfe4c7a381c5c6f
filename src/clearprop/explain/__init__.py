"""The glass box: every step of back-propagation with a person's own numbers, explained and checked."""

from clearprop.explain.cases import CASES, Case, case
from clearprop.explain.checking.check import check
from clearprop.explain.checking.verdicts import Checked
from clearprop.explain.checking.worksheets import Sheet, read_sheet
from clearprop.explain.derivations.chain_rule import ChainRule
from clearprop.explain.derivations.games import Game, play
from clearprop.explain.derivations.gradient_queries import (
    gradient_norms,
    output_jacobian,
    per_sample_gradients,
    saliency,
)
from clearprop.explain.derivations.iterations import Iterations, iterate
from clearprop.explain.derivations.operation_count import multiplications
from clearprop.explain.derivations.replayed import Replayed, replay_proofs
from clearprop.explain.derivations.sharing import Sharing, share
from clearprop.explain.derivations.wiggle import Wiggle, wiggle
from clearprop.explain.exercises.exercise import Exercise, exercise
from clearprop.explain.explained import Trace, explain
from clearprop.explain.explanation import Explanation
from clearprop.trace.difference import Difference, diff
from clearprop.trace.exact import exact
from clearprop.trace.trace import Site

__all__ = [
    "CASES",
    "Case",
    "ChainRule",
    "Checked",
    "Difference",
    "Exercise",
    "Explanation",
    "Game",
    "Iterations",
    "Replayed",
    "Sharing",
    "Sheet",
    "Site",
    "Trace",
    "Wiggle",
    "case",
    "check",
    "diff",
    "exact",
    "exercise",
    "explain",
    "gradient_norms",
    "iterate",
    "multiplications",
    "output_jacobian",
    "per_sample_gradients",
    "play",
    "read_sheet",
    "replay_proofs",
    "saliency",
    "share",
    "wiggle",
]
