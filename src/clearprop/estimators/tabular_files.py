"""Fitting the estimators for tables on a file, and predicting one: in memory where it fits, otherwise in pieces."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from sklearn.utils.validation import check_is_fitted

from clearprop.errors import InputError, TableError
from clearprop.estimators.tabular_data import in_python
from clearprop.files.checkpoints import Checkpoints
from clearprop.tables import missing_column, read
from clearprop.tables.storage import plain
from clearprop.tables.streaming import Stored, is_stored, stored
from clearprop.tables.streaming_read import Opened, within
from clearprop.tabular.settings import TableSettings
from clearprop.training.joining import first_says

if TYPE_CHECKING:
    from clearprop.tabular.streamed_preparation import StreamPrepared


def is_path(X: object) -> bool:
    """Whether X names a file."""
    return isinstance(X, str | os.PathLike)


class Source(NamedTuple):
    """Where the rows of a fit are.

    Attributes
    ----------
    path : path
    target : str
        Their column that is learned.
    memory : str, int or None
        The most that the process may take.
    stream : bool
        Whether to read in pieces even what fits into memory.
    scratch : path or None
        The folder for encoded rows.
    """

    path: str | os.PathLike[str]
    target: str
    memory: str | int | None = None
    stream: bool = False
    scratch: str | os.PathLike[str] | None = None


def source_of(X: Any, target: Any, memory: Any, stream: bool, scratch: Any, others: Mapping[str, Any]) -> Source | None:
    """The file that X names; None where it is none.

    Raises
    ------
    InputError
        When something is said that goes with the other way to give rows alone.
    """
    if not is_path(X):
        for name, given in {"target": target, "memory": memory, "stream": stream or None, "scratch": scratch}.items():
            if given is not None:
                raise InputError(f"{name} is for a file, as fit('table.parquet', target='price'), and X holds the rows")
        return None
    if not isinstance(target, str):
        raise InputError(f"say which column of {os.fspath(X)!r} is learned, as fit({os.fspath(X)!r}, target='price')")
    for name, given in others.items():
        if given is not None:
            raise InputError(f"{name} goes with rows in memory, and X names a file: its target is a column of it")
    return Source(X, target, memory, stream, scratch)


def details_of(checkpoints: Checkpoints | None) -> Mapping[str, Any]:
    """Those of the checkpoint that is gone on with, which of several processes the first has."""
    details: Mapping[str, Any] = first_says({} if checkpoints is None else checkpoints.details(""))
    return details


class Rows(NamedTuple):
    """Rows in memory."""

    X: Any
    y: Any


def rows_or_table(source: Source, kept: Mapping[str, Any]) -> Rows | Stored:
    """The rows of a file, or the table where it stays on the disk.

    Parameters
    ----------
    source : Source
    kept : mapping
        The details of the checkpoint that is gone on with.

    Raises
    ------
    TableError
        When the file cannot be read, or has no such column.
    InputError
        When a file of another kind than Parquet is to be read in pieces.
    """
    from clearprop.tabular.streamed_memory import bytes_of, in_memory, room

    limit = bytes_of(source.memory)
    if is_stored(source.path):
        table = stored(source.path)
        if source.target not in table.names:
            raise missing_column(source.target, table.names)
        most, needed = first_says((room(limit), in_memory(table)))
        if source.stream or "buffer" in kept or (most is not None and needed > most):
            return table
    elif source.stream or limit is not None or source.scratch is not None:
        raise InputError(f"only Parquet is read in pieces: write {os.fspath(source.path)} as Parquet first")
    whole = read(source.path).table
    if source.target not in whole.column_names:
        raise missing_column(source.target, whole.column_names)
    y = plain(whole.column(source.target)).to_numpy()
    return Rows(whole.drop_columns([source.target]), y)


def prepared_stream(
    table: Stored,
    source: Source,
    settings: TableSettings,
    kept: Mapping[str, Any],
    task: str,
    tell: Callable[[str], object] | None,
) -> StreamPrepared:
    """All that is needed to learn from rows that stay on the disk, none of which is held out."""
    from clearprop.tabular.streamed_memory import bytes_of, room
    from clearprop.tabular.streamed_preparation import prepare_stream

    asked = replace(settings, target=source.target, task=task, test=0.0)
    try:
        found = prepare_stream(table, asked, room(bytes_of(source.memory)), kept, tell, source.scratch)
    except TableError as error:
        raise type(error)(in_python(str(error))) from None
    if tell is not None:
        tell(f"memory: {found.memory}")
        tell(f"scratch: {found.scratch}")
    return found


def in_pieces(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of rows that takes a file as well, whose rows it is given piece by piece."""

    @wraps(method)
    def of_rows_or_file(self: Any, X: Any, *asked: Any, **named: Any) -> Any:
        if not is_path(X):
            return method(self, X, *asked, **named)
        check_is_fitted(self)
        with warnings.catch_warnings():
            warnings.simplefilter("once")  # not for every piece
            found = [method(self, table, *asked, **named) for table in _pieces(X, list(self._columns))]
        return np.concatenate(found)

    return of_rows_or_file


def _pieces(path: str | os.PathLike[str], names: list[str]) -> Iterator[pa.Table]:
    """The columns of the fit, some thousand rows at a time where that can be."""
    if not is_stored(path):
        yield _chosen(read(Path(path), known=names).table, names)
        return
    table = stored(path, needed=names)
    _chosen(table.empty, names)
    with Opened(table, names) as opened:
        for piece in opened.pieces():
            with within(table, piece):
                yield _chosen(piece.table, names)


def _chosen(table: pa.Table, names: list[str]) -> pa.Table:
    for name in names:
        if name not in table.column_names:
            raise missing_column(name, table.column_names)
    return table.select(names)
