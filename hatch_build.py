"""What goes into a wheel beside the sources: a bill of materials and, where that is asked for, compiled kernels.

Kernels are compiled in where CLEARPROP_BUILD_KERNELS is set: see `tools/build_kernels.py`. Without it the wheel is the
same on every machine, and kernels are compiled where they are first needed.
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


class Extras(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the bill of materials, and a library for each level, as many made at once as there are cores."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "tools"))
        from bill_of_materials import text

        bill = root / "build" / "clearprop.cdx.json"
        bill.parent.mkdir(exist_ok=True)
        bill.write_text(text(), encoding="utf-8")
        build_data["sbom_files"].append(str(bill.relative_to(root)))
        if os.environ.get("CLEARPROP_BUILD_KERNELS"):
            self._add_kernels(root, build_data)

    def _add_kernels(self, root: Path, build_data: dict[str, Any]) -> None:
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
