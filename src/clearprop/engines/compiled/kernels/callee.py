"""The decorator of functions that kernels call: compiled with the kernel, and never called from Python or from C.

So Numba makes no wrappers for such calls, which would take a sixth of the time that it compiles for.
"""

from __future__ import annotations

from typing import Any

import numba


def njit(function: Any = None, **options: Any) -> Any:
    """Numba's own, without wrappers."""
    return numba.njit(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)
