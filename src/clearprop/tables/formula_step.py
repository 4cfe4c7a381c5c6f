"""A column whose inputs are given by formulas, as those of a network that was imported are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearprop.errors import InputError, TableError, quoted
from clearprop.formulas import Expression, evaluate
from clearprop.formulas.expressions import symbols
from clearprop.formulas.saving import tree_from_json
from clearprop.tables import columns
from clearprop.tables.step import Encoded, Step

SYMBOLS = {"x", "code", "missing"}


@dataclass(frozen=True)
class Computed(Step):
    """Inputs that are formulas of one column: of its number x or the place of its category, and of whether it is there.

    Parameters
    ----------
    input_names : tuple of str
    formulas : tuple of str
        The tree of each input in x, code and missing, as JSON.
    categories : tuple of str
        Of a column of text, letter by letter.
    is_text : bool
    known_only : bool
        Whether a value that is not known is an error: a category, or a number that is not among `known_numbers`.
    known_numbers : tuple of float
    takes_missing : bool
    exact : bool
        Whether the inputs are float64.
    """

    kind = "formula"
    input_names: tuple[str, ...]
    formulas: tuple[str, ...]
    categories: tuple[str, ...] = ()
    is_text: bool = False
    known_only: bool = False
    known_numbers: tuple[float, ...] = ()
    takes_missing: bool = True
    exact: bool = False

    def __post_init__(self) -> None:
        if len(self.input_names) != len(self.formulas) or not self.formulas:
            raise InputError(f"column {self.column!r}: there must be a formula for each input")
        for tree in self.trees:
            unknown = symbols(tree) - (SYMBOLS - {"x"} if self.is_text else SYMBOLS - {"code"})
            if unknown:
                raise InputError(f"column {self.column!r}: its formulas use {quoted(min(unknown))}, which has no value")

    @cached_property
    def trees(self) -> tuple[Expression, ...]:
        """The formula of each input."""
        try:
            return tuple(tree_from_json(json.loads(text)) for text in self.formulas)
        except (json.JSONDecodeError, RecursionError):
            raise InputError(f"column {self.column!r}: its formulas cannot be read") from None

    @property
    def names(self) -> tuple[str, ...]:
        return self.input_names

    def symbols(self, values: pa.ChunkedArray) -> dict[str, Any]:
        """What the column says: x or code, and missing, each (n_rows,)."""
        if self.is_text:
            texts = columns.texts(values, self.column, exact=True)
            missing = pc.is_null(texts).to_numpy(zero_copy_only=False)
            found = pc.fill_null(pc.index_in(texts, value_set=pa.array(self.categories, pa.string())), -1)
            code = found.to_numpy(zero_copy_only=False).astype(np.float64)
            unknown = (code < 0) & ~missing & self.known_only
            known: tuple[Any, ...] = self.categories
            result = {"code": code, "missing": missing.astype(np.float64)}
        else:
            x = columns.numbers(values, self.column)
            missing = np.isnan(x)
            unknown = ~np.isin(x, self.known_numbers) & ~missing & self.known_only
            known = self.known_numbers
            result = {"x": x, "missing": missing.astype(np.float64)}
        if unknown.any():
            row = int(np.argmax(unknown))
            raise TableError(
                f"column {self.column!r}: row {row + 1:,} holds {quoted(values[row].as_py())}, which the source of the "
                f"network was not trained with and refuses; it knows {', '.join(map(repr, known[:10]))}"
            )
        if missing.any() and not self.takes_missing:
            raise TableError(f"column {self.column!r} is missing in row {int(np.argmax(missing)) + 1:,}")
        return result

    def encode(self, values: pa.ChunkedArray) -> Encoded:
        given = self.symbols(values)
        made = np.empty((len(values), self.n_inputs), dtype=np.float64 if self.exact else np.float32)
        with np.errstate(all="ignore"):  # looked at below
            for k, tree in enumerate(self.trees):
                made[:, k] = evaluate(tree, given)
        if not np.isfinite(made).all():
            row = int(np.argmin(np.isfinite(made).all(axis=1)))
            raise TableError(f"column {self.column!r} is missing or not finite in row {row + 1:,}")
        return made, ()

    def describe(self) -> str:
        what = f"one of {len(self.categories):,} categories" if self.is_text else "a number"
        first = str(self.trees[0])
        return f"{what}, as imported" + (f": {first}" if len(self.trees) == 1 and len(first) <= 50 else "")
