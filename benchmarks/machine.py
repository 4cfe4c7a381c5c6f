"""The machine that a benchmark ran on, and the file that its result is kept in."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("clearprop", "numpy", "scipy", "scikit-learn", "threadpoolctl")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def set_threads(count: int) -> None:
    """How many threads matrix products may use; to be called before NumPy is imported."""
    for name in THREADS:
        os.environ[name] = str(count)


def describe() -> dict[str, Any]:
    """Processor, cores, threads, load and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": os.environ.get(THREADS[0], "as the library decides"),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def keep(name: str, results: Any) -> Path:
    """Write the results and the machine as JSON; returns where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": describe(), "results": results}, indent=2) + "\n")
    return path


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
