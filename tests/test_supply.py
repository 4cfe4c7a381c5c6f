"""Where libraries come from: the lock file of continuous integration, and the bill of materials in the wheel."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from clearprop.version import __version__

PROJECT = Path(__file__).parents[1]
LOCKED = (PROJECT / ".ci" / "locked.txt").read_text()
WANTED = tomllib.loads((PROJECT / "pyproject.toml").read_text())
ENTRY = re.compile(r"^([a-z0-9.-]+)==([^ ;\\]+)", re.M)


def needed():
    """All that `make test` installs, as pyproject.toml says it."""
    project = WANTED["project"]
    several = [project["dependencies"], *(WANTED["dependency-groups"][group] for group in ("test", "browser"))]
    several += [
        each for name, each in project["optional-dependencies"].items() if name in ("arrays", "cli", "compiler")
    ]
    return [Requirement(each) for part in several for each in part if not each.startswith("clearprop[")]


def bill():
    spec = importlib.util.spec_from_file_location("bill_of_materials", PROJECT / "tools" / "bill_of_materials.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("each", needed(), ids=str)
def test_what_the_project_needs_is_locked_within_its_bounds(each):
    versions = [version for name, version in ENTRY.findall(LOCKED) if name == canonicalize_name(each.name)]
    assert versions, f"{each.name} is not locked: make lock"
    assert all(each.specifier.contains(version) for version in versions), versions


def test_every_locked_library_has_hashes_and_no_address():
    entries = re.split(r"\n(?=\S)", LOCKED.strip())[1:]
    assert len(entries) == len(ENTRY.findall(LOCKED)) > 40
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?:|file:|--index|--find|@", LOCKED)


def test_the_bill_of_materials_names_every_library_and_is_the_same_at_each_making():
    module = bill()
    found, again = json.loads(module.text()), json.loads(module.text())
    assert module.text() == module.text()
    assert (found["bomFormat"], found["specVersion"], found == again) == ("CycloneDX", "1.6", True)
    assert found["metadata"]["component"]["purl"] == f"pkg:pypi/clearprop@{__version__}"
    project = WANTED["project"]
    said = {part["name"]: part for part in found["components"]}
    required = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    assert {name for name, part in said.items() if part.get("scope") == "required"} == required
    extras = {Requirement(each).name for several in project["optional-dependencies"].values() for each in several}
    assert {canonicalize_name(name) for name in extras - {"clearprop"}} <= set(said)
    assert found["dependencies"][0]["dependsOn"] == [f"pkg:pypi/{name}" for name in sorted(required)]
    references = [part["bom-ref"] for part in found["components"] if "bom-ref" in part]
    assert len(references) == len(set(references))


def test_others_work_inside_the_wheel_is_in_the_bill():
    """Files of the package that are neither code nor text of ours."""
    package = PROJECT / "src" / "clearprop"
    foreign = [path for path in package.rglob("*") if path.suffix in (".woff2", ".woff", ".ttf", ".otf")]
    said = {part["name"] for part in json.loads(bill().text())["components"]}
    assert {path.relative_to(package.parent).as_posix() for path in foreign} <= said
