"""Every file that a command reads, given as every kind of bad file: one sentence that names it, and the exit code.

The commands and their files come from the parser, so that a new one is tried without being added here.
"""

import contextlib
import ctypes
import os
import signal
import socket

import pytest
from mutations import file_of, parts_of

from clearprop.cli import exits
from clearprop.cli.app import app

LONGEST = 20  # seconds: a pipe or a device that is waited for would take for ever
WRITTEN = ("--output", "--log", "--save-config", "--certificate", "--checkpoint", "--report", "--convert")  # not read
SHEET = "network: 1-1\noutput: sigmoid\nloss: squared_error\nx = 0.5\nW1 = 0.2\nb1 = 0.1\ny = 1\n"
GOOD = {"MODEL": "good.clearprop", "FILE": "good.csv", "DATA": "good.csv", "SOURCE": "good.md", "SHEET": "good.md"}
OPTIONS = {  # what a command needs beside its files; what it needs beside one of them
    "train": ["--target", "kind", "--epochs", "1", "--ensemble", "1", "--output", "new.clearprop"],
    "search": ["--target", "kind", "--trials", "1", "--epochs", "1", "--ensemble", "1", "--output", "new.clearprop"],
    "import": ["--output", "new.clearprop"],
    "animate": ["--output", "new.gif"],
    "export": ["--output", "new.c"],
    "explain FILE": ["--row", "1"],
    "exercise --class": ["--output", "new"],
}
# Where a bad file ends a command with another code than that of an input that cannot be read.
OTHER_CODES = {
    ("explain SOURCE", "model"): 2,  # a model alone: the table and the row are missing
    **{
        (f"{command} SOURCE", kind): 2
        for command in ("animate", "exercise")
        for kind in ("model", "cut model", "model of a newer version")
    },
    ("check SHEET", "folder"): 2,  # a folder is marked with --report
    **{
        (f"{command} {option}", "table"): 2  # the one that is learned from
        for command in ("train", "search")
        for option in ("--test-file", "--validation-file")
    },
}


def files_read():
    """Every argument of every command that is the path of a file that it reads, and its command."""
    for command in app:
        if not command.startswith("-"):
            for argument in app[command].assemble_argument_collection():
                if "Path" in str(argument.hint) and argument.names[0] not in WRITTEN:
                    yield command, argument.names[0]


READ = list(files_read())


def arguments_with(command, wanted, bad):
    """A command line that is right but for one of its files."""
    line = [command]
    for argument in app[command].assemble_argument_collection():
        name = argument.names[0]
        is_needed = argument.required or (command, wanted) in (("explain", "FILE"), ("lab", "DATA"))
        if argument.index is not None and "Path" in str(argument.hint) and (name == wanted or is_needed):
            of_model = name == "SOURCE" and (command, wanted) in (("explain", "FILE"), ("lab", "DATA"))
            good = GOOD["MODEL"] if of_model else GOOD[name]
            line.append(bad if name == wanted else good)
    if wanted.startswith("--"):
        line += [wanted, bad]
    return [*line, *OPTIONS.get(command, []), *OPTIONS.get(f"{command} {wanted}", [])]


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    """A folder with a good file of each kind and every bad one."""
    folder = tmp_path_factory.mktemp("files")
    model = (trained / "pets.clearprop").read_bytes()
    (folder / "good.clearprop").write_bytes(model)
    (folder / "good.csv").write_bytes((trained / "pets.csv").read_bytes())
    (folder / "good.md").write_text(SHEET)
    (folder / "folder").mkdir()
    (folder / "empty").write_bytes(b"")
    (folder / "binary").write_bytes(bytes(range(256)) * 40)
    (folder / "cut.clearprop").write_bytes(model[: len(model) // 2])
    (folder / "cut early.clearprop").write_bytes(model[:5])
    header, document, theta = parts_of(model)
    (folder / "newer.clearprop").write_bytes(file_of(header, document | {"format": 10**6}, theta))
    (folder / "private").write_bytes(b"a,b\n1,2\n")
    (folder / "private").chmod(0)
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to("circle")
    (folder / "nowhere").symlink_to("never there")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
    (folder / "null byte.txt").write_bytes(b"a\x00b\n\x00")
    (folder / "not text").write_bytes(b"\xff\xfe\xfd\n" * 9)
    return folder


KINDS = {
    "missing": "not there", "folder": "folder", "empty": "empty", "binary": "binary", "not text": "not text",
    "null byte": "null byte.txt", "cut model": "cut.clearprop", "model cut early": "cut early.clearprop",
    "model of a newer version": "newer.clearprop", "model": "good.clearprop", "table": "good.csv", "sheet": "good.md",
    "private": "private", "pipe": "pipe", "socket": "socket", "device": "/dev/null", "endless device": "/dev/zero",
    "link in a circle": "circle", "link to nowhere": "nowhere", "long name": "x" * 300, "address": "s3://a/b",
    "in a file": "good.csv/a",
}  # fmt: skip
SAME = {  # not bad there
    ("MODEL", "model"), ("FILE", "table"), ("SOURCE", "sheet"), ("SHEET", "sheet"), ("--config", "empty"),
    ("--class", "table"), ("--class", "sheet"),  # any lines of text are names
    ("--from", "model"), ("--calibrate", "table"), ("lab SOURCE", "model"), ("DATA", "table"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "argument", "kind"),
    [(*read, kind) for read in READ for kind in KINDS if not {(read[1], kind), (" ".join(read), kind)} & SAME],
    ids=lambda name: name,
)
def test_a_bad_file_ends_a_command_with_one_sentence_and_its_code(run, folder, monkeypatch, command, argument, kind):
    monkeypatch.chdir(folder)
    before = sorted(os.listdir(folder))
    with ended_after(LONGEST), unprivileged():
        code, out, err = run(*arguments_with(command, argument, KINDS[kind]))
    expected = OTHER_CODES.get((f"{command} {argument}", kind), exits.UNREADABLE)
    said = err.removeprefix("clearprop: ")
    assert (code, said != err, err.count("\n")) == (expected, True, 1), f"{err[:200]} {out[:200]}"
    assert "fault of clearprop" not in err
    assert "codec" not in err
    assert len(said) < 400
    assert sorted(os.listdir(folder)) == before


@contextlib.contextmanager
def unprivileged():
    """Let this thread of root read only what the modes of files let it read, as they do for everybody else (Linux)."""
    if os.geteuid() != 0:
        yield
        return
    library, header = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 2)(0x20080522, 0)
    kept, fewer = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    assert library.capget(header, kept) == 0
    fewer[:] = kept[:]
    fewer[0] &= ~0b110  # effective: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert library.capset(header, fewer) == 0
    try:
        yield
    finally:
        assert library.capset(header, kept) == 0


@contextlib.contextmanager
def ended_after(seconds):
    """Raise where what is done here takes so long."""

    def too_long(number, frame):
        raise AssertionError(f"not over after {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
