"""Steps before the first layer of an imported network: each of its inputs as a formula of one column.

The formulas are in the symbols that the inputs of a table's encoder have: ``x``, the number in the column; ``code``,
the place of its category among the column's, from 0, −1 for any other; ``missing``, 1 where there is no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError, quoted
from clearprop.files.importers.affine import Z, affine_of
from clearprop.formulas import Expression, Symbol, evaluate
from clearprop.formulas.evaluation import prepare
from clearprop.formulas.expressions import symbols

X, CODE, MISSING = Symbol("x"), Symbol("code"), Symbol("missing")


@dataclass(frozen=True)
class RawColumn:
    """A column as it comes in.

    Attributes
    ----------
    name : str
    categories : tuple of str, or None
        Of a column of text: what `code` counts. None for a column of numbers.
    known_only : bool
        Whether a category that is not among them is an error, as in the source.
    known_numbers : tuple of float, or None
        Of a column of numbers: those that the source knows, where it refuses others.
    takes_missing : bool
        False where the source refuses a missing value.
    """

    name: str
    categories: tuple[str, ...] | None = None
    known_only: bool = False
    known_numbers: tuple[float, ...] | None = None
    takes_missing: bool = True


@dataclass(frozen=True)
class MadeInput:
    """One input of the network.

    Attributes
    ----------
    name : str
    column : int
        Which of the raw columns it is made of.
    tree : Expression
        In x, code and missing.
    """

    name: str
    column: int
    tree: Expression


@dataclass(frozen=True, repr=False)
class Preprocessing:
    """How raw columns become the inputs of the first layer.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.importers.preprocessing import MadeInput, Preprocessing, RawColumn, X
    >>> Preprocessing((RawColumn("age"),), (MadeInput("age", 0, (X - 40) / 10),)).apply(np.array([[30.0], [60.0]]))
    array([[-1.],
           [ 2.]])
    """

    columns: tuple[RawColumn, ...]
    inputs: tuple[MadeInput, ...]

    def __repr__(self) -> str:
        return f"Preprocessing({len(self.columns)} columns, {self.n_inputs} inputs)"  # formulas fill pages

    @property
    def n_inputs(self) -> int:
        """How many inputs the first layer gets."""
        return len(self.inputs)

    @property
    def is_of_numbers(self) -> bool:
        """Whether each input is made of the column in its place, a number that is there."""
        return [item.column for item in self.inputs] == list(range(len(self.columns))) and not any(
            column.categories is not None or column.known_numbers is not None or symbols(self.inputs[k].tree) - {"x"}
            for k, column in enumerate(self.columns)
        )

    def scaling(self) -> tuple[Any, Any] | None:
        """By what each column is multiplied and what is added to it, (n_inputs,) each; None where more is done."""
        if [item.column for item in self.inputs] != list(range(len(self.columns))):
            return None
        if any(column.categories is not None for column in self.columns):
            return None
        found = [affine_of(evaluate(item.tree, {"x": Z, "missing": MISSING})) for item in self.inputs]
        made = [(each.scale, each.shift) for each in found if each is not None]
        return tuple(np.array(made).T) if len(made) == len(found) else None

    def apply(self, rows: Any) -> Any:
        """The inputs, float64 (n_rows, n_inputs).

        Parameters
        ----------
        rows : array-like or data frame of shape (n_rows, n_columns)

        Raises
        ------
        ShapeError
            When it has another number of columns.
        InputError
            When a value is no number, or a category that the source refuses.
        NotFiniteError
            When a value is missing and nothing stands in for it.
        """
        values = columns_of(rows, len(self.columns), [column.name for column in self.columns])
        used = {item.column for item in self.inputs}  # the others may hold anything
        given = {k: _symbols(self.columns[k], values[k]) for k in used}
        n_rows = len(values[0]) if values else 0
        made = np.empty((n_rows, self.n_inputs))
        with np.errstate(all="ignore"):  # what comes of it is looked at below
            for k, item in enumerate(self.inputs):
                made[:, k] = prepare(item.tree)(given[item.column])
        if not np.isfinite(made).all():
            row, k = map(int, np.argwhere(~np.isfinite(made))[0])
            name = self.columns[self.inputs[k].column].name
            raise NotFiniteError(f"column {name!r} is missing or not finite in row {row}, and no step fills it in")
        return made


def columns_of(rows: Any, n_columns: int, wanted: Sequence[str]) -> list[Any]:
    """The columns of an array or a data frame, each an array (n_rows,) of its own type; of a frame by their names.

    A frame that has none of the names is taken as an array is.
    """
    names = getattr(rows, "columns", None)
    if names is not None and hasattr(rows, "__getitem__"):
        lacking = [name for name in wanted if name not in names]
        if lacking and len(lacking) < len(wanted):
            raise InputError(f"the network takes a column {lacking[0]!r}, which these rows do not have")
        found = [np.asarray(rows[name]) for name in (names if lacking else wanted)]
    else:
        array = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
        if array.ndim != 2:
            raise ShapeError(f"rows must be a matrix of {n_columns} columns, not of shape {array.shape}")
        found = [array[:, k] for k in range(array.shape[1])]
    if len(found) != n_columns:
        raise ShapeError(f"the network takes {n_columns} columns, but there are {len(found)}")
    return found


def _symbols(column: RawColumn, values: Any) -> dict[str, Any]:
    """What a column says, by symbols."""
    if column.categories is not None:
        return _coded(column, values)
    try:
        x = values.astype(np.float64)
    except (TypeError, ValueError):
        bad = next(value for value in values if not _is_number(value))
        raise InputError(f"column {column.name!r} holds {quoted(bad)}, where a number is expected") from None
    missing = np.isnan(x)
    unknown = ~np.isin(x, column.known_numbers) & ~missing if column.known_numbers is not None else missing & False
    _refuse(column, unknown, missing, x)
    return {"x": x, "missing": missing.astype(np.float64)}


def _coded(column: RawColumn, values: Any) -> dict[str, Any]:
    """Places of categories. None and NaN are missing, unless they are a category."""
    assert column.categories is not None
    place = {category: float(k) for k, category in enumerate(column.categories)}
    texts = [_text(value) for value in values]
    code = np.array([-1.0 if text is None else place.get(text, -1.0) for text in texts])
    missing = np.array([float(text is None) for text in texts])
    unknown = (code < 0) & (missing == 0) & column.known_only
    _refuse(column, unknown, missing > 0, texts)
    return {"code": code, "missing": missing}


def _refuse(column: RawColumn, unknown: Any, missing: Any, values: Any) -> None:
    """Raise InputError for the first value that the source refuses."""
    if unknown.any():
        row = int(np.argmax(unknown))
        known = column.categories if column.known_numbers is None else column.known_numbers
        raise InputError(
            f"column {column.name!r} holds {quoted(values[row])} in row {row}, which the source was not trained with "
            f"and refuses; it knows {_few(known or ())}"
        )
    if not column.takes_missing and missing.any():
        row = int(np.argmax(missing))
        raise InputError(f"column {column.name!r} is missing in row {row}, and no step of the source takes that")


def _text(value: Any) -> str | None:
    if value is None or value != value:
        return None
    return value if isinstance(value, str) else str(value)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _few(names: Sequence[Any]) -> str:
    return ", ".join(map(repr, names[:10])) + (", …" if len(names) > 10 else "")
