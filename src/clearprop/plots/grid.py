"""Rows on a grid over two columns of X; what else a row has stays as one row has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.errors import InputError, ShapeError

MARGIN = 0.08  # of the range of the rows, on each side


class Grid:
    """A grid over two columns.

    Parameters
    ----------
    X : data frame or array-like of shape (n_samples, n_features)
    features : (int or str, int or str)
        Positions, or names of a data frame's columns.
    row : int, optional
        The row of X, from 0, whose other columns stay; needed where there are others.
    resolution : int
        Points along each side.

    Attributes
    ----------
    names : tuple of str
    points : (array of shape (n_samples,), array of shape (n_samples,))
        The two columns of X.
    x, y : array of shape (resolution,)
    """

    def __init__(self, X: Any, features: Sequence[Any], row: int | None, resolution: int) -> None:
        if isinstance(features, str) or len(features) != 2 or features[0] == features[1]:
            raise InputError(f"features must be two different columns, as (0, 1), not {features!r}")
        if isinstance(resolution, bool) or not isinstance(resolution, int) or resolution < 2:
            raise InputError(f"grid_resolution must be a whole number of at least 2, not {resolution!r}")
        self.is_frame = hasattr(X, "columns") or hasattr(X, "column_names")
        self.X: Any = X if self.is_frame else np.asarray(X)
        if not self.is_frame and self.X.ndim != 2:
            raise ShapeError(f"X must be of shape (n_samples, n_features), not {self.X.shape}")
        n_rows, n_columns = self.X.shape
        if n_columns > 2 and row is None:
            raise InputError(
                f"X has {n_columns} columns, and a surface is over two of them: say in which row the others are to "
                "stay as they are, as row=0"
            )
        if row is not None and (isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < n_rows):
            raise InputError(f"row must be from 0 to {n_rows - 1}, not {row!r}")
        self.row = row or 0
        self.columns = tuple(self._column(feature, n_columns) for feature in features)
        self.names = tuple(self._name(column) for column in self.columns)
        self.points = tuple(self._numbers(column) for column in self.columns)
        self.x, self.y = (_spread(values, resolution) for values in self.points)

    def rows(self) -> Any:
        """A row for each point of the grid, line by line, in the form of X: (resolution², n_features)."""
        x, y = (values.ravel() for values in np.meshgrid(self.x, self.y))
        if not self.is_frame:
            found = np.repeat(self.X[self.row : self.row + 1], len(x), axis=0)
            found = (
                found.astype(np.result_type(found.dtype, np.float32), copy=False)
                if found.dtype.kind in "iub"
                else found
            )
            found[:, self.columns[0]], found[:, self.columns[1]] = x, y
            return found
        import narwhals as nw

        frame = nw.from_native(self.X, eager_only=True)
        repeated = frame[[self.row] * len(x), :]
        made = [
            nw.new_series(name, values, backend=frame.implementation)
            for name, values in zip(self.names, (x, y), strict=True)
        ]
        if frame.implementation.is_pandas():  # an index of its own would not be theirs
            repeated = nw.from_native(repeated.to_native().reset_index(drop=True), eager_only=True)
        return repeated.with_columns(*made).to_native()

    def _column(self, feature: Any, n_columns: int) -> int:
        if isinstance(feature, str):
            names = self._all_names()
            if feature not in names:
                raise InputError(f"X has no column {feature!r}; it has {', '.join(map(repr, names)) or 'no names'}")
            return names.index(feature)
        if isinstance(feature, bool) or not isinstance(feature, int | np.integer) or not 0 <= feature < n_columns:
            raise InputError(f"a feature is a column's name or its number from 0 to {n_columns - 1}, not {feature!r}")
        return int(feature)

    def _all_names(self) -> list[str]:
        if not self.is_frame:
            return []
        return [str(name) for name in (self.X.column_names if hasattr(self.X, "column_names") else self.X.columns)]

    def _name(self, column: int) -> str:
        return self._all_names()[column] if self.is_frame else f"x{column}"

    def _numbers(self, column: int) -> Any:
        given = self.X[self._all_names()[column]] if self.is_frame else self.X[:, column]
        try:
            values = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(
                f"column {self._name(column)!r} holds no numbers, so there is no surface over it"
            ) from None
        if not np.isfinite(values).any():
            raise InputError(f"column {self._name(column)!r} holds no finite number")
        return values


def _spread(values: Any, resolution: int) -> Any:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = MARGIN * (high - low) or 0.5
    return np.linspace(low - margin, high + margin, resolution)
