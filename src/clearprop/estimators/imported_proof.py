"""The proof that an imported network computes what its source does: outputs of the same rows, side by side."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.estimators.imported_targets import ImportedNetwork
from clearprop.files.importers.preprocessing import Preprocessing, RawColumn
from clearprop.files.importers.source import SourceNetwork
from clearprop.formulas import evaluate

MOST_ROWS = 1000
BOUNDS = {"float32": 1e-6, "float64": 1e-12}
WRONG = 1e-3  # a difference that no rounding makes


@dataclass(frozen=True)
class Proof:
    """Outputs beside the source's own.

    Attributes
    ----------
    n_rows : int
    greatest : float
        The greatest difference, in units of max(1, greatest output of the row).
    bound : float
        1e-12 of a network in float64, 1e-6 in float32.
    beside : str
        What they were compared with: "the source's own" or "those recorded with it".
    """

    n_rows: int
    greatest: float
    bound: float
    beside: str

    @property
    def passed(self) -> bool:
        """Whether no output is further from the source's than the bound."""
        return bool(self.greatest <= self.bound)

    def __str__(self) -> str:
        said = "the same" if self.passed else "NOT the same"
        return (
            f"proof: outputs of {self.n_rows:,} rows beside {self.beside} are {said}: greatest difference "
            f"{self.greatest:.2g} (bound {self.bound:.0e})"
        )


def proof_of(imported: ImportedNetwork, rows: Any = None) -> Proof | None:
    """Compare outputs on these rows, on those recorded, or on rows drawn at random; None where there is no source.

    Warns
    -----
    UserWarning
        When they differ by more than rounding can.
    """
    source = imported.source
    bound = BOUNDS[np.dtype(source.dtype).name]
    if source.reference is not None:
        X = drawn(source) if rows is None else _first(rows)
        if np.dtype(source.dtype) == np.float32 and getattr(X, "dtype", None) == np.float64:
            X = X.astype(np.float32)  # as the source takes them, so that what is compared is what is made of them
        proof = Proof(len(X), _greatest(imported.outputs(X), source.reference(X)), bound, "the source's own")
    elif source.recorded is not None:
        X, theirs = source.recorded
        proof = Proof(len(X), _greatest(imported.outputs(X), theirs), bound, "those recorded with it")
    else:
        return None
    if not proof.greatest <= WRONG:
        warnings.warn(f"{source.source} is not computed as it computes itself: {proof}", stacklevel=4)
    return proof


def _first(rows: Any) -> Any:
    if hasattr(rows, "head") and hasattr(rows, "columns"):
        return rows.head(MOST_ROWS)
    return (rows if hasattr(rows, "shape") else np.asarray(rows))[:MOST_ROWS]


def _greatest(ours: Any, theirs: Any) -> float:
    ours = np.asarray(ours, dtype=np.float64)
    theirs = np.asarray(theirs, dtype=np.float64).reshape(len(ours), -1)
    if theirs.shape != ours.shape:
        return float("inf")
    scale = np.maximum(1, np.abs(theirs).max(axis=1, keepdims=True))
    found = np.where(theirs == ours, 0.0, np.abs(ours - theirs) / scale)  # infinities that are equal differ by nothing
    return float("inf") if np.isnan(found).any() else float(found.max(initial=0.0))


def drawn(source: SourceNetwork, n_rows: int = MOST_ROWS) -> Any:
    """Rows whose inputs to the first layer are spread as a standard normal distribution, the same ones every time."""
    random = np.random.default_rng(0)
    if source.inputs is None:
        return random.standard_normal((n_rows, source.widths[0])).astype(source.dtype)
    columns = [_column(source.inputs, k, each, n_rows, random) for k, each in enumerate(source.inputs.columns)]
    if all(column.dtype.kind == "f" for column in columns):
        return np.stack(columns, axis=1)
    return np.stack([column.astype(object) for column in columns], axis=1)


def _column(inputs: Preprocessing, k: int, column: RawColumn, n_rows: int, random: Any) -> Any:
    if column.categories is not None:
        return random.choice(np.array(column.categories, dtype=object), n_rows)
    if column.known_numbers is not None:
        return random.choice(np.array(column.known_numbers), n_rows)
    x = random.standard_normal(n_rows)
    tree = next((each.tree for each in inputs.inputs if each.column == k), None)
    if tree is None:
        return x
    low, high = (float(evaluate(tree, {"x": number, "missing": 0.0})) for number in (0.0, 1.0))
    if high == low or not np.isfinite(high - low):
        return x
    return (x - low) / (high - low)
