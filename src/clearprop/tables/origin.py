"""Where one input of a network comes from, as explanations say it; known without the libraries of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clearprop.formulas import Expression, Symbol

# What formulas of inputs call a row's value, the number of its category, and whether it is missing.
X, CODE, MISSING = Symbol("x"), Symbol("code"), Symbol("missing")


class Origin(NamedTuple):
    """Where one input comes from.

    Attributes
    ----------
    name : str
        Of the input, as the encoder calls it: "cut: Ideal".
    column : str
        "" where the network was given its inputs directly.
    value : str or float or None
        What the row says there; None where it is missing.
    kind : str
        "scaled", "bin", "category", "pair", "rare", "mean", "missing", "truth", "circle", "item" or "" for any other.
    formula : Expression or None
        What `encode` computes: see `clearprop.tables.input_trees`.
    known : mapping of str to number
        What the row says, by the symbols of the formula.
    categories : tuple of str
        What the symbol `code` counts.
    """

    name: str
    column: str = ""
    value: str | float | None = None
    kind: str = ""
    formula: Expression | None = None
    known: Mapping[str, float] = {}
    categories: tuple[str, ...] = ()
