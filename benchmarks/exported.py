"""One row through a network of 64-32-10: exported C, in float and in int8, beside our own engine's call for one row.

The C is compiled by gcc and timed in a loop of its own; the engine is called from Python as `predict` calls it, and
through `predict_proba` with its checks. All of them in turn, in short bursts, so that a change in the machine's speed
meets each. onnx2c, whose code does the same, is in none of PyPI, npm and Debian; it is not here.

    python benchmarks/exported.py [--rounds 21]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import keep

MOST = 1.0  # of the engine's time
BURST = 2000  # rows
FEW = 50  # calls from Python
FLAGS = {"-O2": ("-O2",), "-O3": ("-O3",), "-O3 for this processor": ("-O3", "-march=native")}
TIMED = """\
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <time.h>
#include "net.h"
int main(void)
{
    float row[64], found[10], total = 0.0f;
    struct timespec began, ended;
    for (int i = 0; i < 64; i++) row[i] = (float)(i %% 17);
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (int i = 0; i < %d; i++) {
        row[i %% 64] += 0.001f;
        total += (float)net_predict(row, found) + found[0];
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    fprintf(stderr, "%%g", (double)total);
    printf("%%.3f", ((double)(ended.tv_sec - began.tv_sec) * 1e9 + (double)(ended.tv_nsec - began.tv_nsec)) / %d);
    return 0;
}
"""


def exported(folder: Path, program: Any, calibration: Any, flags: tuple[str, ...]) -> Callable[[], float]:
    """A function that runs the compiled C for a burst of rows: nanoseconds of each."""
    from clearprop.files.export.c import write

    folder.mkdir()
    write(program, folder / "net.c", calibration=calibration)
    (folder / "main.c").write_text(TIMED % (BURST, BURST))
    subprocess.run(["gcc", "-std=c99", *flags, "net.c", "main.c", "-o", "net", "-lm"], cwd=folder, check=True)
    return lambda: float(subprocess.run(["./net"], cwd=folder, capture_output=True, check=True).stdout)


def called(function: Callable[[], object]) -> Callable[[], float]:
    """A function that calls this one for a burst: nanoseconds of each call."""

    def burst() -> float:
        began = time.perf_counter()
        for _ in range(FEW):
            function()
        return (time.perf_counter() - began) / FEW * 1e9

    return burst


def contenders(folder: Path) -> dict[str, Callable[[], float]]:
    """Every way of computing one row."""
    import numpy as np
    from sklearn.datasets import load_digits

    from clearprop import MLPClassifier
    from clearprop.engines import choose_for_prediction
    from clearprop.estimators.exporting import program_of

    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)
    model = MLPClassifier((32,), max_iter=20, random_state=0).fit(X, y)
    row, program, network = X[:1], program_of(model), model._run.network
    params = network.views(model._run.state.theta)
    engine = choose_for_prediction(network, params.theta.dtype).engine
    found = {
        f"engine, {engine.name}": called(lambda: engine.outputs(network, params, row)),
        "predict_proba": called(lambda: model.predict_proba(row)),
    }
    for precision, calibration in (("float", None), ("int8", X)):
        for name, flags in FLAGS.items():
            made = exported(folder / f"{precision}{name.replace(' ', '')}", program, calibration, flags)
            found[f"C in {precision}, {name}"] = made
    return found


def main(rounds: int) -> None:
    warnings.simplefilter("ignore")  # twenty epochs are few, and it is not the training that is timed
    if shutil.which("gcc") is None:
        print("gcc is not installed: exported C is not timed")
        return
    with tempfile.TemporaryDirectory() as folder:
        each = contenders(Path(folder))
        for burst in each.values():
            burst()
        times = [{name: burst() for name, burst in each.items()} for _ in range(rounds)]
    engine = next(iter(each))
    results = {}
    print(f"{'one row of 64-32-10':<34} {'ns':>9}   ÷ the engine's (C at most {MOST})")
    for name in each:
        ratio = statistics.median(taken[name] / taken[engine] for taken in times)
        results[name] = {"nanoseconds": statistics.median(taken[name] for taken in times), "ratio": ratio}
        missed = " !" if name.startswith("C ") and ratio > MOST else ""
        print(f"{name:<34} {results[name]['nanoseconds']:>9,.0f}   {ratio:.3f}{missed}")
    print("kept in", keep("exported", results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    main(parser.parse_args().rounds)
