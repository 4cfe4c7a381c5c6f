"""The levels of processors that kernels are built for ahead, and which of them this machine offers.

x86-64 has four, named in its System V ABI (section 3.1.1, "Processor Architecture"); kernels are built for the upper
three. Whether a level can be had depends on the operating system too, which has to keep the wide registers when it
switches between programs: NumPy asks both (CPUID, and XGETBV where the registers are wider than 16 bytes), and is
asked here.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from clearprop.errors import EngineRefusal

FORCED = "CLEARPROP_LEVEL"  # the environment variable that names a level


class Level(NamedTuple):
    """A level: what LLVM calls it, the features that make it, and by which of NumPy's names it is known to be there."""

    processor: str
    features: tuple[str, ...]
    needs: tuple[str, ...]
    triple: str = "x86_64-unknown-linux-gnu"  # the target of a wheel's build


V2 = ("sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "cx16", "sahf")
V3 = (*V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
V4 = (*V3, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")
# Every processor with AVX2 and FMA3 has the rest of v3, which NumPy before 2.4 does not ask for.
NEEDS2 = ("SSE3", "SSSE3", "SSE41", "SSE42", "POPCNT")
NEEDS3 = (*NEEDS2, "AVX", "AVX2", "FMA3", "F16C")
NEEDS4 = (*NEEDS3, "AVX512F", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512VL")
LEVELS: Mapping[str, Mapping[str, Level]] = {  # by machine, the best last
    "x86_64": {
        "x86-64-v2": Level("x86-64-v2", V2, NEEDS2),
        "x86-64-v3": Level("x86-64-v3", V3, NEEDS3),
        "x86-64-v4": Level("x86-64-v4", V4, NEEDS4),
    },
    "aarch64": {"aarch64": Level("generic", ("neon",), (), "aarch64-unknown-linux-gnu")},
}
SAME = {"amd64": "x86_64", "arm64": "aarch64"}


def levels() -> Mapping[str, Level]:
    """The levels of this kind of machine, the best last; none where none are built."""
    machine = platform.machine().lower()
    return LEVELS.get(SAME.get(machine, machine), {})


@cache
def offered() -> tuple[str, ...]:
    """The levels that the processor and the operating system offer, the best last."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as known  # type: ignore[import-not-found]
    except ImportError:  # a NumPy that has it elsewhere: then kernels are compiled, for this very processor
        return ()
    return tuple(name for name, level in levels().items() if all(known.get(need) for need in level.needs))


def forced() -> str | None:
    """The level that the environment names, or None.

    Raises
    ------
    EngineRefusal
        For one that there is not, or that this machine does not offer: its instructions would end the process.
    """
    name = os.environ.get(FORCED)
    if not name:
        return None
    if name not in offered():
        has = ", ".join(offered()) or "none"
        raise EngineRefusal(f"{FORCED}={name}: this machine offers {has}; unset {FORCED}, or name one of these")
    return name
