"""Compile the kernels into a wheel, where CLEARPROP_BUILD_KERNELS is set: see `tools/build_kernels.py`.

Without it the wheel is the same on every machine, and kernels are compiled where they are first needed.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Of the C library the kernels use nothing that is younger: `make wheel` has auditwheel look.
PLATFORM = "manylinux_2_17_{0}.manylinux2014_{0}"
INSIDE = "clearprop/engines/compiled/built"


class Kernels(BuildHookInterface):  # type: ignore[type-arg]
    """Builds a library for each level, as many at once as there are cores."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or not os.environ.get("CLEARPROP_BUILD_KERNELS"):
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from clearprop.engines.compiled.compiler.levels import LEVELS

        folder = root / "build" / "kernels"
        shutil.rmtree(folder, ignore_errors=True)
        environment = {**os.environ, "PYTHONPATH": str(root / "src")}

        def build(level: str) -> None:
            command = [sys.executable, "tools/build_kernels.py", level, str(folder)]
            subprocess.run(command, cwd=root, env=environment, check=True)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(build, LEVELS[platform.machine()]))
        for file in sorted(folder.iterdir()):
            build_data["force_include"][str(file)] = f"{INSIDE}/{file.name}"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ.get('CLEARPROP_PLATFORM') or PLATFORM.format(platform.machine())}"
