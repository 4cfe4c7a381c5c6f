"""What is looked at before a file of weights is opened: that it is one, and how long it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from clearprop.errors import FileError


def size_of(path: Path) -> int:
    """How many bytes a plain file has.

    Raises
    ------
    FileError
        When there is none, or it is a folder, a pipe or a device.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from clearprop.files.importers.plain_file import size_of
    >>> path = Path(tempfile.mkdtemp()) / "weights.pt"
    >>> path.write_bytes(b"12345")
    5
    >>> size_of(path)
    5
    """
    try:
        facts = os.stat(path)
    except OSError as error:
        raise FileError(f"{path} cannot be read ({error.strerror})") from None
    if stat.S_ISDIR(facts.st_mode):
        raise FileError(f"{path} is a folder (a SavedModel of TensorFlow, perhaps), not a file")
    if not stat.S_ISREG(facts.st_mode):
        raise FileError(f"{path} is a pipe or a device, not a file")
    return facts.st_size
