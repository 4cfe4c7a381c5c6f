"""The exit codes are those of the table in docs/command-line.md, which is read here, and each is produced."""

import re
from pathlib import Path

import pytest

from clearprop.cli import exits, interrupts
from sample_tables import pets, write

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
SHEET = """\
network: 1-1
output: sigmoid
loss: squared_error
x = 0.5
W1 = 0.2
b1 = 0.1
y = 1
"""


def codes_of_the_page():
    return {int(code): words for code, words in re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)}


def test_the_table_names_every_code_and_no_other():
    known = {exits.DONE, exits.FAILED, exits.USAGE, exits.UNREADABLE, exits.DIFFERS, *interrupts.CODES.values()}
    assert set(codes_of_the_page()) == known == {0, 1, 2, 3, 4, 130, 143}


@pytest.fixture
def folder(trained, tmp_path):
    """A folder with all that the commands below name."""
    for name in ("pets.csv", "pets.clearprop"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    (tmp_path / "there.csv").write_text("precious")
    (tmp_path / "step.json").write_text('{"format": "clearprop-certificate"}')
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "broken.clearprop").write_bytes((trained / "pets.clearprop").read_bytes()[:-9])
    (tmp_path / "other.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "right.md").write_text(SHEET + "z1 = 0.2\n")
    (tmp_path / "wrong.md").write_text(SHEET + "z1 = 0.9\n")
    (tmp_path / "mice.csv").write_text("weight,says\n" + "0.02,peep\n" * 300)
    write(tmp_path / "missing.csv", pets(30).drop_columns(["kind"]))
    return tmp_path


TRAIN = ["--hidden", "2", "--epochs", "1", "--ensemble", "1"]


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ["train", "pets.csv", "--target", "kind", "--output", "new.clearprop", *TRAIN]),
        (0, ["predict", "pets.clearprop", "pets.csv", "--rows", "1"]),
        (0, ["evaluate", "pets.clearprop", "pets.csv"]),
        (0, ["inspect", "pets.clearprop"]),
        (0, ["card", "pets.clearprop"]),
        (0, ["attribute", "pets.clearprop", "pets.csv"]),
        (0, ["drift", "pets.clearprop", "pets.csv"]),
        (4, ["drift", "pets.clearprop", "mice.csv"]),
        (0, ["explain", "right.md"]),
        (0, ["check", "right.md"]),
        (0, ["exercise", "--case", "mazur"]),
        (0, ["--help"]),
        (0, ["train", "--help"]),
        (1, ["train", "pets.csv", "--target", "no such column"]),
        (1, ["train", "pets.csv", "--target", "kind", "--output", "there.csv"]),
        (1, ["train", "other.csv", "--target", "b"]),
        (1, ["predict", "pets.clearprop", "other.csv"]),
        (1, ["predict", "pets.clearprop", "pets.csv", "--output", "there.csv"]),
        (1, ["evaluate", "pets.clearprop", "missing.csv"]),
        (1, ["check", "wrong.md"]),
        (1, ["explain", "right.md", "--output", "right.md"]),
        (2, ["explain", "right.md", "--output", "there.csv"]),
        (2, ["explain", "--case", "nope"]),
        (2, ["explain", "--case", "xor", "--sample", "9"]),
        (2, ["explain", "right.md", "--section", "nope"]),
        (2, ["explain", "right.md", "--parameter", "w99"]),
        (2, ["explain", "right.md", "--optimizer", "lbfgs"]),
        (2, ["exercise"]),
        (2, ["exercise", "--network", "2-2-1", "--hidden", "nope"]),
        (2, ["exercise", "--network", "2-2-1", "--output", "sheet.pdf"]),
        (2, ["trian"]),
        (2, ["train"]),
        (2, ["train", "pets.csv", "--target", "kind", "--tset", "0.5"]),
        (2, ["train", "pets.csv", "--target", "kind", "--test", "1.5"]),
        (2, ["train", "pets.csv", "--target", "kind", "--hidden", "many"]),
        (2, ["train", "pets.csv", "--target", "kind", "--threads", "0"]),
        (2, ["train", "pets.csv", "--target", "kind", "--epochs", "0"]),
        (2, ["predict", "pets.clearprop", "pets.csv", "--rows", "0"]),
        (2, ["predict", "pets.clearprop", "pets.csv", "--threads", "x"]),
        (2, ["predict", "pets.csv", "pets.clearprop"]),
        (2, ["evaluate", "pets.csv", "pets.clearprop"]),
        (2, ["explain"]),
        (2, ["explain", "pets.clearprop", "pets.csv"]),
        (3, ["train", "nowhere.csv", "--target", "kind"]),
        (3, ["train", "ragged.csv", "--target", "b"]),
        (3, ["train", "https://example.org/pets.csv", "--target", "b"]),
        (3, ["predict", "nowhere.clearprop", "pets.csv"]),
        (3, ["predict", "broken.clearprop", "pets.csv"]),
        (3, ["predict", "pets.clearprop", "nowhere.csv"]),
        (3, ["evaluate", "pets.clearprop", "ragged.csv"]),
        (3, ["inspect", "pets.csv"]),
        (3, ["inspect", "nowhere.clearprop"]),
        (3, ["check", "nowhere.md"]),
        (3, ["check", "step.json"]),
        (3, ["explain", "nowhere.toml"]),
        (3, ["explain", "broken.clearprop", "pets.csv", "--row", "1"]),
        (3, ["exercise", "nowhere.md"]),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else str(item),
)
def test_every_command_ends_with_the_code_of_the_table(run, folder, monkeypatch, code, arguments):
    monkeypatch.chdir(folder)
    got, _, err = run(*arguments)
    assert got == code, err
    assert code in (0, 1, 4) or err.startswith("clearprop: ")
    assert "fault of clearprop" not in err
    assert (folder / "there.csv").read_text() == "precious"


def test_a_fault_of_our_own_ends_in_a_sentence_too_and_can_be_traced(run, folder, monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("clearprop.cli.inspect.TableModel.load", broken)
    code, _, err = run("inspect", folder / "pets.clearprop")
    assert code == 1
    assert err.startswith("clearprop: this is a fault of clearprop itself, please report it: ZeroDivisionError: divis")
    monkeypatch.setenv(exits.TRACEBACK, "1")
    assert exits.ending(ZeroDivisionError("x")) == 1


def test_what_a_file_says_moves_no_cursor(run, capfd):
    assert exits.ending(exits.UsageError("a\x1b[2Jb\nc")) == 2
    assert capfd.readouterr().err == "clearprop: a\\x1b[2Jb\nc\n"
