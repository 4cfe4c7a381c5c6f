"""The files of the page: a fixed list, read once; no name from a request is ever opened."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from clearprop.explain.renderers.style import linked_style

TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png",
}  # fmt: skip
FONT = "math.woff2"


@cache
def static_files() -> Mapping[str, tuple[bytes, str]]:
    """Content and type of every file, by its name."""
    found: dict[str, tuple[bytes, str]] = {}
    for item in files("clearprop.lab").joinpath("static").iterdir():
        ending = item.name[item.name.rfind(".") :]
        if item.is_file() and ending in TYPES:
            found[item.name] = item.read_bytes(), TYPES[ending]
    font = files("clearprop.explain.renderers").joinpath("fonts", FONT)
    found[FONT] = font.read_bytes(), TYPES[".woff2"]
    found["book.css"] = linked_style(FONT).encode(), TYPES[".css"]
    return found
