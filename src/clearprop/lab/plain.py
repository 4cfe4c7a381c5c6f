"""Answers as JSON: numbers that JSON does not have are words, and nothing that is sent is code."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}
_WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """A value as JSON holds it: arrays as lists, NaN and infinity as words.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.lab.plain import plain
    >>> plain({"a": np.array([1.0, np.inf]), "b": (np.float64("nan"), True, None)})
    {'a': [1.0, 'Infinity'], 'b': ['NaN', True, None]}
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else WORDS.get(value, "NaN")
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return value


def to_bytes(value: Any) -> bytes:
    """A value as the body of an answer."""
    try:  # most answers are plain already, and long
        found = _WRITER.encode(value)
    except (TypeError, ValueError):
        found = _WRITER.encode(plain(value))
    return found.encode()
