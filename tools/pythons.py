"""Print a Python of each version that `make test-versions` tries and that is here: those on the path, and pyenv's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ASKED = """
import sys, sysconfig
print("%d.%d" % sys.version_info[:2] + "t" * bool(sysconfig.get_config_var("Py_GIL_DISABLED")))
"""
VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.14t")  # 3.14t is the free-threaded build


def candidates(version: str) -> Iterator[str]:
    """Where a version may be: first what the path has, then what pyenv keeps."""
    found = shutil.which(f"python{version}")
    if found is not None:
        yield found
    suffix = "t" if version.endswith("t") else ""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, sorted(kept.glob(f"{version.removesuffix('t')}.[0-9]*{suffix}/bin/python"), reverse=True))


def is_version(python: str, version: str) -> bool:
    """Whether it runs (pyenv puts programs on the path that only say what it lacks), and is that version and build."""
    done = subprocess.run([python, "-c", ASKED], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version


if __name__ == "__main__":
    for version in VERSIONS:
        here = next((python for python in candidates(version) if is_version(python, version)), None)
        if here is None:
            print(f"no Python {version} here", file=sys.stderr)
        else:
            print(f"{version}={here}")
