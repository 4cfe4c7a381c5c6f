"""`clearprop lab` and `train --watch` as people type them."""

import pytest

from clearprop.cli import lab_run
from clearprop.cli.app import exit_code
from clearprop.lab import watching
from clearprop.lab.serving import Serving


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser would be shown; the server is ended at once, as Ctrl-C does."""
    addresses = []

    def interrupted(serving):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab_run.webbrowser, "open", addresses.append)
    monkeypatch.setattr(Serving, "wait", interrupted)
    return addresses


def test_a_case_is_opened_and_ctrl_c_ends_it(opened, capsys):
    assert exit_code(["lab", "--case", "mazur"]) == 0
    out = capsys.readouterr().out
    assert opened[0] in out
    assert opened[0].startswith("http://127.0.0.1:")
    assert "#token=" in opened[0]
    assert "the lab has ended" in out


def test_no_browser_opens_none(opened, capsys):
    assert exit_code(["lab", "--no-browser"]) == 0
    assert opened == []


def test_a_table_and_a_model_are_opened(opened, trained, capsys):
    assert exit_code(["lab", str(trained / "flats.csv"), "--target", "rent"]) == 0
    assert exit_code(["lab", str(trained / "flats.clearprop")]) == 0
    assert exit_code(["lab", str(trained / "pets.clearprop"), str(trained / "pets.csv")]) == 0
    assert len(opened) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--case", "mine"], 2, "there is no case 'mine'"),
        (["--port", "70000"], 2, "--port"),
        (["--port", "x"], 2, "--port"),
        (["--target", "y"], 2, "name its file"),
        (["nothing.csv"], 3, "nothing.csv"),
        (["nothing.csv", "--case", "mazur"], 2, "--case"),
        (["--engine", "fast"], 2, "--engine"),
        (["http://example.org/a.csv"], 3, "address"),
    ],
)
def test_what_cannot_be_opened_is_said(opened, capsys, arguments, code, said):
    assert exit_code(["lab", *arguments]) == code
    assert said in capsys.readouterr().err
    assert opened == []


def test_a_training_is_watched(trained, tmp_path, monkeypatch, capsys):
    opened, ends = [], []
    monkeypatch.setattr(watching.webbrowser, "open", opened.append)
    monkeypatch.setattr(
        watching.Watched, "end", lambda self, reason: ends.append((reason, len(self.epochs), self.title))
    )
    common = [
        str(trained / "flats.csv"),
        "--target",
        "rent",
        "--hidden",
        "8",
        "--epochs",
        "5",
        "--ensemble",
        "1",
        "--engine",
        "reference",
    ]
    assert exit_code(["train", *common, "--output", str(tmp_path / "one.clearprop")]) == 0
    assert opened == []
    assert exit_code(["train", *common, "--output", str(tmp_path / "two.clearprop"), "--watch"]) == 0
    assert opened[0] in capsys.readouterr().err
    assert ends[0][1] == 5
    assert "flats.csv" in ends[0][2]
    one, two = (path.read_bytes() for path in (tmp_path / "one.clearprop", tmp_path / "two.clearprop"))
    assert one == two
