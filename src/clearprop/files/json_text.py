"""JSON from a file of somebody else's: bounded in depth, in numbers and in what it takes, before and while it is read.

A text of JSON can take dozens of times its own size as Python objects ("[],[],…"), nest until the reader's stack is
full, or hold numbers that no float can hold. Whoever reads a model file meets none of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

from clearprop.errors import ClearpropError, ModelFileError, shortened

MOST_LEVELS = 50
LARGEST_INTEGER = 2**64  # what NumPy's largest types hold, and no more
# Bytes of memory for each mark of the text, at most: an object, its place in a list, and what a dictionary starts with.
BYTES_OF = {"{": 250, "[": 100, ",": 90, ":": 60}
ALWAYS, PER_CHARACTER = 32 * 2**20, 2  # bytes that the values of a text may take
LONGEST_REASON = 200  # characters

# What reading something that is not what it says it is can raise, in Python, NumPy and here.
MALFORMED = (ClearpropError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def read_json(text: str) -> Any:
    """The value that a text of JSON holds.

    Raises
    ------
    ModelFileError
        When it is no JSON, is nested too deep, holds a number or a text that nothing else could, or so many values
        that they would take far more memory than the text.

    Examples
    --------
    >>> from clearprop.files.json_text import read_json
    >>> read_json('{"rows": [1, 2.5]}')
    {'rows': [1, 2.5]}
    >>> read_json('{"rows": [1e999]}')
    Traceback (most recent call last):
    clearprop.errors.ModelFileError: it holds a number that is not finite
    """
    if takes_too_much(text):
        raise ModelFileError("it holds more values than any model")
    try:
        found = json.loads(text, parse_constant=_refuse)
    except ModelFileError:
        raise
    except (ValueError, RecursionError):
        raise ModelFileError("it is not JSON") from None
    _check(found)
    return found


def takes_too_much(text: str) -> bool:
    """Whether the values of a text of JSON could take far more memory than the text."""
    most = sum(n_bytes * text.count(mark) for mark, n_bytes in BYTES_OF.items())
    return most > ALWAYS + PER_CHARACTER * len(text)


def _refuse(constant: str) -> Any:
    raise ModelFileError(f"it holds {constant}, which is not a number")


def _check(value: Any) -> None:
    """Look at every value once, level by level, without recursion."""
    level, depth = [value], 0
    while level:
        if depth > MOST_LEVELS:
            raise ModelFileError(f"it is nested more than {MOST_LEVELS} levels deep")
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                deeper.extend(item)
                deeper.extend(item.values())
            elif kind is list:
                deeper.extend(item)
            elif kind is str:
                if not item.isascii():
                    _check_text(item)
            elif kind is float:
                if not isfinite(item):
                    raise ModelFileError("it holds a number that is not finite")
            elif kind is int and not -LARGEST_INTEGER < item < LARGEST_INTEGER:
                raise ModelFileError("it holds a whole number that is too large for any number of a model")
        level, depth = deeper, depth + 1


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ModelFileError("it holds a text with half a character (a lone surrogate)") from None


@contextmanager
def refusing(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a malformed file makes Python raise into one ModelFileError that names the file.

    Parameters
    ----------
    path : Path
    what : str
        What is wrong then, as "is damaged: its estimator cannot be made".
    """
    try:
        yield
    except MALFORMED as error:
        raise ModelFileError(f"{path} {what} ({shortened(str(error), LONGEST_REASON)})") from None
