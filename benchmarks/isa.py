"""Hold every contender to an instruction set, each by its own means, and ask each what it found.

The means are variables of the environment that the libraries read when they are imported, so they are for a contender's
process. Without a limit, what this shell says about OpenBLAS's kernels is taken out, so that it chooses its best.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

SETS = ("native", "avx2")
# Of JAX, the code that it generates is held, and oneDNN; a kernel that it ships and chooses by itself cannot be.
AVX2: Mapping[str, str] = {
    "NUMBA_CPU_NAME": "haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
}
OF_THE_SHELL = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def environment(isa: str) -> dict[str, str]:
    """The environment of a contender's process."""
    found = {name: value for name, value in os.environ.items() if name not in OF_THE_SHELL}
    if isa == "avx2":
        found |= {**AVX2, "NUMBA_CPU_FEATURES": _features()}
    return found


def _features() -> str:
    """What this processor has, AVX-512 and what came with it switched off, as LLVM writes it."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    for name in features:
        if name.startswith(("avx512", "avx10", "amx")) or name in ("evex512", "avxvnni", "vpclmulqdq", "vaes", "gfni"):
            features[name] = False
    return str(features.flatten())


def used(contender: str) -> str:
    """What a contender's library says that it uses: "AVX2", "AVX512" or words of its own."""
    if contender == "clearprop":
        from clearprop.engines.compiled.compiler.machine import vector_bytes

        return {64: "AVX512", 32: "AVX2"}.get(vector_bytes(), f"{8 * vector_bytes()} bits")
    if contender.startswith("torch"):
        import torch

        return torch.backends.cpu.get_cpu_capability()
    if contender == "jax":
        return _of_jax()
    return _of_numpy()


def _of_numpy() -> str:
    """Of NumPy's own loops and of its BLAS, whichever is wider."""
    from numpy._core._multiarray_umath import __cpu_features__ as features
    from threadpoolctl import threadpool_info

    kernels = {found["architecture"] for found in threadpool_info() if found.get("internal_api") == "openblas"}
    wide = features.get("X86_V4", False) or features.get("AVX512_SKX", False)
    return "AVX2" if kernels <= {"Haswell", "Zen"} and not wide else "AVX512"


def _of_jax() -> str:
    """Of the code that it generates: the options that XLA writes beside a module that it compiles."""
    import jax

    with tempfile.TemporaryDirectory() as folder:
        asked = {"xla_dump_to": folder}
        jax.jit(lambda x: x * 2 + 1).lower(1.0).compile(compiler_options=asked)
        text = "".join(file.read_text() for file in Path(folder).glob("*debug_options*"))
    return "AVX2" if 'xla_cpu_max_isa: "AVX2"' in text else "native"
