"""The compiled engine's products beside BLAS: GFLOP/s per shape, one core, float32 and float64.

For each shape (m, k, n): z = a·W of the forward pass, δ·Wᵀ of BP2 and aᵀ·δ of BP4, and NumPy's BLAS on the forward
product; the limit is BLAS on a square of 2048. In turn, the best of many short runs in processor time.

    python benchmarks/kernels.py [--rounds 40]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from machine import keep, set_threads

SHAPES = [
    (64, 64, 64), (64, 16, 64), (10, 784, 30), (32, 32, 32), (60, 256, 256), (128, 784, 128), (512, 784, 1024),
    (512, 1024, 1024), (1250, 4, 32),
]  # fmt: skip
SECONDS = 2e-3  # of one run, about


def ours(kind: str, m: int, k: int, n: int, dtype: str) -> Callable[[int], None]:
    """The product `kind` of the compiled engine, repeated inside compiled code."""
    import numpy as np
    from numba import njit

    from clearprop.engines.compiled.codegen import fixed_kernels
    from clearprop.engines.compiled.host.plan import PANEL_NUMBERS
    from clearprop.engines.compiled.kernels.pointers import pointer
    from clearprop.engines.compiled.kernels.products import product, times_transposed

    random = np.random.default_rng(0)
    a = random.random((k, m) if kind == "BP4" else (m, k)).astype(dtype)
    b = random.random((n, k) if kind == "BP2" else (k, n)).astype(dtype)
    c, zeros, panel = np.empty((m, n), dtype), np.zeros(2 * n + 64, dtype), np.empty(PANEL_NUMBERS, dtype)
    tiles = fixed_kernels.tiles(dtype)
    which = {"forward": 0, "BP2": 1, "BP4": 2}[kind]

    @njit(error_model="numpy")
    def repeat(tiles: Any, a: Any, b: Any, c: Any, zeros: Any, panel: Any, times: int) -> None:
        t, x, y, z = pointer(tiles), pointer(a), pointer(b), pointer(c)
        o, p = pointer(zeros), pointer(panel)
        for _ in range(times):
            if which == 1:
                times_transposed(t, x, k, y, k, z, n, o, m, k, n, p)
            elif which == 2:
                product(t, 1, x, m, y, n, z, n, o, 0, m, k, n, p)
            else:
                product(t, 0, x, k, y, n, z, n, o, 0, m, k, n, p)

    repeat(tiles, a, b, c, zeros, panel, 1)
    exact = (a.T if kind == "BP4" else a) @ (b.T if kind == "BP2" else b)
    assert np.allclose(c, exact, rtol=1e-3 if dtype == "float32" else 1e-10), (kind, m, k, n)
    return lambda times: repeat(tiles, a, b, c, zeros, panel, times)


def blas(m: int, k: int, n: int, dtype: str) -> Callable[[int], None]:
    """NumPy's product."""
    import numpy as np

    random = np.random.default_rng(0)
    a, b = random.random((m, k)).astype(dtype), random.random((k, n)).astype(dtype)
    c = np.empty((m, n), dtype)

    def repeat(times: int) -> None:
        for _ in range(times):
            np.dot(a, b, out=c)

    return repeat


def main(rounds: int) -> None:
    set_threads(1)
    results = []
    for dtype in ("float32", "float64"):
        limit = rates({"limit": blas(2048, 2048, 2048, dtype)}, 2.0 * 2048**3, min(rounds, 10))["limit"]
        print(f"{dtype}: BLAS on a square of 2048: {limit:.0f} GFLOP/s on one core")
        print(f"{'m, k, n':>18} {'forward':>9} {'BP2':>9} {'BP4':>9} {'BLAS':>9}   GFLOP/s")
        for shape in SHAPES:
            runs = {kind: ours(kind, *shape, dtype) for kind in ("forward", "BP2", "BP4")}
            runs["BLAS"] = blas(*shape, dtype)
            m, k, n = shape
            found = rates(runs, 2.0 * m * k * n, rounds)
            results.append({"dtype": dtype, "shape": shape, "limit": limit, **found})
            print(f"{shape!s:>18} " + " ".join(f"{rate:9.1f}" for rate in found.values()), flush=True)
    print("kept in", keep("kernels", results))


def rates(runs: dict[str, Callable[[int], None]], flops: float, rounds: int) -> dict[str, float]:
    """The best rate of each, run in turn."""
    times = max(1, int(SECONDS * 1e11 / flops))
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.process_time()
            run(times)
            best[name] = min(best[name], (time.process_time() - began) / times)
    return {name: flops / seconds / 1e9 for name, seconds in best.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    main(parser.parse_args().rounds)
