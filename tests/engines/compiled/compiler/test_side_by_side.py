"""Kernels compiled in other processes: the same machine code, and None for what those processes cannot make."""

import sys

from clearprop.engines.compiled.compiler import kernel_cache, side_by_side
from clearprop.engines.compiled.compiler.compiling import object_code

TWICE = """
from numba import cfunc, int64

@cfunc(int64(int64))
def kernel(n):
    return 2 * n
"""
BROKEN = "kernel = 1 / 0"


def test_machine_code_is_that_of_one_process_and_an_error_is_none():
    found = dict(side_by_side.compiled({"twice": TWICE, "broken": BROKEN}, 2))
    assert found == {"twice": object_code(TWICE), "broken": None}


def test_processes_that_do_not_start_make_nothing(monkeypatch):
    monkeypatch.setattr(side_by_side, "COMMAND", "{path}[0]; raise SystemExit(3)")
    assert dict(side_by_side.compiled({"twice": TWICE, "again": TWICE}, 2)) == {"twice": None, "again": None}


def test_whoever_looks_no_further_ends_them(monkeypatch):
    started, start = [], side_by_side._started
    monkeypatch.setattr(side_by_side, "_started", lambda: started.append(start()) or started[-1])
    for _ in side_by_side.compiled({"broken": BROKEN, "again": BROKEN, "more": BROKEN}, 2):
        break
    del _
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


def test_only_python_itself_is_started(monkeypatch):
    assert side_by_side.is_python(sys.executable)
    assert not side_by_side.is_python("/usr/bin/uwsgi")
    assert not side_by_side.is_python("")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not side_by_side.is_python("/opt/app/python")


def test_what_many_kernels_need_is_compiled_at_once_and_told(tmp_path, monkeypatch):
    asked, told = [], []
    monkeypatch.setenv("CLEARPROP_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(kernel_cache, "_addresses", {})
    monkeypatch.setattr(kernel_cache, "compiled", [])
    monkeypatch.setattr(kernel_cache, "folders", list)
    monkeypatch.setattr(kernel_cache, "folder", lambda: tmp_path)
    monkeypatch.setattr(kernel_cache, "usable_cores", lambda: 3)
    code = object_code(TWICE)

    def compiled(sources, processes):
        asked.append((list(sources), processes))
        yield from ((name, None if name.startswith("fifth") else code) for name in sources)

    monkeypatch.setattr(side_by_side, "compiled", compiled)
    sources = {name: f"{TWICE}# {name}" for name in ("first", "second", "third", "fourth", "fifth")}
    kernel_cache.make_all(sources.items(), lambda *said: told.append(said[:2]))
    kernel_cache.make_all([("first", sources["first"])], lambda *said: told.append(said))
    assert [(len(names), processes) for names, processes in asked] == [(5, 3)]
    assert len(kernel_cache.compiled) == 4
    assert len(list(tmp_path.glob("*.o"))) == 4
    assert told == [(done, 5) for done in range(1, 6)]
    kernel_cache.address("fifth", sources["fifth"])  # in this process, which would say what is wrong
    assert len(kernel_cache.compiled) == 5
