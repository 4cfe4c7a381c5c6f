"""The glass box: every step of back-propagation with a person's own numbers, explained and checked."""

from clearprop.explain.cases import CASES, Case, case
from clearprop.explain.difference import Difference, diff
from clearprop.explain.exact import exact
from clearprop.explain.record import explain
from clearprop.explain.trace import Site, Trace

__all__ = ["CASES", "Case", "Difference", "Site", "Trace", "case", "diff", "exact", "explain"]
