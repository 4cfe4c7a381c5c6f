"""What this machine's processor can do: how wide its vectors are, how large a tile its registers hold.

Only this file knows of instruction sets. LLVM makes any vector width work on any processor, so a machine without SIMD
computes the same, only slower.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from typing import Any, NamedTuple

import llvmlite.binding as llvm


class Tile(NamedTuple):
    """The block of a product that is held in registers: `rows` × (`vectors` · lanes)."""

    rows: int
    vectors: int


@cache
def processor() -> tuple[str, str]:
    """The processor that code is made for, and what it has, as LLVM writes both.

    This one, unless the environment variables that Numba itself obeys name another, NUMBA_CPU_NAME (also ``generic``)
    and NUMBA_CPU_FEATURES.
    """
    name = os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name()
    features = os.environ.get("NUMBA_CPU_FEATURES")
    if features is None:
        features = "" if name == "generic" else llvm.get_host_cpu_features().flatten()
    return name, features


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
    many = vector_bytes() == 64 or platform.machine().lower() in ("arm64", "aarch64")
    return Tile(12, 2) if many else Tile(6, 2)


def n_tiles() -> int:
    """How many microkernels the table has room for: two families of three kinds, each of every size and a tall one."""
    return 2 * 3 * (tile().rows * tile().vectors + 1)


def target_machine() -> Any:
    """What LLVM needs to know to make and to load code for this processor, as Numba has it."""
    name, features = processor()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    relocations = "static" if target.name.startswith("x86") else "default"
    return target.create_target_machine(name, features, 3, relocations, "jitdefault", jit=True)


@cache
def signature() -> str:
    """All of this that compiled code depends on."""
    name, features = processor()
    return f"{name} {vector_bytes()} {tile()} {features}"
