"""Print the oldest version of each library that pyproject.toml admits, as constraints for pip: ``name==version``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

EXTRAS = ("arrays", "compiler", "tables", "cli", "plots")
PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def oldest() -> list[str]:
    """A constraint for each dependency; raises ValueError for one without a lower bound."""
    found = []
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = [library for extra in EXTRAS for library in project["optional-dependencies"][extra]]
    for dependency in project["dependencies"] + extras:
        if dependency.startswith("clearprop["):
            continue
        match = re.fullmatch(r"([\w-]+)>=([\d.]+)(,.*)?", dependency)
        if match is None:
            raise ValueError(f"{dependency!r} has no lower bound of the form name>=version")
        found.append(f"{match[1]}=={match[2]}")
    return found


if __name__ == "__main__":
    print("\n".join(oldest()))
