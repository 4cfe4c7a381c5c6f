"""Writing a file: whole, and only where a file may be."""

import os
import socket
import stat
import time

import pytest

from clearprop.errors import FileError
from clearprop.files import writing
from clearprop.files.writing import destination, sweep, write_whole

unix = pytest.mark.skipif(os.name != "posix", reason="modes and pipes as Unix has them")
root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes devices and owners")


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_new_file_has_the_mode_of_any_other(tmp_path):
    (tmp_path / "other").write_bytes(b"")
    write_whole(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert mode(tmp_path / "new") == mode(tmp_path / "other")
    assert sorted(os.listdir(tmp_path)) == ["new", "other"]


@unix
@pytest.mark.parametrize("private", [0o600, 0o640, 0o444 | 0o200, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, private):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    path.chmod(private)
    write_whole(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", private)


@unix
def test_what_replaces_a_private_file_is_private_from_the_first_byte(tmp_path, monkeypatch):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    path.chmod(0o600)
    seen = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (seen.append(stat.S_IMODE(os.fstat(fd).st_mode)), fsync(fd)))
    opened = os.open
    monkeypatch.setattr(os, "open", lambda name, flags, mode=0o777: (seen.append(mode), opened(name, flags, mode))[1])
    write_whole(path, b"new")
    assert seen[:2] == [0o600, 0o600]  # then the folder is flushed, too


@root
def test_a_file_that_is_replaced_keeps_its_owner(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    path.chmod(0o600)
    os.chown(path, 4242, 4243)
    write_whole(path, b"new")
    facts = os.stat(path)
    assert (facts.st_uid, facts.st_gid, mode(path)) == (4242, 4243, 0o600)


@unix
def test_links_are_followed_also_to_what_is_not_there_yet(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "file")
    for content in (b"made", b"replaced"):
        write_whole(tmp_path / "link", content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "deep" / "file").read_bytes() == content
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "link", b"again", replace=False)


@unix
def test_what_is_no_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "folder").mkdir()
    kinds = {"pipe": "is a pipe", "socket": "is a socket", "link": "is a pipe", "a": "in a circle", "folder": "folder"}
    for name, words in kinds.items():
        before = os.lstat(tmp_path / name)
        with pytest.raises(FileError, match=words):
            write_whole(tmp_path / name, b"content")
        assert os.lstat(tmp_path / name).st_ino == before.st_ino


@root
def test_a_device_is_never_replaced(tmp_path):
    try:
        os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this container makes no devices")
    with pytest.raises(FileError, match="is a device, which is never replaced"):
        write_whole(tmp_path / "null", b"content")
    assert stat.S_ISCHR(os.lstat(tmp_path / "null").st_mode)


@unix
def test_a_write_protected_file_is_not_replaced_in_silence(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"kept")
    path.chmod(0o444)
    with pytest.raises(FileError, match=r"write-protected; 'chmod u\+w' allows"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"kept"


@pytest.mark.parametrize("has_links", [True, False], ids=["hard links", "no hard links"])
def test_a_file_that_appears_while_this_is_written_stays(tmp_path, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "m"
    write_whole(path, b"first", replace=False)
    assert path.read_bytes() == b"first"
    path.unlink()
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (fsync(fd), path.write_bytes(b"theirs")))
    with pytest.raises(FileExistsError):
        write_whole(path, b"ours", replace=False)
    assert path.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["m"]


def no_links(*arguments, **options):
    raise PermissionError(1, "Operation not permitted")


def test_a_name_as_long_as_names_can_be(tmp_path):
    write_whole(tmp_path / ("n" * 255), b"content")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"content"
    with pytest.raises(OSError, match="name too long"):
        destination(tmp_path / ("n" * 256))


def test_parts_that_an_ended_process_left_are_removed_after_an_hour_and_nothing_else(tmp_path):
    part = ".clearprop-0123456789abcdef.part"
    names = [part, ".clearprop-0123456789abcdee.part", ".other.part", ".clearprop-0123.part", "x" + part, ".m.part"]
    for name in names:
        (tmp_path / name).write_bytes(b"half")
    old = time.time() - writing.STALE - 1
    for name in names:
        os.utime(tmp_path / name, (old, old))
    os.utime(tmp_path / names[1])
    (tmp_path / part.replace("0", "f")).mkdir()
    os.utime(tmp_path / part.replace("0", "f"), (old, old))
    sweep(tmp_path)
    assert set(os.listdir(tmp_path)) == {*names[1:], part.replace("0", "f")}
    os.utime(tmp_path / names[1], (old, old))
    write_whole(tmp_path / "m", b"whole")
    assert not (tmp_path / names[1]).exists()
    sweep(tmp_path / "nowhere")
