"""The cache of compiled kernels: where it is, what happens when it is damaged, and that it is used."""

import subprocess
import sys

import pytest

from clearprop.engines.compiled import store

SOURCE = """
from numba import int64, njit

@njit(int64(int64), cache=True)
def twice(n):
    return 2 * n
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CLEARPROP_CACHE_DIR", str(tmp_path))
    store.folder.cache_clear()
    yield tmp_path
    store.folder.cache_clear()


def test_the_folder_is_named_by_a_hash_of_everything_that_machine_code_depends_on(cache):
    assert store.folder() == cache / "clearprop" / "kernels" / store.version()


def test_a_kernel_is_compiled_once_and_found_again(cache):
    assert not store.is_compiled("twice", SOURCE)
    assert store.module("twice", SOURCE).twice(21) == 42
    assert store.is_compiled("twice", SOURCE)
    assert store.module("twice", SOURCE) is store.module("twice", SOURCE)
    store.LOADED.clear()  # as in another process
    assert sum(store.module("twice", SOURCE).twice.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_a_damaged_kernel_is_compiled_anew_with_one_warning(cache, kind):
    store.module("twice", SOURCE)
    for file in (store.folder() / "__pycache__").glob(f"twice_*.{kind}"):
        file.write_bytes(b"not what Numba wrote")
    store.LOADED.clear()
    with pytest.warns(RuntimeWarning, match="compiled anew") as warned:
        assert store.module("twice", SOURCE).twice(21) == 42
    assert len(warned) == 1
    store.LOADED.clear()
    assert store.module("twice", SOURCE).twice(4) == 8


def test_without_a_place_to_write_the_temporary_folder_serves(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CLEARPROP_CACHE_DIR", str(tmp_path / "file"))
    store.folder.cache_clear()
    try:
        assert store.module("twice", SOURCE).twice(21) == 42
    finally:
        store.folder.cache_clear()


def test_an_error_in_the_source_is_not_taken_for_a_damaged_cache(cache):
    with pytest.raises(ZeroDivisionError):
        store.module("broken", "1 / 0")


def test_without_numba_the_reference_engine_serves_and_says_so_once():
    code = """
import sys, warnings
sys.modules["numba"] = None
from clearprop import Network
from clearprop.engines import Job, choose, prepared
job = Job(Network.mlp([1, 1]))
data = prepared(job, [[1.0]], [[1.0]])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    names = [choose("auto", job, data).engine.name for _ in range(2)]
print(names, len(caught), choose("auto", job, data).reason)
try:
    choose("compiled", job, data)
except Exception as error:
    print(type(error).__name__, error)
"""
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.startswith("['reference', 'reference'] 1 the compiled engine is not there: Numba cannot be imported")
    assert "EngineRefusal the engine 'compiled' cannot do this job: Numba cannot be imported" in out
