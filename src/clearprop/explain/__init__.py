"""The glass box: every step of back-propagation with a person's own numbers, explained and checked."""

from clearprop.explain.cases import CASES, Case, case
from clearprop.explain.check import Checked, check
from clearprop.explain.difference import Difference, diff
from clearprop.explain.exact import exact
from clearprop.explain.exercises.exercise import Exercise, exercise
from clearprop.explain.experts import gradient_norms, output_jacobian, per_sample_gradients, saliency
from clearprop.explain.explanation import Explanation
from clearprop.explain.games import Game, play
from clearprop.explain.iterations import Iterations, iterate
from clearprop.explain.paths import ChainRule
from clearprop.explain.record import explain
from clearprop.explain.replayed import Replayed, replay_proofs
from clearprop.explain.sharing import Sharing, share
from clearprop.explain.sheets import Sheet, read_sheet
from clearprop.explain.trace import Site, Trace
from clearprop.explain.wiggle import Wiggle, wiggle
from clearprop.explain.work import multiplications

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
