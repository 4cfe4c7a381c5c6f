"""Kernels that came with the wheel: taken where they fit, never where they do not."""

import ctypes
import hashlib
import json
import re
import shutil
import subprocess
import warnings

import pytest

from clearprop.engines.compiled.compiler import kernel_cache, levels, shipped
from clearprop.engines.compiled.compiler.compiling import object_code
from clearprop.engines.compiled.compiler.sources import hash_of, sources_digest

SOURCE = """
from numba import cfunc, int64

@cfunc(int64(int64))
def kernel(n):
    return 2 * n
"""
FULL = f"twice_{hash_of(SOURCE)}"
pytestmark = pytest.mark.skipif(not levels.levels() or not shutil.which("cc"), reason="no level, or no C compiler")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A library with one kernel, as `tools/build_kernels.py` makes them, and its list."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "twice.o").write_bytes(object_code(SOURCE, shipped.SYMBOL.format(FULL), jit=False))
    level = levels.offered()[-1]
    file = folder / f"{level}.so"
    subprocess.run(["cc", "-shared", "-nostartfiles", "-o", str(file), str(folder / "twice.o")], check=True)
    listed = {
        "file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "sources": sources_digest(),
        "symbols": [FULL],
    }  # fmt: skip
    (folder / f"{level}.json").write_text(json.dumps(listed))
    return folder, level


@pytest.fixture
def folder(built, tmp_path, monkeypatch):
    place, _ = built
    shutil.copytree(place, tmp_path / "built")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "built")
    for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", levels.FORCED):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kernel_cache, "_addresses", {})
    monkeypatch.setattr(kernel_cache, "compiled", [])
    shipped.library.cache_clear()
    yield tmp_path / "built"
    shipped.library.cache_clear()


def change(folder, level, **changes):
    file = folder / f"{level}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_shipped_kernel_is_run_and_not_compiled(folder, built):
    found = kernel_cache.address("twice", SOURCE)
    assert ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(found)(21) == 42
    assert kernel_cache.compiled == []
    assert kernel_cache.is_compiled("twice", SOURCE)
    assert shipped.level() == built[1]


def test_kernels_of_other_sources_are_not_taken(folder, built):
    change(folder, built[1], sources="of another version")
    assert "were built from other sources than are installed" in shipped.library()
    assert shipped.address(FULL) is None


def test_a_damaged_library_is_said_and_not_loaded(folder, built):
    file = folder / f"{built[1]}.so"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.warns(RuntimeWarning, match=rf"cannot be used \({built[1]}.so is damaged\); they are compiled anew"):
        assert "is damaged" in shipped.library()
    assert shipped.address(FULL) is None


def test_a_library_for_another_system_is_said_and_not_loaded(folder, built):
    file = folder / f"{built[1]}.so"
    file.write_bytes(b"a library of another system")
    change(folder, built[1], sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    with pytest.warns(RuntimeWarning, match="cannot be used"):
        assert isinstance(shipped.library(), str)


def test_a_library_that_lacks_a_kernel_is_said_and_not_used(folder, built):
    change(folder, built[1], symbols=[FULL, "another"])
    with pytest.warns(RuntimeWarning, match=r"cannot be used \(.* lacks another\)"):
        assert shipped.address(FULL) is None


def test_without_a_compiler_it_is_part_of_why_another_engine_is_taken(folder, built, monkeypatch):
    (folder / f"{built[1]}.so").write_bytes(b"")
    monkeypatch.setattr(shipped, "has_extra", lambda extra: False)
    assert re.search(r"the kernels for \S+ that came with clearprop cannot be used", shipped.why_none())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"sources": "x"}', '{"sources": 1, "symbols": 3}'])
def test_a_damaged_list_is_said_or_looked_over(folder, built, content):
    (folder / f"{built[1]}.json").write_text(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert isinstance(shipped.library(), str)
    assert len(caught) == (not content.startswith('{"sources"'))


def test_a_processor_that_is_named_gets_kernels_of_its_own(folder, monkeypatch):
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    assert isinstance(shipped.library(), str)


def test_a_level_that_is_forced_is_the_one_that_is_loaded(folder, built, monkeypatch):
    monkeypatch.setenv(levels.FORCED, levels.offered()[0])
    assert (shipped.level() == built[1]) == (levels.offered()[0] == built[1])
