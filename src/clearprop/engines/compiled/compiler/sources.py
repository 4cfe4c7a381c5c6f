"""The files that machine code is made from, beside the generated sources."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

# All of kernels/, and what makes machine code of it. The other folders decide nothing that does not reach compiled code
# as numbers, or in the source of a kernel.
CLEARPROP = Path(__file__).parents[3]
COMPILED = (
    CLEARPROP / "engines/compiled/kernels",
    CLEARPROP / "engines/compiled/compiler/compiling.py",
    CLEARPROP / "engines/compiled/compiler/levels.py",
    CLEARPROP / "engines/compiled/compiler/machine.py",
    CLEARPROP / "job/hashing.py",
    CLEARPROP / "job/shuffling.py",
)


def hash_of(*parts: str) -> str:
    """A short name for these texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


@lru_cache(maxsize=1024)  # fit after fit asks for the same few
def full_name(name: str, source: str) -> str:
    """What a kernel is called in the cache and in a library: its name, and the hash of its source."""
    return f"{name}_{hash_of(source)}"


def compiled_sources() -> list[Path]:
    """The files, in a fixed order."""
    return [file for place in COMPILED for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]


@cache
def sources_digest() -> str:
    """A hash of all of them."""
    return hash_of(*(file.read_text("utf-8") for file in compiled_sources()))
