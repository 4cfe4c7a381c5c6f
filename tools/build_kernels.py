"""Build the kernels of one level as a shared library: ``python tools/build_kernels.py LEVEL FOLDER``.

Everything that a training with built-in formulas asks for is compiled for the level, whatever this machine is, and
linked by the C compiler's driver (``CC``, or ``cc``; for another kind of machine, one for that). Beside the library a
list says what is in it and from which sources it was made. The same sources and tools make the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

# No start-up files (the library needs nothing done when it is loaded), no name of the build, no symbols but ours.
FLAGS = ("-shared", "-nostartfiles", "-Wl,--build-id=none", "-Wl,--no-undefined", "-Wl,-z,noexecstack", "-s")


def kernels() -> Mapping[str, str]:
    """The sources of all kernels that built-in formulas need, by name and hash."""
    from clearprop.engines.compiled.compiler.sources import full_name
    from clearprop.engines.compiled.warmup import DTYPES, sources

    return dict(sorted((full_name(name, source), source) for name, source in sources(DTYPES)))


def objects(level: str, only: str | None) -> Mapping[str, Path]:
    """The object file of each kernel; kept below build/, as a build may be broken off."""
    from clearprop.engines.compiled.compiler import shipped
    from clearprop.engines.compiled.compiler.compiling import object_code
    from clearprop.engines.compiled.compiler.sources import hash_of, sources_digest

    tools = hash_of(sources_digest(), version("numba"), version("llvmlite"), sys.version)
    kept = Path(__file__).parents[1] / "build" / "objects" / f"{level}-{tools}"
    kept.mkdir(parents=True, exist_ok=True)
    found = {}
    for full, source in kernels().items():
        if only is None or only in full:
            file = found[full] = kept / f"{full}.o"
            if not file.is_file():
                part = file.with_suffix(".part")
                part.write_bytes(object_code(source, shipped.SYMBOL.format(full), jit=False))
                part.rename(file)
    return found


def build(level: str, folder: Path, only: str | None) -> Path:
    """Compile and link; the library."""
    from clearprop.engines.compiled.compiler.sources import sources_digest

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{level}.so"
    compiled = objects(level, only)
    command = [os.environ.get("CC", "cc"), *FLAGS, "-o", str(file.resolve()), *map(str, compiled.values()), "-lm"]
    subprocess.run(command, check=True)
    listed = {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "sources": sources_digest(),
        "symbols": list(compiled),
    }
    (folder / f"{level}.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    return file


def main() -> None:
    """Build one level in this process: what code is made for is settled once in a process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("level")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="kernels whose name holds this, for a try")
    asked = parser.parse_args()
    from clearprop.engines.compiled.compiler import machine
    from clearprop.engines.compiled.compiler.levels import LEVELS

    (level,) = (known[asked.level] for known in LEVELS.values() if asked.level in known)
    name, features = level.processor, ",".join(f"+{feature}" for feature in level.features)
    if not level.triple.startswith(
        platform.machine()
    ):  # Numba makes code for its own kind of machine, LLVM for another
        name, features = "generic", ""
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = name, features
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine.build_for(level)
    file = build(asked.level, asked.folder, asked.only)
    print(f"{file}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
