"""`clearprop warmup`: what it says, in words and as JSON, and what it refuses."""

import json
import os
import sys
from pathlib import Path

import pytest

import processes
from clearprop.cli import warmup as command
from clearprop.engines.compiled import warmup as engine
from clearprop.engines.compiled.compiler import kernel_cache


def test_a_warm_machine_has_nothing_to_do(run):
    folder = engine.warm_up(["float32"]).folder
    code, out, _ = run("warmup", "--dtype", "float32")
    assert code == 0
    assert out.startswith("nothing to do for float32")
    assert out.rstrip().endswith(str(folder))
    code, out, _ = run("warmup", "--dtype", "float32", "--json")
    found = json.loads(out)
    assert (code, found["compiled"], found["dtypes"]) == (0, 0, ["float32"])
    assert Path(found["folder"]) == folder
    assert found["bytes"] > 10**5


def test_what_was_compiled_is_counted(run, monkeypatch):
    made = engine.WarmUp(Path("/somewhere"), True, False, 3, 12, 4500, 2.0)
    monkeypatch.setattr(engine, "warm_up", lambda dtypes, tell: made)
    code, out, _ = run("warmup")
    assert (code, out) == (0, "compiled 3 kernels in 2.0 s; the cache now holds 12 kernels, 4.5 kB, in /somewhere\n")


def test_kernels_that_came_with_clearprop_are_said(run, monkeypatch):
    there = engine.WarmUp(Path("/somewhere"), True, True, 0, 149, 337296, 0.1)
    monkeypatch.setattr(engine, "warm_up", lambda dtypes, tell: there)
    said = "nothing to do for float32 and float64: 149 kernels, 337 kB, came with clearprop, in /somewhere\n"
    assert run("warmup")[:2] == (0, said)


def test_its_progress_is_a_line_now_and_then(run, monkeypatch):
    def slow(dtypes, tell):
        tell(1, 2, "product float32")
        return engine.WarmUp(Path("/somewhere"), True, False, 0, 1, 1, 0.0)

    monkeypatch.setattr(engine, "warm_up", slow)
    monkeypatch.setattr(command, "FIRST_AFTER", -1.0)
    assert run("warmup")[2] == "compiled 1/2  product float32\n"
    assert run("warmup", "--json")[2] == ""


def test_kernels_that_cannot_be_kept_are_an_error(run, monkeypatch):
    lost = engine.WarmUp(Path("/tmp/x"), False, False, 3, 3, 4500, 2.0)
    monkeypatch.setattr(engine, "warm_up", lambda dtypes, tell: lost)
    code, out, err = run("warmup")
    assert (code, out) == (1, "")
    assert "no cache folder can be written to" in err
    assert "CLEARPROP_CACHE_DIR" in err


def test_without_numba_there_is_nothing_to_warm_up(run, monkeypatch):
    monkeypatch.setattr(command, "why_missing", lambda name, dtype: "Numba cannot be imported")
    code, _, err = run("warmup")
    assert code == 1
    assert err == "clearprop: there is nothing to warm up: Numba cannot be imported\n"


def test_a_type_that_is_none_is_refused(run):
    code, _, err = run("warmup", "--dtype", "float16")
    assert code == 2
    assert "float16" in err


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "CLEARPROP_CACHE_DIR"])
def test_the_cache_is_where_the_environment_says(tmp_path, variable):
    """In an image: the install read-only, the cache in a folder that is named."""
    code = """
from clearprop.engines.compiled.compiler import kernel_cache
from clearprop.engines.compiled import warmup
warmup.sources = lambda dtypes: []
warmup.jobs = lambda: [("half", None)]
warmup._update = lambda job, dtype: kernel_cache.address("half", SOURCE)
SOURCE = '''
from numba import cfunc, float64
@cfunc(float64(float64))
def kernel(x):
    return x / 2
'''
from clearprop.cli import main
main(["warmup"])
"""
    environment = {**os.environ, variable: str(tmp_path)}
    if variable == "XDG_CACHE_HOME":
        environment.pop("CLEARPROP_CACHE_DIR", None)
    said = [processes.run([sys.executable, "-c", code], env=environment).stdout for _ in range(2)]
    folder = tmp_path / "clearprop" / "kernels" / kernel_cache.version()
    assert said[0].startswith("compiled 1 kernel in ")
    assert said[1].startswith("nothing to do for float32 and float64; the cache holds 1 kernel, ")
    assert all(line.rstrip().endswith(f"in {folder}") for line in said)
    assert [file.name.split("_")[0] for file in folder.iterdir()] == ["half"]
