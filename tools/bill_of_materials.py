"""The software bill of materials of a wheel, CycloneDX JSON: ``python tools/bill_of_materials.py`` prints it.

`hatch_build.py` puts it into ``.dist-info/sboms`` (PEP 770). It is made from pyproject.toml alone, without a date or a
number drawn at random, so that the same sources make the same bytes.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
# Others' work that lies in the wheel itself.
FONT = "clearprop/explain/renderers/fonts/math.woff2"
INSIDE = ({"type": "file", "name": FONT, "licenses": [{"license": {"id": "OFL-1.1"}}]},)


def bill(project: dict[str, Any], version: str) -> dict[str, Any]:
    """The bill of a project.

    Parameters
    ----------
    project : dict
        The table ``[project]`` of pyproject.toml.
    version : str

    Returns
    -------
    dict
        As CycloneDX 1.6 has it: the wheel, what it needs, what its extras need, and what of others lies in it.
    """
    root = f"pkg:pypi/{project['name']}@{version}"
    required = {_name(each): each for each in project["dependencies"]}
    optional: dict[str, list[tuple[str, str]]] = {}
    for extra, dependencies in project.get("optional-dependencies", {}).items():
        for each in dependencies:
            if _name(each) != project["name"]:
                optional.setdefault(_name(each), []).append((extra, each))
    libraries = [_library(name, each, "required", []) for name, each in sorted(required.items())]
    libraries += [
        _library(name, wanted[0][1], "optional", [extra for extra, _ in wanted])
        for name, wanted in sorted(optional.items())
        if name not in required
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": root,
                "name": project["name"],
                "version": version,
                "description": project["description"],
                "licenses": [{"expression": project["license"]}],
                "purl": root,
            }
        },
        "components": [*libraries, *INSIDE],
        "dependencies": [{"ref": root, "dependsOn": [f"pkg:pypi/{name}" for name in sorted(required)]}],
    }


def _name(dependency: str) -> str:
    """The name of a library as registries write it."""
    found = re.match(r"[A-Za-z0-9._-]+", dependency)
    if found is None:
        raise ValueError(f"{dependency!r} names no library")
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _library(name: str, dependency: str, scope: str, extras: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}"
    properties = [{"name": "python:requires", "value": dependency}]
    properties += [{"name": "python:extra", "value": extra} for extra in extras]
    return {"type": "library", "bom-ref": purl, "name": name, "scope": scope, "purl": purl, "properties": properties}


def text() -> str:
    """The bill of this project, as it lies in the wheel."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = (PROJECT / "src" / "clearprop" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', source)
    if found is None:
        raise ValueError("version.py says no version")
    return json.dumps(bill(project, found[1]), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
