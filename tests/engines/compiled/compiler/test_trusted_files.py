"""Machine code that somebody else could have written is never run: folders, links and files of the kernel cache."""

import ctypes
import hashlib
import os
import tempfile
from pathlib import Path

import llvmlite.binding as llvm
import pytest

import processes
from clearprop.engines.compiled.compiler import kernel_cache, loading, trusted_files
from clearprop.engines.compiled.compiler.compiling import object_code
from clearprop.engines.compiled.compiler.machine import target_machine
from planted_kernels import OTHER, OWN, PLACES, by_other, plant

posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no users by number")
as_root = pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can be a second user: planted machine code is not tried"
)


@pytest.fixture(scope="module")
def planted():
    """A kernel with another result than OWN's, as the content of a file of the cache; it is as harmless."""
    kernel_cache.version()  # known before a child becomes another user, who may not read the source
    code = object_code(OWN.replace("2 *", "3 *"))
    return hashlib.sha256(code).digest() + code


@pytest.fixture
def open_folder():
    """A folder that every user can enter; those of pytest are closed."""
    with tempfile.TemporaryDirectory(prefix="clearprop-places-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def runs(**environment):
    """What a kernel that is found says to 21 in a process of this kind, where one would be kept, and warnings."""
    code = f"""
import ctypes, warnings
from clearprop.engines.compiled.compiler import kernel_cache, sources
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    found = kernel_cache._found("twice_" + sources.hash_of({OWN!r}))
    print(None if found is None else ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(found)(21))
    print(kernel_cache.folder())
for warning in said:
    print(warning.message)
"""
    done = processes.python(code, environment=environment)
    assert done.returncode == 0, done.stderr
    answer, place, *said = done.stdout.splitlines()
    return answer, Path(place), said


@as_root
@pytest.mark.parametrize("make", PLACES, ids=lambda make: make.__name__)
def test_what_another_user_has_planted_is_not_run_and_that_is_said_once(make, open_folder, planted):
    environment = {"TMPDIR": str(open_folder / "tmp"), **make(open_folder, planted)}
    Path(environment["TMPDIR"]).mkdir(exist_ok=True)
    answer, place, said = runs(**environment)
    assert answer == "None"
    assert len(said) == 1
    assert "theirs" not in str(os.path.realpath(place))
    assert "unpacked" not in str(os.path.realpath(place))
    assert "is not used" in said[0] or "is not run" in said[0]


@as_root
def test_what_this_user_has_put_there_is_run(open_folder, planted):
    """So the places above are refused for their owners, not for what lies in them."""
    plant(open_folder / "base", planted)
    (open_folder / "link").symlink_to(open_folder / "base")
    for base in ("base", "link"):
        answer, place, said = runs(CLEARPROP_CACHE_DIR=str(open_folder / base))
        assert (answer, said) == ("63", [])
        assert place.is_relative_to(open_folder / "base")


@as_root
def test_a_cache_of_root_serves_other_users(open_folder, planted):
    plant(open_folder / "base", planted)
    read, write = os.pipe()

    def look():
        kernel_cache._bases.cache_clear()
        os.environ["CLEARPROP_CACHE_DIR"] = str(open_folder / "base")
        os.write(write, str([str(place) for place in kernel_cache.folders()]).encode())

    version = kernel_cache.version()
    by_other(look)
    found = os.read(read, 10_000).decode()
    assert str(open_folder / "base" / "clearprop" / "kernels" / version) in found


@posix
def test_folders_are_made_for_this_user_alone(tmp_path):
    before = os.umask(0o002)
    try:
        trusted_files.made(tmp_path / "base", tmp_path / "base" / "a" / "b")
    finally:
        os.umask(before)
    for part in ("base", "base/a", "base/a/b"):
        assert (tmp_path / part).stat().st_mode & 0o777 == 0o700


@posix
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(trusted_files.Untrusted, match="no regular file"):
        trusted_files.content(tmp_path / "pipe")
    assert not trusted_files.is_trusted(tmp_path / "pipe")


@posix
def test_links_are_not_followed_below_the_base(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "file").chmod(0o600)
    (tmp_path / "link").symlink_to("file")
    assert trusted_files.content(tmp_path / "file") == b"x"
    with pytest.raises(trusted_files.Untrusted, match="is a link"):
        trusted_files.content(tmp_path / "link")
    (tmp_path / "inner").mkdir()
    (tmp_path / "other").symlink_to("inner")
    trusted_files.check_below(tmp_path, tmp_path / "inner")
    with pytest.raises(trusted_files.Untrusted, match="is no folder but a link"):
        trusted_files.check_below(tmp_path, tmp_path / "other")


@posix
def test_a_path_in_a_circle_is_an_error_and_no_endless_loop(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        trusted_files.base_at(tmp_path / "a")


@posix
def test_a_base_is_what_the_operating_system_says_it_is(tmp_path, monkeypatch):
    (tmp_path / "one" / "two").mkdir(parents=True)
    (tmp_path / "link").symlink_to("one/two")
    (tmp_path / "whole").symlink_to(tmp_path / "link")
    monkeypatch.chdir(tmp_path / "one")
    for given in ("../link/../two", "two", "two/../../whole", tmp_path / "whole", "../one/./two"):
        assert trusted_files.base_at(given) == Path(os.path.realpath(given))
    assert trusted_files.base_at("two/not/there") == tmp_path / "one" / "two" / "not" / "there"


def test_what_is_no_object_file_of_this_machine_is_not_linked():
    loading._initialise()
    own = target_machine().emit_object(llvm.parse_assembly(""))
    assert trusted_files.is_object_file(own)
    assert not trusted_files.is_object_file(b"")
    assert not trusted_files.is_object_file(b"no object code at all, but long enough")
    if own[:4] == b"\x7fELF":
        for at, value in ((4, 1), (5, 2), (16, 2), (18, 250)):  # 32 bits, the other byte order, a program, a processor
            changed = bytearray(own)
            changed[at] = value
            assert not trusted_files.is_object_file(bytes(changed)), at


@posix
def test_without_a_home_the_temporary_folder_serves(open_folder):
    """A number without a name, as containers give it."""
    if os.geteuid() != 0:
        pytest.skip("only root can become a user without a home")
    os.chmod(open_folder, 0o1777)
    read, write = os.pipe()

    def look():
        for name in ("HOME", "XDG_CACHE_HOME", "CLEARPROP_CACHE_DIR"):
            os.environ.pop(name, None)
        tempfile.tempdir = str(open_folder)
        kernel_cache._bases.cache_clear()
        kernel_cache.folder.cache_clear()
        os.write(write, str(kernel_cache.folder()).encode())

    kernel_cache.version()
    by_other(look)
    assert os.read(read, 1000).decode().startswith(str(open_folder / f"clearprop-{OTHER}"))


def test_what_a_killed_process_left_behind_is_swept_after_an_hour(tmp_path, monkeypatch):
    monkeypatch.setenv("CLEARPROP_CACHE_DIR", str(tmp_path))
    kernel_cache._bases.cache_clear()
    kernel_cache.folder.cache_clear()
    try:
        place = kernel_cache.folder()
        for name, age in (("old.o.x.part", 3700), ("new.o.x.part", 60), ("old.o", 9999)):
            (place / name).write_bytes(b"")
            os.utime(place / name, (0, kernel_cache.time.time() - age))
        kernel_cache.folder.cache_clear()
        assert sorted(file.name for file in kernel_cache.folder().iterdir()) == ["new.o.x.part", "old.o"]
    finally:
        kernel_cache._bases.cache_clear()
        kernel_cache.folder.cache_clear()


def test_an_address_is_that_of_the_kernel(tmp_path, monkeypatch, planted):
    """The content of the tests above is machine code, and runs where it may."""
    found = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(
        loading.load(planted[kernel_cache.DIGEST :], kernel_cache.ENTRY)
    )
    assert found(21) == 63
