"""The two ways through the rooms of ARCHITECTURE.md are walked: every file and function that it names is passed."""

import functools
import gc
import re
import sys
import threading
from pathlib import Path

import pytest

import clearprop
from clearprop.cli.app import exit_code

PACKAGE = Path(clearprop.__file__).parent
TEXT = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8")
MOST = {"The way of a batch": 15, "The way of a weight": 10}
FORGETFUL = ("clearprop.explain", "clearprop.trace")
NAME = r"`([A-Za-z_]+(?:\.[a-z_]+)?)`"


def section(title):
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def stations(title):
    """The numbered files of a way, each with the functions that are named in its line."""
    lines = re.findall(r"^\d+\. \[[^]]*\]\(src/clearprop/([^)]*)\)(.*)$", section(title), flags=re.MULTILINE)
    return {
        file: {name for name in re.findall(NAME, rest) if not name[0].isupper() or "." in name} for file, rest in lines
    }


def handing_on(title):
    """The files that hand on what comes."""
    said = section(title).split(" more hand it on as it is:")[1].split(". ")[0]
    return re.findall(r"`([a-z_/]+\.py)`", said)


@pytest.fixture
def table(tmp_path):
    rows = [f"{i % 7},{'xyz'[i % 3]},{i % 7 + 2 * (i % 3)}" for i in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    return tmp_path / "t.csv"


def forget():
    """Empty what explanations keep from call to call: another test may have asked for the same case."""
    for kept in gc.get_objects():
        if type(kept) is functools._lru_cache_wrapper and kept.__module__.startswith(FORGETFUL):
            kept.cache_clear()


def passed(arguments):
    """The functions of the package that a command calls, by file."""
    forget()
    called = {}

    def note(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(PACKAGE)):
            called.setdefault(Path(code.co_filename).relative_to(PACKAGE).as_posix(), set()).add(code.co_qualname)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        assert exit_code(arguments) == 0
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return called


def ways(table):
    train = ["train", str(table), "--target", "y", "--output", str(table.with_suffix(".clearprop"))]
    return {
        "The way of a batch": [*train, "--engine", "reference", "--epochs", "1", "--hidden", "4", "--json"],
        "The way of a weight": ["explain", "--case", "case_study", "--section", "forward"],
    }


@pytest.mark.parametrize("title", MOST)
def test_a_way_passes_the_files_and_functions_that_the_page_names(title, table):
    called, named = passed(ways(table)[title]), stations(title)
    assert len(named) == MOST[title]
    assert all(named.values()), "a station names what happens there"
    not_passed = {file: names - called.get(file, set()) for file, names in named.items()}
    assert not any(not_passed.values()), not_passed
    assert not [file for file in handing_on(title) if file not in called]
    assert len(handing_on(title)) >= 6
