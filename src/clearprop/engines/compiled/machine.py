"""What this machine's processor can do: how wide its vectors are, how large a tile its registers hold, how many cores.

Only this file knows of instruction sets. LLVM makes any vector width work on any processor, so a machine without SIMD
computes the same, only slower.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path
from typing import NamedTuple

import llvmlite.binding as llvm
from numba import config


class Tile(NamedTuple):
    """The block of a product that is held in registers: `rows` × (`vectors` · lanes)."""

    rows: int
    vectors: int


@cache
def features() -> dict[str, bool]:
    """The processor's instruction sets, as LLVM names them; those that NUMBA_CPU_FEATURES names, if it is set."""
    named = config.CPU_FEATURES
    if named is None:
        return dict(llvm.get_host_cpu_features())
    return {item[1:]: item[0] == "+" for item in named.split(",") if item}


@cache
def vector_bytes() -> int:
    """Width of a vector register in bytes."""
    if features().get("avx512f"):
        return 64
    return 32 if features().get("avx") else 16


@cache
def tile() -> Tile:
    """The register tile: rows · vectors accumulators, and room for the operands beside them.

    AVX-512 and NEON have 32 registers, the others 16.
    """
    many = vector_bytes() == 64 or platform.machine().lower() in ("arm64", "aarch64")
    return Tile(12, 2) if many else Tile(6, 2)


@cache
def signature() -> str:
    """All of this that compiled code depends on."""
    name = config.CPU_NAME or llvm.get_host_cpu_name()
    return f"{name} {vector_bytes()} {tile()} {sorted(features().items())}"


def usable_cores() -> int:
    """How many cores this process may use: its affinity, the quota of its control group, and OMP_NUM_THREADS."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup/cpu.max"))
    if quota is not None:
        cores = min(cores, max(1, round(quota)))
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return min(cores, max(1, int(asked))) if asked.isdigit() else cores


def _quota(file: Path) -> float | None:
    """The cores that a control group (version 2) grants, or None where it sets no limit."""
    try:
        granted, period = file.read_text().split()
        return None if granted == "max" else int(granted) / int(period)
    except (OSError, ValueError):
        return None
