"""What this machine's processor can do: how wide its vectors are, how large a tile its registers hold.

Only this file knows of instruction sets. LLVM makes any vector width work on any processor, so a machine without SIMD
computes the same, only slower.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from typing import Any, NamedTuple

from clearprop.engines.compiled.compiler import levels, shipped
from clearprop.errors import has_extra


class Tile(NamedTuple):
    """The block of a product that is held in registers: `rows` × (`vectors` · lanes)."""

    rows: int
    vectors: int


NO_COMPILER = "Numba and LLVM, which compile kernels, are not installed: `pip install 'clearprop[compiler]'`"
_target: list[levels.Level] = []  # of a build for another machine, and nothing otherwise


def can_compile() -> bool:
    """Whether Numba and LLVM are installed; they are not imported to find out."""
    return has_extra("compiler")


def build_for(level: levels.Level) -> None:
    """From now on this process makes code for a level, whatever this machine is; it cannot run what it makes."""
    _target[:] = [level]
    for known in (processor, vector_bytes, tile, signature):
        known.cache_clear()


@cache
def processor() -> tuple[str, str]:
    """The processor that code is made for, and what it has, as LLVM writes both.

    A level, where kernels were shipped for one or the environment names one; otherwise this processor, or the one that
    the environment variables name which Numba itself obeys, NUMBA_CPU_NAME (also ``generic``) and NUMBA_CPU_FEATURES.

    Raises
    ------
    ImportError
        When LLVM has to be asked and is not installed.
    """
    if _target:
        return _named(_target[0])
    name, features = os.environ.get("NUMBA_CPU_NAME"), os.environ.get("NUMBA_CPU_FEATURES")
    if name is None and features is None:
        level = shipped.level() or levels.forced()
        if level is not None:
            return _named(levels.levels()[level])
    try:
        import llvmlite.binding as llvm
    except ImportError as error:
        raise ImportError(f"{shipped.why_none()}, and {NO_COMPILER}") from error
    name = name or llvm.get_host_cpu_name()
    if features is None:
        features = "" if name == "generic" else llvm.get_host_cpu_features().flatten()
    return name, features


def _named(level: levels.Level) -> tuple[str, str]:
    return level.processor, ",".join(f"+{feature}" for feature in level.features)


def has(feature: str) -> bool:
    """Whether the processor that code is made for has a feature."""
    return f"+{feature}" in processor()[1].split(",")


@cache
def vector_bytes() -> int:
    """Width of a vector register in bytes."""
    if has("avx512f"):
        return 64
    return 32 if has("avx") else 16


@cache
def tile() -> Tile:
    """The register tile: rows · vectors accumulators, and room for the operands beside them.

    AVX-512 and NEON have 32 registers, the others 16.
    """
    many = vector_bytes() == 64 or has("neon") or platform.machine().lower() in ("arm64", "aarch64")
    return Tile(12, 2) if many else Tile(6, 2)


def n_tiles() -> int:
    """How many microkernels the table has room for: two families of three kinds, each of every size and a tall one."""
    return 2 * 3 * (tile().rows * tile().vectors + 1)


def target_machine(*, jit: bool = True) -> Any:
    """What LLVM needs to know to make and to load code for this processor, as Numba has it.

    Without `jit` the code is for a shared library, which may lie anywhere in memory.
    """
    import llvmlite.binding as llvm

    name, features = processor()
    triple = _target[0].triple if _target else llvm.get_process_triple()
    target = llvm.Target.from_triple(triple)
    if not jit:
        return target.create_target_machine(name, features, 3, "pic", "default")
    relocations = "static" if target.name.startswith("x86") else "default"
    return target.create_target_machine(name, features, 3, relocations, "jitdefault", jit=True)


@cache
def signature() -> str:
    """All of this that compiled code depends on."""
    name, features = processor()
    return f"{name} {vector_bytes()} {tile()} {features}"
