"""Files that commands read: what cannot be read ends a command with its own exit code, and a sentence with the cure."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from clearprop.cli import exits
from clearprop.errors import ModelFileError
from clearprop.files import is_model_file
from clearprop.tables import Reading, ReadOptions, missing_file, read
from clearprop.tables.streaming import is_stored
from clearprop.tabular.model import TableModel


def load_model(model: Path, file: Path | None = None) -> TableModel:
    """The model of a file; `file` is the other file that was named, in case the two were exchanged."""
    with exits.reading(model):
        try:
            return TableModel.load(model)
        except ModelFileError:
            if file is not None and not is_model_file(model) and is_model_file(file):
                raise exits.UsageError(f"the model is named first, then the table: {file} {model}") from None
            raise


def read_table(
    file: Path, trained: TableModel | None = None, options: ReadOptions | None = None, keep: Collection[str] = ()
) -> Reading:
    """The table of a file, read as the training file of this model was, if there is one; `keep` as it is written."""
    with exits.reading(file):
        return read(file, options=options, text_columns=keep) if trained is None else trained.read(file, options, keep)


def check_there(path: Path) -> None:
    """Raise UnreadableError for what is not there, before anything is done."""
    with exits.reading(path):
        if not path.exists() and not is_stored(path):
            raise missing_file(path)
