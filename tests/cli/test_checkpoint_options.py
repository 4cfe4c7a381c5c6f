"""`clearprop train --checkpoint … --resume`: a training that a scheduler ends goes on as if it had not."""

import signal
import sys
import time

import numpy as np
import pytest

import processes
from clearprop import load
from clearprop.cli.app import exit_code
from clearprop.tabular import learning
from sample_tables import flats, write

QUICK = ("--target", "rent", "--hidden", "8", "--ensemble", "2", "--seed", "3")


@pytest.fixture
def table(tmp_path):
    return write(tmp_path / "flats.csv", flats())


def command(table, output, *more):
    return ["train", str(table), *QUICK, "--output", str(output), *map(str, more)]


def same(a, b):
    one, other = load(a), load(b)
    return (one.thetas == other.thetas).all() and one.details["held_out"] == other.details["held_out"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM on this system")
def test_a_training_ended_by_sigterm_goes_on_to_the_same_model(table, tmp_path, capsys):
    run, epochs = tmp_path / "run", ("--epochs", 60)
    assert exit_code(command(table, tmp_path / "whole.clearprop", *epochs)) == 0
    asked = command(table, tmp_path / "cut.clearprop", *epochs, "--checkpoint", run, "--checkpoint-seconds", 0)
    slow = "import time; from clearprop.tabular import together; o = together.Together._outputs\n"
    slow += "together.Together._outputs = lambda self, k: (time.sleep(0.02), o(self, k))[1]\n"
    code = f"{slow}import sys; from clearprop.cli.app import main; sys.argv[1:] = {asked}; main()"
    with processes.started([sys.executable, "-c", code]) as process:
        while process.poll() is None and not (run.exists() and any(run.iterdir())):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate()
    assert process.returncode == 143, err
    assert "the same command with --resume goes on from there" in " ".join(err.split())
    if (tmp_path / "cut.clearprop").exists():  # it has learned something already
        assert not same(tmp_path / "whole.clearprop", tmp_path / "cut.clearprop")
    capsys.readouterr()
    assert exit_code([*asked, "--resume"]) == 0  # its own model file is replaced without --force
    assert "going on from the checkpoints in" in " ".join(capsys.readouterr().err.split())
    assert same(tmp_path / "whole.clearprop", tmp_path / "cut.clearprop")


def test_folds_and_quantiles_go_on_each_where_it_was(table, tmp_path, monkeypatch):
    more = ("--epochs", 6, "--quantiles", "0.1,0.9", "--folds", "2")
    assert exit_code(command(table, tmp_path / "whole.clearprop", *more)) == 0
    kept = (*more, "--checkpoint", tmp_path / "run", "--checkpoint-seconds", 0)
    scaled, calls = learning.scaled, []

    def ends(*given):
        calls.append(1)
        if len(calls) == 5:  # in the second fold
            raise MemoryError("as a process that is killed")
        return scaled(*given)

    monkeypatch.setattr(learning, "scaled", ends)
    assert exit_code(command(table, tmp_path / "cut.clearprop", *kept)) == 1
    monkeypatch.setattr(learning, "scaled", scaled)
    names = {path.name.rpartition("-")[0] for path in (tmp_path / "run").iterdir()}
    assert names == {"fold-1-of-2-main", "fold-1-of-2-quantile-0.1", "fold-1-of-2-quantile-0.9", "fold-2-of-2-main",
                     "fold-2-of-2-quantile-0.1"}  # fmt: skip
    assert exit_code(command(table, tmp_path / "cut.clearprop", *kept, "--resume")) == 0
    assert same(tmp_path / "whole.clearprop", tmp_path / "cut.clearprop")
    settings = [load(tmp_path / f"{name}.clearprop").details["settings"] for name in ("whole", "cut")]
    assert settings[0]["cross_validation"] == settings[1]["cross_validation"]


def test_the_log_of_a_training_that_goes_on_has_all_epochs(table, tmp_path):
    kept = ("--epochs", 5, "--checkpoint", tmp_path / "run", "--log", tmp_path / "run.jsonl")
    assert exit_code(command(table, tmp_path / "a.clearprop", *kept)) == 0
    before = (tmp_path / "run.jsonl").read_text()
    assert exit_code(command(table, tmp_path / "a.clearprop", *kept, "--resume")) == 0
    assert (tmp_path / "run.jsonl").read_text() == before


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (["--resume"], 2, "--resume is about checkpoints: name their folder, as --checkpoint run"),
        (["--checkpoint-seconds", "5"], 2, "--checkpoint-seconds is about checkpoints"),
        (["--checkpoint", "RUN", "--checkpoint-seconds", "-1"], 2, "must be at least 0, not -1.0"),
        (["--checkpoint", "FILE"], 1, "there is a file of that name; name a folder"),
        (["--checkpoint", "s3://a/b"], 3, "is an address"),
        (["--checkpoint", "DONE"], 1, "holds checkpoints of an earlier training"),
        (["--checkpoint", "DONE", "--resume", "--epochs", "4"], 1, "epochs was 3 and is 4"),
    ],
)
def test_what_cannot_be_is_said(table, tmp_path, capsys, more, code, says):
    done = command(table, tmp_path / "a.clearprop", "--epochs", 3, "--checkpoint", tmp_path / "done")
    assert exit_code(done) == 0
    places = {"RUN": tmp_path / "run", "FILE": table, "DONE": tmp_path / "done"}
    given = [str(places.get(word, word)) for word in more]
    epochs = [] if "--epochs" in more else ["--epochs", "3"]
    capsys.readouterr()
    assert exit_code(command(table, tmp_path / "b.clearprop", *epochs, *given)) == code
    assert says in " ".join(capsys.readouterr().err.split())


def test_a_folder_that_cannot_be_written_to_costs_no_training(table, tmp_path, capsys, monkeypatch):
    from clearprop.files import checkpoints

    def refused(*given, **options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(checkpoints, "write_whole", refused)
    kept = ("--epochs", 3, "--checkpoint", tmp_path / "run", "--checkpoint-seconds", 0)
    assert exit_code(command(table, tmp_path / "a.clearprop", *kept)) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("Read-only file system); the training goes on") == 1
    assert np.isfinite(load(tmp_path / "a.clearprop").thetas).all()
