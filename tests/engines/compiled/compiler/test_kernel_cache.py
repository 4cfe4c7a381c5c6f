"""The cache of compiled kernels: where it is, what happens when it is damaged, and that it is used."""

import ast
import ctypes
import errno
import os
import warnings
from pathlib import Path

import pytest

import processes
from clearprop.engines.compiled.compiler import kernel_cache, sources
from clearprop.errors import EngineRefusal
from planted_kernels import OWN as SOURCE


def begin_anew(monkeypatch):
    """As a new process would: nothing loaded, no folder chosen, nothing said."""
    monkeypatch.setattr(kernel_cache, "_addresses", {})
    monkeypatch.setattr(kernel_cache, "compiled", [])
    monkeypatch.setattr(kernel_cache, "_said", set())
    monkeypatch.setattr(kernel_cache, "_checked", set())
    forget_folders()


def forget_folders():
    kernel_cache.folder.cache_clear()
    kernel_cache._bases.cache_clear()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CLEARPROP_CACHE_DIR", str(tmp_path))
    begin_anew(monkeypatch)
    yield tmp_path
    forget_folders()


def twice(n, source=SOURCE):
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(kernel_cache.address("twice", source))(n)


def kernel_file():
    (found,) = kernel_cache.folder().glob("twice_*.o")
    return found


def test_the_folder_is_named_by_a_hash_of_everything_that_machine_code_depends_on(cache):
    assert kernel_cache.folder() == cache / "clearprop" / "kernels" / kernel_cache.version()


CLEARPROP = Path(kernel_cache.__file__).parents[3]


def imported_by(file):
    """The files of the package that a file imports."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("clearprop."):
            place = CLEARPROP.parent.joinpath(*node.module.split("."))
            files = [place / f"{alias.name}.py" for alias in node.names]
            yield from (found for found in [*files, place.with_suffix(".py")] if found.exists())


def test_all_that_compiled_code_is_made_from_is_in_the_name_of_the_folder():
    """A file that is missing there would be run as it was before it was changed."""
    known = sources.compiled_sources()
    assert {CLEARPROP / "engines/compiled/kernels/products.py", CLEARPROP / "job/shuffling.py"} <= {*known}
    for file in (file for file in known if "kernels" in file.parts):
        assert {*imported_by(file)} <= {*known}, file


def test_a_change_in_any_file_that_is_compiled_gives_the_folder_another_name(monkeypatch):
    now, read = sources.sources_digest(), Path.read_text
    assert kernel_cache.version() != now
    for changed in sources.compiled_sources():

        def one_more_line(file, *args, changed=changed, **options):
            return read(file, *args, **options) + ("\n" if file == changed else "")

        with monkeypatch.context() as patched:
            patched.setattr(Path, "read_text", one_more_line)
            assert sources.sources_digest.__wrapped__() != now, changed
    assert sources.sources_digest.__wrapped__() == now


def test_a_kernel_is_compiled_once_and_found_again(cache, monkeypatch):
    assert not kernel_cache.is_compiled("twice", SOURCE)
    assert twice(21) == 42
    assert kernel_cache.is_compiled("twice", SOURCE)
    assert len(kernel_cache.compiled) == 1
    begin_anew(monkeypatch)
    assert twice(4) == 8
    assert kernel_cache.compiled == []


def test_a_kernel_runs_in_a_process_that_has_no_numba(cache):
    twice(1)
    code = f"""
import ctypes, sys
sys.modules["numba"] = None
from clearprop.engines.compiled.compiler import kernel_cache
print(ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(kernel_cache.address("twice", {SOURCE!r}))(21))
try:
    kernel_cache.address("another", {SOURCE!r})
except Exception as error:
    print(type(error).__name__, error)
"""
    first, second = run(code).splitlines()
    assert first == "42"
    assert second.startswith(EngineRefusal.__name__)
    assert "Numba and LLVM, which compile kernels, are not installed: `pip install 'clearprop[compiler]'`" in second


@pytest.mark.parametrize("damage", [b"", b"no digest, no code", None], ids=["empty", "foreign", "one bit"])
def test_a_damaged_kernel_is_compiled_anew_with_one_warning(cache, monkeypatch, damage):
    twice(1)
    content = bytearray(kernel_file().read_bytes())
    content[len(content) // 2] ^= 1
    kernel_file().write_bytes(bytes(content) if damage is None else damage)
    begin_anew(monkeypatch)
    with pytest.warns(RuntimeWarning, match="compiled anew") as warned:
        assert twice(21) == 42
    assert len(warned) == 1
    begin_anew(monkeypatch)
    assert twice(4) == 8
    assert kernel_cache.compiled == []


def test_without_a_place_to_write_the_temporary_folder_serves(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CLEARPROP_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    begin_anew(monkeypatch)
    try:
        assert twice(21) == 42
        assert kernel_file().is_relative_to(tmp_path / f"clearprop-{os.getuid()}")
        begin_anew(monkeypatch)
        assert twice(21) == 42
        assert kernel_cache.compiled == []
    finally:
        forget_folders()


def test_machine_code_that_others_could_have_written_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CLEARPROP_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    shared = tmp_path / f"clearprop-{os.getuid()}"
    (shared / "clearprop" / "kernels" / kernel_cache.version()).mkdir(parents=True)
    shared.chmod(0o777)
    begin_anew(monkeypatch)
    try:
        with pytest.warns(RuntimeWarning, match="is not used: other users can write .*chmod go-w") as warned:
            assert list(kernel_cache.folders()) == []
        assert len(warned) == 1
        assert twice(21) == 42
        assert not kernel_cache.folder().is_relative_to(shared)
    finally:
        forget_folders()


def test_a_cache_that_can_only_be_read_is_read(cache, monkeypatch):
    """As in an image that was built by another user; its files serve, new ones go to the temporary folder."""
    twice(1)
    elsewhere = cache / "elsewhere"
    elsewhere.mkdir()
    refuse = kernel_cache.tempfile.TemporaryFile

    def only_elsewhere(dir):  # the tests may run as a user for whom no folder is read-only
        if not Path(dir).is_relative_to(elsewhere):
            raise PermissionError(errno.EACCES, "Permission denied", str(dir))
        return refuse(dir=dir)

    monkeypatch.setattr(kernel_cache.tempfile, "TemporaryFile", only_elsewhere)
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(elsewhere))
    begin_anew(monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert twice(21) == 42
        assert kernel_cache.compiled == []
        assert twice(21, SOURCE.replace("2 *", "3 *")) == 63
    assert kernel_cache.folder().is_relative_to(elsewhere)


def test_a_full_disk_is_said_once_and_the_kernel_runs(cache, monkeypatch):
    def full(part, file):
        raise OSError(errno.ENOSPC, "No space left on device", str(part))

    monkeypatch.setattr(kernel_cache.os, "replace", full)
    with pytest.warns(RuntimeWarning, match="cannot be kept in .* \\(No space left on device\\)"):
        assert twice(21) == 42
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert twice(21, SOURCE.replace("2 *", "3 *")) == 63
    assert list(kernel_cache.folder().iterdir()) == []


def test_an_error_of_the_compiler_is_a_refusal_that_names_it(cache):
    said = r"compiling failed in Numba [\d.]+ and llvmlite [\d.]+ \(ZeroDivisionError: division by zero\)"
    with pytest.raises(EngineRefusal, match=said) as raised:
        kernel_cache.address("broken", "1 / 0")
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def run(code, **environment):
    done = processes.python(code, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_that_nobody_else_finds_ends_with_the_process(tmp_path):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / f"clearprop-{os.getuid()}").mkdir()
    (tmp_path / f"clearprop-{os.getuid()}").chmod(0o777)
    code = """
from clearprop.engines.compiled.compiler.kernel_cache import folder
print(folder().is_dir(), folder())
"""
    there, place = run(code, CLEARPROP_CACHE_DIR=str(tmp_path / "file"), TMPDIR=str(tmp_path)).split()
    assert there == "True"
    assert Path(place).is_relative_to(tmp_path)
    assert not Path(place).exists()


def test_without_numba_the_reference_engine_serves_and_says_so_once(tmp_path):
    code = """
import sys, warnings
sys.modules["numba"] = None
from clearprop import Network
from clearprop.engines import Job, choose, prepared
job = Job(Network.mlp([1, 1]))
data = prepared(job, [[1.0]], [[1.0]])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    names = [choose("auto", job, data.layout).engine.name for _ in range(2)]
print(names, len(caught), choose("auto", job, data.layout).reason)
try:
    choose("compiled", job, data.layout)
except Exception as error:
    print(type(error).__name__, error)
"""
    out = run(code, CLEARPROP_CACHE_DIR=str(tmp_path), TMPDIR=str(tmp_path))
    why = (
        "no kernels for this machine came with clearprop, and Numba and LLVM, which compile kernels, are not installed"
    )
    assert out.startswith(f"['reference', 'reference'] 1 the compiled engine is not there: {why}")
    assert f"EngineRefusal the engine 'compiled' cannot do this job: {why}" in out


FAILS = """
import warnings
import numpy as np
from clearprop.engines.compiled.compiler import compiling, kernel_cache
kernel_cache.FEW = 1000  # no other process, which would not be broken
def broken(source):
    raise RuntimeError("Attribute 'alwaysinline' does not apply\\nand more")
compiling.object_code = broken
from clearprop import MLPClassifier, TabularClassifier
X, y = np.eye(20), np.arange(20) % 2
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for model in (MLPClassifier(max_iter=500, tol=1.0), TabularClassifier(max_iter=2, ensemble=1)):
        print(model.fit(X, y).engine_)
    print(*(warning.message for warning in caught), sep=" | ")
    try:
        MLPClassifier(engine="compiled").fit(X, y)
    except Exception as error:
        print(type(error).__name__, error)
"""


def test_where_compiling_fails_the_reference_engine_serves_and_says_so(tmp_path):
    """Whatever Numba or LLVM raise: one sentence, no traceback."""
    first, second, said, refused = run(FAILS, CLEARPROP_CACHE_DIR=str(tmp_path), TMPDIR=str(tmp_path)).splitlines()
    assert (first, second) == ("reference", "reference")
    assert said.count("Using the slower reference engine: compiling failed in Numba") == 1
    assert "(RuntimeError: Attribute 'alwaysinline' does not apply)" in said
    assert refused.startswith("EngineRefusal the engine 'compiled' cannot do this job: compiling failed")


def test_a_fit_whose_kernels_are_in_the_cache_imports_no_numba():
    code = """
import sys
import numpy as np
from clearprop import Network, train
network = Network.mlp([2, 3, 1], hidden="relu")
for engine in ("compiled", "compiled"):
    trained = train(network, network.initial(), np.eye(2), np.ones((2, 1)), epochs=1, engine=engine)
print(trained.engine, "numba" in sys.modules)
"""
    run(code)
    assert run(code).split() == ["compiled", "False"]
