"""A command that several processes carry out together: the first prints and writes, the others only compute."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from clearprop.cli import exits, words
from clearprop.cli.training_options import OUTPUT, OutputOptions
from clearprop.distributed import is_first, settings
from clearprop.errors import Disagreement


@contextmanager
def spoken_by_first(outputs: OutputOptions) -> Iterator[OutputOptions]:
    """What this process is to write: what was asked for in the first, in others a model that nobody keeps.

    An error that all have is said by the first; one that a process has for itself is said by it.
    """
    if is_first():
        with settings(tell=None if outputs.as_json else words.console().print):
            yield outputs
        return
    with TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        try:
            with redirect_stdout(nowhere), redirect_stderr(nowhere):
                yield replace(OUTPUT, output=Path(folder) / "model.clearprop")
        except Disagreement:
            raise SystemExit(exits.FAILED) from None
